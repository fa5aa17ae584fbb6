#include "answer_build.h"

#include <arpa/inet.h>
#include <string.h>

enum { UFRAG_LEN = 12, PWD_LEN = 24 }; /* 72 and 144 random bits; RFC 8839, section 5.4 wants 24 and 128 */

void answer_random_text(const struct answer_config *config, char *out, size_t len)
{
    static const char chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    config->random(config->arg, out, len);
    for (size_t i = 0; i < len; i++)
        out[i] = chars[(uint8_t)out[i] & 63];
    out[len] = '\0';
}

/* --- BUNDLE (RFC 9143) ------------------------------------------------------- */

static const struct sdp_section *taken_by_mid(const struct answer_build *b, const char *mid)
{
    for (size_t i = 0; i < b->offer->section_count; i++) {
        if (b->plan[i].taken && strcmp(b->offer->sections[i].mid, mid) == 0)
            return &b->offer->sections[i];
    }
    return NULL;
}

static bool is_bundled(const struct sdp *sdp, const char *mid)
{
    for (size_t i = 0; i < sdp->bundle_count; i++) {
        if (strcmp(sdp->bundle[i], mid) == 0)
            return true;
    }
    return false;
}

/* All m-lines share one transport. *tagged becomes the one that describes it, NULL where none is taken. */
static int bundle(struct answer_build *b, const struct sdp_section **tagged)
{
    const struct sdp *offer = b->offer;
    size_t taken = 0;
    *tagged = NULL;
    for (size_t i = 0; i < offer->section_count; i++) {
        const struct sdp_section *s = &offer->sections[i];
        if (!b->plan[i].taken)
            continue;
        if (!s->rtcp_mux)
            return answer_fail(b, s->line, "a=rtcp-mux is missing: RTP and RTCP share one port here");
        if ((taken++ || offer->bundle_count) && !is_bundled(offer, s->mid))
            return answer_fail(
                b, s->line, "a=group:BUNDLE does not name mid %s: all m-lines share one transport", s->mid);
        *tagged = *tagged ? *tagged : s;
    }
    for (size_t i = 0; i < offer->bundle_count; i++) {
        const struct sdp_section *s = taken_by_mid(b, offer->bundle[i]);
        if (!s || is_bundled(&b->answer, s->mid))
            continue;
        *tagged = b->answer.bundle_count ? *tagged : s;
        b->answer.bundle[b->answer.bundle_count++] = s->mid;
    }
    return 0;
}

/* --- ICE (RFC 8839) and DTLS (RFC 8842) ---------------------------------------- */

/* Each side's credentials change with the other's (RFC 8445, section 9). */
static void renew_ice(struct sfu_transport_desc *desc, const struct answer_config *config, const char *ufrag,
                      const char *pwd)
{
    g_strlcpy(desc->remote_ufrag, ufrag, sizeof desc->remote_ufrag);
    g_strlcpy(desc->remote_pwd, pwd, sizeof desc->remote_pwd);
    answer_random_text(config, desc->ufrag, UFRAG_LEN);
    answer_random_text(config, desc->pwd, PWD_LEN);
}

static int take_ice(struct answer_build *b, const struct sdp_section *tagged)
{
    struct sfu_transport_desc *desc = &b->next->desc;
    const char *ufrag = *tagged->level.ufrag ? tagged->level.ufrag : b->offer->level.ufrag;
    const char *pwd = *tagged->level.pwd ? tagged->level.pwd : b->offer->level.pwd;
    if (!*ufrag)
        return answer_fail(b, tagged->line, "a=ice-ufrag is missing");
    if (!*pwd)
        return answer_fail(b, tagged->line, "a=ice-pwd is missing");
    if (strcmp(ufrag, desc->remote_ufrag) != 0 || strcmp(pwd, desc->remote_pwd) != 0)
        renew_ice(desc, b->config, ufrag, pwd);
    return 0;
}

/* The DTLS session outlives renegotiation: who is its client and whose certificate it has does not change. */
static int take_dtls(struct answer_build *b, const struct sdp_section *tagged)
{
    struct sfu_transport_desc *desc = &b->next->desc;
    bool settled = desc->fingerprint.len;
    const struct sfu_fingerprint *fingerprint =
        tagged->level.fingerprint.len ? &tagged->level.fingerprint : &b->offer->level.fingerprint;
    enum sdp_setup setup = tagged->level.setup ? tagged->level.setup : b->offer->level.setup;
    if (!fingerprint->len)
        return answer_fail(b, tagged->line, "a=fingerprint with sha-256, sha-384 or sha-512 is missing");
    if (setup == SDP_SETUP_HOLDCONN)
        return answer_fail(b, tagged->line,
                           "a=setup:holdconn is not for an offer: actpass, active or passive");
    if (settled && (fingerprint->hash != desc->fingerprint.hash ||
                    memcmp(fingerprint->value, desc->fingerprint.value, fingerprint->len) != 0))
        return answer_fail(b, tagged->line,
                           "a=fingerprint has changed: a new certificate needs a new connection");
    if (settled && setup == (desc->dtls_client ? SDP_SETUP_ACTIVE : SDP_SETUP_PASSIVE))
        return answer_fail(b, tagged->line, "a=setup has changed: another DTLS role needs a new connection");
    desc->fingerprint = *fingerprint;
    if (!settled)
        desc->dtls_client = setup == SDP_SETUP_PASSIVE;
    return 0;
}

/* --- What the answer says of them ------------------------------------------------ */

struct host {
    char address[INET6_ADDRSTRLEN];
    unsigned port;
    bool v6;
};

static bool host_of(const struct sockaddr_storage *a, struct host *out)
{
    const struct sockaddr_in *v4 = (const void *)a;
    const struct sockaddr_in6 *v6 = (const void *)a;
    out->v6 = a->ss_family == AF_INET6;
    out->port = ntohs(out->v6 ? v6->sin6_port : v4->sin_port);
    if (a->ss_family != AF_INET && a->ss_family != AF_INET6)
        return false;
    const void *address = out->v6 ? (const void *)&v6->sin6_addr : &v4->sin_addr;
    return inet_ntop(a->ss_family, address, out->address, sizeof out->address) != NULL;
}

/* Host candidates for component 1, in falling priority (RFC 8445, section 5.1.2.1). */
static void write_candidates(const struct answer_config *config, struct sdp *answer, struct sdp_section *s)
{
    enum { HOST_PREFERENCE = 126, LOCAL_PREFERENCE = 65535, COMPONENT = 1 };
    for (size_t i = 0; i < config->candidate_count && i < SFU_CANDIDATES_MAX; i++) {
        struct host host;
        if (!host_of(&config->candidates[i], &host))
            continue;
        uint32_t priority =
            (uint32_t)HOST_PREFERENCE << 24 | (uint32_t)(LOCAL_PREFERENCE - i) << 8 | (256 - COMPONENT);
        s->candidates[s->candidate_count++] = sdp_printf(answer, "%zu %d udp %u %s %u typ host", i + 1,
                                                         COMPONENT, priority, host.address, host.port);
    }
}

static void write_transport(struct answer_build *b, const struct sdp_section *tagged)
{
    const struct sfu_transport_desc *desc = &b->next->desc;
    struct host host = {.address = "0.0.0.0", .port = 9};
    bool has_host = b->config->candidate_count && host_of(&b->config->candidates[0], &host);
    const char *connection =
        has_host ? sdp_printf(&b->answer, "IN IP%c %s", host.v6 ? '6' : '4', host.address) : "IN IP4 0.0.0.0";
    for (size_t i = 0; i < b->offer->section_count; i++) {
        struct sdp_section *s = &b->answer.sections[i];
        if (!b->plan[i].taken)
            continue;
        s->port = has_host ? (uint16_t)host.port : 9;
        s->connection = connection;
        s->level.ufrag = desc->ufrag;
        s->level.pwd = desc->pwd;
        s->level.fingerprint = b->config->fingerprint;
        s->level.setup = desc->dtls_client ? SDP_SETUP_ACTIVE : SDP_SETUP_PASSIVE;
        if (&b->offer->sections[i] == tagged)
            write_candidates(b->config, &b->answer, s);
    }
}

int answer_transport(struct answer_build *b)
{
    const struct sdp_section *tagged;
    int rc = bundle(b, &tagged);
    if (rc == 0 && tagged)
        rc = take_ice(b, tagged);
    if (rc == 0 && tagged)
        rc = take_dtls(b, tagged);
    if (rc < 0)
        return rc;
    b->answer.ice_lite = true;
    if (tagged)
        write_transport(b, tagged);
    return 0;
}

/* --- ICE restart without an offer --------------------------------------------------- */

/* Of all m-lines that share the transport the first that lives stands for it. */
static void describe_bundle(struct sdp *fragment, const struct answer_state *state)
{
    struct sdp_section *s = &fragment->sections[0];
    for (size_t i = 0; i < state->section_count; i++) {
        const struct answer_section *settled = &state->sections[i];
        if (settled->stopped)
            continue;
        fragment->bundle[fragment->bundle_count++] = settled->mid;
        if (fragment->bundle_count > 1)
            continue;
        s->media = settled->kind == RTP_AUDIO ? "audio" : "video";
        s->mid = settled->mid;
    }
}

char *answer_restart(struct answer_state *state, const struct answer_config *config, const char *ufrag,
                     const char *pwd)
{
    struct sdp fragment;
    renew_ice(&state->desc, config, ufrag, pwd);
    sdp_init(&fragment, 1);
    struct sdp_section *s = &fragment.sections[0];
    describe_bundle(&fragment, state);
    fragment.ice_lite = true;
    s->port = 9;
    s->proto = "UDP/TLS/RTP/SAVPF";
    s->fmt = "0";
    s->level.ufrag = state->desc.ufrag;
    s->level.pwd = state->desc.pwd;
    write_candidates(config, &fragment, s);
    char *text = sdp_write_fragment(&fragment);
    sdp_finish(&fragment);
    return text;
}
