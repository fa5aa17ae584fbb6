/* What is forwarded together, when the rest of a frame is waited for, and what is padded. */
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

enum { LAYERS = BATCH_LANES + 1 };

struct stage {
    struct packet_pool pool;
    struct room room;
    struct track tracks[LAYERS];
    struct batch batch;
};

static void set_up(struct stage *s, enum rtp_kind kind, size_t viewers)
{
    *s = (struct stage){.room.worker = &idle};
    packet_pool_init(&s->pool, 4 * BATCH_MAX);
    for (size_t i = 0; i < LAYERS; i++) {
        s->tracks[i].kind = kind;
        s->tracks[i].room = &s->room;
        s->tracks[i].layers[0].track = &s->tracks[i];
        s->tracks[i].layers[0].watchers.count = viewers;
    }
}

static struct layer *layer(struct stage *s, size_t i)
{
    return &s->tracks[i].layers[0];
}

static void come_of(struct stage *s, size_t i, uint64_t number, bool marker)
{
    struct packet *p = packet_get(&s->pool);
    assert_non_null(p);
    p->view.marker = marker;
    batch_add(&s->batch, layer(s, i), p, number, 0);
    packet_unref(p);
}

static void come(struct stage *s, bool marker)
{
    come_of(s, 0, 1, marker);
}

/* Nobody is there to forward to. */
static void finish(struct stage *s)
{
    for (size_t i = 0; i < LAYERS; i++)
        layer(s, i)->watchers.count = 0;
    batch_flush(&s->batch, 0);
    assert_int_equal(s->pool.used, 0);
    packet_pool_finish(&s->pool);
}

/* Frames of several people come at the same time, and voices between them. */
static void each_layer_has_its_own_lane(void **state)
{
    static const char came[] = "0102210210"; /* of which layer each packet is */
    struct stage s;
    (void)state;
    set_up(&s, RTP_VIDEO, 100);
    s.tracks[2].kind = RTP_AUDIO;
    for (size_t n = 0; n < strlen(came); n++)
        come_of(&s, (size_t)(came[n] - '0'), n, false);
    assert_int_equal(s.batch.count, 3);
    for (size_t i = 0; i < s.batch.count; i++) {
        const struct batch_lane *lane = &s.batch.lanes[i];
        size_t found = 0;
        assert_ptr_equal(lane->layer, layer(&s, i));
        assert_true(batch_has(&s.batch, layer(&s, i)));
        for (size_t n = 0; n < strlen(came); n++) {
            if (came[n] == (char)('0' + i))
                assert_int_equal(lane->packets[found++].number, n);
        }
        assert_int_equal(lane->count, found);
    }
    assert_false(batch_has(&s.batch, layer(&s, 3)));
    finish(&s);
    assert_false(batch_has(&s.batch, layer(&s, 0)));
}

static void what_has_no_room_goes_after_what_is_there(void **state)
{
    struct stage s;
    (void)state;
    set_up(&s, RTP_VIDEO, 0);
    for (size_t i = 0; i < BATCH_LANES; i++)
        come_of(&s, i, 1, true);
    assert_int_equal(s.batch.count, BATCH_LANES);
    come_of(&s, BATCH_LANES, 1, true);
    assert_int_equal(s.batch.count, 1);
    assert_ptr_equal(s.batch.lanes[0].layer, layer(&s, BATCH_LANES));
    for (size_t n = 0; n < BATCH_MAX; n++)
        come_of(&s, 0, n, false);
    assert_int_equal(s.batch.count, 2);
    come_of(&s, 0, BATCH_MAX, false);
    assert_int_equal(s.batch.count, 1);
    assert_int_equal(s.batch.lanes[0].count, 1);
    assert_int_equal(s.batch.lanes[0].packets[0].number, BATCH_MAX);
    finish(&s);
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
        if ((batch_partial(&s.batch) != NULL) != batches[i].partial)
            fail_msg("%s", batches[i].what);
        finish(&s);
    }
}

/* Others are whole, or not worth it. */
static void one_of_several_is_waited_for(void **state)
{
    struct stage s;
    (void)state;
    set_up(&s, RTP_VIDEO, 100);
    come_of(&s, 0, 1, true);
    come_of(&s, 1, 1, false);
    come_of(&s, 2, 1, false);
    layer(&s, 1)->habit.left = 1;
    assert_ptr_equal(batch_partial(&s.batch), &s.batch.lanes[2]);
    come_of(&s, 2, 2, true);
    assert_null(batch_partial(&s.batch));
    finish(&s);
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
            struct packet *p = s.batch.lanes[0].packets[n].packet;
            p->view.payload = 12;
            p->view.payload_len = sizes[i].len[n];
        }
        batch_even_out(&s.batch.lanes[0]);
        for (size_t n = 0; n < s.batch.lanes[0].count; n++) {
            if (s.batch.lanes[0].packets[n].pad != (sizes[i].padded[n] == '+'))
                fail_msg("row %zu, packet %zu", i, n);
        }
        finish(&s);
    }
}

/* How many turns go by until the next wait, each with packets for nobody. */
static size_t turns(struct stage *s)
{
    for (size_t n = 0;; n++) {
        layer(s, 0)->watchers.count = 0;
        batch_flush(&s->batch, 0);
        layer(s, 0)->watchers.count = 100;
        come(s, false);
        if (batch_partial(&s->batch))
            return n;
    }
}

static const struct {
    bool came;
    size_t turns; /* without waiting after that one */
} waits[] = {
    {true, 0},   {false, 7},  {false, 15},  {false, 31},  {true, 0},    {true, 0}, {false, 7}, {false, 15},
    {false, 31}, {false, 63}, {false, 127}, {false, 255}, {false, 255}, {true, 0}, {false, 7},
};

static void waiting_in_vain_becomes_rare(void **state)
{
    struct stage s;
    (void)state;
    set_up(&s, RTP_VIDEO, 100);
    assert_int_equal(turns(&s), 0);
    for (size_t i = 0; i < COUNT(waits); i++) {
        batch_waited(layer(&s, 0), waits[i].came);
        if (turns(&s) != waits[i].turns)
            fail_msg("row %zu", i);
    }
    finish(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_layer_has_its_own_lane),
        cmocka_unit_test(what_has_no_room_goes_after_what_is_there),
        cmocka_unit_test(what_is_partial),
        cmocka_unit_test(one_of_several_is_waited_for),
        cmocka_unit_test(frames_are_evened_out),
        cmocka_unit_test(waiting_in_vain_becomes_rare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
