#!/usr/bin/env bash
# A person's whole life in the system: told, accepts, enrolls, signs in, withdraws, is refused, the template
# deleted and proven, erased, and still verifiable. With the real fprintd; then with each of the AWS
# services, by Debian's own aws, against a server on loopback.
# shellcheck source=tests/preamble.bash
. "$(dirname "${BASH_SOURCE[0]}")/preamble.bash"
on_private_host
# shellcheck source=tests/fprintd-reader.bash
. "$here/fprintd-reader.bash"
# shellcheck source=tests/provider-store.bash
. "$here/provider-store.bash"
# shellcheck source=tests/aws-services.bash
. "$here/aws-services.bash"

login=$BC_BUILD_DIR/tests/pam-login
notices=$here/../doc/notices
key() { bioconsent key show --json | jq -r '.[0].key'; }

typed() { # typed TEXT COMMAND...
    local text=$1
    shift
    printf '%s\n' "$text" | "$@"
}

# The sentence that a sample's reader has to type.
release_of() {
    sed -n '/^release: /,/^[a-z_]*: /{s/^release: //p;s/^  / /p}' "$notices/$1.notice" | tr -d '\n'
}

event_of() { # event_of SUBJECT TYPE: the newest one's number
    { bioconsent list "$1" --events --json 2>/dev/null || bioconsent list "$1" --external --events --json; } | jq -s --arg t "$2" '[.[] | select(.payload.type == $t)] | last | .event'
}

# What is left of a name in any file of ours.
nothing_of() {
    ! grep -rlaF -- "$1" /var/lib/bioconsent /etc/bioconsent
}

verifies() { # verifies NAME FILE: with the key alone
    expect "$1" 0 'WHAT IS PROVEN' env -i "$(command -v bioconsent-verify)" "$2" --key "$vkey"
}

bioconsent init --origin consent.example/life >/dev/null
mkdir -p "$own"
vkey=$(key)
start_bus
start_polkitd env
start_fprintd

# ---- fprintd ----
mkdir /run/pam.d
sed 's/pam_fprintd.so/& max-tries=1 timeout=10/' "$here/../doc/pam.d/finger-or-password" >/run/pam.d/login
finger_signs_in() {
    "$login" --confdir /run/pam.d --finger alice-right --socket "$socket" login alice
}
expect "told: the notice stands up to its laws" 0 '' bioconsent notice lint "$notices/fingerprint.notice"
expect "told: it is published" 0 'published' bioconsent notice publish "$notices/fingerprint.notice"
expect "before: her finger is not asked for" 1 'no record of your consent' \
    "$login" --confdir /run/pam.d login alice
expect "before: nor may it be enrolled" 1 'no-record' bioconsent enroll alice --provider fprintd --identifier finger=right-thumb
expect "accepts: she reads it, and types its release" 0 'counts once the administrator' \
    typed "$(release_of fingerprint)" as alice bioconsent accept
expect "accepts: until it is signed she is refused, and told that it waits" 1 'acceptance-pending' \
    bioconsent check alice --modality fingerprint
expect "accepts: the administrator signs" 0 'alice' bioconsent sign --yes
as alice cat "$(receipt alice)" >/run/receipt
verifies "accepts: her receipt, a file of hers, proves itself" /run/receipt
expect "enrolls: by the real fprintd" 0 'enroll-completed' "$reader" feed "$socket" alice-right \
    timeout 60 bioconsent enroll alice --provider fprintd --identifier finger=right-index-finger
template=$(event_of alice enroll)
expect "enrolls: a template is on record, and covered" 0 '' bioconsent audit --look --provider fprintd
expect "signs in: with her finger" 0 'auth PAM_SUCCESS' finger_signs_in
expect "signs in: nothing has to be deleted" 0 'No template' bioconsent audit
expect "withdraws: by herself" 0 'withdrawn' as alice bioconsent withdraw
before=$(opened)
expect "is refused: at the next sign-in" 1 'You have withdrawn' "$login" --confdir /run/pam.d login alice
same "is refused: the reader was never opened" "$before" "$(opened)"
expect "is refused: her password still works" 0 'auth PAM_SUCCESS' \
    "$login" --confdir /run/pam.d --password alice-password login alice
bioconsent store refresh >/dev/null
as alice cat "$(receipt alice)" >/run/withdrawn
verifies "withdraws: and has a receipt of it once it is signed" /run/withdrawn
expect "withdraws: the receipt says so" 0 'withdrawn by the person' bioconsent-verify /run/withdrawn --key "$vkey"
expect "is refused: and erased before its time she can't be" 1 'template' bioconsent erase alice
expect "deleted: the law's clause makes it due" 1 'withdrawn.*|740 ILCS 14/15' bioconsent audit alice
expect "deleted: on this host; what the sensor keeps cannot be seen" 1 'unverified' bioconsent delete --due
same "deleted: no print is left" '' "$(find /var/lib/fprint -type f)"
expect "deleted: fprintd knows none" 0 'no fingers enrolled' fprintd-list alice
expect "deleted: a person proves the rest" 0 'confirmed' \
    bioconsent delete alice --confirm "$template" --reason 'the sensor was reset'
expect "deleted: no obligation is left" 0 'No template' bioconsent audit
bioconsent evidence alice --output /run/alice.json >/dev/null
verifies "deleted: the evidence of all of it proves itself" /run/alice.json
expect "deleted: and tells it" 0 'deleted|deletion' bioconsent-verify /run/alice.json --key "$vkey"
expect "erased: not while the law wants the proof kept" 1 'must be kept until' bioconsent erase alice
expect "erased: unless there is a reason" 0 'are erased' bioconsent erase alice --override 'order of a court'
expect "erased: no byte of her name is left" 0 '' nothing_of alice
expect "verifiable: the history" 0 'all right' bioconsent store verify
verifies "verifiable: what was handed out before" /run/alice.json
verifies "verifiable: her receipt" /run/receipt

# ---- the services ----
start_server
for provider in aws-rekognition aws-chime aws-voice-id; do use_server "$provider"; done
control seed "{\"collections\": {\"staff\": {\"faces\": [], \"users\": {}}}, \"profiles\": {\"p1\": \"calls\"},
    \"speakers\": {\"$domain\": {\"s1\": \"ENROLLED\"}}}"

# life NAME NOTICE PROVIDER MODALITY SUBJECT HOW OPTION...: HOW is enroll or existing; then the rest of it.
uses() { # uses PROVIDER MODALITY SUBJECT: what a program asks before it calls the service
    bioconsent check "$3" --external --provider "$1" --operation authenticate --modality "$2"
}

begins() {
    local notice=$1 provider=$2 modality=$3 who=$4
    shift 4
    expect "$provider: told" 0 'published' bioconsent notice publish "$notices/$provider.notice"
    expect "$provider: before, nothing of $who may be used" 1 'no-record' uses "$provider" "$modality" "$who"
    expect "$provider: accepts, on paper" 0 'recorded' bioconsent grant "$who" "$notice" --external \
        --paper "$(sha256sum <"$notices/$provider.notice" | cut -c-64)"
    expect "$provider: enrolls" 0 '' bioconsent enroll "$who" --external --provider "$provider" "$@"
    expect "$provider: is recognised" 0 'allowed' uses "$provider" "$modality" "$who"
    expect "$provider: withdraws" 0 'withdrawn' bioconsent withdraw "$who" --external --reason 'by telephone'
    expect "$provider: is refused" 1 'withdrawn' uses "$provider" "$modality" "$who"
    template=$(event_of "$who" enroll)
    expect "$provider: it is due" 1 "$who" bioconsent audit "$who" --external
}

ends() { # ends PROVIDER SUBJECT
    expect "$1: no obligation is left" 0 'No template' bioconsent audit "$2" --external
    bioconsent evidence "$2" --external --output "/run/$2.json" >/dev/null
    verifies "$1: the evidence proves itself" "/run/$2.json"
    expect "$1: names the service provider" 0 'Amazon Web Services' bioconsent-verify "/run/$2.json" --key "$vkey"
    expect "$1: is erased" 0 'are erased' bioconsent erase "$2" --external --override 'order of a court'
    expect "$1: no byte of the name is left" 0 '' nothing_of "$2"
    expect "$1: the history verifies" 0 'all right' bioconsent store verify
    verifies "$1: and so does what was handed out" "/run/$2.json"
}

printf 'picture' >/run/face.jpg
begins "$(sed -n 's/^id: //p' "$notices/aws-rekognition.notice")" aws-rekognition face visitor-17 \
    --identifier region=eu-west-1 --identifier collection=staff --from /run/face.jpg
same "aws-rekognition: the face is there" 1 "$(server_state '.collections.staff.faces | length')"
expect "aws-rekognition: deleted and proven" 0 'confirmed' bioconsent delete --due
same "aws-rekognition: the face is gone" 0 "$(server_state '.collections.staff.faces | length')"
ends aws-rekognition visitor-17

begins "$(sed -n 's/^id: //p' "$notices/aws-chime.notice")" aws-chime voice caller-18 \
    --existing --identifier region=us-east-1 --identifier profile=p1
expect "aws-chime: deleted and proven" 0 'confirmed' bioconsent delete --due
same "aws-chime: the profile is gone" '{}' "$(server_state '.profiles')"
ends aws-chime caller-18

begins "$(sed -n 's/^id: //p' "$notices/aws-voice-id.notice")" aws-voice-id voice caller-19 \
    --existing --identifier region=us-east-1 --identifier "domain=$domain" --identifier speaker=s1
expect "aws-voice-id: deleted and proven" 0 'confirmed' bioconsent delete --due
ends aws-voice-id caller-19

begins "$(sed -n 's/^id: //p' "$notices/aws-one.notice")" aws-one palm guest-20 \
    --existing --identifier account-id=123456789012 --identifier user=u-20
expect "aws-one: there is no command: a person is told what to do" 1 'console|person' bioconsent delete --due
expect "aws-one: and confirms it" 0 'confirmed' bioconsent delete guest-20 --external --confirm "$template" \
    --reason 'deleted in the console, ticket 4711'
ends aws-one guest-20
finish
