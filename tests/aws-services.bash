# Sourced by tests that need the services: tests/aws-server, and the providers' files set up for it. Needs
# $here, the folder of this file, and provider-store.bash.
# shellcheck shell=bash disable=SC2034,SC2154
log=/run/aws.log
domain=AbCdEfGhIjKlMnOpQrStUv

start_server() {
    local line
    mkdir -p /etc/bioconsent/aws
    printf '[default]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = secret\n' \
        >/etc/bioconsent/aws/credentials
    chmod 600 /etc/bioconsent/aws/credentials
    coproc SERVER { exec "$here/aws-server" /usr/local/share/bioconsent/aws-models "$log"; }
    read -r -u "${SERVER[0]}" line
    port=${line#listening }
}

# As an administrator sets it up: the keys in /etc; and, for the test, where the service is.
use_server() { # use_server PROVIDER [SED-COMMAND ...]
    local name=$1
    shift
    sed -e "s|^\[provider\]|&\nendpoint = http://127.0.0.1:$port|" -e '/^ended/d' "$@" \
        "$providers/$name.conf" >"$own/$name.conf"
}

control() {
    curl -s -o /dev/null "http://127.0.0.1:$port/_$1" -d @- <<<"$2"
}

server_state() { # server_state JQ-FILTER
    curl -s "http://127.0.0.1:$port/_state" | jq -c "$1"
}

fault() { # fault OPERATION KIND TIMES
    control fault "{\"operation\": \"$1\", \"kind\": \"$2\", \"times\": $3}"
}

# The requests since the mark, as "Operation outcome" lines.
mark() { seen=$(wc -l <"$log"); }
requests() {
    tail -n "+$((seen + 1))" "$log" | jq -r '.operation + " " + .outcome' | tr '\n' ';'
}

face() { printf '00000000-0000-4000-8000-%012x' "$1"; }

seed() {
    control seed "{\"collections\": {\"-staff\": {
        \"faces\": [\"$(face 1)\", \"$(face 2)\", \"$(face 3)\", \"$(face 4)\"],
        \"users\": {\"hr:alice\": [\"$(face 1)\", \"$(face 2)\"]}}},
        \"profiles\": {\"p1\": \"calls\", \"p2\": \"calls\", \"p3\": \"calls\"},
        \"speakers\": {\"$domain\": {\"s1\": \"ENROLLED\", \"id#$domain\": \"OPTED_OUT\"}}}"
}
