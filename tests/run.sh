#!/bin/sh
# sh tests/run.sh [lint|unit|fuzz|browser]...
# Installs what the tests need (Debian 12), builds and runs them; without arguments all of them. What a stage
# writes is kept in build/logs; the last line has the counts.
set -u
cd "$(dirname "$0")/.." || exit
. conf/install.sh

jobs=$(nproc)
passed=0
failed=0

lint_packages='nodejs clang-format clang-tidy'
unit_packages='libcmocka-dev liburing-dev nodejs npm ca-certificates valgrind'
fuzz_packages='clang libclang-rt-14-dev llvm libcmocka-dev'
browser_packages='libcmocka-dev nodejs npm ca-certificates chromium firefox-esr iproute2 util-linux nftables'

# A node of another origin than Debian's brings its npm along.
need_all() {
    wanted=" $* "
    for tool in node npm; do
        package=$tool
        [ $tool = npm ] || package=nodejs
        ! command -v $tool >/dev/null || wanted=$(echo "$wanted" | sed "s/ $package / /g")
    done
    # shellcheck disable=SC2086 # lists of words
    need $build_packages $wanted || bad 'install packages'
}

# one thing that either worked or not
good() {
    passed=$((passed + 1))
}

bad() {
    failed=$((failed + 1))
    say "FAILED: $*"
    return 1
}

# check NAME COMMAND...
check() {
    name=$1
    shift
    if "$@" >"build/logs/$name" 2>&1; then
        good
    else
        cat "build/logs/$name" >&2
        bad "$name"
    fi
}

# tally MODE NAME STATUS: adds what the log of that name tells; a failure that it does not tell counts as one.
tally() {
    counts=$(awk -v "mode=$1" -f tests/tap.awk "build/logs/$2")
    ok=${counts% *}
    not_ok=${counts#* }
    [ "$ok$not_ok" != 00 ] && [ "$3" -eq 0 ] || [ "$not_ok" -ne 0 ] || not_ok=1
    passed=$((passed + ok))
    failed=$((failed + not_ok))
    say "$2: $ok passed, $not_ok failed"
    [ "$not_ok" -eq 0 ] || cat "build/logs/$2" >&2
}

# build PRESET [TARGET]
build() {
    say "Building (build/$1)"
    check "configure-$1" cmake --preset "$1" -DPLENUM_TESTS=ON &&
        check "build-$1" cmake --build --preset "$1" --target "${2:-all}"
}

node_modules() {
    cmp -s tests/package-lock.json tests/node_modules/.installed && return
    say 'Installing the node modules of the tests'
    check npm npm --prefix tests ci --no-audit --no-fund && cp tests/package-lock.json tests/node_modules/.installed
}

# node_tests FOLDER: its *.test.mjs with Node's own runner, if there are any.
node_tests() {
    name=$(basename "$1")
    [ -d "$1" ] || return
    # shellcheck disable=SC2046 # no spaces in the names
    set -- $(find "$1" -name '*.test.mjs')
    [ $# -gt 0 ] || return
    say "Node: $name"
    node --test --test-reporter=tap "$@" >"build/logs/$name" 2>&1
    tally node "$name" $?
}

stage_lint() {
    # shellcheck disable=SC2086 # lists of words
    need_all $lint_packages $unit_packages || return
    say 'Lint'
    node tests/lint.mjs >build/logs/lint 2>&1
    tally plain lint $?
    say 'clang-format'
    # shellcheck disable=SC2046 # no spaces in the names
    check clang-format clang-format --dry-run -Werror $(find . -path ./build -prune -o -path '*/node_modules' -prune \
        -o -name '*.[ch]' -print)
    say 'clang-tidy'
    check configure-debug cmake --preset debug -DPLENUM_TESTS=ON &&
        check clang-tidy sh -c "find rtp conf sfu signaling -name '*.c' |
            xargs -n 1 -P $jobs clang-tidy --quiet -p build/debug"
}

# The unit tests as they will run (release), under address and undefined, and under thread; then those in Node. Calls
# on loopback wait more than they work: four for each core.
stage_unit() {
    # shellcheck disable=SC2086 # lists of words
    need_all $unit_packages || return
    for preset in release asan tsan; do
        build $preset || continue
        say "Unit tests ($preset)"
        CMOCKA_MESSAGE_OUTPUT=TAP LSAN_OPTIONS="suppressions=$PWD/tests/lsan.supp:print_suppressions=0" \
            TSAN_OPTIONS="suppressions=$PWD/tests/tsan.supp" G_SLICE=always-malloc \
            ctest --preset $preset -V -j $((jobs * 4)) >"build/logs/unit-$preset" 2>&1
        tally ctest "unit-$preset" $?
    done
    say 'Instructions for a forwarded packet'
    check instructions sh tests/instructions.sh
    node_tests tests/web
    node_modules && node_tests tests/ws && node_tests tests/bench
}

# All of it with clang, and each parser on its corpus and beyond for a few seconds.
stage_fuzz() {
    # shellcheck disable=SC2086 # lists of words
    need_all $fuzz_packages || return
    build fuzz || return
    say 'Fuzzing'
    find tests/fuzz -name 'fuzz_*.c' | sort | xargs -n 1 -P "$jobs" sh tests/fuzz.sh >build/logs/fuzz 2>&1
    tally plain fuzz $?
}

stage_browser() {
    # shellcheck disable=SC2086 # lists of words
    need_all $browser_packages || return
    node_modules || return
    for preset in release asan tsan; do
        build $preset plenum
    done
    for file in tests/browser/*.test.mjs; do
        name=browser-$(basename "$file" .test.mjs)
        network=
        case $file in *.firefox.test.mjs) network=--veth ;; esac
        say "Browsers: $file"
        # shellcheck disable=SC2086 # may be empty
        timeout -k 10 600 sh tests/browser/namespace.sh $network \
            node --test --test-reporter=tap "$file" >"build/logs/$name" 2>&1
        tally node "$name" $?
    done
}

mkdir -p build/logs
[ $# -gt 0 ] || set -- lint unit fuzz browser
for stage in "$@"; do
    case $stage in
    lint | unit | fuzz | browser) "stage_$stage" ;;
    *)
        say "There is no stage $stage; there are lint, unit, fuzz and browser"
        exit 2
        ;;
    esac
done
echo "plenum: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
