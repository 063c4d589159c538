#!/usr/bin/env bash
# A thousand overlapping logins while grant and withdraw commit as fast as they can; and the same
# while helpers are stopped and killed.
# shellcheck source=tests/preamble.bash
. "$(dirname "${BASH_SOURCE[0]}")/preamble.bash"
on_private_host

mkdir /run/pam
printf '%s\n' 'auth requisite pam_bioconsent.so modality=fingerprint' 'auth required pam_permit.so' \
    'account required pam_permit.so' >/run/pam/login
for n in $(seq -w 0 11); do
    printf 'load%s:x:%d:%d::/home:/bin/sh\n' "$n" "30$n" "30$n" >>/etc/passwd
done
fresh() {
    rm -rf /var/lib/bioconsent /etc/bioconsent
    new_store consent.example/load
}

say_load() { # the line with the numbers, for the log too
    "$here/load" "$@" | tee -a /run/load.log
    return "${PIPESTATUS[0]}"
}

fresh
expect "1,000 logins, every answer right" 0 ' 0 wrong' say_load 1000
"$here/load" 1 >/dev/null # sets the people back
expect "verify" 0 'all right' bioconsent store verify
fresh
expect "helpers stopped and killed: nobody let in wrongly, no writer blocked" 0 ' 0 wrong' \
    say_load 400 --hurt-helpers
expect "afterwards all is as before" 0 'all right' bioconsent store verify
bioconsent grant load11 login >/dev/null 2>&1
expect "and answers" 0 'auth PAM_SUCCESS' \
    "$BC_BUILD_DIR/tests/pam-login" --confdir /run/pam login load11
cat /run/load.log
finish
