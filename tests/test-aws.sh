#!/usr/bin/env bash
# Deletion at the services, by Debian's own aws against a server on loopback that checks each request
# against botocore's models: success, partial failure, throttling, what is gone already, and everything a
# service can answer that is no answer.
# shellcheck source=tests/preamble.bash
. "$(dirname "${BASH_SOURCE[0]}")/preamble.bash"
on_private_host
# shellcheck source=tests/provider-store.bash
. "$here/provider-store.bash"
# shellcheck source=tests/aws-services.bash
. "$here/aws-services.bash"

# How the template that was enrolled last is deleted: deletes NAME STATUS PATTERN
deletes() {
    expect "$1" "$2" "$3" bioconsent delete alice --template "$template"
}

start_store us-il
start_server
for provider in aws-rekognition aws-chime aws-voice-id; do use_server "$provider"; done
seed

# ---- Rekognition ----
enroll_face() {
    enrolled alice aws-rekognition face region=eu-west-1 collection=-staff user=hr:alice "face=$(face 3)"
}
enroll_face
mark
deletes "rekognition: deleted and proven" 0 'confirmed: .*ResourceNotFoundException'
same "... in an order in which no face is left behind" "$(printf '%s;' 'ListFaces ok' 'DeleteUser ok' \
    'DeleteFaces ok' 'ListFaces ResourceNotFoundException' 'ListFaces ok')" "$(requests)"
same "... the user's faces and the recorded one, and no others" "[\"$(face 4)\"]" \
    "$(server_state '.collections["-staff"].faces')"
same "... in the region of the template" '"eu-west-1"' "$(jq -s '[.[].region] | unique | .[0]' "$log")"
expect "what is confirmed is no obligation any more" 3 'no template' \
    bioconsent delete alice --template "$template"
expect "... nor is it left in the state folder" 1 '' test -e "$state/deletion-$template"

enroll_face
deletes "rekognition: gone already is gone" 0 'confirmed'

seed
enroll_face
fault DeleteFaces partial 1
mark
deletes "rekognition: a partial failure in a success answer is a failure" 1 \
    'failed: delete-2: the provider left some of it undeleted'
same "... and was told by the service as a success" 'DeleteFaces ok' \
    "$(requests | tr ';' '\n' | grep DeleteFaces)"
expect "... what was found is kept for the next attempt" 0 "$(face 2)" \
    cat "$state/deletion-$template"
deletes "... which succeeds, although the service has forgotten the user" 0 'confirmed'
same "... with all of the faces" "[\"$(face 4)\"]" "$(server_state '.collections["-staff"].faces')"
same "both attempts are events" 2 "$(attempts "$template")"

# What was found, in the hands of the service user: another's faces are not deleted in their place.
seed
enroll_face
fault DeleteFaces broken 1000
deletes "rekognition: a service that breaks in the middle" 1 'failed: delete-2: .*InternalServerError'
printf 'template %s\n%s\n' "$template" "$(face 4)" >/run/planted
for owner in bioconsent root; do
    install -m 600 -o "$owner" /run/planted "$state/deletion-$template"
    [ "$owner" = bioconsent ] || sed -i "s/^template .*/template 1/" "$state/deletion-$template"
    mark
    deletes "a note that is not ours is refused ($owner)" 1 'failed: what an earlier attempt noted could not be read'
    same "... and nothing is sent" '' "$(requests)"
done
rm "$state/deletion-$template"

# Killed between the deletion of the user and that of the faces, which nobody can list any more.
seed
enroll_face
fault DeleteFaces hang 1
mark
bioconsent delete alice --template "$template" >/dev/null 2>&1 &
victim=$!
for ((i = 0; i < 1200; i++)); do
    ! [[ $(requests) = *'DeleteFaces hang'* ]] || break
    read -r -t 0.05 <><(:) || true
done
kill -9 "$victim"
wait "$victim" 2>/dev/null
# Its aws lives on, and would send DeleteFaces again in the middle of a later test, when it has waited enough.
pkill -9 -x aws
same "killed in the middle: the service has forgotten the user" '{}' "$(server_state '.collections["-staff"].users')"
same "... the store holds no attempt" 0 "$(attempts "$template")"
deletes "... the next one deletes the user's faces all the same" 0 'confirmed'
same "... all of them" "[\"$(face 4)\"]" "$(server_state '.collections["-staff"].faces')"

seed
enroll_face
fault DeleteFaces lie 1
deletes "rekognition: accepted and still there is not confirmed" 1 \
    'instructed: accepted, not proven: it is still there'

seed
enroll_face
fault ListFaces throttle 2
deletes "throttling is waited out" 0 'confirmed'
seed
enroll_face
fault ListFaces throttle 1000
deletes "throttling without an end is a failure" 1 'failed: list: .*ThrottlingException'
mark
deletes "... after few requests" 1 'failed'
same "... of which there were six" 6 "$(requests | tr ';' '\n' | grep -c Throttling)"

seed
enroll_face
fault ListFaces flood 1
deletes "a flood is a failure, and nothing is deleted" 1 'failed: list: the command wrote too much'
fault ListFaces nonsense 1
deletes "so is nonsense" 1 'failed: list: '
fault ListFaces broken 1000
deletes "so is a service that is broken" 1 'failed: list: .*InternalServerError'
same "nothing was deleted meanwhile" 4 "$(server_state '.collections["-staff"].faces | length')"

seed
use_server aws-rekognition -e 's/^timeout = .*/timeout = 2s/'
fault ListFaces hang 1
deletes "a service that hangs is a failure" 1 'failed: list: the command did not answer in time'
use_server aws-rekognition

use_server aws-rekognition -e 's|/usr/bin/aws |/usr/bin/no-aws |'
deletes "without aws nothing is deleted" 1 'failed: list: the command could not be started: No such file'
use_server aws-rekognition -e '/AWS_DATA_PATH/d'
deletes "an aws that is too old for it is a failure that says so" 1 'failed: list: .*--user-id'
use_server aws-rekognition
mv /etc/bioconsent/aws/credentials /run/credentials
deletes "without keys nothing is deleted" 1 'failed: list: .*credentials'
mv /run/credentials /etc/bioconsent/aws/credentials

# Many faces: more than one command takes.
control seed "$(jq -n '[range(5000)] | map("00000000-0000-4000-9000-" + (1000000000000 + . | tostring | .[1:])) |
    {collections: {big: {faces: ., users: {u: .}}}}')"
enrolled alice aws-rekognition face region=eu-west-1 collection=big user=u
mark
deletes "five thousand faces go in two commands" 0 'confirmed'
same "... of 4,096 at most" '[4096,904]' \
    "$(tail -n "+$((seen + 1))" "$log" | jq -sc '[.[] | select(.operation == "DeleteFaces") | .request.FaceIds | length]')"
same "... and none is left" '[]' "$(server_state '.collections.big.faces')"

# Identifiers that nobody should have recorded.
seed
for identifier in collection=file:///etc/shadow user=fileb:///etc/shadow collection=http://127.0.0.1/ \
    'user=--debug x' region=-eu face=@/etc/shadow; do
    enrolled alice aws-rekognition face region=eu-west-1 collection=staff "$identifier"
    mark
    deletes "an identifier like $identifier reaches no command" 1 'failed: nothing was run: identifier'
    same "... and no service" '' "$(requests)"
done

# ---- Chime SDK ----
enrolled alice aws-chime voice region=us-east-1 profile=p1
mark
deletes "chime: deleted and proven" 0 'confirmed: .*NotFoundException'
same "... by two requests" 'DeleteVoiceProfile ok;GetVoiceProfile NotFoundException;' "$(requests)"
enrolled alice aws-chime voice region=us-east-1 profile=p1
deletes "chime: gone already is gone" 0 'confirmed'
enrolled alice aws-chime voice region=us-east-1 profile=p2
fault DeleteVoiceProfile throttle 1000
deletes "chime: throttled, and still there" 1 'failed: delete: .*ThrottledClientException'
seed
fault DeleteVoiceProfile lie 1
deletes "chime: accepted and still there" 1 'instructed: .*still there'

# ---- Voice ID ----
enrolled alice aws-voice-id voice region=us-east-1 "domain=$domain" speaker=s1
mark
deletes "voice id: deleted and proven" 0 'confirmed: .*ResourceNotFoundException'
enrolled alice aws-voice-id voice region=us-east-1 "domain=$domain" speaker=s1
deletes "voice id: a speaker that is gone already" 0 'confirmed'
enrolled alice aws-voice-id voice region=us-east-1 "domain=$domain" "speaker=id#$domain"
fault DeleteSpeaker throttle 1000
deletes "voice id: a speaker who has opted out has no voiceprint" 0 'confirmed'
rm "$own/aws-voice-id.conf"
enrolled alice aws-voice-id voice region=us-east-1 "domain=$domain" speaker=s2
mark
deletes "voice id as it is shipped: the provider has ended the service" 0 \
    'service-ended: Amazon Connect Voice ID was ended on 2026-05-20'
same "... and nothing is sent" '' "$(requests)"

# ---- One Enterprise ----
enrolled alice aws-one palm account-id=123456789012 user=alice
deletes "one enterprise: a person is told what to do" 1 'instructed: to be done by a person'
expect "... in detail" 1 'Find the user that the identifier user names' bioconsent delete alice --template "$template"
bioconsent revoke alice >/dev/null
expect "... and --due waits for them" 1 'left: it has to be done by hand' bioconsent delete --due --provider aws-one
touch "$state/deletion-$template"
expect "a person confirms it" 0 'confirmed: a person: console, ticket 4711' \
    bioconsent delete alice --confirm "$template" --reason 'console, ticket 4711'
expect "... which ends it" 0 '^0$' \
    bash -c "bioconsent audit --json | jq '[.[] | select(.provider == \"aws-one\")] | length'"

expect "... and leaves nothing behind" 1 '' test -e "$state/deletion-$template"

expect "the log verifies" 0 'all right' bioconsent store verify
kill "$SERVER_PID"
finish
