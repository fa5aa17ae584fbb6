#include "secure.h"

#include "gcm.h"
#include "packet_view.h"
#include "replay.h"
#include "secure_session.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    RTCP_HEADER_LEN = 8, /* with the sender's SSRC */
    RTCP_INDEX_LEN = 4,  /* behind the tag; its first bit says that the packet is encrypted */
    RTCP_AAD_LEN = RTCP_HEADER_LEN + RTCP_INDEX_LEN,
};

#define RTCP_ENCRYPTED (UINT32_C(1) << 31)
#define RTP_INDEX_END  (UINT64_C(1) << 48)

/* One SSRC of the peer. */
struct stream {
    uint32_t ssrc;
    struct replay rtp, rtcp; /* GCM: libsrtp2 has its own */
};

struct secure {
    const struct keys_profile_info *info;
    struct gcm rtp_in, rtcp_in, rtcp_out;
    uint32_t rtcp_sent; /* index of the last one: one count for all our SSRCs */
    srtp_t in, out;     /* in place of the above: SHA1_80 */
    size_t stream_count, stream_room;
    struct stream *streams; /* of the peer: those of which something verified */
};

/* --- Life ------------------------------------------------------------------------- */

static bool init_gcm(struct secure *s, const struct keys *keys)
{
    return gcm_init(&s->rtp_in, &keys->remote, keys->profile, GCM_RTP, NULL) == 0 &&
           gcm_init(&s->rtcp_in, &keys->remote, keys->profile, GCM_RTCP, NULL) == 0 &&
           gcm_init(&s->rtcp_out, &keys->local, keys->profile, GCM_RTCP, NULL) == 0;
}

static bool init_sessions(struct secure *s, const struct keys *keys)
{
    s->in = secure_session(&keys->remote, keys->profile, ssrc_any_inbound);
    s->out = secure_session(&keys->local, keys->profile, ssrc_any_outbound);
    return s->in && s->out;
}

struct secure *secure_new(const struct keys *keys)
{
    struct secure *s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    s->info = &keys_profiles[keys->profile];
    if (keys->profile == KEYS_AES128_CM_SHA1_80 ? init_sessions(s, keys) : init_gcm(s, keys))
        return s;
    secure_free(s);
    return NULL;
}

void secure_free(struct secure *s)
{
    if (!s)
        return;
    gcm_finish(&s->rtp_in);
    gcm_finish(&s->rtcp_in);
    gcm_finish(&s->rtcp_out);
    if (s->in)
        srtp_dealloc(s->in);
    if (s->out)
        srtp_dealloc(s->out);
    free(s->streams);
    free(s);
}

/* --- The peer's SSRCs --------------------------------------------------------------- */

static struct stream *find_stream(const struct secure *s, uint32_t ssrc)
{
    for (size_t i = 0; i < s->stream_count; i++) {
        if (s->streams[i].ssrc == ssrc)
            return &s->streams[i];
    }
    return NULL;
}

static struct stream *add_stream(struct secure *s, uint32_t ssrc)
{
    if (s->stream_count == s->stream_room) {
        size_t room = s->stream_room ? s->stream_room * 2 : 2;
        struct stream *grown = realloc(s->streams, room * sizeof(*grown));
        if (!grown)
            return NULL;
        s->streams = grown;
        s->stream_room = room;
    }
    struct stream *stream = &s->streams[s->stream_count++];
    *stream = (struct stream){.ssrc = ssrc};
    return stream;
}

void secure_remove(struct secure *s, uint32_t ssrc)
{
    struct stream *stream = find_stream(s, ssrc);
    if (!stream)
        return;
    if (s->in)
        srtp_remove_stream(s->in, htonl(ssrc));
    *stream = s->streams[--s->stream_count];
}

size_t secure_stream_count(const struct secure *s)
{
    return s->stream_count;
}

/* --- Opening with GCM ------------------------------------------------------------------ */

static const struct replay nothing_came;

/* The length of the RTP header, SIZE_MAX where it goes past len. */
static size_t rtp_header_len(const uint8_t *p, size_t len)
{
    size_t at = RTP_HEADER_LEN + 4U * (p[0] & 0x0f);
    if (p[0] & 0x10) {
        if (at + 4 > len)
            return SIZE_MAX;
        at += 4 + 4U * get_u16(p + at + 2);
    }
    return at > len ? SIZE_MAX : at;
}

static enum secure_verdict open_rtp(struct secure *s, uint32_t ssrc, uint8_t *p, size_t len, size_t *out_len)
{
    size_t plain_len = len - s->info->tag_len, header_len = rtp_header_len(p, plain_len);
    if (header_len == SIZE_MAX)
        return SECURE_SHORT;
    struct stream *stream = find_stream(s, ssrc);
    const struct replay *replay = stream ? &stream->rtp : &nothing_came;
    uint64_t index = replay_index(replay, get_u16(p + 2));
    if (index >= RTP_INDEX_END)
        return SECURE_ERROR;
    if (!replay_is_fresh(replay, index))
        return SECURE_REPLAY;
    const struct seal_sealed sealed = {
        .aad = p, .aad_len = header_len, .text = p + header_len, .text_len = plain_len - header_len};
    if (!gcm_open(&s->rtp_in, ssrc, index, &sealed))
        return SECURE_AUTH;
    if (!stream && !(stream = add_stream(s, ssrc)))
        return SECURE_ERROR;
    replay_note(&stream->rtp, index);
    *out_len = plain_len;
    return SECURE_OK;
}

/* RFC 7714, section 9.2: header | encrypted | tag | index. Additional data are the header and the index. */
static enum secure_verdict open_rtcp(struct secure *s, uint32_t ssrc, uint8_t *p, size_t len, size_t *out_len)
{
    size_t plain_len = len - s->info->tag_len - RTCP_INDEX_LEN;
    uint32_t trailer = get_u32(p + len - RTCP_INDEX_LEN);
    struct stream *stream = find_stream(s, ssrc);
    uint8_t aad[RTCP_AAD_LEN];
    if (!(trailer & RTCP_ENCRYPTED))
        return SECURE_AUTH; /* WebRTC has no plain RTCP */
    uint64_t index = trailer & ~RTCP_ENCRYPTED;
    if (stream && !replay_is_fresh(&stream->rtcp, index))
        return SECURE_REPLAY;
    memcpy(aad, p, RTCP_HEADER_LEN);
    put_u32(aad + RTCP_HEADER_LEN, trailer);
    const struct seal_sealed sealed = {.aad = aad,
                                       .aad_len = sizeof(aad),
                                       .text = p + RTCP_HEADER_LEN,
                                       .text_len = plain_len - RTCP_HEADER_LEN};
    if (!gcm_open(&s->rtcp_in, ssrc, index, &sealed))
        return SECURE_AUTH;
    if (!stream && !(stream = add_stream(s, ssrc)))
        return SECURE_ERROR;
    replay_note(&stream->rtcp, index);
    *out_len = plain_len;
    return SECURE_OK;
}

/* --- Opening with libsrtp2 ---------------------------------------------------------------- */

static enum secure_verdict verdict_of(srtp_err_status_t status)
{
    switch (status) {
    case srtp_err_status_ok:
        return SECURE_OK;
    case srtp_err_status_auth_fail:
    case srtp_err_status_cipher_fail:
        return SECURE_AUTH;
    case srtp_err_status_replay_fail:
    case srtp_err_status_replay_old:
        return SECURE_REPLAY;
    case srtp_err_status_bad_param:
    case srtp_err_status_parse_err:
        return SECURE_SHORT;
    default:
        return SECURE_ERROR;
    }
}

typedef srtp_err_status_t unprotect_fn(srtp_t session, void *packet, int *len);

/* libsrtp2 makes a stream for an SSRC only after its tag verified. */
static enum secure_verdict unprotect(struct secure *s, unprotect_fn *fn, uint32_t ssrc, uint8_t *p,
                                     size_t len, size_t *out_len)
{
    int inout = (int)len;
    enum secure_verdict verdict = verdict_of(fn(s->in, p, &inout));
    if (verdict != SECURE_OK)
        return verdict;
    if (!find_stream(s, ssrc) && !add_stream(s, ssrc)) {
        srtp_remove_stream(s->in, htonl(ssrc));
        return SECURE_ERROR;
    }
    *out_len = (size_t)inout;
    return SECURE_OK;
}

/* --- Receiving -------------------------------------------------------------------------------- */

/* The number of streams is bounded before anything is looked at. */
static bool has_place(const struct secure *s, uint32_t ssrc)
{
    return s->stream_count < SECURE_STREAMS_MAX || find_stream(s, ssrc);
}

enum secure_verdict secure_unprotect_rtp(struct secure *s, uint8_t *p, size_t len, size_t *out_len)
{
    if (len < (size_t)RTP_HEADER_LEN + s->info->tag_len || len > UINT16_MAX)
        return SECURE_SHORT;
    uint32_t ssrc = get_u32(p + 8);
    if (!has_place(s, ssrc))
        return SECURE_STREAMS;
    return s->in ? unprotect(s, srtp_unprotect, ssrc, p, len, out_len) : open_rtp(s, ssrc, p, len, out_len);
}

enum secure_verdict secure_unprotect_rtcp(struct secure *s, uint8_t *p, size_t len, size_t *out_len)
{
    if (len < (size_t)RTCP_HEADER_LEN + s->info->tag_len + RTCP_INDEX_LEN || len > UINT16_MAX)
        return SECURE_SHORT;
    uint32_t ssrc = get_u32(p + 4);
    if (!has_place(s, ssrc))
        return SECURE_STREAMS;
    return s->in ? unprotect(s, srtp_unprotect_rtcp, ssrc, p, len, out_len)
                 : open_rtcp(s, ssrc, p, len, out_len);
}

/* --- Sending RTCP -------------------------------------------------------------------------------- */

static int seal_rtcp(struct secure *s, uint8_t *p, size_t len, size_t *out_len)
{
    uint8_t aad[RTCP_AAD_LEN];
    uint32_t index = s->rtcp_sent + 1;
    if (index >= RTCP_ENCRYPTED)
        return -EIO; /* the key is used up (RFC 3711, section 9.2) */
    memcpy(aad, p, RTCP_HEADER_LEN);
    put_u32(aad + RTCP_HEADER_LEN, RTCP_ENCRYPTED | index);
    const struct seal_packet packet = {.header = aad,
                                       .header_len = sizeof(aad),
                                       .rest = p + RTCP_HEADER_LEN,
                                       .rest_len = len - RTCP_HEADER_LEN};
    s->rtcp_sent = index;
    if (gcm_seal(&s->rtcp_out, get_u32(p + 4), index, &packet, p + RTCP_HEADER_LEN) != 0)
        return -EIO;
    memcpy(p + len + s->info->tag_len, aad + RTCP_HEADER_LEN, RTCP_INDEX_LEN);
    *out_len = len + s->info->tag_len + RTCP_INDEX_LEN;
    return 0;
}

int secure_protect_rtcp(struct secure *s, uint8_t *p, size_t len, size_t *out_len)
{
    if (len < RTCP_HEADER_LEN || len > UINT16_MAX)
        return -EINVAL;
    if (!s->out)
        return seal_rtcp(s, p, len, out_len);
    int inout = (int)len;
    if (srtp_protect_rtcp(s->out, p, &inout) != srtp_err_status_ok)
        return -EIO;
    *out_len = (size_t)inout;
    return 0;
}
