#!/usr/bin/env bash
# A thousand overlapping logins while grant and withdraw commit as fast as they can, with the system's
# LMDB and with one whose own lock fails where opens overlap; and the same while helpers are hurt.
# shellcheck source=tests/preamble.bash
. "$(dirname "${BASH_SOURCE[0]}")/preamble.bash"
if ! is_private_host; then
    "$here/other-lmdb" "$BC_BUILD_DIR/tests/other-lmdb.d" || exit 99
fi
on_private_host

mkdir /run/pam
printf '%s\n' 'auth requisite pam_bioconsent.so modality=fingerprint' 'auth required pam_permit.so' \
    'account required pam_permit.so' >/run/pam/login
for n in $(seq -w 0 11); do
    printf 'load%s:x:%d:%d::/home:/bin/sh\n' "$n" "30$n" "30$n" >>/etc/passwd
done
fresh() {
    rm -rf /var/lib/bioconsent /etc/bioconsent
    bioconsent init --origin consent.example/load >/dev/null
    write_notice /run/login.notice login 1
    bioconsent notice publish /run/login.notice >/dev/null
}

say_load() { # the line with the numbers, for the log too
    "$here/load" "$@" | tee -a /run/load.log
    return "${PIPESTATUS[0]}"
}

round() { # round NAME: the whole of it with the LMDB that is in place
    fresh
    expect "$1: 1,000 logins, every answer right" 0 ' 0 wrong' say_load 1000
    "$here/load" 1 >/dev/null # sets the people back
    expect "$1: verify" 0 'all right' bioconsent verify
    fresh
    expect "$1: helpers stopped and killed: nobody let in wrongly, no writer blocked" 0 ' 0 wrong' \
        say_load 400 --hurt-helpers
    expect "$1: afterwards all is as before" 0 'all right' bioconsent verify
    bioconsent grant load11 --notice login >/dev/null 2>&1
    expect "$1: and answers" 0 'auth PAM_SUCCESS' \
        "$BC_BUILD_DIR/tests/pam-login" --confdir /run/pam login load11
}

round "LMDB $("$BC_BUILD_DIR/tests/lmdb-race" /nonexistent | cut -d' ' -f2 | tr -d :)"
library=$(ldd /usr/local/libexec/bioconsent-check | awk '/liblmdb/ { print $3 }')
cp "$BC_BUILD_DIR/tests/other-lmdb.d/liblmdb.so.0" "$(readlink -f "$library")"
cp /var/lib/bioconsent/store/data.mdb /run/race.mdb
expect "the other LMDB has the race" 0 '0\.9\.29: [1-9][0-9]* of' \
    "$BC_BUILD_DIR/tests/lmdb-race" /run/race.mdb
round "LMDB 0.9.29"
cat /run/load.log
finish
