# Counts test results: reads the outputs of the tools that tests/run.sh runs and prints "PASSED FAILED".
#
#   mode=plain  lines "ok ..." and "not ok ..."
#   mode=ctest  ctest -V of CMocka programs that write TAP. A program that fails without a "not ok" of its own
#               (it crashed, leaked, or took too long) counts as one.
#   mode=node   the sums at the end of node --test --test-reporter=tap, one for each file
mode == "plain" && /^ok / { passed++ }
mode == "plain" && /^not ok / { failed++ }

mode == "ctest" && /^[0-9]+: ok [0-9]+/ { passed++ }
mode == "ctest" && /^[0-9]+: not ok [0-9]+/ && !/# SKIP/ { failed++; split($1, id, ":"); told[id[1]] = 1 }
mode == "ctest" && /^ *[0-9]+\/[0-9]+ Test +#[0-9]+:/ && !/ Passed / {
    match($0, /#[0-9]+/)
    if (!told[substr($0, RSTART + 1, RLENGTH - 1)])
        failed++
}

mode == "node" && /^# pass [0-9]+$/ { passed += $3 }
mode == "node" && /^# (fail|cancelled) [0-9]+$/ { failed += $3 }

END { print passed + 0, failed + 0 }
