/* What a synthetic participant (peer.h) receives. */
#include "demux.h"
#include "peer_rtcp.h"

#include <openssl/crypto.h>

enum { TAG_LEN = 16, PADDED = 0x20 };

static void take_keys(struct peer *p)
{
    struct keys keys;
    if (p->secure || dtls_keys(p->dtls, &keys) != 0)
        return;
    p->secure = secure_new(&keys);
    p->seal = seal_new(&keys, NULL);
    p->peek = p->verify_every > 1 ? peek_new(&keys) : NULL;
    p->profile = keys_profiles[keys.profile].name;
    OPENSSL_cleanse(&keys, sizeof(keys));
}

static void answer_check(struct peer *p, const uint8_t *datagram, size_t len)
{
    const struct check_own own = {p->ufrag, p->pwd, &p->address};
    uint8_t reply[CHECK_LEN_MAX];
    size_t reply_len = check_reply(&p->check, datagram, len, &own, reply);
    if (reply_len)
        p->up->output(p->arg, reply, reply_len);
}

static void receive_check(struct peer *p, const uint8_t *datagram, size_t len, uint64_t now_us)
{
    if (!check_response(&p->check, datagram, len)) {
        answer_check(p, datagram, len);
        return;
    }
    p->reached = true;
    p->checks_answered++;
    p->answered_us = now_us;
    p->check_us = now_us + PEER_CHECK_US;
    dtls_start(p->dtls);
}

static struct sink *sink_of(struct peer *p, uint32_t ssrc, bool *rtx)
{
    for (size_t i = 0; i < p->sink_count; i++) {
        *rtx = p->ssrcs[i].rtx_ssrc && p->ssrcs[i].rtx_ssrc == ssrc;
        if (p->ssrcs[i].ssrc == ssrc || *rtx)
            return &p->sinks[i];
    }
    return NULL;
}

static void note_arrival(struct peer *p, const struct rtp_view *v, const uint8_t *rtp, uint64_t now_us)
{
    uint16_t seq;
    if (p->feedback == PEER_TRANSPORT_CC && rtp_transport_seq(v, rtp, &seq))
        transport_cc_receive(&p->transport_cc, seq, false, now_us);
}

static struct sink_packet describe(const struct rtp_view *v, const uint8_t *rtp, size_t plain)
{
    return (struct sink_packet){
        .seq = v->seq,
        .timestamp = v->timestamp,
        .csrc = rtp[0] & 0x0f ? get_u32(rtp + RTP_HEADER_LEN) : 0,
        .marker = v->marker,
        .payload = rtp + v->payload,
        .len = v->payload_len,
        .plain = plain,
    };
}

static void give(struct peer *p, struct sink *s, const struct sink_packet *packet, uint64_t now_us)
{
    sink_receive(s, packet, now_us);
    p->missing |= s->nack.count != 0;
}

static void receive_plain(struct peer *p, const uint8_t *rtp, size_t len, uint64_t now_us)
{
    struct rtp_view v;
    bool rtx = false;
    if (rtp_view_parse(&v, rtp, len, &p->media.exts) != 0) {
        p->undecryptable++;
        return;
    }
    struct sink *s = sink_of(p, v.ssrc, &rtx);
    note_arrival(p, &v, rtp, now_us);
    if (s && rtx && !v.payload_len) {
        p->paddings++;
        return;
    }
    struct sink_packet packet = describe(&v, rtp, v.payload_len);
    if (!s || (rtx && rtp_rtx_osn(&v, rtp, &packet.seq) != 0)) {
        p->strangers++;
        return;
    }
    if (!rtx && p->up->media)
        p->up->media(p->arg, rtp, len);
    if (rtx) {
        packet.recovered = true;
        packet.payload += 2;
        packet.len -= 2;
        packet.plain -= 2;
    }
    give(p, s, &packet, now_us);
}

/* A slot's packet of which the beginning is enough; false: it has to be verified, and was not touched. What
 * goes that way is never the first of its stream, so that its index is known. */
static bool receive_lightly(struct peer *p, uint8_t *rtp, size_t len, uint64_t now_us)
{
    struct rtp_view v;
    bool rtx = false;
    if (!p->peek || ++p->unverified >= p->verify_every || len < TAG_LEN || rtp[0] & PADDED ||
        rtp_view_parse(&v, rtp, len - TAG_LEN, &p->media.exts) != 0) {
        p->unverified = 0;
        return false;
    }
    struct sink *s = sink_of(p, v.ssrc, &rtx);
    if (!s || rtx || !s->newest)
        return false;
    size_t plain = peek_open(p->peek, rtp, rtp + v.payload, v.payload_len, sink_index(s, v.seq));
    struct sink_packet packet = describe(&v, rtp, plain);
    note_arrival(p, &v, rtp, now_us);
    give(p, s, &packet, now_us);
    return true;
}

static void receive_rtp(struct peer *p, uint8_t *rtp, size_t len, uint64_t now_us)
{
    if (receive_lightly(p, rtp, len, now_us))
        return;
    if (p->secure && secure_unprotect_rtp(p->secure, rtp, len, &len) == SECURE_OK)
        receive_plain(p, rtp, len, now_us);
    else
        p->undecryptable++;
}

void peer_receive(struct peer *p, uint8_t *datagram, size_t len, uint64_t now_us)
{
    switch (demux(datagram, len)) {
    case DEMUX_STUN:
        receive_check(p, datagram, len, now_us);
        break;
    case DEMUX_DTLS:
        dtls_feed(p->dtls, datagram, len);
        take_keys(p);
        break;
    case DEMUX_RTP:
        receive_rtp(p, datagram, len, now_us);
        break;
    case DEMUX_RTCP:
        if (p->secure && secure_unprotect_rtcp(p->secure, datagram, len, &len) == SECURE_OK)
            peer_rtcp_receive(p, datagram, len, now_us);
        else
            p->undecryptable++;
        break;
    default:
        p->strangers++;
    }
}
