/* A room on a worker that has no thread: tests are its loop and its clock, and put packets into its tracks as
 * if they had been decrypted. Nothing leaves: slots count what they would have sent. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "bytes.h"
#include "media.h"
#include "room.h"
#include "slot.h"
#include "track.h"
#include "transport.h"
#include "worker.h"

enum {
    HALL_SEATS = 8,
    HALL_MS_MAX = 29000, /* nobody ever checks or shakes hands: after 30 s they are gone */
    HALL_AUDIO_US = 20000,
    HALL_VIDEO_US = 40000,
    HALL_SILENT = 90, /* level of a quiet room: what a voice stands out from */
    HALL_LOUD = 20,
    HALL_LEVEL_ID = 1, /* of the header extension */
    HALL_LAYERS = 3,   /* of a camera, at most */
    HALL_SIDE = 64,    /* pixels, of a picture without layers */
};

/* Payload types, the same for all. */
enum hall_codec { HALL_OPUS = 111, HALL_VP8 = 96, HALL_H264 = 97 };

struct hall_seat {
    struct transport *transport;  /* NULL = empty */
    uint8_t level;                /* of the microphone */
    enum hall_codec codec;        /* of the camera */
    uint16_t side[HALL_LAYERS];   /* of the camera's pictures, in the order of its layers; 0 = none come */
    size_t ballast[HALL_LAYERS];  /* bytes that they are larger by than need be */
    uint16_t seq[2][HALL_LAYERS]; /* audio, video */
    uint64_t next_us[2];          /* when the next packet comes */
    bool off[2];                  /* none comes */
    bool no_keys;                 /* frames of the camera are no key frames */
};

/* What someone comes with, besides a microphone. */
struct hall_wish {
    size_t audio_slots, video_slots;
    bool h264;      /* it knows that, too */
    size_t layers;  /* of its camera; 0 or 1 = no simulcast */
    bool is_screen; /* that is no camera but a screen */
};

struct hall {
    struct worker worker;
    struct mailbox events;
    struct dtls_context *dtls;
    struct room *room;
    uint64_t now_us, end_us;
    uint64_t fills, tellings; /* times that the room was filled, that somebody was told of its slots */
    struct hall_seat seats[HALL_SEATS]; /* seat i is participant i + 1 */
};

static inline void hall_begin(struct hall *h)
{
    struct udp_addresses at = {.count = 1};
    struct addr bad;
    *h = (struct hall){.dtls = dtls_context_new(NULL), .now_us = 1000000000};
    h->end_us = h->now_us + HALL_MS_MAX * 1000;
    assert_non_null(h->dtls);
    assert_int_equal(addr_parse(&at.at[0], "127.0.0.1", 0), 0);
    assert_int_equal(mailbox_init(&h->events, 1024), 0);
    assert_int_equal(worker_init(&h->worker, 0, &at, h->dtls, &h->events, &bad), 0);
    h->room = room_new(&h->worker, 1, 0);
}

static inline void hall_drop_events(struct hall *h)
{
    struct mail m;
    mailbox_sender_flush(&h->worker.to_control);
    mailbox_clear(&h->events);
    while (mailbox_take(&h->events, &m))
        mail_free(&m);
}

static inline void hall_end(struct hall *h)
{
    for (size_t i = 0; i < HALL_SEATS; i++) {
        if (h->seats[i].transport)
            transport_end(h->seats[i].transport, SFU_GONE_CLOSED);
    }
    room_free(h->room);
    hall_drop_events(h);
    assert_int_equal(h->worker.packets.used, 0);
    worker_finish(&h->worker);
    mailbox_finish(&h->events);
    dtls_context_free(h->dtls);
}

static inline void hall_format(struct sfu_media_desc *m, enum rtp_codec codec, enum hall_codec pt)
{
    m->formats[m->format_count++] = (struct sfu_format){.codec = codec, .pt = (uint8_t)pt};
}

static inline void hall_slots(struct sfu_media_desc *m, enum rtp_kind kind, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t ssrc = 1000u + m->slot_count;
        m->slots[m->slot_count++] = (struct sfu_slot_desc){.kind = kind, .mid = "s", .ssrc = ssrc};
    }
}

static inline void hall_tracks(struct sfu_media_desc *m, uint32_t participant, const struct hall_wish *wish)
{
    m->tracks[m->track_count++] =
        (struct sfu_track_desc){.id = participant * 2, .kind = RTP_AUDIO, .source = SFU_MIC, .mid = "0"};
    m->tracks[m->track_count++] = (struct sfu_track_desc){
        .id = participant * 2 + 1,
        .kind = RTP_VIDEO,
        .source = wish->is_screen ? SFU_SCREEN : SFU_CAMERA,
        .mid = "1",
        .rid_count = (uint8_t)(wish->layers > 1 ? wish->layers : 0),
        .rids = {"a", "b", "c"},
    };
}

/* Connected, with a microphone and a camera that send silence and a picture from now on, and these slots. */
static inline void hall_enter(struct hall *h, size_t seat, const struct hall_wish *wish)
{
    struct hall_seat *s = &h->seats[seat];
    struct sfu_transport_desc d = {.fingerprint = *dtls_context_fingerprint(h->dtls)};
    struct sfu_media_desc *m = &d.media;
    uint32_t participant = (uint32_t)seat + 1;
    assert_int_equal(ice_random_string(d.ufrag, ICE_UFRAG_LEN), 0);
    assert_int_equal(ice_random_string(d.pwd, ICE_PWD_LEN), 0);
    m->exts.id[RTP_EXT_AUDIO_LEVEL] = HALL_LEVEL_ID;
    hall_format(m, RTP_CODEC_OPUS, HALL_OPUS);
    hall_format(m, RTP_CODEC_VP8, HALL_VP8);
    if (wish->h264)
        hall_format(m, RTP_CODEC_H264, HALL_H264);
    hall_tracks(m, participant, wish);
    hall_slots(m, RTP_AUDIO, wish->audio_slots);
    hall_slots(m, RTP_VIDEO, wish->video_slots);
    *s = (struct hall_seat){.level = HALL_SILENT, .codec = HALL_VP8, .next_us = {h->now_us, h->now_us}};
    for (size_t i = 0; i < wish->layers || i == 0; i++)
        s->side[i] = (uint16_t)(HALL_SIDE << i);
    s->transport = transport_new(&h->worker, h->room, seat + 1, participant, &d, h->now_us);
    assert_non_null(s->transport);
    s->transport->connected = true;
}

/* Likewise, without layers. It knows H.264 where h264 says so. */
static inline void hall_join(struct hall *h, size_t seat, size_t audio_slots, size_t video_slots, bool h264)
{
    const struct hall_wish wish = {.audio_slots = audio_slots, .video_slots = video_slots, .h264 = h264};
    hall_enter(h, seat, &wish);
}

static inline void hall_write_payload(const struct hall_seat *s, enum rtp_kind kind, size_t layer,
                                      struct wr *w)
{
    static const uint8_t vp8[] = {0x10, 0x10, 0, 0, 0x9d, 0x01, 0x2a}; /* a key frame */
    static const uint8_t h264[] = {0x65, 0x88, 0x80};                  /* an IDR slice */
    static const uint8_t opus[] = {0x78, 0, 0};
    if (kind == RTP_AUDIO) {
        wr_bytes(w, opus, sizeof(opus));
    } else if (s->codec == HALL_H264) {
        wr_bytes(w, h264, sizeof(h264));
    } else {
        uint32_t side = s->side[layer], little_endian = (side & 0xff) << 8 | side >> 8;
        if (s->no_keys) {
            wr_u24(w, 0x101100);
            return;
        }
        wr_bytes(w, vp8, sizeof(vp8));
        wr_u32(w, little_endian << 16 | little_endian);
    }
}

/* recovered: RTX brings it. */
static inline void hall_bring(struct hall *h, size_t seat, enum rtp_kind kind, size_t layer, bool recovered)
{
    struct hall_seat *s = &h->seats[seat];
    struct transport *t = s->transport;
    struct packet *p = packet_get(&h->worker.packets);
    assert_non_null(p);
    struct wr w = wr_init(p->data, sizeof(p->data));
    uint8_t pt = kind == RTP_AUDIO ? HALL_OPUS : (uint8_t)s->codec;
    bool rtx;
    wr_u16(&w, 0x9000u | (kind == RTP_VIDEO ? 0x80u : 0) | pt); /* marker: each frame is one packet */
    wr_u16(&w, s->seq[kind][layer]++);
    wr_u32(&w, (uint32_t)(h->now_us * (kind == RTP_AUDIO ? 48 : 90) / 1000));
    wr_u32(&w, (uint32_t)(seat * 16 + kind * 8 + layer + 1));
    wr_u32(&w, 0xbede0001);
    wr_u32(&w, (uint32_t)HALL_LEVEL_ID << 28 | (uint32_t)s->level << 16);
    hall_write_payload(s, kind, layer, &w);
    for (size_t i = 0; kind == RTP_VIDEO && i < s->ballast[layer]; i++)
        wr_u8(&w, 0);
    p->len = (uint16_t)wr_len(&w);
    p->arrival_us = h->now_us;
    assert_int_equal(rtp_view_parse(&p->view, p->data, p->len, &t->media.exts), 0);
    const struct sfu_format *format = media_format_by_pt(&t->media, pt, &rtx);
    assert_non_null(format);
    layer_receive(&t->tracks[kind == RTP_AUDIO ? 0 : 1]->layers[layer], p, format, recovered, h->now_us);
    packet_unref(p);
}

static inline void hall_packet(struct hall *h, size_t seat, enum rtp_kind kind, size_t layer)
{
    hall_bring(h, seat, kind, layer, false);
}

/* Of a microphone, or one of each layer of a camera. */
static inline void hall_frame(struct hall *h, size_t seat, enum rtp_kind kind)
{
    for (size_t i = 0; i < (kind == RTP_AUDIO ? 1 : HALL_LAYERS); i++) {
        if (kind == RTP_AUDIO || h->seats[seat].side[i])
            hall_packet(h, seat, kind, i);
    }
}

/* What the worker's loop does at the end of each turn. */
static inline void hall_settle(struct hall *h)
{
    h->worker.now_us = h->now_us;
    batch_flush(&h->worker.batch, h->now_us);
    timer_run(&h->worker.timers, h->now_us);
    while (h->worker.dirty) {
        struct room *room = h->worker.dirty;
        h->worker.dirty = room->next_dirty;
        h->fills++;
        room_fill(room, h->now_us);
    }
    while (h->worker.telling) {
        struct transport *t = h->worker.telling;
        h->worker.telling = t->next_telling;
        h->tellings++;
        transport_flush_slot_events(t, h->now_us);
    }
    hall_drop_events(h);
}

/* One ms passes. */
static inline void hall_turn(struct hall *h)
{
    static const uint64_t interval_us[] = {[RTP_AUDIO] = HALL_AUDIO_US, [RTP_VIDEO] = HALL_VIDEO_US};
    h->now_us += 1000;
    assert_true(h->now_us < h->end_us);
    for (size_t i = 0; i < HALL_SEATS; i++) {
        struct hall_seat *s = &h->seats[i];
        for (enum rtp_kind kind = RTP_AUDIO; s->transport && kind <= RTP_VIDEO; kind++) {
            if (s->off[kind] || h->now_us < s->next_us[kind])
                continue;
            s->next_us[kind] = h->now_us + interval_us[kind];
            hall_frame(h, i, kind);
        }
    }
    hall_settle(h);
}

static inline void hall_run(struct hall *h, uint64_t ms)
{
    for (uint64_t i = 0; i < ms; i++)
        hall_turn(h);
}

static inline struct slot *hall_slot(struct hall *h, size_t seat, size_t slot)
{
    return h->seats[seat].transport->slots[slot];
}

/* The participant whose track is meant to be in that slot, 0 = nobody. */
static inline uint32_t hall_holder(struct hall *h, size_t seat, size_t slot)
{
    const struct track *track = hall_slot(h, seat, slot)->holder;
    return track ? track->participant : 0;
}
