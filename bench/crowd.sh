#!/bin/sh
# sh bench/crowd.sh [PARTICIPANTS]...
# One room of 10, 100 and 1,000 (or those), server and load tester on the same machine: 20 cameras, each as a
# thumbnail of 5 frames a second and a larger picture of 15; three people in conversation, each of whom speaks a
# third of the time (DTX); 3 slots for sound and 9 for pictures for everybody; 50 joins a second. What a participant
# costs is not to depend on how many there are.
#   WORKERS=1          media workers of the server; 0, as by default: one for each core
#   SPREAD=100         rtc.spread; 0: the room stays on one worker
#   SERVER='--set K=V' more for the server; BENCH='--json FILE' more for the load tester
set -eu
cd "$(dirname "$0")/.."
workers=${WORKERS:-0}
spread=${SPREAD:-100}
http=28480
rtc=28490
out=$(mktemp)
server=

stop() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || :
    [ -z "$server" ] || wait "$server" 2>/dev/null || :
    server=
}
trap 'stop; rm -f "$out"' EXIT
trap 'exit 130' INT TERM

build() {
    cmake --preset release >/dev/null
    cmake --build --preset release --target plenum --target plenum-bench >/dev/null
}

start() {
    # shellcheck disable=SC2086 # a list of words
    build/release/plenum --set http.address=127.0.0.1 --set http.port=$http --set rtc.address=127.0.0.1 \
        --set rtc.port=$rtc --set rtc.workers="$workers" --set rtc.spread="$spread" --set limits.load=100 \
        --set log.level=warning ${SERVER:-} >"$out" &
    server=$!
    until grep -q ready "$out"; do
        kill -0 "$server" || exit 1
        sleep 0.1
    done
}

# One row; below it the bottleneck, where there was one, and who did not get in.
row() {
    awk -v n="$1" '
        { value[$1] = $2 }
        /^The |^This |^A thread/ { words = words "        " $0 "\n" }
        END {
            there = value["participants"]
            printf "%6d %6d %8.0f %8.0f %8.1f %8.1f %8.1f %8.2f %8.2f %8.0f %7.3f %7.1f\n%s", n, there,
                value["dtls_p95"], value["media_p95"], there ? value["packets_in"] / there : 0,
                value["server_cpu"], value["own_cpu"], value["us_per_packet"],
                there ? value["server_cpu"] * 10 / there : 0, value["memory_per_participant"], value["loss"],
                value["p95"], words
        }' "$out"
}

run() {
    start
    # shellcheck disable=SC2086 # a list of words
    build/release/plenum-bench --url ws://127.0.0.1:$http/ws --pid "$server" --participants "$1" --join-rate 50 \
        --publishers 20 --talk 3 --turn 10s --pauses 67% --layers 160x90@5:45k,640x360@15:270k \
        --tile 640x360,160x90 --slots 3,9 --check 16 --warmup 3s --duration 10s ${BENCH:-} >"$out" || :
    row "$1"
    stop
}

build
printf '%6s %6s %8s %8s %8s %8s %8s %8s %8s %8s %7s %7s\n' room there DTLS media packets server bench us/ \
    ms/ KB/ loss p95 '' '' 'p95 ms' 'p95 ms' each/s % % packet 's,each' each % ms
[ $# -gt 0 ] || set -- 10 100 1000
for participants; do
    run "$participants"
done
