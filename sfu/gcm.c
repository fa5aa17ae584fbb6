#include "gcm.h"

#include "bytes.h"

#include <errno.h>
#include <string.h>

static const struct {
    enum keys_label encryption, salt;
} labels[] = {
    [GCM_RTP] = {KEYS_LABEL_RTP_ENCRYPTION, KEYS_LABEL_RTP_SALT},
    [GCM_RTCP] = {KEYS_LABEL_RTCP_ENCRYPTION, KEYS_LABEL_RTCP_SALT},
};

int gcm_init(struct gcm *gcm, const struct keys_side *side, enum keys_profile profile, enum gcm_use use,
             const struct seal_engine *engine)
{
    uint8_t key[KEYS_KEY_MAX];
    size_t key_len = keys_profiles[profile].key_len;
    *gcm = (struct gcm){.engine = engine ? engine : seal_engine_best()};
    if (keys_derive(side, profile, labels[use].encryption, key, key_len) == 0 &&
        keys_derive(side, profile, labels[use].salt, gcm->salt, SEAL_IV_LEN) == 0)
        gcm->state = gcm->engine->open(key, key_len);
    explicit_bzero(key, sizeof(key));
    return gcm->state ? 0 : -EIO;
}

void gcm_finish(struct gcm *gcm)
{
    if (gcm->state)
        gcm->engine->close(gcm->state);
    *gcm = (struct gcm){0};
}

/* RFC 7714, sections 8.1 and 9.1: 16 zero bits, SSRC and index, against the salt. */
static void make_iv(const struct gcm *gcm, uint32_t ssrc, uint64_t index, uint8_t iv[SEAL_IV_LEN])
{
    const uint8_t *salt = gcm->salt;
    memcpy(iv, salt, 2);
    put_u32(iv + 2, get_u32(salt + 2) ^ ssrc);
    put_u32(iv + 6, get_u32(salt + 6) ^ (uint32_t)(index >> 16));
    put_u16(iv + 10, get_u16(salt + 10) ^ (uint32_t)index);
}

int gcm_seal(const struct gcm *gcm, uint32_t ssrc, uint64_t index, const struct seal_packet *packet,
             uint8_t *out)
{
    uint8_t iv[SEAL_IV_LEN];
    make_iv(gcm, ssrc, index, iv);
    return gcm->engine->seal(gcm->state, iv, packet, out);
}

bool gcm_open(const struct gcm *gcm, uint32_t ssrc, uint64_t index, const struct seal_sealed *sealed)
{
    uint8_t iv[SEAL_IV_LEN];
    make_iv(gcm, ssrc, index, iv);
    return gcm->engine->unseal(gcm->state, iv, sealed);
}
