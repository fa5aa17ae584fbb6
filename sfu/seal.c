#include "seal.h"

#include "fetch.h"
#include "gcm.h"
#include "nonce.h"
#include "packet_view.h"
#include "secure_session.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

struct seal {
    const struct keys_profile_info *info;
    struct gcm gcm;
    srtp_t srtp; /* in place of the above: SHA1_80 */
#ifndef NDEBUG
    struct nonce nonce;
#endif
};

const struct seal_engine *const seal_engines[] = {
#ifdef HAVE_IPSEC_MB
    &seal_ipsec_mb,
#endif
    &seal_evp,
};
const size_t seal_engine_count = sizeof(seal_engines) / sizeof(seal_engines[0]);

const char *seal_engine_name(const struct seal_engine *engine)
{
    return engine->name;
}

bool seal_engine_usable(const struct seal_engine *engine)
{
    return engine->usable();
}

/* The last one is always usable. */
const struct seal_engine *seal_engine_best(void)
{
    size_t i = 0;
    while (i + 1 < seal_engine_count && !seal_engines[i]->usable())
        i++;
    return seal_engines[i];
}

struct seal *seal_new(const struct keys *keys, const struct seal_engine *engine)
{
    struct seal *seal = calloc(1, sizeof(*seal));
    if (!seal)
        return NULL;
    seal->info = &keys_profiles[keys->profile];
    if (keys->profile == KEYS_AES128_CM_SHA1_80)
        seal->srtp = secure_session(&keys->local, keys->profile, ssrc_any_outbound);
    else if (gcm_init(&seal->gcm, &keys->local, keys->profile, GCM_RTP, engine) == 0)
        return seal;
    if (seal->srtp)
        return seal;
    seal_free(seal);
    return NULL;
}

void seal_free(struct seal *seal)
{
    if (!seal)
        return;
    gcm_finish(&seal->gcm);
    if (seal->srtp)
        srtp_dealloc(seal->srtp);
#ifndef NDEBUG
    nonce_finish(&seal->nonce);
#endif
    free(seal);
}

void seal_fetch(const struct seal *seal)
{
    fetch(seal, sizeof(*seal));
}

void seal_fetch_key(const struct seal *seal)
{
    if (seal->gcm.state)
        fetch(seal->gcm.state, seal->gcm.engine->state_len);
}

size_t seal_overhead(const struct seal *seal)
{
    return seal->info->tag_len;
}

static void copy(uint8_t *to, const uint8_t *from, size_t len)
{
    if (len)
        memcpy(to, from, len);
}

/* libsrtp2 wants the packet in one piece, and works in place. */
static int seal_copy(struct seal *seal, const struct seal_packet *packet, uint8_t *out)
{
    uint8_t *payload = out + packet->header_len;
    copy(payload, packet->patch, packet->patch_len);
    copy(payload + packet->patch_len, packet->rest, packet->rest_len);
    int len = (int)(packet->header_len + packet->patch_len + packet->rest_len);
    return srtp_protect(seal->srtp, out, &len) == srtp_err_status_ok ? 0 : -EIO;
}

int seal_packet(struct seal *seal, const struct seal_packet *packet, uint8_t *out, size_t cap,
                size_t *out_len)
{
    size_t len = packet->header_len + packet->patch_len + packet->rest_len + seal->info->tag_len;
    assert(packet->header_len >= RTP_HEADER_LEN && packet->index >> 48 == 0);
    assert(get_u16(packet->header + 2) == (uint16_t)packet->index);
    if (len > cap)
        return -EMSGSIZE;
#ifndef NDEBUG
    if (!nonce_take(&seal->nonce, get_u32(packet->header + 8), packet->index))
        abort();
#endif
    int err;
    memcpy(out, packet->header, packet->header_len);
    if (seal->srtp)
        err = seal_copy(seal, packet, out);
    else
        err = gcm_seal(&seal->gcm, get_u32(packet->header + 8), packet->index, packet,
                       out + packet->header_len);
    *out_len = err ? 0 : len;
    return err;
}
