/* A DTLS server of ours and records that no client would send: a ClientHello cut up in all ways, and floods.
 */
#include "dtls_link.h"

enum {
    RECORD_HEADER = 13,
    MESSAGE_HEADER = 12,
    CLIENT_HELLO = 1,
    ALERT = 21,
    HANDSHAKE = 22,
    FIRST_SPARE_SEQ = 40
};

/* A record of epoch 0 with len bytes of content (RFC 6347, section 4.1). */
static void write_record(struct datagram *d, uint8_t type, uint64_t seq, const uint8_t *content, size_t len)
{
    struct wr w = wr_init(d->bytes, sizeof(d->bytes));
    wr_u8(&w, type);
    wr_u16(&w, 0xfefd);
    wr_u32(&w, 0);
    wr_u32(&w, (uint32_t)seq);
    wr_u16(&w, (uint32_t)len);
    wr_bytes(&w, content, len);
    assert_false(w.bad);
    d->len = wr_len(&w);
}

/* --- A ClientHello in pieces ------------------------------------------------------- */

/* A piece of the handshake message in `hello`, in a record of its own. total:
 * the length that it claims for the whole message. */
static struct datagram piece(const struct datagram *hello, size_t off, size_t len, size_t total, uint64_t seq)
{
    uint8_t content[DATAGRAM_MAX];
    struct wr w = wr_init(content, sizeof(content));
    struct datagram d = {0};
    wr_u8(&w, CLIENT_HELLO);
    wr_u24(&w, (uint32_t)total);
    wr_u16(&w, 0);
    wr_u24(&w, (uint32_t)off);
    wr_u24(&w, (uint32_t)len);
    wr_bytes(&w, hello->bytes + RECORD_HEADER + MESSAGE_HEADER + off, len);
    assert_false(w.bad);
    write_record(&d, HANDSHAKE, seq, content, wr_len(&w));
    return d;
}

enum { END = UINT16_MAX, PIECES_MAX = 5 };

/* Pieces as they arrive. Those that make a whole get an answer with the last of them, and not before; those
 * that make no sense never any but an alert. */
static const struct {
    const char *what;
    bool whole;
    struct {
        uint16_t from, to; /* bytes of the message; 0, 0 = no more pieces */
        uint32_t claimed;  /* length of the whole message, 0 = the right one */
    } pieces[PIECES_MAX];
} hellos[] = {
    {"in one", true, {{0, END, 0}}},
    {"two", true, {{0, 100, 0}, {100, END, 0}}},
    {"two, turned around", true, {{100, END, 0}, {0, 100, 0}}},
    {"two, the second one twice", true, {{100, END, 0}, {100, END, 0}, {0, 100, 0}}},
    {"three, 1 2 3", true, {{0, 60, 0}, {60, 120, 0}, {120, END, 0}}},
    {"three, 1 3 2", true, {{0, 60, 0}, {120, END, 0}, {60, 120, 0}}},
    {"three, 2 1 3", true, {{60, 120, 0}, {0, 60, 0}, {120, END, 0}}},
    {"three, 2 3 1", true, {{60, 120, 0}, {120, END, 0}, {0, 60, 0}}},
    {"three, 3 1 2", true, {{120, END, 0}, {0, 60, 0}, {60, 120, 0}}},
    {"three, 3 2 1", true, {{120, END, 0}, {60, 120, 0}, {0, 60, 0}}},
    {"three, 3 1 3 1 2", true, {{120, END, 0}, {0, 60, 0}, {120, END, 0}, {0, 60, 0}, {60, 120, 0}}},
    {"over 16 KB", false, {{0, 100, 20000}, {100, END, 20000}}},
    {"the largest number", false, {{0, 100, 0xffffff}, {100, END, 0xffffff}}},
    {"longer at the second piece", false, {{0, 100, 0}, {100, END, 5000}}},
    {"shorter at the second piece", false, {{0, 100, 0}, {100, END, 101}}},
    {"a piece past the end", false, {{0, 100, 101}, {100, END, 101}}},
    {"a hole", false, {{0, 100, 0}, {120, END, 0}}},
};

/* It may have sent an alert, but nobody is in. */
static void nobody_came_in(const char *what, const struct end *server)
{
    enum dtls_state state = dtls_state(server->dtls);
    if (server->out.count > 1 || (server->out.count == 1 && server->out.at[0].bytes[0] != ALERT))
        fail_msg("%s: %zu answers", what, server->out.count);
    if (state != DTLS_HANDSHAKE && state != DTLS_FAILED)
        fail_msg("%s: state %d", what, state);
}

static void hello_in_pieces(size_t row)
{
    struct link *l = link_new(NULL, NULL, NULL);
    struct end *server = &l->end[SERVER];
    dtls_start(l->end[CLIENT].dtls);
    struct datagram hello = *queue_pop(&l->end[CLIENT].out);
    size_t total = hello.len - RECORD_HEADER - MESSAGE_HEADER;
    assert_int_equal(get_u16(hello.bytes + 11), total + MESSAGE_HEADER); /* it was one record */
    for (size_t i = 0; i < PIECES_MAX && hellos[row].pieces[i].to; i++) {
        size_t from = hellos[row].pieces[i].from, to = hellos[row].pieces[i].to,
               claimed = hellos[row].pieces[i].claimed;
        struct datagram d = piece(&hello, from, (to == END ? total : to) - from, claimed ? claimed : total,
                                  FIRST_SPARE_SEQ + i);
        if (hellos[row].whole && server->out.count > 0)
            fail_msg("%s: an answer to %zu pieces", hellos[row].what, i);
        dtls_feed(server->dtls, d.bytes, d.len);
    }
    if (hellos[row].whole) {
        link_run(l);
        if (!link_connected(l))
            fail_msg("%s: not connected", hellos[row].what);
    } else {
        nobody_came_in(hellos[row].what, server);
    }
    link_free(l);
}

static void hellos_in_pieces(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(hellos); i++)
        hello_in_pieces(i);
}

/* --- Floods ------------------------------------------------------------------------------ */

static const struct {
    const char *what;
    uint8_t type;
    size_t len;
    uint8_t content[32];
} floods[] = {
    {"warnings", ALERT, 2, {1, 90}},
    {"close_notify", ALERT, 2, {1, 0}},
    {"fatal alerts", ALERT, 2, {2, 40}},
    {"alerts of a byte", ALERT, 1, {1}},
    {"change cipher spec", 20, 1, {1}},
    {"application data", 23, 5, "hello"},
    {"handshake of zeros", HANDSHAKE, 25, {0}},
    {"message numbers ahead", HANDSHAKE, 13, {11, 0, 0, 1, 0, 7, 0, 0, 0, 0, 0, 1, 0}},
    {"unknown type", 60, 5, "hello"},
};

/* The server answers with next to nothing and does not fall over. After the handshake nothing of that is
 * under the keys: the session does not notice. */
static void flood(size_t row, bool after)
{
    struct link *l = link_new(NULL, NULL, NULL);
    struct end *server = &l->end[SERVER];
    if (after) {
        dtls_start(l->end[CLIENT].dtls);
        link_run(l);
        assert_true(link_connected(l));
    }
    for (uint64_t seq = 0; seq < 10000; seq++) {
        struct datagram d = {0};
        write_record(&d, floods[row].type, FIRST_SPARE_SEQ + seq, floods[row].content, floods[row].len);
        assert_false(dtls_feed(server->dtls, d.bytes, d.len));
    }
    if (after) {
        if (server->out.count > 0)
            fail_msg("%s: %zu answers", floods[row].what, server->out.count);
        assert_int_equal(dtls_send(l->end[CLIENT].dtls, (const uint8_t *)"still here", 10), 0);
        link_run(l);
        assert_int_equal(server->data_len, 10);
        assert_true(link_connected(l));
    } else {
        nobody_came_in(floods[row].what, server);
    }
    link_free(l);
}

static void floods_before_and_after_the_handshake(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(floods); i++) {
        flood(i, false);
        flood(i, true);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hellos_in_pieces),
        cmocka_unit_test(floods_before_and_after_the_handshake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
