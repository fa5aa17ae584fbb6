#!/bin/sh
# sh tests/instructions.sh [--write]
# Counts the instructions that forwarding takes for each packet that leaves (bench/fanout, sealed by a copy, since
# callgrind hides what newer vector instructions cost), and compares with the committed figure in
# tests/instructions.txt. Figures do not depend on how busy the machine is. --write: takes the new figure over.
set -eu
cd "$(dirname "$0")/.."
viewers=100
packets=800
figure=tests/instructions.txt
out=build/logs/callgrind
mkdir -p build/logs
{ cmake --preset release && cmake --build --preset release --target fanout; } >build/logs/fanout

# Run with the same room twice, once with nothing to forward: what is between is forwarding.
count() {
    valgrind --tool=callgrind --callgrind-out-file="$out.$1" build/release/bench/fanout --null --once "$1" "$viewers" \
        >"$out.$1.log" 2>&1 || {
        cat "$out.$1.log" >&2
        exit 1
    }
    sed -n 's/^summary: //p' "$out.$1"
}

less=$(count 8)
more=$(count $((packets + 8)))
now=$(((more - less) / (packets * viewers)))
if [ "${1:-}" = --write ]; then
    echo "$now" >"$figure"
    exit
fi
before=$(cat "$figure")
echo "$now instructions for a forwarded packet; it was $before ($(((now - before) * 100 / before)) %)"
[ $((now * 100)) -le $((before * 105)) ] && exit
cat <<END
That is over 5 % more. See what grew:
    callgrind_annotate $out.$((packets + 8)) | head -40
If it has to be, take the new figure over with: sh tests/instructions.sh --write
END
exit 1
