#!/bin/sh
# The memory of a server in which people come and go: a room of 100 that people join and leave, 10,000 times or JOINS, at
# 100 a second or RATE. Prints a table of what the server has allocated and of what is resident, with the room full and,
# after a tenth and at the end, empty. Fails where an empty server has 32 bytes more for each join than after the first
# tenth: less than the smallest thing that could stay behind. malloc() does without its caches for each thread, which it
# fills little by little and counts as allocated. See bench/README.md.
#
#   sh bench/churn.sh [JOINS [RATE]]
set -eu
cd "$(dirname "$0")/.."
[ "${PLENUM_APART:-}" ] || PLENUM_APART=1 exec unshare --net sh bench/churn.sh "$@"
ip link set lo up
joins=${1:-10000}
rate=${2:-100}
step=$((joins / 10))
slack=32 # bytes a join
out=$(mktemp -d)
server=
bench=
trap '[ -z "$bench" ] || kill "$bench"; [ -z "$server" ] || kill "$server"; rm -rf "$out"' EXIT
GLIBC_TUNABLES=glibc.malloc.tcache_count=0 HEAP_LOG=$out/heap LD_PRELOAD=build/release/bench/heap.so \
    build/release/plenum --set rtc.workers=1 \
    --set rtc.address=127.0.0.1 --set http.address=127.0.0.1 --set http.port=8080 --set signaling.grace=0 >"$out/log" 2>&1 &
server=$!
sleep 1

joined() { # so many have, up to now
    grep -c 'joined from' "$out/log" || true
}

row() { # of the table: how many are in the room
    sleep 1.1
    awk -v joins="$(joined)" -v people="$1" \
        'END { printf "| %d | %s | %.1f | %.1f |\n", joins, people, $1 / 1e6, $2 / 1e6 }' "$out/heap"
}

come_and_go() { # from so many joins to so many
    build/release/plenum-bench --participants 100 --publishers 1 --layers 320x180@15:150k --join-rate "$rate" \
        --churn "$rate" --duration 60min >"$out/bench" 2>&1 &
    bench=$!
    for at in $(seq $(($1 + step)) "$step" "$2"); do
        while [ "$(joined)" -lt "$at" ]; do
            kill -0 $bench 2>/dev/null || { tail -n 3 "$out/bench" >&2; exit 2; }
            sleep 0.2
        done
        row 100
    done
    kill -INT $bench
    wait $bench || true
    bench=
    sleep 2
    row 0
}

allocated() {
    awk 'END { print $1 }' "$out/heap"
}

echo "| joins up to then | in the room | allocated, MB | resident, MB |"
echo "|---|---|---|---|"
row 0
come_and_go 0 "$step"
first=$(allocated)
come_and_go "$step" "$joins"
grown=$(($(allocated) - first))
echo "empty: $grown bytes more than after $step joins"
[ $grown -le $((slack * (joins - step))) ]
