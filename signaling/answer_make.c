#include "answer_build.h"

#include <inttypes.h>
#include <string.h>

static void start_state(struct answer_build *b)
{
    struct answer_state *next = b->next;
    if (!next->version) {
        b->config->random(b->config->arg, &next->origin, sizeof next->origin);
        next->origin >>= 2; /* stays below 2^62, for parsers with signed numbers */
        answer_random_text(b->config, next->desc.media.cname, 16);
    }
    next->version++;
    next->desc.media.format_count = 0;
    next->desc.media.exts = (struct rtp_ext_map){0};
}

/* What all m-lines have, and what a rejected one consists of. */
static void start_section(struct answer_build *b, size_t i)
{
    const struct sdp_section *offered = &b->offer->sections[i];
    struct sdp_section *s = &b->answer.sections[i];
    s->media = offered->media;
    s->proto = offered->proto;
    s->fmt = offered->fmt;
    s->mid = offered->mid;
    s->connection = "IN IP4 0.0.0.0";
    s->level.has_direction = true;
}

static void settle_section(struct answer_build *b, size_t i)
{
    const struct answer_plan *plan = &b->plan[i];
    struct sdp_section *s = &b->answer.sections[i];
    b->next->sections[i].stopped = !plan->taken;
    if (!plan->taken)
        return;
    s->level.direction =
        (plan->sends ? SDP_RECVONLY : SDP_INACTIVE) | (plan->receives ? SDP_SENDONLY : SDP_INACTIVE);
    s->level.allow_mixed = b->offer->sections[i].level.allow_mixed && b->next->desc.media.exts.mixed;
    s->rtcp_mux = true;
    s->rtcp_rsize = b->offer->sections[i].rtcp_rsize;
}

/* Two-byte headers are for the whole transport, so all that is bundled has to allow them (RFC 8285, section
 * 6). */
static bool mixed_allowed(const struct answer_build *b)
{
    bool all = true;
    for (size_t i = 0; i < b->offer->section_count; i++)
        all = all && (!b->plan[i].taken || b->offer->sections[i].level.allow_mixed);
    return all || b->offer->level.allow_mixed;
}

static int check_taken(struct answer_build *b)
{
    bool taken = false, used = !b->config->only_sends && !b->config->only_receives;
    if (b->before->version)
        return 0; /* everything may be stopped later on */
    for (size_t i = 0; i < b->offer->section_count; i++) {
        taken = taken || b->plan[i].taken;
        used = used || b->plan[i].sends || b->plan[i].receives;
    }
    if (taken && !used)
        return answer_refuse(b, 0, "no m-line %s, and here clients do nothing else",
                             b->config->only_sends ? "sends" : "receives");
    if (taken)
        return 0;
    return answer_refuse(
        b, 0, "no m-line can be taken: none has audio or video in a codec of this room (first %s, %s)",
        b->config->audio_count ? rtp_codecs[b->config->audio[0]].name : "no audio",
        b->config->video_count ? rtp_codecs[b->config->video[0]].name : "no video");
}

/* The parts, in the order in which one needs what another has decided. */
static int decide(struct answer_build *b)
{
    int rc = answer_place(b);
    if (rc == 0)
        rc = answer_codecs_check(b);
    if (rc == 0)
        rc = answer_exts_check(b);
    if (rc < 0)
        return rc;
    b->next->desc.media.exts.mixed = mixed_allowed(b);
    for (size_t i = 0; i < b->offer->section_count; i++) {
        start_section(b, i);
        answer_codecs(b, i);
    }
    for (size_t i = 0; i < b->offer->section_count; i++) {
        settle_section(b, i);
        answer_exts(b, i);
    }
    rc = check_taken(b);
    if (rc == 0)
        rc = answer_tracks(b);
    if (rc == 0)
        rc = answer_slots(b);
    return rc == 0 ? answer_transport(b) : rc;
}

static int build(struct answer_build *b, char **answer)
{
    start_state(b);
    sdp_init(&b->answer, b->offer->section_count);
    int rc = decide(b);
    if (rc == 0) {
        b->answer.origin =
            sdp_printf(&b->answer, "- %" PRIu64 " %u IN IP4 127.0.0.1", b->next->origin, b->next->version);
        b->answer.level.allow_mixed = b->offer->level.allow_mixed;
        *answer = sdp_write(&b->answer);
    }
    sdp_finish(&b->answer);
    return rc;
}

int answer_make(struct answer_state *state, const char *text, size_t len, const struct answer_config *config,
                const struct answer_source *sources, size_t source_count, char **answer, char *err,
                size_t err_len)
{
    struct sdp offer;
    int rc = sdp_parse(&offer, text, len, err, err_len);
    if (rc < 0)
        return rc;
    g_autofree struct answer_state *next = g_memdup2(state, sizeof *state);
    g_autofree struct answer_build *b = g_new(struct answer_build, 1);
    *b = (struct answer_build){
        .offer = &offer,
        .config = config,
        .sources = sources,
        .source_count = source_count,
        .before = state,
        .next = next,
        .err = err,
        .err_len = err_len,
    };
    rc = build(b, answer);
    if (rc == 0)
        *state = *next;
    sdp_finish(&offer);
    return rc;
}
