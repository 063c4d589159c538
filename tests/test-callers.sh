#!/usr/bin/env bash
# The helper and the module in every kind of caller: as whom PAM runs, and in what state.
# shellcheck source=tests/preamble.bash
. "$(dirname "${BASH_SOURCE[0]}")/preamble.bash"
on_private_host

helper=/usr/local/libexec/bioconsent-check
gate='pam_bioconsent.so modality=fingerprint provider=fprintd'
mkdir -m 755 /run/pam
printf '%s\n' "auth required $gate" 'auth required pam_permit.so' >/run/pam/login
# Files of the build that ordinary users must reach.
cp "$BC_BUILD_DIR/tests/pam-caller" /usr/local/bin/pam-caller
chmod 755 /usr/local/bin/pam-caller

new_store consent.example/host1
expect "alice consents" 0 'recorded' bioconsent grant alice login

expect "the helper is setuid and setgid bioconsent" 0 '^6755 bioconsent bioconsent$' \
    stat -c '%a %U %G' "$helper"

# asked NAME ALICE BOB COMMAND...: what a caller hears about alice, who consented, and bob, who did not.
for state in plain sigchld-ignored reaps-all threads many-files fsize-0 no-new-privs no-stdio \
    signals-blocked; do
    expect "root, $state: allowed" 0 'result: PAM_SUCCESS' pam-caller "$state" login alice
    expect "root, $state: refused" 1 'result: refused' pam-caller "$state" login bob
    if pam-caller "$state" login alice | grep -q leaked; then
        not_ok "root, $state: leaks no descriptor"
    else
        ok "root, $state: leaks no descriptor"
    fi
done
expect "root, no descriptor left: refused" 1 'result: refused' pam-caller no-files-left login alice

for state in plain sigchld-ignored reaps-all threads many-files fsize-0 no-stdio signals-blocked; do
    expect "alice about herself, $state: allowed" 0 'result: PAM_SUCCESS' \
        as alice pam-caller "$state" login alice
    expect "alice about bob, $state: refused" 1 'result: refused' as alice pam-caller "$state" login bob
    expect "bob about alice, $state: refused" 1 'result: refused' as bob pam-caller "$state" login alice
done

# sudo, su: real uid alice, effective uid 0.
cat >/etc/pam.d/sudo <<PAM
auth    [ignore=ignore default=1]  $gate
auth    sufficient pam_permit.so
auth    required   pam_deny.so
account required   pam_permit.so
session required   pam_permit.so
PAM
cp /etc/pam.d/sudo /etc/pam.d/su
printf 'alice ALL=(ALL) ALL\nbob ALL=(ALL) ALL\n' >/etc/sudoers.d/people
chmod 440 /etc/sudoers.d/people
if [ -z "${BC_SANITIZED:-}" ]; then
    expect "sudo by alice: allowed" 0 '^0$' as alice sudo -S id -u
    expect "sudo by bob: refused" 1 'try again|incorrect' as bob sudo -S id -u
    expect "su by bob to alice asks about alice: allowed" 0 'alice' as bob su alice -c 'id -un'
    expect "su by alice to bob asks about bob: refused" 1 '' as alice su bob -c 'id -un'
fi

# no_new_privs: a setuid bit does not count, a socket serves.
expect "alice, no-new-privs, nobody serves: refused" 1 'result: refused' \
    as alice pam-caller no-new-privs login alice
coproc SERVER { exec "$here/activate" /run/bioconsent/check.sock bioconsent "$helper"; }
read -r -u "${SERVER[0]}" _
expect "alice, no-new-privs, by the socket: allowed" 0 'result: PAM_SUCCESS' \
    as alice pam-caller no-new-privs login alice
expect "alice, no-new-privs, about bob: refused" 1 'result: refused' \
    as alice pam-caller no-new-privs login bob
expect "bob, no-new-privs, about alice: refused" 1 'result: refused' \
    as bob pam-caller no-new-privs login alice
chmod 777 /run/bioconsent
expect "a socket in a folder that all may write: refused" 1 'result: refused' \
    as alice pam-caller no-new-privs login alice

# The helper by hand.
expect "no socket on standard input: no answer" 1 '' "$helper"
expect "an unknown option" 2 '' "$helper" --debug
expect "the installed helper can't be made to read another configuration" 1 'denied' \
    as alice bioconsent check alice --config /etc/bioconsent/bioconsent.conf --modality fingerprint
expect "root may name another configuration" 0 'allowed' \
    bioconsent check alice --config /etc/bioconsent/bioconsent.conf --modality fingerprint
chmod 755 "$helper"
expect "a helper without its bits reads nothing for alice" 1 'result: refused' \
    as alice pam-caller plain login alice
expect "a helper without its bits becomes bioconsent by itself for root" 0 'PAM_SUCCESS' \
    pam-caller plain login alice
rm "$helper"
expect "no helper: refused" 1 'result: refused' pam-caller plain login alice
finish
