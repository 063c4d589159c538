#!/usr/bin/env bash
# Giving and taking back without a key: what subjects accept waits in the spool and is signed there,
# what representatives and guardians accept, and everything that can be wrong with a pending file.
# shellcheck source=tests/preamble.bash
. "$(dirname "${BASH_SOURCE[0]}")/preamble.bash"
on_private_host

spool=/var/lib/bioconsent/spool
notices=/var/lib/bioconsent/notices
receipts=/var/lib/bioconsent/receipts
release='I agree to the use of my fingerprint by Example Ltd.'

# notice ID [VERSION]: publishes a notice of that id, with the release.
notice() {
    printf '%s\n' bioconsent-notice/1 "id: $1" "version: ${2:-1}" 'language: en' \
        'kind: written-release' 'modalities: fingerprint' 'operations: authenticate enroll' \
        'providers: fprintd' 'purposes: login' 'controller: Example Ltd' \
        'service_provider: fprintd, on this host' \
        'biometric_data: a template of your fingerprint' 'purpose: to sign you in' \
        'retention: until you withdraw, at most 3 years' 'disclosure: to nobody' \
        "release: $release" '' "Notice $1." '{controller} with {service_providers} reads' \
        '{biometric_data} {purpose}; kept {retention}; disclosed {disclosure}.' '' '{release}' \
        >"/run/$1.notice"
    bioconsent notice publish "/run/$1.notice"
}

# typed TEXT COMMAND...: with this line as standard input.
typed() {
    local text=$1
    shift
    printf '%s\n' "$text" | "$@"
}

# gate NAME REASON [USER]
gate() {
    local status=1 pattern="refused \\($2\\)"
    if [ "$2" = allow ]; then
        status=0
        pattern='allowed'
    fi
    expect "gate: $1: $2" "$status" "$pattern" \
        bioconsent check "${3:-alice}" --modality fingerprint --provider fprintd
}

# How many of alice's acceptances wait.
waiting() {
    find "$spool" -name "$(id -u alice)-*" | wc -l
}

# posted ID: the file of the notice in the public folder.
posted() {
    find "$notices" -name "*-$1-*.notice"
}

genuine() { # genuine NAME FILE PATTERN: with the public key alone
    expect "$1" 0 "$3" bioconsent-verify "$2" --key "$(grep -v '^#' /etc/bioconsent/trusted-keys)"
}

bioconsent init --origin consent.example/host1 >/dev/null
expect "init makes the public folder" 0 '^root root 755$' stat -c '%U %G %a' "$notices"
expect "init makes the folder of receipts" 0 '^root bioconsent 751$' stat -c '%U %G %a' "$receipts"
expect "before there is a notice" 1 'nothing was accepted.*no-notice' \
    typed "$release" as alice bioconsent accept
notice login >/dev/null

# ---- the public folder ----
expect "publish writes the notice for everybody" 0 '^root root 644$' stat -c '%U %G %a' "$(posted login)"
same "its name is event, id and SHA-256" "$notices/0-login-$(sha256sum <"$(posted login)" | cut -c-64).notice" \
    "$(posted login)"
expect "it is the notice as it was published" 0 '' cmp "$(posted login)" /run/login.notice
name=$(posted login)
damaged() { # damaged NAME: accept refuses, and refresh puts the file right
    expect "accept refuses a notice $1" 5 'is not the notice that its name says' \
        typed "$release" as alice bioconsent accept
    expect "... named, too" 5 'is not the notice' typed "$release" as alice bioconsent accept login
    same "... and nothing is accepted" 0 "$(waiting)"
    bioconsent store refresh >/dev/null
    expect "refresh writes it again" 0 '' cmp "$name" /run/login.notice
}
truncate -s -20 "$name"
damaged "that was cut short"
sed -i 's/at most 3 years/for ever/' "$name"
damaged "with other words"
head -c 1000000 /dev/zero >"$name"
damaged "that is too large"
rm "$name"
mkfifo "$name"
damaged "that is a FIFO"
rm "$name"
ln -s /run/login.notice "$name"
expect "accept follows no link" 1 "$notices: " \
    typed "$release" as alice bioconsent accept
bioconsent store refresh >/dev/null
expect "refresh replaces the link" 0 'regular file' stat -c %F "$name"
rm "$name"
expect "a notice that is not there" 1 'no-notice' typed "$release" as alice bioconsent accept
bioconsent store refresh >/dev/null
mv "$name" "${name/-login-/-other-}"
expect "accept refuses a notice under another id" 5 'is not the notice' \
    typed "$release" as alice bioconsent accept other
bioconsent store refresh >/dev/null
same "refresh removes what is not current" "$name" "$(find "$notices" -type f)"
touch "$notices/stray"
sed 's/^release: .*/release: Yes./' /run/login.notice >/run/forged.notice
forged=$(sha256sum </run/forged.notice | cut -c-64)
install -m 644 /run/forged.notice "$notices/9-login-$forged.notice"
expect "the helper refuses a notice that the store does not have" 1 'no-notice' \
    typed 'Yes.' as alice bioconsent accept
same "... and nothing is accepted" 0 "$(waiting)"
rm "$notices/9-login-$forged.notice" "$notices/stray"
chown alice "$notices"
expect "a folder of another user is not trusted" 5 "$notices" typed "$release" as bob bioconsent accept
chown root "$notices"
# helper NOTICE TYPED: what the helper answers to an acceptance that no accept has checked
helper() {
    as alice python3 - "$1" "$2" <<'PY'
import os, pwd, socket, subprocess, sys
a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
me = pwd.getpwuid(os.getuid())
p = subprocess.Popen(["/usr/local/libexec/bioconsent-check"], stdin=b, env={})
a.send(("bioconsent/1 accept\nnonce %s\nuid %d\nuser %s\noperation authenticate\nmodality fingerprint\n"
        "provider -\npurpose -\nnotice %s\ntyped %s\n" % ("00" * 16, me.pw_uid, me.pw_name, *sys.argv[1:3])).encode())
b.close()
print(a.recv(4096).decode())
PY
}
hash=$(sha256sum </run/login.notice | cut -c-64)
expect "the helper refuses what is not the release" 0 'refuse .* not-typed' helper "$hash" 'I agree.'
expect "the helper refuses a notice that is not there" 0 'refuse .* no-notice' helper "$forged" "$release"
same "... and nothing is accepted" 0 "$(waiting)"

# ---- accepting ----
expect "the notice is shown with its slots filled" 1 \
    'Example Ltd with fprintd, on this host reads' typed '' as alice bioconsent accept
expect "an empty line is a no" 1 'you did not type the release' typed '' as alice bioconsent accept
expect "the end of the input is a no" 1 'you did not type' as alice bioconsent accept
expect "so is another sentence" 1 'not-typed' typed 'I agree to everything.' as alice bioconsent accept
expect "so is yes" 1 'not-typed' typed yes as alice bioconsent accept
expect "so is less than all of it" 1 'not-typed' typed "${release%% by*}" as alice bioconsent accept
expect "so is more than it" 1 'not-typed' typed "$release Not." as alice bioconsent accept
expect "so is a control character" 1 'not-typed' typed "$release"$'\e[2J' as alice bioconsent accept
expect "so is a hundred thousand bytes" 1 'did not type' \
    typed "$(head -c 100000 /dev/zero | tr '\0' a)" as alice bioconsent accept
expect "so is what is not UTF-8" 1 'not-typed' typed "$release"$'\xff' as alice bioconsent accept
same "none of them waits" 0 "$(waiting)"
gate "nothing was accepted" no-record
expect "the release is accepted, however it is spaced" 0 'You have accepted notice login' \
    typed "  i agree to the use  of my fingerprint by example ltd " as alice bioconsent accept
same "it waits" 1 "$(waiting)"
expect "its file is the service user's alone" 0 '^600 bioconsent$' \
    stat -c '%a %U' "$spool/$(find "$spool" -name '*-*' -printf '%f')"
gate "it waits to be signed" acceptance-pending
gate "no acceptance of another person is pending" no-record bob
expect "status says so" 0 'acceptance-pending' as alice bioconsent status
expect "another use is not waited for" 1 'no-record' bioconsent check alice --modality face
expect "accepting again says that it waits" 1 'acceptance-pending' \
    typed "$release" as alice bioconsent accept login
expect "an unknown notice" 1 'no-notice' typed "$release" as alice bioconsent accept other
expect "a notice that is no word" 2 'use a-z 0-9' as alice bioconsent accept ../login
expect "nobody accepts for another" 2 'for' as alice bioconsent accept login --for bob
expect "another configuration is not for raised helpers" 1 'denied' \
    typed "$release" as alice bioconsent accept --config /etc/bioconsent/bioconsent.conf

# ---- on a terminal ----
cat >/run/pager <<'EOF'
#!/bin/sh
cat >/run/paged.$(id -un)
EOF
chmod 755 /run/pager
chmod 1777 /run
on_terminal() { # on_terminal USER TEXT COMMAND...: typed at a terminal of its own
    python3 - "$@" <<'PY'
import os, pty, sys
user, text, command = sys.argv[1], sys.argv[2], sys.argv[3:]
pid, fd = pty.fork()
if pid == 0:
    os.environ["PAGER"] = "/run/pager"
    os.execvp("setpriv", ["setpriv", "--reuid", user, "--regid", user, "--clear-groups"] + command)
seen = b""
typed = False
while True:
    try:
        data = os.read(fd, 4096)
    except OSError:
        break
    if not data:
        break
    seen += data
    if not typed and (seen.endswith(b"> ") or seen.endswith(b"[y/N] ")):
        os.write(fd, text.encode() + (b"" if text == "\x04" else b"\n"))
        typed = True
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
PY
}
expect "at a terminal: the end of the input is a no" 1 'did not type' \
    on_terminal bob $'\x04' bioconsent accept
expect "at a terminal: read in the pager" 0 'Notice login' cat /run/paged.bob
expect "at a terminal: typed" 0 'You have accepted' on_terminal bob "$release" bioconsent accept
gate "what was typed at a terminal" acceptance-pending bob

# ---- signing ----
expect "sign shows what it would sign" 0 '^alice +login ' bioconsent sign --dry-run
expect "and signs nothing without being told" 2 'only with --yes' bioconsent sign
expect "no is no" 1 'nothing was signed' on_terminal root n bioconsent sign
gate "nothing was signed" acceptance-pending
sum=$(sha256sum "$spool/$(id -u alice)-"* | cut -c-64)
expect "sign, at a terminal" 0 "Receipt of alice: $receipts/$(id -u alice)-1-[0-9a-f]{32}.json" on_terminal root y bioconsent sign
gate "signed" allow
gate "signed" allow bob
same "the spool is empty" 0 "$(find $spool -type f | wc -l)"
expect "the consent says what was signed" 0 \
    "release typed by the subject \\(SHA-256 $sum\\)" \
    bioconsent list alice --events --json
expect "nothing waits any more" 0 'No acceptance is pending' bioconsent sign
typed "$release" as alice bioconsent accept >/dev/null
expect "accepting twice is one consent" 0 'had this consent already' bioconsent sign --yes
expect "the store verifies" 0 'all right' bioconsent store verify

# ---- receipts ----
mine=$(receipt alice)
expect "the person owns the receipt" 0 '^alice 400$' stat -c '%U %a' "$mine"
expect "status tells the person where it is" 0 "^Your receipt: $receipts/$(id -u alice)-" as alice bioconsent status
as alice cat "$mine" >/run/receipt
genuine "a receipt is genuine, with the public key alone" /run/receipt 'alice'
expect "it names the notice" 0 'login' jq -r '.events[].payload' /run/receipt
sed 's/alice/alicf/' /run/receipt >/run/changed
expect "not with a byte changed" 1 'refused' bioconsent-verify /run/changed \
    --key "$(grep -v '^#' /etc/bioconsent/trusted-keys)"
same "each person has a receipt" "$(printf '%s\n' alice bob | sort)" "$(stat -c %U "$receipts"/* | sort)"
expect "another user cannot read it" 1 'Permission denied' as bob cat "$mine"
expect "another user cannot list the folder" 2 'Permission denied' as bob ls "$receipts"
expect "nor can the person" 2 'Permission denied' as alice ls "$receipts"
expect "nobody can put a file there" 1 'Permission denied' as alice touch "$receipts/mine"
expect "nor a link" 1 'Permission denied' as alice ln -s /etc/shadow "$receipts/mine"
expect "nor remove one" 1 'Permission denied' as alice rm -f "$mine"
expect "status tells nobody about another person" 2 '^usage: bioconsent status' as bob bioconsent status alice

# ---- withdrawing ----
expect "a withdrawal is acknowledged" 0 'Your consent is withdrawn' as alice bioconsent withdraw
sum=$(sha256sum "$spool/$(id -u alice)" | cut -c-64)
gate "withdrawn" withdrawal-pending
expect "while it waits nothing is accepted" 1 'withdrawal-pending' typed "$release" as alice bioconsent accept
expect "the withdrawal is signed, and the receipt named" 0 "Receipt of alice: $receipts/" bioconsent store refresh
expect "status names the newer receipt" 0 '' test "$(receipt alice)" != "$mine"
as alice cat "$(receipt alice)" >/run/receipt
genuine "the receipt of a withdrawal is genuine, and says everything" /run/receipt 'withdrawn by the person'
expect "it names what was signed" 0 "SHA-256 $sum" cat /run/receipt
expect "the event names what was acknowledged" 0 "SHA-256 $sum" bioconsent list alice --events --json
gate "withdrawn and signed" withdrawn
expect "then one may accept again" 0 'You have accepted' typed "$release" as alice bioconsent accept
gate "accepted again" acceptance-pending
expect "a no after a yes" 0 'withdrawn' as alice bioconsent withdraw
same "takes the yes out of the spool" 0 "$(waiting)"
expect "sign signs the no" 0 '' bioconsent sign --yes
gate "the no counts" withdrawn
for ((i = 0; i < 1000; i++)); do
    as alice bioconsent withdraw >/dev/null || break
done
same "a thousand withdrawals" 1000 "$i"
same "are one" 1 "$(find $spool -type f | wc -l)"
before=$(bioconsent store verify --json | jq .events)
expect "and end nothing twice" 0 'signed anew' bioconsent store refresh
same "no event more" "$before" "$(bioconsent store verify --json | jq .events)"

# ---- two who sign at once ----
for user in alice bob; do
    as $user bioconsent withdraw >/dev/null
done
bioconsent store refresh >/dev/null
for user in alice bob; do
    typed "$release" as $user bioconsent accept >/dev/null
done
before=$(bioconsent store verify --json | jq .events)
for n in 1 2 3 4; do
    bioconsent sign --yes >"/run/signed.$n" 2>&1 &
done
wait
same "four who sign at once sign each once" "$((before + 2))" "$(bioconsent store verify --json | jq .events)"
gate "signed by one of them" allow
gate "signed by one of them" allow bob
same "the spool is empty" 0 "$(find $spool -type f | wc -l)"

# ---- killed between the commit and the spool; put back from a backup ----
as alice bioconsent withdraw >/dev/null
bioconsent store refresh >/dev/null
typed "$release" as alice bioconsent accept >/dev/null
mkdir /run/kept
cp -a $spool/. /run/kept/
bioconsent sign --yes >/dev/null
before=$(bioconsent store verify --json | jq .events)
cp -a /run/kept/. $spool/
expect "what is signed already is not signed twice" 0 'had this consent already' bioconsent sign --yes
same "no event more" "$before" "$(bioconsent store verify --json | jq .events)"
same "and it is out of the spool" 0 "$(waiting)"
bioconsent revoke alice >/dev/null
cp -a /run/kept/. $spool/
expect "what was ended is not signed again" 1 'withdrawn or ended since' bioconsent sign --yes
gate "a pending acceptance allows nothing" acceptance-pending
rm $spool/*-*
gate "what was ended stays so" revoked

# ---- a yes and a no at once ----
left=0
for ((i = 0; i < 30; i++)); do
    typed "$release" as alice bioconsent accept >/dev/null 2>&1 &
    as alice bioconsent withdraw >/dev/null &
    wait
    [ "$(waiting)" = 0 ] || left=$((left + 1))
    rm -f "$spool"/*
done
same "where a no waits no yes does, in 30 races" 0 "$left"
typed "$release" as alice bioconsent accept >/dev/null
bioconsent sign --yes >/dev/null

# ---- a spool filled by one user ----
for n in 1 2 3 4 5 6 7 8 9; do
    notice "more-$n" >/dev/null
done
for n in 1 2 3 4 5 6 7 8; do
    typed "$release" as alice bioconsent accept "more-$n" >/dev/null
done
same "eight acceptances wait" 8 "$(waiting)"
expect "the ninth is refused" 1 'too-many' typed "$release" as alice bioconsent accept more-9
expect "others still accept" 0 'You have accepted' typed "$release" as bob bioconsent accept more-9
expect "others still withdraw" 0 'withdrawn' as bob bioconsent withdraw
gate "others' withdrawal counts" withdrawal-pending bob
expect "and so does the one's own" 0 'withdrawn' as alice bioconsent withdraw
same "which empties the spool of them" 0 "$(waiting)"
bioconsent store refresh >/dev/null

# ---- a pending file is malformed ----
accept_as_alice() {
    typed "$release" as alice bioconsent accept "${1:-login}" >/dev/null
    file=$(find "$spool" -name "$(id -u alice)-*")
}
typed "$release" as bob bioconsent accept >/dev/null
left() { # left NAME PATTERN: alice's cannot be signed, bob's is looked at all the same
    expect "left: $1" 0 "$(basename "$file").*cannot be signed: .*$2" bioconsent sign --dry-run
    expect "... and bob's is not" 0 '^bob +more-9' bioconsent sign --dry-run
    rm -rf "$file"
}
accept_as_alice
echo garbage >"$file"
left "garbage" 'not of the required form'
accept_as_alice
printf '\0' >>"$file"
left "a NUL at the end" 'not of the required form'
accept_as_alice
head -c 100000 /dev/zero >"$file"
left "too large" 'larger than allowed'
accept_as_alice
: >"$file"
left "empty" 'not of the required form'
accept_as_alice
chown bob "$file"
left "another's file" 'not a file of the service'
accept_as_alice
mv "$file" /run/moved
ln -s /run/moved "$file"
left "a link" 'cannot be read'
accept_as_alice
rm "$file"
mkfifo "$file"
left "a FIFO" 'not a file of the service'
accept_as_alice
rm "$file"
mkdir "$file"
left "a folder" 'not a file of the service'
accept_as_alice
sed -i "s/^uid .*/uid $(id -u bob)/" "$file"
chown bioconsent "$file"
left "the uid of another person within" 'not of the required form'
accept_as_alice
sed -i 's/^name .*/name formerly/' "$file"
chown bioconsent "$file"
left "an account of another name" 'no account of this name'
accept_as_alice
sed -i 's/^typed .*/typed yes/' "$file"
chown bioconsent "$file"
left "not the release" 'not the release'
accept_as_alice
sed -i 's/^log .*/log 2/' "$file"
chown bioconsent "$file"
left "older than the last withdrawal" 'withdrawn or ended since'
accept_as_alice
sed -i 's/^notice login /notice more-1 /' "$file"
chown bioconsent "$file"
left "the text of another notice" 'no longer, current'
accept_as_alice
echo 'colour blue' >>"$file"
left "a line more" 'not of the required form'
accept_as_alice
echo garbage >"$file"
expect "what is good is signed beside what is not" 1 '1 signed, 1 left' bioconsent sign --yes
gate "bob's was signed" allow bob
expect "--json says which is which" 1 '"fault": "not of the required form"' bioconsent sign --yes --json
expect "--discard removes what cannot be signed" 1 'is removed' bioconsent sign --yes --discard
same "it is gone" 0 "$(waiting)"
touch "$spool/stray"
accept_as_alice
expect "a stray file stops nobody" 0 'stray cannot be read' bioconsent sign --yes
gate "signed beside a stray file" allow
rm "$spool/stray"

# ---- a notice that changes while an acceptance waits ----
as alice bioconsent withdraw >/dev/null
bioconsent store refresh >/dev/null
accept_as_alice more-1
release='I still agree to the use of my fingerprint by Example Ltd.'
notice more-1 2 >/dev/null
expect "what was accepted is no longer the notice" 0 'no longer, current' bioconsent sign --dry-run
expect "and is not signed" 1 '0 signed, 1 left' bioconsent sign --yes
gate "the old text does not wait" withdrawn
expect "the new text can be accepted" 0 'You have accepted' typed "$release" as alice bioconsent accept more-1
bioconsent sign --yes --discard >/dev/null 2>&1
gate "and signed" allow

same "the file of the old text is gone" 1 "$(find "$notices" -name '*-more-1-*' | wc -l)"

# ---- by the administrator ----
useradd carol
zeros=$(printf '0%.0s' $(seq 64))
ones=$(printf '1%.0s' $(seq 64))
guardian=(--given-by guardian --representative 'B. Carer' --authority 'court order 12')
expect "a guardian without authority" 2 'needs --authority' \
    bioconsent grant carol login --given-by guardian --representative 'B. Carer'
expect "a guardian's consent on paper" 0 "Receipt of carol: $receipts/$(id -u carol)-" \
    bioconsent grant carol login --paper "$ones" "${guardian[@]}" --proof "$zeros"
as carol cat "$(receipt carol)" >/run/receipt
genuine "its receipt is genuine" /run/receipt 'B. Carer'
expect "the paper's SHA-256 is kept" 0 "\"paper\": *\"$ones\"" bioconsent list carol --events --json
expect "and that it was on paper" 0 '"collected": *"on paper"' bioconsent list carol --events --json
expect "twice is once" 1 'has this consent already' \
    bioconsent grant carol login --paper "$ones" "${guardian[@]}"
expect "--json names the receipt" 0 "\"file\": \"$receipts/$(id -u carol)-" bioconsent revoke carol --json
as carol cat "$(receipt carol)" >/run/receipt
genuine "a revocation has its receipt" /run/receipt 'carol'
bioconsent grant carol login >/dev/null
expect "a withdrawal on paper has one" 0 "Receipt of carol: $receipts/" bioconsent withdraw carol
bioconsent grant carol login >/dev/null
expect "and the end of the purpose" 0 "Receipt of carol: $receipts/" bioconsent revoke carol --purpose-ended
before=$(find "$receipts" -type f | wc -l)
expect "a person without an account has no receipt" 0 'recorded' \
    bioconsent grant caller-9 login --external
same "no file more" "$before" "$(find "$receipts" -type f | wc -l)"
bioconsent revoke caller-9 --external >/dev/null

# ---- where a receipt cannot be written ----
mv "$receipts" /run/elsewhere
expect "the consent is recorded all the same" 6 'recorded and signed; only its file could not be written' \
    bioconsent grant carol login
gate "recorded without a receipt" allow carol
expect "status has no receipt to name" 0 'login' as carol bioconsent status
ln -s /run/elsewhere "$receipts"
expect "a folder that is a link is not followed" 6 "$receipts" bioconsent revoke carol
rm "$receipts"
mv /run/elsewhere "$receipts"
chown bob "$receipts"
expect "a folder of another user is not used" 6 "$receipts" bioconsent grant carol login
chown root "$receipts"

# ---- a number that another person had before ----
bioconsent revoke carol >/dev/null
number=$(id -u carol)
userdel carol
useradd --uid "$number" dave
same "who has the number now is told of no receipt" null "$(receipt dave)"
bioconsent grant dave login >/dev/null
expect "but of the own one" 0 dave cat "$(receipt dave)"
bioconsent revoke dave >/dev/null

# ---- erased ----
expect "erase removes the receipts" 0 'are erased' bioconsent erase dave
same "none is left" 0 "$(find "$receipts" -name "$number-*" | wc -l)"
expect "those of others stay" 0 '' test -n "$(find "$receipts" -name "$(id -u bob)-*")"
expect "the store verifies" 0 'all right' bioconsent store verify
for verb in accept sign status; do
    expect "--help: $verb" 0 'usage:' bioconsent $verb --help
done
finish
