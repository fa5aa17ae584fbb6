#include "trendline.h"

#include <math.h>

enum {
    DELTAS_COUNTED = 60, /* the trend is weighed by the number of groups, up to this */
    THRESHOLD_STEP_MS_MAX = 100,
    OUTLIER_MS = 15, /* a trend that far above the threshold does not move it */
    OVERUSING_MS = 10,
};

static const double SMOOTHING = 0.9, GAIN = 4;
static const double THRESHOLD_MS = 12.5, THRESHOLD_MIN_MS = 6, THRESHOLD_MAX_MS = 600;
static const double THRESHOLD_UP = 0.0087, THRESHOLD_DOWN = 0.039; /* share of the distance, each ms */

void trendline_init(struct trendline *t)
{
    *t = (struct trendline){.threshold_ms = THRESHOLD_MS, .overusing_ms = -1};
}

/* Slope of the line that fits the points best: ms of delay for each ms. */
static double slope(const struct trendline *t)
{
    double x[TRENDLINE_WINDOW], mean_x = 0, mean_y = 0, above = 0, below = 0;
    for (int i = 0; i < TRENDLINE_WINDOW; i++) {
        x[i] = (double)(int64_t)(t->at_us[i] - t->at_us[0]) / 1000;
        mean_x += x[i] / TRENDLINE_WINDOW;
        mean_y += t->delay_ms[i] / TRENDLINE_WINDOW;
    }
    for (int i = 0; i < TRENDLINE_WINDOW; i++) {
        above += (x[i] - mean_x) * (t->delay_ms[i] - mean_y);
        below += (x[i] - mean_x) * (x[i] - mean_x);
    }
    return below > 0 ? above / below : t->previous;
}

static void adapt_threshold(struct trendline *t, double trend_ms, uint64_t at_us)
{
    double size = fabs(trend_ms);
    double passed_ms = t->threshold_us ? (double)(int64_t)(at_us - t->threshold_us) / 1000 : 0;
    t->threshold_us = at_us;
    if (size > t->threshold_ms + OUTLIER_MS)
        return;
    double k = size < t->threshold_ms ? THRESHOLD_DOWN : THRESHOLD_UP;
    t->threshold_ms += k * (size - t->threshold_ms) * fmin(fmax(passed_ms, 0), THRESHOLD_STEP_MS_MAX);
    t->threshold_ms = fmin(fmax(t->threshold_ms, THRESHOLD_MIN_MS), THRESHOLD_MAX_MS);
}

/* Above the threshold for a while, and not on the way down already. */
static void notice_overuse(struct trendline *t, double trend, double sent_ms)
{
    t->overusing_ms = t->overusing_ms < 0 ? sent_ms / 2 : t->overusing_ms + sent_ms;
    if (t->overuse_count < UINT16_MAX)
        t->overuse_count++;
    if (t->overusing_ms <= OVERUSING_MS || t->overuse_count <= 1 || trend < t->previous)
        return;
    t->overusing_ms = 0;
    t->overuse_count = 0;
    t->trend = TREND_OVERUSE;
}

static void detect(struct trendline *t, double trend, double sent_ms, uint64_t at_us)
{
    double trend_ms = fmin(t->deltas, DELTAS_COUNTED) * trend * GAIN;
    if (trend_ms > t->threshold_ms) {
        notice_overuse(t, trend, sent_ms);
    } else {
        t->overusing_ms = -1;
        t->overuse_count = 0;
        t->trend = trend_ms < -t->threshold_ms ? TREND_UNDERUSE : TREND_NORMAL;
    }
    t->previous = trend;
    adapt_threshold(t, trend_ms, at_us);
}

void trendline_delta(struct trendline *t, const struct inter_arrival_delta *d)
{
    if (t->deltas < DELTAS_COUNTED)
        t->deltas++;
    t->accumulated_ms += (double)(d->arrival_us - d->sent_us) / 1000;
    t->smoothed_ms = SMOOTHING * t->smoothed_ms + (1 - SMOOTHING) * t->accumulated_ms;
    t->at_us[t->at] = d->at_us;
    t->delay_ms[t->at] = t->smoothed_ms;
    t->at = (uint8_t)((t->at + 1) % TRENDLINE_WINDOW);
    if (t->deltas >= TRENDLINE_WINDOW)
        detect(t, slope(t), (double)d->sent_us / 1000, d->at_us);
}
