#!/usr/bin/env bash
# Exports: what goes out as our own lines comes in again with the same answers to every check; the forms
# of others are what their schemas, and a JSON-LD processor that is not ours, say they have to be.
# shellcheck disable=SC2016 # programs for sh and jq
# shellcheck source=tests/preamble.bash
. "$(dirname "${BASH_SOURCE[0]}")/preamble.bash"
if ! is_private_host; then
    npm_packages "$here" || exit 1
    export NODE_PATH=$npm_modules
fi
on_private_host
schemas=$(dirname "$here")/doc/schemas
valid() { # valid SCHEMA FILE [lines]
    "$here/validate-json" "$schemas/$1.schema.json" "${@:2}"
}

# ---- a store with everything ----
publish() { # publish FILE [OPTION ...]
    bioconsent notice publish "$@" >/dev/null || not_ok "publish $1"
}
grant() {
    bioconsent grant "$@" >/dev/null || not_ok "grant $1"
}
sha=$(printf x | sha256sum | cut -d' ' -f1)
rtl=$'eve\u202etxt.exe'
odd='<script>"\O'\''Neil"&lt;'
bioconsent init --origin consent.example/one >/dev/null
write_notice /run/n1 login 1
publish /run/n1
grant alice --notice login
grant bob --notice login --operation authenticate --expires 2099-12-31T23:59:59Z
useradd --no-create-home --uid 4711 gone && grant gone --notice login && userdel gone
useradd --no-create-home --uid 4712 leaver && grant leaver --notice login
write_notice /run/n1.1 login 1.1 body='We read your fingerprint to sign you in,'
publish /run/n1.1 --mended 'a comma (one)'
write_notice /run/n2 door 1 modalities='face palm iris' providers='howdy aws-one' purposes='door login' \
    kind=affirmative service_provider='Amazon Web Services, Inc. (AWS)'
publish /run/n2
write_notice /run/n3 old 1 modalities=voice providers=aws-chime purposes=calls \
    service_provider='Amazon Web Services, Inc. (AWS)'
publish /run/n3
external() {
    grant "$@" --external
}
external ivan --notice old
external ivan --notice door
write_notice /run/n4 old 2 modalities=voice providers=aws-chime purposes='calls surveys' \
    service_provider='Amazon Web Services, Inc. (AWS)'
publish /run/n4
write_notice /run/n6 il 1 jurisdictions=us-il
publish /run/n6
external carol --notice door --given-by guardian --representative 'Dora Doe' --authority 'court order 7' \
    --evidence-sha256 "$sha" --paper-sha256 "$sha" --modality palm --provider aws-one --purpose door
external dave --notice old --valid-from 2098-01-01T00:00:00Z
external erin --notice old --valid-from 2020-01-01T00:00:00Z --expires 2021-01-01T00:00:00Z
external frank --notice old
external gina --notice door
external "$rtl" --notice il
external "$odd" --notice door --kind explicit
external hana --notice door --modality face --expires 2097-01-01T00:00:00Z
external hana --notice login
external ended --notice login
external twice --notice login
bioconsent withdraw frank --external --reason 'by "letter" <b>' >/dev/null
bioconsent revoke gina --external --reason 'gate was sold' >/dev/null
bioconsent revoke ended --purpose-ended --external >/dev/null
bioconsent withdraw twice --external --reason x >/dev/null
external twice --notice login
as leaver bioconsent withdraw >/dev/null
useradd --no-create-home --uid 4711 gone

accounts='alice bob gone leaver'

answers() { # every question, and what the gate says
    local s m o p u options
    for s in alice bob gone leaver carol dave erin frank gina hana ivan ended twice "$rtl" "$odd" nobody; do
        options=(--external)
        [[ " $accounts " != *" $s "* ]] || options=()
        for m in fingerprint face voice palm iris; do
            for o in authenticate enroll; do
                for p in '' fprintd howdy aws-one; do
                    for u in '' login door other; do
                        printf '%s %s %s %s %s ' "$s" "$m" "$o" "${p:--}" "${u:--}"
                        bioconsent check "$s" "${options[@]}" --modality $m --operation $o \
                            ${p:+--provider $p} ${u:+--purpose $u} |
                            sed -nE 's/.*: (allowed)\. .*/\1/p; s/.*: refused \(([a-z-]+)\).*/\1/p'
                    done
                done
            done
        done
    done
}
# Where nothing is in force any more, the new store knows of no record: refused in either.
comparable() {
    sed -E 's/ (withdrawn|withdrawal-pending|revoked|purpose-ended|superseded|no-record)$/ refused/' "$1" |
        sed -E 's/^(ivan voice .*) (refused|scope-[a-z]+)$/\1 refused/'
}

answers >/run/answers.one
expect "the questions have answers of many kinds" 0 '^1[0-9]$' \
    bash -c "sed 's/.* //' /run/answers.one | sort -u | wc -l"
expect "export" 0 '^12 consents are exported; 6 have ended' \
    bioconsent export --output /run/consents.jsonl --notices /run/notices
expect "its mode" 0 '^600$' stat -c %a /run/consents.jsonl
expect "our lines are of their schema" 0 '^12 valid' valid consent-line /run/consents.jsonl lines
expect "an ended consent is no grant" 1 '^$' grep -E 'frank|gina|"ended"|leaver' /run/consents.jsonl
expect "nor one on a notice that was replaced" 0 '^1$' grep -c '"external":"ivan"' /run/consents.jsonl
expect "the accepted notices, in their order" 0 '^login 1 login 1.1 door 1 old 2 il 1 $' \
    bash -c 'jq -r "\"\(.id) \(.version)\"" /run/notices/notices.jsonl | tr "\n" " "'
expect "they are the very files" 0 '' cmp /run/n2 /run/notices/3-door-1.notice
expect "a list of what is there with --subject" 0 '^\{"collected".*"subject":"alice","uid":[0-9]+,' \
    bioconsent export --subject alice
expect "to standard output: nothing but lines" 0 '^12$' bash -c 'bioconsent export | wc -l'
before=$(date -r /run/consents.jsonl +%s.%N)
expect "the folder of notices must be new" 1 'does not exist yet' \
    bioconsent export --output /run/consents.jsonl --notices /run/notices
expect "a failed export leaves the old file" 0 "^$before\$" date -r /run/consents.jsonl +%s.%N
expect "and nothing else" 0 '^0$' bash -c 'ls -A /run | grep -c ^.bioconsent; true'
expect "a device is no file to replace" 1 'exists' bioconsent export --output /dev/full
expect "a full disk" 1 'could not be written' bash -c 'bioconsent export >/dev/full'
mkdir /run/small && mount -t tmpfs -o size=4k small /run/small
expect "a small disk: nothing is left" 1 'No space.*nothing was changed' bioconsent export --output /run/small/x
expect "... nothing at all" 0 '^0$' bash -c 'ls -A /run/small | wc -l'
expect "an output that is a folder" 1 'exists' bioconsent export --output /run/notices
expect "a folder that is not there" 3 'No such file' bioconsent export --output /run/nowhere/x
ln -s /etc/passwd /run/link
expect "an output that is a link" 1 'exists' bioconsent export --output /run/link
expect "an unknown form" 2 'jsonl, dpv or kantara' bioconsent export --format xml
expect "a subject that is none" 3 'no account' bioconsent export --subject nobody-here
expect "--uid without --subject" 2 'go with --subject' bioconsent export --uid 12
expect "an ordinary user" 1 'only root' as alice bioconsent export

# ---- the forms of others ----
contact=(--contact 'Privacy office "<b>"' --address '1 Example Street' --email p@example.com --phone '+1 217 555 0100')
expect "the store does not hold an address" 2 'needs --contact' bioconsent export --format dpv
expect "nor a policy" 2 'needs --policy-url' bioconsent export --format kantara "${contact[@]}"
expect "a contact for our own lines" 2 'goes with --format' bioconsent export --contact x
expect "DPV" 0 '^18 consents' bioconsent export --format dpv "${contact[@]}" --output /run/dpv.jsonld
expect "it is of its schema" 0 '^1 valid' valid dpv-records /run/dpv.jsonld
states='"ConsentGiven":18,"ConsentWithdrawn":3,"ConsentInvalidated":1,"ConsentExpired":2,"ConsentRevoked":1'
expect "a JSON-LD processor expands all of it" 0 "^\{\"records\":18,\"triples\":[0-9]{3,}," \
    node "$here/npm/expand.cjs" /run/dpv.jsonld
node "$here/npm/expand.cjs" /run/dpv.jsonld >/run/expanded
for state in ${states//,/ }; do
    expect "state $state" 0 "${state}[,}]" cat /run/expanded
done
sed 's/"dpv:hasNotice"/"colour":["blue"],&/' /run/dpv.jsonld >/run/lossy.jsonld
expect "... which sees what would get lost" 1 'colour|Safe mode' node "$here/npm/expand.cjs" /run/lossy.jsonld
expect "... and so does the schema" 1 'colour' valid dpv-records /run/lossy.jsonld
expect "what DPV has no term for is of its kind" 0 '^"pd:Biometric"$' \
    jq '[."@graph"[]."dpv:hasProcess"[]."dpv:hasPersonalData"[] | select(."@id"=="bc:data:palm-print")][0]."skos:broader"[0]."@id"' /run/dpv.jsonld
expect "a guardian is named, with authority and evidence" 0 "^Dora Doe court order 7 $sha guardian\$" jq -r \
    '."@graph"[]."dpv:hasRepresentative"//[] | .[] | "\(."dpv:hasName"[0]) \(."dpv:hasJustification"[0]) \(."bc:evidenceSha256"[0]) \(."bc:relation"[0])"' /run/dpv.jsonld
expect "how it was withdrawn" 0 'by ."letter." <b>' jq -c '[."@graph"[]."dpv:hasConsentStatus"[] | select(."@type"[0]=="dpv:ConsentWithdrawn")]' /run/dpv.jsonld
expect "the place of the law" 0 'loc:US-IL' grep -o 'loc:US-IL' /run/dpv.jsonld
expect "one subject only" 0 '^1$' bash -c "bioconsent export --format dpv --subject bob --contact a --address b | jq '.\"@graph\" | length'"
kantara=(--format kantara "${contact[@]}" --policy-url https://example.com/privacy)
expect "Kantara" 0 '^10 consents' bioconsent export "${kantara[@]}" --output /run/kantara.json
expect "it is of its schema" 0 '^1 valid' valid kantara-receipt /run/kantara.json
expect "receipts of consents in force only" 0 '^10 0$' jq -r \
    '"\(length) \([.[].piiPrincipalId | select(test("frank|gina|erin|dave|leaver"))] | length)"' /run/kantara.json
expect "the same consent has the same number in both" 0 '^10$' bash -c \
    'jq -r ".[].consentReceiptID" /run/kantara.json | grep -cFf - <(jq -r ".\"@graph\"[].\"dct:identifier\"[0]" /run/dpv.jsonld)'
expect "that of an account, with its number" 0 '^alice \(uid [0-9]+\)$' jq -r '.[0].piiPrincipalId' /run/kantara.json
expect "no receipts are a list too" 0 '^\[\]$' bash -c "bioconsent export ${kantara[*]@Q} --subject frank --external | jq -c ."
write_notice /run/n5 other 1 controller='Another Ltd'
publish /run/n5
external olga --notice other
expect "a contact is one controller's" 2 'several controllers .Example Ltd; Another Ltd.' \
    bioconsent export "${kantara[@]}" --output /run/kantara.json
expect "... named" 0 '^1 consents' bioconsent export "${kantara[@]}" --controller 'Another Ltd' --output /run/other.json
bioconsent revoke olga --external --reason x >/dev/null

# ---- into a fresh store ----
mv /var/lib/bioconsent /run/one-var
mv /etc/bioconsent /run/one-etc
bioconsent init --origin consent.example/two >/dev/null
expect "consents need their notices" 1 'no accepted notice' bioconsent import /run/consents.jsonl
while IFS=$'\t' read -r file mended; do
    publish "/run/notices/$file" ${mended:+--mended "$mended"}
done < <(jq -r '[.file, .mended] | @tsv' /run/notices/notices.jsonl)
expect "import of the export" 0 '^12 consents are recorded; 0 were' bioconsent import /run/consents.jsonl
answers >/run/answers.two
expect "every answer is the same" 0 '' diff <(comparable /run/answers.one) <(comparable /run/answers.two)
expect "there were as many" 0 '^2560$' bash -c 'wc -l </run/answers.two'
expect "nobody gained by it" 0 '' bash -c \
    'diff <(grep " allowed$" /run/answers.one) <(grep " allowed$" /run/answers.two)'
expect "exported again: the same lines" 0 '' bash -c 'bioconsent export | diff - /run/consents.jsonl'
expect "all of it verifies" 0 'all right' bioconsent store verify
finish
