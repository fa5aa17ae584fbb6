#include "seal.h"

#include "nonce.h"
#include "packet_view.h"
#include "seal_engine.h"
#include "secure_session.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

struct seal {
    const struct keys_profile_info *info;
    const struct seal_engine *engine;
    void *state;               /* of engine */
    srtp_t srtp;               /* in place of the two above: SHA1_80 */
    uint8_t salt[SEAL_IV_LEN]; /* session salt */
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
static const struct seal_engine *best_engine(void)
{
    size_t i = 0;
    while (i + 1 < seal_engine_count && !seal_engines[i]->usable())
        i++;
    return seal_engines[i];
}

static bool open_gcm(struct seal *seal, const struct keys *keys)
{
    uint8_t key[KEYS_KEY_MAX];
    size_t key_len = seal->info->key_len;
    bool ok = keys_derive(&keys->local, keys->profile, KEYS_LABEL_RTP_ENCRYPTION, key, key_len) == 0 &&
              keys_derive(&keys->local, keys->profile, KEYS_LABEL_RTP_SALT, seal->salt, SEAL_IV_LEN) == 0;
    if (!seal->engine)
        seal->engine = best_engine();
    if (ok)
        seal->state = seal->engine->open(key, key_len);
    explicit_bzero(key, sizeof(key));
    return seal->state != NULL;
}

struct seal *seal_new(const struct keys *keys, const struct seal_engine *engine)
{
    struct seal *seal = calloc(1, sizeof(*seal));
    if (!seal)
        return NULL;
    seal->info = &keys_profiles[keys->profile];
    seal->engine = engine;
    if (keys->profile == KEYS_AES128_CM_SHA1_80)
        seal->srtp = secure_session(&keys->local, keys->profile, ssrc_any_outbound);
    if (seal->srtp || (keys->profile != KEYS_AES128_CM_SHA1_80 && open_gcm(seal, keys)))
        return seal;
    seal_free(seal);
    return NULL;
}

void seal_free(struct seal *seal)
{
    if (!seal)
        return;
    if (seal->state)
        seal->engine->close(seal->state);
    if (seal->srtp)
        srtp_dealloc(seal->srtp);
#ifndef NDEBUG
    nonce_finish(&seal->nonce);
#endif
    free(seal);
}

size_t seal_overhead(const struct seal *seal)
{
    return seal->info->tag_len;
}

/* RFC 7714, section 8.1: 16 zero bits, SSRC, rollover counter and sequence
 * number, against the salt. */
static void make_iv(const struct seal *seal, const struct seal_packet *packet, uint8_t iv[SEAL_IV_LEN])
{
    uint8_t plain[SEAL_IV_LEN] = {0};
    memcpy(plain + 2, packet->header + 8, 4);
    put_u32(plain + 6, (uint32_t)(packet->index >> 16));
    put_u16(plain + 10, (uint32_t)packet->index);
    for (size_t i = 0; i < SEAL_IV_LEN; i++)
        iv[i] = plain[i] ^ seal->salt[i];
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
    if (seal->srtp) {
        err = seal_copy(seal, packet, out);
    } else {
        uint8_t iv[SEAL_IV_LEN];
        make_iv(seal, packet, iv);
        err = seal->engine->seal(seal->state, iv, packet, out + packet->header_len);
    }
    *out_len = err ? 0 : len;
    return err;
}
