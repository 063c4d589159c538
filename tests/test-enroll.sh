#!/usr/bin/env bash
# bioconsent enroll: by the real fprintd, whom polkit lets serve nobody without consent, and with services that answer in JSON. No
# template stays unknown, whatever happens between the enrollment and its record.
# shellcheck source=tests/preamble.bash
. "$(dirname "${BASH_SOURCE[0]}")/preamble.bash"
on_private_host
# shellcheck source=tests/fprintd-reader.bash
. "$here/fprintd-reader.bash"

providers=/etc/bioconsent/providers
finger=0
face=0b683aed-a0f1-48b2-9b5e-139e9cc2a757
other_face=11111111-2222-3333-4444-555555555555

# enrolls NAME STATUS PATTERN WHO [OPTION...]: another finger each time is offered to bioconsent enroll.
enrolls() {
    local name=$1 status=$2 pattern=$3 who=$4
    shift 4
    finger=$((finger + 1))
    expect "$name" "$status" "$pattern" "$reader" feed "$socket" "finger-$finger" \
        timeout 60 bioconsent enroll "$who" --provider fprintd "$@"
}

# events SUBJECT TYPE: how many.
events() {
    { bioconsent list "$1" --events --json 2>/dev/null || bioconsent list "$1" --external --events --json; } | jq -s "[.[] | select(.payload.type == \"$2\")] | length"
}

# command_is LINE...: the provider fprintd enrolls by this script, which gets FINGER and USER.
command_is() {
    mkdir -p "$providers"
    sed 's|^command = /usr/bin/fprintd-enroll.*|command = /usr/local/bin/enrolls {finger} {account}|' \
        /usr/local/share/bioconsent/providers/fprintd.conf >"$providers/fprintd.conf"
    printf '%s\n' '#!/bin/sh' "$@" >/usr/local/bin/enrolls
    chmod 755 /usr/local/bin/enrolls
}
real="fprintd-enroll -f \"\$1\" \"\$2\""

# service_is LINE...: the provider faces enrolls by a script that prints JSON.
service_is() {
    mkdir -p "$providers"
    cat >"$providers/faces.conf" <<'CONF'
[provider]
name = Faces
legal-name = Faces Ltd
modality = face
timeout = 2s
[environment]
PATH = /usr/bin:/bin
[identifiers]
region = required a-z0-9- 5-32
face = many 0-9a-f- 36-36
[enroll]
command = /usr/local/bin/faces --region={region} --image=fileb://{file}
collect = face FaceRecords.Face.FaceId
[delete]
command = /usr/local/bin/faces-gone delete {face...}
[prove]
command = /usr/local/bin/faces-gone prove {face...}
gone-empty = .
CONF
    printf '%s\n' '#!/bin/sh' "$@" >/usr/local/bin/faces
    printf '%s\n' '#!/bin/sh' "echo \"\$*\" >>/run/faces-gone" 'echo []' >/usr/local/bin/faces-gone
    chmod 755 /usr/local/bin/faces /usr/local/bin/faces-gone
}

useradd --create-home carol
start_bus
start_polkitd env
start_fprintd
bioconsent init --origin consent.example/enroll >/dev/null
write_notice /run/login.notice login 1 'modalities=fingerprint face voice' 'providers=fprintd faces howdy aws-chime aws-rekognition' \
    'service_provider=Amazon Web Services, Inc.'
bioconsent notice publish /run/login.notice >/dev/null
bioconsent grant alice login >/dev/null
bioconsent grant carol login --operation authenticate >/dev/null
bioconsent grant visitor-17 login --external >/dev/null
bioconsent grant visitor-18 login --external >/dev/null
echo picture >/run/picture.jpg

# ---- refused before anything is touched ----
before=$(opened)
enrolls "no consent" 1 'bob is not enrolled.*no-record' bob --identifier finger=right-thumb
enrolls "a consent to sign in is none to enroll" 1 'scope-operation' carol --identifier finger=right-thumb
enrolls "no such account" 3 'no account' nobody-here --identifier finger=right-thumb
enrolls "no finger" 2 'was not given' alice
enrolls "a finger that is a path" 2 'not a value' alice --identifier finger=../../etc/shadow
enrolls "a finger that is an option" 2 'not a value' alice --identifier finger=--help-me
enrolls "an unknown identifier" 2 'no identifier colour' alice --identifier colour=blue
enrolls "an identifier without a value" 2 'NAME=VALUE' alice --identifier finger
enrolls "an identifier twice" 2 'given twice' alice --identifier finger=left-thumb --identifier finger=left-thumb
expect "no provider" 2 'needs --provider' bioconsent enroll alice
expect "an unknown provider" 3 'no provider lens' bioconsent enroll alice --provider lens
expect "a relative file" 2 'absolute' bioconsent enroll alice --provider fprintd --from alice.jpg
expect "a provider that has no command" 1 'no command that enrolls.*--existing' \
    bioconsent enroll alice --provider aws-chime --identifier region=us-east-1 --identifier profile=p
expect "not root" 1 'only root' as alice bioconsent enroll alice --provider fprintd --identifier finger=left-thumb
if [ "$(opened)" = "$before" ] && "$reader" closed "$socket"; then
    ok "the reader was never opened"
else
    not_ok "the reader was never opened"
fi
expect "nothing is on record" 0 '^0$' events alice enroll

# ---- fprintd ----
enrolls "alice enrolls" 0 'enroll-completed' alice --identifier finger=right-index-finger
expect "one enrollment is on record" 0 '^1$' events alice enroll
identifiers=$(bioconsent list alice --events --json |
    jq -s -r '.[] | select(.payload.type == "enroll").payload.identifiers[]')
identifier() {
    sed -n "s/^$1=//p" <<<"$identifiers"
}
expect "with the finger" 0 '^right-index-finger$' identifier finger
expect "and where it lies" 0 '' \
    test -f "/var/lib/fprint/alice/$(identifier driver)/$(identifier device)/$(identifier print)"
expect "on the consent that covers it" 0 '^grant$' jq -rn --argjson log "$(bioconsent list --events --json | jq -s .)" \
    "\$log[(\$log[] | select(.payload.type == \"enroll\").payload.grant)].payload.type"
expect "fprintd holds it" 0 'right-index-finger' fprintd-list alice
expect "and matches it" 0 'verify-match' "$reader" feed "$socket" "finger-$finger" timeout 30 fprintd-verify alice
enrolls "the same finger again" 0 'enroll-completed' alice --identifier finger=right-index-finger
expect "keeps its record" 0 '^1$' events alice enroll
"$reader" feed "$socket" finger-left timeout 60 bash -c \
    'bioconsent enroll alice --provider fprintd --identifier finger=left-thumb --json >/run/out.json' >/dev/null
expect "another finger: what is printed is JSON alone" 0 '^left-thumb$' \
    jq -r '.templates[0].identifiers[] | select(.name == "finger").value' /run/out.json
expect "and is on record as well" 0 '^2$' events alice enroll

# ---- between the enrollment and its record ----
fprintd-delete alice >/dev/null
command_is "$real" "kill -TERM \$PPID; kill -INT \$PPID; kill -HUP \$PPID"
"$reader" feed "$socket" finger-signals timeout 60 bioconsent enroll alice --provider fprintd \
    --identifier finger=left-index-finger >/run/out 2>&1
expect "signals do not end it before the record" 0 'is recorded' cat /run/out
expect "the template is on record" 0 '^3$' events alice enroll
command_is 'exit 3'
enrolls "a command that fails" 1 'exit 3' alice --identifier finger=right-thumb
command_is 'true'
enrolls "a command that lies" 1 'made no template' alice --identifier finger=right-thumb
command_is "$real" 'mv /var/lib/bioconsent/store/data.mdb /run/data.mdb'
enrolls "the store is gone meanwhile: the template goes too" 3 'told to delete the template again' alice --identifier finger=right-thumb
mv /run/data.mdb /var/lib/bioconsent/store/data.mdb
expect "fprintd does not hold it" 1 '' grep -q right-thumb <(fprintd-list alice)
command_is "exec flock --nonblock /var/lib/bioconsent/state/enrolling true"
enrolls "nobody else enrolls meanwhile" 1 'exit 1' alice --identifier finger=right-thumb
exec 8>/var/lib/bioconsent/state/enrolling
flock 8
expect "and the second one is told" 4 'another process is enrolling' \
    bioconsent enroll alice --provider fprintd --identifier finger=right-thumb
exec 8>&-
command_is "$real" \
    "for f in /var/lib/fprint/alice/*/*/6; do cp \"\$f\" \"\${f%6}4\"; done"
enrolls "two templates at once: neither is recorded" 1 'came at once' alice --identifier finger=right-thumb
fprintd-delete alice >/dev/null
rm -rf /var/lib/fprint/alice
command_is 'mkdir -p /var/lib/fprint/alice/other/0' 'echo >/var/lib/fprint/alice/other/0/6' 'exit 1'
expect "a command that fails made none: what appeared meanwhile belongs to another person" 1 'exit 1$' \
    bioconsent enroll alice --provider fprintd --identifier finger=right-thumb
rm -rf /var/lib/fprint/alice
command_is "$real" "kill -KILL \$PPID"
enrolls "killed before the record" 137 '' alice --identifier finger=right-thumb
expect "fprintd holds it" 0 'right-thumb' fprintd-list alice
expect "nothing says so" 0 '^3$' events alice enroll
expect "but audit finds it" 1 'fprint/alice/.*/6' bioconsent audit --look --provider fprintd
expect "recorded afterwards" 0 'is recorded' bioconsent enroll alice --provider fprintd \
    --identifier finger=right-thumb --identifier print=6 --existing
expect "now it does" 0 '^4$' events alice enroll
if bioconsent audit --look --provider fprintd | grep -q 'fprint/alice/.*/6'; then
    not_ok "and audit finds it covered"
else
    ok "and audit finds it covered"
fi
expect "there is no other such" 3 'no such template' bioconsent enroll alice --provider fprintd \
    --identifier finger=left-thumb --identifier print=9 --existing
command_is "$real" 'setpriv --reuid alice --regid alice --clear-groups bioconsent withdraw'
sed -i 's|^PATH = .*|PATH = /usr/local/bin:/usr/bin:/bin|' "$providers/fprintd.conf"
enrolls "withdrawn meanwhile: refused, and the template deleted again" 1 'withdraw' alice --identifier finger=left-thumb
expect "fprintd does not hold that" 1 '' grep -q left-thumb <(fprintd-list alice)
expect "and it is not on record" 0 '^4$' events alice enroll
rm "$providers/fprintd.conf"
expect "what she had is deleted, though polkit would refuse her" 1 'accepted' bioconsent delete alice --due
expect "fprintd holds none" 0 'no fingers' fprintd-list alice
while read -r number; do
    bioconsent delete alice --confirm "$number" --reason 'the virtual reader was switched off' >/dev/null
done < <(bioconsent list alice --events --json | jq '. | select(.payload.type == "enroll").event')
expect "nothing is left to do" 0 'No template' bioconsent delete alice --due
bioconsent grant alice login >/dev/null
enrolls "she enrolls on a new consent" 0 'is recorded' alice --identifier finger=left-thumb

# ---- a service that answers in JSON ----
service_is "echo \"\$*\" >/run/faces-asked" "echo '{\"FaceRecords\":[{\"Face\":{\"FaceId\":\"$face\"}}]}'"
faces() { # faces NAME STATUS PATTERN SUBJECT [OPTION...]
    local name=$1 status=$2 pattern=$3 subject=$4
    shift 4
    expect "$name" "$status" "$pattern" bioconsent enroll "$subject" --provider faces \
        --identifier region=eu-west-1 "$@"
}
faces "no picture" 2 'was not given.*fileb' alice
faces "a service: the id in the answer is on record" 0 "face +$face" alice --from /run/picture.jpg
expect "its arguments are the identifiers" 0 '^--region=eu-west-1 --image=fileb:///run/picture.jpg$' \
    cat /run/faces-asked
faces "a subject without an account" 0 'visitor-17' visitor-17 --external --from /run/picture.jpg
service_is "echo '{\"FaceRecords\":[{\"Face\":{\"FaceId\":\"$face\"}},{\"Face\":{\"FaceId\":\"$other_face\"}}]}'"
faces "two faces in one answer" 0 "$other_face" alice --from /run/picture.jpg
service_is "echo '{\"FaceRecords\":[]}'"
faces "no face in the picture" 1 'made no template' alice --from /run/picture.jpg
count=$(events alice enroll)
for reply in 'nonsense' '{"FaceRecords":[{"Face":{"FaceId":"file:///etc/shadow"}}]}' \
    '{"FaceRecords":[{"Face":{"FaceId":7}}]}' '{}' '[' '{"FaceRecords":1,"FaceRecords":2}'; do
    service_is "echo '$reply'"
    faces "an answer that can't be: $reply" 1 'run bioconsent audit --look' alice --from /run/picture.jpg
done
service_is 'echo "no: \033[31m" >&2; exit 254'
faces "a service that refuses" 1 'exit 254: no: \?' alice --from /run/picture.jpg
service_is 'exec sleep 60'
faces "a service that hangs" 1 'in time.*audit --look finds it' alice --from /run/picture.jpg
service_is 'exec cat /dev/zero'
faces "a service that floods" 1 'wrote too much' alice --from /run/picture.jpg
expect "none of these is on record" 0 "^$count\$" events alice enroll
rm -f /run/faces-gone
service_is "echo '{\"FaceRecords\":[{\"Face\":{\"FaceId\":\"$face\"}}]}'" \
    'mv /var/lib/bioconsent/store/data.mdb /run/data.mdb'
faces "the store is gone meanwhile: the service is told to delete" 3 'deleted again' alice --from /run/picture.jpg
mv /run/data.mdb /var/lib/bioconsent/store/data.mdb
expect "that face and no other" 0 "^delete $face\$" head -n 1 /run/faces-gone
# The lock is not held meanwhile: the service itself writes to the store.
service_is 'bioconsent store refresh >&2 || exit 9' "echo '{\"FaceRecords\":[{\"Face\":{\"FaceId\":\"$other_face\"}}]}'"
sed -i 's|^PATH = .*|PATH = /usr/local/bin:/usr/bin:/bin|' "$providers/faces.conf"
faces "the store is free while the service works" 0 "$other_face" alice --from /run/picture.jpg

# shellcheck disable=SC2016
service_is 'echo asked >>/run/faces-more' 'read -r id </proc/sys/kernel/random/uuid' \
    'echo "{\"FaceRecords\":[{\"Face\":{\"FaceId\":\"$id\"}}]}"'
for _ in {1..40}; do
    bioconsent enroll visitor-17 --external --provider faces --identifier region=eu-west-1 \
        --from /run/picture.jpg >/dev/null 2>&1 || break
done
expect "no more templates than a person can have on record" 0 '^32$' events visitor-17 enroll
rm -f /run/faces-more
faces "the next is refused" 1 '32 templates already' visitor-17 --external --from /run/picture.jpg
expect "before the service is asked" 1 '' test -e /run/faces-more

# ---- Amazon Rekognition, by the real aws and a server on loopback ----
mkdir -p /etc/bioconsent/aws
printf '[default]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = secret\n' \
    >/etc/bioconsent/aws/credentials
chmod 600 /etc/bioconsent/aws/credentials
coproc AWS { exec "$here/aws-server" /usr/local/share/bioconsent/aws-models /run/aws.log; }
read -r -u "${AWS[0]}" line
url=http://127.0.0.1:${line#listening }
sed -e "s|^\[provider\]|&\nendpoint = $url|" -e 's|^\[places\]|&\nstaff = region=eu-west-1 collection=-staff|' \
    /usr/local/share/bioconsent/providers/aws-rekognition.conf >"$providers/aws-rekognition.conf"
curl -s -o /dev/null "$url/_seed" -d '{"collections": {"-staff": {"faces": [], "users": {}}}}'
rekognition() { # rekognition NAME STATUS PATTERN SUBJECT [OPTION...]
    local name=$1 status=$2 pattern=$3 subject=$4
    shift 4
    expect "$name" "$status" "$pattern" bioconsent enroll "$subject" --provider aws-rekognition \
        --identifier region=eu-west-1 "$@"
}
faces_there() {
    curl -s "$url/_state" | jq '.collections["-staff"].faces | length'
}
rekognition "rekognition: no consent, no call" 1 'no-record' bob --identifier collection=-staff --from /run/picture.jpg
expect "the service was not asked" 1 '' test -s /run/aws.log
rekognition "rekognition: enrolled, its face on record" 0 'face +[0-9a-f-]{36}' alice \
    --identifier collection=-staff --from /run/picture.jpg
expect "one face is there" 0 '^1$' faces_there
expect "and audit finds it covered" 0 '' bioconsent audit --look --provider aws-rekognition
rekognition "rekognition: no such collection" 1 'ResourceNotFoundException' alice \
    --identifier collection=guests --from /run/picture.jpg
rekognition "rekognition: no such picture" 1 'exit' alice --identifier collection=-staff --from /run/none.jpg
for kind in throttle broken nonsense hang; do
    curl -s -o /dev/null "$url/_fault" -d "{\"operation\": \"IndexFaces\", \"kind\": \"$kind\", \"times\": 9}"
    sed -i 's|^timeout = .*|timeout = 5s|' "$providers/aws-rekognition.conf"
    rekognition "rekognition: $kind" 1 'did not enroll|run bioconsent audit --look' alice --identifier collection=-staff --from /run/picture.jpg
    curl -s -o /dev/null "$url/_seed" -d "$(curl -s "$url/_state" | jq '{collections}')"
done
expect "no other face is there" 0 '^1$' faces_there
sed -i -e 's|^timeout = .*|timeout = 60s|' -e 's|^command = /usr/bin/aws rekognition index-faces|command = /usr/local/bin/index-faces|' \
    "$providers/aws-rekognition.conf"
# shellcheck disable=SC2016
printf '%s\n' '#!/bin/sh' '/usr/bin/aws rekognition index-faces "$@" || exit' \
    'mv /var/lib/bioconsent/store/data.mdb /run/data.mdb' >/usr/local/bin/index-faces
chmod 755 /usr/local/bin/index-faces
rekognition "rekognition: the store is gone meanwhile: the face goes too" 3 'deleted again' alice \
    --identifier collection=-staff --from /run/picture.jpg
mv /run/data.mdb /var/lib/bioconsent/store/data.mdb
expect "no other face is there after that" 0 '^1$' faces_there
# shellcheck disable=SC2016
printf '%s\n' '#!/bin/sh' '/usr/bin/aws rekognition index-faces "$@" || exit' 'kill -KILL $PPID' \
    >/usr/local/bin/index-faces
rekognition "rekognition: killed before the record" 137 '' alice --identifier collection=-staff --from /run/picture.jpg
expect "there is a face that nothing says of" 0 '^2$' faces_there
expect "and audit finds it" 1 'staff' bioconsent audit --look --provider aws-rekognition
kill "$AWS_PID"

# ---- howdy's command line and file ----
mkdir -p /lib/security/howdy/models
printf '%s\n' '#!/bin/sh' "echo \"howdy \$*\"" 'echo model >>/lib/security/howdy/models/alice.dat' >/usr/bin/howdy
chmod 755 /usr/bin/howdy
expect "howdy add" 0 '^howdy -U alice add' bioconsent enroll alice --provider howdy
expect "a second model: the same file, the same record" 0 'is recorded' bioconsent enroll alice --provider howdy
expect "howdy is on record once" 0 '^1$' jq -n --argjson log "$(bioconsent list alice --events --json | jq -s .)" \
    "[\$log[] | select(.payload.provider == \"howdy\")] | length"
# A notice that says something else makes the consent to the old one insufficient.
write_notice /run/login2.notice login 2 'modalities=fingerprint face' 'providers=fprintd faces howdy' \
    'service_provider=Faces Ltd' 'purpose=to sign you in, and to open the door'
rm -f /run/faces-gone
service_is 'bioconsent notice publish /run/login2.notice >&2 || exit 9' \
    "echo '{\"FaceRecords\":[{\"Face\":{\"FaceId\":\"$face\"}}]}'"
sed -i 's|^PATH = .*|PATH = /usr/local/bin:/usr/bin:/bin|' "$providers/faces.conf"
faces "superseded meanwhile: refused" 1 'superseded' visitor-18 --external --from /run/picture.jpg
expect "and deleted again" 0 "^delete $face\$" head -n 1 /run/faces-gone
expect "the store is whole" 0 '' bioconsent store verify
finish
