#!/usr/bin/env bash
# Programs that have fprintd enroll and verify without PAM: what polkit's rule lets through, on the real fprintd,
# polkitd and dbus-daemon; what lint-pam says about the rule; and enrollment behind PAM's password stack.
# shellcheck source=tests/preamble.bash
. "$(dirname "${BASH_SOURCE[0]}")/preamble.bash"
on_private_host
# shellcheck source=tests/fprintd-reader.bash
. "$here/fprintd-reader.bash"

rules=/etc/polkit-1/rules.d
rule=/usr/share/polkit-1/rules.d/00-bioconsent-fprintd.rules
tool=/usr/local/bin/bioconsent
helper=/usr/local/libexec/bioconsent-check
action=net.reactivated.fprint.device

# enrolls NAME STATUS PATTERN WHO [OWNER]: WHO runs fprintd-enroll, and the finger is offered.
enrolls() {
    local name=$1 status=$2 pattern=$3 who=$4
    shift 4
    expect "$name" "$status" "$pattern" "$reader" feed "$socket" "finger-$who" \
        timeout 30 setpriv --reuid "$who" --regid "$who" --clear-groups \
        fprintd-enroll -f right-index-finger "$@"
}

verifies() { # verifies NAME STATUS PATTERN WHO
    expect "$1" "$2" "$3" "$reader" feed "$socket" "finger-$4" \
        timeout 30 setpriv --reuid "$4" --regid "$4" --clear-groups fprintd-verify
}

delete_all() {
    fprintd-delete "$1" >/dev/null 2>&1
    find /var/lib/fprint -mindepth 1 -delete
}

# unopened NAME: since "before" was set nobody has opened the reader.
unopened() {
    if [ "$(opened)" = "$before" ] && "$reader" closed "$socket"; then
        ok "$1"
    else
        not_ok "$1" "opened $(opened) times, not $before"
    fi
}

# The answer of polkitd for a process of this user: 0 yes, 1 no, 2 after authentication.
polkit_says() {
    local process code
    setpriv --reuid "$1" --regid "$1" --clear-groups sleep infinity &
    process=$!
    wait_for "$1" grep -q "^Uid:[[:space:]]*$(id -u "$1")[[:space:]]" "/proc/$process/status"
    pkcheck --action-id "$action.$2" --process "$process" >/dev/null 2>&1
    code=$?
    kill "$process"
    return "$code"
}

polkit_code() {
    polkit_says "$2" "$3"
    [ "$?" -eq "$1" ]
}

# Stands for a session at this computer: whatever fprintd asks about may be done.
session_rule() {
    printf '%s\n' 'polkit.addRule(function(action, subject) {' \
        "    if (action.id.indexOf('net.reactivated.fprint.') === 0) return polkit.Result.YES;" \
        '});' >"$rules/50-session.rules"
}

# rule_is NAME WHAT [PATH]: what lint-pam finds about the rule, and the file that it names; "" for nothing.
rule_is() {
    local found
    found=$(bioconsent lint --json 2>/dev/null |
        jq -r '.[] | select(.services == ["fprintd"]) | "\(.finding) \(.line.file)"')
    if [ "$found" = "${2:+$2 }${3:-}" ]; then
        ok "lint-pam: $1"
    else
        not_ok "lint-pam: $1" "found: $found"
    fi
}

useradd --create-home carol
session_rule
start_bus
start_polkitd env
start_fprintd
bioconsent init --origin consent.example/fprintd >/dev/null
write_notice /run/login.notice login 1
bioconsent notice publish /run/login.notice >/dev/null
bioconsent grant alice login >/dev/null
bioconsent grant carol login --operation authenticate >/dev/null

# ---- without the rule ----
rule_is "as it was installed it is in force" ''
mv "$rule" /run/rule
wait_for 'polkitd without the rule' polkit_code 0 bob enroll
rule_is "the rule is gone" fprintd-open "$rule"
enrolls "no rule: bob enrolls without consent" 0 'enroll-completed' bob
delete_all bob
enrolls "no rule: alice enrolls bob's finger" 0 'enroll-completed' alice bob
delete_all bob

# ---- the rule ----
cp /run/rule "$rule"
wait_for 'the rule' polkit_code 1 bob enroll
rule_is "it is in force again" ''
expect "installed: root's, and polkitd can read it" 0 '^644 root root$' stat -c '%a %U %G' "$rule"
expect "installed: polkitd may ask about others" 0 'bioconsent' id -nG polkitd

before=$(opened)
enrolls "a user without consent is refused" 1 'PermissionDenied.*enroll' bob
unopened "and the reader was never opened"
verifies "nor does he verify" 1 'PermissionDenied' bob
expect "nor delete, which is the same action" 1 'PermissionDenied' as bob fprintd-delete bob
unopened "and the reader was never opened by these"
enrolls "a user with consent enrolls" 0 'enroll-completed' alice
verifies "and verifies" 0 'verify-match' alice
expect "and deletes" 0 'deleted' as alice fprintd-delete alice
before=$(opened)
enrolls "a user with consent does not enroll another" 1 'PermissionDenied.*setusername' alice bob
enrolls "a user without consent does not enroll one who consented" 1 'PermissionDenied.*setusername' bob alice
unopened "and the reader was never opened"
enrolls "a consent to sign in is none to enroll" 1 'PermissionDenied.*enroll' carol
rm "$rules/50-session.rules"
wait_for 'the end of the session' polkit_code 1 alice enroll
ok "consent is no authorization: what polkit asks besides stays"
session_rule
wait_for 'the session' polkit_code 0 alice enroll
enrolls "root is not asked about by polkit" 0 'enroll-completed' root bob
delete_all bob

# ---- deletion by someone whose consent is gone ----
enrolls "alice has a finger" 0 'enroll-completed' alice
as alice bioconsent withdraw >/dev/null
before=$(opened)
expect "withdrawn: alice's own deletion is refused" 1 'PermissionDenied' as alice fprintd-delete alice
enrolls "withdrawn: she enrolls no more" 1 'PermissionDenied' alice
unopened "and the reader was never opened"
expect "withdrawn: root deletes her fingers" 0 'deleted' fprintd-delete alice
expect "they are gone" 0 'no fingers enrolled' fprintd-list alice
bioconsent store refresh >/dev/null
bioconsent grant alice login >/dev/null

# ---- broken programs: alice consented, and is refused ----
# broken NAME FILE SCRIPT: what stands in the file's stead; "" for nothing at all.
broken() {
    mv "$2" "$2.good"
    if [ -n "$3" ]; then
        printf '#!/bin/sh\n%s\n' "$3" >"$2"
        chmod 755 "$2"
    fi
    before=$(opened)
    enrolls "$1: refused" 1 'PermissionDenied' alice
    unopened "$1: the reader was never opened"
    rm -f "$2"
    mv "$2.good" "$2"
}
broken "no program that the rule asks" "$tool" ''
broken "one that says allowed and fails" "$tool" 'echo alice: allowed; exit 1'
broken "one that crashes" "$tool" "kill -SEGV \$\$"
broken "one that hangs" "$tool" 'exec sleep infinity'
broken "no helper" "$helper" ''
broken "a helper that crashes" "$helper" "kill -SEGV \$\$"
broken "a helper that answers nonsense" "$helper" 'echo allow >&0'
broken "a helper that hangs" "$helper" 'exec sleep infinity'
for mode in 644 000; do
    chmod "$mode" "$tool"
    enrolls "a program of mode $mode: refused" 1 'PermissionDenied' alice
    chmod 755 "$tool"
done
chmod 755 "$helper"
enrolls "a helper without its bits: refused" 1 'PermissionDenied' alice
chmod 6755 "$helper"
cp -a /var/lib/bioconsent/store/data.mdb /run/data.mdb
truncate -s 8192 /var/lib/bioconsent/store/data.mdb
enrolls "a damaged store: refused" 1 'PermissionDenied' alice
mv /run/data.mdb /var/lib/bioconsent/store/data.mdb
gpasswd --delete polkitd bioconsent >/dev/null
enrolls "polkitd that may not ask: refused" 1 'PermissionDenied' alice
rule_is "polkitd may not ask" fprintd-refused "$rule"
gpasswd --add polkitd bioconsent >/dev/null
enrolls "all whole again: alice enrolls" 0 'enroll-completed' alice

# ---- a polkitd that no setuid bit helps ----
restart_polkitd() {
    kill "$polkitd"
    wait "$polkitd" 2>/dev/null
    wait_for 'the end of polkitd' polkitd_gone
    start_polkitd "$@"
}
polkitd_gone() {
    ! has_name org.freedesktop.PolicyKit1
}
restart_polkitd setpriv --no-new-privs
expect "polkitd runs with no_new_privs" 0 'NoNewPrivs:[[:space:]]*1' grep NoNewPrivs "/proc/$polkitd/status"
enrolls "no_new_privs, nobody serves: refused" 1 'PermissionDenied' alice
coproc SERVER { exec "$here/activate" /run/bioconsent/check.sock bioconsent "$helper"; }
read -r -u "${SERVER[0]}" _
delete_all alice
enrolls "no_new_privs, by the service: alice enrolls" 0 'enroll-completed' alice
verifies "no_new_privs, by the service: and verifies" 0 'verify-match' alice
enrolls "no_new_privs, by the service: bob is refused" 1 'PermissionDenied' bob
chmod 777 /run/bioconsent
enrolls "no_new_privs, a socket in a folder that all may write: refused" 1 'PermissionDenied' alice
chmod 755 /run/bioconsent
expect "no_new_privs: the tool asks the service too" 0 'allowed' \
    as alice setpriv --no-new-privs bioconsent check alice --modality fingerprint --operation enroll
kill "$SERVER_PID"
rm -r /run/bioconsent
expect "no_new_privs, nobody serves: the tool says refused" 1 'helper' as alice \
    setpriv --no-new-privs bioconsent check alice --modality fingerprint --operation enroll
restart_polkitd env

# ---- a rule that polkitd can't use lets everybody in: lint-pam tells ----
echo 'polkit.addRule(function(action, subject) {' >"$rule"
wait_for 'polkitd without the rule' polkit_code 0 bob enroll
rule_is "a rule with a mistake" fprintd-open "$rule"
cp /run/rule "$rule"
echo '// a comment more' >>"$rule"
rule_is "a rule with one line more" fprintd-open "$rule"
cp /run/rule "$rule"
chmod 600 "$rule"
restart_polkitd env
wait_for 'polkitd without the rule' polkit_code 0 bob enroll
rule_is "a rule that polkitd can't read" fprintd-open "$rule"
chmod 644 "$rule"
ln -s /dev/null "$rules/${rule##*/}"
rule_is "a file of the same name in /etc" fprintd-open "$rules/${rule##*/}"
rm "$rules/${rule##*/}"
cp /run/rule "$rules/${rule##*/}"
rule_is "the same rule in /etc does no harm" ''
rm "$rule"
restart_polkitd env
wait_for 'the rule in /etc' polkit_code 1 bob enroll
rule_is "and is enough" ''
mv "$rules/${rule##*/}" "$rules/60-bioconsent.rules"
wait_for 'the other name' polkit_code 0 bob enroll
rule_is "a rule that comes too late" fprintd-open "$rule"
rm "$rules/60-bioconsent.rules"
cp /run/rule "$rule"
cp "$rules/50-session.rules" "$rules/00-aaa.rules"
wait_for 'the rule before ours' polkit_code 0 bob enroll
rule_is "a rule that comes before" fprintd-open "$rules/00-aaa.rules"
rm "$rules/00-aaa.rules"
wait_for 'the rule' polkit_code 1 bob enroll
rule_is "all is well again" ''
chmod 700 "$rules"
expect "what only root may read is not guessed" 0 'only root may read /etc/polkit-1/rules.d' \
    as bob bash -c 'bioconsent lint --json 2>&1 >/dev/null; true'
mv /usr/share/polkit-1/actions/net.reactivated.fprint.device.policy /run/fprintd.policy
rm "$rule"
rule_is "no fprintd, no rule needed" ''
mv /run/fprintd.policy /usr/share/polkit-1/actions/net.reactivated.fprint.device.policy
cp /run/rule "$rule"

# ---- enrollment behind a password stack ----
mkdir -m 755 /run/pam
printf '%s\n' 'password requisite pam_bioconsent.so modality=fingerprint provider=fprintd' \
    'password required pam_permit.so' >/run/pam/enroll
# passwords NAME RESULT WHO STATUS
passwords() {
    expect "$1" "$4" "^result: password $2\$" \
        "$BC_BUILD_DIR/tests/pam-login" --confdir /run/pam --call password enroll "$3"
}
passwords "password stack: consent to enroll" PAM_SUCCESS alice 0
passwords "password stack: no consent" PAM_AUTHTOK_ERR bob 1
passwords "password stack: a consent to sign in is none to enroll" PAM_AUTHTOK_ERR carol 1

finish
