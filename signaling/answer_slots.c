#include "answer_build.h"

#include <string.h>

static bool client_has(const struct sdp *offer, uint32_t ssrc)
{
    for (size_t i = 0; i < offer->section_count; i++) {
        const struct sdp_section *s = &offer->sections[i];
        for (size_t k = 0; k < s->ssrc_count; k++) {
            if (s->ssrcs[k].ssrc == ssrc)
                return true;
        }
    }
    return false;
}

/* Stopped slots count as well: an SSRC never comes back while the transport lives. */
static bool slots_have(const struct sfu_media_desc *media, uint32_t ssrc)
{
    for (size_t i = 0; i < media->slot_count; i++) {
        if (media->slots[i].ssrc == ssrc || media->slots[i].rtx_ssrc == ssrc)
            return true;
    }
    return false;
}

/* Random; where that is taken, the next that is not. 0 and the highest, which some stacks use as marks, stay
 * out. */
static uint32_t new_ssrc(const struct answer_build *b)
{
    uint32_t ssrc;
    b->config->random(b->config->arg, &ssrc, sizeof ssrc);
    while (ssrc == 0 || ssrc == UINT32_MAX || client_has(b->offer, ssrc) ||
           slots_have(&b->next->desc.media, ssrc))
        ssrc++;
    return ssrc;
}

static int new_slot(struct answer_build *b, size_t i)
{
    struct sfu_media_desc *media = &b->next->desc.media;
    if (media->slot_count == SFU_SLOTS_MAX)
        return answer_refuse(b, b->offer->sections[i].line, "more than %d receiving m-lines", SFU_SLOTS_MAX);
    uint32_t ssrc = new_ssrc(b);
    b->next->sections[i].slot = media->slot_count;
    struct sfu_slot_desc *slot = &media->slots[media->slot_count++];
    *slot = (struct sfu_slot_desc){.kind = b->plan[i].kind, .ssrc = ssrc};
    g_strlcpy(slot->mid, b->next->sections[i].mid, sizeof slot->mid);
    return 0;
}

/* RFC 8830, RFC 5576. A stream of its own for each slot: nothing is to be played in step with it. A simple
 * player shows one stream, and all slots are on one clock. */
static void write_slot(struct answer_build *b, size_t i, const struct sfu_slot_desc *slot)
{
    struct sdp_section *to = &b->answer.sections[i];
    const char *cname = b->next->desc.media.cname;
    int index = b->next->sections[i].slot;
    to->msid = b->config->only_receives ? sdp_printf(&b->answer, "programme slot-%d", index)
                                        : sdp_printf(&b->answer, "slot-%d slot-%d", index, index);
    to->ssrcs[to->ssrc_count++] = (struct sdp_ssrc){.ssrc = slot->ssrc, .cname = cname};
    if (!b->plan[i].rtx)
        return;
    to->ssrcs[to->ssrc_count++] = (struct sdp_ssrc){.ssrc = slot->rtx_ssrc, .cname = cname};
    to->groups[to->group_count++] =
        (struct sdp_group){.semantics = "FID", .ssrcs = {slot->ssrc, slot->rtx_ssrc}, .count = 2};
}

static int take_slot(struct answer_build *b, size_t i)
{
    if (b->next->sections[i].slot < 0) {
        int rc = new_slot(b, i);
        if (rc < 0)
            return rc;
    }
    struct sfu_slot_desc *slot = &b->next->desc.media.slots[b->next->sections[i].slot];
    slot->stopped = false;
    if (b->plan[i].rtx && !slot->rtx_ssrc)
        slot->rtx_ssrc = new_ssrc(b);
    write_slot(b, i, slot);
    return 0;
}

int answer_slots(struct answer_build *b)
{
    struct sfu_media_desc *media = &b->next->desc.media;
    for (size_t i = 0; i < media->slot_count; i++)
        media->slots[i].stopped = true;
    for (size_t i = 0; i < b->offer->section_count; i++) {
        int rc = b->plan[i].receives ? take_slot(b, i) : 0;
        if (rc < 0)
            return rc;
    }
    return 0;
}
