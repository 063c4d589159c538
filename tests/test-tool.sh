#!/usr/bin/env bash
# The admin tool, the helper and the gate as installed, on a host of their own: what each verb does,
# and every kind of bad input.
# shellcheck source=tests/preamble.bash
. "$(dirname "${BASH_SOURCE[0]}")/preamble.bash"
on_private_host

store=/var/lib/bioconsent/store
state=/var/lib/bioconsent/state
spool=/var/lib/bioconsent/spool
conf=/etc/bioconsent/bioconsent.conf
mkdir /run/pam
printf '%s\n' 'auth [ignore=ignore default=1] pam_bioconsent.so modality=fingerprint provider=fprintd' \
    'auth sufficient pam_permit.so' 'auth required pam_deny.so' \
    'account required pam_permit.so' >/run/pam/login

# A copy of everything, to come back to.
save() {
    rm -rf /run/saved
    mkdir -p /run/saved
    cp -a /var/lib/bioconsent /run/saved/var
    cp -a /etc/bioconsent /run/saved/etc
}
restore() {
    rm -rf /var/lib/bioconsent /etc/bioconsent
    cp -a /run/saved/var /var/lib/bioconsent
    cp -a /run/saved/etc /etc/bioconsent
}

# gate NAME REASON: what the gate says about alice; "allow" or the reason of the refusal.
gate() {
    local status=1 pattern="refused \\($2\\)"
    if [ "$2" = allow ]; then
        status=0
        pattern='allowed'
    fi
    expect "gate: $1: $2" "$status" "$pattern" \
        bioconsent check "${3:-alice}" --modality fingerprint --provider fprintd
}

# ---- init ----
expect "before init the gate refuses" 1 'refused \(config\)' bioconsent check alice --modality face
expect "before init the tool says what to do" 3 'bioconsent init' bioconsent list
expect "init makes everything" 0 'ready and empty' bioconsent init --origin consent.example/host1
expect "init twice changes nothing" 1 'exists already' bioconsent init
while read -r path mode owner; do
    expect "owner and mode of $path" 0 "^$mode $owner\$" stat -c '%a %U' "$path"
done <<EOF
$store 700 bioconsent
$store/data.mdb 600 bioconsent
$state 700 bioconsent
$spool 700 bioconsent
/etc/bioconsent/signing.key 600 root
$conf 644 root
EOF
expect "an empty store verifies" 0 'all right. 0 events' bioconsent store verify

mv $store/data.mdb /run/lost.mdb
expect "init does not put an empty store in a lost one's place" 5 'forget every withdrawal' bioconsent init
mv /run/lost.mdb $store/data.mdb

# ---- jurisdictions ----
write_notice /run/texas.notice texas 1 jurisdictions=us-tx kind=affirmative
expect "a notice is held against the laws it names" 0 '' bioconsent notice lint /run/texas.notice
mkdir -p /etc/bioconsent/jurisdictions
sed 's/^kind = .*/kind = explicit/' "$(dirname "$here")/doc/jurisdictions/us-tx.conf" \
    >/etc/bioconsent/jurisdictions/us-tx.conf
expect "the administrator's file replaces ours" 1 'explicit' bioconsent notice lint /run/texas.notice
printf '[jurisdiction]\nname = X\ncolour = blue\n' >/etc/bioconsent/jurisdictions/us-tx.conf
expect "a malformed one is refused, and named" 1 'us-tx.conf: line 3: unknown setting: colour' \
    bioconsent notice lint /run/texas.notice
chmod o+w /etc/bioconsent/jurisdictions/us-tx.conf
expect "one that others may write is not trusted" 1 'us-tx.conf' bioconsent notice lint /run/texas.notice
rm -r /etc/bioconsent/jurisdictions
write_notice /run/atlantis.notice atlantis 1 jurisdictions=atlantis
expect "an unknown jurisdiction: the folders are named" 3 'no jurisdiction atlantis in /etc/bioconsent/jurisdictions' \
    bioconsent notice lint /run/atlantis.notice

# ---- notices and grants ----
expect "no grant without a notice" 3 'no current notice' bioconsent grant alice login
write_notice /run/login.notice login 1
expect "a notice is published" 0 'SHA-256' bioconsent notice publish /run/login.notice
expect "the same text is not published twice" 1 'published already' \
    bioconsent notice publish /run/login.notice
write_notice /run/again.notice login 1 purpose='to count your hours'
expect "nor is a version with another text" 1 'published already with another text' \
    bioconsent notice publish /run/again.notice
expect "a notice file that is not there" 3 'No such file' bioconsent notice publish /run/none
expect "notice publish without a file" 2 '^usage: bioconsent notice publish FILE' bioconsent notice publish
expect "the options of old are gone" 2 'unknown option' bioconsent notice publish --id login --version 2
expect "notice list" 0 '^login +1' bioconsent notice list
expect "notice show: what people read" 0 'Example Ltd, with fprintd, on this host: a template' \
    bioconsent notice show login
expect "notice show --json: the file" 0 '' \
    bash -c 'bioconsent notice show login --json | jq -j .source | cmp - /run/login.notice'
expect "what is hashed is the file" 0 "$(sha256sum </run/login.notice | cut -c1-64)" bioconsent notice list
gate "no consent" no-record
expect "grant for an unknown account" 3 'no account nobody-here' \
    bioconsent grant nobody-here login
expect "grant wider than the notice" 1 'cannot reach further' \
    bioconsent grant alice login --modality fingerprint,face
expect "grant of a lesser kind" 1 'not enough' bioconsent grant alice login --kind explicit
expect "grant that expires before it begins" 2 'must expire after' \
    bioconsent grant alice login --expires 2020-01-01T00:00:00Z
expect "grant with an impossible date" 2 '2027-06-30' \
    bioconsent grant alice login --expires 2027-02-29T00:00:00Z
expect "grant without a notice" 2 'names the person and the notice' bioconsent grant alice
expect "unknown option" 2 'unknown option' bioconsent grant alice login --force
expect "abbreviated option" 2 'unknown option' bioconsent grant alice --not login
expect "unknown verb" 2 'unknown verb' bioconsent grants
expect "grant" 0 'recorded' bioconsent grant alice login
gate "consent" allow
sha=$(bioconsent notice list --json | jq -r '.[0].sha256')
expect "notice show by SHA-256" 0 'We read your fingerprint' bioconsent notice show "$sha"
expect "grant by SHA-256" 0 'recorded' bioconsent grant carol-17 "$sha" --external
expect "grant twice" 1 'already' bioconsent grant alice login
expect "grant for a person without an account" 0 'recorded' \
    bioconsent grant caller-17 login --external
expect "check for a person without an account" 0 'allowed' \
    bioconsent check caller-17 --external --modality fingerprint
expect "scope: operation" 0 'allowed' bioconsent check alice --modality fingerprint --operation enroll
expect "scope: modality" 1 'scope-modality' bioconsent check alice --modality face
expect "scope: provider" 1 'scope-provider' \
    bioconsent check alice --modality fingerprint --provider howdy
expect "scope: purpose" 1 'scope-purpose' \
    bioconsent check alice --modality fingerprint --purpose payroll
expect "PAM: allowed reaches the matcher" 0 'auth PAM_SUCCESS' \
    "$BC_BUILD_DIR/tests/pam-login" --confdir /run/pam login alice
expect "PAM: refused does not" 1 'no record of your consent' \
    "$BC_BUILD_DIR/tests/pam-login" --confdir /run/pam login bob

# ---- what the laws ask of notices ----
save
samples=/usr/local/share/doc/bioconsent/notices
for sample in fingerprint face aws-rekognition aws-chime aws-voice-id aws-one; do
    expect "sample: $sample: nothing is missing" 0 'nothing is missing$' \
        as alice bioconsent notice lint "$samples/$sample.notice"
    expect "sample: $sample is published" 0 'is published' bioconsent notice publish "$samples/$sample.notice"
done
for sample in aws-rekognition aws-chime aws-voice-id aws-one; do
    expect "sample: $sample names AWS as service provider" 0 \
        'service providers are: Amazon Web Services, Inc' \
        bioconsent notice show "$(awk '/^id: / { print $2 }' "$samples/$sample.notice")"
done
sed 's/^service_provider: .*/service_provider: A company/' "$samples/aws-chime.notice" >/run/aws.notice
expect "the provider wants to be named" 1 'aws-chime: it wants Amazon Web Services, Inc. named as service provider' \
    bioconsent notice lint /run/aws.notice
expect "without that it is not published" 1 'not published' bioconsent notice publish /run/aws.notice
write_notice /run/il.notice il 1 jurisdictions='us-il eu' kind=explicit
expect "lint: who asks, what is missing, by which clause" 1 \
    'us-il: it asks for a written-release consent; explicit is not enough \(740 ILCS 14/15\(b\)\(3\)' \
    bioconsent notice lint /run/il.notice
expect "lint: each slot of each law" 1 'eu: the body does not state \{legal_basis\} \(Art. 13' \
    bioconsent notice lint /run/il.notice
expect "lint as JSON" 1 '"who": *"us-il"' bioconsent notice lint /run/il.notice --json
expect "publish refuses what lint refuses" 1 'il.notice: not published' bioconsent notice publish /run/il.notice
expect "publish says what lint says" 1 'us-il: it asks for' bioconsent notice publish /run/il.notice
expect "and nothing was published" 3 'no current notice il' bioconsent notice show il
write_notice /run/no.notice no 1
sed -i 's/{release}//' /run/no.notice
expect "lint: what every notice states" 1 'every notice: the body does not state \{release\}' \
    bioconsent notice lint /run/no.notice
write_notice /run/bad.notice bad 1 jurisdictions=atlantis
expect "lint: an unknown jurisdiction" 3 'no jurisdiction atlantis' bioconsent notice lint /run/bad.notice
expect "publish: an unknown jurisdiction" 3 'no jurisdiction atlantis' bioconsent notice publish /run/bad.notice
mkdir -p /etc/bioconsent/jurisdictions
printf '[jurisdiction]\nname = X\n' >/etc/bioconsent/jurisdictions/atlantis.conf
expect "publish: a malformed jurisdiction" 1 'atlantis.conf' bioconsent notice publish /run/bad.notice
rm -r /etc/bioconsent/jurisdictions
write_notice /run/wa.notice wa 1 jurisdictions=us-wa
printf 'Also: %s\n' '{nothing}' >>/run/wa.notice
expect "a placeholder of no slot" 1 'wa.notice: line [0-9]+: a brace' bioconsent notice publish /run/wa.notice
write_notice /run/wa.notice wa 1 jurisdictions=us-wa colour=blue
expect "an unknown member" 1 'wa.notice: line [0-9]+: unknown member: colour' bioconsent notice publish /run/wa.notice
write_notice /run/wa.notice wa 1 jurisdictions=us-wa body=$'bad \033[31m text'
expect "control characters" 1 'control characters' bioconsent notice publish /run/wa.notice
expect "a notice of endless zeros" 1 'not a regular file' bioconsent notice publish /dev/zero
expect "a notice that is a folder" 1 'not a regular file' bioconsent notice publish /run
write_notice /run/wa.notice wa 1 jurisdictions=us-wa exempt='us-wa lottery'
expect "an exemption that the law does not have" 1 'no exemption named lottery' bioconsent notice lint /run/wa.notice
write_notice /run/wa.notice wa 1 jurisdictions=us-wa exempt='us-wa security-purpose'
expect "an exemption is published with its reason" 0 'Exempt: us-wa, RCW 19.375.020\(7\): a login serves' \
    bioconsent notice publish /run/wa.notice
expect "and recorded with it" 0 'us-wa, RCW 19.375.020\(7\): a login serves a security purpose' \
    bioconsent list --events --json
write_notice /run/eu.notice eu 1 jurisdictions='us-il eu' \
    contact=c legal_basis=l rights=r withdrawal=w complaint=o body='{contact} {legal_basis} {rights} {withdrawal} {complaint}'
expect "a notice under two laws" 0 'is published' bioconsent notice publish /run/eu.notice
expect "the strictest: one of them does not let a representative" 1 \
    'a representative may not give this consent \(eu: Art. 4\(11\)' bioconsent grant alice eu \
    --given-by representative --representative R --authority A
expect "nor in an import" 1 'line 1: given_by: .*a representative may not .*\(eu: Art' bash -c \
    'echo "{\"external\":\"i-9\",\"notice_id\":\"eu\",\"given_by\":\"representative\",\"representative\":\"R\",\"authority\":\"A\"}" | bioconsent grant --from -'
expect "the strictest: the other asks for a release" 1 'explicit is not enough \(us-il: 740 ILCS' \
    bioconsent grant alice eu --kind explicit
expect "a guardian may, under both" 0 'recorded' bioconsent grant alice eu \
    --given-by guardian --representative R --authority A
expect "lint of what is accepted" 0 '^eu, version 1: nothing is missing$' bioconsent notice lint
mkdir -p /etc/bioconsent/jurisdictions
write_notice /run/tx.notice tx 1 jurisdictions=us-tx
expect "a notice before the law changed" 0 'is published' bioconsent notice publish /run/tx.notice
sed 's/^states = .*/states = contact/' "$(dirname "$here")/doc/jurisdictions/us-tx.conf" \
    >/etc/bioconsent/jurisdictions/us-tx.conf
expect "lint of what is accepted, after the law has changed" 1 \
    '^tx, version 1: us-tx: the body does not state .contact.' bioconsent notice lint
rm -r /etc/bioconsent/jurisdictions
restore

# ---- ordinary users ----
expect "status: one's own" 0 'login' as alice bioconsent status
expect "status: of another person" 2 '^usage: bioconsent status' as bob bioconsent status alice
expect "check: about oneself" 0 'allowed' as alice bioconsent check alice --modality fingerprint
ask_helper() { # ask_helper USER NAME UID: what the helper answers to a request made by hand
    as "$1" python3 - "$2" "$3" <<'PY'
import socket, subprocess, sys
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
helper = subprocess.Popen(["/usr/local/libexec/bioconsent-check"], stdin=theirs)
ours.send(("bioconsent/1 check\nnonce %s\nuid %s\nuser %s\noperation authenticate\nmodality fingerprint\n"
           "provider -\npurpose -\n" % ("ab" * 16, sys.argv[2], sys.argv[1])).encode())
print(ours.recv(200).decode())
PY
}
expect "a request made by hand" 0 ' allow ' ask_helper alice alice "$(id -u alice)"
expect "who had this number before is another" 0 ' denied' ask_helper alice formerly "$(id -u alice)"
expect "so is who has another number" 0 ' denied' ask_helper alice alice "$(id -u bob)"
expect "check: about another" 1 'denied' as bob bioconsent check alice --modality fingerprint
expect "check: another configuration is not for raised helpers" 1 'denied' \
    as alice bioconsent check alice --config $conf --modality fingerprint
usermod -a -G bioconsent bob
expect "check: a member of the group may ask about others" 0 'allowed' \
    as bob bioconsent check alice --modality fingerprint
gpasswd -d bob bioconsent >/dev/null
expect "an ordinary user cannot grant" 1 'only root' as alice bioconsent grant alice login
expect "an ordinary user cannot list" 1 'only root' as alice bioconsent list

# ---- import ----
save
line() {
    printf '%s\n' "$@" >/run/lines
}
line '{"subject":"bob","notice_id":"login"}' \
    '{"external":"i-1","notice_id":"login","collected":"on \"paper\"","expires":"2099-01-01T00:00:00Z"}' \
    '{"subject":"far-away","uid":77777,"notice":"'"$sha"'","operations":["authenticate"]}'
expect "import" 0 '^3 consents are recorded; 0 were' bioconsent grant --from /run/lines
expect "what was imported counts" 0 'allowed' bioconsent check bob --modality fingerprint
expect "... as far as it goes" 1 'scope-purpose' \
    bioconsent check i-1 --external --modality fingerprint --purpose other
expect "import again: skipped" 0 '"skipped": 3' bioconsent grant --from /run/lines --json
expect "import of standard input" 0 '^1 consents' \
    bash -c 'echo "{\"external\":\"i-2\",\"notice_id\":\"login\"}" | bioconsent grant --from -'
line '{"external":"i-3","notice_id":"login"}' '{"external":"i-3","notice_id":"login"}'
expect "the same consent twice in one import" 0 '^1 consents are recorded; 1 were' bioconsent grant --from /run/lines
seq -f '{"external":"many-%g","notice_id":"login"}' 5000 >/run/many
expect "five thousand at once" 0 '^5000 consents' bioconsent grant --from /run/many
expect "they verify" 0 'all right' bioconsent store verify
expect "one of them is allowed" 0 'allowed' bioconsent check many-4999 --external --modality fingerprint
expect "and can be withdrawn" 0 'withdrawn' bioconsent withdraw many-4999 --external --reason x
expect "and is then refused" 1 'withdrawn' bioconsent check many-4999 --external --modality fingerprint
before=$(bioconsent store verify --json | jq .events)
bad_line() { # bad_line NAME PATTERN LINE: the second of two
    line '{"external":"never","notice_id":"login"}' "$3"
    expect "import of a bad line: $1" 1 "line 2: .*$2" bioconsent grant --from /run/lines
}
bad_line "not JSON" 'one JSON object' 'hello'
bad_line "empty" 'one JSON object' ''
bad_line "an unknown member" 'no members but' '{"external":"a","notice_id":"login","colour":"blue"}'
bad_line "a member twice" 'each member once' '{"external":"a","external":"b","notice_id":"login"}'
bad_line "no subject" 'subject or external' '{"notice_id":"login"}'
bad_line "no notice" 'notice that the consent rests on' '{"external":"a"}'
bad_line "an unknown notice" 'no current notice' '{"external":"a","notice_id":"nothing"}'
bad_line "a name with a space" 'external: expected a name .* without space' '{"external":"a b","notice_id":"login"}'
bad_line "a notice under another's name" 'must name one notice|no current' \
    '{"external":"a","notice_id":"other","notice":"'"$sha"'"}'
bad_line "an unknown account" 'no such account' '{"subject":"nobody-here","notice_id":"login"}'
bad_line "expires before it begins" 'must expire after' \
    '{"external":"a","notice_id":"login","expires":"2001-01-01T00:00:00Z"}'
bad_line "a control character" 'collected: expected text' '{"external":"a","notice_id":"login","collected":"\u001b[31m"}'
bad_line "too long" 'too long' "{\"external\":\"$(head -c 70000 /dev/zero | tr '\0' a)\"}"
line '{"external":"never","notice_id":"login"}' '{"external":"a","notice_id":"login","modalities":["face"]}'
expect "import wider than the notice" 1 'line 2: .*a consent cannot reach further' bioconsent grant --from /run/lines
line '{"external":"never","notice_id":"login"}' '{"external":"a","notice_id":"login","kind":"affirmative"}'
expect "import of a lesser kind" 1 'line 2: .*not enough' bioconsent grant --from /run/lines
expect "import of endless zeros" 1 'too long, or not text' bioconsent grant --from /dev/zero
expect "import of a folder" 1 'directory' bioconsent grant --from /run
expect "import of nothing there" 3 'No such file' bioconsent grant --from /run/nothing-here
expect "none of it changed anything" 0 "^$before\$" sh -c 'bioconsent store verify --json | jq .events'
expect "a consent that begins later" 0 'recorded' \
    bioconsent grant later-1 login --external --valid-from 2099-01-01T00:00:00Z
expect "... does not stand for one that begins now" 0 'recorded' \
    bioconsent grant later-1 login --external
expect "... which stands for it" 1 'already' \
    bioconsent grant later-1 login --external --valid-from 2099-01-01T00:00:00Z
restore

# ---- withdrawal ----
save
expect "withdraw by the subject alone" 0 'withdrawn' as alice bioconsent withdraw
gate "withdrawn, not yet signed" withdrawal-pending
expect "withdraw twice" 0 'withdrawn' as alice bioconsent withdraw
expect "refresh signs it" 0 '1 pending' bioconsent store refresh
gate "withdrawn and signed" withdrawn
expect "the spool is empty" 0 '^0$' sh -c "ls $spool | wc -l"
expect "verify after withdrawal" 0 'all right' bioconsent store verify
cp -a /run/saved/var/store/data.mdb $store/new && mv $store/new $store/data.mdb
gate "the store from before the withdrawal" rolled-back
expect "the tool writes nothing onto it" 5 'rolled-back' bioconsent grant bob login
expect "the status names what the gate refuses, and what was seen" 1 'REFUSES: .*rolled-back' bioconsent store status
expect "accepting it asks first" 2 'only with --yes' bash -c 'bioconsent store restore </dev/null'
gate "asked in vain" rolled-back
expect "store restore is the way back, and tells what is missing" 0 '1 events are missing' bioconsent store restore --yes
gate "after store restore" allow
expect "root names the person" 2 'bioconsent withdraw USER; for root: bioconsent withdraw root' bioconsent withdraw
expect "a uid is no name" 2 'uid needs the name' bioconsent withdraw --uid "$(id -u alice)"
expect "nor does --external name anybody" 2 'external needs the name' bioconsent list --external
expect "neither is a reason" 2 'reason needs the name' bioconsent withdraw --reason 'by letter'
expect "nor for the subject" 2 'uid needs the name' as alice bioconsent withdraw alice --uid 0
gate "after commands without a name" allow
expect "withdraw by the administrator" 0 'withdrawn' bioconsent withdraw alice --reason 'by letter'
gate "withdrawn" withdrawn
expect "nothing left to withdraw" 3 'no consent in force' bioconsent withdraw alice
expect "grant again" 0 'recorded' bioconsent grant alice login
expect "revoke" 0 'revoked' bioconsent revoke alice --reason 'left'
gate "revoked" revoked
expect "pending withdrawal, then grant: the withdrawal is signed first" 0 'withdrawn' \
    as alice bioconsent withdraw
expect "the grant is newer" 0 'recorded' bioconsent grant alice login
gate "granted after a withdrawal" allow

# ---- time, versions, kinds ----
save
expect "a grant that begins later" 0 'recorded' \
    bioconsent grant bob login --valid-from 2099-01-01T00:00:00Z
gate "not yet valid" not-yet-valid bob
restore
expect "a grant that has ended" 0 'recorded' bioconsent grant bob login \
    --valid-from 2020-01-01T00:00:00Z --expires 2021-01-01T00:00:00Z
gate "expired" expired bob
write_notice /run/editorial.notice login 1.1 body='We read your fingerprint to sign you in,'
expect "an editorial version" 0 'still count' \
    bioconsent notice publish /run/editorial.notice --editorial 'a comma'
gate "older grants still count" allow
expect "what changed is in the log" 0 '"editorial": *"a comma \(1 of ' bioconsent list --events --json
write_notice /run/new.notice login 2 purpose='to sign you in and to count your hours'
expect "another purpose is no editorial change" 1 'it changes: purpose\. ' \
    bioconsent notice publish /run/new.notice --editorial 'a word'
gate "and nothing was published" allow
expect "a new version says what changed" 0 'Changed since version 1.1: purpose' \
    bioconsent notice publish /run/new.notice
gate "older grants no longer count" superseded
restore
# What changes must be asked for anew, one by one; and an editorial version keeps the consents.
version=10
superseding() { # superseding NAME WHAT MEMBER=VALUE
    version=$((version + 1))
    write_notice /run/v.notice login "$version" "$3"
    expect "changed $1: not an editorial change" 1 "it changes: $2\\. " \
        bioconsent notice publish /run/v.notice --editorial typo
    expect "changed $1: published" 0 "Changed since version 1: $2\\.$" bioconsent notice publish /run/v.notice
    gate "changed $1" superseded
    restore
}
superseding purpose purpose purposes='login payroll'
superseding "sentence of purpose" purpose purpose='to follow you'
superseding modality modality modalities='fingerprint face'
superseding operation operation operations=authenticate
superseding provider provider providers='fprintd howdy'
superseding retention retention retention='for ever'
superseding controller controller controller='Another Ltd'
superseding "service provider" 'service provider' service_provider='Another Provider, Inc.'
superseding disclosure disclosure disclosure='advertisers'
superseding release release release='I agree to all.'
superseding "biometric data" 'biometric data' biometric_data='a picture of your fingerprint'
superseding kind 'kind of consent' kind=explicit
superseding jurisdiction 'jurisdiction' jurisdictions='us-il'
superseding language language language=de
version=30
write_notice /run/v.notice login 30 contact='new@example.com' body='Ask {contact}. We read your fingerprint.'
expect "another address is an editorial change" 0 'still count' bioconsent notice publish /run/v.notice --editorial address
gate "another address" allow
write_notice /run/v.notice login 31 contact='new@example.com' body="$(yes 'other words' | head -n 300 | tr '\n' ' ') {contact}"
expect "an editorial change of most of the text is looked at twice" 0 'more than a tenth' \
    bioconsent notice publish /run/v.notice --editorial 'much'
write_notice /run/v.notice login 32 contact='new@example.com' body='Write to {contact}.'
bioconsent grant bob login >/dev/null
expect "unchanged, not declared: says how many consents it costs" 0 '^4 consents on older versions no longer' \
    bioconsent notice publish /run/v.notice
gate "unchanged, not declared" superseded
restore
write_notice /run/v.notice fresh 1
expect "an editorial change needs an earlier version" 1 'no earlier version' bioconsent notice publish /run/v.notice --editorial x
expect "an editorial change has a reason" 2 'needs a value' bioconsent notice publish /run/v.notice --editorial ''
expect "the reason of an editorial change is one line" 2 'say what changed, in' bioconsent notice publish /run/v.notice --editorial $'a\nb'
expect "representative" 0 'recorded' bioconsent grant bob login --given-by representative \
    --representative 'B. Guardian' --authority 'court order 1'
gate "given by a representative" allow bob
expect "authority without anybody who has it" 2 'go with --given-by' \
    bioconsent grant bob login --authority 'court order 1'
expect "a guardian without authority" 2 'needs --authority' bioconsent grant bob login \
    --given-by guardian --representative 'B. Guardian'
expect "evidence that is no hash" 2 'proof: 64' bioconsent grant bob login \
    --given-by guardian --representative 'B. Guardian' --authority x --proof 12
sed -i 's/^given-by.*/given-by = self/' $conf
gate "representatives not allowed" given-by bob
restore
expect "key rotate" 0 'consent.example/host1\+' bioconsent key rotate
gate "after a rotation" allow
expect "key show" 0 'signed the store' bioconsent key show
cp /run/saved/etc/trusted-keys /etc/bioconsent/trusted-keys
gate "the old key no longer fits" unknown-key
restore
printf 'passphrase one\n' >/run/phrase
printf 'passphrase two\n' >/run/phrase2
expect "rotate to a sealed key" 0 'host1' bioconsent key rotate --passphrase-file /run/phrase
expect "a sealed key signs" 0 'recorded' bioconsent grant bob login --passphrase-file /run/phrase
expect "a wrong passphrase does not" 1 'passphrase does not open' \
    bioconsent revoke bob --passphrase-file /run/phrase2
expect "no passphrase neither" 1 'passphrase' bioconsent revoke bob
restore

# ---- freshness and clock ----
sed -i 's/^max-age.*/max-age = 1s/' $conf
while bioconsent check alice --modality fingerprint >/dev/null; do :; done
gate "a checkpoint older than max-age" stale
expect "refresh" 0 'signed anew' bioconsent store refresh
restore
sed -i 's/^clock-allowance.*/clock-allowance = 0/' $conf

# ---- bad files ----
damage() { # damage NAME REASON COMMAND: what the gate says after it; then all is put back
    bash -c "$3"
    gate "$1" "$2"
    restore
}
damage "no store" no-store "rm $store/data.mdb"
damage "empty store" corrupt ": >$store/data.mdb"
damage "truncated store" corrupt "truncate -s 8192 $store/data.mdb"
damage "store cut within a page" corrupt "truncate -s -100 $store/data.mdb"
damage "store of random bytes" corrupt "head -c 65536 /dev/urandom >$store/data.mdb"
damage "store that the group may write" untrusted-file "chmod 660 $store/data.mdb"
damage "store that all may write" untrusted-file "chmod 666 $store/data.mdb"
damage "store of another user" untrusted-file "chown bob $store/data.mdb"
damage "store that is a link" untrusted-file \
    "mv $store/data.mdb /run/moved.mdb; ln -s /run/moved.mdb $store/data.mdb"
damage "store that is a FIFO" untrusted-file "rm $store/data.mdb; mkfifo $store/data.mdb"
damage "store folder that all may write" untrusted-file "chmod 777 $store"
damage "store folder of another user" untrusted-file "chown bob $store"
damage "store that cannot be read" no-store "chmod 000 $store/data.mdb"
damage "store folder that cannot be read" no-store "chmod 000 $store"
damage "configuration that cannot be read" config "chmod 600 $conf"
damage "no lock file" no-store "rm $store/lock"
damage "spool that others may write" untrusted-file "chmod 770 $spool"
damage "no state folder" no-store "rm -r $state"
damage "state folder that others may write" untrusted-file "chmod 770 $state"
damage "a seen checkpoint that is none" corrupt "echo rubbish >$state/seen"
damage "no configuration" config "rm $conf"
damage "empty configuration" config ": >$conf"
damage "configuration with an unknown key" config "echo 'colour = blue' >>$conf"
damage "configuration with a key twice" config "echo 'max-age = 0' >>$conf"
damage "configuration with an unknown section" config "echo '[paint]' >>$conf"
damage "configuration with a bad value" config "sed -i 's/^max-age.*/max-age = soon/' $conf"
damage "configuration with a relative path" config "sed -i 's/^path = .*/path = store/' $conf"
damage "configuration with a control character" config "printf '; \\033[1m\\n' >>$conf"
damage "configuration with a long line" config "printf '; %0300d\\n' 0 >>$conf"
damage "configuration that all may write" untrusted-file "chmod 666 $conf"
damage "configuration of another user" untrusted-file "chown bob $conf"
damage "another origin" origin "sed -i 's/^origin.*/origin = consent.example\\/host2/' $conf"
damage "no trusted keys" config "rm /etc/bioconsent/trusted-keys"
damage "empty trusted keys" config ": >/etc/bioconsent/trusted-keys"
damage "trusted keys that are none" config "echo rubbish >/etc/bioconsent/trusted-keys"
damage "trusted keys twice" config "cat /run/saved/etc/trusted-keys >>/etc/bioconsent/trusted-keys"
damage "a signing key that is not there does not matter to the gate" allow \
    "rm /etc/bioconsent/signing.key"
chmod 644 /etc/bioconsent/signing.key
expect "a signing key that others may read is refused" 1 'yours alone' \
    bioconsent grant bob login
restore
for text in rubbish '' 'PRIVATE+KEY+a+00000000+AAAA' 'bioconsent-sealed-key/1'; do
    printf '%s\n' "$text" >/etc/bioconsent/signing.key
    expect "a signing key that is none: ${text:0:12}" 1 'not of the required form' \
        bioconsent grant bob login
done
restore
bioconsent key rotate >/dev/null
cp /etc/bioconsent/signing.key /run/other.key
restore
cp /run/other.key /etc/bioconsent/signing.key
expect "a key that is not trusted signs nothing" 1 'not signed by a trusted key' \
    bioconsent grant bob login
gate "nothing of it was written" allow
restore

# ---- damaged records: LMDB's pages hold them as they are ----
poke() { # poke TEXT REPLACEMENT: in the store's bytes, everywhere
    python3 - "$1" "$2" <<'PY'
import sys
path = "/var/lib/bioconsent/store/data.mdb"
data = open(path, "rb").read()
old, new = (a.encode() for a in sys.argv[1:])
assert len(old) == len(new) and old in data
open(path, "r+b").write(data.replace(old, new))
PY
}
expect "bob's grant" 0 'recorded' bioconsent grant bob login
save
poke '"given_by":"self"' '"given_by":"elf-"'
gate "an event was changed" corrupt
expect "verify finds it" 5 'event [0-9]+' bioconsent store verify
restore
poke 'fingerprint' 'fingerprinT'
gate "events were changed" corrupt
restore
poke 'consent.example/host1' 'consent.example/host9'
gate "the checkpoint was changed" unknown-key
restore
poke 'We read your fingerprint to sign you in.' 'We read your fingerprint to sell it off.'
expect "verify finds a changed notice" 5 "notice's text was changed" bioconsent store verify
expect "nobody is shown a changed notice" 5 'corrupt' bioconsent notice show login
expect "nor is it linted" 5 'corrupt' bioconsent notice lint
restore

# ---- writes that fail, writers that are killed ----
write_notice /run/big.notice big 1 body="$(head -c 60000 /dev/zero | tr '\0' x)"
expect "a full disk: nothing is changed" 1 'nothing was changed|No space|too large' \
    bash -c 'ulimit -f 40; trap "" XFSZ; bioconsent notice publish /run/big.notice'
expect "the store still verifies" 0 'all right' bioconsent store verify
mkdir /run/small
mount -t tmpfs -o size=96k,mode=700,uid="$(id -u bioconsent)",gid="$(id -g bioconsent)" small /run/small
cp -a $store/. /run/small/
sed -i 's,^path = .*/store,path = /run/small,' $conf
full=0
for n in $(seq 200); do
    if ! bioconsent grant "crowd-$n" login --external >/dev/null 2>/run/full; then
        full=1
        break
    fi
done
expect "a full file system says so" 0 'nothing was changed.*No space left' \
    bash -c "[ $full = 1 ] && cat /run/full"
expect "and the store on it verifies" 0 'all right' bioconsent store verify
gate "and answers" allow
restore
for round in $(seq 20); do
    timeout -s KILL "0.0$((round % 10))$((round * 7 % 10))" \
        bioconsent grant "subject-$round" login --external >/dev/null 2>&1
done
expect "after 20 killed writers the store verifies" 0 'all right' bioconsent store verify
gate "and the gate still answers" allow
for n in 1 2 3 4 5 6; do
    bioconsent grant "together-$n" login --external >/dev/null 2>&1 &
done
wait
expect "six writers at once all got through" 0 '^6$' \
    sh -c 'bioconsent list | grep -c ^together-'

# ---- a sealed key from the start ----
save
rm -rf /var/lib/bioconsent /etc/bioconsent
expect "init with a sealed key" 0 'ready' bioconsent init --passphrase-file /run/phrase
expect "the key file holds no secret in clear" 1 '' grep -q PRIVATE /etc/bioconsent/signing.key
expect "it signs with its passphrase" 0 'signed anew' bioconsent store refresh --passphrase-file /run/phrase
expect "not without" 1 'passphrase' bioconsent store refresh
rm -rf /var/lib/bioconsent /etc/bioconsent
expect "without its passphrase init makes nothing" 1 'no passphrase' bioconsent init --passphrase-file /run/none
expect "... no folder" 2 '' ls -d /var/lib/bioconsent /etc/bioconsent
expect "a store whose key stands elsewhere" 0 'ready' bioconsent init
mkdir /etc/bioconsent/keys && mv /etc/bioconsent/signing.key /etc/bioconsent/keys/
sed -i 's|^signing-key = .*|signing-key = /etc/bioconsent/keys/signing.key|' $conf
rm -rf /var/lib/bioconsent
expect "init signs with the configured key" 0 'ready' bioconsent init
restore

# ---- output for programs ----
for verb in list 'store verify' 'key rotate' 'notice list' 'notice show login' 'key show' 'list alice' 'store refresh' \
    'check alice --modality fingerprint'; do
    # shellcheck disable=SC2086
    expect "--json: $verb" 0 '' bash -c "bioconsent $verb --json | jq -e . >/dev/null"
    # shellcheck disable=SC2086
    expect "--help: $verb" 0 'usage:' bioconsent $verb --help
done

# ---- the command line ----
expect "a mistyped verb" 2 'did you mean bioconsent grant\?' bioconsent garnt
expect "a mistyped option" 2 'did you mean --passphrase-file\?' bioconsent sign --passphrase-fil x
expect "a verb like none" 2 'see bioconsent --help' bioconsent frobnicate
expect "the first word of two names the verb" 2 'name one of these operations' bioconsent key
expect "an option before the verb" 2 'options follow the verb' bioconsent --json list
expect "an option twice" 2 'given twice' bioconsent list --json --json
expect "a list where one value is taken" 2 'takes one value here' bioconsent check alice --modality face,iris
expect "too few operands: the usage line" 2 '^usage: bioconsent revoke USER' bioconsent revoke
expect "too many operands: the usage line" 2 '^usage: bioconsent init' bioconsent init x
expect "-h" 0 '^usage: bioconsent VERB' bioconsent -h
expect "-h after a verb" 0 '^usage: bioconsent sign' bioconsent sign -h
expect "help names the exit codes" 0 '^  6  done and signed' bioconsent help
expect "--version" 0 '^bioconsent [0-9]' bioconsent --version

# ---- closed standard files ----
restore
expect "what is printed goes nowhere, and succeeds" 0 '' bash -c 'exec bioconsent list <&- >&- 2>&-'
expect "a message of a commit goes nowhere" 0 '' bash -c 'exec bioconsent store refresh <&- >&- 2>&-'
expect "... and not into the store" 0 '' bioconsent store verify
expect "bioconsent-log does the same" 0 '' bash -c 'exec bioconsent-log --help <&- >&- 2>&-'

# ---- help ----
expect "help of no verb" 2 'unknown verb' bioconsent help frobnicate
verbs=$(bioconsent help | sed -n '/^Exit status/q; s/^  \([a-z]*\( [a-z]*\)\{0,1\}\)  .*/\1/p' | sed 's/^bioconsent.*//; /^$/d')
same "help lists every verb" 27 "$(wc -l <<<"$verbs")"
while read -r verb; do
    # shellcheck disable=SC2086
    text=$(bioconsent help $verb) && [ "$(grep -c '^  --' <<<"$text")" -ge 3 ] || text=
    missing=$(sed -n '1,/^$/p' <<<"$text" | grep -oE -- '--[a-z-]+' | sort -u |
        while read -r option; do grep -qE "^  $option( |\$)" <<<"$text" || echo "$option"; done)
    same "help $verb: exits 0, and explains each option of its usage" "usage: bioconsent $verb" \
        "$(head -1 <<<"$text" | grep -oF "usage: bioconsent $verb")$missing"
done <<<"$verbs"
finish
