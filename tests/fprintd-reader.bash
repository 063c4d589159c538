# Sourced by scripts that need the real fprintd on a virtual reader, polkitd and a system bus, on a host
# of their own. Needs $here, the folder of this file.
# shellcheck shell=bash disable=SC2034,SC2154
reader="$here/virtual-reader"
socket=/run/virtual-reader

has_name() {
    dbus-send --system --print-reply --dest=org.freedesktop.DBus / \
        org.freedesktop.DBus.NameHasOwner "string:$1" 2>/dev/null | grep -q 'boolean true'
}

wait_for() { # wait_for WHAT COMMAND...: at most ten seconds
    local what=$1 i
    shift
    for ((i = 0; i < 500; i++)); do
        ! "$@" || return 0
        read -r -t 0.02 <><(:) || true
    done
    printf '%s did not come up\n' "$what" >&2
    exit 1
}

start_bus() {
    mkdir -p /run/dbus /var/lib/fprint
    dbus-daemon --system --fork
}

start_polkitd() { # start_polkitd COMMAND...: by this command, such as env
    "$@" /usr/lib/polkit-1/polkitd --no-debug >>/run/polkitd.log 2>&1 &
    polkitd=$!
    wait_for polkitd has_name org.freedesktop.PolicyKit1
}

start_fprintd() {
    G_MESSAGES_DEBUG=all FP_VIRTUAL_DEVICE_STORAGE=$socket FP_DRIVERS_WHITELIST=virtual_device_storage \
        STATE_DIRECTORY=/var/lib/fprint /usr/libexec/fprintd -t >/run/fprintd.log 2>&1 &
    wait_for fprintd has_name net.reactivated.Fprint
}

# How often fprintd has opened the reader so far.
opened() {
    grep -c 'claimed device' /run/fprintd.log
}
