#!/usr/bin/env bash
# The help of the verbs is the source of the manual's list of verbs and of the completions: the committed
# files must be what make docs writes, and the shells must accept them.
# shellcheck source=tests/preamble.bash
. "$(dirname "${BASH_SOURCE[0]}")/preamble.bash"

make_docs=$BC_BUILD_DIR/tools/bioconsent/make-docs
doc=$here/../doc

expect "bioconsent.8 is as make docs writes it" 0 '' \
    diff -u <(sed -n '/^\.\\" BEGIN verbs/,/^\.\\" END verbs/p' "$doc/bioconsent.8" | sed '1d;$d') <("$make_docs" mdoc)
expect "the completion for bash is as make docs writes it" 0 '' \
    diff -u "$doc/completions/bioconsent.bash" <("$make_docs" bash)
expect "the completion for zsh is as make docs writes it" 0 '' \
    diff -u "$doc/completions/_bioconsent" <("$make_docs" zsh)

# complete WORD...: what bash offers for the last word.
complete_words() {
    bash -c '. "$0"; COMP_WORDS=(bioconsent "$@"); COMP_CWORD=$#; _bioconsent; printf "%s\n" "${COMPREPLY[@]}"' \
        "$doc/completions/bioconsent.bash" "$@"
}
expect "bash completes a verb" 0 '^withdraw$' complete_words withd
expect "bash completes the second word of a verb" 0 '^publish$' complete_words notice pub
expect "bash completes an option of a verb" 0 '^--purpose-ended$' complete_words revoke --purp
expect "bash completes an option of a verb of two words" 0 '^--editorial$' complete_words notice publish --ed
expect "bash offers no option that the verb does not take" 0 '^$' complete_words revoke --moda
if command -v zsh >/dev/null; then
    expect "zsh parses its completion" 0 '' zsh -n "$doc/completions/_bioconsent"
fi
finish
