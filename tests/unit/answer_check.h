/* Rules that every answer keeps, whatever the offer was: for the tests, and for
 * the fuzzer. */
#pragma once

#include "answer.h"

#include <string.h>

#define ANSWER_RULE(kept)                                                                                    \
    do {                                                                                                     \
        if (!(kept))                                                                                         \
            return #kept;                                                                                    \
    } while (0)

static inline bool answer_check_taken(const struct sdp_section *s)
{
    return s->port != 0;
}

static inline bool answer_check_bundled(const struct sdp *sdp, const char *mid)
{
    for (size_t i = 0; i < sdp->bundle_count; i++) {
        if (strcmp(sdp->bundle[i], mid) == 0)
            return true;
    }
    return false;
}

static inline const struct sdp_format *answer_check_format(const struct sdp_section *s, unsigned pt)
{
    for (size_t i = 0; i < s->format_count; i++) {
        if (s->formats[i].pt == pt)
            return &s->formats[i];
    }
    return NULL;
}

static inline bool answer_check_offers_ext(const struct sdp_section *s, const struct sdp_ext *e)
{
    for (size_t i = 0; i < s->ext_count; i++) {
        if (s->exts[i].id == e->id && strcmp(s->exts[i].uri, e->uri) == 0)
            return true;
    }
    return false;
}

/* One m-line: nothing that was not offered, the directions as they can be, one transport. */
static inline const char *answer_check_section(const struct sdp_section *offered, const struct sdp_section *s,
                                               const struct sdp *answer,
                                               const struct sfu_transport_desc *desc)
{
    ANSWER_RULE(strcmp(s->media, offered->media) == 0 && strcmp(s->proto, offered->proto) == 0);
    ANSWER_RULE(strcmp(s->mid, offered->mid) == 0);
    ANSWER_RULE(s->level.has_direction);
    if (!answer_check_taken(s)) {
        ANSWER_RULE(!answer_check_bundled(answer, s->mid));
        return NULL;
    }
    ANSWER_RULE(offered->port != 0 || offered->bundle_only);
    ANSWER_RULE(answer->section_count == 1 || !answer->bundle_count || answer_check_bundled(answer, s->mid));
    ANSWER_RULE(s->rtcp_mux);
    ANSWER_RULE(strcmp(s->level.ufrag, desc->ufrag) == 0 && strcmp(s->level.pwd, desc->pwd) == 0);
    ANSWER_RULE(s->level.setup == (desc->dtls_client ? SDP_SETUP_ACTIVE : SDP_SETUP_PASSIVE));
    ANSWER_RULE(s->level.fingerprint.len == 32);
    ANSWER_RULE(s->format_count > 0);
    for (size_t i = 0; i < s->format_count; i++) {
        const struct sdp_format *f = answer_check_format(offered, s->formats[i].pt);
        ANSWER_RULE(f && strcmp(f->name, s->formats[i].name) == 0 &&
                    f->clock_rate == s->formats[i].clock_rate);
        ANSWER_RULE((s->formats[i].feedback & ~f->feedback) == 0);
        ANSWER_RULE(s->formats[i].pt < 64 || s->formats[i].pt > 95);
    }
    for (size_t i = 0; i < s->ext_count; i++)
        ANSWER_RULE(answer_check_offers_ext(offered, &s->exts[i]));
    return NULL;
}

static inline size_t answer_check_count(const struct sdp *sdp, uint32_t ssrc)
{
    size_t count = 0;
    for (size_t i = 0; i < sdp->section_count; i++) {
        for (size_t k = 0; k < sdp->sections[i].ssrc_count; k++)
            count += sdp->sections[i].ssrcs[k].ssrc == ssrc;
    }
    return count;
}

static inline const char *answer_check_slots(const struct sdp *answer, const struct answer_state *state)
{
    const struct sfu_media_desc *media = &state->desc.media;
    size_t slots = 0;
    for (size_t i = 0; i < answer->section_count; i++) {
        const struct sdp_section *s = &answer->sections[i];
        bool sends = answer_check_taken(s) && s->level.direction & SDP_SENDONLY;
        ANSWER_RULE(sends == (s->ssrc_count > 0));
        if (!sends)
            continue;
        slots++;
        const struct sfu_slot_desc *slot = &media->slots[state->sections[i].slot];
        ANSWER_RULE(state->sections[i].slot >= 0 && state->sections[i].slot < media->slot_count);
        ANSWER_RULE(!slot->stopped && strcmp(slot->mid, s->mid) == 0);
        ANSWER_RULE(s->ssrcs[0].ssrc == slot->ssrc && slot->ssrc != 0);
        ANSWER_RULE(answer_check_count(answer, slot->ssrc) == 1);
        ANSWER_RULE(strcmp(s->ssrcs[0].cname, media->cname) == 0);
        ANSWER_RULE(s->group_count == s->ssrc_count - 1);
        if (s->ssrc_count == 2)
            ANSWER_RULE(s->groups[0].ssrcs[0] == slot->ssrc && s->groups[0].ssrcs[1] == slot->rtx_ssrc &&
                        s->ssrcs[1].ssrc == slot->rtx_ssrc &&
                        answer_check_count(answer, slot->rtx_ssrc) == 1);
    }
    for (size_t i = 0; i < media->slot_count; i++)
        slots += media->slots[i].stopped;
    ANSWER_RULE(slots == media->slot_count);
    return NULL;
}

static inline const char *answer_check_tracks(const struct sdp *answer, const struct answer_state *state)
{
    const struct sfu_media_desc *media = &state->desc.media;
    size_t tracks = 0;
    for (size_t i = 0; i < answer->section_count; i++) {
        const struct sdp_section *s = &answer->sections[i];
        if (!answer_check_taken(s) || !(s->level.direction & SDP_RECVONLY))
            continue;
        ANSWER_RULE(tracks < media->track_count);
        const struct sfu_track_desc *track = &media->tracks[tracks++];
        ANSWER_RULE(strcmp(track->mid, s->mid) == 0 && track->id == state->sections[i].track && track->id);
        ANSWER_RULE(track->rid_count == s->rid_count &&
                    (s->recv_count == 0 || s->recv_count == s->rid_count));
        for (size_t k = 0; k < s->rid_count; k++)
            ANSWER_RULE(strcmp(track->rids[k], s->rids[k].id) == 0 && s->rids[k].recv);
    }
    ANSWER_RULE(tracks == media->track_count);
    return NULL;
}

/* The formats and extensions that the media plane is told are those of the answer. */
static inline const char *answer_check_media(const struct sdp *answer, const struct sfu_media_desc *media)
{
    bool used[SFU_FORMATS_MAX] = {false};
    for (size_t i = 0; i < answer->section_count; i++) {
        const struct sdp_section *s = &answer->sections[i];
        for (size_t k = 0; k < s->ext_count; k++) {
            enum rtp_ext ext = rtp_ext_by_uri(s->exts[k].uri, strlen(s->exts[k].uri));
            ANSWER_RULE(ext != RTP_EXT_COUNT && media->exts.id[ext] == s->exts[k].id);
            ANSWER_RULE(s->exts[k].id <= 14 || media->exts.mixed);
        }
        for (size_t k = 0; answer_check_taken(s) && k < media->format_count; k++) {
            const struct sdp_format *f = answer_check_format(s, media->formats[k].pt);
            used[k] |= f && g_ascii_strcasecmp(f->name, rtp_codecs[media->formats[k].codec].name) == 0;
        }
    }
    for (size_t k = 0; k < media->format_count; k++)
        ANSWER_RULE(used[k]);
    return NULL;
}

/* NULL, or the rule that is broken. */
static inline const char *answer_check(const struct sdp *offer, const struct sdp *answer,
                                       const struct answer_state *state)
{
    const char *broken = NULL;
    ANSWER_RULE(answer->ice_lite);
    ANSWER_RULE(answer->section_count == offer->section_count &&
                state->section_count == offer->section_count);
    for (size_t i = 0; i < answer->section_count && !broken; i++)
        broken = answer_check_section(&offer->sections[i], &answer->sections[i], answer, &state->desc);
    for (size_t i = 0; i < answer->bundle_count && !broken; i++)
        ANSWER_RULE(answer_check_bundled(offer, answer->bundle[i]));
    if (!broken)
        broken = answer_check_slots(answer, state);
    if (!broken)
        broken = answer_check_tracks(answer, state);
    return broken ? broken : answer_check_media(answer, &state->desc.media);
}
