# gnuplot -e "data='FOLDER'" compare.gp: results-*.svg beside it, of the files that compare.awk wrote.
set encoding utf8
set terminal svg size 720,400 dynamic enhanced font 'sans-serif,13' background '#ffffff'
set border 3 lc rgb '#444444'
set tics nomirror
set grid ytics lc rgb '#dddddd' lt 1
set key outside right top Left reverse spacing 1.3
janus = '#c0504d'
plenum = '#1f6fb4'
file(load, who) = data.'/'.load.'-'.who.'.dat'

set output 'bench/results-cost.svg'
set title "CPU of the server for one forwarded packet: one camera, one core" font ',14'
set xlabel 'viewers'
set ylabel 'µs'
set xrange [0:320]
set yrange [0:*]
plot file('spaced', 'janus') using 1:2 with linespoints lc rgb janus pt 6 dt 2 title 'Janus, spaced', \
     file('bursts', 'janus') using 1:2 with linespoints lc rgb janus pt 7 title 'Janus, bursts', \
     file('spaced', 'plenum') using 1:2 with linespoints lc rgb plenum pt 6 dt 2 title 'Plenum, spaced', \
     file('bursts', 'plenum') using 1:2 with linespoints lc rgb plenum pt 7 title 'Plenum, bursts'

set output 'bench/results-latency.svg'
set terminal svg size 900,420 dynamic enhanced font 'sans-serif,13' background '#ffffff'
set logscale y
set yrange [0.1:1000]
set ytics (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
set key inside top left nobox spacing 1.2
set ylabel 'ms, one way'
set multiplot layout 1,2
do for [load in 'bursts spaced'] {
    set title load eq 'bursts' ? "each frame's packets as one burst" : 'packets 2 ms apart' font ',14'
    plot file(load, 'janus') using 1:4 with linespoints lc rgb janus pt 6 dt 2 title 'Janus, p99', \
         file(load, 'janus') using 1:3 with linespoints lc rgb janus pt 7 lw 2 title 'Janus, p50', \
         file(load, 'plenum') using 1:4 with linespoints lc rgb plenum pt 6 dt 2 title 'Plenum, p99', \
         file(load, 'plenum') using 1:3 with linespoints lc rgb plenum pt 7 lw 2 title 'Plenum, p50'
}
unset multiplot

if (system('test -s '.data.'/room.dat && echo 1') ne '1') exit
set output 'bench/results-room.svg'
set terminal svg size 720,400 dynamic enhanced font 'sans-serif,13' background '#ffffff'
set title "What one participant sends and receives, everybody with a camera" font ',14'
set key inside top left
set xlabel 'people in the room'
set ylabel 'Mbit/s'
unset logscale y
set ytics autofreq
set xrange [0:*]
set yrange [0:*]
plot data.'/room.dat' using 1:4 with linespoints lc rgb '#888888' pt 7 title 'mesh: sends, and receives', \
     data.'/room.dat' using 1:3 with linespoints lc rgb plenum pt 7 title 'Plenum: receives', \
     data.'/room.dat' using 1:2 with linespoints lc rgb plenum pt 6 dt 2 title 'Plenum: sends'
