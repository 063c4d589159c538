# bash completion for bioconsent(8); made from its tables of verbs and options
_bioconsent() {
    local current=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]:-} words
    if [ "$COMP_CWORD" -eq 1 ]; then
        words='accept withdraw status init lint check grant sign revoke list enroll audit delete erase evidence report key notice store help'
    else
        case "$verb ${COMP_WORDS[2]:-}" in
        'accept '*) words='--modality --operation --provider --config --json --help' ;;
        'withdraw '*) words='--reason --external --uid --passphrase-file --config --json --help' ;;
        'status '*) words='--config --json --help' ;;
        'init '*) words='--origin --state-dir --seal --passphrase-file --config --json --help' ;;
        'lint '*) words='--root --config --json --help' ;;
        'check '*) words='--modality --operation --provider --purpose --external --verbose --config --json --help' ;;
        'notice lint') words='--config --json --help' ;;
        'notice publish') words='--editorial --passphrase-file --config --json --help' ;;
        'notice list') words='--config --json --help' ;;
        'notice show') words='--config --json --help' ;;
        'grant '*) words='--modality --operation --provider --purpose --kind --paper --valid-from --expires --given-by --representative --authority --proof --external --uid --from --passphrase-file --config --json --help' ;;
        'sign '*) words='--yes --dry-run --discard --passphrase-file --config --json --help' ;;
        'revoke '*) words='--purpose-ended --reason --external --uid --passphrase-file --config --json --help' ;;
        'list '*) words='--events --external --uid --config --json --help' ;;
        'enroll '*) words='--provider --identifier --from --existing --external --uid --passphrase-file --config --json --help' ;;
        'audit '*) words='--look --within --provider --external --uid --config --json --help' ;;
        'delete '*) words='--due --provider --template --confirm --reason --external --uid --passphrase-file --config --json --help' ;;
        'erase '*) words='--reason --override --external --uid --passphrase-file --config --json --help' ;;
        'evidence '*) words='--output --since --until --provider --notice --external --uid --config --json --help' ;;
        'report '*) words='--output --names --config --json --help' ;;
        'store status') words='--config --json --help' ;;
        'store verify') words='--config --json --help' ;;
        'store refresh') words='--passphrase-file --config --json --help' ;;
        'store backup') words='--config --json --help' ;;
        'store restore') words='--yes --config --json --help' ;;
        'key show') words='--config --json --help' ;;
        'key rotate') words='--seal --passphrase-file --config --json --help' ;;
        'key '*) words='show rotate' ;;
        'notice '*) words='lint publish list show' ;;
        'store '*) words='status verify refresh backup restore' ;;
        *) words='' ;;
        esac
    fi
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
    if [ "${#COMPREPLY[@]}" -eq 0 ]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
    fi
}
complete -o filenames -F _bioconsent bioconsent
