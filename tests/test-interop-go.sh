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
    bioconsent import lines >/dev/null
}

bioconsent init --origin consent.example/go >/dev/null
key=$(bioconsent key show --json | jq -r '.[0].key')
write_notice /run/t/login.notice login 1
bioconsent notice publish /run/t/login.notice >/dev/null || exit 1
bioconsent grant alice --notice login >/dev/null
consents 0 19
bioconsent checkpoint export small

# ---- ours in Go ----
expect "Go opens our checkpoint" 0 '^consent.example/go 21 ' "$go" open small "$key"
sed '2s/21/22/' small >changed
expect "and no changed one" 1 'invalid signature' "$go" open changed "$key"
bioconsent publish log >/dev/null
expect "Go recomputes a small published log" 0 ': 21 entries' "$go" tree log "$key"
consents 19 298
bioconsent publish log >/dev/null
bioconsent checkpoint export large
expect "and the same one grown" 0 ': 300 entries' "$go" tree log "$key"
bioconsent checkpoint compare small large --write-proof proof >/dev/null
expect "Go takes our consistency proof" 0 '^300 extends 21' "$go" consistency small large proof "$key"
other 2 proof >wrong
expect "and no changed one" 1 'invalid|different' "$go" consistency small large wrong "$key"
consents 298 66000
for n in 001 050 200; do
    bioconsent publish log >/dev/null 2>&1 &
    pid=$!
    while [ ! -e log/tile/entries/$n ] && kill -0 $pid 2>/dev/null; do read -r -t 0.002 <><(:) || true; done
    kill -9 $pid 2>/dev/null
    wait $pid 2>/dev/null
    expect "killed at bundle $n, what is published is the whole older log" 0 ': 300 entries' "$go" tree log "$key"
done
bioconsent publish log >/dev/null
expect "Go recomputes a log of three levels" 0 ': 66002 entries' "$go" tree log "$key"
expect "which has them" 0 '^32$' stat -c %s log/tile/2/000.p/1
expect "with the paths that Go knows" 0 '' test -e log/tile/entries/257.p/210
expect "whose parts are gone once it is whole" 1 '' test -e log/tile/0/000.p
bioconsent checkpoint export huge
bioconsent checkpoint compare large huge --write-proof proof >/dev/null
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

# ---- cosignatures, both ways ----
bioconsent witness init witness.example/c --folder /run/witness >key-c
printf 'log %s\n' "$key" >/run/witness/logs
bioconsent checkpoint request 0 --output ask
bioconsent witness --folder /run/witness <ask >answer
bioconsent checkpoint add-cosignature answer --key "$(cat key-c)" >/dev/null
bioconsent checkpoint export cosigned
expect "Go verifies our cosignature" 0 '^consent.example/go 66002 at [0-9]{10}' "$go" cosigned cosigned "$key" "$(cat key-c)"
sed '2s/66002/66003/' cosigned >changed
expect "and no changed one" 1 'invalid signature' "$go" cosigned changed "$key" "$(cat key-c)"
"$go" witness witness.example/go "$key" <ask >answer 2>key-go
expect "we take Go's cosignature" 0 '^1 cosignature added' bioconsent checkpoint add-cosignature answer --key "$(cat key-go)"
bioconsent checkpoint export cosigned
expect "Go finds it there" 0 ' 66002 at ' "$go" cosigned cosigned "$key" "$(cat key-go)"
expect "and ours beside it" 0 ' 66002 at ' "$go" cosigned cosigned "$key" "$(cat key-c)"
printf 'witness c %s\nwitness go %s\ngroup both all c go\nquorum both\n' "$(cat key-c)" "$(cat key-go)" >/etc/bioconsent/witnesses
printf '\n[witness]\npolicy = /etc/bioconsent/witnesses\n' >>/etc/bioconsent/bioconsent.conf
expect "and the gate believes the two" 0 'allowed' bioconsent check alice --modality fingerprint

# ---- Go's in ours ----
"$go" log go log.example/go
compare=(bioconsent --config /none checkpoint compare go/small go/large --key "$(cat go/vkey)")
expect "we take Go's notes and consistency proof" 0 'extends' "${compare[@]}" --proof go/proof
other 1 go/proof >wrong
expect "and no changed one" 5 'does not prove' "${compare[@]}" --proof wrong
printf 'log %s\n' "$(cat go/vkey)" >>/run/witness/logs
expect "we witness Go's log" 0 '^— witness.example/c' feed go/ask-small bioconsent witness --folder /run/witness
expect "as it grows" 0 '^— witness.example/c' feed go/ask-large bioconsent witness --folder /run/witness
expect "and not back" 4 'size 300' feed go/ask-small bioconsent witness --folder /run/witness

finish
