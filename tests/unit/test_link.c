/* Packets from one worker to another (link.h): who holds references, until when, and what does not get in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "link.h"
#include "packet.h"

struct both {
    struct packet_pool pool; /* the sender's */
    struct mailbox box;      /* the receiver's */
    struct link link;
};

static void begin(struct both *b, size_t mails)
{
    packet_pool_init(&b->pool, 1024);
    assert_int_equal(mailbox_init(&b->box, mails), 0);
    link_init(&b->link, &b->box);
}

static void end(struct both *b)
{
    link_finish(&b->link);
    mailbox_finish(&b->box);
    assert_int_equal(packet_pool_finish(&b->pool), 0);
}

/* Packets that nobody holds but the batch. False: it did not get in. */
static bool hand_over(struct both *b, enum rtp_kind kind, size_t packets)
{
    struct link_batch *batch = link_batch(&b->link, kind);
    if (!batch)
        return false;
    for (size_t i = 0; i < packets; i++) {
        struct packet *p = packet_get(&b->pool);
        assert_non_null(p);
        link_add(batch, &(struct batch_packet){p, i, packets, false});
        packet_unref(p);
    }
    return link_send(&b->link, batch, (struct mail){.type = 1});
}

static size_t take(struct both *b, size_t batches)
{
    size_t packets = 0;
    struct mail m;
    while (batches-- && mailbox_take(&b->box, &m)) {
        struct link_batch *batch = m.body;
        packets += batch->count;
        link_taken(batch);
        mail_free(&m);
    }
    return packets;
}

/* The sender's references live until the receiver has taken the batch, and are taken back by the next one or
 * by link_flush(). */
static void references(void **state)
{
    (void)state;
    struct both b;
    begin(&b, 16);
    assert_true(hand_over(&b, RTP_VIDEO, 3));
    assert_true(hand_over(&b, RTP_VIDEO, 4));
    assert_int_equal(b.pool.used, 7);
    assert_int_equal(take(&b, 1), 3);
    assert_int_equal(b.pool.used, 7);
    assert_true(hand_over(&b, RTP_AUDIO, 1));
    assert_int_equal(b.pool.used, 5);
    assert_int_equal(take(&b, 2), 5);
    assert_int_equal(b.pool.used, 5);
    link_flush(&b.link);
    assert_int_equal(b.pool.used, 0);
    end(&b);
}

/* What was never taken goes with the link. */
static void never_taken(void **state)
{
    (void)state;
    struct both b;
    begin(&b, 16);
    assert_true(hand_over(&b, RTP_VIDEO, LINK_PACKETS_MAX));
    assert_true(hand_over(&b, RTP_VIDEO, 1));
    assert_int_equal(take(&b, 1), LINK_PACKETS_MAX);
    end(&b);
}

/* Video leaves the last places to audio; once some is taken there is room again. */
static void full_ring(void **state)
{
    (void)state;
    struct both b;
    size_t video = 0, audio = 0;
    begin(&b, 2 * LINK_BATCHES);
    while (hand_over(&b, RTP_VIDEO, 1))
        video++;
    assert_int_equal(video, LINK_BATCHES - LINK_BATCHES_AUDIO);
    while (hand_over(&b, RTP_AUDIO, 1))
        audio++;
    assert_int_equal(audio, LINK_BATCHES_AUDIO);
    assert_int_equal(take(&b, LINK_BATCHES_AUDIO), LINK_BATCHES_AUDIO);
    assert_false(hand_over(&b, RTP_VIDEO, 1));
    assert_true(hand_over(&b, RTP_AUDIO, 1));
    assert_int_equal(take(&b, 2), 2);
    assert_true(hand_over(&b, RTP_VIDEO, 1));
    end(&b);
}

/* A full mailbox takes nothing, and nothing is held for it. */
static void full_mailbox(void **state)
{
    (void)state;
    struct both b;
    begin(&b, 2);
    assert_true(hand_over(&b, RTP_AUDIO, 1));
    assert_true(hand_over(&b, RTP_AUDIO, 1));
    assert_false(hand_over(&b, RTP_AUDIO, 5));
    assert_int_equal(b.pool.used, 2);
    assert_int_equal(take(&b, 2), 2);
    assert_true(hand_over(&b, RTP_AUDIO, 1));
    assert_int_equal(take(&b, 1), 1);
    end(&b);
}

/* The ring comes round many times. */
static void round_and_round(void **state)
{
    (void)state;
    struct both b;
    begin(&b, LINK_BATCHES);
    for (size_t i = 0; i < 5 * LINK_BATCHES; i++) {
        assert_true(hand_over(&b, RTP_VIDEO, 1 + i % 7));
        assert_int_equal(take(&b, 1), 1 + i % 7);
        assert_true(b.pool.used <= 7);
    }
    end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(references),   cmocka_unit_test(never_taken),     cmocka_unit_test(full_ring),
        cmocka_unit_test(full_mailbox), cmocka_unit_test(round_and_round),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
