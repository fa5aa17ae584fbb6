#include "answer_build.h"
#include "sdp_parser.h"

#include <string.h>

size_t answer_codec_list(const char *list, enum rtp_kind kind, enum rtp_codec out[ANSWER_CODECS_MAX])
{
    size_t count = 0;
    while (*(list += strspn(list, " ")) && count < ANSWER_CODECS_MAX) {
        size_t len = strcspn(list, " ");
        enum rtp_codec codec = rtp_codec_by_name(list, len);
        bool own = codec != RTP_CODEC_NONE && codec != RTP_CODEC_RTX && codec != RTP_CODEC_RED;
        if (own && rtp_codecs[codec].kind == kind)
            out[count++] = codec;
        list += len;
    }
    return count;
}

/* The value of an fmtp parameter, or NULL. */
static const char *fmtp_find(const char *fmtp, const char *name, size_t *len)
{
    size_t name_len = strlen(name);
    while (*(fmtp += strspn(fmtp, "; "))) {
        size_t part = strcspn(fmtp, ";");
        if (part > name_len && fmtp[name_len] == '=' && g_ascii_strncasecmp(fmtp, name, name_len) == 0) {
            *len = part - name_len - 1;
            return fmtp + name_len + 1;
        }
        fmtp += part;
    }
    return NULL;
}

/* A numeric parameter in that base; `absent` where it is not there, -1 where it is no number. */
static int64_t fmtp_number(const char *fmtp, const char *name, unsigned base, int64_t absent)
{
    size_t len;
    const char *value = fmtp_find(fmtp, name, &len);
    if (!value)
        return absent;
    int64_t n = 0;
    for (size_t i = 0; i < len; i++) {
        int digit = g_ascii_xdigit_value(value[i]);
        if (digit < 0 || digit >= (int)base || len > 8)
            return -1;
        n = n * base + digit;
    }
    return len ? n : -1;
}

enum { H264_BASELINE_LEVEL_1 = 0x42000a, H264_CONSTRAINED_BASELINE = 0x42e0 };

/* Several values of profile_idc and constraint flags mean Constrained Baseline, which every browser has (RFC
 * 6184, section 8.1, table 5): they become one. Other profiles stay as they are. */
static uint32_t h264_profile(uint32_t profile_level_id)
{
    uint32_t profile = profile_level_id >> 8;
    static const struct {
        uint32_t mask, value;
    } constrained[] = {{0xff4f, 0x4240}, {0xff8f, 0x4d80}, {0xffcf, 0x58c0}};
    for (size_t i = 0; i < G_N_ELEMENTS(constrained); i++) {
        if ((profile & constrained[i].mask) == constrained[i].value)
            return H264_CONSTRAINED_BASELINE;
    }
    return profile;
}

static bool h264_variant(const char *fmtp, uint32_t *variant)
{
    int64_t mode = fmtp_number(fmtp, "packetization-mode", 10, 0);
    int64_t profile = fmtp_number(fmtp, "profile-level-id", 16, H264_BASELINE_LEVEL_1);
    if (mode < 0 || mode > 1 || profile < 0 || profile > 0xffffff)
        return false; /* mode 2 is interleaved: no browser sends it, nothing here reads it */
    *variant = (uint32_t)mode << 24 | h264_profile((uint32_t)profile) << 8;
    return true;
}

/* With rtcp-mux these would look like RTCP (RFC 5761, section 4). */
static bool pt_is_usable(uint8_t pt)
{
    return pt < 64 || pt > 95;
}

/* Which codec a format is, in a form that is forwarded, or RTP_CODEC_NONE. */
static enum rtp_codec codec_of(const struct sdp_format *f, enum rtp_kind kind, uint32_t *variant)
{
    *variant = 0;
    enum rtp_codec codec = rtp_codec_by_name(f->name, strlen(f->name));
    if (codec == RTP_CODEC_NONE || codec == RTP_CODEC_RTX || !pt_is_usable(f->pt))
        return RTP_CODEC_NONE;
    const struct rtp_codec_info *info = &rtp_codecs[codec];
    bool same = info->kind == kind && f->clock_rate == info->clock_rate &&
                MAX(f->channels, 1) == MAX(info->channels, 1);
    if (codec == RTP_CODEC_VP9)
        same = same && fmtp_number(f->fmtp, "profile-id", 10, 0) == 0;
    if (codec == RTP_CODEC_AV1)
        same = same && fmtp_number(f->fmtp, "profile", 10, 0) == 0;
    if (codec == RTP_CODEC_H264)
        same = same && h264_variant(f->fmtp, variant);
    return same ? codec : RTP_CODEC_NONE;
}

static int64_t apt_of(const struct sdp_format *f)
{
    return rtp_codec_by_name(f->name, strlen(f->name)) == RTP_CODEC_RTX ? fmtp_number(f->fmtp, "apt", 10, -1)
                                                                        : -1;
}

static const struct sdp_format *rtx_for(const struct sdp_section *s, const struct sdp_format *of)
{
    for (size_t i = 0; i < s->format_count; i++) {
        const struct sdp_format *f = &s->formats[i];
        if (apt_of(f) == of->pt && f->clock_rate == of->clock_rate && pt_is_usable(f->pt))
            return f;
    }
    return NULL;
}

/* --- One meaning for a payload type -------------------------------------------- */

static bool same_meaning(const struct sdp_format *a, enum rtp_kind a_kind, const struct sdp_format *b,
                         enum rtp_kind b_kind)
{
    uint32_t a_variant, b_variant;
    return g_ascii_strcasecmp(a->name, b->name) == 0 && a->clock_rate == b->clock_rate &&
           MAX(a->channels, 1) == MAX(b->channels, 1) &&
           codec_of(a, a_kind, &a_variant) == codec_of(b, b_kind, &b_variant) && a_variant == b_variant &&
           apt_of(a) == apt_of(b);
}

int answer_codecs_check(struct answer_build *b)
{
    struct {
        const struct sdp_format *format;
        unsigned line;
        enum rtp_kind kind;
    } seen[128] = {0};
    for (size_t i = 0; i < b->offer->section_count; i++) {
        const struct sdp_section *s = &b->offer->sections[i];
        for (size_t k = 0; b->plan[i].taken && k < s->format_count; k++) {
            const struct sdp_format *f = &s->formats[k];
            if (!*f->name)
                continue; /* a static payload type; none is taken */
            if (seen[f->pt].format && !same_meaning(seen[f->pt].format, seen[f->pt].kind, f, b->plan[i].kind))
                return answer_fail(b, s->line,
                                   "payload type %u means another codec than in the m-line of line %u",
                                   (unsigned)f->pt, seen[f->pt].line);
            seen[f->pt].format = f;
            seen[f->pt].line = s->line;
            seen[f->pt].kind = b->plan[i].kind;
        }
    }
    return 0;
}

/* --- What is agreed -------------------------------------------------------------- */

/* Into the transport's list; false where that is full. A payload type that is there gains what this m-line
 * adds. */
static bool settle_format(struct answer_build *b, const struct sfu_format *f)
{
    struct sfu_media_desc *media = &b->next->desc.media;
    struct sfu_format *to = media->formats;
    while (to < media->formats + media->format_count && to->pt != f->pt)
        to++;
    if (to == media->formats + media->format_count) {
        if (media->format_count == SFU_FORMATS_MAX)
            return false;
        media->format_count++;
        *to = *f;
        return true;
    }
    to->rtx_pt = to->rtx_pt ? to->rtx_pt : f->rtx_pt;
    to->nack |= f->nack;
    to->pli |= f->pli;
    to->transport_cc |= f->transport_cc;
    to->remb |= f->remb;
    return true;
}

/* REMB only where transport-wide feedback cannot be had: it needs its header extension, too. */
static uint8_t feedback_of(const struct answer_build *b, const struct sdp_section *s,
                           const struct sdp_format *f, enum rtp_kind kind)
{
    uint8_t feedback = f->feedback & (SDP_FB_NACK | SDP_FB_TRANSPORT_CC);
    if (kind == RTP_VIDEO)
        feedback = f->feedback;
    if (!answer_exts_offered(b, s, RTP_EXT_TRANSPORT_CC))
        feedback &= (uint8_t)~SDP_FB_TRANSPORT_CC;
    if (feedback & SDP_FB_TRANSPORT_CC)
        feedback &= (uint8_t)~SDP_FB_REMB;
    return feedback;
}

static const char *fmtp_for(struct answer_build *b, const struct sdp_format *offered, enum rtp_codec codec,
                            uint32_t variant)
{
    switch (codec) {
    case RTP_CODEC_OPUS:
        return "minptime=10;useinbandfec=1;usedtx=1";
    case RTP_CODEC_VP9:
        return "profile-id=0";
    case RTP_CODEC_AV1:
        return sdp_printf(&b->answer, "level-idx=%d;profile=0;tier=%d",
                          (int)MAX(fmtp_number(offered->fmtp, "level-idx", 10, 5), 0),
                          (int)MAX(fmtp_number(offered->fmtp, "tier", 10, 0), 0));
    case RTP_CODEC_H264: /* the level as offered: an answer may not raise it where asymmetry is not allowed */
        return sdp_printf(
            &b->answer, "level-asymmetry-allowed=1;packetization-mode=%u;profile-level-id=%06x",
            variant >> 24,
            (unsigned)fmtp_number(offered->fmtp, "profile-level-id", 16, H264_BASELINE_LEVEL_1));
    case RTP_CODEC_RED:
        return sdp_string(&b->answer, offered->fmtp, strlen(offered->fmtp));
    default:
        return "";
    }
}

static void push_format(struct sdp_section *to, const struct sdp_format *offered, const char *fmtp,
                        uint8_t feedback)
{
    struct sdp_format *f = &to->formats[to->format_count++];
    *f = *offered;
    f->fmtp = fmtp;
    f->feedback = feedback;
}

static void take_format(struct answer_build *b, size_t i, const struct sdp_format *offered,
                        enum rtp_codec codec, uint32_t variant)
{
    const struct sdp_section *from = &b->offer->sections[i];
    struct sdp_section *to = &b->answer.sections[i];
    const struct sdp_format *rtx = rtx_for(from, offered);
    uint8_t feedback = feedback_of(b, from, offered, b->plan[i].kind);
    struct sfu_format format = {
        .codec = codec,
        .pt = offered->pt,
        .rtx_pt = rtx ? rtx->pt : 0,
        .variant = variant,
        .nack = feedback & SDP_FB_NACK,
        .pli = feedback & SDP_FB_PLI,
        .transport_cc = feedback & SDP_FB_TRANSPORT_CC,
        .remb = feedback & SDP_FB_REMB,
    };
    if (!settle_format(b, &format))
        return;
    push_format(to, offered, fmtp_for(b, offered, codec, variant), feedback);
    if (rtx)
        push_format(to, rtx, sdp_printf(&b->answer, "apt=%u", (unsigned)offered->pt), 0);
    b->plan[i].rtx |= rtx != NULL;
    b->plan[i].codecs |= 1u << codec;
}

/* Which of several formats of one codec a publisher should send: the one that most viewers can decode. */
static unsigned rank_of(enum rtp_codec codec, uint32_t variant)
{
    if (codec != RTP_CODEC_H264)
        return 0;
    bool constrained = (variant >> 8 & 0xffff) == H264_CONSTRAINED_BASELINE;
    bool fragments = variant >> 24 == 1; /* packetization-mode 1 may split a NAL unit over packets */
    return (constrained ? 0u : 2u) + (fragments ? 0u : 1u);
}

static void take_best(struct answer_build *b, size_t i, enum rtp_codec codec)
{
    const struct sdp_section *s = &b->offer->sections[i];
    const struct sdp_format *best = NULL;
    uint32_t variant, best_variant = 0;
    for (size_t k = 0; k < s->format_count; k++) {
        const struct sdp_format *f = &s->formats[k];
        if (codec_of(f, b->plan[i].kind, &variant) != codec)
            continue;
        if (!best || rank_of(codec, variant) < rank_of(codec, best_variant)) {
            best = f;
            best_variant = variant;
        }
    }
    if (best)
        take_format(b, i, best, codec, best_variant);
}

static void take_all(struct answer_build *b, size_t i, enum rtp_codec codec)
{
    const struct sdp_section *s = &b->offer->sections[i];
    uint32_t variant;
    for (size_t k = 0; k < s->format_count; k++) {
        if (codec_of(&s->formats[k], b->plan[i].kind, &variant) == codec)
            take_format(b, i, &s->formats[k], codec, variant);
    }
}

/* "111/111": redundant blocks of that payload type only (RFC 2198, section 5). */
static bool red_is_of(const char *fmtp, unsigned pt)
{
    g_auto(GStrv) parts = g_strsplit(fmtp, "/", 32);
    bool all = parts[0] != NULL;
    for (size_t i = 0; parts[i]; i++) {
        uint64_t n;
        all = all && sdp_number(parts[i], 127, &n) && n == pt;
    }
    return all;
}

/* RED in front of the Opus that it is made of: a publisher sends the first format. */
static void take_red(struct answer_build *b, size_t i)
{
    const struct sdp_section *s = &b->offer->sections[i];
    struct sdp_section *to = &b->answer.sections[i];
    if (!b->config->red || !to->format_count)
        return;
    uint32_t variant;
    size_t opus = to->format_count;
    for (size_t k = 0; k < s->format_count; k++) {
        const struct sdp_format *f = &s->formats[k];
        if (codec_of(f, RTP_AUDIO, &variant) != RTP_CODEC_RED || !red_is_of(f->fmtp, to->formats[0].pt))
            continue;
        take_format(b, i, f, RTP_CODEC_RED, 0);
        if (to->format_count > opus) {
            struct sdp_format red = to->formats[opus];
            memmove(to->formats + 1, to->formats, opus * sizeof red);
            to->formats[0] = red;
        }
        return;
    }
}

void answer_codecs(struct answer_build *b, size_t i)
{
    struct answer_plan *plan = &b->plan[i];
    const enum rtp_codec *list = plan->kind == RTP_AUDIO ? b->config->audio : b->config->video;
    size_t count = plan->kind == RTP_AUDIO ? b->config->audio_count : b->config->video_count;
    if (!plan->taken)
        return;
    bool one = plan->track && !plan->slot; /* what a publisher is not told about it cannot send */
    for (size_t k = 0; k < count && !(one && plan->codecs); k++) {
        if (plan->track)
            take_best(b, i, list[k]);
        else
            take_all(b, i, list[k]);
    }
    if (plan->kind == RTP_AUDIO)
        take_red(b, i);
    if (!plan->codecs)
        plan->taken = plan->sends = plan->receives = false;
}
