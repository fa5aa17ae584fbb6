/* What is counted of many synthetic participants. Tallies of threads add up, and that of a moment taken from
 * that of a later one tells what happened in between. */
#pragma once

#include "histogram.h"
#include "peer.h"

/* How a participant gets in, step by step. */
enum tally_step {
    TALLY_SIGNALLING,              /* from the first byte to the answer */
    TALLY_ICE,                     /* to the answer to a check */
    TALLY_DTLS,                    /* to the keys */
    TALLY_PACKET,                  /* to the first packet of media */
    TALLY_KEY,                     /* to the first key frame */
    TALLY_STEPS,                   /* that is how many there are */
    TALLY_CONNECTED = TALLY_STEPS, /* from the first byte to the keys */
    TALLY_MEDIA,                   /* from the first byte to the first packet of media */
    TALLY_STEP_COUNT
};

/* Counters, which only grow but for one. */
#define TALLY_COUNTS(X)                                                                                      \
    X(audio_in) /* packets, each once */                                                                     \
    X(video_in)                                                                                              \
    X(datagrams_in) /* all of them, whatever they are */                                                     \
    X(bytes_in)                                                                                              \
    X(audio_out)                                                                                             \
    X(video_out)                                                                                             \
    X(datagrams_out)                                                                                         \
    X(bytes_out)                                                                                             \
    X(missing)   /* numbers of a slot's stream that did not come; those may still come later */              \
    X(recovered) /* by RTX */                                                                                \
    X(duplicates)                                                                                            \
    X(reordered)                                                                                             \
    X(frames)                                                                                                \
    X(keys)                                                                                                  \
    X(freezes)                                                                                               \
    X(frozen_us)                                                                                             \
    X(source_switches)                                                                                       \
    X(layer_switches)                                                                                        \
    X(faults)     /* everything that a slot must never show, see sink.h */                                   \
    X(unreadable) /* datagrams that did not verify */                                                        \
    X(strangers)  /* or belong to no slot */                                                                 \
    X(key_asked)  /* of its sources, by the server */                                                        \
    X(nacked)                                                                                                \
    X(impaired)  /* datagrams that the impairment lost */                                                    \
    X(overflows) /* datagrams that the kernel dropped, as this program did not fetch them in time */         \
    X(unsent)    /* that the kernel did not take */                                                          \
    X(deserted)  /* participants whom the server answers no more: the one that is as large as it is now */   \
    X(cpu_us)    /* of the threads of media */

struct tally {
#define X(name) uint64_t name;
    TALLY_COUNTS(X)
#undef X
    struct histogram audio_latency, video_latency; /* us */
    struct histogram late;                         /* us that a thread of media did what was due too late */
    struct histogram steps[TALLY_STEP_COUNT];      /* us */
};

/* What one participant has counted so far. */
void tally_peer(struct tally *t, const struct peer *p);

void tally_add(struct tally *t, const struct tally *other);

void tally_subtract(struct tally *t, const struct tally *earlier);
