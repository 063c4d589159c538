#!/usr/bin/env bash
# bioconsent-log as installed: the log published, submitted to a witness, checkpoints compared; and an
# administrator with the key who writes another past.
# shellcheck source=tests/preamble.bash
. "$(dirname "${BASH_SOURCE[0]}")/preamble.bash"
on_private_host

store=/var/lib/bioconsent/store
state=/var/lib/bioconsent/state
mkdir /run/t /run/b
cd /run/t || exit 1

b() { # the second store
    bioconsent "$@" --config /run/b/etc/b.conf
}

witness() { # witness NAME [key]: a stand-in, which cosigns what it is asked
    "$BC_BUILD_DIR/tests/stand-in-witness" "$@"
}

same_file() { # same_file NAME FILE FILE
    if cmp -s "$2" "$3"; then ok "$1"; else not_ok "$1" "$(cmp "$2" "$3" 2>&1)"; fi
}

event() { # event [NAME]: one more event, of another person
    people=$((people + 1))
    bioconsent grant "${1:-person}-$people" login --external >/dev/null
}
people=0

head_now() { # head_now FILE: the store's checkpoint of now
    rm -rf head-now
    bioconsent-log publish head-now >/dev/null && cp head-now/checkpoint "$1"
}

save() { # save NAME, back NAME: a copy of the store, as a backup is
    rm -rf "/run/saved-$1"
    cp -a $store "/run/saved-$1"
}
back() { # the host is made to forget what it has seen
    rm -rf $store
    cp -a "/run/saved-$1" $store
    rm -f $state/seen
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

state_of_files() { # state_of_files: what is in the store's and the state's files
    sha256sum $store/data.mdb $state/seen
}

expect "without a store" 3 'bioconsent init' bioconsent-log publish /run/t/none
bioconsent init --origin consent.example/a >/dev/null
b init --origin consent.example/b --state-dir /run/b/var >/dev/null
write_notice /run/t/notice.txt login 1
bioconsent notice publish /run/t/notice.txt >/dev/null || exit 1
bioconsent grant alice login >/dev/null
for _ in 1 2; do event; done
key_a=$(bioconsent key show --json | jq -r '.[0].key')
key_b=$(b key show --json | jq -r '.[0].key')
w1=$(witness witness.example/one key)
w2=$(witness witness.example/two key)
compare=(bioconsent-log compare)

# ---- the program ----
expect "help" 0 'Examples:' bioconsent-log --help
for command in publish submit compare; do
    expect "help of $command" 0 'Example: ' bioconsent-log $command --help
done
expect "version" 0 '^bioconsent-log [0-9]' bioconsent-log --version
expect "nothing asked" 2 'usage' bioconsent-log
expect "an unknown command" 2 '^bioconsent-log: unknown command' bioconsent-log submerge
expect "an unknown option" 2 'unknown option' bioconsent-log publish --all log
expect "a missing operand" 2 'wrong number of operands' bioconsent-log compare one
expect "users cannot read the store" 1 'only root' as bob bioconsent-log publish /home/bob/log

# ---- compare ----
head_now head4
for _ in 1 2 3; do event; done
head_now head7
bioconsent store refresh >/dev/null
head_now head7-later
before=$(state_of_files)
expect "the same checkpoint twice" 0 '^One history' "${compare[@]}" head7 head7
expect "signed anew it is the same" 0 '7 events) says the same as' "${compare[@]}" head7 head7-later
expect "the later extends the earlier" 0 'head7 \(7 events\) extends head4 \(4\)' "${compare[@]}" head4 head7
expect "in whatever order they are given" 0 'head7 \(7 events\) extends head4 \(4\)' "${compare[@]}" head7 head4
expect "as JSON" 0 '"verdict": "extends"' "${compare[@]}" head4 head7 --json
"${compare[@]}" head4 head7 --output proof47 >/dev/null
expect "nothing of it wrote to the store" 0 "$before" state_of_files
elsewhere=(env HOME=/ bioconsent-log compare --config /none)
expect "elsewhere with key and proof alone" 0 'extends' "${elsewhere[@]}" head4 head7 --key "$key_a" --proof proof47
expect "elsewhere without a proof nobody can tell" 3 'bioconsent init' "${elsewhere[@]}" head4 head7 --key "$key_a"
expect "equal sizes need no proof" 0 '7 events) says the same as' "${elsewhere[@]}" head7 head7-later --key "$key_a"
expect "another key" 5 'not signed by a trusted key' "${elsewhere[@]}" head4 head7 --key "$key_b" --proof proof47
expect "not a key" 2 'verifier key' "${elsewhere[@]}" head4 head7 --key nonsense
other 3 head7 >damaged
expect "a damaged checkpoint" 5 'the signature is wrong' "${compare[@]}" head4 damaged
expect "no checkpoint at all" 5 'not a signed checkpoint' "${compare[@]}" head4 notice.txt
expect "a file that is not there" 3 'No such file' "${compare[@]}" head4 none
other 1 proof47 >wrong-proof
expect "a wrong proof is no proof of a fork" 5 'does not prove' "${elsewhere[@]}" head4 head7 --key "$key_a" --proof wrong-proof
printf 'rubbish\n' >wrong-proof
expect "rubbish is no proof" 5 'not a proof' "${elsewhere[@]}" head4 head7 --key "$key_a" --proof wrong-proof
bioconsent-log publish --config /run/b/etc/b.conf logb >/dev/null
expect "two stores are not compared" 2 'different stores' "${compare[@]}" head4 logb/checkpoint --key "$key_a,$key_b"

# ---- an administrator who holds the key writes another past ----
save seven
event one-past
for _ in 1 2; do event; done
head_now head10
save past-1
back seven
event another-past
for _ in 1 2; do event; done
head_now other10
save past-2
event more
head_now other11
expect "the gate believes the other past: its host was made to forget" 0 'allowed' bioconsent check alice --modality fingerprint
expect "of equal size the two checkpoints are evidence enough" 1 '^TWO HISTORIES' "${elsewhere[@]}" head10 other10 --key "$key_a"
expect "compare sees two histories by the store" 1 '"verdict": "two-histories"' "${compare[@]}" head10 other11 --json
expect "what cannot be written is not a verdict" 5 'File exists' "${compare[@]}" head4 head7 --output /dev/full
expect "compare sees two histories by the store, and keeps them" 1 '^TWO HISTORIES' "${compare[@]}" head10 other11 --evidence /run/t/evidence
expect "both checkpoints are the evidence" 0 'checkpoint-1' ls evidence
expect "that convinces elsewhere, with the key alone" 1 '^TWO HISTORIES' "${elsewhere[@]}" evidence/checkpoint-1 evidence/checkpoint-2 --proof evidence/proof --key "$key_a"
expect "and not with a proof that was tampered with" 5 'not a proof|does not prove' "${elsewhere[@]}" evidence/checkpoint-1 evidence/checkpoint-2 --proof <(other 2 evidence/proof) --key "$key_a"
back seven
expect "a store that is too small to tell" 3 'events only' "${compare[@]}" head7 other11

# ---- publish ----
back past-1
before=$(state_of_files 2>/dev/null)
expect "the log is published" 0 '^10 events .* 3 files written' bioconsent-log publish /run/t/log
expect "into the folder alone" 0 "$before" sha256sum $store/data.mdb
expect "and this host has seen nothing by it" 1 '' test -e $state/seen
same_file "with the checkpoint as it is" head10 log/checkpoint
expect "for everybody to read" 0 '^644$' stat -c %a log/tile/0/000.p/10
expect "in folders for everybody" 0 '^755$' stat -c %a log/tile/0
expect "the tile holds the leaves" 0 '^320$' stat -c %s log/tile/0/000.p/10
expect "the entries are commitments" 0 '^340$' stat -c %s log/tile/entries/000.p/10
expect "and name nobody" 1 '' grep -rE 'alice|person|past|fingerprint' log
expect "again it keeps what is there" 0 '1 files written, 2 kept' bioconsent-log publish log
expect "as JSON" 0 '"size": 10' bioconsent-log publish log --json
exec 9<log
flock 9
expect "while another process publishes there" 4 'another process' bioconsent-log publish log
exec 9<&-
cp log/tile/0/000.p/10 tile
flip log/tile/0/000.p/10 9
expect "a changed tile is an error" 5 'tile/0/000.p/10: is there with other content' bioconsent-log publish log
cp tile log/tile/0/000.p/10
flip log/tile/entries/000.p/10 9
expect "a changed entry is an error" 5 'tile/entries/000.p/10: is there with other content' bioconsent-log publish log
rm log/tile/entries/000.p/10
expect "what is missing is written again" 0 '2 files written' bioconsent-log publish log
back past-2
expect "another past is not published over it" 5 'two histories' bioconsent-log publish log
back seven
expect "nor an older one" 5 'newer than the store' bioconsent-log publish log
same_file "and the checkpoint there stays" head10 log/checkpoint
expect "nor another store's" 5 'of another store' bioconsent-log publish --config /run/b/etc/b.conf log
expect "an empty log is published" 0 '^checkpoint$' ls logb
expect "a folder that is none" 1 'Not a directory' bioconsent-log publish head10
back past-1

# ---- submit ----
submit=(bioconsent-log submit log --witness)
expect "a request begins at nothing" 0 '^old 0' "${submit[@]}" "$w1"
"${submit[@]}" "$w1" --output ask
expect "without hashes" 0 '^$' sed -n 2p ask
same_file "and ends with the published checkpoint" <(sed 1,2d ask) log/checkpoint
expect "without a witness" 2 'verifier key of a witness' bioconsent-log submit log
expect "with the log's key for a witness's" 2 'verifier key of a witness' "${submit[@]}" "$key_a"
expect "of a size larger than the log" 2 'has 10 events only' "${submit[@]}" "$w1" --old-size 11
expect "of a size that is none" 2 'not a number' "${submit[@]}" "$w1" --old-size ten
expect "a folder that is not there" 3 'No such file' bioconsent-log submit nowhere --witness "$w1"
mkdir -p empty
expect "a folder without a log" 3 'publish empty' bioconsent-log submit empty --witness "$w1"
expect "request and answer at once" 2 'for the request' "${submit[@]}" "$w1" --answer ask --old-size 0
witness witness.example/one <ask >answer
before=$(sha256sum $store/data.mdb)
expect "the answer is taken" 0 'witness.example/one has cosigned 10 events at 2' "${submit[@]}" "$w1" --answer answer
expect "and nothing of it goes into the store" 0 "$before" sha256sum $store/data.mdb
expect "it stands beside the checkpoint" 0 '^— witness.example/one ' cat log/cosigned
expect "for everybody to read" 0 '^644$' stat -c %a log/cosigned
same_file "over the same text" <(sed '/^$/q' log/checkpoint) <(sed '/^$/q' log/cosigned)
same_file "and the checkpoint stays as it is" head10 log/checkpoint
"${submit[@]}" "$w2" | witness witness.example/two >answer2
expect "a second witness's, as JSON" 0 '"added": true' "${submit[@]}" "$w2" --answer answer2 --json
expect "stands beside the first" 0 '^3$' grep -c '^— ' log/cosigned
"${submit[@]}" "$w1" --answer answer >/dev/null
expect "the same answer twice counts once" 0 '^3$' grep -c '^— ' log/cosigned
expect "another witness's answer" 5 'no cosignature by the witness witness.example/one' "${submit[@]}" "$w1" --answer answer2
sed 's/^\(.\{60\}\)A/\1B/;t;s/^\(.\{60\}\)./\1A/' answer >forged
expect "a forged answer" 5 'wrong|no cosignature' "${submit[@]}" "$w1" --answer forged
printf '7\n' >conflict
expect "a witness that has cosigned another size" 4 'again with --old-size 7' "${submit[@]}" "$w1" --answer conflict
expect "whose size is printed" 4 '^7$' "${submit[@]}" "$w1" --answer conflict
expect "and for programs" 4 '"size": 7' "${submit[@]}" "$w1" --answer conflict --json
printf 'unknown log\n' >refusal
expect "a witness that refuses" 1 'did not cosign; its answer: unknown log' "${submit[@]}" "$w1" --answer refusal
printf '\033[2Jevil\n' >refusal
expect "with control characters" 1 'answer: [^[:cntrl:]]*evil' "${submit[@]}" "$w1" --answer refusal
: >refusal
expect "with nothing" 1 'did not cosign' "${submit[@]}" "$w1" --answer refusal
expect "an answer that is not there" 3 'No such file' "${submit[@]}" "$w1" --answer nowhere
exec 9<log
flock 9
expect "while another process publishes" 4 'another process' "${submit[@]}" "$w1" --answer answer
exec 9<&-
event
bioconsent-log publish log >/dev/null
expect "publishing keeps the cosigned checkpoint" 0 '^10$' sed -n 2p log/cosigned
expect "which says where the next request begins" 0 '^old 10' "${submit[@]}" "$w1"
expect "with a proof from there" 0 '^[A-Za-z0-9+/]{43}=$' sh -c "bioconsent-log submit log --witness '$w1' | sed -n 2p"
expect "or where the witness says" 0 '^old 7' "${submit[@]}" "$w1" --old-size 7
expect "an answer to an older request" 5 'published again' "${submit[@]}" "$w1" --answer answer
event
"${submit[@]}" "$w1" | witness witness.example/one >answer
expect "what is published may be older than the store" 0 'cosigned 11 events' "${submit[@]}" "$w1" --answer answer
expect "the newest cosigned checkpoint takes the older one's place" 0 '^2$' grep -c '^— ' log/cosigned
back past-2
event
event
expect "what another past published is not submitted" 5 'does not follow' "${submit[@]}" "$w1"
back past-1
for _ in 1 2; do event; done
head_now head12

# ---- what a verifier makes of it ----
bioconsent-log publish log2 >/dev/null
for w in one two; do
    key=$(witness witness.example/$w key)
    bioconsent-log submit log2 --witness "$key" | witness witness.example/$w >answer
    bioconsent-log submit log2 --witness "$key" --answer answer >/dev/null
done
bioconsent evidence alice --output alice.json
jq -j .checkpoint alice.json >new
w3=$(witness witness.example/three key)
verify=(bioconsent-verify alice.json --key "$key_a")
cosigned=(--witness "$w1,$w2" --cosigned log2/cosigned)
expect "all that were named have cosigned" 0 'The witness witness.example/two says that at' "${verify[@]}" "${cosigned[@]}"
expect "one of three has not" 1 'refused: the witness witness.example/three has not cosigned the checkpoint: 2 of the named witnesses have, and 3 must have' \
    "${verify[@]}" "${cosigned[@]}" --witness "$w3"
expect "two of three are enough" 0 'The witness witness.example/one says' "${verify[@]}" "${cosigned[@]}" --witness "$w3" --quorum 2
expect "and three are not there" 1 'and 3 must have' "${verify[@]}" "${cosigned[@]}" --witness "$w3" --quorum 3
expect "a quorum of nobody" 2 'from 1' "${verify[@]}" "${cosigned[@]}" --quorum 0
expect "a quorum of more than were named" 2 'from 1 to that of the witnesses, 2' "${verify[@]}" "${cosigned[@]}" --quorum 3
expect "one witness named twice counts once" 2 'same key twice' "${verify[@]}" --witness "$w1" --witness "$w1" --quorum 2
expect "the evidence itself is not cosigned" 1 'has not cosigned' "${verify[@]}" --witness "$w1"
expect "a cosigned checkpoint for nobody" 2 'needs --witness' "${verify[@]}" --cosigned log2/cosigned
expect "one of another size" 1 'is of 11 events and the evidence.s of 12' "${verify[@]}" --witness "$w1" --cosigned log/cosigned
sed 's/^\(— witness.example\/one .\{40\}\)A/\1B/;t;s/^\(— witness.example\/one .\{40\}\)./\1A/' log2/cosigned >forged
expect "a wrong cosignature voids all, whatever the quorum" 1 'cosignature of the witness witness.example/one is wrong' \
    "${verify[@]}" --witness "$w1,$w2" --quorum 1 --cosigned forged
expect "a cosigned checkpoint that the log did not sign" 1 'refused: --cosigned: not signed by a trusted key' "${verify[@]}" --witness "$w1" --cosigned logb/checkpoint
expect "one of another log that is trusted" 1 'of another log: consent.example/b' "${verify[@]}" --key "$key_b" --witness "$w1" --cosigned logb/checkpoint
bioconsent store refresh >/dev/null
bioconsent evidence alice --output later.json
expect "signed anew it is the same log" 0 'witness.example/one says' bioconsent-verify later.json --key "$key_a" "${cosigned[@]}"

expect "it extends itself" 0 'extends the older checkpoint that you gave, of 12 events' "${verify[@]}" --extends new
expect "... for programs" 0 'extends the older checkpoint' "${verify[@]}" --extends new --json
expect "a larger log needs a proof" 1 'refused: --extends: .* 12 events, the older one 4; give the proof' "${verify[@]}" --extends head4
bioconsent-log compare head4 new --output proof >/dev/null
expect "with the proof" 0 'of 4 events' "${verify[@]}" --extends head4 --consistency proof
expect "with a wrong proof" 1 'does not lead from' "${verify[@]}" --extends head4 --consistency <(other 1 proof)
expect "with another proof" 1 'does not lead from' "${verify[@]}" --extends head7 --consistency proof
expect "with rubbish" 1 'not a proof' "${verify[@]}" --extends head4 --consistency notice.txt
expect "a proof of nothing" 2 'needs --extends' "${verify[@]}" --consistency proof
event
head_now head13
expect "evidence that is older" 1 'older than that checkpoint of 13 events' "${verify[@]}" --extends head13
bioconsent-log publish log2 >/dev/null
bioconsent-log submit log2 --witness "$w1" | witness witness.example/one >answer
bioconsent-log submit log2 --witness "$w1" --answer answer >/dev/null
expect "a cosigned checkpoint that is newer than the evidence" 1 'is of 13 events and the evidence.s of 12' \
    "${verify[@]}" --witness "$w1" --cosigned log2/cosigned
expect "an older checkpoint that was changed" 1 'refused: --extends: the signature is wrong' "${verify[@]}" --extends damaged
expect "that is none" 1 'not a signed checkpoint' "${verify[@]}" --extends notice.txt
expect "that is of another log" 1 'of another log' "${verify[@]}" --key "$key_b" --extends logb/checkpoint
expect "that is not there" 1 'No such file' "${verify[@]}" --extends nowhere
back past-2
for _ in 1 2; do event; done
head_now other12
expect "of another past" 1 'two histories; keep both' "${verify[@]}" --extends other12
expect "cosigned of another past" 1 'two histories; keep both' "${verify[@]}" --witness "$w1" --cosigned other12
expect "of another past, whatever the proof" 1 'does not lead from' "${verify[@]}" --extends other11 --consistency proof

finish
