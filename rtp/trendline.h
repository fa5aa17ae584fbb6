/* Whether a queue builds up on the way: the slope of the smoothed one-way delay
 * over the last groups of packets, against a threshold that adapts to how noisy
 * the way is (draft-ietf-rmcat-gcc-02, sections 5.4 and 5.5; the line fit
 * instead of the Kalman filter is what libwebrtc has today). */
#pragma once

#include "inter_arrival.h"

enum { TRENDLINE_WINDOW = 20 }; /* groups */

enum trend { TREND_NORMAL, TREND_OVERUSE, TREND_UNDERUSE };

struct trendline {
    enum trend trend;
    uint16_t deltas;        /* seen so far; stops counting once it no longer matters */
    uint16_t overuse_count; /* groups in a row above the threshold */
    uint8_t at;             /* where in the window the next group goes */
    double accumulated_ms, smoothed_ms;
    double threshold_ms, previous;
    double overusing_ms;   /* time above the threshold; negative = not above it */
    uint64_t threshold_us; /* when it was adapted last; receiver's clock */
    uint64_t at_us[TRENDLINE_WINDOW];
    double delay_ms[TRENDLINE_WINDOW]; /* smoothed */
};

void trendline_init(struct trendline *t);

/* One more group; the verdict is t->trend. */
void trendline_delta(struct trendline *t, const struct inter_arrival_delta *d);
