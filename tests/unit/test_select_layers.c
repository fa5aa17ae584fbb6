/* The choice of layers, seen by a decoder: whatever is aimed at and whatever is
 * lost or late, what is forwarded decodes. */
#include "compose.h"
#include "decoder_model.h"
#include "rewrite.h"
#include "select.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum {
    SOURCES = 2,
    PACKETS = 40000, /* of a source, at most */
    PENDING = 512,
    SENT = 1024,
    TICK = 100,    /* of the time in which packets are late: a picture */
    ASKED_FOR = 3, /* pictures, until a key frame that was asked for */
    SETTLED = 24,  /* pictures: three rounds of the longest rhythm */
};

static const struct layered_structure structures[] = {
    {"VP8 L1T1", RTP_CODEC_VP8, false, 1, 1, false},
    {"VP8 L1T2", RTP_CODEC_VP8, false, 1, 2, false},
    {"VP8 L1T3", RTP_CODEC_VP8, false, 1, 3, false},
    {"VP8 L1T3, descriptor", RTP_CODEC_VP8, true, 1, 3, false},
    {"VP9 L1T3", RTP_CODEC_VP9, false, 1, 3, false},
    {"VP9 L2T2", RTP_CODEC_VP9, false, 2, 2, false},
    {"VP9 L3T3", RTP_CODEC_VP9, false, 3, 3, false},
    {"VP9 L3T3_KEY", RTP_CODEC_VP9, false, 3, 3, true},
    {"VP9 L3T3_KEY, descriptor", RTP_CODEC_VP9, true, 3, 3, true},
    {"AV1 L1T1", RTP_CODEC_AV1, true, 1, 1, false},
    {"AV1 L1T2", RTP_CODEC_AV1, true, 1, 2, false},
    {"AV1 L1T3", RTP_CODEC_AV1, true, 1, 3, false},
    {"AV1 L2T2", RTP_CODEC_AV1, true, 2, 2, false},
    {"AV1 L3T3", RTP_CODEC_AV1, true, 3, 3, false},
    {"AV1 L2T2_KEY", RTP_CODEC_AV1, true, 2, 2, true},
    {"AV1 L3T3_KEY", RTP_CODEC_AV1, true, 3, 3, true},
};

static uint32_t first_seed; /* of the random aims; another by the first argument */

static const struct rtp_ext_map exts = {.id = {[RTP_EXT_DEPENDENCY] = LAYERED_DESCRIPTOR_ID}, .mixed = true};

/* On its way to the server. */
struct pending {
    uint64_t due;
    uint8_t stream;
    uint32_t at;
};

struct link {
    uint32_t lost, again, late; /* of 1,000 packets: lost; of those, sent again; late by a few packets */
};

struct run {
    const struct layered_structure *is;
    struct link link;
    uint32_t random;
    struct layered encoders[SOURCES];
    struct dependency dependencies[SOURCES];
    struct decoder_source sources[SOURCES];
    size_t newest[SOURCES];  /* packet that arrived, + 1 */
    uint32_t asked[SOURCES]; /* pictures until the key frame; 0 = not asked for */
    struct pending pending[PENDING];
    size_t pending_count;
    uint64_t tick;

    struct select select;
    struct rewrite rewrite;
    struct sent sent;
    struct sent_packet ring[SENT];
    struct decoder decoder;
    uint32_t epoch;
    size_t forwarded; /* packets */
    uint8_t sid, tid; /* highest of the last picture that was forwarded of */
    uint32_t picture;
};

static uint32_t dice(struct run *r, uint32_t n)
{
    r->random = r->random * 1664525 + 1013904223;
    return (r->random >> 8) % n;
}

static struct run *run_new(const struct layered_structure *is, const struct link *link, size_t pictures,
                           uint32_t seed)
{
    struct run *r = calloc(1, sizeof(*r));
    assert_non_null(r);
    r->is = is;
    r->link = *link;
    r->random = seed * 2654435761u + 1;
    for (uint8_t i = 0; i < SOURCES; i++) {
        layered_init(&r->encoders[i], is, i, pictures, dice(r, 1 << 24));
        r->sources[i] = (struct decoder_source){
            &r->encoders[i],
            calloc(PACKETS, sizeof(uint8_t)),
            calloc(PACKETS, sizeof(uint32_t)),
        };
        assert_true(r->sources[i].fates && r->sources[i].offered);
    }
    rewrite_init(&r->rewrite, 90000, (uint16_t)(1 + dice(r, 0x7fff)), dice(r, 1 << 24));
    sent_init(&r->sent, r->ring, SENT);
    decoder_init(&r->decoder, is->name, &exts, 2 * PACKETS);
    return r;
}

static void run_free(struct run *r)
{
    for (size_t i = 0; i < SOURCES; i++) {
        layered_finish(&r->encoders[i]);
        free(r->sources[i].fates);
        free(r->sources[i].offered);
    }
    decoder_finish(&r->decoder);
    free(r);
}

/* --- The slot ----------------------------------------------------------------------------- */

static const struct frame_info no_frame = {.picture_id = FRAME_NO_PICTURE_ID, .tl0_pic_idx = FRAME_NO_TL0};
static const struct rtp_view no_payload;

static void leave(struct run *r, const struct rtp_view *v, const struct frame_info *f, const uint8_t *p,
                  const struct sent_packet *sent)
{
    static const struct compose with = {.exts = &exts, .ssrc = 7, .pt = 96, .descriptor = true};
    uint8_t whole[COMPOSE_HEADER_MAX + LAYERED_PACKET_MAX];
    struct composed c;
    if (sent->empty)
        compose_packet(&c, &with, &no_payload, &no_frame, p, &sent->out);
    else
        compose_packet(&c, &with, v, f, p, &sent->out);
    memcpy(whole, c.header, c.header_len);
    memcpy(whole + c.header_len, c.patch, c.patch_len);
    memcpy(whole + c.header_len + c.patch_len, c.rest, c.rest_len);
    decoder_receive(&r->decoder, whole, c.header_len + c.patch_len + c.rest_len, r->is->codec, r->epoch);
    r->forwarded += !sent->empty;
}

static void note_layers(struct run *r, const struct layered_frame *f)
{
    if (f->picture != r->picture) {
        r->sid = r->tid = 0;
        r->picture = f->picture;
    }
    r->sid = f->sid > r->sid ? f->sid : r->sid;
    r->tid = f->tid > r->tid ? f->tid : r->tid;
}

/* As sfu/forward.c does. */
static enum select_verdict forward(struct run *r, uint8_t stream, uint32_t at, const struct rtp_view *v,
                                   const struct frame_info *f)
{
    const struct layered_packet *p = &r->encoders[stream].packets[at];
    uint64_t number = r->encoders[stream].first + at;
    struct sent_packet sent = {.source = stream + 1u, .in_seq = v->seq};
    struct selected how;
    enum select_verdict verdict = select_packet(&r->select, stream + 1u, number, v, f, &how);
    if (verdict == SELECT_DROP)
        return verdict;
    if (verdict == SELECT_SWITCH) {
        r->epoch++;
        rewrite_switch(&r->rewrite, number, v, r->tick * 33333);
    }
    r->sources[stream].offered[at] = r->epoch;
    sent.empty = verdict == SELECT_SKIP;
    if (sent.empty && rewrite_drop(&r->rewrite, how.from, number, f))
        return verdict;
    const struct rtp_view empty = {.timestamp = v->timestamp};
    if (!rewrite_packet(&r->rewrite, number, sent.empty ? &empty : v, sent.empty ? &no_frame : f, how.marker,
                        &sent.out))
        return verdict;
    assert_true(sent_note(&r->sent, &sent));
    sent.out.marker &= !sent.empty;
    leave(r, v, f, p->bytes, &sent);
    if (!sent.empty)
        note_layers(r, &r->encoders[stream].frames[p->frame]);
    return verdict;
}

/* --- The way to the server -------------------------------------------------------------------- */

static void arrive(struct run *r, uint8_t stream, uint32_t at);

/* What overtook the first packet of the key frame. */
static void arrive_again(struct run *r, uint8_t stream, uint32_t at)
{
    for (uint32_t i = at + 1; i < r->newest[stream]; i++) {
        if (r->sources[stream].fates[i] != DECODER_LOST)
            arrive(r, stream, i);
    }
}

/* A frame from before the descriptor's newest structure is as good as lost: neither here nor by decoders can
 * its place be told. */
static bool is_stale(const struct dependency *d, const struct frame_info *f)
{
    return f->has_descriptor && seq_newer(d->frame_number, f->frame_number);
}

static void arrive(struct run *r, uint8_t stream, uint32_t at)
{
    const struct layered_packet *p = &r->encoders[stream].packets[at];
    uint8_t *fate = &r->sources[stream].fates[at];
    struct frame_info f;
    struct rtp_view v;
    assert_int_equal(rtp_view_parse(&v, p->bytes, p->len, &exts), 0);
    assert_int_equal(frame_info_read(&f, r->is->codec, &v, p->bytes, &r->dependencies[stream]), 0);
    if (*fate == DECODER_LOST && !is_stale(&r->dependencies[stream], &f))
        *fate = at < r->newest[stream] ? DECODER_LATE : DECODER_IN_ORDER;
    if (at >= r->newest[stream])
        r->newest[stream] = at + 1;
    if (forward(r, stream, at, &v, &f) == SELECT_SWITCH)
        arrive_again(r, stream, at);
    if (select_waiting(&r->select) && !r->asked[r->select.target.source - 1])
        r->asked[r->select.target.source - 1] = ASKED_FOR;
    else if (r->select.current && select_wants_key(&r->select) && !r->asked[r->select.current - 1])
        r->asked[r->select.current - 1] = ASKED_FOR;
}

static void send(struct run *r, uint8_t stream, uint32_t at, size_t place)
{
    uint64_t due = r->tick * TICK + place;
    if (dice(r, 1000) < r->link.lost) {
        if (dice(r, 1000) >= r->link.again)
            return;
        due += TICK + dice(r, 8 * TICK);
    } else if (dice(r, 1000) < r->link.late) {
        due += dice(r, TICK);
    }
    assert_true(r->pending_count < PENDING);
    r->pending[r->pending_count++] = (struct pending){due, stream, at};
}

static void deliver(struct run *r, uint64_t until)
{
    for (;;) {
        size_t first = 0;
        for (size_t i = 1; i < r->pending_count; i++)
            first = r->pending[i].due < r->pending[first].due ? i : first;
        if (!r->pending_count || r->pending[first].due >= until)
            return;
        struct pending p = r->pending[first];
        memmove(&r->pending[first], &r->pending[first + 1],
                (--r->pending_count - first) * sizeof(r->pending[0]));
        arrive(r, p.stream, p.at);
    }
}

/* One picture of each source. */
static void turn(struct run *r)
{
    r->tick++;
    for (uint8_t i = 0; i < SOURCES; i++) {
        struct layered *e = &r->encoders[i];
        uint32_t from = (uint32_t)e->packet_count;
        if (r->asked[i] && --r->asked[i] == 0)
            e->key_due = true;
        layered_picture(e);
        assert_true(e->packet_count < PACKETS);
        for (uint32_t at = from; at < e->packet_count; at++)
            send(r, i, at, at - from);
    }
    deliver(r, (r->tick + 1) * TICK);
}

static void turns(struct run *r, size_t n)
{
    while (n-- > 0)
        turn(r);
}

static void aim(struct run *r, uint8_t stream, uint8_t sid, uint8_t tid)
{
    select_target(&r->select, (struct select_target){stream + 1u, sid, tid});
}

static void check(struct run *r)
{
    deliver(r, UINT64_MAX);
    decoder_check(&r->decoder, r->sources, SOURCES);
}

/* --- Tests ----------------------------------------------------------------------------------- */

static const struct link perfect = {0, 0, 0};

/* Random aims and switches; what is lost is partly sent again, late. */
static void whatever_is_forwarded_decodes(void **state)
{
    static const struct link links[] = {{0, 0, 0}, {20, 1000, 0}, {0, 0, 50}, {30, 700, 30}, {150, 800, 150}};
    (void)state;
    for (uint32_t n = 0; n < COUNT(structures) * COUNT(links); n++) {
        const struct layered_structure *is = &structures[n / COUNT(links)];
        const struct link *link = &links[n % COUNT(links)];
        struct run *r = run_new(is, link, 2000, first_seed + n);
        for (size_t i = 0; i < 2000; i++) {
            if (i == 0 || dice(r, 15) == 0)
                aim(r,
                    (uint8_t)(i && dice(r, 4) == 0 ? 1 - (r->select.target.source - 1)
                                                   : r->select.target.source > 1),
                    (uint8_t)dice(r, is->spatial + 1u), (uint8_t)dice(r, is->temporal + 1u));
            if (dice(r, link->again < 1000 ? 20 : 100) == 0)
                r->encoders[dice(r, SOURCES)].key_due = true;
            turn(r);
        }
        check(r);
        print_message("  %-26s %3u %4u %3u: %5zu frames decode, %5zu lack something that was lost\n",
                      is->name, link->lost, link->again, link->late, r->decoder.decoded, r->decoder.excused);
        assert_true(r->decoder.decoded > (link->lost > 100 ? 300 : 600));
        assert_true(link->lost != 0 || r->decoder.excused < r->epoch); /* cut by a switch */
        run_free(r);
    }
}

/* Frames of the first source that a decoder could show, whatever the slot did: all packets came, as did those
 * of all frames that it refers to. */
static size_t decodable(const struct run *r)
{
    const struct layered *e = r->sources[0].encoder;
    bool *can = calloc(e->frame_count + 1, sizeof(*can));
    size_t n = 0;
    assert_non_null(can);
    for (size_t i = 0; i < e->frame_count; i++) {
        const struct layered_frame *f = &e->frames[i];
        can[i] = true;
        for (size_t j = 0; j < f->packets; j++)
            can[i] &= r->sources[0].fates[f->number + j] != DECODER_LOST;
        for (size_t j = 0; j < f->ref_count; j++)
            can[i] &= can[f->refs[j]];
        n += can[i] && (!r->is->key_svc || f->key || f->sid + 1 == r->is->spatial);
    }
    free(can);
    return n;
}

/* With the highest aim, what losses leave of the stream is sent, but for layers that wait for a frame at
 * which they can begin again. */
static void little_is_left_out_needlessly(void **state)
{
    static const struct link links[] = {{0, 0, 0}, {30, 700, 30}, {150, 800, 150}};
    (void)state;
    for (uint32_t n = 0; n < COUNT(structures) * COUNT(links); n++) {
        const struct layered_structure *is = &structures[n / COUNT(links)];
        const struct link *link = &links[n % COUNT(links)];
        struct run *r = run_new(is, link, 2000, first_seed + n);
        aim(r, 0, POINTS_SPATIAL - 1, POINTS_TEMPORAL - 1);
        for (size_t i = 0; i < 2000; i++) {
            r->encoders[0].key_due |= dice(r, 40) == 0;
            turn(r);
        }
        check(r);
        size_t could = decodable(r);
        print_message("  %-26s %3u %4u %3u: %5zu frames of %5zu\n", is->name, link->lost, link->again,
                      link->late, r->decoder.decoded, could);
        assert_true(could > 300 && r->decoder.decoded * 100 >= could * (link->lost ? 98 : 100));
        run_free(r);
    }
}

/* From each aim to each other: how long it takes, and that it is the aim. */
static void check_step(const struct layered_structure *is, unsigned from, unsigned to)
{
    struct run *r = run_new(is, &perfect, 200, from * 16 + to);
    uint8_t sid = (uint8_t)(to / is->temporal), tid = (uint8_t)(to % is->temporal);
    uint8_t from_sid = (uint8_t)(from / is->temporal), from_tid = (uint8_t)(from % is->temporal);
    aim(r, 0, from_sid, from_tid);
    turns(r, SETTLED + from % 8);
    aim(r, 0, sid, tid);
    r->sid = r->tid = 0;
    uint8_t most_sid = 0, most_tid = 0;
    bool needs_key = sid > from_sid || (is->key_svc && sid < from_sid);
    turns(r, needs_key ? ASKED_FOR + 1 : 0);
    turns(r, tid > from_tid ? 2 * 8 : 0);
    for (size_t i = 0; i < SETTLED; i++) {
        turn(r);
        most_sid = r->sid > most_sid ? r->sid : most_sid;
        most_tid = r->tid > most_tid ? r->tid : most_tid;
    }
    if (most_sid != sid || most_tid != tid)
        fail_msg("%s from (%u, %u) to (%u, %u): it is (%u, %u)", is->name, from_sid, from_tid, sid, tid,
                 most_sid, most_tid);
    assert_int_equal(r->sid, sid);
    check(r);
    assert_int_equal(r->decoder.excused, 0);
    run_free(r);
}

static void the_aim_is_reached(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(structures); i++) {
        unsigned points = (unsigned)structures[i].spatial * structures[i].temporal;
        for (unsigned n = 0; n < points * points; n++)
            check_step(&structures[i], n / points, n % points);
    }
}

static size_t packets_at(const struct layered_structure *is, uint8_t sid, uint8_t tid)
{
    struct run *r = run_new(is, &perfect, 200, 1);
    aim(r, 0, sid, tid);
    turns(r, 200);
    size_t n = r->forwarded;
    check(r);
    assert_int_equal(r->decoder.excused, 0);
    run_free(r);
    return n;
}

static void less_is_sent_of_lower_aims(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(structures); i++) {
        const struct layered_structure *is = &structures[i];
        for (uint8_t tid = 1; tid < is->temporal; tid++)
            assert_true(packets_at(is, is->spatial, tid - 1) * 4 < packets_at(is, is->spatial, tid) * 3);
        for (uint8_t sid = 1; !is->key_svc && sid < is->spatial; sid++)
            assert_true(packets_at(is, sid - 1, 7) * 4 < packets_at(is, sid, 7) * 3);
        assert_int_equal(packets_at(is, POINTS_SPATIAL - 1, POINTS_TEMPORAL - 1),
                         packets_at(is, is->spatial - 1, is->temporal - 1));
    }
}

int main(int argc, char **argv)
{
    first_seed = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_is_forwarded_decodes),
        cmocka_unit_test(little_is_left_out_needlessly),
        cmocka_unit_test(the_aim_is_reached),
        cmocka_unit_test(less_is_sent_of_lower_aims),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
