#!/bin/sh
# sh tests/sim/plot.sh
# Draws runs of the simulated network for rtp/congestion.md: rtp/congestion/NAME.svg. Needs gnuplot, and
# build/debug to be configured.
set -eu
cd "$(dirname "$0")/../.."
ninja -C build/debug plenum-series >/dev/null
series=build/debug/tests/plenum-series
mkdir -p rtp/congestion build/series
$series | while IFS="$(printf '\t')" read -r name title; do
    case $name in start | drop | recovery | loss | share | silence-drop) ;; *) continue ;; esac
    $series "$name" >"build/series/$name.csv"
    flows=$(head -1 "build/series/$name.csv" | tr , '\n' | grep -c target)
    gnuplot <<END
set terminal svg size 760,300 font 'sans-serif,11'
set output 'rtp/congestion/$name.svg'
set datafile separator ','
set title '$title'
set xlabel 'seconds'
set ylabel 'Mbit/s'
set y2label 'waiting, ms (p95)'
set y2tics
set ytics nomirror
set yrange [0:]
set y2range [0:600]
set key outside right
plot for [i=1:$flows] 'build/series/$name.csv' using 1:(\$2 > 0 && i == 1 ? \$2/1e6 : NaN) every 5 with steps \
         lc rgb '#999999' lw 2 title i == 1 ? 'bottleneck' : '', \
     for [i=1:$flows] '' using 1:(column(4*i)/1e6) every 2 with lines lw 1.5 title 'target'.($flows > 1 ? ' '.i : ''), \
     for [i=1:$flows] '' using 1:(column(4*i+1)/1e6) every 5 with lines dt 2 title 'received'.($flows > 1 ? ' '.i : ''), \
     for [i=1:$flows] '' using 1:(column(4*i+2)) every 5 axes x1y2 with lines lc rgb '#d0a0a0' \
         title i == 1 ? 'waiting' : ''
END
done
