#!/usr/bin/env bash
# What list --json writes, grant --from reads: a fresh store then gives the same answers. The filters map
# the lines to and from the records of others.
# shellcheck disable=SC2016 # programs for sh and jq
# shellcheck source=tests/preamble.bash
. "$(dirname "${BASH_SOURCE[0]}")/preamble.bash"
on_private_host
schemas=$(dirname "$here")/doc/schemas
filters=$(dirname "$here")/doc/filters
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
grant alice login
grant bob login --operation authenticate --expires 2099-12-31T23:59:59Z
useradd --no-create-home --uid 4711 gone && grant gone login && userdel gone
useradd --no-create-home --uid 4712 leaver && grant leaver login
write_notice /run/n1.1 login 1.1 body='We read your fingerprint to sign you in,'
publish /run/n1.1 --editorial 'a comma (one)'
write_notice /run/n2 door 1 modalities='face palm iris' providers='howdy aws-one' purposes='door login' \
    kind=affirmative service_provider='Amazon Web Services, Inc. (AWS)'
publish /run/n2
write_notice /run/n3 old 1 modalities=voice providers=aws-chime purposes=calls \
    service_provider='Amazon Web Services, Inc. (AWS)'
publish /run/n3
external() {
    grant "$@" --external
}
external ivan old
external ivan door
write_notice /run/n4 old 2 modalities=voice providers=aws-chime purposes='calls surveys' \
    service_provider='Amazon Web Services, Inc. (AWS)'
publish /run/n4
write_notice /run/n6 il 1 jurisdictions=us-il
publish /run/n6
external carol door --given-by guardian --representative 'Dora Doe' --authority 'court order 7' \
    --proof "$sha" --paper "$sha" --modality palm --provider aws-one --purpose door
external dave old --valid-from 2098-01-01T00:00:00Z
external erin old --valid-from 2020-01-01T00:00:00Z --expires 2021-01-01T00:00:00Z
external frank old
external gina door
external "$rtl" il
external "$odd" door --kind explicit
external hana door --modality face --expires 2097-01-01T00:00:00Z
external hana login
external ended login
external twice login
bioconsent withdraw frank --external --reason 'by "letter" <b>' >/dev/null
bioconsent revoke gina --external --reason 'gate was sold' >/dev/null
bioconsent revoke ended --external --purpose-ended >/dev/null
bioconsent withdraw twice --external --reason x >/dev/null
external twice login
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
bioconsent list --json >/run/consents.jsonl
expect "the lines are of their schema" 0 '^12 valid' valid consent-line /run/consents.jsonl lines
expect "an ended consent is no grant" 1 '^$' grep -E 'frank|gina|"ended"|leaver' /run/consents.jsonl
expect "a pending withdrawal is not called active" 0 'leaver +account +withdrawal pending' bioconsent list leaver
expect "nor is a replaced notice" 0 'ivan +- +superseded' bioconsent list ivan --external
expect "nor an expired consent" 0 'erin +- +expired' bioconsent list erin --external
expect "withdrawn" 0 'frank +- +withdrawn' bioconsent list frank --external
expect "revoked" 0 'gina +- +revoked' bioconsent list gina --external
expect "the history of one person" 0 'withdraw by frank' bioconsent list frank --external --events
expect "one object an event" 0 '^2$' bash -c 'bioconsent list frank --external --events --json | jq -c .payload.type | wc -l'
expect "a full disk" 1 'could not be written' bash -c 'bioconsent list --json >/dev/full'
expect "--uid without a person" 2 'needs the name' bioconsent list --uid 12
sed 's/"collected"/"colour"/' /run/consents.jsonl >/run/broken.jsonl
expect "the schema refuses another member" 1 'colour' valid consent-line /run/broken.jsonl lines
expect "DPV" 0 '^12$' bash -c "jq -s --arg contact 'Privacy office' --arg address '1 Example Street' \
    -f '$filters/dpv.jq' /run/consents.jsonl | jq '.\"@graph\" | length'"

# ---- into a fresh store ----
mv /var/lib/bioconsent /run/one-var
mv /etc/bioconsent /run/one-etc
bioconsent init --origin consent.example/two >/dev/null
expect "consents need their notices" 1 '12 faults; nothing was recorded' bioconsent grant --from /run/consents.jsonl
for n in n1 n1.1 n2 n4 n3 n6; do
    case $n in
    n1.1) publish /run/n1.1 --editorial 'a comma' ;;
    n3) ;;
    *) publish /run/$n ;;
    esac
done
expect "grant --from takes it all" 0 '^12 consents are recorded; 0 were' bash -c 'bioconsent grant --from - </run/consents.jsonl'
answers >/run/answers.two
expect "every answer is the same" 0 '' diff <(comparable /run/answers.one) <(comparable /run/answers.two)
expect "listed again: the same lines" 0 '' bash -c 'bioconsent list --json | diff - /run/consents.jsonl'

# ---- CSV ----
printf '\xef\xbb\xbfexternal,notice_id,modalities,collected\r\nc-1,door,face palm,"on paper, ""signed"""\r\nc-2,door,,\r\n' >/run/c.csv
expect "CSV with a byte order mark and CRLF" 0 '^2 consents are recorded' bioconsent grant --from /run/c.csv
expect "... its quotes" 0 'on paper, \\"signed\\"' bash -c 'bioconsent list c-1 --external --json'
expect "again: skipped" 0 '^0 consents are recorded; 2 were' bioconsent grant --from /run/c.csv
printf 'external,notice_id,kind,expires\nd-1,door,,\nd-2,door,strong,\nd-3,none,,\nd-4,door,,tomorrow\nd-5\n' >/run/d.csv
expect "every bad line is told: a kind" 1 'line 3: kind: expected notice-only' bioconsent grant --from /run/d.csv
expect "... a notice" 1 'line 4: notice_id' bioconsent grant --from /run/d.csv
expect "... a time" 1 'line 5: expires: expected a time' bioconsent grant --from /run/d.csv
expect "... cells that are missing, and the total" 1 '(line 6: expected as many.*|)4 faults; nothing was recorded' bioconsent grant --from /run/d.csv
expect "and nothing is recorded" 0 '^0$' bash -c 'bioconsent list --json | grep -c d-1; true'
printf 'external,notice_id,colour\nd-1,door,blue\n' >/run/e.csv
expect "an unknown column refuses the whole" 1 'line 1: colour: ' bioconsent grant --from /run/e.csv
printf '{"external":"a","notice_id":"door"}\n{"external":"b","notice_id":"door","colour":1}\n' >/run/e.jsonl
expect "... and an unknown member" 1 'line 2: .*no members but' bioconsent grant --from /run/e.jsonl
{ echo external,notice_id; seq -f 'many-%g,door' 5000; } >/run/many.csv
expect "five thousand rows of CSV" 0 '^5000 consents' timeout 30 bioconsent grant --from /run/many.csv
# The register's root is brought up to date at the end: a notice that a late row names first needs it before.
{ echo external,notice_id; seq -f 'late-%g,door' 1100; echo late,login; } >/run/late.csv
expect "a late row names another notice" 0 '^1101 consents' bioconsent grant --from /run/late.csv
expect "... and the store verifies" 0 'all right' bioconsent store verify
printf '%s\n' '[{"user":{"id":"f-1"},"consent":{"status":"ACTIVE","date":"2026-01-02T03:04:05Z"}},{"user":{"id":"f-2"},"consent":{"status":"WITHDRAWN","date":"2026-01-02T03:04:05Z"}}]' >/run/foreign.json
expect "records of a consent platform" 0 '^1 consents are recorded' bash -c \
    "jq -c --arg notice door -f '$filters/foreign.jq' /run/foreign.json | bioconsent grant --from -"
expect "all of it verifies" 0 'all right' bioconsent store verify
finish
