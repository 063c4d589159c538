#!/usr/bin/env bash
# Promises 1 and 2: the return codes of pam_bioconsent(8), row by row, in real libpam stacks, for a
# helper that allows, one that refuses, and every way in which a helper can fail.
# shellcheck source=tests/preamble.bash
. "$(dirname "${BASH_SOURCE[0]}")/preamble.bash"
module=$BC_BUILD_DIR/module/.libs/pam_bioconsent.so
helper=$BC_BUILD_DIR/tests/fake-helper
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
me=$(id -un)

# stack NAME LINE...: writes a service; GATE:how stands for the gate with a helper that does this.
stack() {
    local name=$1 line how
    shift
    for line in "$@"; do
        while [[ $line =~ GATE:([a-z0-9-]+) ]]; do
            how=${BASH_REMATCH[1]}
            line=${line/GATE:$how/$module modality=fingerprint helper=$helper config=/$how}
        done
        printf '%s\n' "$line"
    done >"$folder/$name"
}

# row NAME CALL RESULT LINE...: a stack and what libpam makes of it.
row() {
    local name=$1 call=$2 want=$3
    shift 3
    stack row "$@"
    local status=1
    [ "$want" != PAM_SUCCESS ] || status=0
    expect "$name: $want" "$status" "^result: $call $want\$" \
        "$BC_BUILD_DIR/tests/pam-login" --confdir "$folder" --call "$call" row "$me"
}

for call in auth account password; do
    case $call in
    auth) refusal=PAM_AUTH_ERR ;;
    account) refusal=PAM_PERM_DENIED ;;
    password) refusal=PAM_AUTHTOK_ERR ;;
    esac
    # Linux-PAM gives this for a stack in which nothing succeeded and nothing failed.
    nothing=PAM_PERM_DENIED
    for control in required requisite sufficient optional; do
        row "$call: $control gate alone, allowed" "$call" "$nothing" "$call $control GATE:allow"
    done
    for control in required requisite; do
        row "$call: $control gate alone, refused" "$call" "$refusal" "$call $control GATE:refuse"
        row "$call: $control gate, refused, before pam_permit" "$call" "$refusal" \
            "$call $control GATE:refuse" "$call required pam_permit.so"
    done
    row "$call: required gate, allowed, before pam_permit" "$call" PAM_SUCCESS \
        "$call required GATE:allow" "$call required pam_permit.so"
    row "$call: requisite gate, allowed, before pam_permit" "$call" PAM_SUCCESS \
        "$call requisite GATE:allow" "$call required pam_permit.so"
    row "$call: sufficient gate, allowed, ends nothing" "$call" PAM_AUTH_ERR \
        "$call sufficient GATE:allow" "$call required pam_debug.so auth=auth_err acct=auth_err prechauthtok=auth_err"
    row "$call: optional gate, refused, before pam_permit, has no say" "$call" PAM_SUCCESS \
        "$call optional GATE:refuse" "$call required pam_permit.so"
    row "$call: jump, allowed, reaches the matcher" "$call" PAM_SUCCESS \
        "$call [ignore=ignore default=1] GATE:allow" "$call sufficient pam_permit.so" \
        "$call required pam_deny.so"
    row "$call: jump, refused, skips the matcher and nothing else" "$call" PAM_SUCCESS \
        "$call [ignore=ignore default=1] GATE:refuse" "$call requisite pam_deny.so" \
        "$call required pam_permit.so"
    stack row "$call [ignore=ignore default=1] GATE:refuse" "$call sufficient pam_permit.so" \
        "$call required pam_deny.so"
    expect "$call: jump, refused, the matcher's success is not to be had" 1 "result: $call PAM_" \
        "$BC_BUILD_DIR/tests/pam-login" --confdir "$folder" --call "$call" row "$me"
    stack row "$call required GATE:allow" "$call sufficient pam_deny.so" "$call sufficient pam_deny.so"
    expect "$call: allowed, then only failing sufficient modules: denied" 1 "result: $call PAM_" \
        "$BC_BUILD_DIR/tests/pam-login" --confdir "$folder" --call "$call" row "$me"
done
row "setcred: gate alone" setcred PAM_PERM_DENIED "auth required GATE:refuse"
row "setcred: gate before pam_permit, no helper asked" setcred PAM_SUCCESS \
    "auth required GATE:silent" "auth required pam_permit.so"

# Whatever the helper does but answer exactly: refused.
for how in wrong-nonce half trailing no-newline huge step-first garbage silent stopped crash exit-0 \
    early-close; do
    row "helper: $how" auth PAM_AUTH_ERR "auth required GATE:$how" "auth required pam_permit.so"
done
row "helper: allow, whatever its exit status" auth PAM_SUCCESS \
    "auth required GATE:allow-exit-1" "auth required pam_permit.so"

# option NAME OPTIONS: refused because of the options.
option() {
    row "options: $1" auth PAM_AUTH_ERR "auth required $module $2" "auth required pam_permit.so"
}
good="modality=fingerprint helper=$helper config=/allow"
option "no modality" "helper=$helper config=/allow"
option "unknown" "$good colour=blue"
option "alwaysok" "$good alwaysok"
option "twice" "$good modality=face"
option "flag twice" "$good quiet quiet"
option "bad modality" "modality=foot helper=$helper config=/allow"
option "empty modality" "modality= helper=$helper config=/allow"
option "bad operation" "$good operation=login"
option "bad provider" "$good provider=Fprintd!"
option "relative helper" "modality=fingerprint helper=fake config=/allow"
option "relative config" "modality=fingerprint helper=$helper config=allow"
option "helper is not there" "modality=fingerprint helper=/nonexistent config=/allow"
option "helper is a folder" "modality=fingerprint helper=/ config=/allow"
row "options: all of them, right" auth PAM_SUCCESS \
    "auth required $module $good operation=enroll provider=fprintd quiet debug" \
    "auth required pam_permit.so"

# What the person is told.
stack told "auth required GATE:refuse"
stack quiet "auth required $module $good quiet" "auth required pam_deny.so"
login=("$BC_BUILD_DIR/tests/pam-login" --confdir "$folder" --call auth)
expect "the refusal is told in one plain sentence" 1 \
    '^info: You have withdrawn your consent\. The biometric is not used\.$' "${login[@]}" told "$me"
stack quiet "auth required ${module} modality=fingerprint helper=$helper config=/refuse quiet"
for way in "quiet $me" "--silent told $me"; do
    # shellcheck disable=SC2086
    if "${login[@]}" $way 2>&1 | grep -q '^info:'; then
        not_ok "nothing is told: $way"
    else
        ok "nothing is told: $way"
    fi
done

# Names that are no names.
long=$(printf 'a%.0s' $(seq 4096))
for name in "" "$long" $'ali\nce' $'al\eice' "no-such-user-here" "-x" "a:b"; do
    stack row "auth required GATE:allow" "auth required pam_permit.so"
    expect "name: $(printf '%.12q' "$name")" 1 'result: auth PAM_(AUTH_ERR|CONV_ERR)' \
        "${login[@]}" row "$name"
done

missing=''
while read -r id; do
    [ "$id" = allow ] || grep -q "^\.It $id\$" "$BC_SRC_DIR/doc/pam_bioconsent.8" || missing="$missing $id"
done < <(sed -n 's/.*X([A-Z_]*, "\([a-z-]*\)".*/\1/p' "$BC_SRC_DIR/lib/base/reason.h")
if [ -z "$missing" ]; then
    ok "the manual names every reason"
else
    not_ok "the manual names every reason" "missing:$missing"
fi

exported=$(nm -D --defined-only "$module" | awk '{print $3}' | sort | tr '\n' ' ')
if [ "$exported" = "pam_sm_acct_mgmt pam_sm_authenticate pam_sm_chauthtok pam_sm_setcred " ]; then
    ok "the module exports its four functions and nothing else"
else
    not_ok "the module exports its four functions and nothing else" "$exported"
fi
if [ "$(grep -c 'return PAM_IGNORE' "$BC_SRC_DIR/module/pam_bioconsent.c")" = 2 ] &&
    ! grep -rq 'return PAM_SUCCESS' "$BC_SRC_DIR/module"; then
    ok "one statement says allowed, another is setcred's; none says PAM_SUCCESS"
else
    not_ok "one statement says allowed, another is setcred's; none says PAM_SUCCESS"
fi
finish
