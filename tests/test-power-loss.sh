#!/usr/bin/env bash
# A thousand times kill -9 in the middle of what writes, and every write made to fail once with ENOSPC
# and EIO: what was reported as done is there, and the store verifies.
# shellcheck source=tests/preamble.bash
. "$(dirname "${BASH_SOURCE[0]}")/preamble.bash"
on_private_host
new_store consent.example/host1
if "$here/power-loss" 1000 >/run/log 2>&1; then
    ok "$(tail -n1 /run/log)"
else
    not_ok "kill -9, ENOSPC, EIO" "$(cat /run/log)"
fi
head -n1 /run/log
temporary() {
    find /etc/bioconsent /var/lib/bioconsent -name '.new-*'
}
temporary | xargs -r touch -d '1 hour ago'
expect "what the kills left is swept away" 0 '' bioconsent key rotate
expect "no temporary file is left" 1 '' sh -c \
    "find /etc/bioconsent /var/lib/bioconsent -name '.new-*' | grep ."
expect "a temporary file of this moment stays" 0 '' touch /var/lib/bioconsent/state/.new-1
bioconsent store refresh >/dev/null
expect "... it may be in use" 0 'new-1' sh -c "find /var/lib/bioconsent -name '.new-*'"
finish
