/* How much a publisher without transport-cc may send, by how its packets arrive:
 * what REMB tells it (draft-alvestrand-rmcat-remb-03). It is estimator.h's work,
 * done by the receiver, and with delay alone: of losses the publisher hears in
 * receiver reports.
 *
 * There are no probes. The rate rises as long as it is used, to one and a half of
 * what arrives at the most: quickly until a queue is seen for the first time,
 * then as aimd.h has it. */
#pragma once

#include "acked_rate.h"
#include "aimd.h"
#include "delay.h"
#include "send_clock.h"

#include <stddef.h>

enum {
    RECEIVE_ESTIMATE_START_BPS = 600000,
    RECEIVE_ESTIMATE_FLOOR_BPS = 30000,
    RECEIVE_ESTIMATE_MAX_BPS = 100000000,
    /* Up to that it rises without being used: layers come in large steps, and a publisher would never be
     * allowed the next one. */
    RECEIVE_ESTIMATE_GROUND_BPS = 600000,
    RECEIVE_ESTIMATE_LOOK_US = 50000,   /* between two looks at what has arrived */
    RECEIVE_ESTIMATE_TELL_US = 1000000, /* from one REMB to the next, ... */
    RECEIVE_ESTIMATE_LOWER_PERCENT = 3, /* ... which comes at once where it is lower by more than that */
};

/* 1.4 KB, one for each such publisher. */
struct receive_estimate {
    struct send_clock clock;
    struct delay delay;
    struct acked_rate arrived;
    struct aimd aimd;
    uint64_t looked_us;
    uint64_t heard_us; /* last packet */
    uint64_t told_us;
    uint32_t told_bps; /* 0 = nothing yet */
};

void receive_estimate_init(struct receive_estimate *e, uint64_t now_us);

/* A packet of the publisher came, be it media, RTX or padding. size: bytes of its payload and padding, since
 * headers are not in what a REMB tells. */
void receive_estimate_packet(struct receive_estimate *e, const struct send_clock_stamp *stamp, size_t size,
                             uint64_t now_us);

/* Bits per second to tell now, and notes that they are told; 0 = nothing is due. Ask whenever there is
 * an occasion to tell. */
uint32_t receive_estimate_due(struct receive_estimate *e, uint64_t now_us);
