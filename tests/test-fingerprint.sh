#!/usr/bin/env bash
# Promises 1, 2, 4 and 5 with a real reader: the demo, step by step.
# shellcheck source=tests/preamble.bash
. "$(dirname "${BASH_SOURCE[0]}")/preamble.bash"
out=$("$here/private-host" "$here/demo" 2>&1)
code=$?
printf '%s\n' "$out"
bad=$(grep -c 'NOT ok - ' <<<"$out")
all=$(grep -c 'ok - ' <<<"$out")
[ "$code" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
printf '%d passed, %d failed, 0 skipped\n' "$((all - bad))" "$bad"
exit "$code"
