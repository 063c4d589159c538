# Sourced by the tests of deletion: a store with one notice for all providers, and short names for what
# they all ask. Runs on a host of its own. Needs preamble.bash.
# shellcheck shell=bash disable=SC2034
record=${BC_BUILD_DIR:?}/tests/record-template
state=/var/lib/bioconsent/state
providers=/usr/local/share/bioconsent/providers
own=/etc/bioconsent/providers

start_store() { # start_store JURISDICTION [PROVIDER ...]
    bioconsent init --origin consent.example/host1 >/dev/null
    printf '%s\n' bioconsent-notice/1 'id: all' 'version: 1' 'language: en' 'kind: written-release' \
        'modalities: fingerprint face voice palm' 'operations: authenticate enroll' \
        'providers: fprintd howdy aws-rekognition aws-chime aws-voice-id aws-one'"${2:+ $2}" 'purposes: login' \
        "jurisdictions: $1" 'controller: Example Ltd' \
        'service_provider: Amazon Web Services, Inc.' 'biometric_data: a template' \
        'purpose: to sign you in' 'retention: until you withdraw, at most 3 years' \
        'disclosure: to nobody' 'release: I agree.' '' 'Notice.' \
        '{controller} with {service_providers} keeps {biometric_data} {purpose}, {retention};' \
        'disclosed {disclosure}. {release}' >/run/all.notice
    bioconsent notice publish /run/all.notice >/dev/null
    mkdir -p "$own"
}

# enrolled USER PROVIDER MODALITY [NAME=VALUE ...]: a consent, if there is none, and a template on record;
# its number in $template.
enrolled() {
    bioconsent check "$1" --modality "$3" >/dev/null 2>&1 || bioconsent grant "$1" all >/dev/null
    template=$("$record" "$@")
}

# outcome USER NUMBER: how the last attempt ended, and what was said.
outcome() {
    bioconsent list --events --json | jq -rs --argjson n "$1" \
        '[.[].payload | select(.type == "delete" and .enroll == $n)] | last | .state + ": " + .answer'
}

# attempts NUMBER: how many there were.
attempts() {
    bioconsent list --events --json | jq -s --argjson n "$1" \
        '[.[].payload | select(.type == "delete" and .enroll == $n)] | length'
}
