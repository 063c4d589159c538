#!/usr/bin/env bash
# The word for allow stands where an allowance is made or read, and nowhere else: a step that fails to
# return a refusal cannot return an allowance by accident. Counts the places in lib, module and tools.
# shellcheck source=tests/preamble.bash
. "$(dirname "${BASH_SOURCE[0]}")/preamble.bash"
cd "$here/.." || exit 1

# places WORD: "file count" for each file whose code (not its comments) has the word.
places() {
    local file count
    for file in lib/*/*.[ch] module/*.[ch] tools/*/*.[ch]; do
        count=$("${CC:-gcc}" -fpreprocessed -dD -E -P "$file" 2>/dev/null | grep -ow "$1" | wc -l)
        [ "$count" -eq 0 ] || printf '%s %d\n' "$file" "$count"
    done | LC_ALL=C sort
}

# The list of reasons and its predicate, the parser of the answer (an allowance is read and returned in one
# statement), and the decision (made in one place, passed on in another).
same 'the_word_for_allow_stands_in_the_decision_and_in_the_parser_of_its_answer_only' \
    'lib/base/reason.c 1
lib/client/protocol.c 2
lib/consent/decision.c 2' "$(places BC_REASON_ALLOW)"

# The list of results gives each one its refusal by the end of its name only, which the count above does not
# see.
same 'no_result_of_a_step_stands_for_an_allowance' 0 "$(grep -cw ALLOW lib/base/result.h)"

# The service has one statement that sends an answer, and the module one that lets the stack go on.
same 'the_deciding_program_sends_its_answer_in_one_place' 1 \
    "$(grep -c 'bc_protocol_format_answer' tools/bioconsentd/main.c)"
same 'the_module_reaches_its_one_allowance_by_one_comparison' 1 \
    "$(grep -c 'bc_reason_allows' module/pam_bioconsent.c)"
finish
