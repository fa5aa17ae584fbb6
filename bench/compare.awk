# awk -v out=FOLDER -f compare.awk about.tsv FILE.tsv: the tables of RESULTS.md, of medians; also *.dat in that
# folder, which compare.gp plots.
BEGIN { FS = "\t" }

FILENAME == ARGV[1] { about[$1] = $2; next }

# network, load, viewers, server, round, name, value
$7 != "" {
    key = $1 SUBSEP $2 SUBSEP $3 SUBSEP $4 SUBSEP $6
    values[key] = values[key] " " $7
    if ($5 > rounds_of[$1, $2]) rounds_of[$1, $2] = $5
}

function rounds(load, viewers,    list) {
    return split(values["loopback", load, viewers, "plenum", "us_per_packet"], list, " ")
}

# Of all rounds; "" where there is none.
function median(net, load, viewers, who, name,    list, n, i, j, t) {
    n = split(values[net, load, viewers, who, name], list, " ")
    if (!n) return ""
    for (i = 2; i <= n; i++)
        for (j = i; j > 1 && list[j - 1] + 0 > list[j] + 0; j--) { t = list[j]; list[j] = list[j - 1]; list[j - 1] = t }
    return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
}

# Of all rounds, what was disturbed least.
function least(net, load, viewers, who, name,    list, n, i, x) {
    n = split(values[net, load, viewers, who, name], list, " ")
    x = n ? list[1] : ""
    for (i = 2; i <= n; i++)
        if (list[i] + 0 < x + 0) x = list[i]
    return round_off(x)
}

function most(net, load, viewers, who, name,    list, n, i, x) {
    n = split(values[net, load, viewers, who, name], list, " ")
    for (i = 1; i <= n; i++)
        if (list[i] + 0 > x) x = list[i] + 0
    return x
}

# As many digits as are worth reading.
function round_off(x) {
    if (x == "") return "-"
    return sprintf(x >= 100 ? "%.0f" : x >= 10 ? "%.1f" : "%.2f", x)
}

function thousands(x,    text) {
    text = sprintf("%.0f", x)
    return length(text) > 3 ? substr(text, 1, length(text) - 3) "," substr(text, length(text) - 2) : text
}

function times(a, b) { return a == "" || b == "" || b == 0 ? "-" : sprintf("**%.1f**", a / b) }

# The load tester did not fetch all in time, or was late itself.
function strained(net, load, viewers, who) {
    return median(net, load, viewers, who, "own_drops") > 0 || median(net, load, viewers, who, "own_late_p99") > 2 ? "°" : ""
}

# How much of what all were to get came, where it was not all of it.
function shortfall(net, load, viewers, who,    share, expected) {
    expected = median(net, load, viewers, who, "expected")
    if (!expected) return ""
    share = 100 * median(net, load, viewers, who, "packets_in") / expected
    return share < 98 ? sprintf(" (%.0f %% came)", share) : ""
}

function cost(net, load, viewers, who,    us) {
    us = median(net, load, viewers, who, "us_per_packet")
    return us == "" ? "-" : round_off(us) shortfall(net, load, viewers, who)
}

function delay(net, load, viewers, who,    p50) {
    p50 = median(net, load, viewers, who, "p50")
    if (p50 == "") return "-"
    return round_off(p50) " / " round_off(median(net, load, viewers, who, "p99")) \
        strained(net, load, viewers, who)
}

function lost(net, load, viewers, who,    x) {
    x = median(net, load, viewers, who, "loss")
    return x == "" ? "-" : sprintf((x >= 0.01 ? "%.2f %%" : "%.0f"), x)
}

# The loads, in order: network, load, viewers, in words.
function add_load(net, load, viewers, words) {
    if (median(net, load, viewers, "janus", "us_per_packet") median(net, load, viewers, "plenum", "us_per_packet") == "")
        return
    loads++
    load_net[loads] = net; load_name[loads] = load; load_viewers[loads] = viewers; load_words[loads] = words
}

function cost_table(net,    i, l, v, janus, plenum) {
    print "| load | packets/s | Janus, µs a packet | Plenum, µs a packet | times less | least of all rounds, Janus / Plenum | % of the core, Janus / Plenum | Janus with its default threads, µs |"
    print "|---|---|---|---|---|---|---|---|"
    for (i = 1; i <= loads; i++) {
        if (load_net[i] != net) continue
        l = load_name[i]; v = load_viewers[i]
        printf "| %s | %s | %s | %s | %s | %s / %s | %.0f / %.0f | %s |\n", load_words[i],
            thousands(median(net, l, v, "plenum", "expected")), cost(net, l, v, "janus"), cost(net, l, v, "plenum"),
            times(median(net, l, v, "janus", "us_per_packet"), median(net, l, v, "plenum", "us_per_packet")),
            least(net, l, v, "janus", "us_per_packet"), least(net, l, v, "plenum", "us_per_packet"),
            median(net, l, v, "janus", "server_cpu"), median(net, l, v, "plenum", "server_cpu"),
            cost(net, l, v, "janus-threads")
    }
    print ""
}

function delay_table(net,    i, l, v) {
    print "| load | Janus, ms p50 / p99 | Plenum, ms p50 / p99 | least p50 of all rounds, Janus / Plenum | lost, Janus / Plenum |"
    print "|---|---|---|---|---|"
    for (i = 1; i <= loads; i++) {
        if (load_net[i] != net) continue
        l = load_name[i]; v = load_viewers[i]
        printf "| %s | %s | %s | %s / %s | %s / %s |\n", load_words[i], delay(net, l, v, "janus"),
            delay(net, l, v, "plenum"), least(net, l, v, "janus", "p50"), least(net, l, v, "plenum", "p50"),
            lost(net, l, v, "janus"), lost(net, l, v, "plenum")
    }
    print ""
}

function limit(load, words,    janus, plenum) {
    janus = median("loopback", load, 0, "janus", "capacity")
    plenum = median("loopback", load, 0, "plenum", "capacity")
    if (janus == "" && plenum == "") return
    if (!limits++) {
        print "## The most that one core carries\n"
        print "Viewers are added until a step of a ramp loses 0.1 %, or somebody gets less than was sent. What is told is"
        printf "the last step before that, the median of %d.\n\n", rounds_of["loopback", load]
        print "| load | step, Janus / Plenum | Janus, viewers | packets/s | Plenum, viewers | packets/s | times more |"
        print "|---|---|---|---|---|---|---|"
    }
    printf "| %s | %d / %d | %s | %s | %s%s | %s | %s |\n", words, median("loopback", load, 0, "janus", "step"),
        median("loopback", load, 0, "plenum", "step"), thousands(janus), thousands(janus * 250), thousands(plenum),
        strained("loopback", load, 0, "plenum"), thousands(plenum * 250), times(plenum, janus)
}

function memory(viewers,    janus, plenum) {
    janus = median("loopback", "bursts", viewers, "janus", "memory_per_participant")
    plenum = median("loopback", "bursts", viewers, "plenum", "memory_per_participant")
    if (janus == "" || plenum == "") return
    printf "Memory for each of %d viewers, signalling included: Janus %.0f KB, Plenum %.0f KB.\n\n", viewers, janus, plenum
}

# Files for the plots: missing points are left out.
function plot_viewers(load, who,    i, n, list, file) {
    file = out "/" load "-" who ".dat"
    printf "" > file
    n = split("40 80 150 300", list, " ")
    for (i = 1; i <= n; i++)
        if (median("loopback", load, list[i], who, "us_per_packet") != "")
            print list[i], median("loopback", load, list[i], who, "us_per_packet"),
                median("loopback", load, list[i], who, "p50"), median("loopback", load, list[i], who, "p99") > file
    close(file)
}

# A mesh carries what two send each other, once for each pair.
function plot_rooms(    i, n, list, file, one, people, up, down) {
    file = out "/room.dat"
    printf "" > file
    n = split("2 5 10 25 50 100", list, " ")
    one = median("loopback", "room", 2, "plenum", "mbit_in") / 2
    for (i = 1; i <= n; i++) {
        people = list[i]
        if (median("loopback", "room", people, "plenum", "mbit_in") == "") continue
        up = median("loopback", "room", people, "plenum", "mbit_out") / people
        down = median("loopback", "room", people, "plenum", "mbit_in") / people
        print people, up, down, one * (people - 1) > file
    }
    close(file)
}

function room_table(    line, part) {
    if (median("loopback", "room", 2, "plenum", "mbit_in") == "") return
    print "## What one participant sends and receives\n"
    print "![Mbit/s of one participant over the size of the room](results-room.svg)\n"
    print "Everybody has a camera on (three layers, up to 2.5 Mbit/s; pictures are shown at 640x360, so 500 kbit/s of it"
    print "are forwarded) and nine places for others. In a mesh each sends its picture to each other one: that column is"
    print "computed from what one of two receives.\n"
    print "| in the room | Plenum: each sends, Mbit/s | each receives | in a mesh each sends, and receives |"
    print "|---|---|---|---|"
    while ((getline line < (out "/room.dat")) > 0) {
        split(line, part, " ")
        printf "| %d | %.2f | %.2f | %.1f |\n", part[1], part[2], part[3], part[4]
    }
    print ""
}

END {
    print "# Plenum and Janus, measured\n"
    printf "Written by `sh bench/compare.sh` on %s, at commit %s;\n", about["date"], about["plenum"]
    printf "medians of %d round%s, of meetings %d.\n", rounds("bursts", 150), (rounds("bursts", 150) > 1 ? "s" : ""),
        rounds("meeting", 10)
    printf "The machine: %s; %s; Janus is Debian's %s.\n", about["machine"], about["system"], about["janus"]
    printf "Load average at the end: %s (these two make about 2; with more, others were at work, and latency suffers\n",
        about["load"]
    print "most). Compare what stands in one row, not with figures from elsewhere. What other programs do to the machine can"
    print "only add to a cost or a delay: the least of all rounds is nearest to what a server itself takes. A bare loop that"
    printf "sends such bursts (`micro send`) took %.2f us a packet between the runs, %.2f to %.2f. Rows of 40 and 80 viewers,\n",
        median("loopback", "send", 0, "machine", "ns") / 1000, least("loopback", "send", 0, "machine", "ns") / 1000,
        most("loopback", "send", 0, "machine", "ns") / 1000
    print "and Janus with its default threads, are of one run.\n"
    print "![CPU for each forwarded packet](results-cost.svg)\n"
    print "![Latency](results-latency.svg)\n"
    print "The server has core 0, `plenum-bench` core 1. Both servers get the same packets: VP8 of 1,150 bytes, 250 a second,"
    print "ten for each of 25 frames, all at once (bursts) or 2 ms apart (spaced); Opus 50 times a second; AES-128-GCM; the"
    print "same NACKs, PLIs, receiver reports and transport-wide feedback. Every packet is counted where it arrives, and one"
    print "in 16 verified in full; the load tester polls, so that sending wakes nobody. CPU is that of the server's process,"
    print "user and system, divided by the packets that came."
    print "Janus has `event_loops = 1`, which is its best; \"default threads\" is a thread for each connection."
    print "Plenum does not shed load here (`limits.load = 100`): its limit is where somebody really gets less."
    print "\"(n % came)\" where a server did not forward all of it; ° where the load tester itself was short of time, so that a"
    print "part of that latency, or the limit, is its own. Every figure of every run is in `build/compare/*.tsv`.\n"
    print "## Over loopback\n"
    print "Loopback charges the sender with the receiver's work in the kernel. The load tester takes packets one by one there"
    print "(no UDP_GRO), as browsers do.\n"
    n = split("40 80 150 300", sizes, " ")
    for (i = 1; i <= n; i++) add_load("loopback", "bursts", sizes[i], "1 camera to " sizes[i] ", bursts")
    for (i = 1; i <= n; i++) add_load("loopback", "spaced", sizes[i], "1 camera to " sizes[i] ", spaced")
    add_load("loopback", "meeting", 10, "10 people, audio and video")
    add_load("loopback", "audio", 20, "20 people, audio only")
    add_load("veth", "bursts", 150, "1 camera to 150, bursts")
    add_load("veth", "spaced", 150, "1 camera to 150, spaced")
    cost_table("loopback")
    delay_table("loopback")
    memory(300)
    limit("bursts-limit", "1 camera, bursts")
    limit("spaced-limit", "1 camera, spaced")
    if (limits) print ""
    if (median("veth", "bursts", 150, "plenum", "us_per_packet") != "") {
        print "## Over a pair of interfaces\n"
        print "The load tester has a network of its own behind a veth pair with `tx-udp-segmentation off`: what the server"
        printf "sends in one piece the kernel cuts up, in the server's time, as with most network cards. %d rounds.\n\n",
            rounds_of["veth", "bursts"]
        cost_table("veth")
        delay_table("veth")
    }
    plot_viewers("bursts", "janus"); plot_viewers("bursts", "plenum")
    plot_viewers("spaced", "janus"); plot_viewers("spaced", "plenum")
    plot_rooms()
    room_table()
}
