#include "answer_build.h"

#include <string.h>

/* The profiles of RFC 8829, section 5.1.2; what counts is that DTLS-SRTP runs below. */
static bool is_secure_rtp(const char *proto)
{
    static const char *const protos[] = {"UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP", "TCP/TLS/RTP/SAVPF",
                                         "TCP/TLS/RTP/SAVP",  "RTP/SAVPF",        "RTP/SAVP"};
    for (size_t i = 0; i < G_N_ELEMENTS(protos); i++) {
        if (strcmp(proto, protos[i]) == 0)
            return true;
    }
    return false;
}

static bool is_stopped(const struct sdp_section *s)
{
    return s->port == 0 && !s->bundle_only;
}

static void plan_section(struct answer_build *b, size_t i)
{
    const struct sdp_section *s = &b->offer->sections[i];
    struct answer_plan *plan = &b->plan[i];
    bool audio = strcmp(s->media, "audio") == 0, video = strcmp(s->media, "video") == 0;
    plan->kind = video ? RTP_VIDEO : RTP_AUDIO;
    plan->taken = (audio || video) && !is_stopped(s) && is_secure_rtp(s->proto);
    enum sdp_direction direction = s->level.has_direction          ? s->level.direction
                                   : b->offer->level.has_direction ? b->offer->level.direction
                                                                   : SDP_SENDRECV;
    plan->sends = plan->taken && direction & SDP_SENDONLY && !b->config->only_receives;
    plan->receives = plan->taken && direction & SDP_RECVONLY && !b->config->only_sends;
}

/* RFC 8829, section 5.2.2: m-lines stay where they are; the place of a stopped one may be taken by another.
 */
static int keep_place(struct answer_build *b, size_t i)
{
    const struct sdp_section *s = &b->offer->sections[i];
    struct answer_section *settled = &b->next->sections[i];
    if (b->plan[i].taken && !*s->mid)
        return answer_fail(b, s->line, "the m-line has no a=mid");
    bool same = i < b->before->section_count && strcmp(settled->mid, s->mid) == 0;
    if (i < b->before->section_count && !same && !settled->stopped)
        return answer_fail(b, s->line,
                           "the m-line with mid %s was here: m-lines are not removed or reordered",
                           settled->mid);
    if (!same) {
        *settled = (struct answer_section){.slot = -1};
        g_strlcpy(settled->mid, s->mid, sizeof settled->mid);
    }
    bool used = settled->track || settled->slot >= 0;
    if (same && used && b->plan[i].taken && settled->kind != b->plan[i].kind)
        return answer_fail(b, s->line, "the m-line with mid %s was audio or video and is the other now",
                           s->mid);
    settled->kind = b->plan[i].kind;
    b->plan[i].track = b->plan[i].sends || settled->track;
    b->plan[i].slot = b->plan[i].receives || settled->slot >= 0 || !b->plan[i].track;
    return 0;
}

int answer_place(struct answer_build *b)
{
    if (b->offer->section_count < b->before->section_count)
        return answer_fail(b, 0,
                           "the offer has %zu m-lines and had %zu: m-lines are not removed or reordered",
                           b->offer->section_count, b->before->section_count);
    if (!b->offer->section_count)
        return answer_fail(b, 0, "the offer has no m-line");
    for (size_t i = 0; i < b->offer->section_count; i++) {
        plan_section(b, i);
        int rc = keep_place(b, i);
        if (rc < 0)
            return rc;
    }
    b->next->section_count = b->offer->section_count;
    return 0;
}
