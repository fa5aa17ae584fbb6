#include "secure.h"

#include "packet_view.h"
#include "secure_session.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    RTCP_HEADER_LEN = 8,  /* with the sender's SSRC */
    REPLAY_WINDOW = 1024, /* packets */
};

struct secure {
    srtp_t in, out;
    const struct keys_profile_info *info;
    size_t stream_count;
    uint32_t streams[SECURE_STREAMS_MAX]; /* SSRCs that libsrtp2 holds for receiving */
};

static srtp_err_status_t library_status = srtp_err_status_fail;

static void library_init(void)
{
    library_status = srtp_init();
}

static bool policy_set(srtp_policy_t *policy, enum keys_profile profile)
{
    static const srtp_profile_t profiles[KEYS_PROFILE_COUNT] = {
        [KEYS_AEAD_AES_128_GCM] = srtp_profile_aead_aes_128_gcm,
        [KEYS_AEAD_AES_256_GCM] = srtp_profile_aead_aes_256_gcm,
        [KEYS_AES128_CM_SHA1_80] = srtp_profile_aes128_cm_sha1_80,
    };
    return srtp_crypto_policy_set_from_profile_for_rtp(&policy->rtp, profiles[profile]) ==
               srtp_err_status_ok &&
           srtp_crypto_policy_set_from_profile_for_rtcp(&policy->rtcp, profiles[profile]) ==
               srtp_err_status_ok;
}

srtp_t secure_session(const struct keys_side *side, enum keys_profile profile, srtp_ssrc_type_t direction)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    const struct keys_profile_info *info = &keys_profiles[profile];
    uint8_t key[KEYS_KEY_MAX + KEYS_SALT_MAX];
    srtp_policy_t policy = {
        .ssrc = {.type = direction},
        .key = key,
        .window_size = REPLAY_WINDOW,
    };
    srtp_t session = NULL;

    pthread_once(&once, library_init);
    memcpy(key, side->key, info->key_len);
    memcpy(key + info->key_len, side->salt, info->salt_len);
    if (library_status != srtp_err_status_ok || !policy_set(&policy, profile) ||
        srtp_create(&session, &policy) != srtp_err_status_ok)
        session = NULL;
    explicit_bzero(key, sizeof(key));
    return session;
}

struct secure *secure_new(const struct keys *keys)
{
    struct secure *secure = calloc(1, sizeof(*secure));
    if (!secure)
        return NULL;
    secure->info = &keys_profiles[keys->profile];
    secure->in = secure_session(&keys->remote, keys->profile, ssrc_any_inbound);
    secure->out = secure_session(&keys->local, keys->profile, ssrc_any_outbound);
    if (secure->in && secure->out)
        return secure;
    secure_free(secure);
    return NULL;
}

void secure_free(struct secure *secure)
{
    if (!secure)
        return;
    if (secure->in)
        srtp_dealloc(secure->in);
    if (secure->out)
        srtp_dealloc(secure->out);
    free(secure);
}

/* Its index, or stream_count. */
static size_t find_stream(const struct secure *secure, uint32_t ssrc)
{
    size_t i = 0;
    while (i < secure->stream_count && secure->streams[i] != ssrc)
        i++;
    return i;
}

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

/* libsrtp2 makes a stream for an SSRC only after its tag verified; the number
 * of them is bounded here, before. */
static enum secure_verdict unprotect(struct secure *secure, unprotect_fn *fn, uint32_t ssrc, uint8_t *p,
                                     size_t len, size_t *out_len)
{
    size_t i = find_stream(secure, ssrc);
    if (i == SECURE_STREAMS_MAX)
        return SECURE_STREAMS;
    int inout = (int)len;
    enum secure_verdict verdict = verdict_of(fn(secure->in, p, &inout));
    if (verdict != SECURE_OK)
        return verdict;
    if (i == secure->stream_count)
        secure->streams[secure->stream_count++] = ssrc;
    *out_len = (size_t)inout;
    return SECURE_OK;
}

enum secure_verdict secure_unprotect_rtp(struct secure *secure, uint8_t *p, size_t len, size_t *out_len)
{
    if (len < (size_t)RTP_HEADER_LEN + secure->info->tag_len || len > UINT16_MAX)
        return SECURE_SHORT;
    return unprotect(secure, srtp_unprotect, get_u32(p + 8), p, len, out_len);
}

enum secure_verdict secure_unprotect_rtcp(struct secure *secure, uint8_t *p, size_t len, size_t *out_len)
{
    if (len < (size_t)RTCP_HEADER_LEN + secure->info->tag_len + sizeof(uint32_t) || len > UINT16_MAX)
        return SECURE_SHORT;
    return unprotect(secure, srtp_unprotect_rtcp, get_u32(p + 4), p, len, out_len);
}

int secure_protect_rtcp(struct secure *secure, uint8_t *p, size_t len, size_t *out_len)
{
    if (len < RTCP_HEADER_LEN || len > UINT16_MAX)
        return -EINVAL;
    int inout = (int)len;
    if (srtp_protect_rtcp(secure->out, p, &inout) != srtp_err_status_ok)
        return -EIO;
    *out_len = (size_t)inout;
    return 0;
}

void secure_remove(struct secure *secure, uint32_t ssrc)
{
    size_t i = find_stream(secure, ssrc);
    if (i == secure->stream_count)
        return;
    srtp_remove_stream(secure->in, htonl(ssrc));
    secure->streams[i] = secure->streams[--secure->stream_count];
}

size_t secure_stream_count(const struct secure *secure)
{
    return secure->stream_count;
}
