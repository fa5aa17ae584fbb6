#!/bin/sh
# sh tests/sim/plot.sh
# Draws runs of the simulated network for rtp/congestion.md: rtp/congestion/NAME.svg. Installs what that needs.
set -eu
cd "$(dirname "$0")/../.."
. conf/install.sh
# shellcheck disable=SC2086 # a list of words
need $build_packages libcmocka-dev gnuplot-nox
cmake --preset release >/dev/null
cmake --build --preset release --target plenum-series >/dev/null
series=build/release/tests/plenum-series
mkdir -p rtp/congestion build/series
$series | while IFS="$(printf '\t')" read -r name title; do
    layers=0
    case $name in
    start | drop | recovery | loss | share | silence-drop) ;;
    call-start | call-drop | call-recovery | call-loss | call-share | call-silence | call-cross) layers=1 ;;
    *) continue ;;
    esac
    $series "$name" >"build/series/$name.csv"
    flows=$(head -1 "build/series/$name.csv" | tr , '\n' | grep -c target)
    gnuplot <<END
file = 'build/series/$name.csv'
set terminal svg size 760,300 + 110 * $layers font 'sans-serif,11'
set output 'rtp/congestion/$name.svg'
set datafile separator ','
set multiplot
set autoscale xfix
set lmargin at screen 0.09
set rmargin at screen 0.77
set tmargin at screen 0.89
set offsets graph 0, 0, 0.06, 0
set bmargin at screen 0.15 + 0.22 * $layers
set title '$title'
if ($layers) set format x ''
if (!$layers) set xlabel 'seconds'
set ylabel 'Mbit/s'
set y2label 'waiting, ms (p95)' offset -1
set y2tics
set ytics nomirror
set yrange [0:]
set y2range [0:600]
set key at screen 0.99, 0.89 right top samplen 2
plot for [i=1:$flows] file using 1:(column(5*i+1)) every 5 axes x1y2 with lines lc rgb '#d0a0a0' \
         title i == 1 ? 'waiting' : '', \
     for [i=1:$flows] '' using 1:(\$2 > 0 && i == 1 ? \$2/1e6 : NaN) every 5 with steps \
         lc rgb '#999999' lw 2 title i == 1 ? 'bottleneck' : '', \
     for [i=1:$flows] '' using 1:(column(5*i-2)/1e6) every 2 with lines lw 5 lc rgb '#d8e4f4' \
         title i == 1 ? 'estimate' : '', \
     for [i=1:$flows] '' using 1:(column(5*i-1)/1e6) every 2 with lines lw 1.5 lc i \
         title 'target'.($flows > 1 ? ' '.i : ''), \
     for [i=1:$flows] '' using 1:(column(5*i)/1e6) every 5 with lines dt 2 lc rgb word('#e07000 #0060c0', i) \
         title 'received'.($flows > 1 ? ' '.i : '')
if ($layers) {
    set tmargin at screen 0.31
    set bmargin at screen 0.12
    unset title
    set offsets 0, 0, 0, 0
    unset y2label
    unset y2tics
    set format x '%g'
    set xlabel 'seconds'
    set ylabel 'layer'
    set ytics 1
    set yrange [-0.3:3.3]
    set key at screen 0.99, 0.31 right top samplen 2
    plot for [i=1:$flows] file using 1:(column(5*i+2) + (i - 1) * 0.08) with steps lw 1.5 lc i \
             title 'shown'.($flows > 1 ? ' '.i : '')
}
unset multiplot
set autoscale xfix
END
done
