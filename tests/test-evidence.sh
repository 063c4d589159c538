#!/usr/bin/env bash
# Evidence as installed: made here, verified on "another machine" that holds bioconsent-verify, its
# libraries and the key, and nothing else.
# shellcheck source=tests/preamble.bash
. "$(dirname "${BASH_SOURCE[0]}")/preamble.bash"
on_private_host

other=/run/other
make_other_machine() {
    local library
    mkdir -p "$other/bin" "$other/proc"
    cp "$(command -v bioconsent-verify)" "$other/bin/"
    for library in $(ldd "$(command -v bioconsent-verify)" | grep -oE '/[^ )]+'); do
        mkdir -p "$other${library%/*}"
        cp "$library" "$other$library"
    done
    # The sanitizers want to see their own maps.
    [ -z "${BC_SANITIZED:-}" ] || mount --bind /proc "$other/proc"
}

# elsewhere ARGUMENT...: bioconsent-verify over there, as nobody, with an empty environment.
elsewhere() {
    env -i ASAN_OPTIONS=detect_leaks=0 "$(command -v chroot)" --userspec=65534:65534 "$other" \
        /bin/bioconsent-verify "$@"
}
sent() { # sent FILE ARGUMENT...: the file goes in on standard input
    local file=$1
    shift
    elsewhere - "$@" <"$file"
}
changed() { # changed FROM TO: a copy of alice's in which FROM is TO, verified
    sed "0,/$1/s//$2/" /run/alice.json >/run/changed.json
    cmp -s /run/alice.json /run/changed.json && echo unchanged && return 99
    sent /run/changed.json --key "$key"
}

bioconsent init --origin consent.example/host1 >/dev/null
write_notice /run/login.notice login 1
write_notice /run/face.notice face 1 modalities=face providers=rekognition \
    service_provider='Amazon Web Services, Inc.' controller='Example Ltd'
bioconsent notice publish /run/login.notice >/dev/null
bioconsent notice publish /run/face.notice >/dev/null
for user in alice bob; do
    bioconsent grant "$user" login >/dev/null
    bioconsent grant "$user" face >/dev/null
done
bioconsent grant zacharias login --external >/dev/null
bioconsent withdraw alice --reason 'by letter' >/dev/null
key=$(bioconsent key show | grep -oE 'consent\.example/host1\+[^ ]+' | head -n 1)
make_other_machine

witness() {
    "$BC_BUILD_DIR/tests/stand-in-witness" witness.example/one "$@"
}
witness_key=$(witness key)
bioconsent-log publish /run/log >/dev/null
bioconsent-log submit /run/log --witness "$witness_key" | witness >/run/answer
expect "a witness cosigns the checkpoint" 0 'has cosigned' \
    bioconsent-log submit /run/log --witness "$witness_key" --answer /run/answer

# ---- made here ----
expect "one subject, to a file" 0 '' bioconsent evidence alice --output /run/alice.json
expect "... for its owner alone" 0 '^600$' stat -c %a /run/alice.json
expect "one subject, to standard output" 0 'bioconsent-evidence/1' bioconsent evidence bob
mkdir /run/files
expect "a person without an account" 0 '' \
    bioconsent evidence zacharias --external --output /run/files/zacharias-external.json
cp /run/alice.json "/run/files/alice-$(id -u alice).json"
bioconsent evidence bob --output "/run/files/bob-$(id -u bob).json"
expect "several people at once" 2 '^usage: bioconsent evidence' bioconsent evidence alice bob
expect "a person without an account" 3 'no account|no consent' bioconsent evidence carol
expect "nothing of that kind" 3 'no consent here that was asked for' bioconsent evidence bob --provider howdy
expect "a time that is none" 2 'write it as' bioconsent evidence bob --since yesterday
expect "a period that is none" 2 'after' bioconsent evidence bob --since 2026-01-02T00:00:00Z --until 2026-01-01T00:00:00Z
expect "a folder that is none" 3 'No such file' bioconsent evidence bob --output /run/nowhere/bob.json
expect "users do not get at it" 1 '' as bob bioconsent evidence alice
expect "by provider" 0 '' bioconsent evidence bob --provider rekognition --output /run/files/aws.json


# ---- verified there ----
expect "it needs libsodium, jansson and the C library alone" 1 '^$' sh -c \
    "readelf -d '$(command -v bioconsent-verify)' | grep NEEDED | grep -vE 'lib(sodium|jansson|c|asan|ubsan|m|pthread|dl|rt)\.so'"
install -m 644 /run/alice.json /run/files/*.json /run/log/cosigned "$other/"
expect "proven there" 0 'WHAT IS PROVEN' elsewhere /alice.json --key "$key"
expect "who, on whose behalf, with whom, by which notice" 0 'Amazon Web Services, Inc\.' elsewhere /alice.json --key "$key"
expect "what happened since" 0 'withdrawn by the person: by letter' elsewhere /alice.json --key "$key"
expect "consent then: no" 0 'fingerprint to authenticate: no \(withdrawn\)' elsewhere /alice.json --key "$key"
expect "before it was given: no" 0 'no \(no-record\)' elsewhere /alice.json --key "$key" --at 2020-01-01T00:00:00Z
expect "a later time is not covered" 0 'and so not the answer above' elsewhere "/bob-$(id -u bob).json" --key "$key" --at 2090-01-01T00:00:00Z
expect "what is not proven is said" 0 'WHAT IS NOT PROVEN' elsewhere /alice.json --key "$key"
expect "on standard input" 0 'WHAT IS PROVEN' sent /run/alice.json --key "$key"
expect "just this use: yes" 0 'face to enroll: yes \(allow\)' elsewhere /aws.json --key "$key" \
    --modality face --operation enroll --provider rekognition
expect "just this use: no" 0 'no \(scope-modality\)' elsewhere /aws.json --key "$key" --modality iris --operation enroll
expect "for programs" 0 '"verified": true' elsewhere /zacharias-external.json --key "$key" --json
expect "of one provider: one consent of two" 0 'Consents in force: +2, of which 1 shown below' elsewhere /aws.json --key "$key"
expect "... and nothing of the other" 1 '' grep -q 'on this host' /run/files/aws.json
expect "the notice's own words" 0 'We read your fingerprint' elsewhere /alice.json --key "$key" --notices

# ---- refused there ----
stranger=sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8
expect "another key" 1 'refused: the checkpoint: not signed by a trusted key' elsewhere /alice.json --key "$stranger"
expect "either key" 0 'WHAT IS PROVEN' elsewhere /alice.json --key "$stranger" --key "$key"
cp -a /etc/bioconsent /run/kept.etc
cp -a /var/lib/bioconsent /run/kept.var
namesake=$(bioconsent key rotate | grep -oE 'consent\.example/host1\+[^ ]+')
rm -r /etc/bioconsent /var/lib/bioconsent
mv /run/kept.etc /etc/bioconsent
mv /run/kept.var /var/lib/bioconsent
expect "another key of the same name" 1 'not signed by a trusted key' elsewhere /alice.json --key "$namesake"
expect "a witness that has cosigned" 0 'The witness witness.example/one says that at' \
    elsewhere /alice.json --key "$key" --witness "$witness_key" --cosigned /cosigned
expect "the evidence alone has no cosignature" 1 'witness.example/one has not cosigned' \
    elsewhere /alice.json --key "$key" --witness "$witness_key"
expect "it extends the checkpoint of then" 0 'extends the older checkpoint that you gave' \
    elsewhere /alice.json --key "$key" --extends /cosigned
witness=remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2
expect "a witness that has not cosigned" 1 'refused: the witness remora.n621.de has not cosigned' \
    elsewhere /alice.json --key "$key" --witness "$witness"
expect "a witness's key that is none" 2 'not a key of a witness' elsewhere /alice.json --key "$key" --witness "$key"
expect "no key" 2 'key is missing' elsewhere /alice.json
expect "a key that is none" 2 'not a key' elsewhere /alice.json --key "$key"x
expect "another form" 1 'refused: byte [0-9]+ is not what follows' changed '"format"' ' "format"'
expect "the file has no page of its own" 1 '' grep -q 'Covers:' /run/alice.json
expect "... the verifier prints it" 0 'alice, the account with the number' elsewhere /alice.json --key "$key"
expect "another name in the event" 1 'refused: event [0-9]+ does not stand in the log' changed 'subject\\":\\"alice' 'subject\\":\\"alicf'
expect "another notice" 1 'refused: the text of notice' changed 'We read' 'We rent'
expect "another time of signing" 1 'refused' changed 'signed\/v1 1' 'signed\/v1 2'
expect "another size" 1 'refused' changed 'host1\\n[0-9]*' 'host1\\n99'
expect "another number" 1 'refused' changed 'index 2' 'index 3'
head -c 2000 /run/alice.json >/run/cut.json
expect "cut short" 1 'refused: not JSON, or cut short' sent /run/cut.json --key "$key"
head -c 100000 /dev/zero | tr '\0' '[' >/run/deep.json
expect "nested deep" 1 'refused: nested deeper' sent /run/deep.json --key "$key"
expect "endless" 1 'refused: longer than' sent /dev/zero --key "$key"
expect "nothing" 1 'refused: not JSON' elsewhere - --key "$key"
expect "no such file" 1 'No such file' elsewhere /none.json --key "$key"
expect "refusals for programs, too" 1 '"verified": false' elsewhere /alice.json --key "$stranger" --json
expect "a question that is half" 2 'operation' elsewhere /alice.json --key "$key" --modality face
expect "help" 0 'Exit status' elsewhere --help
finish
