/* The rate that losses allow, from the fate of each packet: is a loss explained
 * by sending more than the way carries, or is it there at any rate? Of a few
 * candidate rates, each with the loss that would be inherent to the way, that one
 * is taken under which the last seconds' losses are most likely, with a light
 * thumb on the scale for more. A wireless link that loses 10 % of everything thus
 * keeps its rate. The spirit of libwebrtc's second loss-based estimator; the first
 * one, for viewers who send only receiver reports, is loss_report.h. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LOSS_ESTIMATE_WINDOW = 20,          /* observations */
    LOSS_ESTIMATE_INTERVAL_US = 250000, /* each at least this long ... */
    LOSS_ESTIMATE_PACKETS_MIN = 10,     /* ... and of this many packets */
};

struct loss_observation {
    uint32_t packets, lost;
    uint32_t sent_bps;
};

struct loss_estimate {
    bool fresh;   /* an observation came since the last estimate */
    bool limited; /* losses hold the rate below what the delay allows */
    uint8_t at, count;
    uint32_t floor_bps;
    double bps;      /* meaningful while limited */
    double inherent; /* share of packets that the way loses at any rate, 0 .. 1 */
    struct loss_observation window[LOSS_ESTIMATE_WINDOW];
    struct loss_observation partial;                           /* sent_bps not set yet */
    uint64_t partial_bytes, partial_first_us, partial_last_us; /* times of sending */
};

void loss_estimate_init(struct loss_estimate *l, uint32_t floor_bps);

/* One packet's fate. late: it arrived after having been told as lost. */
void loss_estimate_packet(struct loss_estimate *l, uint64_t sent_us, size_t size, bool lost, bool late);

/* After each feedback. delay_bps: the rate that the delay allows; acked_bps 0 = not known.
 * Returns the rate that both allow. */
uint32_t loss_estimate_update(struct loss_estimate *l, uint32_t delay_bps, uint32_t acked_bps);

/* A probe found that more gets through: what was seen before is no reason to stay below it. */
void loss_estimate_probed(struct loss_estimate *l, uint32_t bps);

/* Whether more is lost than a way may lose by itself. */
bool loss_estimate_heavy(const struct loss_estimate *l);

/* Lost share of the window's packets, 0 .. 1. */
double loss_estimate_share(const struct loss_estimate *l);
