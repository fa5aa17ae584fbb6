/* Redundant sound (RED, RFC 2198): whoever knows it gets each frame again with the next ones, whether its
 * publisher sends it so or not; whoever does not gets plain Opus. */
#include "bytes.h"
#include "call.h"
#include "packet_view.h"
#include "red.h"

static const struct wish listeners[] = {
    {.audio_slots = 1, .red = true, .feedback = PEER_REPORTS},
    {.audio_slots = 1, .red = true, .feedback = PEER_REPORTS},
    {.audio_slots = 1, .feedback = PEER_REPORTS},
    {.audio_slots = 1, .feedback = PEER_REPORTS},
};

enum {
    SPEAKERS = 2,
    FRAME_US = 20000,
    FRAME_TICKS = 960,
    FRAME_LEN = 12,
    DEPTH = 2, /* earlier frames in a packet of RED */
    LOUD = 20,
    HEARD = 25, /* frames */
};

/* How a speaker sends. */
enum form {
    PLAIN,
    RED,
    MIXED, /* RED and plain packets in turns */
};

struct speaker {
    struct person *person;
    enum form form;
    uint8_t level;
    uint16_t frame; /* the next one */
};

/* What a listener has of the speaker whom it hears. */
struct listener {
    struct person *person;
    bool knows_red;
    const struct speaker *speaker;
    uint16_t first, frame; /* the first one since it hears that speaker, and the newest */
    uint32_t again;        /* earlier frames that came */
};

struct talk {
    struct call *call;
    struct speaker speakers[SPEAKERS];
    struct listener listeners[COUNT(listeners)];
    uint64_t next_us;
};

static struct talk talk;

/* --- Speaking ------------------------------------------------------------------------- */

static bool is_red(const struct speaker *s, uint16_t frame)
{
    return s->form == RED || (s->form == MIXED && frame % 2);
}

/* As many as there are. */
static unsigned earlier_in(const struct speaker *s, uint16_t frame)
{
    return !is_red(s, frame) ? 0 : frame < DEPTH ? frame : DEPTH;
}

static void write_frame(const struct speaker *s, uint16_t frame, uint8_t out[FRAME_LEN])
{
    memset(out, frame * 7 + 1, FRAME_LEN);
    out[0] = 0x78; /* 20 ms */
    out[1] = (uint8_t)(s - talk.speakers);
    put_u16(out + 2, frame);
}

static void write_payload(const struct speaker *s, struct wr *w)
{
    uint8_t bytes[FRAME_LEN];
    unsigned earlier = earlier_in(s, s->frame);
    for (unsigned i = earlier; i > 0; i--) {
        wr_u8(w, RED_FOLLOWED | WISH_OPUS);
        wr_u24(w, i * FRAME_TICKS << RED_OFFSET_SHIFT | FRAME_LEN);
    }
    if (is_red(s, s->frame))
        wr_u8(w, WISH_OPUS);
    for (unsigned i = earlier; i > 0; i--) {
        write_frame(s, (uint16_t)(s->frame - i), bytes);
        wr_bytes(w, bytes, sizeof(bytes));
    }
    write_frame(s, s->frame, bytes);
    wr_bytes(w, bytes, sizeof(bytes));
}

static void speak(struct speaker *s)
{
    uint8_t rtp[PEER_DATAGRAM_MAX];
    struct wr w = wr_init(rtp, sizeof(rtp));
    wr_u8(&w, 0x90);
    wr_u8(&w, is_red(s, s->frame) ? WISH_RED : WISH_OPUS);
    wr_u16(&w, s->frame);
    wr_u32(&w, s->frame * (uint32_t)FRAME_TICKS);
    wr_u32(&w, peer_source(s->person->peer, MIC, 0)->conf.ssrc);
    wr_u32(&w, 0xbede0001);
    wr_u32(&w, (uint32_t)WISH_LEVEL_ID << 28 | (uint32_t)s->level << 16);
    size_t header_len = wr_len(&w);
    write_payload(s, &w);
    peer_send_rtp(s->person->peer, rtp, header_len, wr_len(&w), s->frame);
    s->frame++;
}

/* Whatever is due is said; true, to be put before a condition. */
static bool go_on(void)
{
    for (; clock_now_us() >= talk.next_us; talk.next_us += FRAME_US) {
        for (size_t i = 0; i < SPEAKERS; i++)
            speak(&talk.speakers[i]);
    }
    return true;
}

/* --- Hearing --------------------------------------------------------------------------- */

static void check_frame(const struct speaker *s, uint16_t frame, const uint8_t *bytes, size_t len)
{
    uint8_t expected[FRAME_LEN];
    write_frame(s, frame, expected);
    assert_int_equal(len, FRAME_LEN);
    assert_memory_equal(bytes, expected, FRAME_LEN);
}

/* How many earlier frames come along with it: as many as its publisher sent, or the last one of a publisher
 * that sent none, and none that was not heard here before. */
static unsigned earlier_due(const struct listener *l, uint16_t frame)
{
    unsigned sent = earlier_in(l->speaker, frame);
    if (is_red(l->speaker, frame))
        return frame - sent >= l->first ? sent : 0;
    return frame > l->first;
}

static void check_red(struct listener *l, uint16_t frame, const uint8_t *payload, size_t len)
{
    struct rd r = rd_init(payload, len);
    unsigned earlier = earlier_due(l, frame);
    l->again += earlier;
    for (unsigned i = earlier; i > 0; i--) {
        assert_int_equal(rd_u8(&r), RED_FOLLOWED | WISH_OPUS);
        assert_int_equal(rd_u24(&r), i * FRAME_TICKS << RED_OFFSET_SHIFT | FRAME_LEN);
    }
    assert_int_equal(rd_u8(&r), WISH_OPUS);
    for (unsigned i = earlier; i > 0; i--)
        check_frame(l->speaker, (uint16_t)(frame - i), rd_bytes(&r, FRAME_LEN), FRAME_LEN);
    check_frame(l->speaker, frame, rd_bytes(&r, FRAME_LEN), FRAME_LEN);
    assert_true(!r.bad && rd_left(&r) == 0);
}

static void hear(void *arg, const uint8_t *rtp, size_t len)
{
    struct listener *l = arg;
    struct rtp_view v;
    assert_int_equal(rtp_view_parse(&v, rtp, len, &l->person->desc.media.exts), 0);
    assert_true(v.payload_len >= FRAME_LEN);
    const uint8_t *payload = rtp + v.payload, *primary = payload + v.payload_len - FRAME_LEN;
    const struct speaker *s = &talk.speakers[primary[1]];
    uint16_t frame = get_u16(primary + 2);
    if (l->speaker != s)
        l->first = frame;
    else
        assert_int_equal(frame, l->frame + 1);
    l->speaker = s;
    l->frame = frame;
    assert_int_equal(v.pt, l->knows_red ? WISH_RED : WISH_OPUS);
    if (l->knows_red)
        check_red(l, frame, payload, v.payload_len);
    else
        check_frame(s, frame, payload, v.payload_len);
}

static bool all_hear(const struct speaker *s)
{
    for (size_t i = 0; i < COUNT(listeners); i++) {
        const struct listener *l = &talk.listeners[i];
        if (l->speaker != s || l->frame - l->first < HEARD)
            return false;
    }
    return true;
}

/* --- The talk -------------------------------------------------------------------------- */

static void begin(const enum form forms[SPEAKERS])
{
    talk = (struct talk){.call = call_new(1)};
    for (size_t i = 0; i < SPEAKERS; i++) {
        const struct wish wish = {
            .audio = true, .red = forms[i] != PLAIN, .signalled = BY_SSRC, .feedback = PEER_REPORTS};
        struct person *p = call_join(talk.call, &wish);
        peer_source(p->peer, MIC, 0)->paused = true; /* before it can say anything: numbers are the talk's */
        UNTIL(talk.call, p->connected && peer_connected(p->peer));
        talk.speakers[i] = (struct speaker){.person = p, .form = forms[i], .level = QUIET};
    }
    for (size_t i = 0; i < COUNT(listeners); i++) {
        struct listener *l = &talk.listeners[i];
        struct person *p = call_join_now(talk.call, &listeners[i]);
        *l = (struct listener){.person = p, .knows_red = listeners[i].red};
        p->look = hear;
        p->look_arg = l;
    }
    talk.next_us = clock_now_us();
}

static void each_gets_what_it_knows(void **state)
{
    static const enum form rows[][SPEAKERS] = {{RED, RED}, {PLAIN, RED}, {MIXED, PLAIN}, {RED, MIXED}};
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        begin(rows[i]);
        for (size_t n = 0; n < SPEAKERS + 1; n++) { /* the first is heard again */
            struct speaker *s = &talk.speakers[n % SPEAKERS];
            for (size_t j = 0; j < SPEAKERS; j++)
                talk.speakers[j].level = s == &talk.speakers[j] ? LOUD : QUIET;
            UNTIL(talk.call, go_on() && all_hear(s));
        }
        for (size_t j = 0; j < COUNT(listeners); j++) {
            const struct listener *l = &talk.listeners[j];
            assert_true(l->knows_red ? l->again > HEARD : !l->again);
            assert_int_equal(l->person->peer->undecryptable + l->person->peer->strangers, 0);
        }
        call_free(talk.call);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_gets_what_it_knows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
