/* What leaves a send queue for real sockets on loopback, and what does not. */
#include "udp_bench.h"

static void a_burst_goes_as_few_messages_and_arrives_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(loopbacks); i++) {
        struct bench b;
        set_up(&b, loopbacks[i], UDP_TX_SLOTS);
        for (uint32_t n = 0; n < 200; n++)
            queue(&b, &b.way, n, 1200, UDP_VIDEO);
        assert_int_equal(receive(&b, &b.to)->count, 0);
        udp_tx_flush(&b.tx, 1);
        const struct inbox *in = receive(&b, &b.to);
        expect_numbers(in, 0, 200);
        assert_true(addr_equal(&in->from, &b.sock.local));
        assert_int_equal(count(&b, COUNT_tx_messages), 4); /* 54 x 1,200 < 65,000 */
        assert_int_equal(count(&b, COUNT_tx_gso_messages), 4);
        assert_int_equal(count(&b, COUNT_tx_calls), 1);
        assert_int_equal(count(&b, COUNT_tx_datagrams), 200);
        assert_int_equal(count(&b, COUNT_tx_bytes), 240000);
        assert_int_equal(count(&b, COUNT_rx_datagrams), 200);
        assert_int_equal(count(&b, COUNT_rx_bytes), 240000);
        assert_int_equal(count(&b, COUNT_rx_batches), 1); /* GRO */
        tear_down(&b);
    }
}

static void only_the_last_of_a_message_is_shorter(void **state)
{
    (void)state;
    static const struct {
        size_t sizes[8]; /* 0 = end */
        size_t messages;
    } rows[] = {
        {{100}, 1},
        {{100, 100, 100}, 1},
        {{100, 100, 50}, 1},
        {{100, 50, 50}, 2},
        {{50, 100, 100}, 2},
        {{996, 996, 996, 996, 997}, 2},
        {{1043, 1043, 1044, 1044, 1044}, 2},
        {{100, 99, 98, 97}, 2},
        {{4, 1536, 4, 1536}, 3},
    };
    for (size_t r = 0; r < COUNT(rows); r++) {
        struct bench b;
        set_up(&b, "127.0.0.1", 16);
        uint32_t n = 0;
        for (; n < 8 && rows[r].sizes[n]; n++)
            queue(&b, &b.way, n, rows[r].sizes[n], UDP_VIDEO);
        udp_tx_flush(&b.tx, 1);
        const struct inbox *in = receive(&b, &b.to);
        expect_numbers(in, 0, n);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(in->lens[i], rows[r].sizes[i]);
        assert_int_equal(count(&b, COUNT_tx_messages), rows[r].messages);
        tear_down(&b);
    }
}

static void a_voice_is_the_last_segment_of_the_frame_behind_it(void **state)
{
    (void)state;
    static const struct {
        const char *kinds; /* Audio, Video, Control, Rtx */
        size_t sizes[8];
        const char *order; /* in which they come */
        size_t messages;
    } rows[] = {
        {"AVVV", {80, 900, 900, 900}, "1230", 1},
        {"AV", {80, 80}, "01", 1},
        {"VVAVV", {900, 900, 80, 900, 900}, "01342", 1}, /* of the next frame as well */
        {"VVAVV", {900, 900, 80, 800, 800}, "01234", 2}, /* is the last of the one before it already */
        {"AVVVV", {80, 900, 900, 900, 899}, "12304", 2}, /* a last packet that is shorter takes its place */
        {"AVVVV", {80, 900, 900, 901, 901}, "12034", 2},
        {"AV", {901, 900}, "01", 1}, /* a long one stays */
        {"AVA", {80, 900, 90}, "102", 2},
        {"AAV", {80, 80, 900}, "012", 2},  /* two go together by themselves */
        {"CVV", {80, 900, 900}, "012", 2}, /* for voices alone */
        {"ARR", {80, 900, 900}, "012", 2},
        {"ACV", {80, 90, 900}, "012", 3},
    };
    static const enum udp_kind kinds[] = {
        ['A'] = UDP_AUDIO, ['V'] = UDP_VIDEO, ['C'] = UDP_CONTROL, ['R'] = UDP_RTX};
    for (size_t r = 0; r < COUNT(rows); r++) {
        struct bench b;
        set_up(&b, "127.0.0.1", 16);
        uint32_t n = 0;
        for (; rows[r].kinds[n]; n++)
            queue(&b, &b.way, n, rows[r].sizes[n], kinds[(uint8_t)rows[r].kinds[n]]);
        udp_tx_flush(&b.tx, 1);
        const struct inbox *in = receive(&b, &b.to);
        assert_int_equal(in->count, n);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(in->numbers[i], rows[r].order[i] - '0');
            assert_int_equal(in->lens[i], rows[r].sizes[in->numbers[i]]);
        }
        assert_int_equal(count(&b, COUNT_tx_messages), rows[r].messages);
        tear_down(&b);
    }
}

/* While a send buffer is full a voice would go behind frame after frame. */
static void a_voice_that_has_to_wait_gives_way_to_nothing(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b, "127.0.0.1", 16);
    b.tx.sendmmsg = fake_sendmmsg;
    kernel.room = 0;
    kernel.error = EAGAIN;
    queue(&b, &b.way, 0, 80, UDP_AUDIO);
    udp_tx_flush(&b.tx, 1);
    assert_true(udp_tx_blocked(&b.tx));
    for (uint32_t n = 1; n < 4; n++)
        queue(&b, &b.way, n, 900, UDP_VIDEO);
    kernel.room = UINT32_MAX;
    udp_tx_flush(&b.tx, 2);
    expect_numbers(receive(&b, &b.to), 0, 4);
    tear_down(&b);
}

static void a_message_has_64_segments_at_most(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b, "127.0.0.1", 256);
    for (uint32_t n = 0; n < 130; n++)
        queue(&b, &b.way, n, 80, UDP_AUDIO);
    udp_tx_flush(&b.tx, 1);
    expect_numbers(receive(&b, &b.to), 0, 130);
    assert_int_equal(count(&b, COUNT_tx_messages), 3);
    tear_down(&b);
}

enum { DESTS = 100, RECEIVERS = 4 };

static void many_destinations_get_what_is_theirs(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b, "127.0.0.1", UDP_TX_SLOTS);
    struct udp_socket six = open_on("::1");
    struct udp_socket to[RECEIVERS];
    static struct udp_dest dests[DESTS];
    memset(dests, 0, sizeof(dests));
    for (size_t i = 0; i < RECEIVERS; i++)
        to[i] = open_on(loopbacks[i % 2]);
    for (size_t i = 0; i < DESTS; i++)
        udp_dest_set(&b.tx, &dests[i], i % 2 ? &six : &b.sock, &to[i % RECEIVERS].local);
    /* Packet by packet over all destinations, as the fan-out does; 500 of them in all. */
    for (uint32_t n = 0; n < 5; n++)
        for (uint32_t i = 0; i < DESTS; i++)
            queue(&b, &dests[i], i * 5 + n, 300, UDP_VIDEO);
    udp_tx_flush(&b.tx, 1);
    assert_int_equal(count(&b, COUNT_tx_messages), DESTS);
    assert_int_equal(count(&b, COUNT_tx_calls), 2);
    for (uint32_t r = 0; r < RECEIVERS; r++) {
        const struct inbox *in = receive(&b, &to[r]);
        assert_int_equal(in->count, DESTS / RECEIVERS * 5);
        for (uint32_t i = 0; i < in->count; i++)
            assert_int_equal(in->numbers[i], (i / 5 * RECEIVERS + r) * 5 + i % 5);
        udp_close(&to[r]);
    }
    udp_close(&six);
    tear_down(&b);
}

/* A voice for each of 40, then a frame of ten: of which those whose turn is over have all that is theirs. */
static void relief_leaves_those_alone_whose_turn_is_to_come(void **state)
{
    (void)state;
    struct bench b;
    struct udp_socket to[40];
    struct udp_dest dests[40] = {{0}};
    set_up(&b, "127.0.0.1", UDP_TX_SLOTS);
    for (size_t i = 0; i < 40; i++) {
        to[i] = open_on("127.0.0.1");
        udp_dest_set(&b.tx, &dests[i], &b.sock, &to[i].local);
        queue(&b, &dests[i], 0, 80, UDP_AUDIO);
        udp_tx_relieve(&b.tx, &dests[i]);
    }
    for (size_t i = 0; i < 40; i++) {
        for (uint32_t n = 1; n <= 10; n++)
            queue(&b, &dests[i], n, 900, UDP_VIDEO);
        udp_tx_relieve(&b.tx, &dests[i]);
        assert_int_equal(count(&b, COUNT_tx_messages), i / 5 * 5 + 1); /* at 50 datagrams, then each 50 */
        assert_int_equal(dests[i].count, i % 5 ? 11 : 0);
    }
    assert_int_equal(count(&b, COUNT_tx_calls), 8);
    udp_tx_flush(&b.tx, 1);
    assert_int_equal(count(&b, COUNT_tx_messages), 40);
    for (size_t i = 0; i < 40; i++) {
        assert_int_equal(receive(&b, &to[i])->count, 11);
        udp_close(&to[i]);
    }
    tear_down(&b);
}

/* A packet for each of 40, as where they come one by one: the first of them do not wait for the last. */
static void single_packets_are_relieved_sooner(void **state)
{
    (void)state;
    struct bench b;
    struct udp_dest dests[40] = {{0}};
    set_up(&b, "127.0.0.1", UDP_TX_SLOTS);
    for (size_t i = 0; i < 40; i++) {
        udp_dest_set(&b.tx, &dests[i], &b.sock, &b.to.local);
        queue(&b, &dests[i], (uint32_t)i, 900, UDP_VIDEO);
        udp_tx_relieve(&b.tx, &dests[i]);
        assert_int_equal(count(&b, COUNT_tx_datagrams), (i + 1) / 12 * 12);
    }
    udp_tx_flush(&b.tx, 1);
    expect_numbers(receive(&b, &b.to), 0, 40);
    tear_down(&b);
}

static void a_full_queue_flushes_itself(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b, "127.0.0.1", 8);
    for (uint32_t n = 0; n < 100; n++)
        queue(&b, &b.way, n, 100, UDP_VIDEO);
    udp_tx_flush(&b.tx, 1);
    expect_numbers(receive(&b, &b.to), 0, 100);
    assert_int_equal(count(&b, COUNT_tx_messages), 13);
    tear_down(&b);
}

static void short_counts_are_resumed(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b, "127.0.0.1", 64);
    b.tx.sendmmsg = fake_sendmmsg;
    kernel.most = 1;
    for (uint32_t n = 0; n < 10; n++)
        queue(&b, &b.way, n, 100 + n, UDP_VIDEO);
    udp_tx_flush(&b.tx, 1);
    expect_numbers(receive(&b, &b.to), 0, 10);
    assert_int_equal(kernel.calls, 10);
    tear_down(&b);
}

/* --- Destinations --------------------------------------------------------------------- */

static void destinations_move_and_are_forgotten(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b, "127.0.0.1", 64);
    struct udp_socket six = open_on("::1"), to4 = open_on("127.0.0.1"), to6 = open_on("::1");
    struct udp_dest d[3] = {{0}};
    queue(&b, &d[0], 0, 100, UDP_VIDEO); /* no address yet */
    assert_int_equal(count(&b, COUNT_drop_tx_no_address), 1);
    for (size_t i = 0; i < 3; i++)
        udp_dest_set(&b.tx, &d[i], &b.sock, &to4.local);
    for (uint32_t n = 0; n < 4; n++)
        for (uint32_t i = 0; i < 3; i++)
            queue(&b, &d[i], 10 * i + n, 100, UDP_VIDEO);
    udp_dest_forget(&b.tx, &d[1]);
    assert_null(d[1].sock);
    udp_dest_set(&b.tx, &d[2], &six, &to6.local);
    udp_dest_set(&b.tx, &d[2], &six, &to6.local);
    udp_tx_flush(&b.tx, 1);
    expect_numbers(receive(&b, &to4), 0, 4);
    expect_numbers(receive(&b, &to6), 20, 4);
    udp_dest_forget(&b.tx, &d[1]);
    udp_close(&six);
    udp_close(&to4);
    udp_close(&to6);
    tear_down(&b);
}

static void a_slot_may_be_given_up(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b, "127.0.0.1", 1);
    for (uint32_t n = 0; n < 10; n++) {
        uint8_t *slot = udp_tx_slot(&b.tx);
        memset(slot, 0xee, UDP_TX_SLOT_LEN);
        assert_ptr_equal(slot, udp_tx_slot(&b.tx));
        queue(&b, &b.way, n, UDP_TX_SLOT_LEN, UDP_VIDEO);
    }
    udp_tx_flush(&b.tx, 1);
    expect_numbers(receive(&b, &b.to), 0, 10);
    tear_down(&b);
}

static void answers_go_past_the_queue(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b, "::1", 16);
    const uint8_t data[8] = {0, 0, 0, 9, 9, 9, 9, 9};
    assert_int_equal(udp_send_to(&b.tx, &b.sock, &b.to.local, data, sizeof(data)), 0);
    expect_numbers(receive(&b, &b.to), 9, 1);

    static const uint8_t huge[65536];
    struct addr four = address("127.0.0.1", 9);
    assert_int_equal(udp_send_to(&b.tx, &b.sock, &b.to.local, huge, sizeof(huge)), -EMSGSIZE);
    assert_true(udp_send_to(&b.tx, &b.sock, &four, data, sizeof(data)) < 0);
    assert_int_equal(count(&b, COUNT_drop_tx_too_long), 1);
    assert_int_equal(count(&b, COUNT_drop_tx_error), 1);
    assert_int_equal(count(&b, COUNT_tx_datagrams), 1);
    tear_down(&b);
}

static void refuses_silly_queues(void **state)
{
    (void)state;
    struct counters c = {0};
    struct udp_tx tx;
    assert_int_equal(udp_tx_init(&tx, 0, &c), -EINVAL);
    assert_int_equal(udp_tx_init(&tx, UDP_TX_SLOTS_MAX + 1, &c), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_goes_as_few_messages_and_arrives_whole),
        cmocka_unit_test(only_the_last_of_a_message_is_shorter),
        cmocka_unit_test(a_voice_is_the_last_segment_of_the_frame_behind_it),
        cmocka_unit_test(a_voice_that_has_to_wait_gives_way_to_nothing),
        cmocka_unit_test(a_message_has_64_segments_at_most),
        cmocka_unit_test(many_destinations_get_what_is_theirs),
        cmocka_unit_test(relief_leaves_those_alone_whose_turn_is_to_come),
        cmocka_unit_test(single_packets_are_relieved_sooner),
        cmocka_unit_test(a_full_queue_flushes_itself),
        cmocka_unit_test(short_counts_are_resumed),
        cmocka_unit_test(destinations_move_and_are_forgotten),
        cmocka_unit_test(a_slot_may_be_given_up),
        cmocka_unit_test(answers_go_past_the_queue),
        cmocka_unit_test(refuses_silly_queues),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
