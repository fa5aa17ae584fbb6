#include "peer.h"

#include "peer_rtcp.h"
#include "timer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    AUDIO_INTERVAL_US = 20000,
    AUDIO_PAYLOAD = 80,
    VIDEO_INTERVAL_US = 33333,
    VIDEO_PACKETS = 4, /* of a frame; one less for each lower layer */
    VIDEO_PAYLOAD = 1000,
    LEVEL = 40, /* -40 dBov: someone speaks */
};

/* --- Life --------------------------------------------------------------------- */

static void dtls_output(void *arg, const uint8_t *datagram, size_t len)
{
    struct peer *p = arg;
    p->up->output(p->arg, datagram, len);
}

static void dtls_data(void *arg, const uint8_t *data, size_t len)
{
    (void)arg; /* no data channel */
    (void)data;
    (void)len;
}

static const struct dtls_upcalls dtls_upcalls = {dtls_output, dtls_data};

static const struct sfu_format *format_of(const struct sfu_media_desc *media, enum rtp_kind kind)
{
    for (size_t i = 0; i < media->format_count; i++) {
        if (rtp_codecs[media->formats[i].codec].kind == kind)
            return &media->formats[i];
    }
    return NULL;
}

static size_t layers_of(const struct sfu_track_desc *t)
{
    return t->rid_count ? t->rid_count : 1;
}

static struct source_conf source_conf(const struct peer *p, const struct sfu_track_desc *t, size_t layer,
                                      uint64_t random)
{
    const struct sfu_format *f = format_of(&p->media, t->kind);
    bool video = t->kind == RTP_VIDEO;
    size_t below_best = layers_of(t) - 1 - layer;
    return (struct source_conf){
        .kind = t->kind,
        .codec = f ? f->codec : RTP_CODEC_NONE,
        .track = t->id,
        .layer = (uint8_t)layer,
        .mid = t->mid,
        .rid = t->rid_count ? t->rids[layer] : NULL,
        .exts = &p->media.exts,
        .ssrc = t->ssrcs[layer] ? t->ssrcs[layer] : (uint32_t)(random >> 8) | 1,
        .rtx_ssrc = t->rtx_ssrcs[layer] ? t->rtx_ssrcs[layer] : (uint32_t)(random >> 16 ^ random >> 40) << 1,
        .pt = f ? f->pt : 0,
        .rtx_pt = f ? f->rtx_pt : 0,
        .interval_us = video ? VIDEO_INTERVAL_US : AUDIO_INTERVAL_US,
        .packets = (uint16_t)(video && below_best < VIDEO_PACKETS ? VIDEO_PACKETS - below_best : 1),
        .payload_len = video ? VIDEO_PAYLOAD : AUDIO_PAYLOAD,
        .width = (uint16_t)(1280 >> below_best),
        .height = (uint16_t)(720 >> below_best),
        .level = LEVEL,
        .clock_offset_us = p->clock_offset_us,
    };
}

/* Another 64 bits (splitmix64). */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static size_t count_layers(const struct peer *p)
{
    size_t n = 0;
    for (size_t i = 0; i < p->media.track_count; i++)
        n += layers_of(&p->media.tracks[i]);
    return n;
}

/* Those that are not there yet. */
static int make_streams(struct peer *p, uint64_t *random, uint64_t now_us)
{
    size_t sources = count_layers(p), at = 0;
    struct source *more_sources = realloc(p->sources, (sources + 1) * sizeof(*p->sources));
    p->sources = more_sources ? more_sources : p->sources;
    struct sink *more_sinks = realloc(p->sinks, (p->media.slot_count + 1u) * sizeof(*p->sinks));
    p->sinks = more_sinks ? more_sinks : p->sinks;
    if (!more_sources || !more_sinks)
        return -ENOMEM;
    for (size_t i = 0; i < p->media.track_count; i++) {
        const struct sfu_track_desc *t = &p->media.tracks[i];
        for (size_t j = 0; j < layers_of(t); j++, at++) {
            struct source_conf conf = source_conf(p, t, j, next_random(random));
            if (at == p->source_count)
                source_init(&p->sources[p->source_count++], &conf, next_random(random), now_us);
        }
    }
    for (; p->sink_count < p->media.slot_count; p->sink_count++) {
        const struct sfu_slot_desc *s = &p->media.slots[p->sink_count];
        sink_init(&p->sinks[p->sink_count], s->kind, s->ssrc, s->rtx_ssrc);
        p->ssrcs[p->sink_count] = (struct peer_ssrcs){s->ssrc, s->rtx_ssrc};
    }
    return 0;
}

int peer_update(struct peer *p, const struct sfu_media_desc *media, uint64_t random, uint64_t now_us)
{
    p->media = *media;
    return make_streams(p, &random, now_us);
}

struct peer *peer_new(struct dtls_context *ctx, const struct peer_conf *conf, const struct peer_upcalls *up,
                      void *arg, uint64_t random, uint64_t now_us)
{
    struct peer *p = calloc(1, sizeof(*p));
    if (!p)
        return NULL;
    p->up = up;
    p->arg = arg;
    p->media = conf->server->media;
    p->silent = conf->silent;
    p->feedback = conf->feedback;
    p->remb_bps = conf->remb_bps;
    p->verify_every = conf->verify_every;
    p->clock_offset_us = conf->clock_offset_us;
    p->profile = "";
    p->check_us = now_us;
    p->recheck_us = PEER_CHECK_FIRST_US;
    p->second_us = now_us + PEER_SECOND_US;
    p->rtcp_ssrc = (uint32_t)next_random(&random);
    snprintf(p->ufrag, sizeof(p->ufrag), "%s", conf->server->remote_ufrag);
    snprintf(p->pwd, sizeof(p->pwd), "%s", conf->server->remote_pwd);
    p->address = conf->address;
    check_init(&p->check, conf->server->ufrag, conf->server->pwd, p->ufrag);
    p->dtls = dtls_new(ctx, !conf->server->dtls_client, &conf->server_fingerprint, &dtls_upcalls, p, now_us);
    if (p->dtls && make_streams(p, &random, now_us) == 0)
        return p;
    peer_free(p);
    return NULL;
}

void peer_free(struct peer *p)
{
    if (!p)
        return;
    dtls_free(p->dtls);
    secure_free(p->secure);
    seal_free(p->seal);
    peek_free(p->peek);
    free(p->sources);
    free(p->sinks);
    free(p);
}

void peer_close(struct peer *p)
{
    dtls_close(p->dtls);
}

void peer_restart(struct peer *p, const char *ufrag, const char *pwd)
{
    check_init(&p->check, ufrag, pwd, p->ufrag);
    p->reached = false;
    p->check_us = 0;
    p->recheck_us = PEER_CHECK_FIRST_US;
}

void peer_check_soon(struct peer *p)
{
    p->check_us = 0;
    p->recheck_us = PEER_CHECK_FIRST_US;
}

bool peer_connected(const struct peer *p)
{
    return p->secure != NULL;
}

struct source *peer_source(struct peer *p, size_t track, size_t layer)
{
    size_t at = layer;
    for (size_t i = 0; i < track; i++)
        at += layers_of(&p->media.tracks[i]);
    return &p->sources[at];
}

/* --- Sending -------------------------------------------------------------------- */

void peer_send_rtp(struct peer *p, const uint8_t *rtp, size_t header_len, size_t len, uint64_t index)
{
    uint8_t datagram[PEER_DATAGRAM_MAX + SEAL_OVERHEAD_MAX];
    const struct seal_packet packet = {
        .index = index,
        .header = rtp,
        .header_len = header_len,
        .rest = rtp + header_len,
        .rest_len = len - header_len,
    };
    if (p->seal && seal_packet(p->seal, &packet, datagram, sizeof(datagram), &len) == 0)
        p->up->output(p->arg, datagram, len);
}

void peer_send_rtcp(struct peer *p, const uint8_t *rtcp, size_t len)
{
    uint8_t datagram[PEER_DATAGRAM_MAX + SECURE_RTCP_OVERHEAD];
    if (!p->secure || len > PEER_DATAGRAM_MAX)
        return;
    memcpy(datagram, rtcp, len);
    if (secure_protect_rtcp(p->secure, datagram, len, &len) == 0)
        p->up->output(p->arg, datagram, len);
}

static void send_packet(struct peer *p, const struct source *s, const struct source_packet *packet)
{
    uint8_t rtp[PEER_DATAGRAM_MAX];
    size_t header_len, len = source_write(s, packet, p->transport_seq++, rtp, sizeof(rtp), &header_len);
    if (len)
        peer_send_rtp(p, rtp, header_len, len, packet->index);
}

void peer_repeat(struct peer *p, struct source *s, uint16_t seq)
{
    uint8_t rtp[PEER_DATAGRAM_MAX];
    size_t header_len;
    uint64_t index;
    const struct source_packet *packet = source_find(s, seq);
    s->nacked++;
    if (!packet || !s->conf.rtx_pt)
        return;
    size_t len = source_write_rtx(s, packet, p->transport_seq++, rtp, sizeof(rtp), &header_len, &index);
    if (len)
        peer_send_rtp(p, rtp, header_len, len, index);
}

static uint64_t run_sources(struct peer *p, uint64_t now_us)
{
    uint64_t next_us = UINT64_MAX;
    for (size_t i = 0; i < p->source_count; i++) {
        struct source *s = &p->sources[i];
        struct source_packet packet;
        while (source_next(s, now_us, &packet))
            send_packet(p, s, &packet);
        uint64_t due_us = source_due_us(s);
        next_us = due_us < next_us ? due_us : next_us;
    }
    return next_us;
}

/* --- Time --------------------------------------------------------------------------- */

static void send_check(struct peer *p, uint64_t now_us)
{
    uint8_t datagram[CHECK_LEN_MAX];
    size_t len = check_build(&p->check, datagram, sizeof(datagram));
    p->check_us = now_us + (p->reached ? PEER_CHECK_US : p->recheck_us);
    p->recheck_us = p->recheck_us * 2 < PEER_CHECK_LAST_US ? p->recheck_us * 2 : PEER_CHECK_LAST_US;
    if (len)
        p->up->output(p->arg, datagram, len);
}

static uint64_t run_dtls(struct peer *p, uint64_t now_us)
{
    uint64_t in_us;
    if (!dtls_next_timeout(p->dtls, &in_us))
        return UINT64_MAX;
    if (in_us == 0)
        dtls_on_timeout(p->dtls);
    return now_us + in_us;
}

uint64_t peer_tick(struct peer *p, uint64_t now_us)
{
    if (p->check_us <= now_us)
        send_check(p, now_us);
    uint64_t next_us = timer_earlier(p->check_us, run_dtls(p, now_us));
    if (!peer_connected(p))
        return next_us;
    if (p->second_us <= now_us) {
        p->second_us = now_us + PEER_SECOND_US;
        peer_rtcp_report(p, now_us);
    }
    if (p->missing && !p->silent && p->nack_us <= now_us) {
        p->nack_us = now_us + PEER_NACK_US;
        peer_rtcp_ask(p, now_us);
    }
    if (transport_cc_due_us(&p->transport_cc) <= now_us)
        peer_rtcp_acknowledge(p, now_us);
    next_us = timer_earlier(next_us, timer_earlier(p->second_us, peer_due_us(p)));
    return timer_earlier(next_us, run_sources(p, now_us));
}

uint64_t peer_due_us(const struct peer *p)
{
    return timer_earlier(transport_cc_due_us(&p->transport_cc),
                         p->missing && !p->silent ? p->nack_us : UINT64_MAX);
}
