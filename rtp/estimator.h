/* How much may be sent to one viewer: Google's congestion control
 * (draft-ietf-rmcat-gcc-02, and libwebrtc as it is today) on transport-wide
 * feedback, with probes; for viewers without it REMB, and receiver reports.
 *
 * Sizes are those of whole datagrams, headers of IP and UDP included; the target
 * is in the same measure. What is sent without a transport-wide number (audio of
 * a viewer that did not negotiate it there) is not in the target: the way has
 * room for it besides.
 *
 * For each packet: stamp estimator_number() into it, then estimator_sent(). Each
 * 5 ms while probe_active(&e->probe): estimator_probe_due(). After each feedback,
 * and at least each 100 ms while anything is sent: estimator_tick(). */
#pragma once

#include "acked_rate.h"
#include "aimd.h"
#include "flight.h"
#include "loss_estimate.h"
#include "loss_report.h"
#include "pacer.h"
#include "probe.h"
#include "probe_measure.h"
#include "rate.h"

enum {
    ESTIMATOR_START_BPS = 600000,
    ESTIMATOR_FLOOR_BPS = 30000,
    ESTIMATOR_MAX_BPS = 100000000,
    ESTIMATOR_STALE_US = 10000000,  /* an estimate that was not exercised for so long is not believed */
    ESTIMATOR_LIMITED_PERCENT = 65, /* of the target used: below it the sender is application-limited */
    ESTIMATOR_REMB_US = 10000000,   /* a REMB is good for that long */
    ESTIMATOR_SILENT_US = 1000000,  /* packets leave and no feedback comes: the way is blocked */
};

/* What the target rests on. */
enum estimator_basis { ESTIMATOR_START, ESTIMATOR_TRANSPORT_CC, ESTIMATOR_REMB, ESTIMATOR_REPORTS };

struct estimator {
    struct flight flight;
    struct inter_arrival inter_arrival;
    struct trendline trendline;
    struct acked_rate acked;
    struct aimd aimd;
    struct loss_estimate loss;
    struct loss_report report;
    struct probe probe;
    struct probe_measure measure;
    struct rate sent;
    enum estimator_basis basis;
    uint32_t target_bps;
    uint32_t remb_bps;
    uint32_t rtt_us;
    bool rtt_known; /* from reports; else from feedback, which is later */
    bool stale;
    uint32_t sent_unheard; /* packets since the last feedback */
    uint64_t remb_us;      /* when the last one came; 0 = never */
    uint64_t feedback_us;  /* the same for transport-cc */
    uint64_t exercised_us; /* when the use was last near the target */
};

/* ring: 2^n entries, at least FLIGHT_CAPACITY_MIN, owned by the caller. Where flight_crowded(&e->flight)
 * says so after a feedback, give it a larger one with flight_grow(). */
void estimator_init(struct estimator *e, struct flight_packet *ring, size_t capacity, uint64_t now_us);

/* The transport-wide number for the next packet. The same until estimator_sent() is called. */
uint16_t estimator_number(const struct estimator *e);

/* A packet leaves; numbered: it carries estimator_number(). */
void estimator_sent(struct estimator *e, size_t size, bool numbered, uint64_t now_us);

/* A numbered packet did not leave after all. */
void estimator_dropped(struct estimator *e, uint16_t number);

/* What came back from the viewer. A REMB counts only while no transport-cc comes; so does a report,
 * which gives packets expected and lost over all report blocks since the last one. */
void estimator_feedback(struct estimator *e, const struct rtcp_cc *cc, uint64_t now_us);
void estimator_remb(struct estimator *e, uint64_t bps, uint64_t now_us);
void estimator_report(struct estimator *e, uint32_t expected, int32_t lost, uint64_t now_us);
void estimator_rtt(struct estimator *e, uint32_t rtt_us);

/* What all slots would take if the network let them, whether or not they get it; 0 = nothing.
 * Tell it whenever it changes. */
void estimator_want(struct estimator *e, uint32_t bps, uint64_t now_us);

/* Time passes: probes are decided on, a way without feedback is noticed. */
void estimator_tick(struct estimator *e, uint64_t now_us);

/* Bytes of retransmissions and padding to send now for a probe; 0 = none. */
size_t estimator_probe_due(struct estimator *e, uint64_t now_us);

/* What may be sent, ESTIMATOR_FLOOR_BPS .. ESTIMATOR_MAX_BPS. */
uint32_t estimator_target_bps(const struct estimator *e);
