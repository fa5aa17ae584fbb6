/* How much may be sent to one viewer: Google's congestion control
 * (draft-ietf-rmcat-gcc-02, and libwebrtc as it is today) on transport-wide
 * feedback, with probes; for viewers without it REMB, and receiver reports.
 *
 * What holds before anything was heard: with transport-cc the start, and probes
 * at once; they need nothing but padding, so a viewer that is sent nothing gets
 * out of it, too. Without (estimator_expect(), or none came for
 * SILENCE_DEAF_US) whatever is wanted, until a REMB says otherwise or the first
 * report that tells of losses: there is no other way to find out.
 *
 * Sizes are those of whole datagrams, headers of IP and UDP included; the target
 * is in the same measure. What is sent without a transport-wide number (audio of
 * a viewer that did not negotiate it there) is not in the target: the way has
 * room for it besides.
 *
 * For each packet: stamp estimator_number() into it, then estimator_sent(). Each
 * 5 ms while probe_active(&e->probe): estimator_probe_due(). After each feedback,
 * and at least each 100 ms while anything is sent or estimator_hungry(): estimator_tick(). */
#pragma once

#include "acked_rate.h"
#include "aimd.h"
#include "delay.h"
#include "fallback.h"
#include "fetch.h"
#include "flight.h"
#include "loss_estimate.h"
#include "pacer.h"
#include "probe.h"
#include "probe_measure.h"
#include "rate.h"
#include "silence.h"

enum {
    ESTIMATOR_START_BPS = 600000,
    ESTIMATOR_FLOOR_BPS = 30000,
    ESTIMATOR_MAX_BPS = 100000000,
    /* An estimate that was not exercised for so long is capped at twice the acknowledged rate, though not
     * below the start: it is trusted like a new viewer's, and probed, once more is wanted. */
    ESTIMATOR_STALE_US = 10000000,
    ESTIMATOR_LIMITED_PERCENT = 80,  /* of the target used: below it the sender is application-limited */
    ESTIMATOR_SWAMPED_PERCENT = 150, /* of the target is sent while a queue stands */
};

struct estimator {
    /* first what estimator_sent() touches, see estimator_fetch() */
    struct flight flight;
    struct probe probe;
    struct rate sent;
    struct silence silence;

    struct delay delay;
    struct acked_rate acked;
    struct aimd aimd;
    struct loss_estimate loss;
    struct fallback fallback; /* what holds until feedback comes */
    struct probe_measure measure;
    bool has_feedback; /* some came: the target rests on it */
    uint32_t target_bps;
    uint32_t rtt_us;       /* 0 = not known */
    bool rtt_reported;     /* else it is from feedback, which is later by what the viewer waits */
    uint64_t heard_us;     /* the last feedback */
    uint64_t exercised_us; /* when the target was last in use, or a probe confirmed it */
    uint32_t wished_bps;   /* as estimator_wish() was told */
    uint32_t had_bps;      /* as estimator_have() was told */
};

/* ring: 2^n entries, at least FLIGHT_CAPACITY_MIN, owned by the caller. Where flight_crowded(&e->flight)
 * says so after a feedback, give it a larger one with flight_grow(). */
void estimator_init(struct estimator *e, struct flight_packet *ring, size_t capacity, uint64_t now_us);

/* Whether the viewer negotiated transport-cc, as estimator_init() takes it; tell it before anything is sent.
 */
void estimator_expect(struct estimator *e, bool transport_cc);

/* The transport-wide number for the next packet. The same until estimator_sent() is called. */
uint16_t estimator_number(const struct estimator *e);

/* A packet leaves; numbered: it carries estimator_number(). */
void estimator_sent(struct estimator *e, size_t size, bool numbered, uint64_t now_us);

/* estimator_sent() comes soon (fetch.h); and again, once that has been fetched. */
static inline void estimator_fetch(const struct estimator *e)
{
    fetch(e, offsetof(struct estimator, delay));
}

static inline void estimator_fetch_next(const struct estimator *e)
{
    fetch(&e->flight.ring[e->flight.next & e->flight.mask], FETCH_LINE);
}

/* A numbered packet did not leave after all. */
void estimator_dropped(struct estimator *e, uint16_t number);

/* What came back from the viewer. A REMB counts only where no transport-cc has come; so does a report,
 * which gives packets expected and lost over all report blocks since the last one. */
void estimator_feedback(struct estimator *e, const struct rtcp_cc *cc, uint64_t now_us);
void estimator_remb(struct estimator *e, uint64_t bps, uint64_t now_us);
void estimator_report(struct estimator *e, uint32_t expected, int32_t lost, uint64_t now_us);
void estimator_rtt(struct estimator *e, uint32_t rtt_us);

/* What all slots would take if the network let them, whether or not they get it; 0 = nothing.
 * Tell it whenever it changes. */
void estimator_want(struct estimator *e, uint32_t bps, uint64_t now_us);

/* So much will be wanted: an estimate that was not put to the test for long is not relied on for that. A
 * viewer that tells nothing of its network is granted it, as there is no other way to find out, until losses
 * speak against it; others are not. */
void estimator_wish(struct estimator *e, uint32_t bps, uint64_t now_us);

/* So much is being given now: that is relied on until something speaks against it. */
void estimator_have(struct estimator *e, uint32_t bps);

/* Time passes: probes are decided on, a way without feedback is noticed. */
void estimator_tick(struct estimator *e, uint64_t now_us);

/* A queue stands on the way, and far more is sent than the way carries: what is sent now waits long, or
 * finds the queue full. */
bool estimator_swamped(const struct estimator *e, uint64_t now_us);

/* Something that was sent at that time or later has arrived: what stood in the queue then is gone. */
bool estimator_arrived(const struct estimator *e, uint64_t since_us);

/* More is wanted than may be sent: go on with estimator_tick(), though nothing is sent. */
bool estimator_hungry(const struct estimator *e);

/* Bytes of retransmissions and padding to send now for a probe; 0 = none. */
size_t estimator_probe_due(struct estimator *e, uint64_t now_us);

/* What may be sent, ESTIMATOR_FLOOR_BPS .. ESTIMATOR_MAX_BPS. */
uint32_t estimator_target_bps(const struct estimator *e);
