#!/usr/bin/env bash
# The report: its numbers against a reckoning of their own, its page as markup, as a screen reader speaks it, and its
# colours; names only where they are asked for, and never as markup.
# shellcheck disable=SC2016 # programs for sh and jq
# shellcheck source=tests/preamble.bash
. "$(dirname "${BASH_SOURCE[0]}")/preamble.bash"
on_private_host
store=/var/lib/bioconsent/store
check_html() { # check_html FILE [TEXT ...]
    "$here/check-html" "$@"
}

# ---- nothing yet ----
expect "before init" 3 'bioconsent init' bioconsent report --json
bioconsent init --origin consent.example/report >/dev/null
expect "an unknown option" 2 'unknown option' bioconsent report --html /run/empty.html
expect "an empty store" 0 'in /run/empty.html' bioconsent report --output /run/empty.html
expect "its page is right" 0 '^0 faults' check_html /run/empty.html None.

# ---- two years ----
now=$(date +%s)
rm -r "${store:?}"/* /var/lib/bioconsent/state/seen
"$here/past" "$now" >/run/past
expect "two years of events" 0 '' sh -c '"$0" "$1" </run/past' "$BC_BUILD_DIR/tests/record-events" $((now - 721 * 86400))
bioconsent report --json >/run/report.json

# The same numbers, from the events themselves.
cat >/run/reckon <<'PY'
import datetime, json, statistics, sys
events = [json.loads(line) for line in open("/run/past")]
now = datetime.datetime.fromisoformat(sys.argv[1])
at = lambda text: datetime.datetime.fromisoformat(text)
ended = {g: e for e in events for g in e.get("grants", [])}
last = {e["id"]: e["text"] for e in events if e["type"] == "notice"}
live, reasons = [], {}
for i, e in enumerate(events):
    if e["type"] != "grant":
        continue
    reason = ended[i]["type"] if i in ended else "expired" if "expires" in e and at(e["expires"]) <= now else \
        "superseded" if last[e["notice_id"]] != e["notice"] else None
    reason = {"withdraw": "withdrawn", "revoke": "revoked"}.get(reason, reason)
    if reason:
        reasons[reason] = reasons.get(reason, 0) + 1
    else:
        live.append(e)
count = lambda key: {w: sum(w in e[key] for e in live) for e in live for w in e[key]}
took = {True: [], False: []}
for i, e in enumerate(events):
    if e["type"] == "delete":
        end = ended[events[e["enroll"]]["grant"]]
        took[end["type"] == "withdraw"].append(int((at(e["time"]) - at(end["time"])).total_seconds()))
monday = now.date() - datetime.timedelta(days=now.weekday())
weeks = [0] * 26
for e in live:
    if "expires" in e and (at(e["expires"]).date() - monday).days // 7 < 26:
        weeks[(at(e["expires"]).date() - monday).days // 7] += 1
print(json.dumps({
    "consents": len(live), "people": len({(e.get("external"), e.get("uid")) for e in live}),
    "by_modality": count("modalities"), "by_provider": count("providers"), "by_jurisdiction": count("jurisdictions"),
    "not_in_force": reasons, "weeks": weeks, "never": sum("expires" not in e for e in live),
    "median": [statistics.median(took[k]) for k in (True, False)], "worst": [max(took[k]) for k in (True, False)],
    "templates": sum(e["type"] == "enroll" for e in events) - sum(e["type"] == "delete" for e in events),
    }, sort_keys=True))
PY
jq -S -c '{consents: .in_force.consents, people: .in_force.people, by_modality: .in_force.by_modality,
    by_provider: .in_force.by_provider, by_jurisdiction: .in_force.by_jurisdiction, not_in_force,
    weeks: [.expiry.weeks[].consents], never: .expiry.never, median: [.deletion.withdrawn.median_seconds,
    .deletion.ended.median_seconds], worst: [.deletion.withdrawn.worst_seconds, .deletion.ended.worst_seconds],
    templates: .templates.templates}' /run/report.json >/run/told
python3 /run/reckon "$(jq -r .as_of /run/report.json)" | jq -S -c '.median |= map(floor)' >/run/reckoned
expect "every number is as reckoned" 0 '' diff /run/told /run/reckoned
expect "they are not all zero" 0 '^\{"by_jurisdiction".*"consents":1[0-9]{2},.*"weeks":\[[0-9,]*[1-9]' cat /run/told
expect "what is due is what the obligations say" 0 '' diff <(jq -c '[.templates.overdue, .templates.within_30_days,
    .templates.later, .templates.undated]' /run/report.json) <(bioconsent audit --json | jq -c --argjson now "$now" \
    '[.[] | select(.why != "none")] | [([.[] | select(.overdue)] | length),
    ([.[] | select(.due > $now and .due <= $now + 2592000)] | length), ([.[] | select(.due > $now + 2592000)] | length),
    ([.[] | select(.due == 0)] | length)]')
expect "some are overdue" 0 '^[1-9]' jq .templates.overdue /run/report.json
expect "the checkpoint" 0 "^$(wc -l </run/past) consent.example/report$" \
    jq -r '"\(.checkpoint.log_size) \(.checkpoint.origin)"' /run/report.json
expect "names are not in it" 1 '^$' grep -E 'staff-|caller-|Neil' /run/report.json
expect "... unless asked for" 0 '"subject": "O.Neil&co;-2"' bioconsent report --json --names

# ---- the page ----
export TZ=America/Chicago
expect "the page" 0 'report is in' bioconsent report --output /run/report.html
expect "its mode" 0 '^600$' stat -c %a /run/report.html
expect "is right as markup, and for those who hear it" 0 '^0 faults' check_html /run/report.html \
    "$(jq .in_force.consents /run/report.json)" "$(jq .templates.without_consent /run/report.json)" \
    "$(jq .in_force.by_provider.fprintd /run/report.json)" "Median time"
expect "names nobody" 1 '^$' grep -E 'staff-|caller-|guest-|Neil|alert' /run/report.html
expect "local times for people, UTC for programs" 0 'Z">[^<]* C[DS]T</time>' grep -o '<time[^/]*</time>' /run/report.html
expect "with names" 0 'report is in' bioconsent report --output /run/names.html --names
expect "hostile ones are text" 0 '^0 faults' check_html /run/names.html '<script>alert(1)<\script>-2' "O'Neil&co;-2" \
    '`tick`-2' $'"><img\ufffdsrc=x-2'
expect "it says that it is confidential" 0 'Confidential' grep -o 'Confidential' /run/names.html
# That these tests see anything:
sed 's/<footer>/<img src="https:\/\/example.com\/x.png">&/' /run/report.html >/run/bad.html
expect "a picture from elsewhere is seen" 1 'element img' check_html /run/bad.html
sed 's/<footer>/<script>1<\/script>&/' /run/report.html >/run/bad.html
expect "a script is seen" 1 'element script' check_html /run/bad.html
sed 's/<footer>/<p>&/' /run/report.html >/run/bad.html
expect "an element without its end is seen" 1 'unexpected' check_html /run/bad.html
sed 's/--soft: #5a636c/--soft: #b0b8c0/' /run/report.html >/run/bad.html
expect "grey on white is seen" 1 'contrast 2' check_html /run/bad.html
expect "... and that the policy does not name this style" 1 'policy' check_html /run/bad.html
sed 's/@media print/@media paper/' /run/report.html >/run/bad.html
expect "a page that is not for paper is seen" 1 'paper' check_html /run/bad.html
sed 's/ scope="row"//' /run/report.html >/run/bad.html
expect "a heading without its scope is seen" 1 'th without scope' check_html /run/bad.html
sed 's/<title>[^<]*/<title>/; s/lang="en"//' /run/report.html >/run/bad.html
expect "a page without title and language is seen" 1 'no title' check_html /run/bad.html

# ---- what goes wrong ----
cp /run/report.html /run/before.html
mkdir /run/small && mount -t tmpfs -o size=8k small /run/small
expect "a full disk" 1 'No space.*nothing was changed' bioconsent report --output /run/small/report.html
expect "leaves nothing" 0 '^0$' bash -c 'ls -A /run/small | wc -l'
expect "a folder that is not there" 3 'No such file' bioconsent report --output /run/nowhere/report.html
expect "an ordinary user" 1 'only root' as alice bioconsent report --output /home/alice/report.html
expect "a page to standard output" 0 '^<!DOCTYPE html>' bash -c 'bioconsent report | head -n 1'
python3 - <<'PY'
path = "/var/lib/bioconsent/store/data.mdb"
data = open(path, "rb").read()
assert b"camera was sold" in data
open(path, "r+b").write(data.replace(b"camera was sold", b"camera was lost"))
PY
expect "a store that was changed has no report" 5 'corrupt' bioconsent report --output /run/report.html
expect "the old one stays" 0 '' cmp /run/before.html /run/report.html
finish
