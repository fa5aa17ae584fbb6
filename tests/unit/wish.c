#include "wish.h"

#include "ice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>
#include <glib.h>

static uint32_t random_ssrc(void)
{
    return g_random_int() | 1;
}

static void add_format(struct sfu_media_desc *m, enum rtp_codec codec, uint8_t pt, uint8_t rtx_pt)
{
    bool video = rtp_codecs[codec].kind == RTP_VIDEO;
    m->formats[m->format_count++] = (struct sfu_format){
        .codec = codec, .pt = pt, .rtx_pt = rtx_pt, .nack = video, .pli = video, .transport_cc = true};
}

struct sfu_track_desc *wish_add_track(struct sfu_media_desc *m, uint32_t participant, enum sfu_source source)
{
    struct sfu_track_desc *t = &m->tracks[m->track_count++];
    *t = (struct sfu_track_desc){
        .id = participant << 8 | m->track_count,
        .kind = source == SFU_CAMERA || source == SFU_SCREEN ? RTP_VIDEO : RTP_AUDIO,
        .source = source,
    };
    snprintf(t->mid, sizeof(t->mid), "%u", m->track_count - 1u);
    return t;
}

void wish_add_slots(struct sfu_media_desc *m, enum rtp_kind kind, size_t count)
{
    bool rtx = kind == RTP_VIDEO && m->formats[m->format_count - 1].rtx_pt;
    for (size_t i = 0; i < count; i++) {
        struct sfu_slot_desc *s = &m->slots[m->slot_count++];
        *s = (struct sfu_slot_desc){.kind = kind, .ssrc = random_ssrc(), .rtx_ssrc = rtx ? random_ssrc() : 0};
        snprintf(s->mid, sizeof(s->mid), "s%u", m->slot_count - 1u);
    }
}

static void add_tracks(struct sfu_media_desc *m, uint32_t participant, const struct wish *wish)
{
    if (wish->audio)
        wish_add_track(m, participant, SFU_MIC);
    if (wish->video) {
        struct sfu_track_desc *t = wish_add_track(m, participant, SFU_CAMERA);
        t->rid_count = wish->layers > 1 ? wish->layers : 0;
        for (uint8_t i = 0; i < t->rid_count; i++)
            snprintf(t->rids[i], sizeof(t->rids[i]), "r%u", i);
    }
    for (size_t i = 0; i < m->track_count; i++) {
        m->tracks[i].muted = wish->muted;
        for (size_t j = 0; j < SFU_LAYERS_MAX && wish->signalled == BY_SSRC; j++) {
            m->tracks[i].ssrcs[j] = random_ssrc();
            m->tracks[i].rtx_ssrcs[j] = m->tracks[i].kind == RTP_VIDEO ? random_ssrc() : 0;
        }
    }
    if (wish->signalled != BY_MID)
        m->exts.id[RTP_EXT_MID] = m->exts.id[RTP_EXT_RID] = m->exts.id[RTP_EXT_REPAIRED_RID] = 0;
}

void wish_describe(const struct wish *wish, uint32_t participant, const struct sfu_fingerprint *fingerprint,
                   struct sfu_transport_desc *out)
{
    static const struct rtp_ext_map exts = {.id = {[RTP_EXT_MID] = 1,
                                                   [RTP_EXT_RID] = 2,
                                                   [RTP_EXT_REPAIRED_RID] = 3,
                                                   [RTP_EXT_AUDIO_LEVEL] = WISH_LEVEL_ID,
                                                   [RTP_EXT_TRANSPORT_CC] = 5,
                                                   [RTP_EXT_ABS_SEND_TIME] = 6}};
    struct sfu_media_desc *m = &out->media;
    *out = (struct sfu_transport_desc){.fingerprint = *fingerprint, .dtls_client = wish->server_begins_dtls};
    out->fingerprint.value[7] ^= wish->wrong_fingerprint ? 1 : 0;
    assert_int_equal(ice_random_string(out->ufrag, ICE_UFRAG_LEN), 0);
    assert_int_equal(ice_random_string(out->pwd, ICE_PWD_LEN), 0);
    assert_int_equal(ice_random_string(out->remote_ufrag, ICE_UFRAG_LEN), 0);
    assert_int_equal(ice_random_string(out->remote_pwd, ICE_PWD_LEN), 0);
    m->exts = exts;
    if (wish->feedback != PEER_TRANSPORT_CC)
        m->exts.id[RTP_EXT_TRANSPORT_CC] = 0;
    if (wish->no_levels)
        m->exts.id[RTP_EXT_AUDIO_LEVEL] = 0;
    if (wish->no_send_times)
        m->exts.id[RTP_EXT_ABS_SEND_TIME] = 0;
    if (wish->descriptor) {
        m->exts.id[RTP_EXT_DEPENDENCY] = WISH_DESCRIPTOR_ID;
        m->exts.mixed = true;
    }
    snprintf(m->cname, sizeof(m->cname), "call");
    add_format(m, RTP_CODEC_OPUS, WISH_OPUS, 0);
    if (wish->red)
        add_format(m, RTP_CODEC_RED, WISH_RED, 0);
    if (wish->layered) {
        add_format(m, wish->layered, WISH_LAYERED, WISH_LAYERED + 1);
    } else if (!wish->no_video_codec) {
        add_format(m, RTP_CODEC_VP8, WISH_VP8, wish->no_rtx ? 0 : WISH_VP8 + 1);
        m->formats[m->format_count - 1].remb = wish->feedback == PEER_REMB;
    }
    add_tracks(m, participant, wish);
    wish_add_slots(m, RTP_AUDIO, wish->audio_slots);
    wish_add_slots(m, RTP_VIDEO, wish->video_slots);
}
