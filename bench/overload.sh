#!/bin/sh
# More viewers than a worker can serve: without shedding (limits.load = 100), then with it. The server has core 0, the
# load tester core 1. Prints what the viewers saw, what the server counted, and what the kernel says that its socket
# has lost: the last two have to be the same. See bench/README.md.
#
#   sh bench/overload.sh [VIEWERS [MORE OF PLENUM-BENCH ...]]
set -eu
cd "$(dirname "$0")/.."
[ "${PLENUM_APART:-}" ] || PLENUM_APART=1 exec unshare --net sh bench/overload.sh "$@"
ip link set lo up
viewers=${1:-600}
[ $# -eq 0 ] || shift
out=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$out"' EXIT
for limit in 100 95; do
    taskset -c 0 build/release/plenum --set rtc.workers=1 --set rtc.address=127.0.0.1 --set rtc.port=7900 \
        --set http.port=8080 --set http.connections=100000 --set room.max_participants=100000 \
        --set limits.load=$limit --set log.level=debug >"$out/log" 2>&1 &
    server=$!
    sleep 1
    taskset -c 1 build/release/plenum-bench --threads 1 --participants $((viewers + 1)) --publishers 1 --slots 1,1 \
        --join-rate 100 --pid $server "$@" >"$out/bench" || true
    lost=$(awk '$2 == "0100007F:1EDC" { lost += $NF } END { print lost }' /proc/net/udp)
    kill $server
    wait $server || true
    server=
    echo "limits.load = $limit"
    grep -E '^(participants|failed|audio_in|video_in|loss|audio_p50|audio_p99|freezes|own_drops|server_cpu) ' "$out/bench"
    echo "the kernel says that the server's sockets lost $lost datagrams; the server has counted:"
    grep -oE '(drop_rxq_overflow|drop_tx_full_[a-z]*|drop_overload|shed_[a-z]*|overload_us) [0-9]+$' "$out/log" |
        sed 's/^/    /'
    grep -o 'media worker .*' "$out/log" | sed 's/^/    /' || true
done
