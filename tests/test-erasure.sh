#!/usr/bin/env bash
# Promise 6 with the tool as installed: erasure refuses while it must, and then leaves no byte of the
# person in any file, while the history still verifies.
# shellcheck source=tests/preamble.bash
. "$(dirname "${BASH_SOURCE[0]}")/preamble.bash"
on_private_host

# Every file of ours that is left.
holds() {
    grep -rlaF -- "$1" /var/lib/bioconsent /etc/bioconsent
}
holds_nothing() {
    ! holds "$1"
}

bioconsent init --origin consent.example/erasure >/dev/null
write_notice /run/login.notice login 1
write_notice /run/il.notice login-il 1 jurisdictions=us-il
bioconsent notice publish /run/login.notice >/dev/null
bioconsent notice publish /run/il.notice >/dev/null
bioconsent grant bob login >/dev/null
bioconsent grant alice login >/dev/null
bioconsent grant zacharias login-il --external >/dev/null
mkdir /run/pam
printf '%s\n' 'auth [ignore=ignore default=1] pam_bioconsent.so modality=fingerprint provider=fprintd' \
    'auth sufficient pam_permit.so' 'auth required pam_deny.so' 'account required pam_permit.so' >/run/pam/login
expect "alice signs in" 0 'auth PAM_SUCCESS' "$BC_BUILD_DIR/tests/pam-login" --confdir /run/pam login alice
expect "the day of it is noted" 0 '^1$' sh -c 'ls /var/lib/bioconsent/state/activity | wc -l'
expect "asking is no use" 0 'allowed' bioconsent check bob --modality fingerprint
expect "... and not noted" 0 '^1$' sh -c 'ls /var/lib/bioconsent/state/activity | wc -l'
salt=$(python3 - <<'PY'
data = open("/var/lib/bioconsent/store/data.mdb", "rb").read()
at = data.index(b'"subject":"alice"')
start = data.rindex(b'{"collected"', 0, at)
print(data[start - 32:start].hex())
PY
)
expect "a receipt is there before the erasure" 0 '^alice 400$' \
    sh -c "stat -c '%U %a' /var/lib/bioconsent/receipts/$(id -u alice)-*.json"
expect "no erasure of a consent in force" 1 'not ended .event 3.' bioconsent erase alice
as alice bioconsent withdraw >/dev/null
expect "a waiting withdrawal is signed by it, and then erased with the rest" 0 '2 events of alice are erased' bioconsent erase alice
expect "no byte of her name is left" 0 '' holds_nothing alice
expect "nor a receipt of hers, and those of others stay" 0 "^bob$" stat -c %U /var/lib/bioconsent/receipts/*
expect "nor of the salt" 0 '^False$' python3 -c \
    'import sys; print(bytes.fromhex(sys.argv[1]) in open("/var/lib/bioconsent/store/data.mdb", "rb").read())' "$salt"
expect "nor the day of last use" 0 '^0$' sh -c 'ls /var/lib/bioconsent/state/activity | wc -l'
expect "the same search finds others" 0 'data.mdb' holds bob
expect "the history verifies" 0 'all right. 7 events \(2 erased\)' bioconsent store verify
expect "the log says so, and names nobody" 0 'erasure of 2 events: requested by the subject' bioconsent list --events
expect "she is nobody now" 1 'no-record' bioconsent check alice --modality fingerprint
expect "others are as before" 0 'allowed' bioconsent check bob --modality fingerprint
expect "a pending acceptance is erased, too" 0 'counts once the administrator' \
    bash -c "echo 'I agree.' | setpriv --reuid alice --regid alice --clear-groups bioconsent accept"
bioconsent grant alice login >/dev/null
bioconsent revoke alice >/dev/null
expect "... with what was signed again" 0 'are erased' bioconsent erase alice
expect "... and from the spool" 0 '' holds_nothing alice
expect "twice" 3 'no record of alice' bioconsent erase alice
bioconsent withdraw zacharias --external --reason 'by letter' >/dev/null
expect "the law wants the proof kept" 1 'must be kept until .*us-il: 735 ILCS 5/13-205' \
    bioconsent erase zacharias --external
expect "the reason may not name the subject" 2 'may not name' \
    bioconsent erase zacharias --external --override 'Zacharias asked'
expect "an empty override" 2 'override needs a value' bioconsent erase zacharias --external --override ''
expect "overridden, with the reason on record" 0 'are erased' \
    bioconsent erase zacharias --external --override 'order of the authority'
expect "... and it stands in the log" 0 'proof not kept: order of the authority' bioconsent list --events --json
expect "no byte of him either" 0 '' holds_nothing zacharias
expect "an account that is gone" 0 'recorded' bioconsent grant carl login --external
useradd --no-create-home --uid 4711 gone && bioconsent grant gone login >/dev/null && userdel gone
expect "... is found by its number" 0 'revoked' bioconsent revoke gone --uid 4711
expect "... and erased" 0 'are erased' bioconsent erase gone --uid 4711
expect "not by another's" 3 'no record' bioconsent erase bob --uid 4711
expect "a number that is none" 2 'number of an account' bioconsent erase bob --uid 47x
expect "who comes back is new" 0 'recorded' bioconsent grant alice login
expect "and is allowed" 0 'allowed' bioconsent check alice --modality fingerprint
expect "all of it verifies" 0 'all right' bioconsent store verify
expect "ordinary users erase nobody" 1 'only root' as bob bioconsent erase alice

# Cut off between the signature and the new file: the mark stays, the next writer finishes.
bioconsent withdraw alice --reason x >/dev/null
mkdir /var/lib/bioconsent/store/data.mdb.new
expect "the new file can't be written" 1 'bytes are still in the file' bioconsent erase alice
expect "it is signed as erased" 1 'no-record' bioconsent check alice --modality fingerprint
expect "verify says what is left to do" 0 'erasure was interrupted' bioconsent store verify
expect "the bytes are there" 0 'data.mdb' holds alice
rmdir /var/lib/bioconsent/store/data.mdb.new
expect "the next who writes finishes" 0 'signed anew' bioconsent store refresh
expect "then they are gone" 0 '' holds_nothing alice
expect "verify has nothing more to say" 0 'all right' bioconsent store verify
finish
