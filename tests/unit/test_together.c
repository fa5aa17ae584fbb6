/* What leaves for a viewer where several people's packets come between each other: as few messages as if they
 * had come one after the other. */
#include "hall.h"

#include "keys.h"
#include "seal.h"

enum { VIEWER, ANNA, BELA, MESSAGES_MAX = 16 };

static struct {
    size_t count;
    size_t segments[MESSAGES_MAX], first_len[MESSAGES_MAX], last_len[MESSAGES_MAX];
} sent;

/* sendmmsg(2) of a kernel that takes everything at once. */
static int take(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    (void)fd;
    (void)flags;
    for (unsigned i = 0; i < count; i++) {
        const struct msghdr *m = &messages[i].msg_hdr;
        assert_true(sent.count < MESSAGES_MAX);
        sent.segments[sent.count] = m->msg_iovlen;
        sent.first_len[sent.count] = m->msg_iov[0].iov_len;
        sent.last_len[sent.count++] = m->msg_iov[m->msg_iovlen - 1].iov_len;
        messages[i].msg_len = 0;
        for (size_t j = 0; j < m->msg_iovlen; j++)
            messages[i].msg_len += (unsigned)m->msg_iov[j].iov_len;
    }
    return (int)count;
}

static void drop(struct hall *h)
{
    udp_tx_flush(&h->worker.tx, h->now_us);
    memset(&sent, 0, sizeof(sent));
}

/* As if ICE and DTLS had been done, and its network were wide. */
static void go_online(struct hall *h, struct transport *t)
{
    const struct keys keys = {.profile = KEYS_AEAD_AES_128_GCM};
    struct addr to;
    assert_int_equal(addr_parse(&to, "127.0.0.1", 4000), 0);
    t->connection.seal = seal_new(&keys, NULL);
    assert_non_null(t->connection.seal);
    t->bandwidth->estimator.target_bps = ESTIMATOR_MAX_BPS;
    udp_dest_set(&h->worker.tx, &t->connection.dest, &h->worker.sockets.at[0], &to);
    h->worker.tx.sendmmsg = take;
}

/* Two cameras, of whose frames one's are larger, and the voice of one of them. */
static void begin(struct hall *h)
{
    hall_begin(h);
    hall_join(h, VIEWER, 1, 2, false);
    go_online(h, h->seats[VIEWER].transport);
    hall_join(h, ANNA, 0, 0, false);
    hall_join(h, BELA, 0, 0, false);
    h->seats[ANNA].ballast[0] = 900;
    h->seats[BELA].ballast[0] = 400;
    h->seats[BELA].level = 10;
    for (int ms = 0; ms < 2000; ms++) {
        hall_turn(h);
        drop(h);
    }
    assert_int_equal(hall_holder(h, VIEWER, 0), BELA + 1);
    assert_int_not_equal(hall_holder(h, VIEWER, 1), hall_holder(h, VIEWER, 2));
    assert_non_null(hall_slot(h, VIEWER, 1)->current.layer);
    assert_non_null(hall_slot(h, VIEWER, 2)->current.layer);
    for (size_t i = ANNA; i <= BELA; i++) /* from now on packets come as tests say */
        h->seats[i].off[RTP_AUDIO] = h->seats[i].off[RTP_VIDEO] = true;
    hall_run(h, 1);
    drop(h);
}

/* A, B: a packet of that one's camera; b: Bela's voice. All come in one turn. */
static void come(struct hall *h, const char *packets)
{
    for (; *packets; packets++)
        hall_packet(h, *packets == 'A' ? ANNA : BELA, *packets == 'b' ? RTP_AUDIO : RTP_VIDEO, 0);
    batch_flush(&h->worker.batch, h->now_us);
    udp_tx_flush(&h->worker.tx, h->now_us);
}

static void frames_stay_whole(void **state)
{
    struct hall h;
    (void)state;
    begin(&h);
    come(&h, "ABBABAAB");
    assert_int_equal(sent.count, 2);
    assert_int_equal(sent.segments[0], 5); /* a message may end with one that is shorter */
    assert_int_equal(sent.segments[1], 3);
    assert_true(sent.first_len[0] > sent.last_len[0]);
    assert_int_equal(sent.first_len[1], sent.last_len[1]);
    assert_int_equal(sent.last_len[0], sent.last_len[1]);
    hall_end(&h);
}

static void a_voice_leaves_with_the_first_of_them(void **state)
{
    static const char *const orders[] = {"bABAB", "ABbAB", "ABABb"};
    struct hall h;
    (void)state;
    begin(&h);
    for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        drop(&h);
        come(&h, orders[i]);
        assert_int_equal(sent.count, 2);
        assert_int_equal(sent.segments[0], 3);
        assert_true(sent.last_len[0] < sent.first_len[0]);
        assert_int_equal(sent.segments[1], 2);
    }
    hall_end(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_stay_whole),
        cmocka_unit_test(a_voice_leaves_with_the_first_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
