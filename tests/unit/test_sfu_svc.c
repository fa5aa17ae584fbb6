/* Spatial and temporal layers in one stream (SVC of VP9 and AV1, K-SVC too): each viewer gets those that fit
 * its box, whatever the others see, and what it gets is what its decoder can decode. */
#include "call.h"
#include "decoder_model.h"

static const struct layered_structure structures[] = {
    {"VP9 L3T3", RTP_CODEC_VP9, false, 3, 3, false},
    {"VP9 L3T3_KEY, descriptor", RTP_CODEC_VP9, true, 3, 3, true},
    {"AV1 L3T3", RTP_CODEC_AV1, true, 3, 3, false},
    {"AV1 L3T3_KEY", RTP_CODEC_AV1, true, 3, 3, true},
};

enum {
    VIEWERS = 3,
    FRAME_US = 33333,
    PICTURES = 3000, /* at most */
    PACKETS = PICTURES * 9,
    STEADY = 12, /* pictures: three rounds of the temporal layers */
    VIDEO = 0,   /* the publisher's track, and each viewer's slot */
};

/* The layers of a picture: the highest that came of it. */
struct top {
    uint8_t sid, tid;
};

struct viewer {
    struct person *person;
    struct decoder decoder;
    struct decoder_source source;
    struct top tops[STEADY]; /* of the last pictures; the newest is still coming */
    uint32_t picture;
    size_t pictures;
};

static struct film {
    struct call *call;
    struct person *publisher;
    struct layered encoder;
    uint64_t next_us;
    size_t sent; /* packets */
    struct viewer viewers[VIEWERS];
} film;

/* --- Sending --------------------------------------------------------------------------- */

static void send_packet(const struct layered_packet *p, uint64_t index)
{
    struct rtp_view v;
    uint8_t rtp[LAYERED_PACKET_MAX];
    memcpy(rtp, p->bytes, p->len);
    put_u32(rtp + 8, peer_source(film.publisher->peer, VIDEO, 0)->conf.ssrc);
    assert_int_equal(rtp_view_parse(&v, rtp, p->len, &film.publisher->desc.media.exts), 0);
    peer_send_rtp(film.publisher->peer, rtp, v.payload, p->len, index);
}

/* The pictures that are due; true, to be put before a condition. */
static bool go_on(void)
{
    struct layered *e = &film.encoder;
    struct source *asked = peer_source(film.publisher->peer, VIDEO, 0);
    for (; clock_now_us() >= film.next_us; film.next_us += FRAME_US) {
        assert_true(e->frame_count < PICTURES * e->is->spatial);
        e->key_due |= asked->key_due;
        asked->key_due = false;
        layered_picture(e);
        for (; film.sent < e->packet_count; film.sent++)
            send_packet(&e->packets[film.sent], e->first % 65536 + film.sent);
    }
    return true;
}

/* --- Receiving -------------------------------------------------------------------------- */

/* From its first packet on everything was there for it. */
static void note_offered(struct viewer *v, size_t first)
{
    for (size_t i = first; i < PACKETS; i++)
        v->source.offered[i] = 1;
}

static void note_layers(struct viewer *v, const struct layered_frame *f)
{
    struct top *newest = &v->tops[STEADY - 1];
    if (f->picture != v->picture) {
        memmove(v->tops, v->tops + 1, sizeof(v->tops) - sizeof(v->tops[0]));
        *newest = (struct top){0, 0};
        v->picture = f->picture;
        v->pictures++;
    }
    newest->sid = f->sid > newest->sid ? f->sid : newest->sid;
    newest->tid = f->tid > newest->tid ? f->tid : newest->tid;
}

static void look(void *arg, const uint8_t *rtp, size_t len)
{
    struct viewer *v = arg;
    bool first = !v->decoder.newest;
    decoder_receive(&v->decoder, rtp, len, film.encoder.is->codec, 1);
    const struct decoder_packet *p = &v->decoder.packets[v->decoder.newest - v->decoder.first];
    if (p->empty)
        return;
    const struct layered_frame *f = &film.encoder.frames[p->frame];
    if (first)
        note_offered(v, f->number + p->at);
    note_layers(v, f);
}

/* All of the last pictures had that spatial layer and none above, and some that temporal one. */
static bool shows(const struct viewer *v, uint8_t sid, uint8_t tid)
{
    uint8_t most_tid = 0;
    for (size_t i = 0; i < STEADY - 1; i++) {
        if (v->tops[i].sid != sid)
            return false;
        most_tid = v->tops[i].tid > most_tid ? v->tops[i].tid : most_tid;
    }
    return v->pictures >= STEADY && most_tid == tid;
}

/* --- The call ---------------------------------------------------------------------------- */

static struct wish wish_of(const struct layered_structure *is, bool sends)
{
    return (struct wish){
        .video = sends,
        .video_slots = !sends,
        .layered = is->codec,
        .descriptor = is->descriptor,
        .silent = true,
        .signalled = BY_SSRC,
        .feedback = PEER_REPORTS,
    };
}

static void begin(const struct layered_structure *is)
{
    const struct wish publisher = wish_of(is, true), viewer = wish_of(is, false);
    film = (struct film){.call = call_new(1)};
    layered_init(&film.encoder, is, 0, PICTURES, 1);
    film.publisher = call_join(film.call, &publisher);
    peer_source(film.publisher->peer, VIDEO, 0)->paused = true; /* before it can send: the film does */
    UNTIL(film.call, film.publisher->connected && peer_connected(film.publisher->peer));
    film.next_us = clock_now_us();
    for (size_t i = 0; i < VIEWERS; i++) {
        struct viewer *v = &film.viewers[i];
        v->person = call_join(film.call, &viewer);
        v->source =
            (struct decoder_source){&film.encoder, malloc(PACKETS), calloc(PACKETS, sizeof(uint32_t))};
        assert_true(v->source.fates && v->source.offered);
        memset(v->source.fates, DECODER_IN_ORDER, PACKETS);
        decoder_init(&v->decoder, is->name, &v->person->desc.media.exts, PACKETS);
        v->person->look = look;
        v->person->look_arg = v;
        UNTIL(film.call, go_on() && v->person->connected);
    }
}

static void end(void)
{
    for (size_t i = 0; i < VIEWERS; i++) {
        struct viewer *v = &film.viewers[i];
        decoder_check(&v->decoder, &v->source, 1);
        assert_true(v->decoder.decoded >= v->pictures);
        assert_int_equal(v->decoder.excused, 0);
        assert_int_equal(v->person->peer->undecryptable + v->person->peer->strangers, 0);
        decoder_finish(&v->decoder);
        free(v->source.fates);
        free(v->source.offered);
    }
    layered_finish(&film.encoder);
    call_free(film.call);
}

/* The boxes of all viewers at a time, and what each is to show in its own. */
static void layers_fit_the_box(void **state)
{
    static const struct {
        uint16_t height;
        uint8_t max_fps;
        uint8_t sid, tid;
    } rows[][VIEWERS] = {
        {{720, 0, 2, 2}, {720, 0, 2, 2}, {720, 0, 2, 2}}, {{90, 0, 0, 2}, {720, 0, 2, 2}, {360, 0, 1, 2}},
        {{360, 0, 1, 2}, {180, 0, 0, 2}, {720, 0, 2, 2}}, {{720, 15, 2, 1}, {360, 7, 1, 0}, {90, 15, 0, 1}},
        {{90, 0, 0, 2}, {90, 0, 0, 2}, {180, 0, 0, 2}},   {{2160, 0, 2, 2}, {0, 0, 2, 2}, {210, 0, 1, 2}},
    };
    begin(*state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (size_t j = 0; j < VIEWERS; j++) {
            const struct sfu_view_slot view = {.width = (uint16_t)(rows[i][j].height * 16 / 9),
                                               .height = rows[i][j].height,
                                               .max_fps = rows[i][j].max_fps};
            sfu_view(film.call->sfu, film.viewers[j].person->transport, 0, &view, 1);
        }
        for (size_t j = 0; j < VIEWERS; j++)
            UNTIL(film.call, go_on() && shows(&film.viewers[j], rows[i][j].sid, rows[i][j].tid));
        for (size_t j = 0; j < VIEWERS; j++) {
            const struct sfu_slot_stats *told = &person_stats(film.viewers[j].person)->slots[VIDEO];
            assert_int_equal(told->layer, rows[i][j].sid);
            assert_int_equal(told->temporal, rows[i][j].tid);
            assert_int_equal(told->height, 720 >> (2 - rows[i][j].sid));
        }
    }
    FOR_MS(film.call, 300); /* nothing is under way any more */
    end();
}

int main(void)
{
    struct CMUnitTest tests[COUNT(structures)];
    for (size_t i = 0; i < COUNT(structures); i++) {
        tests[i] = (struct CMUnitTest)cmocka_unit_test(layers_fit_the_box);
        tests[i].name = structures[i].name;
        tests[i].initial_state = (void *)(uintptr_t)&structures[i];
    }
    return _cmocka_run_group_tests("layers_fit_the_box", tests, COUNT(structures), NULL, NULL);
}
