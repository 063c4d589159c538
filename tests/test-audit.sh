#!/usr/bin/env bash
# Possession without consent: templates of matchers on this host and at the services that no valid consent
# covers, and everything that can lie in their folders.
# shellcheck source=tests/preamble.bash
. "$(dirname "${BASH_SOURCE[0]}")/preamble.bash"
on_private_host
# shellcheck source=tests/provider-store.bash
. "$here/provider-store.bash"
# shellcheck source=tests/fprintd-reader.bash
. "$here/fprintd-reader.bash"
# shellcheck source=tests/aws-services.bash
. "$here/aws-services.bash"

prints=/var/lib/fprint
models=/usr/lib/security/howdy/models
pictures=/var/log/howdy/snapshots

# found WHERE-PATTERN JQ-FILTER: of the finding about this.
found() {
    bioconsent audit --look --json | jq -r --arg where "$1" "[.[] | select(.where // \"\" | test(\$where))] | .[0] | $2"
}

# A print of this user's, as fprintd keeps it.
print_of() {
    mkdir -p "$prints/$1/uru4000/0"
    echo FP3 >"$prints/$1/uru4000/0/${2:-7}"
}

record_print() { # record_print USER [PRINT]
    enrolled "$1" fprintd fingerprint finger=right-index-finger driver=uru4000 device=0 "print=${2:-7}"
}

start_store us-il
cp "$here/howdy-stand-in" /usr/bin/howdy
expect "where there is nothing, nothing is found" 0 '0 looked at, 0 to be fixed' bioconsent audit --look

# ---- fprintd's folders ----
print_of alice
expect "a finger without any consent" 1 "^fprintd: $prints/alice/uru4000/0/7, of alice" bioconsent audit --look
same "... and what would fix it" 'no valid consent covers it: no-record; fprintd-delete alice' \
    "$(found alice '.why + "; " + .fix')"
bioconsent grant alice all >/dev/null
same "a finger that is covered, and not on record" \
    'a consent covers it, but it is not on record; bioconsent enroll alice --provider fprintd --existing' \
    "$(found alice '.why + "; " + .fix')"
record_print alice
expect "a finger that is covered and on record" 0 '1 looked at, 0 to be fixed' bioconsent audit --look
print_of alice 8
same "one finger on record does not cover another" "$prints/alice/uru4000/0/8" "$(found alice .where)"
rm $prints/alice/uru4000/0/8
as alice bioconsent withdraw >/dev/null
bioconsent store refresh >/dev/null
same "a finger whose consent is gone" "withdrawn; bioconsent delete alice --template $template" \
    "$(found alice '.why + "; " + .fix')"
expect "... on record without looking, too" 1 "fix: bioconsent delete alice --template $template" bioconsent audit
same "... which does not say where it lies" null "$(bioconsent audit --json | jq '.[0].where')"
expect "... and is not among those of another person" 0 'No template' bioconsent audit bob
expect "an option that needs a name" 2 'uid needs the name' bioconsent audit --uid 0
rm -r $prints/alice
bioconsent delete alice --confirm "$template" --reason 'removed by hand' >/dev/null

# A name that another person has now.
useradd --uid 4711 carol
print_of carol
record_print carol
expect "carol is covered" 0 '' bioconsent audit --look
userdel carol
same "an account that is gone" 'the account of this name is not the one that consented' "$(found carol .why)"
useradd --uid 4712 carol
same "an account that another person has now" 'the account of this name is not the one that consented' "$(found carol .why)"
rm -r $prints/carol
print_of nobody-here
same "a print of nobody" 'there is no such account' "$(found nobody-here .why)"
rm -r $prints/nobody-here

# ---- howdy's models, in both places, and its pictures ----
howdy -U bob add
same "howdy: a model without consent" 'no valid consent covers it: no-record; /usr/bin/howdy -U bob clear -y' \
    "$(found bob.dat '.why + "; " + .fix')"
bash -c "$(found bob.dat .fix)" >/dev/null
expect "howdy: the command that fixes it does" 0 '0 to be fixed' bioconsent audit --look
mkdir -p /etc/howdy/models $pictures
echo '[]' >/etc/howdy/models/alice.dat
same "howdy: the other place" /etc/howdy/models/alice.dat "$(found alice.dat .where)"
rm /etc/howdy/models/alice.dat
echo jpeg >$pictures/20261124T101010.jpg
same "howdy: a picture of a login" 'a picture of a person whom it does not name' "$(found $pictures .why)"
bash -c "$(found $pictures .fix)"
expect "... is fixed as well" 0 '0 to be fixed' bioconsent audit --look

# ---- whatever may lie there ----
mkdir -p $prints/alice/uru4000/0 $models
mkfifo $prints/alice/uru4000/0/7
ln -s /etc/shadow $prints/alice/uru4000/0/8
ln -s /etc $prints/linked
echo x >"$prints/$(printf 'a\033[2J\nb')"
echo x >"$models/-rf.dat"
echo x >"$prints/alice/uru4000/0/x y"
mkdir "$prints/alice/uru4000/0/9"
expect "a FIFO where a print should be holds up nobody" 1 'alice/uru4000/0/7: neither a file nor a folder' \
    timeout 30 bioconsent audit --look
same "a link is not followed" "$prints/alice/uru4000/0/8: a link" "$(found 0/8 .where)"
same "... nor is a link to a folder" "$prints/linked: a link" "$(found linked .where)"
same "a name with control characters reaches no terminal" "$prints/a?[2J?b: a file whose path is not that of a template" \
    "$(found 'a\\?' .where)"
expect "... in the table neither" 1 '' grep -q $'\e' <(bioconsent audit --look)
same "a name like an option is no account" "something that is no template lies where templates lie" \
    "$(found rf.dat .why)"
same "six things were found" 6 "$(bioconsent audit --look --json | jq length)"
while read -r command; do bash -c "$command"; done < <(bioconsent audit --look --json | jq -r '.[].fix')
expect "the commands that fix them do, whatever their names" 0 '0 to be fixed' bioconsent audit --look
same "... and nothing else is gone" 2 "$(find /etc/shadow /etc/passwd | wc -l)"
deep=$prints/alice
for i in $(seq 20); do deep+=/$i; done
mkdir -p "$deep"
expect "folders without end are a finding" 1 'it could not be read, or only in part' bioconsent audit --look
rm -r $prints/alice
mkdir $prints/many
seq 100100 | sed "s|^|$prints/many/|" | xargs touch
expect "a folder with too many files is a finding, in bounded time" 1 'it could not be read, or only in part' \
    timeout 60 bioconsent audit --look --provider fprintd
rm -r $prints/many
expect "an ordinary user may not" 1 'only root' as alice bioconsent audit --look

# ---- services ----
start_server
use_server aws-rekognition -e 's/^\[places\]/&\nstaff = region=eu-west-1 collection=-staff/'
use_server aws-chime -e 's/^\[places\]/&\ncalls = region=us-east-1 domain=calls/'
use_server aws-voice-id -e "s/^\[places\]/&\ncalls = region=us-east-1 domain=$domain/"
seed
expect "rekognition: a face that nobody knows" 1 "aws-rekognition: region=eu-west-1 collection=-staff face=$(face 1)" \
    bioconsent audit --look --provider aws-rekognition
same "... and what would fix it" \
    "/usr/bin/aws rekognition delete-faces --region=eu-west-1 --collection-id=-staff --output=json --face-ids $(face 1)" \
    "$(bioconsent audit --look --provider aws-rekognition --json | jq -r '.[0].fix')"
enrolled bob aws-rekognition face region=eu-west-1 collection=-staff "face=$(face 1)" "face=$(face 2)" \
    "face=$(face 3)" "face=$(face 4)"
expect "rekognition: faces that are covered and on record" 0 '4 looked at, 0 to be fixed' \
    bioconsent audit --look --provider aws-rekognition
expect "chime: all pages are looked at" 1 '3 looked at, 3 to be fixed' bioconsent audit --look --provider aws-chime
expect "voice id" 1 '1 looked at, 1 to be fixed' bioconsent audit --look --provider aws-voice-id
control seed '{"collections": {"-staff": {"faces": [], "users": {}}}}'
fault ListFaces broken 1000
expect "a service that is broken is a finding" 1 'aws-rekognition: aws-rekognition: exit 254: .*InternalServerError' \
    bioconsent audit --look --provider aws-rekognition
control seed '{"collections": {}}'
expect "so is a collection that is gone" 1 'ResourceNotFoundException' bioconsent audit --look --provider aws-rekognition
printf '[provider]\nname = X\n' >$own/aws-chime.conf
expect "so is a provider's file that is malformed" 1 "aws-chime: its provider's file" bioconsent audit --look --provider aws-chime
expect "an unknown provider" 1 'there is no provider atlantis' bioconsent audit --look --provider atlantis
expect "as JSON" 1 '"why":' bioconsent audit --look --json
kill "$SERVER_PID"
finish
