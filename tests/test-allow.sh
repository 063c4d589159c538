#!/usr/bin/env bash
# The word for allow stands where an allowance is made or read, and nowhere else: a step that fails to
# return a refusal cannot return an allowance by accident. Counts the places in lib, module and tools.
# shellcheck source=tests/preamble.bash
. "$(dirname "${BASH_SOURCE[0]}")/preamble.bash"
cd "$here/.." || exit 1

# places WORD: "file count" for each file whose code (not its comments) has the word.
places() {
    local file count
    for file in $(git ls-files 'lib/*.[ch]' 'module/*.[ch]' 'tools/*.[ch]' 2>/dev/null || find lib module tools -name '*.[ch]'); do
        count=$("${CC:-gcc}" -fpreprocessed -dD -E -P "$file" 2>/dev/null | grep -ow "$1" | wc -l)
        [ "$count" -eq 0 ] || printf '%s %d\n' "$file" "$count"
    done | LC_ALL=C sort
}
