#!/usr/bin/env bash
# Checkpoints as installed: compared, cosigned by witnesses, demanded by the gate, published; and an
# administrator with the key who writes another past.
# shellcheck source=tests/preamble.bash
. "$(dirname "${BASH_SOURCE[0]}")/preamble.bash"
on_private_host

store=/var/lib/bioconsent/store
state=/var/lib/bioconsent/state
conf=/etc/bioconsent/bioconsent.conf
w1=/home/alice/witness
w2=/home/bob/witness
mkdir /run/t /run/b
chmod 1777 /run/t
cd /run/t || exit 1

b() { # the second store
    bioconsent --config /run/b/etc/b.conf "$@"
}

witness() { # witness USER ARGUMENT...
    local user=$1
    shift
    as "$user" bioconsent witness --folder "/home/$user/witness" "$@"
}

# cosign USER [SIZE]: the whole way through standard input and output.
cosign() {
    local user=$1
    shift
    bioconsent checkpoint request "$@" --output ask && witness "$user" <ask >answer 2>/dev/null
    bioconsent checkpoint add-cosignature answer --request ask
}

gate() { # gate NAME REASON
    local status=1 pattern="refused \\($2\\)"
    [ "$2" != allow ] || status=0 pattern=allowed
    expect "gate: $1: $2" "$status" "$pattern" bioconsent check alice --modality fingerprint
}

same() { # same NAME FILE FILE
    if cmp -s "$2" "$3"; then ok "$1"; else not_ok "$1" "$(cmp "$2" "$3" 2>&1)"; fi
}

feed() { # feed FILE COMMAND...
    local file=$1
    shift
    "$@" <"$file"
}

event() { # event [NAME]: one more event, of somebody else
    people=$((people + 1))
    bioconsent grant "${1:-person}-$people" --external-subject --notice login >/dev/null
}
people=0

save() { # save NAME, back NAME: a copy of the store, as a backup is
    rm -rf "/run/saved-$1"
    cp -a $store "/run/saved-$1"
}
back() {
    rm -rf $store
    cp -a "/run/saved-$1" $store
}

other() { # other LINE FILE: with another first character in that line
    sed "$1{s/^0/1/;t;s/^./0/}" "$2"
}

flip() { # flip FILE OFFSET: one bit of it
    local byte
    byte=$(od -An -tu1 -j "$2" -N 1 "$1")
    # shellcheck disable=SC2059
    printf "\\$(printf %03o $((byte ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

head_of() { # head_of ORIGIN
    printf '%s' "$1" | sha256sum | cut -d ' ' -f 1
}

bioconsent init --origin consent.example/a >/dev/null
b init --origin consent.example/b --state-dir /run/b/var >/dev/null
write_notice /run/t/notice.txt login 1
bioconsent notice publish /run/t/notice.txt >/dev/null || exit 1
bioconsent grant alice --notice login >/dev/null
for _ in 1 2; do event; done
key_a=$(bioconsent key show --json | jq -r '.[0].key')
key_b=$(b key show --json | jq -r '.[0].key')

# ---- export and compare ----
expect "export writes the signed checkpoint" 0 '^consent.example/a' bioconsent checkpoint export
bioconsent checkpoint export head4
expect "into a file, the same bytes" 0 '' cmp head4 <(bioconsent checkpoint export)
expect "for everybody to read" 0 '^644' stat -c %a head4
expect "into a folder that is not there" 3 'No such file' bioconsent checkpoint export /run/t/none/head
for _ in 1 2 3; do event; done
bioconsent checkpoint export head7
bioconsent refresh >/dev/null
bioconsent checkpoint export head7-later
expect "the same checkpoint twice" 0 '^One history' bioconsent checkpoint compare head7 head7
expect "signed anew it is the same" 0 'the same 7 events' bioconsent checkpoint compare head7 head7-later
expect "the later extends the earlier" 0 'head7 \(7 events\) extends head4 \(4\)' bioconsent checkpoint compare head4 head7
expect "in whatever order they are given" 0 'head7 \(7 events\) extends head4 \(4\)' bioconsent checkpoint compare head7 head4
expect "as JSON" 0 '"verdict": "extends"' bioconsent checkpoint compare head4 head7 --json
bioconsent checkpoint compare head4 head7 --write-proof proof47 >/dev/null
elsewhere=(env HOME=/ bioconsent --config /none checkpoint compare)
expect "elsewhere with key and proof alone" 0 'extends' "${elsewhere[@]}" head4 head7 --key "$key_a" --proof proof47
expect "elsewhere without a proof it can't be told" 3 'bioconsent init' "${elsewhere[@]}" head4 head7 --key "$key_a"
expect "equal sizes need no proof" 0 'same 7 events' "${elsewhere[@]}" head7 head7-later --key "$key_a"
expect "another key" 5 'not signed by a trusted key' "${elsewhere[@]}" head4 head7 --key "$key_b" --proof proof47
expect "not a key" 2 'verifier key' "${elsewhere[@]}" head4 head7 --key nonsense
other 3 head7 >damaged
expect "a damaged checkpoint" 5 'the signature is wrong' bioconsent checkpoint compare head4 damaged
expect "no checkpoint at all" 5 'not a signed checkpoint' bioconsent checkpoint compare head4 notice.txt
expect "a file that is not there" 3 'No such file' bioconsent checkpoint compare head4 none
other 1 proof47 >wrong-proof
expect "a wrong proof is no proof of a fork" 5 'does not prove' bioconsent checkpoint compare head4 head7 --proof wrong-proof
printf 'rubbish\n' >wrong-proof
expect "rubbish is no proof" 5 'not a proof' bioconsent checkpoint compare head4 head7 --proof wrong-proof
b checkpoint export head-b
expect "two stores are not compared" 2 'different stores' bioconsent checkpoint compare head4 head-b --key "$key_a,$key_b"

# ---- a witness ----
expect "a witness is made" 0 '^witness.example/one\+' witness alice init witness.example/one
expect "not twice" 1 'nothing of it was changed' witness alice init witness.example/one
expect "its key is its own" 0 '^600 alice' stat -c '%a %U' $w1/key
witness bob init witness.example/two >/dev/null
key_1=$(witness alice key)
key_2=$(witness bob key)
bioconsent check alice --modality fingerprint >/dev/null
seen=$(stat -c %i $state/seen)
bioconsent checkpoint request --output ask
expect "a witness without stores" 1 'log lines' feed ask witness alice
printf 'log %s\n' "$key_b" >$w1/logs
expect "an unknown store" 3 'refused 404' feed ask witness alice
printf 'log %s\nlog %s\n' "$key_a" "$key_b" | tee $w1/logs >$w2/logs
printf 'log %s\nlogs\n' "$key_a" >bad-logs
cp $w1/logs good-logs
cp bad-logs $w1/logs
expect "a list with a fault" 1 'logs: line 2: not log' feed ask witness alice
cp good-logs $w1/logs
chmod o+w $w1/logs
expect "a list that others may write" 1 'let somebody else write' feed ask witness alice
chmod o-w $w1/logs
expect "a cosignature, through standard input and output" 0 '^— witness.example/one ' feed ask witness alice
witness alice <ask >answer 2>/dev/null
expect "the same request again is a conflict, with the size" 4 'size 7' feed ask witness alice
expect "and whoever adds the answer learns the size" 4 '^7$' bioconsent checkpoint add-cosignature answer --key "$key_1"
expect "and a request of that size is cosigned" 0 '^1 cosignature added' \
    bash -c "bioconsent checkpoint request 7 | setpriv --reuid alice --regid alice --clear-groups bioconsent witness --folder $w1 |
        bioconsent checkpoint add-cosignature - --key $key_1"
expect "the head is kept by the hash of the origin" 0 '^consent.example/a' cat "$w1/heads/$(head_of consent.example/a)"
expect "the cosignature stands on the checkpoint" 0 '^— witness.example/one ' bioconsent checkpoint export
sed -n '1,/^$/p' head7-later >text1
bioconsent checkpoint export head7-cosigned
sed -n '1,/^$/p' head7-cosigned >text2
same "and changed nothing of its text" text1 text2
expect "the store is all right" 0 'all right' bioconsent verify
gate "it is the checkpoint that was seen" allow
expect "and not noted a second time" 0 "^$seen\$" stat -c %i $state/seen
bioconsent checkpoint request 7 --output ask
expect "over files" 0 '' witness alice --request ask --answer answer1
expect "over files, the answer" 0 '^— witness.example/one ' cat answer1
expect "a witness that is not known here" 5 'no cosignature by a witness' bioconsent checkpoint add-cosignature answer1 --key "$key_2"
expect "no witness is known" 2 'no witness is known' bioconsent checkpoint add-cosignature answer1
sed 's/^\(.\{60\}\)A/\1B/;t;s/^\(.\{60\}\)./\1A/' answer1 >forged
expect "a forged answer" 5 'wrong|no cosignature' bioconsent checkpoint add-cosignature forged --key "$key_1"
expect "rubbish as an answer" 1 'not an answer' bioconsent checkpoint add-cosignature notice.txt --key "$key_1"
expect "the second store has its own head there" 0 '^— witness' feed <(b checkpoint request) witness alice
expect "which is its own file" 0 '^consent.example/b' cat "$w1/heads/$(head_of consent.example/b)"

# ---- bad requests ----
: >empty
head -c 3000 /dev/urandom >random
head -c 2000000 /dev/zero >huge
head -c 100 ask >cut-off
sed 's/^old 7/old 07/' ask >leading-zero
sed 's/^old 7/old 8/' ask >too-old
for bad in empty random cut-off leading-zero too-old notice.txt; do
    expect "$bad is no request" 2 'refused 400' feed $bad witness alice
done
expect "a huge one" 1 'larger than' feed huge witness alice
sed '/^consent/s/./C/' ask >other-origin
expect "another origin" 3 'refused 404' feed other-origin witness alice
other 6 ask >other-text
expect "another text" 5 'refused 403' feed other-text witness alice
expect "a size larger than the store" 2 'not a size' bioconsent checkpoint request 9
expect "a witness nobody named" 3 'no witness' bioconsent checkpoint request --witness one

# ---- growing: the witness follows with proofs ----
save seven
event
bioconsent checkpoint request --output unknown
expect "a request about nobody begins at nothing" 0 '^old 0' head -n 1 unknown
printf 'witness one %s\nwitness two %s\ngroup both all one two\nquorum both\n' "$key_1" "$key_2" >/etc/bioconsent/witnesses
printf '\n[witness]\npolicy = /etc/bioconsent/witnesses\n' >>$conf
gate "before the witnesses have seen the newest" not-witnessed
expect "the gate says where" 1 'cosigned by the witnesses: not-witnessed' bioconsent check alice --modality fingerprint --verbose
expect "the store knows what the first has seen" 0 '^old 7' bash -c 'bioconsent checkpoint request --witness one | head -n 1'
expect "of the second nothing" 0 '^old 0' bash -c 'bioconsent checkpoint request --witness witness.example/two | head -n 1'
expect "the first cosigns" 0 'quorum is not reached yet' cosign alice --witness one
gate "one of two is not enough" not-witnessed
expect "the second cosigns" 0 '^1 cosignature added\.$' cosign bob --witness two
gate "with both" allow
expect "show tells who stands behind it" 0 'witness +one +20' bioconsent checkpoint show
expect "and that the gate believes it" 0 'believed +yes' bioconsent checkpoint show
expect "as JSON" 0 '"refused": null' bioconsent checkpoint show --json
event
gate "after the next change" not-witnessed
printf 'max-lag = 1h\n' >>$conf
gate "within the lag" allow
expect "a late answer counts with its request" 0 'added' bash -c "
    bioconsent checkpoint request --witness one --output late && bioconsent refresh >/dev/null &&
    setpriv --reuid alice --regid alice --clear-groups bioconsent witness --folder $w1 <late >late-answer 2>/dev/null
    setpriv --reuid bob --regid bob --clear-groups bioconsent witness --folder $w2 <late >>late-answer 2>/dev/null
    bioconsent checkpoint add-cosignature late-answer --request late"
sed -i 's/^quorum both/quorum all/' /etc/bioconsent/witnesses
gate "a policy with a fault" config
expect "which names the line" 1 'witnesses: line 4: a quorum that no line before names' bioconsent list
sed -i 's/^quorum all/quorum both/' /etc/bioconsent/witnesses
chmod o+w /etc/bioconsent/witnesses
gate "a policy that others may write" untrusted-file
chmod o-w /etc/bioconsent/witnesses

# ---- two at once: never two heads ----
bioconsent checkpoint export before-fork
save nine
event one-past
bioconsent checkpoint request 0 --output past-1
bioconsent checkpoint export head-past-1
save past-1
back nine
rm $state/seen
event another-past
bioconsent checkpoint request 0 --output past-2
save past-2
both=0 none=0
for ((round = 0; round < 15; round++)); do
    rm -f $w2/heads/*
    pids=() good=0
    for ((i = 0; i < 4; i++)); do
        witness bob --request "past-$((i % 2 + 1))" --answer "/run/t/race-$i" 2>/dev/null &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do ! wait "$pid" || good=$((good + 1)); done
    [ "$good" -le 1 ] || both=$((both + 1))
    [ "$good" -ge 1 ] || none=$((none + 1))
done
if [ $both -eq 0 ] && [ $none -eq 0 ]; then
    ok "of two pasts asked about at once, one and only one is cosigned, in 15 rounds"
else
    not_ok "of two pasts asked about at once, one and only one is cosigned" "both: $both, none: $none"
fi

# ---- killed: what was remembered was perhaps not answered, but never the other way round ----
rm -f $w2/heads/*
mkfifo stuck
exec 7<>stuck
head -c 65536 /dev/zero >&7
as bob bioconsent witness --folder $w2 --request past-1 >&7 2>/dev/null &
pid=$!
for ((i = 0; i < 500; i++)); do
    [ ! -e "$w2/heads/$(head_of consent.example/a)" ] || break
    read -r -t 0.02 <><(:) || true
done
kill -9 "$pid"
wait "$pid" 2>/dev/null
exec 7>&-
expect "killed before it answered, it remembers" 4 'size 10' feed past-1 witness bob
expect "and does not follow the other past" 4 'size 10' feed past-2 witness bob
bad=''
for ((round = 0; round < 20; round++)); do
    rm -f $w2/heads/*
    witness bob --request past-1 --answer /run/t/killed 2>/dev/null &
    pid=$!
    for ((i = 0; i < round * 10; i++)); do :; done
    kill -9 "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    witness bob --request past-1 --answer /run/t/killed 2>/dev/null
    code=$?
    [ $code -eq 0 ] || [ $code -eq 4 ] || bad="$bad $code"
done
expect "killed at any moment, it goes on" 0 '^$' printf '%s' "$bad"

# ---- an administrator who holds the key writes another past ----
sed -i '/^max-lag/d' $conf
back past-1
rm -f $state/seen
bioconsent checkpoint export head-a >/dev/null
rm -f $w1/heads/* $w2/heads/*
cosign alice 0 >/dev/null
cosign bob 0 >/dev/null
gate "the true past" allow
bioconsent checkpoint export true-head
back past-2
rm -f $state/seen
event more
gate "the other past, signed with the right key, its host made to forget" not-witnessed
expect "no witness goes along: it knows another size" 4 '' cosign alice 0
expect "nor with the right size: there is no proof" 1 'refused 422' cosign alice 10
expect "what was refused is kept beside the head" 0 '^consent.example/a' cat "$w1/heads/$(head_of consent.example/a)-refused"
expect "compare sees two histories by the store" 1 '^TWO HISTORIES' bioconsent checkpoint compare true-head <(bioconsent checkpoint export) --evidence /run/t/evidence
expect "and leaves both checkpoints as evidence" 0 'checkpoint-1' ls evidence
expect "that convinces elsewhere, with the key alone" 1 '^TWO HISTORIES' "${elsewhere[@]}" evidence/checkpoint-1 evidence/checkpoint-2 --proof evidence/proof --key "$key_a"
expect "and not with a proof that was tampered with" 5 'not a proof|does not prove' "${elsewhere[@]}" evidence/checkpoint-1 evidence/checkpoint-2 --proof <(other 2 evidence/proof) --key "$key_a"
back past-2
rm -f $state/seen
bioconsent checkpoint export other-head
expect "of equal size the two checkpoints are evidence enough" 1 '^TWO HISTORIES' "${elsewhere[@]}" true-head other-head --key "$key_a"
sed -i '/^\[witness\]/,$d' $conf
rm -f $state/seen
gate "a host without witnesses believes it" allow

# ---- rollback ----
back past-1
rm -f $state/seen
event
bioconsent checkpoint request 10 --output ask
expect "the witness goes on with the true past" 0 '^— witness' feed ask witness alice
back past-1
rm -f $state/seen
bioconsent checkpoint request 10 --output ask
expect "and not back again" 4 'size 11' feed ask witness alice
expect "compare sees that a store is too small to tell" 3 'events only' bioconsent checkpoint compare before-fork <(cat "$w1/heads/$(head_of consent.example/a)")

# ---- keys ----
bioconsent key rotate >/dev/null
bioconsent checkpoint request 10 --output ask
expect "a key that the witness does not know" 5 'refused 403' feed ask witness bob
printf 'log %s\n' "$(bioconsent key show | cut -d ' ' -f 1)" >>$w2/logs
expect "a new key of the same store" 0 '^— witness' feed ask witness bob
printf 'a passphrase\n' >phrase
expect "a sealed witness" 0 '^witness.example/three' as alice bioconsent witness init witness.example/three --folder /home/alice/sealed --passphrase-file phrase
cp $w2/logs /home/alice/sealed/logs
bioconsent checkpoint request 0 --output ask
expect "opens with its passphrase" 0 '^— witness.example/three' feed ask as alice bioconsent witness --folder /home/alice/sealed --passphrase-file phrase
printf 'another\n' >phrase
expect "and not with another" 1 'passphrase' feed ask as alice bioconsent witness --folder /home/alice/sealed --passphrase-file phrase

# ---- publishing ----
back past-1
rm -f $state/seen
cp /etc/bioconsent/trusted-keys keys-now
printf '%s\n' "$key_a" >/etc/bioconsent/trusted-keys
expect "the log is published" 0 '^10 events .* 3 files written' bioconsent publish /run/t/log
bioconsent checkpoint export head10
same "with the checkpoint as it is" head10 log/checkpoint
expect "for everybody to read" 0 '^644$' stat -c %a log/tile/0/000.p/10
expect "in folders for everybody" 0 '^755$' stat -c %a log/tile/0
expect "the tile holds the leaves" 0 '^320$' stat -c %s log/tile/0/000.p/10
expect "the entries are commitments" 0 '^340$' stat -c %s log/tile/entries/000.p/10
expect "and name nobody" 1 '' grep -rE 'alice|person|past|fingerprint' log
expect "again it keeps what is there" 0 '1 files written, 2 kept' bioconsent publish log
cp log/tile/0/000.p/10 tile
flip log/tile/0/000.p/10 9
expect "a changed tile is an error" 5 'tile/0/000.p/10: is there with other content' bioconsent publish log
cp tile log/tile/0/000.p/10
flip log/tile/entries/000.p/10 9
expect "a changed entry is an error" 5 'tile/entries/000.p/10: is there with other content' bioconsent publish log
rm log/tile/entries/000.p/10
expect "what is missing is written again" 0 '2 files written' bioconsent publish log
printf '%s\n' "$key_a" "$(cat keys-now)" >/etc/bioconsent/trusted-keys
back past-2
rm -f $state/seen
expect "another past is not published over it" 5 'two histories' bioconsent publish log
back nine
rm -f $state/seen
expect "nor an older one" 5 'newer than the store' bioconsent publish log
same "and the checkpoint there stays" head10 log/checkpoint
b publish logb >/dev/null
expect "nor another store's" 5 'not of this store' bioconsent publish logb
expect "an empty log is published" 0 '^checkpoint$' ls logb
expect "a folder that is none" 1 'Not a directory' bioconsent publish head10

finish
