#include "publisher.h"

#include "layered_encoder.h"
#include "rewrite.h"

enum {
    PICTURE_US = 1000000 / VIDEO_FPS,
    PICTURE_TICKS = 90000 / VIDEO_FPS,
    PACKET_BYTES = 1150, /* of payload, at most */
    PACE_FACTOR = 8,     /* a picture's packets come at that many times its rate */
    WAY_US = 30000,      /* from capture to the server, and back */
    OBEY_US = 150000,    /* from a wish of the server to the encoder's obeying it */
    KEY_PERCENT = 400,
    DEBT_SHARE = 10,      /* of a frame given up to pay for the key frame, at most: one in that many */
    KEY_ASK_US = 1000000, /* as of sfu/track.h */
    LOWEST_KEY_ASK_US = 500000,
    DEAD_US = 1500000,
};

static const struct rtp_ext_map exts = {.id = {[RTP_EXT_DEPENDENCY] = LAYERED_DESCRIPTOR_ID}, .mixed = true};

/* --- Encoding --------------------------------------------------------------------------- */

static uint8_t packets_of(void *arg, uint8_t sid, uint8_t tid, bool key)
{
    struct stream *s = arg;
    const struct video_kind *k = s->publisher->kind;
    uint32_t bps = k->bps[k->streams > 1 ? s->index : sid];
    double mean = bps / 8.0 / VIDEO_FPS, noise = 0.8 + 0.4 * world_random(s->publisher->world);
    double bytes = mean * noise;
    if (key) {
        bytes *= (k->key_percent ? k->key_percent : KEY_PERCENT) / 100.0;
        s->debt += bytes - mean;
    } else {
        double paid = s->debt < mean / DEBT_SHARE ? s->debt : mean / DEBT_SHARE;
        bytes = bytes * video_frame_share(k, tid) - paid;
        s->debt -= paid;
    }
    s->packet_bytes[sid] = (uint32_t)bytes;
    unsigned packets = 1 + (unsigned)bytes / PACKET_BYTES;
    s->packet_bytes[sid] /= packets;
    return (uint8_t)(packets < UINT8_MAX ? packets : UINT8_MAX);
}

static bool key_due(struct stream *s)
{
    uint64_t now_us = s->publisher->world->now_us, apart_us = s->index == 0 ? LOWEST_KEY_ASK_US : KEY_ASK_US;
    if (!s->key_wanted || !s->wanted || now_us < s->key_wanted_us + OBEY_US / 2 ||
        (s->key_asked_us && now_us < s->key_asked_us + apart_us))
        return false;
    s->key_asked_us = now_us;
    return true;
}

/* What was written has been delivered; numbers go on. */
static void forget_packets(struct stream *s)
{
    s->encoder->first += s->encoder->packet_count;
    s->encoder->packet_count = s->delivered = 0;
}

static void encode(struct stream *s)
{
    forget_packets(s);
    if (!s->wanted || s->broken) {
        s->encoder->timestamp += PICTURE_TICKS;
        s->paused = true;
        return;
    }
    s->encoder->key_due = s->paused || key_due(s);
    s->paused = false;
    layered_picture(s->encoder);
}

/* --- At the server ------------------------------------------------------------------------ */

static void note_changed(struct publisher *p)
{
    if (p->changed)
        p->changed(p->arg);
}

static struct truth truth_of(const struct stream *s, const struct layered_packet *packet)
{
    const struct layered_frame *f = &s->encoder->frames[packet->frame];
    struct truth t = {
        .source = s->source,
        .frame = packet->frame,
        .picture = f->picture,
        .ref_count = f->ref_count,
        .layer = s->publisher->kind->streams > 1 ? s->index : f->sid,
        .sid = f->sid,
        .tid = f->tid,
        .tl0 = f->tl0,
        .at = packet->at,
        .packets = f->packets,
        .key = f->key,
    };
    _Static_assert(sizeof t.refs == sizeof f->refs, "as many references");
    memcpy(t.refs, f->refs, sizeof t.refs);
    return t;
}

static void note_rhythm(struct stream *s, uint64_t now_us)
{
    rhythm_frame(&s->rhythm, now_us);
    for (uint8_t i = 0; i < s->publisher->kind->streams; i++) {
        struct stream *other = &s->publisher->streams[i];
        if (other != s && other->was_alive && rhythm_other(&other->rhythm, now_us))
            note_changed(s->publisher);
    }
}

static void come_alive(struct stream *s, uint64_t now_us)
{
    if (s->was_alive)
        return;
    s->was_alive = true;
    s->started_us = now_us;
    s->rhythm = (struct rhythm){0};
    note_changed(s->publisher);
}

static struct media *parse(struct stream *s, const struct layered_packet *packet, uint64_t number)
{
    const struct publisher *p = s->publisher;
    struct media *m = &s->history[number % PUBLISHER_HISTORY];
    *m = (struct media){
        .number = number,
        .captured_us = p->captured_us,
        .arrival_us = p->world->now_us,
        .truth = truth_of(s, packet),
        .len = packet->len,
    };
    m->payload = (uint16_t)s->packet_bytes[m->truth.sid];
    memcpy(m->bytes, packet->bytes, packet->len);
    if (rtp_view_parse(&m->view, m->bytes, m->len, &exts) != 0 ||
        frame_info_read(&m->frame, p->kind->codec, &m->view, m->bytes, &s->dependency) != 0)
        abort();
    if (m->payload < m->view.payload_len)
        m->payload = m->view.payload_len;
    return m;
}

static void receive(struct stream *s, const struct layered_packet *packet, uint64_t number)
{
    struct media *m = parse(s, packet, number);
    uint64_t now_us = m->arrival_us;
    s->newest = number;
    s->heard_us = now_us;
    rhythm_packet(&s->rhythm);
    come_alive(s, now_us);
    if (m->frame.start && s->publisher->kind->streams > 1)
        note_rhythm(s, now_us);
    if (m->frame.start && m->frame.key) {
        s->key_wanted = false;
        s->key_number = number;
    }
    layer_rate_add(&s->rates, m->view.timestamp, &m->frame, m->payload + RTP_HEADER_LEN, now_us);
    for (size_t i = 0; i < s->watcher_count; i++)
        s->publisher->forward(s->watchers[i], s, m);
}

/* The next packet that waits, of the lowest stream that has one. Returns its weight; 0 = none waits. */
static uint32_t deliver_next(struct publisher *p)
{
    for (uint8_t i = 0; i < p->kind->streams; i++) {
        struct stream *s = &p->streams[i];
        if (s->delivered == s->encoder->packet_count)
            continue;
        size_t at = s->delivered++;
        receive(s, &s->encoder->packets[at], s->encoder->first + at);
        return s->history[s->newest % PUBLISHER_HISTORY].payload;
    }
    return 0;
}

static void deliver(struct world *w, void *arg)
{
    struct publisher *p = arg;
    uint32_t bytes = deliver_next(p);
    p->delivering = bytes > 0;
    if (bytes)
        world_at(w, w->now_us + bytes * UINT64_C(8000000) / (video_bps(p->kind) * PACE_FACTOR), deliver, p);
}

/* --- Time ----------------------------------------------------------------------------------- */

static void obey(struct world *w, void *arg)
{
    struct publisher *p = arg;
    (void)w;
    for (uint8_t i = 0; i < p->kind->streams; i++)
        p->streams[i].wanted = p->told >> i & 1;
}

static void tell_wanted(struct publisher *p)
{
    uint8_t layers;
    if (!demand_due(&p->demand, &layers, p->world->now_us))
        return;
    p->told = layers;
    world_at(p->world, p->world->now_us + OBEY_US, obey, p);
}

static void capture(struct world *w, void *arg)
{
    struct publisher *p = arg;
    if (w->now_us >= p->stop_us)
        return;
    while (deliver_next(p) > 0)
        continue;
    p->captured_us = w->now_us;
    for (uint8_t i = 0; i < p->kind->streams && !p->muted; i++)
        encode(&p->streams[i]);
    for (uint8_t i = 0; i < p->kind->streams && p->muted; i++) {
        forget_packets(&p->streams[i]);
        p->streams[i].encoder->timestamp += PICTURE_TICKS;
        p->streams[i].paused = true;
    }
    if (!p->delivering)
        world_at(w, w->now_us + WAY_US, deliver, p);
    p->delivering = true;
    world_at(w, w->now_us + PICTURE_US, capture, p);
}

void publisher_second(struct publisher *p)
{
    uint64_t now_us = p->world->now_us;
    for (uint8_t i = 0; i < p->kind->streams; i++) {
        struct stream *s = &p->streams[i];
        bool alive = stream_alive(s), proven = rhythm_proven(&s->rhythm, now_us);
        if (alive != s->was_alive || proven)
            note_changed(p);
        s->was_alive = alive;
    }
    tell_wanted(p);
}

void publisher_mute(struct publisher *p, bool muted)
{
    p->muted = muted;
    note_changed(p);
}

/* --- Life ------------------------------------------------------------------------------------- */

static void stream_init(struct stream *s, struct publisher *p, uint8_t index, double seconds)
{
    /* layered_init() keeps the structure's address */
    struct layered_structure *is = malloc(sizeof *is);
    const struct video_kind *k = p->kind;
    *s = (struct stream){.publisher = p, .index = index, .source = p->id * PUBLISHER_STREAMS_MAX + index + 1};
    s->encoder = malloc(sizeof *s->encoder);
    s->history = calloc(PUBLISHER_HISTORY, sizeof *s->history);
    if (!is || !s->encoder || !s->history)
        abort();
    *is = (struct layered_structure){k->name, k->codec, k->descriptor, k->spatial, k->temporal, k->key_svc};
    layered_init(s->encoder, is, (uint8_t)s->source, (size_t)(seconds * VIDEO_FPS) + 2,
                 (uint32_t)(world_random(p->world) * UINT32_MAX));
    s->encoder->packets_of = packets_of;
    s->encoder->arg = s;
    s->wanted = true;
}

void publisher_init(struct publisher *p, struct world *w, uint32_t id, const struct video_kind *kind,
                    double seconds)
{
    *p = (struct publisher){.id = id, .kind = kind, .world = w};
    p->stop_us = w->now_us + (uint64_t)(seconds * 1e6);
    for (uint8_t i = 0; i < kind->streams; i++)
        stream_init(&p->streams[i], p, i, seconds);
    demand_init(&p->demand, kind->streams, w->now_us);
}

void publisher_start(struct publisher *p)
{
    world_at(p->world, p->world->now_us + (uint64_t)(world_random(p->world) * PICTURE_US), capture, p);
}

void publisher_finish(struct publisher *p)
{
    for (uint8_t i = 0; i < p->kind->streams; i++) {
        struct stream *s = &p->streams[i];
        free((void *)(uintptr_t)s->encoder->is);
        layered_finish(s->encoder);
        free(s->encoder);
        free(s->history);
    }
}

/* --- For forwarders ----------------------------------------------------------------------------- */

bool stream_alive(const struct stream *s)
{
    return s->heard_us && s->publisher->world->now_us - s->heard_us < DEAD_US;
}

void stream_watch(struct stream *s, struct forwarder *f)
{
    if (s->watcher_count == PUBLISHER_WATCHERS_MAX)
        abort();
    s->watchers[s->watcher_count++] = f;
}

void stream_leave(struct stream *s, const struct forwarder *f)
{
    for (size_t i = 0; i < s->watcher_count; i++) {
        if (s->watchers[i] != f)
            continue;
        s->watchers[i] = s->watchers[--s->watcher_count];
        return;
    }
}

void stream_want_key(struct stream *s)
{
    if (!s->key_wanted)
        s->key_wanted_us = s->publisher->world->now_us;
    s->key_wanted = true;
}

const struct media *stream_get(const struct stream *s, uint64_t number)
{
    const struct media *m = &s->history[number % PUBLISHER_HISTORY];
    return number && m->number == number ? m : NULL;
}

struct stream *publisher_stream(struct publisher *p, unsigned wanted)
{
    struct stream *best = NULL, *any = NULL;
    for (uint8_t i = 0; i < p->kind->streams; i++) {
        struct stream *s = &p->streams[i];
        if (!stream_alive(s))
            continue;
        if (!any || i <= wanted)
            any = s;
        if (rhythm_keeps(&s->rhythm) && (!best || i <= wanted))
            best = s;
    }
    return best ? best : any;
}

void publisher_need(struct publisher *p, unsigned layer)
{
    demand_note(&p->demand, 0, p->world->now_us);
    demand_note(&p->demand, layer < p->kind->streams ? layer : p->kind->streams - 1u, p->world->now_us);
    tell_wanted(p);
}

static struct allocate_step step_of(const struct stream *s, uint8_t layer, uint8_t tid, uint8_t temporal,
                                    bool is_told)
{
    const struct video_kind *k = s->publisher->kind;
    uint8_t layers = k->streams > 1 ? k->streams : k->spatial, sid = k->streams > 1 ? 0 : layer;
    uint8_t fps = (uint8_t)(VIDEO_FPS >> (temporal - 1 - tid));
    uint16_t height = (uint16_t)(k->height >> (layers - 1 - layer));
    uint64_t now_us = s->publisher->world->now_us;
    uint32_t bps = is_told ? video_layer_bps(k, layer, tid) : layer_rate_bps(&s->rates, sid, tid, now_us);
    return (struct allocate_step){
        .layer = layer,
        .tid = tid,
        .fps = fps,
        .alive = stream_alive(s),
        .height = height,
        .width = (uint16_t)(height * 16 / 9),
        .bps = allocate_on_wire(bps, fps),
        .alive_us = s->started_us,
    };
}

const struct allocate_step *publisher_steps(struct publisher *p, uint8_t *count)
{
    const struct video_kind *k = p->kind;
    uint8_t layers = k->streams > 1 ? k->streams : k->spatial;
    *count = 0;
    for (uint8_t layer = 0; layer < layers; layer++) {
        const struct stream *s = &p->streams[k->streams > 1 ? layer : 0];
        uint8_t sid = k->streams > 1 ? 0 : layer;
        bool is_told = k->told && s->wanted && !s->broken;
        if (!is_told && sid > 0 && !layer_rate_has(&s->rates, sid))
            break;
        uint8_t temporal = is_told ? k->temporal : layer_rate_temporal(&s->rates, sid);
        for (uint8_t tid = 0; tid < temporal; tid++)
            p->steps[(*count)++] = step_of(s, layer, tid, temporal, is_told);
    }
    return p->steps;
}
