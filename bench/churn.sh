#!/bin/sh
# churn.sh [JOINS] [RATE]
# The memory of a server in which people come and go: a table over 10,000 joins and leaves, or JOINS, at 60 a second, or
# RATE, in a room of 100. Fails where it grows by more than 5 % after the first tenth. Root, or a user who may make
# namespaces.
set -eu
cd "$(dirname "$0")/.."
joins=${1:-10000}
rate=${2:-60}
people=100
out=$PWD/build/churn

if [ "${CHURN_ALONE:-}" != yes ]; then
    cmake --preset release >/dev/null && cmake --build --preset release --target plenum plenum-bench >/dev/null
    CHURN_ALONE=yes exec unshare --map-root-user --net sh "$0" "$@"
fi
ip link set lo up
mkdir -p "$out"
build/release/plenum --set rtc.workers=1 --set rtc.address=127.0.0.1 --set http.address=127.0.0.1 \
    --set signaling.grace=0 >"$out/server.log" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null || true' EXIT
until grep -q ready "$out/server.log"; do
    kill -0 $server
    sleep 0.1
done
build/release/plenum-bench --participants $people --publishers 1 --layers 320x180@15:150k --join-rate "$rate" \
    --churn "$rate" --duration 60min >"$out/bench.log" 2>&1 &
bench=$!

memory() { # of the server, resident, in KB
    sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$server/status"
}

joined() { # so many have, up to now
    grep -c 'joined from' "$out/server.log" || true
}

echo "| joins | memory of the server, KB |"
echo "|---|---|"
first=
step=$((joins / 10))
for at in $(seq $step $step "$joins"); do
    while [ "$(joined)" -lt "$at" ]; do
        kill -0 $bench 2>/dev/null || {
            tail -n 3 "$out/bench.log" >&2
            exit 1
        }
        sleep 0.2
    done
    now=$(memory)
    first=${first:-$now}
    echo "| $at | $now |"
done
kill -INT $bench
wait $bench || true
[ $((now * 100)) -le $((first * 105)) ] || {
    echo "it grows: $((now - first)) KB since the first $step joins" >&2
    exit 1
}
