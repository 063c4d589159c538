# The preamble of every test script: counts the tests, says how a failed one differs, and moves the script to a
# private host. A test script begins with
#
#     # shellcheck source=tests/preamble.bash
#     . "$(dirname "${BASH_SOURCE[0]}")/preamble.bash"
#     on_private_host
#
# and ends with "finish". Sets $here, the folder of this file.
# shellcheck shell=bash
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
script_arguments=("$@")
passed=0
failed=0

is_private_host() {
    [ -d /run/private-host ]
}

# on_private_host: starts the script again as root on a private host (tests/private-host) with what was built
# installed there, and the users alice and bob. A command that must run on the real host before, such as a
# compiler, stands in "if ! is_private_host".
on_private_host() {
    is_private_host || exec "$here/private-host" bash "$here/${0##*/}" "${script_arguments[@]}"
}

# new_store [ORIGIN]: a store, and its first notice, "login", from /run/login.notice.
new_store() {
    bioconsent init --origin "${1:-consent.example/host1}" >/dev/null &&
        write_notice /run/login.notice login 1 &&
        bioconsent notice publish /run/login.notice >/dev/null
}

ok() {
    passed=$((passed + 1))
    printf 'ok - %s\n' "$1"
}

not_ok() {
    failed=$((failed + 1))
    printf 'not ok - %s\n' "$1"
    [ -z "${2:-}" ] || printf '%s\n' "$2" | sed 's/^/    /'
}

# expect NAME STATUS PATTERN COMMAND...: the exit status, and an extended regular expression that the
# output (both streams) must match; "" matches all.
expect() {
    local name=$1 status=$2 pattern=$3 output code=0
    shift 3
    output=$("$@" 2>&1 </dev/null) || code=$?
    if [ "$code" -ne "$status" ]; then
        not_ok "$name" "exit $code, not $status: $output"
    elif [ -n "$pattern" ] && ! grep -Eq -- "$pattern" <<<"$output"; then
        not_ok "$name" "no match for $pattern in: $output"
    else
        ok "$name"
    fi
}

# same NAME WANT GOT
same() {
    if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "$(diff <(printf '%s\n' "$2") <(printf '%s\n' "$3"))"; fi
}

# A test whose helper is missing would check nothing, and pass. Bash calls this in a process of its own.
command_not_found_identifier() {
    printf 'not ok - there is no command %s\n' "$1"
    kill "$$"
    return 127
}

finish() {
    printf '%d passed, %d failed, 0 skipped\n' "$passed" "$failed"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}

as() {
    local user=$1
    shift
    setpriv --reuid "$user" --regid "$user" --clear-groups "$@"
}

# receipt USER: the file that the person's own status names.
receipt() {
    as "$1" bioconsent status --json | jq -r .receipt
}

# write_notice FILE ID VERSION [NAME=VALUE ...]: a small notice that lint lets pass. A member replaces ours,
# or is added; a value of "" leaves it out; body=TEXT replaces the first line of the body.
write_notice() {
    local file=$1 member
    local -A m=([id]=$2 [version]=$3 [language]=en [kind]=written-release [modalities]=fingerprint
        [operations]='authenticate enroll' [providers]=fprintd [purposes]=login
        [controller]='Example Ltd' [service_provider]='fprintd, on this host'
        [biometric_data]='a template of your fingerprint' [purpose]='to sign you in'
        [retention]='3 years' [disclosure]='nobody' [release]='I agree.'
        [body]='We read your fingerprint to sign you in.')
    shift 3
    for member in "$@"; do
        m[${member%%=*}]=${member#*=}
    done
    {
        echo bioconsent-notice/1
        for member in "${!m[@]}"; do
            [ "$member" = body ] || [ -z "${m[$member]}" ] || printf '%s: %s\n' "$member" "${m[$member]}"
        done
        printf '\n%s\n' "${m[body]}"
        printf '%s, with %s: %s. For: %s. Until: %s. To: %s. %s\n' '{controller}' '{service_providers}' \
            '{biometric_data}' '{purpose}' '{retention}' '{disclosure}' '{release}'
    } >"$file"
}
