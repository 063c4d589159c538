#!/usr/bin/env bash
# Our files in the hands of Go's own packages for notes and transparent logs, and theirs in ours: by
# software that nobody of us wrote.
# shellcheck source=tests/preamble.bash
. "$(dirname "${BASH_SOURCE[0]}")/preamble.bash"
work=$BC_BUILD_DIR/tests/go.d
if ! is_private_host; then
    mkdir -p "$work"
    # Debian has the packages as sources; nothing is fetched.
    GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE=$work/cache GOPROXY=off CGO_ENABLED=0 \
        go build -o "$work/interop-go" "$here/go/interop.go" || exit 1
fi
on_private_host
go=$work/interop-go
mkdir /run/t /run/t/go
cd /run/t || exit 1

other() { # other LINE FILE: with another first character in that line
    sed "$1{s/^0/1/;t;s/^./0/}" "$2"
}

feed() { # feed FILE COMMAND...
    local file=$1
    shift
    "$@" <"$file"
}

consents() { # consents FROM TO
    local i
    for ((i = $1; i < $2; i++)); do
        printf '{"external":"person-%d","notice_id":"login"}\n' "$i"
    done >lines
    bioconsent grant --from lines >/dev/null
}

bioconsent init --origin consent.example/go >/dev/null
key=$(bioconsent key show --json | jq -r '.[0].key')
write_notice /run/t/login.notice login 1
bioconsent notice publish /run/t/login.notice >/dev/null || exit 1
bioconsent grant alice login >/dev/null
consents 0 19
bioconsent-log publish log >/dev/null
cp log/checkpoint small

# ---- ours in Go ----
expect "Go opens our checkpoint" 0 '^consent.example/go 21 ' "$go" open small "$key"
sed '2s/21/22/' small >changed
expect "and no changed one" 1 'invalid signature' "$go" open changed "$key"
expect "Go recomputes a small published log" 0 ': 21 entries' "$go" tree log "$key"
consents 19 298
bioconsent-log publish log >/dev/null
cp log/checkpoint large
expect "and the same one grown" 0 ': 300 entries' "$go" tree log "$key"
bioconsent-log compare small large --output proof >/dev/null
expect "Go takes our consistency proof" 0 '^300 extends 21' "$go" consistency small large proof "$key"
other 2 proof >wrong
expect "and no changed one" 1 'invalid|different' "$go" consistency small large wrong "$key"
consents 298 66000
for n in 001 050 200; do
    bioconsent-log publish log >/dev/null 2>&1 &
    pid=$!
    while [ ! -e log/tile/entries/$n ] && kill -0 $pid 2>/dev/null; do read -r -t 0.002 <><(:) || true; done
    kill -9 $pid 2>/dev/null
    wait $pid 2>/dev/null
    expect "killed at bundle $n, what is published is the whole older log" 0 ': 300 entries' "$go" tree log "$key"
done
bioconsent-log publish log >/dev/null
expect "Go recomputes a log of three levels" 0 ': 66002 entries' "$go" tree log "$key"
expect "which has them" 0 '^32$' stat -c %s log/tile/2/000.p/1
expect "with the paths that Go knows" 0 '' test -e log/tile/entries/257.p/210
expect "whose parts are gone once it is whole" 1 '' test -e log/tile/0/000.p
cp log/checkpoint huge
bioconsent-log compare large huge --output proof >/dev/null
expect "with its proof" 0 '^66002 extends 300' "$go" consistency large huge proof "$key"
bioconsent evidence alice --output evidence.json >/dev/null 2>&1 || bioconsent evidence alice >evidence.json
expect "Go takes the proofs in our evidence" 0 '^2 events proven' "$go" evidence evidence.json "$key"
for i in 0 1; do
    jq -j ".events[$i].proof" evidence.json >ours
    "$go" prove log "$key" "$i" >theirs
    expect "Go's own proof of event $i, from the tiles, is ours byte for byte" 0 '' cmp ours theirs
done
jq '.events[1].salt |= ("A" + .[1:])' evidence.json >changed
cmp -s <(jq . evidence.json) changed && jq '.events[1].salt |= ("B" + .[1:])' evidence.json >changed
expect "and none of another entry" 1 'invalid' "$go" evidence changed "$key"
cp log/tile/0/100 tile
printf 'x' >>log/tile/0/100
expect "a damaged tile is seen" 1 'differs' "$go" tree log "$key"
cp tile log/tile/0/100

# ---- Go plays the witness ----
"$go" witness-key >private-key
witness_key=$("$go" witness-vkey witness.example/go private-key)
submit=(bioconsent-log submit log --witness "$witness_key")
"${submit[@]}" --output ask
expect "Go takes our request" 0 '^— witness.example/go ' feed ask "$go" witness witness.example/go private-key state "$key"
feed ask "$go" witness witness.example/go private-key state "$key" >answer 2>/dev/null
expect "which it does not cosign twice as from nothing, and says the size" 4 '^66002$' "${submit[@]}" --answer answer
rm state
feed ask "$go" witness witness.example/go private-key state "$key" >answer
expect "we take Go's cosignature" 0 'witness.example/go has cosigned 66002 events' "${submit[@]}" --answer answer
expect "Go finds it there" 0 ' 66002 at ' "$go" cosigned log/cosigned "$key" "$witness_key"
sed '2s/66002/66003/' log/cosigned >changed
expect "and on no changed one" 1 'invalid signature' "$go" cosigned changed "$key" "$witness_key"
expect "a verifier takes it" 0 'The witness witness.example/go says that at' \
    bioconsent-verify evidence.json --key "$key" --witness "$witness_key" --cosigned log/cosigned
consents 66000 66010
bioconsent-log publish log >/dev/null
"${submit[@]}" --output ask
expect "the next request begins where Go stands" 0 '^old 66002' head -n 1 ask
other 3 ask >wrong
expect "Go refuses a changed proof" 1 'invalid|differ' feed wrong "$go" witness witness.example/go private-key state "$key"
feed ask "$go" witness witness.example/go private-key state "$key" >answer
expect "and follows the right one" 0 'has cosigned 66012 events' "${submit[@]}" --answer answer
expect "an auditor's proof, with no store" 0 'extends the older checkpoint that you gave, of 300 events' \
    bioconsent-verify evidence.json --key "$key" --extends large --consistency proof

# ---- Go's in ours ----
"$go" log go log.example/go
compare=(bioconsent-log compare --config /none go/small go/large --key "$(cat go/vkey)")
expect "we take Go's notes and consistency proof" 0 'extends' "${compare[@]}" --proof go/proof
other 1 go/proof >wrong
expect "and no changed one" 5 'does not prove' "${compare[@]}" --proof wrong

finish
