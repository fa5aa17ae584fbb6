#include "sdp.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const char *const directions[] = {[SDP_INACTIVE] = "inactive",
                                         [SDP_SENDONLY] = "sendonly",
                                         [SDP_RECVONLY] = "recvonly",
                                         [SDP_SENDRECV] = "sendrecv"};

/* One line of text. */
#define line(out, ...) (g_string_append_printf(out, __VA_ARGS__), g_string_append(out, "\r\n"))

static void write_fingerprint(GString *out, const struct sfu_fingerprint *f)
{
    static const char *const names[] = {
        [SFU_SHA256] = "sha-256", [SFU_SHA384] = "sha-384", [SFU_SHA512] = "sha-512"};
    if (!f->len)
        return;
    g_string_append_printf(out, "a=fingerprint:%s", names[f->hash]);
    for (size_t i = 0; i < f->len; i++)
        g_string_append_printf(out, "%c%02X", i ? ':' : ' ', f->value[i]);
    g_string_append(out, "\r\n");
}

static void write_level(GString *out, const struct sdp_level *level)
{
    static const char *const setups[] = {
        [SDP_SETUP_ACTPASS] = "actpass",
        [SDP_SETUP_ACTIVE] = "active",
        [SDP_SETUP_PASSIVE] = "passive",
        [SDP_SETUP_HOLDCONN] = "holdconn",
    };
    if (*level->ufrag)
        line(out, "a=ice-ufrag:%s", level->ufrag);
    if (*level->pwd)
        line(out, "a=ice-pwd:%s", level->pwd);
    if (*level->ice_options)
        line(out, "a=ice-options:%s", level->ice_options);
    write_fingerprint(out, &level->fingerprint);
    if (level->setup != SDP_SETUP_NONE)
        line(out, "a=setup:%s", setups[level->setup]);
    if (level->allow_mixed)
        line(out, "a=extmap-allow-mixed");
    if (level->has_direction)
        line(out, "a=%s", directions[level->direction]);
}

static void write_feedback(GString *out, const struct sdp_format *f)
{
    static const char *const names[] = {"nack", "nack pli", "ccm fir", "transport-cc", "goog-remb"};
    for (size_t i = 0; i < COUNT(names); i++) {
        if (f->feedback >> i & 1)
            line(out, "a=rtcp-fb:%u %s", (unsigned)f->pt, names[i]);
    }
}

static void write_format(GString *out, const struct sdp_format *f)
{
    if (*f->name && f->channels)
        line(out, "a=rtpmap:%u %s/%u/%u", (unsigned)f->pt, f->name, f->clock_rate, (unsigned)f->channels);
    else if (*f->name)
        line(out, "a=rtpmap:%u %s/%u", (unsigned)f->pt, f->name, f->clock_rate);
    if (*f->fmtp)
        line(out, "a=fmtp:%u %s", (unsigned)f->pt, f->fmtp);
    write_feedback(out, f);
}

static void write_ext(GString *out, const struct sdp_ext *e)
{
    if (e->direction == SDP_SENDRECV)
        line(out, "a=extmap:%u %s", (unsigned)e->id, e->uri);
    else
        line(out, "a=extmap:%u/%s %s", (unsigned)e->id, directions[e->direction], e->uri);
}

static void write_streams(GString *out, const char *direction, const char *const *rids, size_t count)
{
    for (size_t i = 0; i < count; i++)
        g_string_append_printf(out, "%s%s", i ? ";" : direction, rids[i]);
}

static void write_simulcast(GString *out, const struct sdp_section *s)
{
    for (size_t i = 0; i < s->rid_count; i++)
        line(out, "a=rid:%s %s", s->rids[i].id, s->rids[i].recv ? "recv" : "send");
    if (!s->send_count && !s->recv_count)
        return;
    g_string_append(out, "a=simulcast:");
    write_streams(out, "send ", s->send, s->send_count);
    write_streams(out, s->send_count ? " recv " : "recv ", s->recv, s->recv_count);
    g_string_append(out, "\r\n");
}

static void write_ssrcs(GString *out, const struct sdp_section *s)
{
    for (size_t i = 0; i < s->group_count; i++) {
        g_string_append_printf(out, "a=ssrc-group:%s", s->groups[i].semantics);
        for (size_t k = 0; k < s->groups[i].count; k++)
            g_string_append_printf(out, " %u", s->groups[i].ssrcs[k]);
        g_string_append(out, "\r\n");
    }
    for (size_t i = 0; i < s->ssrc_count; i++)
        line(out, "a=ssrc:%u cname:%s", s->ssrcs[i].ssrc, s->ssrcs[i].cname);
}

static void write_media_line(GString *out, const struct sdp_section *s)
{
    g_string_append_printf(out, "m=%s %u %s", s->media, (unsigned)s->port, s->proto);
    for (size_t i = 0; i < s->format_count; i++)
        g_string_append_printf(out, " %u", (unsigned)s->formats[i].pt);
    if (!s->format_count)
        g_string_append_printf(out, " %s", s->fmt);
    g_string_append(out, "\r\n");
    if (*s->connection)
        line(out, "c=%s", s->connection);
}

static void write_section(GString *out, const struct sdp_section *s)
{
    write_media_line(out, s);
    if (*s->mid)
        line(out, "a=mid:%s", s->mid);
    write_level(out, &s->level);
    if (s->bundle_only)
        line(out, "a=bundle-only");
    if (s->rtcp_mux)
        line(out, "a=rtcp-mux");
    if (s->rtcp_rsize)
        line(out, "a=rtcp-rsize");
    for (size_t i = 0; i < s->candidate_count; i++)
        line(out, "a=candidate:%s", s->candidates[i]);
    if (s->candidate_count)
        line(out, "a=end-of-candidates");
    for (size_t i = 0; i < s->ext_count; i++)
        write_ext(out, &s->exts[i]);
    for (size_t i = 0; i < s->format_count; i++)
        write_format(out, &s->formats[i]);
    write_simulcast(out, s);
    if (*s->msid)
        line(out, "a=msid:%s", s->msid);
    write_ssrcs(out, s);
    if (s->sctp_port)
        line(out, "a=sctp-port:%u", (unsigned)s->sctp_port);
    if (s->max_message_size)
        line(out, "a=max-message-size:%u", s->max_message_size);
}

static void write_attributes(GString *out, const struct sdp *sdp)
{
    if (sdp->ice_lite)
        line(out, "a=ice-lite");
    if (sdp->bundle_count)
        g_string_append(out, "a=group:BUNDLE");
    for (size_t i = 0; i < sdp->bundle_count; i++)
        g_string_append_printf(out, " %s", sdp->bundle[i]);
    if (sdp->bundle_count)
        g_string_append(out, "\r\n");
    write_level(out, &sdp->level);
    for (size_t i = 0; i < sdp->section_count; i++)
        write_section(out, &sdp->sections[i]);
}

char *sdp_write(const struct sdp *sdp)
{
    GString *out = g_string_new(NULL);
    line(out, "v=0");
    line(out, "o=%s", sdp->origin);
    line(out, "s=-");
    line(out, "t=0 0");
    write_attributes(out, sdp);
    return g_string_free(out, FALSE);
}

char *sdp_write_fragment(const struct sdp *sdp)
{
    GString *out = g_string_new(NULL);
    write_attributes(out, sdp);
    return g_string_free(out, FALSE);
}
