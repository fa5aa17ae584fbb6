#include "answer_build.h"

#include <string.h>

static const char *const source_names[] = {
    [SFU_MIC] = "mic", [SFU_CAMERA] = "camera", [SFU_SCREEN] = "screen", [SFU_SCREEN_AUDIO] = "screen_audio"};
_Static_assert(G_N_ELEMENTS(source_names) == SFU_SOURCE_COUNT, "every source has its name");

static enum rtp_kind kind_of(enum sfu_source source)
{
    return source == SFU_CAMERA || source == SFU_SCREEN ? RTP_VIDEO : RTP_AUDIO;
}

static const struct answer_source *source_of(const struct answer_build *b, const char *mid)
{
    for (size_t i = 0; i < b->source_count; i++) {
        if (strcmp(b->sources[i].mid, mid) == 0)
            return &b->sources[i];
    }
    return NULL;
}

/* What the request says of m-lines has to be of sending ones and of their kind. */
static int check_sources(struct answer_build *b)
{
    for (size_t k = 0; k < b->source_count; k++) {
        const struct answer_source *source = &b->sources[k];
        size_t i = 0;
        while (i < b->offer->section_count && strcmp(b->offer->sections[i].mid, source->mid) != 0)
            i++;
        if (i == b->offer->section_count)
            return answer_fail(b, 0, "tracks: the offer has no m-line with mid %s", source->mid);
        if (!b->plan[i].sends)
            continue; /* it was rejected, or has stopped sending: there is no track to describe */
        if (kind_of(source->source) != b->plan[i].kind)
            return answer_fail(b, b->offer->sections[i].line, "tracks: mid %s is not of a kind that a %s has",
                               source->mid, source_names[source->source]);
    }
    return 0;
}

/* The first of the kind's two sources that no other sending m-line has. */
static enum sfu_source default_source(const struct answer_build *b, enum rtp_kind kind, const bool *decided)
{
    static const enum sfu_source order[][2] = {
        [RTP_AUDIO] = {SFU_MIC, SFU_SCREEN_AUDIO}, [RTP_VIDEO] = {SFU_CAMERA, SFU_SCREEN}};
    for (size_t k = 0; k < 2; k++) {
        bool taken = false;
        for (size_t i = 0; i < b->offer->section_count; i++)
            taken = taken || (decided[i] && b->next->sections[i].source == order[kind][k]);
        if (!taken)
            return order[kind][k];
    }
    return order[kind][0];
}

/* As the request says; else as it was; else by default, after all others are known. */
static void decide_sources(struct answer_build *b)
{
    bool decided[SDP_SECTIONS_MAX] = {false};
    for (size_t i = 0; i < b->offer->section_count; i++) {
        struct answer_section *settled = &b->next->sections[i];
        const struct answer_source *source = source_of(b, settled->mid);
        decided[i] = b->plan[i].sends && (source || settled->track);
        if (decided[i] && source)
            settled->source = source->source;
    }
    for (size_t i = 0; i < b->offer->section_count; i++) {
        if (!b->plan[i].sends || decided[i])
            continue;
        b->next->sections[i].source = default_source(b, b->plan[i].kind, decided);
        decided[i] = true;
    }
}

/* Layers keep the order in which the client lists them: browsers list sendEncodings as they were given, and a
 * client of Plenum gives the lowest first. A layer that an answer leaves out is lost to the browser for good,
 * so they are in the answer to an inactive m-line, too. */
static int write_layers(struct answer_build *b, size_t i)
{
    const struct sdp_section *from = &b->offer->sections[i];
    struct sdp_section *to = &b->answer.sections[i];
    const char *rids[SDP_RIDS_MAX];
    size_t count = 0;
    for (size_t k = 0; k < from->rid_count && !from->send_count; k++) {
        if (!from->rids[k].recv)
            rids[count++] = from->rids[k].id;
    }
    for (size_t k = 0; k < from->send_count; k++) {
        size_t r = 0;
        while (r < from->rid_count && (from->rids[r].recv || strcmp(from->rids[r].id, from->send[k]) != 0))
            r++;
        if (r == from->rid_count)
            return answer_fail(b, from->line, "a=simulcast: %s has no a=rid:%s send", from->send[k],
                               from->send[k]);
        rids[count++] = from->send[k];
    }
    if (count > SFU_LAYERS_MAX)
        return answer_refuse(b, from->line, "a=simulcast: %zu layers, at most %d are taken", count,
                             SFU_LAYERS_MAX);
    for (size_t k = 0; k < count; k++) {
        to->rids[to->rid_count++] = (struct sdp_rid){.id = rids[k], .recv = true};
        if (from->send_count)
            to->recv[to->recv_count++] = rids[k];
    }
    return 0;
}

/* Without rids a=ssrc says which stream it is. With them rid and SSRC are paired by the packets themselves:
 * no line of the SDP does. */
static void take_ssrcs(struct answer_build *b, size_t i, struct sfu_track_desc *track)
{
    const struct sdp_section *from = &b->offer->sections[i];
    if (track->rid_count || !from->ssrc_count)
        return;
    track->ssrcs[0] = from->ssrcs[0].ssrc;
    for (size_t k = 0; k < from->group_count; k++) {
        const struct sdp_group *group = &from->groups[k];
        if (strcmp(group->semantics, "FID") == 0 && group->count == 2 && group->ssrcs[0] == track->ssrcs[0])
            track->rtx_ssrcs[0] = b->plan[i].rtx ? group->ssrcs[1] : 0;
    }
}

static bool was_muted(const struct answer_build *b, uint32_t id)
{
    const struct sfu_media_desc *media = &b->before->desc.media;
    for (size_t i = 0; i < media->track_count; i++) {
        if (media->tracks[i].id == id)
            return media->tracks[i].muted;
    }
    return false;
}

static int take_track(struct answer_build *b, size_t i)
{
    struct sfu_media_desc *media = &b->next->desc.media;
    struct answer_section *settled = &b->next->sections[i];
    if (media->track_count == SFU_TRACKS_MAX)
        return answer_refuse(b, b->offer->sections[i].line, "more than %d sending m-lines", SFU_TRACKS_MAX);
    if (!settled->track)
        settled->track = b->config->track_id(b->config->arg);
    const struct answer_source *source = source_of(b, settled->mid);
    struct sfu_track_desc *track = &media->tracks[media->track_count++];
    *track = (struct sfu_track_desc){
        .id = settled->track,
        .kind = b->plan[i].kind,
        .source = settled->source,
        .muted = source ? source->muted : was_muted(b, settled->track),
    };
    g_strlcpy(track->mid, settled->mid, sizeof track->mid);
    const struct sdp_section *answer = &b->answer.sections[i];
    for (size_t k = 0; k < answer->rid_count; k++)
        g_strlcpy(track->rids[track->rid_count++], answer->rids[k].id, sizeof track->rids[k]);
    take_ssrcs(b, i, track);
    return 0;
}

int answer_tracks(struct answer_build *b)
{
    int rc = check_sources(b);
    if (rc < 0)
        return rc;
    decide_sources(b);
    b->next->desc.media.track_count = 0;
    for (size_t i = 0; rc == 0 && i < b->offer->section_count; i++) {
        if (b->plan[i].taken && b->plan[i].track)
            rc = write_layers(b, i);
        if (rc == 0 && b->plan[i].sends)
            rc = take_track(b, i);
    }
    return rc;
}
