#!/usr/bin/env bash
# Giving and taking back without a key: what subjects accept waits in the spool and is signed there,
# what representatives and guardians accept, and everything that can be wrong with what waits.
# shellcheck source=tests/preamble.bash
. "$(dirname "${BASH_SOURCE[0]}")/preamble.bash"
on_private_host

spool=/var/lib/bioconsent/spool
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

# same NAME WANT GOT
same() {
    if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "$3, not $2"; fi
}

# How many of alice's acceptances wait.
waiting() {
    find "$spool" -name "$(id -u alice)-*" ! -name '*.no' | wc -l
}

bioconsent init --origin consent.example/host1 >/dev/null
expect "before there is a notice" 1 'nothing was accepted.*no-notice' \
    typed "$release" as alice bioconsent accept
notice login >/dev/null

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
expect "the release is accepted, however it is spaced" 0 'waits to be signed, with this SHA-256: [0-9a-f]{64}' \
    typed "  i agree to the use  of my fingerprint by example ltd " as alice bioconsent accept
same "it waits" 1 "$(waiting)"
expect "its file is the service user's alone" 0 '^600 bioconsent$' \
    stat -c '%a %U' "$spool/$(find "$spool" -name '*-*' -printf '%f')"
gate "it waits to be signed" acceptance-pending
gate "nobody else's waits" no-record bob
expect "status says so" 0 'acceptance-pending' as alice bioconsent status
expect "another use is not waited for" 1 'no-record' bioconsent check alice --modality face
expect "accepting again says that it waits" 1 'acceptance-pending' \
    typed "$release" as alice bioconsent accept login
expect "an unknown notice" 1 'no-notice' typed "$release" as alice bioconsent accept other
expect "a notice that is no word" 2 'words of' as alice bioconsent accept ../login
expect "the one who accepts gives no one else's consent" 2 'goes with --for' \
    as alice bioconsent accept --given-by guardian
expect "an ordinary user cannot accept for another" 1 'only root' \
    as alice bioconsent accept login --for bob
expect "another configuration is not for raised helpers" 1 'denied' \
    as alice bioconsent --config /etc/bioconsent/bioconsent.conf accept

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
expect "at a terminal: typed" 0 'waits to be signed' on_terminal bob "$release" bioconsent accept
gate "what was typed at a terminal" acceptance-pending bob

# ---- signing ----
expect "sign-pending shows what it would sign" 0 '^alice +login .* accept' bioconsent sign-pending --list
expect "and signs nothing without being told" 2 'only with --yes' bioconsent sign-pending
expect "no is no" 1 'nothing was signed' on_terminal root n bioconsent sign-pending
gate "nothing was signed" acceptance-pending
sum=$(sha256sum "$spool/$(id -u alice)-"* | cut -c-64)
expect "sign-pending, at a terminal" 0 '2 signed, 0 left' on_terminal root y bioconsent sign-pending
gate "signed" allow
gate "signed" allow bob
same "the spool is empty" 0 "$(find $spool -type f | wc -l)"
expect "the consent says what was signed" 0 \
    "release typed by the subject \\(accept, asked by uid $(id -u alice), SHA-256 $sum\\)" \
    bioconsent log --subject alice --json
expect "nothing waits any more" 0 'No acceptance waits' bioconsent sign-pending
expect "accepting what one has accepted" 1 '\(consented\)' typed "$release" as alice bioconsent accept
expect "the store verifies" 0 'all right' bioconsent verify

# ---- receipts ----
genuine() { # genuine NAME FILE PATTERN
    expect "$1" 0 "$3" bioconsent-verify "$2" --key "$(grep -v '^#' /etc/bioconsent/trusted-keys)"
}
expect "a receipt says what was consented to" 0 'login' as alice bioconsent receipt
as alice bioconsent receipt --json >/run/receipt
genuine "a receipt is genuine, with the public key alone" /run/receipt 'alice'
sed 's/alice/alicf/' /run/receipt >/run/changed
expect "not with a byte changed" 1 'refused' bioconsent-verify /run/changed \
    --key "$(grep -v '^#' /etc/bioconsent/trusted-keys)"
event=$(bioconsent log --subject alice --json | jq '.[-1].event')
expect "nobody gets another's" 1 'denied' as bob bioconsent receipt alice
expect "nor by its number" 3 'no such consent' as bob bioconsent receipt --event "$event"
expect "nor what is about nobody" 3 'no such consent' as bob bioconsent receipt --event 0
expect "nor what is not there" 3 'no such consent' as bob bioconsent receipt --event 99999
expect "nor what is no number" 2 'not a number' as bob bioconsent receipt --event -1
expect "the administrator gets everybody's" 0 'alice' bioconsent receipt alice --event "$event"
expect "into a file" 0 '' bioconsent receipt alice --output /run/alice.receipt
expect "that is its owner's alone" 0 '^600' stat -c %a /run/alice.receipt
genuine "which is genuine too" /run/alice.receipt 'alice'

# ---- withdrawing ----
expect "a withdrawal is acknowledged" 0 'SHA-256: [0-9a-f]{64}' as alice bioconsent withdraw
sum=$(sha256sum "$spool/$(id -u alice)" | cut -c-64)
gate "withdrawn" withdrawal-pending
expect "while it waits nothing is accepted" 1 'withdrawal-pending' typed "$release" as alice bioconsent accept
expect "the withdrawal is signed" 0 'signed anew' bioconsent refresh
expect "a withdrawal has its receipt" 0 'withdr' as alice bioconsent receipt
expect "which names what was acknowledged" 0 "SHA-256 $sum" as alice bioconsent receipt --json
expect "the event names what was acknowledged" 0 "SHA-256 $sum" bioconsent log --subject alice --json
gate "withdrawn and signed" withdrawn
expect "then one may accept again" 0 'waits' typed "$release" as alice bioconsent accept
gate "accepted again" acceptance-pending
expect "a no after a yes" 0 'withdrawn' as alice bioconsent withdraw
same "takes the yes out of the spool" 0 "$(waiting)"
expect "sign-pending signs the no" 0 '' bioconsent sign-pending --yes
gate "the no counts" withdrawn
for ((i = 0; i < 1000; i++)); do
    as alice bioconsent withdraw >/dev/null || break
done
same "a thousand withdrawals" 1000 "$i"
same "are one" 1 "$(find $spool -type f | wc -l)"
before=$(bioconsent verify --json | jq .events)
expect "and end nothing twice" 0 'signed anew' bioconsent refresh
same "no event more" "$before" "$(bioconsent verify --json | jq .events)"

# ---- two who sign at once ----
for user in alice bob; do
    as $user bioconsent withdraw >/dev/null
done
bioconsent refresh >/dev/null
for user in alice bob; do
    typed "$release" as $user bioconsent accept >/dev/null
done
before=$(bioconsent verify --json | jq .events)
for n in 1 2 3 4; do
    bioconsent sign-pending --yes >"/run/signed.$n" 2>&1 &
done
wait
same "four who sign at once sign each once" "$((before + 2))" "$(bioconsent verify --json | jq .events)"
gate "signed by one of them" allow
gate "signed by one of them" allow bob
same "the spool is empty" 0 "$(find $spool -type f | wc -l)"

# ---- killed between the commit and the spool; put back from a backup ----
as alice bioconsent withdraw >/dev/null
bioconsent refresh >/dev/null
typed "$release" as alice bioconsent accept >/dev/null
mkdir /run/kept
cp -a $spool/. /run/kept/
bioconsent sign-pending --yes >/dev/null
before=$(bioconsent verify --json | jq .events)
cp -a /run/kept/. $spool/
expect "what is signed already is not signed twice" 0 'had this consent already' bioconsent sign-pending --yes
same "no event more" "$before" "$(bioconsent verify --json | jq .events)"
same "and it is out of the spool" 0 "$(waiting)"
bioconsent revoke alice >/dev/null
cp -a /run/kept/. $spool/
expect "what was ended is not signed again" 1 'withdrawn or ended since' bioconsent sign-pending --yes
gate "what waits allows nothing" acceptance-pending
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
bioconsent sign-pending --yes >/dev/null

# ---- a spool filled by one user ----
for n in 1 2 3 4 5 6 7 8 9; do
    notice "more-$n" >/dev/null
done
for n in 1 2 3 4 5 6 7 8; do
    typed "$release" as alice bioconsent accept "more-$n" >/dev/null
done
same "eight acceptances wait" 8 "$(waiting)"
expect "the ninth is refused" 1 'too-many' typed "$release" as alice bioconsent accept more-9
expect "others still accept" 0 'waits' typed "$release" as bob bioconsent accept more-9
expect "others still withdraw" 0 'withdrawn' as bob bioconsent withdraw
gate "others' withdrawal counts" withdrawal-pending bob
expect "and so does the one's own" 0 'withdrawn' as alice bioconsent withdraw
same "which empties the spool of them" 0 "$(waiting)"
bioconsent refresh >/dev/null

# ---- what waits is wrong ----
accept_as_alice() {
    typed "$release" as alice bioconsent accept "${1:-login}" >/dev/null
    file=$(find "$spool" -name "$(id -u alice)-*")
}
typed "$release" as bob bioconsent accept >/dev/null
left() { # left NAME PATTERN: alice's cannot be signed, bob's is looked at all the same
    expect "left: $1" 0 "$(basename "$file").*cannot be signed: .*$2" bioconsent sign-pending --list
    expect "... and bob's is not" 0 '^bob +more-9' bioconsent sign-pending --list
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
left "somebody else's uid within" 'not of the required form'
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
left "the text of another notice" 'no longer, accepted'
accept_as_alice
echo 'colour blue' >>"$file"
left "a line more" 'not of the required form'
accept_as_alice
echo garbage >"$file"
expect "what is good is signed beside what is not" 1 '1 signed, 1 left' bioconsent sign-pending --yes
gate "bob's was signed" allow bob
expect "--json says which is which" 1 '"fault": "not of the required form"' bioconsent sign-pending --yes --json
expect "--discard removes what cannot be signed" 1 'is removed' bioconsent sign-pending --yes --discard
same "it is gone" 0 "$(waiting)"
touch "$spool/stray"
accept_as_alice
expect "a stray file stops nobody" 0 'stray is not a withdrawal' bioconsent sign-pending --yes
gate "signed beside a stray file" allow
rm "$spool/stray"

# ---- a notice that changes while an acceptance waits ----
as alice bioconsent withdraw >/dev/null
bioconsent refresh >/dev/null
accept_as_alice more-1
release='I still agree to the use of my fingerprint by Example Ltd.'
notice more-1 2 >/dev/null
expect "what was accepted is no longer the notice" 0 'no longer, accepted' bioconsent sign-pending --list
expect "and is not signed" 1 '0 signed, 1 left' bioconsent sign-pending --yes
gate "the old text does not wait" withdrawn
expect "the new text can be accepted" 0 'waits' typed "$release" as alice bioconsent accept more-1
bioconsent sign-pending --yes --discard >/dev/null 2>&1
gate "and signed" allow

# ---- at a sign-in ----
release='I still agree to the use of my fingerprint by Example Ltd.'
mkdir /run/pam
grep -v fprintd.so "$here/../doc/pam.d/offer-after-password" >/run/pam/login # no reader here
sed 's/^auth.*default=1.*/auth sufficient pam_deny.so/' -i /run/pam/login
if [ -n "${BC_SANITIZED:-}" ]; then # its crypt(3) is not there for modules that load libcrypt late
    cat >/run/check-password <<'EOF'
#!/bin/sh
[ "$(tr -d '\0')" = alice-password ]
EOF
    chmod 755 /run/check-password
    sed -i 's,^auth *requisite.*,auth requisite pam_exec.so quiet expose_authtok /run/check-password,
        s/^account.*/account required pam_permit.so/' /run/pam/login
fi
log=/run/syslog
coproc SYSLOG { exec "$here/virtual-reader" syslog "$log"; }
read -r -u "${SYSLOG[0]}" _
sign_in() { # sign_in ANSWER [PASSWORD] [OPTION...]: alice signs in and answers so
    local answer=$1 password=${2:-alice-password}
    shift "$(($# < 2 ? $# : 2))"
    "$BC_BUILD_DIR/tests/pam-login" --confdir /run/pam --password "$password" --answer "$answer" \
        "$@" login alice
}
as alice bioconsent withdraw >/dev/null
bioconsent refresh >/dev/null
expect "who has withdrawn is not urged" 0 'auth PAM_SUCCESS' sign_in "$release"
same "and accepts nothing" 0 "$(waiting)"
userdel alice
useradd --create-home --password "$(openssl passwd -6 alice-password)" --uid 4242 alice
if sign_in "$release" wrong-password 2>&1 | grep -q 'Notice more-1'; then
    not_ok "who does not know the password is shown no notice"
else
    ok "who does not know the password is shown no notice"
fi
same "and accepts nothing" 0 "$(waiting)"
if sign_in "$release" alice-password --silent 2>&1 | grep -q Notice; then
    not_ok "PAM_SILENT shows nothing"
else
    ok "PAM_SILENT shows nothing"
fi
expect "who does is shown it" 0 'info: Notice more-1' sign_in 'no, thanks'
rm $spool/*.no
expect "another answer is a no, and signs in" 0 'auth PAM_SUCCESS' sign_in 'no, thanks'
same "which accepts nothing" 0 "$(waiting)"
expect "which is logged" 0 'nothing was accepted: reason=not-typed user=alice' grep nothing.was.accepted $log
if sign_in "$release" 2>&1 | grep -q 'Notice more-1'; then
    not_ok "who said no is not asked again at once"
else
    ok "who said no is not asked again at once"
fi
touch -d '31 days ago' $spool/*.no
expect "but after 30 days" 0 'prompt: To accept, type: I still agree' sign_in "$release"
same "what was typed waits" 1 "$(waiting)"
expect "which is logged" 0 'offer: accepted, and waits.*user=alice notice=[0-9a-f]{64}' grep offer: $log
gate "accepted at a sign-in" acceptance-pending
if sign_in "$release" 2>&1 | grep -q 'Notice more-1'; then
    not_ok "who has accepted is not asked again"
else
    ok "who has accepted is not asked again"
fi
expect "sign-pending says where from" 0 '^alice +more-1 .*pam.login' bioconsent sign-pending --yes --receipts /run
gate "accepted at a sign-in and signed" allow
genuine "and writes the receipts" "$(find /run -maxdepth 1 -name 'alice-*.json')" 'alice'
expect "the consent says who asked" 0 'pam.login, asked by uid 0' bioconsent log --subject alice --json
same "old noes are swept" 0 "$(find $spool -name '*.no' | wc -l)"

# ---- before the administrator ----
release='I agree to the use of my fingerprint by Example Ltd.'
useradd carol
zeros=$(printf '0%.0s' $(seq 64))
ones=$(printf '1%.0s' $(seq 64))
for_carol=(bioconsent accept login --for carol)
guardian=(--given-by guardian --representative 'B. Carer' --authority 'court order 12')
expect "a guardian who declines" 1 'B. Carer did not type' typed '' "${for_carol[@]}" "${guardian[@]}"
expect "a guardian without authority" 2 'needs --authority' \
    typed "$release" "${for_carol[@]}" --given-by guardian --representative 'B. Carer'
expect "a guardian's consent is signed at once" 0 'consent of carol is recorded' \
    typed "$release" "${for_carol[@]}" "${guardian[@]}" --evidence-sha256 "$zeros"
expect "a revocation with its receipt" 0 'revoked' bioconsent revoke carol --receipt /run/revoked
genuine "... which is genuine" /run/revoked carol
expect "with the evidence" 0 "\"evidence\": *\"$zeros\"" bioconsent log --subject carol --json
expect "and who it was" 0 '"representative": *"B. Carer"' bioconsent log --subject carol --json
expect "on paper nobody types" 0 'recorded' "${for_carol[@]}" --paper-sha256 "$ones" --receipt /run/paper
genuine "the receipt is written at once" /run/paper carol
expect "the paper's SHA-256 is kept" 0 "\"paper\": *\"$ones\"" bioconsent log --subject carol --json
expect "twice is once" 1 'has this consent already' "${for_carol[@]}" --paper-sha256 "$ones"
expect "for somebody without an account" 0 'recorded' \
    typed "$release" bioconsent accept login --for caller-9 --external-subject
expect "--for names the notice" 2 'takes the NOTICE' bioconsent accept --for carol
expect "no such account" 3 'no account' bioconsent accept login --for nobody-here --paper-sha256 "$ones"
expect "the store verifies" 0 'all right' bioconsent verify
for verb in accept sign-pending receipt; do
    expect "--help: $verb" 0 'usage:' bioconsent $verb --help
done
finish
