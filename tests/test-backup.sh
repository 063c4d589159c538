#!/usr/bin/env bash
# store status, backup and restore: a verified copy, whole or not there; a restore that says what is missing;
# and every owner and mode that is not as init makes it.
# shellcheck source=tests/preamble.bash
. "$(dirname "${BASH_SOURCE[0]}")/preamble.bash"
on_private_host
var=/var/lib/bioconsent
store=$var/store
safe=/run/safe

gate() { # gate NAME allow|REASON [USER]
    if [ "$2" = allow ]; then
        expect "gate: $1" 0 allowed bioconsent check "${3:-alice}" --modality fingerprint
    else
        expect "gate: $1" 1 "refused \\($2\\)" bioconsent check "${3:-alice}" --modality fingerprint
    fi
}
nothing_left() { # nothing_left NAME: no part of a copy stays anywhere
    expect "$1: nothing is left over" 0 '^0$' bash -c "find $safe $var -name '.bioconsent-*' | wc -l"
}
json() { # json FILTER: of the status
    bioconsent store status --json | jq -r "$1"
}

# ---- status ----
mkdir -m 700 $safe
expect "status before init" 3 'bioconsent init' bioconsent store status
bioconsent init --origin consent.example/backup >/dev/null
expect "a store as init makes it" 0 'gate +accepts this store' bioconsent store status
expect "... with owners and modes as init makes them" 0 'are as init makes them' bioconsent store status
write_notice /run/login.notice login 1
bioconsent notice publish /run/login.notice >/dev/null
bioconsent grant alice login >/dev/null
bioconsent grant bob login >/dev/null
expect "status as JSON" 0 "^$store consent.example/backup 3 3 consent.example/backup accepts 3 0 0 \[\]\$" json \
    '"\(.store) \(.origin) \(.log) \(.register) \(.key) \(.gate) \(.seen.log) \(.pending_withdrawals) \(.pending_acceptances) \(.differences)"'
as bob bioconsent withdraw >/dev/null
expect "a pending withdrawal is counted" 0 '^1$' json .pending_withdrawals
expect "an ordinary user sees none of it" 1 'only root' as alice bioconsent store status

differs() { # differs PATH COMMAND-TO-SPOIL
    local before
    before=$(stat -c '%a %U:%G' "$1")
    eval "$2"
    expect "$1: $2" 1 "DIFFERS +$1: (mode|owner)" bioconsent store status
    bash -c "$(json '.differences[0].fix')"
    expect "$1: the command that fixes it does" 0 "^$before\$" stat -c '%a %U:%G' "$1"
}
differs $store "chmod 750 $store"
differs $store/data.mdb "chmod 640 $store/data.mdb"
differs $store/data.mdb "chown alice $store/data.mdb"
differs $store/lock "chown root:root $store/lock"
differs $var/state "chmod 777 $var/state"
differs $var/state/seen "chmod 644 $var/state/seen"
differs $var/spool "chown root $var/spool"
differs /etc/bioconsent/signing.key "chmod 640 /etc/bioconsent/signing.key"
differs /etc/bioconsent "chmod 700 /etc/bioconsent"
expect "... and then nothing differs" 0 'accepts this store' bioconsent store status
mv $store/data.mdb /run/data.mdb
expect "a store that is gone" 1 'REFUSES: .*no-store' bioconsent store status
mv /run/data.mdb $store/data.mdb

# ---- backup ----
expect "backup" 0 'with 3 events, verified' bioconsent store backup $safe/three
expect "... is root's alone" 0 '^600 root$' stat -c '%a %U' $safe/three
nothing_left backup
bioconsent store refresh >/dev/null
gate "bob withdrew" withdrawn bob
expect "backup in place of an older one, by a relative path" 0 'with 4 events' bash -c "cd $safe && bioconsent store backup four"
expect "backup as JSON" 0 '^4$' bash -c "bioconsent store backup $safe/four --json | jq .events"
expect "to a folder that is not there" 3 'No such file' bioconsent store backup /run/nowhere/x
expect "to a folder that others may write" 1 'nobody else may' bash -c "mkdir -m 777 /run/open && bioconsent store backup /run/open/x"
ln -s /etc/passwd $safe/link
expect "onto a link" 1 'no regular file' bioconsent store backup $safe/link
expect "by an ordinary user" 1 'only root' as alice bioconsent store backup /home/alice/x
mkdir /run/small && mount -t tmpfs -o size=16k,mode=700 small /run/small
expect "to a full disk" 1 'nothing was changed' bioconsent store backup /run/small/x
expect "... leaves nothing" 0 '^0$' bash -c 'ls -A /run/small | wc -l'
cp $store/data.mdb /run/good.mdb
python3 - <<'PY'
path = "/var/lib/bioconsent/store/data.mdb"
data = open(path, "rb").read()
assert b"read your" in data
open(path, "r+b").write(data.replace(b"read your", b"sell your"))
PY
expect "a damaged store has no backup" 5 'four.*text was changed' bioconsent store backup $safe/four
cat /run/good.mdb >$store/data.mdb
nothing_left "backups that failed"

# ---- restore ----
expect "the newest backup" 0 'nothing that this host has seen is missing' bioconsent store restore $safe/four --yes
gate "afterwards" allow
gate "what was withdrawn stays withdrawn" withdrawn bob
inode=$(stat -c %i $store/data.mdb)
expect "an older one, without asking anybody" 2 'only with --yes' bioconsent store restore $safe/three
expect "asked, and told no" 1 'nothing was changed' bash -c "echo n | script -qec 'bioconsent store restore $safe/three' /dev/null"
expect "... changes nothing" 0 "^$inode\$" stat -c %i $store/data.mdb
expect "an older one says what is missing" 0 '1 events are missing' bioconsent store restore $safe/three --yes
gate "what was withdrawn since is in force again" allow bob
expect "its file is the service's" 0 '^600 bioconsent$' stat -c '%a %U' $store/data.mdb
expect "the status agrees" 0 'accepts this store' bioconsent store status
expect "and it can be written" 0 'withdrawn' bioconsent withdraw bob --reason 'again, after the restore'
expect "another history is named as such" 0 'CONTRADICTS' bioconsent store restore $safe/four --yes
expect "a restore in place of a damaged store" 0 'accepted as the newest' \
    bash -c ": >$store/data.mdb && bioconsent store restore $safe/four --yes"
rm $store/data.mdb $store/lock $var/notices/*
expect "a restore in place of nothing" 0 'accepted as the newest' bioconsent store restore $safe/four --yes
expect "a restore writes the files of the notices" 0 '^1$' bash -c "ls $var/notices | wc -l"
gate "and all is well" allow

head -c 20000 $safe/four >$safe/cut
sed 's/sign you in/sell you in/g' $safe/four >$safe/changed
expect "a backup that is cut off" 5 'corrupt' bioconsent store restore $safe/cut --yes
expect "a backup that was changed" 5 'text was changed' bioconsent store restore $safe/changed --yes
head -c 100000 /dev/urandom >$safe/noise
expect "noise" 5 '' bioconsent store restore $safe/noise --yes
expect "a link" 1 'symbolic links' bioconsent store restore $safe/link --yes
expect "a folder" 1 'no regular file' bioconsent store restore $safe --yes
expect "what is not there" 3 'No such file' bioconsent store restore $safe/none --yes
gate "none of it changed anything" allow
nothing_left "restores that failed"
cp -a /etc/bioconsent /run/etc && cp -a $var /run/var
rm -r /etc/bioconsent $var
bioconsent init --origin consent.example/other >/dev/null
expect "another host's store" 5 'unknown-key' bioconsent store restore $safe/four --yes

# ---- usage ----
expect "store alone" 2 'name one of these operations' bioconsent store
expect "no such operation" 2 'name one of these operations' bioconsent store repair
expect "a backup needs a file" 2 'usage: bioconsent store backup FILE' bioconsent store backup
expect "status takes no file" 2 'usage: bioconsent store status' bioconsent store status x
expect "--yes is for restore" 2 'unknown option --yes' bioconsent store verify --yes
finish
