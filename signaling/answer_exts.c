#include "answer_build.h"

#include <string.h>

/* On which m-lines an extension is of use, besides the kinds that rtp_exts allows. */
static const struct {
    bool track, slot;
    bool svc; /* on slots only where a codec needs it to tell layers apart */
} uses[RTP_EXT_COUNT] = {
    [RTP_EXT_MID] = {.track = true, .slot = true},
    [RTP_EXT_RID] = {.track = true},
    [RTP_EXT_REPAIRED_RID] = {.track = true},
    [RTP_EXT_AUDIO_LEVEL] = {.track = true, .slot = true},
    [RTP_EXT_ABS_SEND_TIME] = {.track = true, .slot = true},
    [RTP_EXT_TRANSPORT_CC] = {.track = true, .slot = true},
    [RTP_EXT_DEPENDENCY] = {.track = true, .slot = true, .svc = true},
    [RTP_EXT_VIDEO_LAYERS] = {.track = true},
    [RTP_EXT_ABS_CAPTURE_TIME] = {.track = true},
};

enum { SVC_CODECS = 1 << RTP_CODEC_VP9 | 1 << RTP_CODEC_AV1 };

/* RFC 8285, sections 4.2 and 4.3: 15 is reserved, more needs two-byte headers. */
static bool id_is_usable(const struct answer_build *b, unsigned id)
{
    return (id >= 1 && id <= 14) || (id >= 16 && id <= UINT8_MAX && b->next->desc.media.exts.mixed);
}

static enum rtp_ext ext_of(const struct sdp_ext *e)
{
    return rtp_ext_by_uri(e->uri, strlen(e->uri));
}

bool answer_exts_offered(const struct answer_build *b, const struct sdp_section *s, enum rtp_ext ext)
{
    for (size_t i = 0; i < s->ext_count; i++) {
        if (ext_of(&s->exts[i]) == ext && id_is_usable(b, s->exts[i].id))
            return true;
    }
    return false;
}

/* RFC 9143, section 9.3: over a BUNDLE an id means one extension. We want the converse, too. */
int answer_exts_check(struct answer_build *b)
{
    const char *uris[UINT8_MAX + 1] = {NULL};
    unsigned ids[RTP_EXT_COUNT + 1] = {0};
    for (size_t i = 0; i < b->offer->section_count; i++) {
        const struct sdp_section *s = &b->offer->sections[i];
        for (size_t k = 0; b->plan[i].taken && k < s->ext_count; k++) {
            const struct sdp_ext *e = &s->exts[k];
            enum rtp_ext ext = ext_of(e);
            if (ext != RTP_EXT_COUNT && ids[ext] && ids[ext] != e->id)
                return answer_fail(b, s->line, "a=extmap: %.100s has two ids, %u and %u", e->uri, ids[ext],
                                   (unsigned)e->id);
            if (e->id <= UINT8_MAX && uris[e->id] && strcmp(uris[e->id], e->uri) != 0)
                return answer_fail(b, s->line, "a=extmap: id %u means %.80s and %.80s", (unsigned)e->id,
                                   uris[e->id], e->uri);
            ids[ext] = e->id;
            if (e->id <= UINT8_MAX)
                uris[e->id] = e->uri;
        }
    }
    return 0;
}

/* The direction of an accepted extension in the answer, SDP_INACTIVE = not accepted. */
static enum sdp_direction direction_for(const struct answer_plan *plan, const struct sdp_ext *e,
                                        enum rtp_ext ext)
{
    bool kind_ok = plan->kind == RTP_AUDIO ? rtp_exts[ext].audio : rtp_exts[ext].video;
    bool svc_ok = !uses[ext].svc || plan->codecs & SVC_CODECS;
    bool from_client = plan->track && uses[ext].track && e->direction & SDP_SENDONLY;
    bool to_client = plan->slot && uses[ext].slot && svc_ok && e->direction & SDP_RECVONLY;
    if (!kind_ok || !(from_client || to_client))
        return SDP_INACTIVE;
    return e->direction == SDP_SENDONLY   ? SDP_RECVONLY
           : e->direction == SDP_RECVONLY ? SDP_SENDONLY
                                          : SDP_SENDRECV;
}

void answer_exts(struct answer_build *b, size_t i)
{
    const struct sdp_section *from = &b->offer->sections[i];
    struct sdp_section *to = &b->answer.sections[i];
    for (size_t k = 0; b->plan[i].taken && k < from->ext_count; k++) {
        const struct sdp_ext *e = &from->exts[k];
        enum rtp_ext ext = ext_of(e);
        if (ext == RTP_EXT_COUNT || !id_is_usable(b, e->id))
            continue;
        enum sdp_direction direction = direction_for(&b->plan[i], e, ext);
        if (direction == SDP_INACTIVE)
            continue;
        to->exts[to->ext_count++] = (struct sdp_ext){.id = e->id, .direction = direction, .uri = e->uri};
        b->next->desc.media.exts.id[ext] = (uint8_t)e->id;
    }
}
