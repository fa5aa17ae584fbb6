#include "secure_session.h"

#include "replay.h"

#include <pthread.h>
#include <string.h>

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
