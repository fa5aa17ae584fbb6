/* When the rest of a frame is waited for, and what is padded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "batch.h"
#include "packet.h"
#include "room.h"
#include "track.h"
#include "worker.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct worker idle; /* with time for everything */

struct stage {
    struct packet_pool pool;
    struct room room;
    struct track track;
    struct batch batch;
};

static void set_up(struct stage *s, enum rtp_kind kind, size_t viewers)
{
    *s = (struct stage){.room.worker = &idle, .track.kind = kind};
    s->track.room = &s->room;
    packet_pool_init(&s->pool, BATCH_MAX);
    s->track.layers[0].track = &s->track;
    s->track.layers[0].watchers.count = viewers;
}

static void come(struct stage *s, bool marker)
{
    struct packet *p = packet_get(&s->pool);
    p->view.marker = marker;
    batch_add(&s->batch, &s->track.layers[0], p, s->batch.count + 1, 0);
    packet_unref(p);
}

/* Nobody is there to forward to. */
static void finish(struct stage *s)
{
    s->track.layers[0].watchers.count = 0;
    batch_flush(&s->batch, 0);
    packet_pool_finish(&s->pool);
}

static const struct {
    const char *what;
    enum rtp_kind kind;
    size_t viewers, packets; /* the last one ends the frame, where `ended` */
    bool ended, partial;
} batches[] = {
    {"nothing", RTP_VIDEO, 100, 0, false, false},
    {"the first packet", RTP_VIDEO, 100, 1, false, true},
    {"a whole frame", RTP_VIDEO, 100, 5, true, false},
    {"a frame of one packet", RTP_VIDEO, 100, 1, true, false},
    {"few viewers", RTP_VIDEO, BATCH_VIEWERS_MIN - 1, 1, false, false},
    {"just enough", RTP_VIDEO, BATCH_VIEWERS_MIN, 1, false, true},
    {"sound", RTP_AUDIO, 100, 1, false, false},
    {"no more room", RTP_VIDEO, 100, BATCH_MAX, false, false},
};

static void what_is_partial(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(batches); i++) {
        struct stage s;
        set_up(&s, batches[i].kind, batches[i].viewers);
        for (size_t n = 1; n <= batches[i].packets; n++)
            come(&s, n == batches[i].packets && batches[i].ended);
        if (batch_is_partial(&s.batch) != batches[i].partial)
            fail_msg("%s", batches[i].what);
        finish(&s);
    }
}

/* Payloads of a batch, and which of them are padded. */
static const struct {
    uint16_t len[6];
    const char *padded; /* '+' for each that is */
} sizes[] = {
    {{996, 996, 996, 996, 997}, "++++-"},
    {{1043, 1043, 1044, 1044, 1044}, "++---"},
    {{1000, 1000, 1000}, "---"},
    {{1000, 1000, 300}, "---"},
    {{998, 1000}, "--"},       /* by one byte only */
    {{998, 999, 1000}, "-+-"}, /* so all of it cannot be even */
    {{998, 996, 996, 997}, "-++-"},
    {{0, 1}, "--"}, /* padding alone goes nowhere */
    {{700}, "-"},
    {{PACKET_DATA_MAX - 12, PACKET_DATA_MAX - 11}, "--"}, /* no room for it */
};

static void frames_are_evened_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct stage s;
        set_up(&s, RTP_VIDEO, 100);
        for (size_t n = 0; n < strlen(sizes[i].padded); n++) {
            come(&s, false);
            struct packet *p = s.batch.packets[n].packet;
            p->view.payload = 12;
            p->view.payload_len = sizes[i].len[n];
        }
        batch_even_out(&s.batch);
        for (size_t n = 0; n < s.batch.count; n++) {
            if (s.batch.packets[n].pad != (sizes[i].padded[n] == '+'))
                fail_msg("row %zu, packet %zu", i, n);
        }
        finish(&s);
    }
}

/* How many turns go by until the next wait. */
static size_t turns(struct stage *s)
{
    size_t n = 0;
    while (!batch_is_partial(&s->batch))
        n++;
    return n;
}

static const struct {
    bool came;
    size_t turns; /* without waiting after that */
} waits[] = {
    {true, 0},   {false, 8},  {false, 16},  {false, 32},  {true, 0},    {true, 0}, {false, 8}, {false, 16},
    {false, 32}, {false, 64}, {false, 128}, {false, 256}, {false, 256}, {true, 0}, {false, 8},
};

static void waiting_in_vain_becomes_rare(void **state)
{
    struct stage s;
    (void)state;
    set_up(&s, RTP_VIDEO, 100);
    come(&s, false);
    assert_int_equal(turns(&s), 0);
    for (size_t i = 0; i < COUNT(waits); i++) {
        batch_waited(&s.batch, waits[i].came);
        if (turns(&s) != waits[i].turns)
            fail_msg("row %zu", i);
    }
    finish(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_partial),
        cmocka_unit_test(frames_are_evened_out),
        cmocka_unit_test(waiting_in_vain_becomes_rare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
