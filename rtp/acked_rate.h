/* At what rate packets arrive, by the receiver's own times: the first half second
 * as a whole, then windows of 150 ms weighed against each other by how far they
 * are apart. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ACKED_RATE_FIRST_US = 500000,
    ACKED_RATE_WINDOW_US = 150000,
    ACKED_RATE_BURST_US = 50000, /* .. ACKED_RATE_WINDOW_US: what acked_rate_burst_bps() looks at */
    ACKED_RATE_MARK_US = 5000,
    ACKED_RATE_MARKS = 32,
};

/* So many bytes had arrived by then. */
struct acked_rate_mark {
    uint64_t at_us, bytes;
};

/* Zeroed memory is valid. */
struct acked_rate {
    bool started, known;
    uint8_t changing; /* windows for which a quick change is expected */
    uint64_t bytes;   /* in the window */
    uint64_t window_us, newest_us;
    double bps, variance;                           /* variance in kbps^2 */
    uint64_t total;                                 /* bytes ever */
    size_t mark_count;                              /* ever */
    struct acked_rate_mark marks[ACKED_RATE_MARKS]; /* a ring; ACKED_RATE_MARK_US apart, at least */
};

/* A packet arrived. limited: the sender had less to send than it was allowed to,
 * so a window below the estimate says little of the way. */
void acked_rate_packet(struct acked_rate *a, size_t size, uint64_t arrival_us, bool limited);

/* The rate is about to change quickly: believe the next three windows more. */
void acked_rate_expect_change(struct acked_rate *a);

/* Bits per second; 0 = not known yet. */
uint32_t acked_rate_bps(const struct acked_rate *a);

/* Bits per second of the fastest run of packets that ended with the newest, 50 to 150 ms long; 0 = none was
 * as long. While a queue builds that is what the way carries, also where little was sent until a moment ago.
 */
uint32_t acked_rate_burst_bps(const struct acked_rate *a);
