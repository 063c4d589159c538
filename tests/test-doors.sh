#!/usr/bin/env bash
# The doors to fprintd that PAM does not see, on the real fprintd, polkitd and dbus-daemon; the gate before
# any command; and enrollment behind PAM's password stack.
# shellcheck source=tests/preamble.bash
. "$(dirname "${BASH_SOURCE[0]}")/preamble.bash"
on_private_host
# shellcheck source=tests/fprintd-reader.bash
. "$here/fprintd-reader.bash"

rules=/etc/polkit-1/rules.d
rule=$rules/00-bioconsent-fprintd.rules
policy=/etc/dbus-1/system.d/bioconsent-fprintd.conf
answer=/usr/local/libexec/bioconsent-answer
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

reload_bus() {
    dbus-send --system --print-reply --dest=org.freedesktop.DBus / \
        org.freedesktop.DBus.ReloadConfig >/dev/null
}

useradd --create-home carol
session_rule
start_bus
start_polkitd env
start_fprintd
new_store consent.example/doors
bioconsent grant alice --notice login >/dev/null
bioconsent grant carol --notice login --operation authenticate >/dev/null

# ---- without the files ----
expect "status: both doors stand open" 1 'polkit +open' bioconsent doors status
enrolls "nothing installed: bob enrolls without consent" 0 'enroll-completed' bob
delete_all bob
enrolls "nothing installed: alice enrolls bob's finger" 0 'enroll-completed' alice bob
delete_all bob
expect "only root installs" 1 'only root' as alice bioconsent doors install polkit
expect "an unknown door" 2 'no door window' bioconsent doors install window
expect "no door named" 2 'name polkit' bioconsent doors install
for file in "$rule" "$policy"; do
    expect "after that nothing is in place: ${file##*/}" 1 '' test -e "$file"
done

# ---- the rule ----
expect "install polkit: proven closed" 0 'polkit +closed' bioconsent doors install polkit
expect "install polkit again: the same" 0 'polkit +closed' bioconsent doors install polkit
expect "its file is root's, and polkitd can read it" 0 '^644 root root$' stat -c '%a %U %G' "$rule"
expect "polkitd may ask about others" 0 'bioconsent' id -nG polkitd
expect "status as JSON" 0 '"closed"' bioconsent doors status polkit --json

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
bioconsent refresh >/dev/null
bioconsent grant alice --notice login >/dev/null

# ---- broken and hanging helpers: alice consented, and is refused ----
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
broken "no program to answer the rule" "$answer" ''
broken "one that says something else" "$answer" 'echo allowed'
broken "one that says more" "$answer" 'echo allow; echo allow'
broken "one that says nothing" "$answer" ':'
broken "one that says it and fails" "$answer" 'echo allow; exit 1'
broken "one that says it and crashes" "$answer" "echo allow; kill -SEGV \$\$"
broken "one that says it to the wrong stream" "$answer" 'echo allow >&2'
broken "one that hangs" "$answer" 'echo allow; exec sleep infinity'
broken "no helper" "$helper" ''
broken "a helper that crashes" "$helper" "kill -SEGV \$\$"
broken "a helper that answers nonsense" "$helper" 'echo allow >&0'
broken "a helper that hangs" "$helper" 'exec sleep infinity'
for mode in 644 000; do
    chmod "$mode" "$answer"
    enrolls "a program of mode $mode: refused" 1 'PermissionDenied' alice
    chmod 755 "$answer"
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
gpasswd --add polkitd bioconsent >/dev/null
enrolls "all whole again: alice enrolls" 0 'enroll-completed' alice
expect "the answer to bad words is a word" 0 '^refuse$' "$answer" enroll fingerprint fprintd
for words in 'enroll foot fprintd alice' 'login fingerprint fprintd alice' \
    'enroll fingerprint Fprintd! alice' 'enroll fingerprint fprintd nobody-here' \
    'enroll fingerprint fprintd --help' 'enroll fingerprint howdy alice'; do
    # shellcheck disable=SC2086
    expect "refused: $words" 0 '^refuse$' "$answer" $words
done
expect "allowed: the word" 0 '^allow$' "$answer" enroll fingerprint fprintd alice

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
expect "no_new_privs, nobody serves: the door is closed" 0 'polkit +closed' bioconsent doors status polkit
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
expect "no_new_privs: and runs a command by it" 0 '^ran$' as alice setpriv --no-new-privs \
    bioconsent run --subject alice --provider fprintd --operation enroll --modality fingerprint -- echo ran
kill "$SERVER_PID"
rm -r /run/bioconsent
expect "no_new_privs, nobody serves: the tool does not run it" 125 'helper' as alice \
    setpriv --no-new-privs bioconsent run --subject alice --provider fprintd --operation enroll \
    --modality fingerprint -- echo ran
restart_polkitd env

# ---- a rule that polkitd can't use lets everybody in: status tells ----
cp "$rule" /run/rule.good
echo 'polkit.addRule(function(action, subject) {' >"$rule"
wait_for 'polkitd without the rule' polkit_code 0 bob enroll
expect "a rule with a mistake: status says open" 1 'polkit +open' bioconsent doors status polkit
expect "install mends it" 0 'polkit +closed' bioconsent doors install polkit
chmod 600 "$rule"
restart_polkitd env
expect "a rule that polkitd can't read: status says open" 1 'polkit +open' bioconsent doors status polkit
expect "install mends that as well" 0 'polkit +closed' bioconsent doors install polkit
mv "$rule" "$rules/60-bioconsent.rules"
wait_for 'the other name' polkit_code 0 bob enroll
expect "a rule that comes too late: status says open" 1 'polkit +open' bioconsent doors status polkit
rm "$rules/60-bioconsent.rules"
bioconsent doors install polkit >/dev/null
touch "$rules/00-aaa.rules"
expect "a rule that comes before: status proves nothing" 1 'polkit +unproven.*rename' \
    bioconsent doors status polkit
rm "$rules/00-aaa.rules"

# ---- the policy of the bus ----
expect "status: the bus stands open" 1 'dbus +open' bioconsent doors status dbus
expect "install dbus: proven closed" 0 'dbus +closed.*but by bioconsent enroll' bioconsent doors install dbus
expect "status: both closed" 0 '' bioconsent doors status
before=$(opened)
expect "root is refused" 1 'AccessDenied' timeout 30 fprintd-enroll -f right-index-finger bob
expect "so is a user who consented" 1 'AccessDenied' as alice timeout 30 fprintd-enroll
for destination in net.reactivated.Fprint unique; do
    for interface in with without; do
        expect "a call of root's, $destination name, $interface interface: refused" 1 'AccessDenied' \
            python3 -c '
import dbus, sys
bus = dbus.SystemBus()
name = "net.reactivated.Fprint"
bus.call_blocking(bus.get_name_owner(name) if sys.argv[1] == "unique" else name,
                  "/net/reactivated/Fprint/Device/0",
                  name + ".Device" if sys.argv[2] == "with" else None, "EnrollStart", "s", ("any",))
' "$destination" "$interface"
    done
done
verifies "verifying is as it was" 0 'verify-match' alice
verifies "and refused as it was" 1 'PermissionDenied' bob
expect "root deletes as before" 0 'deleted' fprintd-delete alice
delete_all alice
expect "with the group of the door the call arrives" 0 'enroll-completed' \
    "$reader" feed "$socket" finger-alice \
    timeout 30 setpriv --groups bioconsent-enroll fprintd-enroll -f right-index-finger alice
gpasswd --add bob bioconsent-enroll >/dev/null
expect "a member of that group: status says open" 1 'dbus +open.*members' bioconsent doors status dbus
gpasswd --delete bob bioconsent-enroll >/dev/null
cat >/etc/dbus-1/system.d/zz-other.conf <<'XML'
<busconfig><policy user="root"><allow send_destination="net.reactivated.Fprint"/></policy></busconfig>
XML
reload_bus
expect "a later file that lets root in: status says open" 1 'dbus +open' bioconsent doors status dbus
rm /etc/dbus-1/system.d/zz-other.conf
echo '<busconfig><policy' >"$policy"
reload_bus
expect "a file that the bus can't use: status says open" 1 'dbus +open' bioconsent doors status dbus
expect "install mends it" 0 'dbus +closed' bioconsent doors install dbus

# ---- away with them ----
expect "remove both" 0 'open' bioconsent doors remove polkit dbus
expect "remove: the rule is gone" 1 '' test -e "$rule"
expect "remove: the policy is gone" 1 '' test -e "$policy"
expect "remove: polkitd may not ask about others" 0 '^polkitd$' id -nG polkitd
delete_all alice

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

# ---- any command ----
gated() { # gated NAME STATUS PATTERN SUBJECT COMMAND...
    local name=$1 status=$2 pattern=$3 subject=$4
    shift 4
    expect "$name" "$status" "$pattern" bioconsent run --subject "$subject" --provider fprintd \
        --operation enroll --modality fingerprint -- "$@"
}
gated "run: allowed" 0 '^one two$' alice echo one two
gated "run: its exit status is the command's" 7 '' alice sh -c 'exit 7'
gated "run: its arguments are its own" 0 '^--help -- [*]$' alice echo --help -- '*'
gated "run: no consent" 125 'bob.*no-record' bob touch /run/ran
gated "run: too narrow a consent" 125 'scope-operation' carol touch /run/ran
gated "run: no such account" 125 'no account nobody-here' nobody-here touch /run/ran
expect "run: another modality" 125 'scope-modality' bioconsent run --subject alice --provider fprintd \
    --operation enroll --modality face -- touch /run/ran
expect "run: another provider" 125 'scope-provider' bioconsent run --subject alice --provider howdy \
    --operation enroll --modality fingerprint -- touch /run/ran
expect "run: alice asks about bob" 125 'denied' as alice bioconsent run --subject bob \
    --provider fprintd --operation enroll --modality fingerprint -- touch /run/ran
expect "run: refused commands never ran" 1 '' test -e /run/ran
gated "run: no such command" 127 'no such command' alice no-such-command
gated "run: no such file" 127 'no such command' alice /nonexistent/command
gated "run: a folder is no command" 126 'Permission denied' alice /etc
printf 'touch /run/ran\n' >/run/script
chmod 644 /run/script
gated "run: not executable" 126 'Permission denied' alice /run/script
chmod 755 /run/script
gated "run: what is no program is not handed to a shell" 126 'Exec format' alice /run/script
expect "run: and did not run" 1 '' test -e /run/ran
gated "run: the command has our umask" 0 '^0022$' alice sh -c umask
expect "run: no command" 125 'needs -- and a command' bioconsent run --subject alice \
    --provider fprintd --operation enroll --modality fingerprint
expect "run: the modality is the provider's own" 0 '^ran$' bioconsent run --subject alice \
    --provider fprintd --operation enroll -- echo ran
expect "run: which is another one for howdy" 125 'scope-modality' bioconsent run --subject alice \
    --provider howdy --operation enroll -- touch /run/ran
expect "run: an unknown provider has none" 125 'no provider lens' bioconsent run --subject alice \
    --provider lens --operation enroll -- touch /run/ran
expect "run: no provider" 125 'needs --provider' bioconsent run --subject alice \
    --operation enroll --modality fingerprint -- true
expect "run: an unknown option" 125 'unknown option' bioconsent run --shell yes -- true
expect "run --help" 0 '^usage: bioconsent run' bioconsent run --help
bioconsent grant visitor-17 --external-subject --notice login >/dev/null
expect "run: a subject without an account" 0 '^seen$' bioconsent run --subject visitor-17 \
    --external-subject --provider fprintd --operation enroll --modality fingerprint -- echo seen
expect "run: another one" 125 'no-record' bioconsent run --subject visitor-18 \
    --external-subject --provider fprintd --operation enroll --modality fingerprint -- echo seen
finish
