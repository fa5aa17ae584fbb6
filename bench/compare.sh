#!/bin/sh
# compare.sh [--quick] [PART...]
# Plenum and Janus (the package of Debian 12) under the same loads in turn, each on one core with the load tester on
# another: tables in bench/RESULTS.md, plots beside it, every figure of every run in build/compare/PART.tsv. Parts:
# loads, veth, limits, rooms, curves; without any all of them. Takes about 35 minutes, with --quick (one round, fewer
# loads) 3. What other parts have measured before stays in the report; `compare.sh report` measures nothing.
# The report is written where at least loads and rooms were measured.
# Root, or a user who may make namespaces; sudo for missing packages.
# COMPARE_LOCK=FILE: hold this lock (flock) while measuring, on machines that others measure on as well; they get their
# turn every four minutes.
set -eu
cd "$(dirname "$0")/.."
# shellcheck source=conf/install.sh
. conf/install.sh

out=$PWD/build/compare
here=10.97.0.1 # the server, on an interface of its own: Janus never offers loopback candidates
server_core=0
bench_core=1
video='--layers 1280x720@25:2300k' # 250 packets of 1,150 bytes a second, ten for each frame
camera_rate=250
voice_rate=50
janus_plugins=/usr/lib/$(uname -m)-linux-gnu/janus

# --- Servers ------------------------------------------------------------------------------------------------------

listening() {
    tries=100
    until ss -Hltn "sport = :$1" | grep -q .; do
        tries=$((tries - 1))
        if [ $tries = 0 ] || ! kill -0 "$server"; then
            say "$(tail -n 3 "$out/server.log")"
            return 1
        fi
        sleep 0.1
    done
}

# shellcheck disable=SC2086 # $first: words, or nothing
start_plenum() {
    $first taskset -c $server_core build/release/plenum --set rtc.workers=1 --set rtc.address=$here \
        --set http.address=$here --set http.connections=100000 --set room.max_participants=100000 \
        --set limits.load=100 --set log.level=warning >"$out/server.log" 2>&1 &
    server=$!
    listening 8080
}

# Everything that VideoRoom does without stays out of memory: start_janus LINE, of `general`.
# shellcheck disable=SC2086
start_janus() {
    rm -rf "$out/janus"
    mkdir -p "$out/janus/plugins" "$out/janus/transports"
    ln -s "$janus_plugins/plugins/libjanus_videoroom.so" "$out/janus/plugins/"
    ln -s "$janus_plugins/transports/libjanus_websockets.so" "$out/janus/transports/"
    cat >"$out/janus/janus.jcfg" <<END
general: {
    configs_folder = "$out/janus"
    plugins_folder = "$out/janus/plugins"
    transports_folder = "$out/janus/transports"
    events_folder = "$out/janus/none"
    loggers_folder = "$out/janus/none"
    debug_level = 2
    $1
}
nat: { ice_lite = true }
END
    echo 'general: { ws = true, ws_port = 8188 }' >"$out/janus/janus.transport.websockets.jcfg"
    echo 'general: { }' >"$out/janus/janus.plugin.videoroom.jcfg"
    $first taskset -c $server_core janus --configs-folder="$out/janus" --config="$out/janus/janus.jcfg" \
        >"$out/server.log" 2>&1 &
    server=$!
    listening 8188
}

start() {
    case $1 in
    plenum) start_plenum ;;
    janus) start_janus 'event_loops = 1' ;;
    janus-threads) start_janus '' ;;
    esac
}

# Janus's signal handler takes a lock of GLib's, which the thread that it interrupts may hold: then it never ends.
stop() {
    kill "$server"
    (sleep 10 && kill -KILL "$server") &
    patience=$!
    wait "$server" || true
    kill "$patience" 2>/dev/null || true
}

# --- One load, one server --------------------------------------------------------------------------------------------

# figure NAME: of the last run; empty where it has none.
figure() {
    sed -n "s/^ *\"$1\": \(-\{0,1\}[0-9.][0-9.e+-]*\),\{0,1\}$/\1/p" "$out/run.json" | head -n 1
}

# record NAME VALUE, of the run that $net, $load, $viewers and $who tell.
record() {
    printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$net" "$load" "$viewers" "$who" "$round" "$1" "$2" >>"$out/$part.tsv"
}

# What the machine takes for bursts at the moment, without any server: by that the figures can be told apart from those
# of another hour.
look_at_machine() {
    load=send viewers=0 who=machine
    # shellcheck disable=SC2086
    record ns "$($first taskset -c $server_core build/release/bench/micro 'sendmmsg with UDP_SEGMENT' | awk '{ print $(NF - 1) }')"
}

# bench ARGUMENT...: against the server that runs; what it saw is in run.json. Loopback charges the receiver's kernel
# work to the sender: the load tester takes its packets one by one there, as browsers do.
# shellcheck disable=SC2086
bench() {
    url=ws://$here:8080/ws driver=plenum
    [ "$who" = plenum ] || url=ws://$here:8188 driver=janus
    rm -f "$out/run.json"
    $where $first taskset -c $bench_core build/release/plenum-bench --driver $driver --url $url --pid "$server" \
        --threads 1 --spin --gro off --gso off --srtp AEAD_AES_128_GCM --join-rate 100 $video \
        --json "$out/run.json" "$@" >"$out/bench.log" 2>&1 || [ -e "$out/run.json" ] ||
        { cat "$out/bench.log" >&2 && return 1; }
}

lock() {
    [ -n "${COMPARE_LOCK:-}" ] && [ -z "$held" ] || return 0
    flock 9
    held=$(date +%s)
}

unlock() {
    [ -n "$held" ] && [ $(($(date +%s) - held)) -gt 200 ] || return 0
    flock -u 9
    held=
}

# The run that $net, $load, $viewers, $who and $round tell: measure EXPECTED ARGUMENT..., packets a second that all
# together have to get.
measure() {
    expected=$1
    shift
    lock
    start "$who"
    bench --duration "${seconds}s" "$@"
    stop
    record expected "$expected"
    for key in $figures; do
        record "$key" "$(figure "$key")"
    done
    say "$net, $load, $viewers, $who: $(figure us_per_packet) us a packet, $(figure packets_in) packets/s of" \
        "$expected, p99 $(figure p99) ms, loss $(figure loss) %"
    unlock
}
figures='packets_in us_per_packet server_cpu p50 p99 loss keys_asked nacked faults memory_per_participant own_cpu
    own_drops own_late_p99 mbit_in mbit_out participants'

# With Plenum a participant sends and receives; with Janus these are two connections. Only Plenum looks how much a
# viewer's network carries before it sends that much, which takes it a few seconds.
warmup() {
    [ "$who" = plenum ] && echo "--warmup ${settle}s" || echo '--warmup 2s'
}

# One camera to that many: broadcast VIEWERS [ARGUMENT...]
broadcast() {
    viewers=$1
    shift
    # shellcheck disable=SC2046 # two words
    measure $((viewers * camera_rate)) --participants $((viewers + 1)) --publishers 1 --audio 0 --slots 0,1 $(warmup) "$@"
}

# Everybody sends, and gets what all others send: meeting PEOPLE PACKETS CAMERAS, of each, a second.
meeting() {
    viewers=$1 others=$(($1 - 1)) people=$1 publishers=all
    [ "$who" = plenum ] || people=$((2 * $1)) publishers=$1
    # shellcheck disable=SC2046
    measure $(($1 * others * $2)) --participants "$people" --publishers "$publishers" --video "$3" \
        --slots $others,$([ "$3" = 0 ] && echo 0 || echo $others) $(warmup)
}

# run_load NAME VIEWERS
run_load() {
    load=$1
    case $load in
    bursts) broadcast "$2" ;;
    spaced) broadcast "$2" --spacing 2ms ;;
    meeting) meeting "$2" $((camera_rate + voice_rate)) all ;;
    audio) meeting "$2" $voice_rate 0 ;;
    esac
}

# compare NAME VIEWERS SERVER...
compare() {
    name=$1 size=$2
    shift 2
    look_at_machine
    for who in "$@"; do
        run_load "$name" "$size"
    done
}

# Ever more viewers, until somebody gets less than was sent: ramp NAME STEP [ARGUMENT...]. All tell the server that their
# networks have no bound: it is the server's limit that is looked for. They join slowly, as handshakes take the load
# tester's time, too.
ramp() {
    load=$1 step=$2 viewers=0
    shift 2
    lock
    start "$who"
    bench --participants 6000 --publishers 1 --audio 0 --slots 0,1 --ramp "$step" --feedback remb --join-rate 40 \
        --warmup 3s --duration 3s --assert 'loss<0.1%' 'packets_each>243' "$@"
    stop
    capacity=$(sed -n 's/^ *"capacity": \([0-9]*\).*/\1/p' "$out/run.json")
    record capacity $((capacity > 0 ? capacity - 1 : 0))
    record step "$step"
    record own_drops "$(figure own_drops)"
    record own_late_p99 "$(figure own_late_p99)"
    say "$load, $who: $capacity participants"
    unlock
}

# What one of so many sends and receives, with three layers of video and pictures of 640x360.
room() {
    load=room who=plenum viewers=$1
    (
        video=''
        measure 0 --participants "$1" --talk 2 --tile 640x360 --warmup "${settle}s"
    )
}

# --- All of it --------------------------------------------------------------------------------------------------------

# Two networks, with a pair of interfaces between them that cuts the server's batches up, as most cards do. The server
# is in this one.
set_up_networks() {
    ip link set lo up
    ip link add compare0 type veth peer name compare1
    ip address add $here/24 dev compare0
    ip link set compare0 up
    ethtool -K compare0 tx-udp-segmentation off
    unshare --net sleep infinity &
    elsewhere=$!
    sleep 0.5
    ip link set compare1 netns $elsewhere
    nsenter --net=/proc/$elsewhere/ns/net ip address add 10.97.0.2/24 dev compare1
    nsenter --net=/proc/$elsewhere/ns/net ip link set compare1 up
}

# Where the load tester runs.
over() {
    net=$1 where=
    [ "$net" = loopback ] || where="nsenter --net=/proc/$elsewhere/ns/net"
}

# Before everybody else, where one may: what runs beside it would be measured as well.
go_first() {
    if nice -n -20 true 2>/dev/null; then
        first="$first nice -n -20"
        [ ! -e /proc/self/autogroup ] || echo -20 >/proc/self/autogroup
    fi
}

inside() {
    set_up_networks
    over loopback
    [ -z "${COMPARE_LOCK:-}" ] || exec 9>>"$COMPARE_LOCK"
    first="prlimit --nofile=$(prlimit --nofile --noheadings --output HARD | tr -d ' ')"
    held='' rounds=5 few=3 seconds=4 settle=8 sizes='150 300' rooms='2 5 10 25 50 100'
    if [ "$1" = --quick ]; then
        rounds=1 few=1 seconds=3 sizes=150 rooms='2 10 25'
        shift
    fi
    go_first
    for part in "$@"; do
        : >"$out/$part.tsv"
        cp "$out/commit" "$out/$part.commit"
        round=1
        "measure_$part"
    done
}

# Meetings take little of the core, so that what others take of it shows more: they are measured twice as often.
measure_loads() {
    for round in $(seq $((2 * rounds))); do
        for size in $([ $((round % 2)) = 0 ] || echo "$sizes"); do
            compare bursts "$size" janus plenum
            compare spaced "$size" janus plenum
        done
        compare meeting 10 janus plenum
        compare audio 20 janus plenum
    done
}

measure_veth() {
    over veth
    for round in $(seq "$few"); do
        compare bursts 150 janus plenum
        compare spaced 150 janus plenum
    done
    over loopback
}

measure_limits() {
    for round in $(seq "$few"); do
        for who in janus plenum; do
            step=60
            [ $who = janus ] || step=180
            ramp bursts-limit "$step"
            ramp spaced-limit "$step" --spacing 2ms
        done
    done
}

measure_rooms() {
    for size in $rooms; do room "$size"; done
}

# What the plots have besides: fewer viewers, and Janus as it comes.
measure_curves() {
    for size in 40 80; do
        compare bursts "$size" janus plenum
        compare spaced "$size" janus plenum
    done
    compare bursts 80 janus-threads
    compare meeting 10 janus-threads
    compare audio 20 janus-threads
}

# That of all parts, or of each.
commits() {
    if [ "$(cat "$out"/*.commit | sort -u | wc -l)" = 1 ]; then
        cat "$out/commit"
    else
        separator=
        for file in "$out"/*.commit; do
            printf '%s%s (%s)' "$separator" "$(cat "$file")" "$(basename "$file" .commit)"
            separator=', '
        done
    fi
}

# Figures into words. The plots want what these two parts have measured.
report() {
    if [ ! -s "$out/loads.tsv" ] || [ ! -s "$out/rooms.tsv" ]; then
        say "bench/RESULTS.md stays as it is: it takes the parts loads and rooms. What there is: $out/*.tsv"
        return
    fi
    {
        printf 'date\t%s\n' "$(date -u +%Y-%m-%d)"
        printf 'machine\t%s\n' "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores"
        printf 'system\t%s, Linux %s\n' "$(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release)" "$(uname -r)"
        printf 'janus\t%s\n' "$(dpkg-query -W -f '${Version}' janus)"
        printf 'plenum\t%s\n' "$(commits)"
        printf 'load\t%s\n' "$(cut -d ' ' -f 1-3 /proc/loadavg)"
    } >"$out/about.tsv"
    cat "$out/loads.tsv" "$out/veth.tsv" "$out/limits.tsv" "$out/rooms.tsv" "$out/curves.tsv" 2>/dev/null |
        awk -v out="$out" -f bench/compare.awk "$out/about.tsv" - >bench/RESULTS.md
    gnuplot -e "data='$out'" bench/compare.gp
    say 'bench/RESULTS.md is written, and plots beside it'
}

if [ "${1:-}" = inside ]; then
    shift
    inside "$@"
    exit
fi
quick=
if [ "${1:-}" = --quick ]; then
    quick=--quick
    shift
fi
mkdir -p "$out"
if [ $# = 0 ]; then
    rm -f "$out"/*.tsv "$out"/*.commit
    set -- loads veth rooms
    [ -n "$quick" ] || set -- "$@" limits curves
fi
for part in "$@"; do
    case $part in
    loads | veth | limits | rooms | curves | report) ;;
    *)
        say "There is no part $part; there are loads, veth, limits, rooms, curves, and report"
        exit 2
        ;;
    esac
done
if [ "$(nproc)" -lt 2 ]; then
    say 'This takes two cores: one for the server, one for the load'
    exit 1
fi
# The package starts a server of its own, which nobody asked for.
if ! installed janus; then
    need janus
    as_root systemctl disable --quiet --now janus 2>/dev/null || true
fi
# shellcheck disable=SC2086,SC2154 # a list of words, of install.sh
need $build_packages gnuplot-nox iproute2 ethtool util-linux
if [ "$1" != report ]; then
    cmake --preset release >/dev/null
    cmake --build --preset release --target plenum plenum-bench micro >&2
    git describe --always --dirty --exclude '*' >"$out/commit" 2>/dev/null || echo unknown >"$out/commit"
    user=
    [ "$(id -u)" = 0 ] || user=--map-root-user
    unshare $user --net --pid --fork --kill-child --mount-proc setsid --wait sh bench/compare.sh inside $quick "$@" &
    namespaces=$!
    trap 'kill -KILL $namespaces; exit 130' INT TERM
    wait $namespaces
fi
report
