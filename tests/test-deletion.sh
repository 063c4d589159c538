#!/usr/bin/env bash
# From the end of a consent to the proven deletion: obligations by the laws, the real fprintd, howdy's
# files, commands that hang, flood and lie, two people at once, and a process killed in the middle.
# shellcheck source=tests/preamble.bash
. "$(dirname "${BASH_SOURCE[0]}")/preamble.bash"
on_private_host
# shellcheck source=tests/provider-store.bash
. "$here/provider-store.bash"
# shellcheck source=tests/fprintd-reader.bash
. "$here/fprintd-reader.bash"

prints=/var/lib/fprint
models=/lib/security/howdy/models

obligation() { # obligation NUMBER JQ-FILTER
    bioconsent audit --json | jq -r --argjson n "$1" ".[] | select(.template == \$n) | $2"
}

# A provider whose command is a script of the test.
provider() { # provider NAME TIMEOUT SCRIPT [SETTING ...]
    local name=$1 timeout=$2
    printf '#!/bin/sh\n%s\n' "$3" >"/usr/local/bin/$name"
    chmod 755 "/usr/local/bin/$name"
    shift 3
    printf '%s\n' '[provider]' "name = $name" 'legal-name = Amazon Web Services, Inc.' 'modality = face' "timeout = $timeout" \
        '[environment]' 'PATH = /usr/bin:/bin' '[identifiers]' 'id = required a-z0-9 1-20' '[delete]' \
        "command = /usr/local/bin/$name delete --id={id}" "$@" >"$own/$name.conf"
}

start_store us-il 'hangs floods noise gone good slow'
start_bus
start_polkitd env
start_fprintd
cp "$here/howdy-stand-in" /usr/bin/howdy

# ---- fprintd ----
timeout 60 "$reader" enroll "$socket" alice-right alice >/dev/null
print=$(find $prints -type f)
IFS=/ read -r driver device file <<<"${print#"$prints/alice/"}"
same "fprintd has stored a print where its provider's file says" "$prints/alice/$driver/$device/$file" "$print"
finger() {
    enrolled alice fprintd fingerprint finger=right-index-finger "driver=$driver" "device=$device" "print=$file"
}
finger
expect "a template that a consent covers is no obligation" 0 'No template on record has to be deleted' bioconsent audit
expect "... and nothing is deleted" 0 'No template' bioconsent delete --due
as alice bioconsent withdraw >/dev/null
expect "a withdrawal that waits is signed, and the finger deleted" 1 \
    "unverified: accepted; what the sensor keeps cannot be seen" bioconsent delete --due
same "... on this host" '' "$(find $prints -type f)"
expect "... as fprintd says, too" 0 'no fingers enrolled' fprintd-list alice
same "the obligation stays, with its clause" \
    'withdrawn us-il 740 ILCS 14/15(a): withdrawal is not named; taken as the purpose satisfied unverified' \
    "$(obligation "$template" '.why + " " + .law + " " + .clause + " " + .last.state')"
expect "... and is not tried again by itself" 1 'left: it was deleted and cannot be verified' bioconsent delete --due
same "... so that there is one attempt" 1 "$(attempts "$template")"
expect "a person confirms it" 0 'confirmed' bioconsent delete alice --confirm "$template" --reason 'sensor replaced'
expect "... once" 3 'no template' bioconsent delete alice --confirm "$template" --reason 'again'

sed "s/^where = driver.*/& $driver/; s/aes[0-9]* //g" $providers/fprintd.conf >$own/fprintd.conf
finger
timeout 60 "$reader" enroll "$socket" alice-right alice >/dev/null
expect "where the host keeps the prints, their absence is proof" 0 'confirmed: it lists it no more' \
    bioconsent delete alice --template "$template"
finger
expect "a finger that is gone already" 0 'confirmed' bioconsent delete alice --template "$template"
finger
mkdir -p "${print%/*}" && echo print >"$print"
sed -i 's|/usr/bin/fprintd-delete|/bin/true|' $own/fprintd.conf
expect "a file that stays is no deletion, whatever fprintd says" 1 "instructed: accepted, not proven: .*still there" \
    bioconsent delete alice --template "$template"
rm -r "$prints/alice" $own/fprintd.conf
expect "... until a person has seen to it" 0 'confirmed' \
    bioconsent delete alice --confirm "$template" --reason 'removed the file'

# ---- howdy ----
howdy -U alice add
enrolled alice howdy face
expect "the model is there" 0 '' test -f $models/alice.dat
expect "howdy: deleted and proven" 0 "confirmed: $models/alice.dat is not there" \
    bioconsent delete alice --template "$template"
enrolled alice howdy face
expect "howdy: what is gone already is gone, although howdy complains" 0 'confirmed' \
    bioconsent delete alice --template "$template"
howdy -U alice add
enrolled alice howdy face
chattr +i $models/alice.dat 2>/dev/null || mount --bind $models/alice.dat $models/alice.dat
expect "howdy: a model that can't be removed is not gone" 1 'failed: delete: exit 1' \
    bioconsent delete alice --template "$template"
umount $models/alice.dat 2>/dev/null || chattr -i $models/alice.dat
expect "... and is when it can" 0 'confirmed' bioconsent delete alice --template "$template"

# ---- commands that misbehave ----
provider good 20s 'exit 0'
provider hangs 1s 'trap "" TERM; sleep 1000'
provider floods 20s 'yes'
provider noise 20s 'printf "\033[2J<html>\001\377\303\050\r\t\033]0;x\007" >&2; exit 3'
provider gone 20s 'echo "An error occurred (NoSuchId)" >&2; exit 1' '[prove]' \
    'command = /usr/local/bin/gone show --id={id}' 'gone = NoSuchId'
for name in hangs floods noise gone; do
    enrolled alice "$name" face id=a1
    eval "$name=\$template"
done
bioconsent revoke alice --purpose-ended >/dev/null
expect "the end of the purpose makes all of them due" 0 '^4$' \
    bash -c "bioconsent audit --json | jq '[.[] | select(.why == \"purpose-ended\")] | length'"
expect "one that hangs, one that floods and one that talks rubbish hold up nobody" 1 \
    'gone, template [0-9]+: confirmed' bioconsent delete --due
# shellcheck disable=SC2154
expect "... and are told apart: hangs" 0 'failed: delete: the command did not answer in time' outcome "$hangs"
# shellcheck disable=SC2154
expect "... floods" 0 'failed: delete: the command wrote too much' outcome "$floods"
# shellcheck disable=SC2154
expect "... rubbish, which reaches neither log nor terminal" 0 '^failed: delete: exit 3: \?\[2J<html>[ -~]*$' outcome "$noise"
same "overdue ones are told" 'true' "$(obligation "$hangs" '.overdue')"

# ---- retries are bounded ----
provider hangs 20s 'exit 9'
for _ in 2 3 4 5 6 7 8 9 10; do bioconsent delete --due --provider hangs >/dev/null; done
expect "after ten attempts it waits for a person" 1 'left: it failed too often' bioconsent delete --due --provider hangs
same "... and says so without an event" 10 "$(attempts "$hangs")"
provider hangs 20s 'exit 0'
expect "... who may try again" 1 'unverified' bioconsent delete alice --template "$hangs"
rm $own/floods.conf
expect "a provider that is not known here is told" 1 'left: its provider is not known' bioconsent delete --due --provider floods

# ---- two people at once ----
mkfifo /run/entered /run/go
entered() { read -r -t 30 _ <>/run/entered; } # the slow command has begun
let_go() { timeout 30 bash -c 'echo >/run/go'; }
provider slow 60s 'echo in >/run/entered; cat /run/go; echo once >>/run/slow.log'
bioconsent grant bob all >/dev/null
enrolled bob slow face id=b1
slow=$template
enrolled bob good face id=b2
bioconsent revoke bob --reason left >/dev/null
bioconsent delete bob --due >/run/first.out 2>&1 &
first=$!
entered
expect "while one is at it, another leaves it alone" 1 'left: another process is deleting it' \
    timeout 20 bioconsent delete bob --template "$slow"
expect "... and the store is nobody's meanwhile" 0 '' bioconsent store refresh
expect "... nor is another template" 1 "unverified" bioconsent delete bob --template "$template"
let_go
wait "$first"
expect "... the first one is not disturbed" 0 'unverified' cat /run/first.out
same "... and its command ran once" 1 "$(wc -l </run/slow.log)"
expect "... what the second one did, the first one sees" 0 'good, template [0-9]+: left|good, template [0-9]+: unverified' \
    cat /run/first.out

mv "$state/deletion.lock" /run/lock.ours
install -m 600 -o bioconsent /dev/null "$state/deletion.lock"
expect "a lock of the service user is none" 1 'deletion.lock in the state folder is not a regular file of this user' \
    bioconsent delete bob --template "$slow"
rm "$state/deletion.lock"
mkfifo -m 600 "$state/deletion.lock"
expect "... nor is a FIFO" 1 'is not a regular file of this user' timeout 20 bioconsent delete bob --template "$slow"
rm "$state/deletion.lock"

# ---- killed in the middle ----
bioconsent grant bob all >/dev/null
enrolled bob slow face id=b3
bioconsent revoke bob --reason left >/dev/null
bioconsent delete bob --template "$template" >/dev/null 2>&1 &
victim=$!
entered
kill -9 "$victim"
wait "$victim" 2>/dev/null
same "killed before it could record, it has recorded nothing" 0 "$(attempts "$template")"
same "... and the template is still an obligation" 'revoked' "$(obligation "$template" .why)"
let_go
bioconsent delete bob --template "$template" >/run/second.out 2>&1 &
second=$!
entered
let_go
wait "$second"
expect "... the next one does it again, harmlessly" 0 'unverified' cat /run/second.out
expect "the log verifies" 0 'all right' bioconsent store verify

# ---- why, until when, by which clause ----
bioconsent grant alice all --valid-from 2020-02-29T00:00:00Z >/dev/null
enrolled alice good face id=c1
same "three years after the last use, by the calendar" 'unused us-il 1677542400' \
    "$(obligation "$template" '.why + " " + .law + " " + (.due | tostring)')"
bioconsent delete alice --confirm "$template" --reason test >/dev/null
bioconsent revoke alice >/dev/null
bioconsent grant alice all --expires 2026-01-01T00:00:00Z --valid-from 2025-12-01T00:00:00Z >/dev/null
template=$("$record" alice good face id=c2)
same "an expired consent" 'expired us-il 1767225600' \
    "$(obligation "$template" '.why + " " + .law + " " + (.due | tostring)')"
sed -i -e 's/^id: all/id: other/' -e 's/us-il/us-tx/' /run/all.notice
bioconsent notice publish /run/all.notice >/dev/null
bioconsent grant bob other >/dev/null
enrolled bob good face id=c3
bioconsent revoke bob --purpose-ended >/dev/null
expect "another law, another deadline" 1 'purpose-ended .* us-tx: ' bioconsent audit bob
expect "... which is not overdue" 1 '' grep -q 'c3.*OVERDUE' <(bioconsent audit bob)
sed -i -e 's/^id: other/id: bank/' -e 's/^jurisdictions: .*/jurisdictions: us-il\nexempt: us-il financial-institution/' \
    /run/all.notice
bioconsent notice publish /run/all.notice >/dev/null
bioconsent grant bob bank >/dev/null
enrolled bob good face id=c4
bioconsent revoke bob --purpose-ended >/dev/null
same "a law that leaves it alone sets no deadline" 'purpose-ended  own rule: at once' \
    "$(obligation "$template" '.why + " " + .law + " " + .clause')"
expect "the audit as a table" 1 'TEMPLATE +SUBJECT +PROVIDER +WHY' bioconsent audit
expect "within a time: neither what is due later nor what nothing makes due" 0 '^true$' bash -c \
    "bioconsent audit --json --within 30d | jq --argjson until \$((\$(date +%s) + 2592000)) 'all(.[]; .due <= \$until) and length > 0'"
expect "a time is a number with a unit" 2 'such as 30d' bioconsent audit --within soon
expect "a provider of another name is no clean bill" 3 'no provider goood' bioconsent audit --provider goood
expect "each names the command that fixes it" 0 '^true$' \
    bash -c "bioconsent audit --json | jq 'all(.[]; .fix | test(\"^bioconsent delete (alice|bob) --(template|confirm) [0-9]+\"))'"
expect "overdue ones stand first" 0 '^true$' \
    bash -c "bioconsent audit --json | jq '[.[] | .due] as \$d | \$d == (\$d | sort_by(if . == 0 then 9e18 else . end))'"

# ---- bad input ----
expect "delete needs to be told what" 2 'help delete' bioconsent delete
expect "an option that needs a name" 2 'template needs the name' bioconsent delete --template 1
expect "delete one and what is due" 2 'names one template' bioconsent delete alice --due --template 1
expect "a number is a number" 2 'number of a template' bioconsent delete alice --template 1x
expect "--confirm needs --reason" 2 'go together' bioconsent delete alice --confirm 1
expect "--reason is text" 2 'control characters' bioconsent delete alice --confirm 1 --reason $'a\e[2J'
expect "an unknown template" 3 'no template' bioconsent delete alice --template 999999
expect "the template of another person" 3 'no template' bioconsent delete bob --template "$hangs"
expect "an unknown subject" 3 'no account' bioconsent delete nobody-here --template 1
expect "an ordinary user" 1 'only root' as alice bioconsent audit
expect "an ordinary user deletes nothing" 1 '' as alice bioconsent delete --due
printf '[provider]\nname = X\n' >$own/good.conf
expect "a provider's file that is malformed voids that provider alone" 1 'left: its provider is not known' \
    bioconsent delete bob --template "$template"
finish
