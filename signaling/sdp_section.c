#include "sdp_section.h"

#include <errno.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct sdp_format *format_of(struct sdp_section *s, uint64_t pt)
{
    for (size_t i = 0; i < s->format_count; i++) {
        if (s->formats[i].pt == pt)
            return &s->formats[i];
    }
    return NULL;
}

int sdp_section_mid(struct sdp_parser *p, char *value, size_t arg)
{
    (void)arg;
    if (!sdp_is_token(value, SFU_MID_MAX))
        return sdp_parser_fail(p, -EBADMSG, "a=mid: 1 to %d letters, digits or signs", SFU_MID_MAX);
    for (const struct sdp_section *s = p->sdp->sections; s < p->section; s++) {
        if (strcmp(s->mid, value) == 0)
            return sdp_parser_fail(p, -EBADMSG, "a=mid: %s is that of line %u, too", value, s->line);
    }
    p->section->mid = value;
    return 0;
}

/* a=rtpmap:<pt> <name>/<clock rate>[/<channels>] */
int sdp_section_rtpmap(struct sdp_parser *p, char *value, size_t arg)
{
    (void)arg;
    uint64_t pt, clock_rate, channels = 0;
    if (!sdp_number(sdp_word(&value), 127, &pt))
        return sdp_parser_fail(p, -EBADMSG, "a=rtpmap: a payload type is 0..127");
    struct sdp_format *f = format_of(p->section, pt);
    if (!f)
        return 0; /* not in the m-line: never used */
    if (*f->name)
        return sdp_parser_fail(p, -EBADMSG, "a=rtpmap: payload type %u has one already", (unsigned)pt);
    char *clock = strchr(value, '/');
    char *channel = clock ? strchr(clock + 1, '/') : NULL;
    if (clock)
        *clock++ = '\0';
    if (channel)
        *channel++ = '\0';
    if (!sdp_is_token(value, 64) || !clock || !sdp_number(clock, UINT32_MAX, &clock_rate) || !clock_rate ||
        (channel && !sdp_number(channel, UINT8_MAX, &channels)))
        return sdp_parser_fail(p, -EBADMSG, "a=rtpmap: expected name/clock rate or name/clock rate/channels");
    f->name = value;
    f->clock_rate = (uint32_t)clock_rate;
    f->channels = (uint8_t)channels;
    return 0;
}

int sdp_section_fmtp(struct sdp_parser *p, char *value, size_t arg)
{
    (void)arg;
    uint64_t pt;
    if (!sdp_number(sdp_word(&value), 127, &pt))
        return sdp_parser_fail(p, -EBADMSG, "a=fmtp: a payload type is 0..127");
    struct sdp_format *f = format_of(p->section, pt);
    if (f)
        f->fmtp = value;
    return 0;
}

/* a=rtcp-fb:<pt or *> <what> */
int sdp_section_rtcp_fb(struct sdp_parser *p, char *value, size_t arg)
{
    (void)arg;
    static const struct {
        const char *name;
        enum sdp_feedback bit;
    } kinds[] = {
        {"nack", SDP_FB_NACK},      {"nack pli", SDP_FB_PLI},
        {"ccm fir", SDP_FB_FIR},    {"transport-cc", SDP_FB_TRANSPORT_CC},
        {"goog-remb", SDP_FB_REMB},
    };
    const char *word = sdp_word(&value);
    uint64_t pt = 0;
    bool all = strcmp(word, "*") == 0;
    if (!all && !sdp_number(word, 127, &pt))
        return sdp_parser_fail(p, -EBADMSG, "a=rtcp-fb: a payload type is 0..127, or * for all");
    uint8_t bit = 0;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        if (strcmp(value, kinds[i].name) == 0)
            bit = (uint8_t)kinds[i].bit;
    }
    for (size_t i = 0; i < p->section->format_count; i++) {
        if (all || p->section->formats[i].pt == pt)
            p->section->formats[i].feedback |= bit;
    }
    return 0;
}

static bool direction_by_name(const char *name, enum sdp_direction *out)
{
    static const char *const names[] = {[SDP_INACTIVE] = "inactive",
                                        [SDP_SENDONLY] = "sendonly",
                                        [SDP_RECVONLY] = "recvonly",
                                        [SDP_SENDRECV] = "sendrecv"};
    for (enum sdp_direction d = SDP_INACTIVE; d < COUNT(names); d++) {
        if (strcmp(name, names[d]) == 0) {
            *out = d;
            return true;
        }
    }
    return false;
}

/* a=extmap:<id>[/<direction>] <URI> [attributes] */
int sdp_section_extmap(struct sdp_parser *p, char *value, size_t arg)
{
    (void)arg;
    struct sdp_section *s = p->section;
    char *id = sdp_word(&value);
    char *direction = strchr(id, '/');
    if (direction)
        *direction++ = '\0';
    struct sdp_ext ext = {.direction = SDP_SENDRECV, .uri = sdp_word(&value)};
    uint64_t number;
    if (!sdp_number(id, UINT16_MAX, &number) || !number)
        return sdp_parser_fail(p, -EBADMSG, "a=extmap: \"%.16s\" is not an id", id);
    if (direction && !direction_by_name(direction, &ext.direction))
        return sdp_parser_fail(p, -EBADMSG, "a=extmap: \"%.16s\" is not a direction", direction);
    if (!*ext.uri)
        return sdp_parser_fail(p, -EBADMSG, "a=extmap: the URI is missing");
    if (s->ext_count == SDP_EXTS_MAX)
        return sdp_parser_fail(p, -E2BIG, "a=extmap: more than %d in one section", SDP_EXTS_MAX);
    ext.id = (uint16_t)number;
    s->exts[s->ext_count++] = ext;
    return 0;
}

/* A rid is its own header extension's text: letters, digits, - and _ (RFC 8851, section 10). */
static bool is_rid(const char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        if (!g_ascii_isalnum(text[i]) && text[i] != '-' && text[i] != '_')
            return false;
    }
    return len > 0 && len <= SFU_MID_MAX;
}

/* a=rid:<id> <direction> [restrictions] */
int sdp_section_rid(struct sdp_parser *p, char *value, size_t arg)
{
    (void)arg;
    struct sdp_section *s = p->section;
    const char *id = sdp_word(&value);
    const char *direction = sdp_word(&value);
    bool recv = strcmp(direction, "recv") == 0;
    if (!is_rid(id) || (!recv && strcmp(direction, "send") != 0))
        return sdp_parser_fail(p, -EBADMSG, "a=rid: expected 1 to %d letters or digits, then send or recv",
                               SFU_MID_MAX);
    for (size_t i = 0; i < s->rid_count; i++) {
        if (strcmp(s->rids[i].id, id) == 0)
            return sdp_parser_fail(p, -EBADMSG, "a=rid: %s is there twice", id);
    }
    if (s->rid_count == SDP_RIDS_MAX)
        return sdp_parser_fail(p, -E2BIG, "a=rid: more than %d in one section", SDP_RIDS_MAX);
    s->rids[s->rid_count++] = (struct sdp_rid){.id = id, .recv = recv};
    return 0;
}

/* "a;b,c;~d": streams, of each the first alternative, with or without the mark of a paused one. */
static int parse_streams(struct sdp_parser *p, char *list, const char **out, size_t *count)
{
    for (char *next; list; list = next) {
        next = strchr(list, ';');
        if (next)
            *next++ = '\0';
        list[strcspn(list, ",")] = '\0';
        if (*list == '~')
            list++;
        if (!is_rid(list))
            return sdp_parser_fail(p, -EBADMSG, "a=simulcast: expected rids with semicolons between");
        for (size_t i = 0; i < *count; i++) {
            if (strcmp(out[i], list) == 0)
                return sdp_parser_fail(p, -EBADMSG, "a=simulcast: %s is there twice", list);
        }
        if (*count == SDP_RIDS_MAX)
            return sdp_parser_fail(p, -E2BIG, "a=simulcast: more than %d streams", SDP_RIDS_MAX);
        out[(*count)++] = list;
    }
    return 0;
}

/* a=simulcast:send <streams> [recv <streams>], or the other way round */
int sdp_section_simulcast(struct sdp_parser *p, char *value, size_t arg)
{
    (void)arg;
    struct sdp_section *s = p->section;
    s->send_count = s->recv_count = 0;
    while (*value) {
        const char *direction = sdp_word(&value);
        bool recv = strcmp(direction, "recv") == 0;
        if (!recv && strcmp(direction, "send") != 0)
            return sdp_parser_fail(p, -EBADMSG, "a=simulcast: expected send or recv, then rids");
        char *streams = sdp_word(&value);
        int rc = recv ? parse_streams(p, streams, s->recv, &s->recv_count)
                      : parse_streams(p, streams, s->send, &s->send_count);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* a=ssrc:<ssrc> <attribute>[:<value>] */
int sdp_section_ssrc(struct sdp_parser *p, char *value, size_t arg)
{
    (void)arg;
    struct sdp_section *s = p->section;
    uint64_t ssrc;
    if (!sdp_number(sdp_word(&value), UINT32_MAX, &ssrc))
        return sdp_parser_fail(p, -EBADMSG, "a=ssrc: expected a number below 2^32");
    size_t i = 0;
    while (i < s->ssrc_count && s->ssrcs[i].ssrc != ssrc)
        i++;
    if (i == SDP_SSRCS_MAX)
        return sdp_parser_fail(p, -E2BIG, "a=ssrc: more than %d in one section", SDP_SSRCS_MAX);
    if (i == s->ssrc_count)
        s->ssrcs[s->ssrc_count++] = (struct sdp_ssrc){.ssrc = (uint32_t)ssrc, .cname = ""};
    if (g_str_has_prefix(value, "cname:"))
        s->ssrcs[i].cname = value + strlen("cname:");
    return 0;
}

/* a=ssrc-group:<semantics> <ssrc> ... */
int sdp_section_ssrc_group(struct sdp_parser *p, char *value, size_t arg)
{
    (void)arg;
    struct sdp_section *s = p->section;
    struct sdp_group group = {.semantics = sdp_word(&value)};
    if (!sdp_is_token(group.semantics, 32))
        return sdp_parser_fail(p, -EBADMSG, "a=ssrc-group: expected a word such as FID, then SSRCs");
    while (*value) {
        uint64_t ssrc;
        if (!sdp_number(sdp_word(&value), UINT32_MAX, &ssrc))
            return sdp_parser_fail(p, -EBADMSG, "a=ssrc-group: expected numbers below 2^32");
        if (group.count == SDP_GROUP_SSRCS_MAX)
            return sdp_parser_fail(p, -E2BIG, "a=ssrc-group: more than %d SSRCs", SDP_GROUP_SSRCS_MAX);
        group.ssrcs[group.count++] = (uint32_t)ssrc;
    }
    if (s->group_count == SDP_GROUPS_MAX)
        return sdp_parser_fail(p, -E2BIG, "a=ssrc-group: more than %d in one section", SDP_GROUPS_MAX);
    s->groups[s->group_count++] = group;
    return 0;
}

int sdp_section_sctp_port(struct sdp_parser *p, char *value, size_t arg)
{
    (void)arg;
    uint64_t port;
    if (!sdp_number(value, UINT16_MAX, &port))
        return sdp_parser_fail(p, -EBADMSG, "a=sctp-port: expected a port");
    p->section->sctp_port = (uint16_t)port;
    return 0;
}

int sdp_section_max_message_size(struct sdp_parser *p, char *value, size_t arg)
{
    (void)arg;
    uint64_t size;
    if (!sdp_number(value, UINT64_MAX, &size))
        return sdp_parser_fail(p, -EBADMSG, "a=max-message-size: expected a number of bytes");
    p->section->max_message_size = (uint32_t)MIN(size, UINT32_MAX);
    return 0;
}
