#!/bin/sh
# sh tests/fuzz.sh tests/fuzz/fuzz_NAME.c [SECONDS]
# Runs one fuzzer of build/fuzz on its corpus, then on what it makes of it. New inputs go to build/fuzz/found,
# a crashing one to build/fuzz/crash. Prints "ok - fuzz_NAME", or its output and "not ok - fuzz_NAME".
set -u
name=$(basename "$1" .c)
found=build/fuzz/found/$name
crash=build/fuzz/crash/$name
log=build/logs/$name
corpus=tests/fuzz/corpus/${name#fuzz_}
mkdir -p "$found" "$crash" build/logs
[ -d "$corpus" ] || corpus=
# shellcheck disable=SC2086 # may be empty
if build/fuzz/tests/"$name" -max_total_time="${2:-5}" -timeout=10 -rss_limit_mb=1024 -max_len=65536 \
    -artifact_prefix="$crash/" "$found" $corpus >"$log" 2>&1; then
    echo "ok - $name"
else
    cat "$log"
    echo "not ok - $name"
fi
