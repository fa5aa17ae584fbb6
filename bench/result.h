/* What a run has shown: named figures with units, made from tallies. The names are those of the JSON and of
 * conditions (expect.h). */
#pragma once

#include "process.h"
#include "tally.h"

enum result_unit {
    RESULT_COUNT_OF, /* a plain number */
    RESULT_RATE,     /* of them a second */
    RESULT_MBIT,     /* Mbit/s */
    RESULT_PERCENT,
    RESULT_MS,
    RESULT_S,
    RESULT_US,
    RESULT_MB,
    RESULT_KB,
    RESULT_UNITS
};

/* name, unit, what it is; a line of its own begins each group of the table */
/* clang-format off */
#define RESULTS(X)                                                                                           \
    X(participants, COUNT_OF, "participants that were there")                                                \
    X(failed, COUNT_OF, "did not get in")                                                                    \
    X(ended, COUNT_OF, "were thrown out")                                                                    \
    X(seconds, S, "measured")                                                                                \
    X(packets_in, RATE, "packets of media that came, each once")                                             \
    X(packets_each, RATE, "of that: to each participant, on average")                                        \
    X(audio_in, RATE, "of audio")                                                                            \
    X(video_in, RATE, "of video")                                                                            \
    X(mbit_in, MBIT, "came")                                                                                 \
    X(packets_out, RATE, "packets of media sent")                                                            \
    X(mbit_out, MBIT, "sent")                                                                                \
    X(frames_in, RATE, "frames of video that came")                                                          \
    X(loss, PERCENT, "packets that never came")                                                              \
    X(recovered, COUNT_OF, "came by retransmission")                                                         \
    X(duplicates, COUNT_OF, "came twice")                                                                    \
    X(reordered, COUNT_OF, "came behind a later one")                                                        \
    X(faults, COUNT_OF, "breaks of a stream: corrupt, stale, back in time, a switch without a key frame")    \
    X(unreadable, COUNT_OF, "datagrams that did not verify")                                                 \
    X(p50, MS, "one way, sender to receiver")                                                                \
    X(p95, MS, "")                                                                                           \
    X(p99, MS, "")                                                                                           \
    X(p999, MS, "")                                                                                          \
    X(max, MS, "")                                                                                           \
    X(audio_p50, MS, "audio alone")                                                                          \
    X(audio_p99, MS, "")                                                                                     \
    X(video_p50, MS, "video alone")                                                                          \
    X(video_p99, MS, "")                                                                                     \
    X(freezes, COUNT_OF, "pictures that stood still")                                                        \
    X(frozen, S, "in all")                                                                                   \
    X(switches, COUNT_OF, "of a slot to another participant")                                                \
    X(layer_switches, COUNT_OF, "of a slot to another layer")                                                \
    X(keys_asked, COUNT_OF, "key frames that the server asked for")                                          \
    X(nacked, COUNT_OF, "packets that it asked for again")                                                   \
    X(join_p50, MS, "from the first byte to a connection")                                                   \
    X(join_p95, MS, "")                                                                                      \
    X(join_max, MS, "")                                                                                      \
    X(signalling_p95, MS, "of that: signalling")                                                             \
    X(ice_p95, MS, "of that: ICE")                                                                           \
    X(dtls_p95, MS, "of that: DTLS")                                                                         \
    X(packet_p95, MS, "from there to the first packet")                                                      \
    X(key_p95, MS, "and to the first key frame")                                                             \
    X(media_p95, MS, "from the first byte to the first packet")                                              \
    X(server_cpu, PERCENT, "of a core, by the server")                                                       \
    X(server_user, PERCENT, "of that: in itself")                                                            \
    X(server_system, PERCENT, "of that: in the kernel")                                                      \
    X(server_busiest, PERCENT, "of that: its busiest thread")                                                \
    X(us_per_packet, US, "of the server's CPU for each packet that came")                                    \
    X(server_memory, MB, "resident, of the server")                                                          \
    X(memory_per_participant, KB, "that it grew by")                                                         \
    X(server_threads, COUNT_OF, "of the server")                                                             \
    X(own_cpu, PERCENT, "of a core, by this program")                                                        \
    X(own_busiest, PERCENT, "of that: its busiest thread of media")                                          \
    X(own_late_p99, MS, "that a thread of media did things too late")                                        \
    X(own_drops, COUNT_OF, "datagrams that this program did not fetch in time")
/* clang-format on */

enum result_name {
#define X(name, unit, text) RESULT_##name,
    RESULTS(X)
#undef X
        RESULT_NAMES
};

struct result_info {
    const char *name, *text;
    enum result_unit unit;
};
extern const struct result_info result_infos[RESULT_NAMES];
extern const char *const result_units[RESULT_UNITS];

struct result {
    uint32_t cores; /* 0 = not known */
    bool has[RESULT_NAMES];
    double value[RESULT_NAMES];
};

/* A moment of a run. */
struct result_sample {
    uint64_t us;
    struct tally tally;      /* of all threads */
    uint64_t threads_us[64]; /* CPU of each */
    uint64_t own_us;         /* CPU of this whole process */
    bool has_process;
    struct process process; /* the server */
};

/* What happened from one to the other. Joining is told from the whole run, as it comes before. */
struct result_input {
    const struct result_sample *from, *to;
    uint32_t participants, failed, ended;
    uint64_t memory_before; /* of the server, without anyone */
    uint32_t cores;         /* of this machine */
};
void result_make(struct result *r, const struct result_input *in);

/* A figure by its name, or RESULT_NAMES. */
enum result_name result_find(const char *name, size_t len);

/* The table, to be freed with g_free(). */
char *result_text(const struct result *r);

/* What bounded the run, this program before all others, as it may have spoilt what it tells: a sentence, or
 * NULL where nobody was at the end of its time. */
const char *result_bottleneck(const struct result *r);
