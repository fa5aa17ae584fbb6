/* When a viewer's first probes begin, on a virtual clock: a viewer that shows nothing, so that all that is
 * wanted is what a test wants. */
#include "bandwidth.h"

#include "bytes.h"
#include "transport.h"
#include "transport_cc.h"
#include "worker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum {
    MBPS = 1000000,
    SIZE = 1000,
    ARRIVALS = 3,   /* in a feedback */
    WAY_US = 10000, /* there, and back */
    STEPS_MAX = 6,
};

struct viewer {
    struct worker worker;
    struct transport transport;
    struct bandwidth *bandwidth;
    struct transport_cc arrivals; /* at the viewer */
    uint64_t now_us;
};

static void begin(struct viewer *v, bool rtx, bool transport_cc)
{
    const struct sfu_format vp8 = {
        .codec = RTP_CODEC_VP8, .pt = 96, .rtx_pt = rtx ? 97 : 0, .transport_cc = transport_cc};
    *v = (struct viewer){.now_us = 1000000000};
    v->transport.worker = &v->worker;
    v->transport.media.formats[v->transport.media.format_count++] = vp8;
    v->transport.media.exts.id[RTP_EXT_TRANSPORT_CC] = 5;
    v->bandwidth = v->transport.bandwidth = bandwidth_new(&v->transport, v->now_us);
    assert_non_null(v->bandwidth);
    bandwidth_negotiated(v->bandwidth);
}

static void end(struct viewer *v)
{
    bandwidth_free(v->bandwidth);
    timer_heap_finish(&v->worker.timers);
}

static void run_to(struct viewer *v, uint64_t until_us)
{
    for (; v->now_us < until_us; v->now_us += 1000)
        timer_run(&v->worker.timers, v->now_us);
}

static void want(struct viewer *v, uint32_t bps)
{
    bandwidth_want(v->bandwidth, bps, v->now_us);
    bandwidth_wake(v->bandwidth, v->now_us);
}

/* Some packets leave, arrive, and the viewer says so. */
static void hear(struct viewer *v)
{
    uint8_t bytes[TRANSPORT_CC_LEN_MAX];
    struct rtcp_view view;
    for (size_t i = 0; i < ARRIVALS; i++) {
        transport_cc_receive(&v->arrivals, estimator_number(&v->bandwidth->estimator), false,
                             v->now_us + WAY_US);
        bandwidth_sent(v->bandwidth, SIZE, true, v->now_us);
    }
    run_to(v, v->now_us + 2 * WAY_US);
    size_t len = transport_cc_build(&v->arrivals, 1, 2, v->now_us, bytes, sizeof(bytes));
    struct rd compound = rd_init(bytes, len);
    assert_int_equal(rtcp_next(&compound, &view), 1);
    assert_true(bandwidth_feedback(v->bandwidth, &view, v->now_us));
}

/* What the estimator was told of it: its probes go by that. */
static uint32_t told(const struct viewer *v)
{
    return v->bandwidth->estimator.probe.wanted_bps;
}

static bool has_probed(const struct viewer *v)
{
    return v->bandwidth->estimator.probe.tried_us != 0;
}

enum act { END, LOOK, WANT, HEAR };

/* At that time of the call it happens; what holds right after. */
struct step {
    uint32_t ms;
    enum act act;
    uint32_t wanted, told; /* Mbit/s */
    bool probed;
};

/* Until something is heard of the viewer, or for a while after something is wanted first, what is wanted
 * waits; then the last wish counts. One that cannot be probed has nothing to wait for. */
static void first_probes_wait_for_feedback(void **state)
{
    static const struct {
        const char *name;
        bool no_rtx, no_transport_cc;
        struct step steps[STEPS_MAX];
    } rows[] = {
        {.name = "silence ends the wait",
         .steps = {{0, WANT, 3, 0, false}, {980, LOOK, 0, 0, false}, {1110, LOOK, 0, 3, true}}},
        {.name = "feedback ends the wait",
         .steps = {{0, WANT, 3, 0, false}, {300, LOOK, 0, 0, false}, {310, HEAR, 0, 3, true}}},
        {.name = "what is wanted later waits too, and counts",
         .steps = {{0, WANT, 3, 0, false}, {400, WANT, 2, 0, false}, {500, HEAR, 0, 2, true}}},
        {.name = "the wait is not begun anew",
         .steps = {{0, WANT, 3, 0, false}, {900, WANT, 2, 0, false}, {1110, LOOK, 0, 2, true}}},
        {.name = "nothing is wanted any more",
         .steps = {{0, WANT, 3, 0, false}, {500, WANT, 0, 0, false}, {2000, LOOK, 0, 0, false}}},
        {.name = "nothing wanted is no beginning",
         .steps = {{0, WANT, 0, 0, false},
                   {5000, WANT, 3, 0, false},
                   {5980, LOOK, 0, 0, false},
                   {6110, LOOK, 0, 3, true}}},
        {.name = "who was heard before is ready",
         .steps = {{100, HEAR, 0, 0, false}, {200, WANT, 3, 3, true}}},
        {.name = "once it has begun nothing waits",
         .steps = {{0, WANT, 3, 0, false},
                   {1110, LOOK, 0, 3, true},
                   {1200, WANT, 5, 5, true},
                   {1300, WANT, 0, 0, true},
                   {1400, WANT, 2, 2, true}}},
        {.name = "without RTX", .no_rtx = true, .steps = {{0, WANT, 3, 3, false}}},
        {.name = "without transport-cc", .no_transport_cc = true, .steps = {{0, WANT, 3, 3, false}}},
    };
    static struct viewer v;
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        begin(&v, !rows[i].no_rtx, !rows[i].no_transport_cc);
        uint64_t begin_us = v.now_us;
        for (const struct step *s = rows[i].steps; s < rows[i].steps + STEPS_MAX && s->act != END; s++) {
            run_to(&v, begin_us + s->ms * UINT64_C(1000));
            if (s->act == WANT)
                want(&v, s->wanted * MBPS);
            else if (s->act == HEAR)
                hear(&v);
            if (told(&v) != s->told * MBPS || has_probed(&v) != s->probed)
                fail_msg("%s, at %u ms: told %u bit/s, %s", rows[i].name, s->ms, told(&v),
                         has_probed(&v) ? "probed" : "not probed");
        }
        end(&v);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_probes_wait_for_feedback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
