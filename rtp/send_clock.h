/* When a publisher sent its packets, by its own word, on one line: only
 * differences of the times mean something. They are read from abs-send-time where
 * packets carry it (draft-alvestrand-rmcat-remb-03, section 2), else from the RTP
 * timestamps of one stream, of which the first packet of each frame counts: the
 * rest of it leaves when the publisher's pacer says so. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
    SEND_CLOCK_SILENT_US = 1000000, /* what was followed does not get on: another may take its place */
    SEND_CLOCK_JUMP_US = 3000000,   /* no packet is later than the one before by so much more */
};

/* What one packet says. */
struct send_clock_stamp {
    bool has_send_time;
    uint32_t send_time; /* 24 bits, as rtp_send_time() reads it */
    uint32_t ssrc, timestamp;
    uint32_t clock_rate; /* Hz; 0 = the timestamp does not tell when it was sent: RTX, audio */
};

enum send_clock_source { SEND_CLOCK_NONE, SEND_CLOCK_SEND_TIME, SEND_CLOCK_STREAM };

/* Zeroed memory is valid. */
struct send_clock {
    enum send_clock_source source;
    uint32_t ssrc;      /* of the stream */
    uint32_t rate;      /* Hz */
    uint32_t newest;    /* send time or timestamp, as one that wraps at 2^32 */
    uint64_t ticks;     /* the same, unwrapped */
    uint64_t newest_us; /* when it came */
};

enum send_clock_verdict {
    SEND_CLOCK_NOTHING, /* the packet does not tell when it was sent, or the line is another's */
    SEND_CLOCK_KNOWN,
    SEND_CLOCK_ANEW, /* a line begins: earlier times are not to be compared with those from here on */
};

/* A packet came. *sent_us is set unless the verdict is NOTHING; packets that overtook each other make it go
 * back for a moment. */
enum send_clock_verdict send_clock_packet(struct send_clock *c, const struct send_clock_stamp *stamp,
                                          uint64_t now_us, uint64_t *sent_us);
