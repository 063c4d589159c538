#!/usr/bin/env bash
# bioconsent lint: each finding where it belongs and nowhere else, on stacks of our own, on those
# that Debian's packages install and generate, on Fedora's lines, and on every kind of bad file.
# shellcheck source=tests/preamble.bash
. "$(dirname "${BASH_SOURCE[0]}")/preamble.bash"
if ! is_private_host; then
    # pam-auth-update shall change no host but a private one; nothing need be installed there.
    export BUILD=$BC_BUILD_DIR
    unset BC_BUILD_DIR
fi
on_private_host
tool=$BUILD/tools/bioconsent/bioconsent
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
pamd=$folder/pam.d
root=$folder/host # its pam.d is $pamd
mkdir -p "$root/etc"

# lint_pamd ARGUMENT...: lint of the services in $pamd.
lint_pamd() {
    ln -sfn "$pamd" "$root/etc/pam.d"
    timeout 20 "$tool" lint --root "$root" "$@"
}

# put SERVICE LINE...: a file of the folder.
put() {
    local service=$1
    shift
    mkdir -p "$pamd"
    printf '%s\n' "$@" >"$pamd/$service"
}

# verdict NAME WANT [SERVICE...]: what is found in the folder, as "stage/finding" in order.
verdict() {
    local name=$1 want=$2 got code=0
    shift 2
    got=$(lint_pamd --json "$@" 2>&1) || code=$?
    got=$(jq -r '.[] | (.stage // "file") + "/" + .finding' <<<"$got" 2>&1 | sort -u | paste -sd' ')
    if [ "$got" != "$want" ]; then
        not_ok "$name" "found: $got; not: $want"
    elif [ "$code" -ne "$([ -z "$want" ] && echo 0 || echo 1)" ]; then
        not_ok "$name" "exit $code"
    else
        ok "$name"
    fi
}

# lint NAME WANT LINE...: the same for the one service sudo with these lines.
lint() {
    local name=$1 want=$2
    shift 2
    rm -rf "$pamd"
    put sudo "$@"
    verdict "$name" "$want"
}

# says NAME PATTERN: the text about the folder.
says() {
    expect "$1" 1 "$2" lint_pamd
}

jump='auth [ignore=ignore default=1] pam_bioconsent.so modality=fingerprint'
finger='auth sufficient pam_fprintd.so'
face='auth sufficient pam_howdy.so'
unix='auth required pam_unix.so'
account='account required pam_unix.so'

# A gate, and none.
lint "no biometrics: nothing found" "" "$unix" "$account"
lint "jump, matcher, password: nothing found" "" "$jump" "$finger" "$unix" "$account"
lint "a matcher without a gate" auth/ungated "$finger" "$unix" "$account"
says "text: what, where, what to do" '^  matcher +.*/sudo:1  pam_fprintd\.so$'
lint "by absolute path, other case, optional-missing" auth/ungated \
    "-AUTH Sufficient /usr/lib/security/pam_fprintd.so" "$unix"
lint "gate by absolute path" "" \
    "auth [ignore=ignore default=1] /lib/security/pam_bioconsent.so modality=fingerprint" "$finger" "$unix"
lint "a continued line, comments, brackets in arguments" "" "auth [ignore=ignore \\" "# between" "" \
    " default=1] pam_bioconsent.so modality=fingerprint # behind" \
    "auth sufficient pam_fprintd.so [an \\] argument]" "$unix"
lint "howdy, both ways" auth/ungated "auth sufficient pam_python.so /lib/security/howdy/pam.py" "$face" \
    "$unix"
lint "pam_python with another script" "" "auth sufficient pam_python.so /opt/badge.py" "$unix"
for module in pam_fprint.so pam_thinkfinger.so pam_biometric.so pam_bioapi.so pam_faceid.so \
    libpam_facepass.so; do
    lint "$module is known" auth/ungated "auth sufficient $module" "$unix"
done
lint "an unknown matcher is a check like others" "" "auth sufficient pam_retina.so" "$unix"
lint "a gate behind the matcher is none" "auth/skips-other auth/ungated" "$finger" "$jump" \
    "auth optional pam_env.so" "$unix"
lint "an earlier line jumps over the gate" auth/ungated \
    "auth [success=1 default=ignore] pam_succeed_if.so quiet user ingroup x" "$jump" "$finger" "$unix"
lint "the gate of another modality" auth/wrong-gate \
    "auth [ignore=ignore default=1] pam_bioconsent.so modality=face" "$finger" "$unix"
lint "the gate of another provider" auth/wrong-gate \
    "$jump provider=howdy" "$finger" "$unix"
lint "the gate of the same provider" "" "$jump provider=fprintd" "$finger" "$unix"
lint "two matchers, a gate each" "" "$jump" "$finger" \
    "auth [ignore=ignore default=1] pam_bioconsent.so modality=face" "$face" "$unix"
lint "two matchers, one gate" auth/ungated "$jump" "$finger" "$face" "$unix"
lint "a gate in account only" "account/account-only account/locked-out" "$finger" "$unix" \
    "account required pam_bioconsent.so modality=fingerprint" "$account"
lint "an unknown option" auth/bad-option "$jump colour=blue" "$finger" "$unix"
says "the option is named" '^  option +colour=blue$'
lint "no modality" auth/bad-option "auth [ignore=ignore default=1] pam_bioconsent.so" "$finger" "$unix"
lint "the wrong operation" auth/wrong-operation "$jump operation=enroll" "$finger" "$unix"
lint "enrolling in password" password/ungated "$unix" "password optional pam_bioapi.so" \
    "password required pam_unix.so"
lint "enrolling in password, gated" "" "$unix" \
    "password [ignore=ignore default=1] pam_bioconsent.so modality=fingerprint" \
    "password optional pam_bioapi.so" "password required pam_unix.so"

# Each control that is wrong, and how.
gate='pam_bioconsent.so modality=fingerprint'
lint "required: the matcher runs, the password is lost" "auth/locked-out auth/runs-though-refused" \
    "auth required $gate" "$finger" "$unix"
lint "requisite before a password: it is lost" auth/locked-out "auth requisite $gate" "$finger" "$unix"
lint "optional: the matcher runs" auth/runs-though-refused "auth optional $gate" "$finger" "$unix"
lint "sufficient: the matcher runs, success counts" "auth/runs-though-refused auth/success-counts" \
    "auth sufficient $gate" "$finger" "$unix"
lint "required, then sufficient only: success counts" \
    "auth/locked-out auth/runs-though-refused auth/success-counts" "auth required $gate" "$finger" \
    "auth sufficient pam_unix.so"
lint "success=ok, then sufficient only: success counts" auth/success-counts \
    "auth [success=ok ignore=ignore default=1] $gate" "$finger" "auth sufficient pam_unix.so"
lint "success=ok, but a password is required" "" \
    "auth [success=ok ignore=ignore default=1] $gate" "$finger" "$unix"
lint "success=done" auth/success-counts "auth [success=done ignore=ignore default=1] $gate" "$finger" \
    "$unix"
lint "success jumps to pam_permit" auth/success-counts \
    "auth [success=3 ignore=ignore default=1] $gate" "auth [success=2 default=ignore] pam_fprintd.so" \
    "auth [success=1 default=ignore] pam_unix.so" "auth requisite pam_deny.so" \
    "auth required pam_permit.so"
lint "default=1 alone: an allowance jumps as well" auth/never-reached "auth [default=1] $gate" "$finger" \
    "$unix"
lint "only auth_err jumps: a missing module does not gate" auth/runs-though-refused \
    "auth [ignore=ignore auth_err=1 default=ignore] $gate" "$finger" "$unix"

# Jumps.
lint "too short: the matcher runs" "auth/runs-though-refused auth/skips-other" "$jump" \
    "auth required pam_env.so" "$finger" "$unix"
lint "a profile in between" "auth/runs-though-refused auth/skips-other" "$jump" \
    "auth sufficient pam_u2f.so" "$finger" "$unix"
lint "too long: over the password" "auth/locked-out auth/skips-other" "${jump/=1]/=2]}" "$finger" \
    "auth sufficient pam_unix.so" "auth required pam_deny.so"
says "what is skipped is named" '^  line +.*/sudo:3  pam_unix\.so$'
lint "past the end" "auth/locked-out auth/past-end" "${jump/=1]/=5]}" "$finger" "$unix"
lint "over the matcher and its like" "" "${jump/=1]/=2]}" "$finger" \
    "auth sufficient pam_fprintd.so max-tries=1" "$unix"
lint "a matcher that is gone: the password is skipped" "auth/locked-out auth/skips-other" "$jump" "$unix"

# Where there is nothing but the matcher.
only=("auth requisite pam_nologin.so" "auth required pam_succeed_if.so user != root quiet_success")
lint "no password in sudo" "auth/no-password auth/ungated" "auth required pam_fprintd.so"
lint "no password in sudo, gated" auth/no-password "auth requisite $gate" "auth required pam_fprintd.so"
lint "finger and password, gated: who refuses can't" auth/no-password "auth requisite $gate" \
    "auth required pam_fprintd.so" "$unix"
lint "root's own way in hides no open door" "auth/no-password auth/open-door" \
    "auth sufficient pam_rootok.so" "auth required pam_env.so" "$jump" "auth required pam_fprintd.so"
rm -rf "$pamd"
put gdm-fingerprint "${only[@]}" "auth requisite $gate" "auth required pam_fprintd.so"
verdict "gdm-fingerprint, requisite" ""
put gdm-fingerprint "${only[@]}" "$jump" "auth required pam_fprintd.so" "auth optional pam_gnome_keyring.so"
verdict "gdm-fingerprint, jump: open" auth/open-door
put gdm-fingerprint "$jump" "auth required pam_fprintd.so" "auth required pam_deny.so"
verdict "gdm-fingerprint, jump, nobody else votes" auth/jump-over-only-check

# The findings are true: libpam itself, with pam_debug for gate, matcher and password.
# real NAME RESULT LINE...
real() {
    local name=$1 want=$2
    shift 2
    put real "$@"
    sed -i -e 's/pam_bioconsent\.so.*/pam_debug.so auth=auth_err/' -e 's/pam_unix\.so/pam_debug.so/' \
        -e 's/pam_fprintd\.so/pam_debug.so auth=authinfo_unavail/' "$pamd/real"
    expect "libpam: $name" "$([ "$want" = PAM_SUCCESS ] && echo 0 || echo 1)" "^result: auth $want\$" \
        "$BUILD/tests/pam-login" --confdir "$pamd" --call auth real nobody
}
real "refused, jump over the only check: in" PAM_SUCCESS "auth required pam_permit.so" "$jump" \
    "auth required pam_fprintd.so" "auth optional pam_permit.so"
real "refused, requisite: out" PAM_AUTH_ERR "auth required pam_permit.so" "auth requisite $gate" \
    "auth required pam_fprintd.so"
real "refused, required: the password does not help" PAM_AUTH_ERR "auth required $gate" "$finger" "$unix"
real "refused, jump: the password helps" PAM_SUCCESS "$jump" "$finger" "$unix"
real "refused, jump too long: it does not" PAM_PERM_DENIED "${jump/=1]/=5]}" "$finger" "$unix"

# Includes and substacks.
rm -rf "$pamd"
put common-auth "$jump" "$finger" "$unix"
put sudo "@include common-auth" "@include common-account"
put common-account "$account"
put login "auth include common-auth" "account include common-account"
verdict "includes: gate, matcher and password from another file" ""
put line "$finger"
put sudo "$jump" "auth include line" "$unix" "$account"
verdict "the gate here, the matcher included" ""
put sudo "$jump" "auth substack line" "$unix" "$account"
verdict "the gate here, the matcher in a substack" ""
put line "auth required pam_env.so" "$finger" "auth required pam_deny.so"
verdict "a substack that is there for the matcher" ""
put line "$finger" "$unix"
verdict "a substack with the password is skipped" "auth/skips-other"
put line "$jump" "auth required pam_fprintd.so"
put sudo "auth substack line" "$unix" "$account"
verdict "a jump to the end of a substack" ""
put sudo "auth include $root/etc/pam.d/line" "$unix" "$account"
verdict "an include by absolute path" ""
rm -rf "$pamd"
put i3lock "auth include login" "$account"
put login "$finger" "$unix" "account required $gate" "$account"
verdict "a service that another includes is judged by itself as well" \
    "account/account-only account/locked-out auth/ungated"
rm -rf "$pamd"
put other "$finger" "$unix" "$account"
put cron "$account"
verdict "a stage that is left out is other's" auth/ungated cron
put common-auth "$finger" "$unix"
for service in a b c; do put $service "@include common-auth" "$account"; done
rm "$pamd/other" "$pamd/cron"
says "one finding for all services" '^ungated: auth of a, b, c$'
expect "text: the count" 1 '^4 services, 1 finding$' lint_pamd
put a.dpkg-dist "$finger"
put .hidden "$finger"
put a~ "$finger"
mkdir "$pamd/folder"
expect "what packages and editors leave is no service" 1 '^4 services, 1 finding$' \
    lint_pamd
expect "but one that is named is read" 1 '^ungated: auth of a\.dpkg-dist$' \
    lint_pamd a.dpkg-dist

# Ours, Fedora's, Debian's.
pamd=$BC_SRC_DIR/doc/pam.d verdict "the examples that we install" ""
pamd=$here/pam.d/fedora verdict "Fedora, with-fingerprint: all of it ungated" "auth/ungated"
cp -r "$here/pam.d/fedora" "$folder/fedora"
sed -i "s/^auth .*sufficient .*pam_fprintd/$jump\n&/" "$folder/fedora/system-auth"
sed -i "s/^auth .*pam_fprintd/auth requisite $gate\n&/" "$folder/fedora/fingerprint-auth"
pamd=$folder/fedora verdict "Fedora, gated as the manual says" ""
sed -i "s/^auth requisite pam_bio/auth [ignore=ignore default=1] pam_bio/" \
    "$folder/fedora/fingerprint-auth"
pamd=$folder/fedora verdict "Fedora, a jump in fingerprint-auth" "auth/jump-over-only-check"

profile() { # profile NAME PRIORITY LINE...: for pam-auth-update
    local name=$1 priority=$2
    shift 2
    printf '%s\n' "Name: $name" "Default: no" "Priority: $priority" "Auth-Type: Primary" "Auth:" \
        >"/usr/share/pam-configs/$name"
    printf '\t%s\n' "$@" >>"/usr/share/pam-configs/$name"
}
debian() {
    DEBIAN_FRONTEND=noninteractive pam-auth-update "$@" >/dev/null 2>&1 </dev/null
}
mkdir "$folder/deb"
# Packages of their own folder of lists where the host has none.
fetch() {
    (cd "$folder/deb" && apt-get -q -o APT::Sandbox::User=root "$@" download gdm3 sddm lightdm i3lock \
        swaylock openssh-server) >"$folder/apt.log" 2>&1
}
lists=(-o "Dir::State::lists=$folder/lists" -o "Dir::Cache=$folder/cache" -o APT::Sandbox::User=root)
mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial"
if fetch || { apt-get -q "${lists[@]}" update >/dev/null 2>&1 && fetch "${lists[@]}"; }; then
    ok "Debian's packages with services are there"
else
    not_ok "Debian's packages with services are there" "$(tail -3 "$folder/apt.log")"
fi
for package in "$folder"/deb/*.deb; do
    dpkg -x "$package" "$folder/root"
done
cp "$folder"/root/etc/pam.d/* /etc/pam.d/
pamd=/etc/pam.d
debian --enable fprintd
rm -f /etc/pam.d/gdm-fingerprint.*
verdict "Debian, fprintd's own profile and gdm-fingerprint: ungated" auth/ungated
says "gdm-fingerprint names the matcher by itself" '^ungated: auth of gdm-fingerprint$'
says "common-auth is said once, for all" '^ungated: auth of .*gdm-password.*lightdm.*sshd.*sudo'
sed -i "s/^auth.*pam_fprintd/auth requisite $gate\n&/" /etc/pam.d/gdm-fingerprint
verdict "Debian, gdm-fingerprint gated" auth/ungated
verdict "Debian, gdm-fingerprint by name" "" gdm-fingerprint
profile gate 300 "[ignore=ignore default=1] $gate"
debian --enable gate
verdict "Debian, a gate in a profile of its own, before fprintd" ""
profile between 280 '[success=end default=ignore] pam_u2f.so'
debian --enable between
verdict "Debian, a profile sorted in between" "auth/runs-though-refused auth/skips-other"
debian --disable between
debian --disable fprintd
verdict "Debian, fprintd disabled, the gate left" "auth/locked-out auth/skips-other"
debian --disable gate
profile both 262 "[ignore=ignore default=1] $gate" '[success=end default=ignore] pam_fprintd.so'
debian --enable both
verdict "Debian, gate and matcher in one profile" ""
expect "the default folder, without polkit's rule for fprintd" 1 'services, 1 finding$' "$tool" lint
rm /usr/share/polkit-1/actions/net.reactivated.fprint.device.policy
expect "the default folder" 0 'services, 0 findings$' "$tool" lint
sed -i "/pam_bioconsent/d" /etc/pam.d/gdm-fingerprint
expect "the default folder, ungated" 1 '/etc/pam\.d/gdm-fingerprint:' "$tool" lint gdm-fingerprint
put gdm-fingerprint-vendor x
mv /etc/pam.d/gdm-fingerprint /usr/lib/pam.d/gdm-fingerprint
rm /etc/pam.d/gdm-fingerprint-vendor
expect "what /etc/pam.d lacks is /usr/lib/pam.d's" 1 '/usr/lib/pam\.d/gdm-fingerprint:' \
    "$tool" lint gdm-fingerprint

# Bad files: a clear finding, no hanging, no control characters.
pamd=$folder/bad
lint "a missing include" file/missing-include "auth include nowhere" "$unix"
lint "a missing @include" file/missing-include "@include nowhere" "$unix"
lint "an @include of nothing" file/bad-line "@include" "$unix"
lint "an include of nothing" file/bad-line "auth include" "$unix"
lint "a file that includes itself" file/cycle "auth include sudo" "$unix"
rm -rf "$pamd"
put a "auth include b" "$unix" "$account"
put b "auth include a" "$finger"
verdict "two files that include each other" "auth/no-password auth/ungated file/cycle"
lint "an unknown stage" file/bad-line "author required pam_unix.so" "$unix"
lint "no control" file/bad-line "auth" "$unix"
lint "no module" file/bad-line "auth required" "$unix"
lint "a malformed control" file/bad-line "auth [success=maybe] pam_unix.so" "$unix"
lint "a jump of nought" file/bad-line "auth [default=0] pam_env.so" "$unix"
lint "a huge jump" "auth/locked-out auth/past-end" "${jump/=1]/=99999999999999999999]}" "$finger" "$unix"
lint "a line of 100 kB" file/long-line "# $(head -c 100000 /dev/zero | tr '\0' x)" "$finger" "$unix"
lint "a continued line of 2 kB" file/long-line "auth required \\" "$(printf '%1000s' '')\\" "pam_env.so"
lint "an end that is to be continued" file/open-end "$unix" "auth required \\"
lint "carriage returns" "" "$unix"$'\r'
lint "an empty file" "" ""
lint "1 MiB" file/unreadable "$(head -c 1048576 /dev/zero | tr '\0' '#')"
rm -rf "$pamd"
mkdir -p "$pamd"
head -c 4096 /dev/urandom >"$pamd/binary"
printf 'a\0b' >>"$pamd/binary"
verdict "binary rubbish" file/unreadable
rm "$pamd/binary"
put sudo $'auth sufficient /lib/\e[2J\x07/pam_fprintd\e[2J\x07.so' "$jump colour=\e]0;x" "$finger" "$unix"
put $'\e[2Jx' "@include sudo" "$account"
verdict "control characters in names" "auth/bad-option auth/ungated"
says "they are told as question marks" '^  matcher +.*/sudo:1  /lib/\?\[2J\?/pam_fprintd\?\[2J\?\.so$'
put sudo $'auth sufficient pam_fprintd\x9b1m.so' "$unix"
says "and bytes that are no UTF-8" '^  matcher +.*/sudo:1  pam_fprintd\?1m\.so$'
if LC_ALL=C grep -q '[^[:print:][:space:]]' <<<"$(lint_pamd 2>&1)"; then
    not_ok "control characters never reach the terminal"
else
    ok "control characters never reach the terminal"
fi
rm "$pamd"/*
mkfifo "$pamd/fifo"
verdict "a FIFO does not hang it" file/unreadable
rm "$pamd/fifo"
ln -s nowhere "$pamd/dangling"
verdict "a link that leads nowhere" file/unreadable
rm "$pamd/dangling"
put real "$finger" "$unix"
ln -s real "$pamd/link"
verdict "a link is followed" auth/ungated link
rm "$pamd"/*
mkdir "$pamd/folder"
put sudo "auth include folder" "$unix"
verdict "an include of a folder" file/unreadable
put sudo "auth include /dev/zero" "$unix"
verdict "an include of a device" file/unreadable
rm -r "${pamd:?}"/*
for i in $(seq 40); do put "p$i" "auth substack p$((i + 1))" "$unix" "$account"; done
put p41 "$finger"
verdict "forty levels of substacks" "auth/ungated file/too-large"
rm "$pamd"/*
for i in a b c d e f; do
    for _ in 1 2 3 4 5 6; do printf 'auth include %s\n' b c d e f; done >"$pamd/$i"
done
verdict "files that include each other many times over" "file/cycle file/too-large"
rm "$pamd"/*
for _ in $(seq 5000); do printf '%s\n' "$finger"; done >"$pamd/sudo"
verdict "five thousand lines" file/too-large
{ for i in $(seq 300); do printf 'auth [success=%d default=ignore user_unknown=reset] pam_m%d.so\n' \
    $((i % 7 + 1)) "$i"; done; printf '%s\n' "$jump" "$finger" "$unix"; } >"$pamd/sudo"
expect "three hundred lines of jumps end" 1 '' lint_pamd
rm "$pamd"/*
put sudo "$finger" "$unix"
chmod 0 "$pamd/sudo"
chmod 755 "$folder" "$pamd"
cp "$tool" "$folder/tool" # where anybody may run it
nobody=(setpriv --reuid nobody --regid nogroup --clear-groups "$folder/tool" lint --root "$root")
expect "an unreadable file" 1 '^unreadable: sudo$' "${nobody[@]}"
chmod 644 "$pamd/sudo"
expect "root is not needed" 1 '^ungated' "${nobody[@]}"

# Usage.
expect "no such folder" 3 "cannot be read" "$tool" lint --root "$folder/none"
pamd=$pamd/sudo expect "a file for a folder" 3 'cannot be read' lint_pamd
mkdir "$folder/empty"
pamd=$folder/empty expect "an empty folder" 3 'holds no service' lint_pamd
expect "no such service" 3 'service nowhere' lint_pamd nowhere
expect "a service with a slash" 2 'service ../x' lint_pamd ../x
expect "a service that is dots" 2 'service \.\.' lint_pamd ..
expect "an unknown option" 2 'unknown option' "$tool" lint --colour
expect "help" 0 '^  bioconsent lint sudo' "$tool" lint --help

missing=''
while read -r id; do
    grep -q "^\.It $id\$" "$BC_SRC_DIR/doc/bioconsent-lint.8" || missing="$missing $id"
done < <(grep -oE '^    X\([A-Z_]+, "[a-z-]+"' "$BC_SRC_DIR/lib/pam/pam-lint.h" | cut -d'"' -f2)
if [ -z "$missing" ]; then
    ok "the manual names every finding"
else
    not_ok "the manual names every finding" "missing:$missing"
fi
finish
