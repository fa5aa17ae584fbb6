#!/bin/sh
# namespace.sh [--veth] COMMAND...
# Runs a command in network and process namespaces of its own, with a temporary folder as HOME and TMPDIR, and
# PLENUM_NAMESPACE set for tests that change the network while they run (lib/network.mjs). The network has loopback
# only; with --veth also 10.98.0.1 on a veth pair, and a default route that leads nowhere (Firefox gathers no
# candidates without one). No other address comes by itself: Chromium drops what it is loading when one does. When
# the command has ended, however it did, every process that it left is killed and the folder is removed.
set -eu

if [ "${1:-}" = inside ]; then
    ip link set lo up
    if [ "$2" = --veth ]; then
        ip link add plenum0 type veth peer name plenum1
        ip address add 10.98.0.1/24 dev plenum0
        ip link set plenum0 addrgenmode none up
        ip link set plenum1 addrgenmode none up
        ip route add default via 10.98.0.2
    fi
    shift 2
    "$@" # not exec: the shell is process 1 and collects orphans
    exit
fi

network=--loopback
if [ "${1:-}" = --veth ]; then
    network=--veth
    shift
fi
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
user=
[ "$(id -u)" = 0 ] || user=--map-root-user
HOME=$tmp TMPDIR=$tmp XDG_RUNTIME_DIR=$tmp PLENUM_NAMESPACE=$network \
    unshare $user --net --pid --fork --kill-child --mount-proc sh "$0" inside $network "$@"
