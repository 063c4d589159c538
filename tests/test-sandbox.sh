#!/usr/bin/env bash
# The helper's sandbox: a build of the helper that tries what it must not, in the helper's place.
# shellcheck source=tests/preamble.bash
. "$(dirname "${BASH_SOURCE[0]}")/preamble.bash"
on_private_host
helper=/usr/local/libexec/bioconsent-check
bioconsent init --origin consent.example/host1 >/dev/null
expect "the real helper is in its sandbox" 1 'sandbox: ok' \
    bioconsent check alice --modality fingerprint --verbose
install -o bioconsent -g bioconsent -m 6755 "$BC_BUILD_DIR/tests/sandbox-probe" "$helper"

# each NAME COMMAND...: a line for every try
each() {
    local name=$1 line output
    shift
    output=$("$@" 2>&1)
    while IFS= read -r line; do
        case $line in
        *'NOT STOPPED: '*) not_ok "$name: ${line##*STOPPED: }" ;;
        *'stopped: '*) ok "$name: ${line##*stopped: }" ;;
        esac
    done <<<"$output"
    if grep -q 'stopped: run what was written' <<<"$output"; then
        ok "$name: it tried all"
    else
        not_ok "$name: it tried all" "$output"
    fi
}
each "asked by root" bioconsent check alice --modality fingerprint --verbose
each "asked by the subject" as alice bioconsent check alice --modality fingerprint --verbose
# Where the setuid bit counts for nothing, root becomes the service user by itself.
each "asked by root without new privileges" \
    setpriv --no-new-privs bioconsent check alice --modality fingerprint --verbose
expect "the store is as it was" 0 'all right' bioconsent verify
finish
