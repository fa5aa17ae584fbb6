/* Receiving and RTCP against libsrtp2, and each engine against the others: random packets, both ways. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chance.h"
#include "gcm.h"
#include "packet_view.h"
#include "secure.h"

#include <srtp2/srtp.h>

enum { PLAIN_MAX = 1400, ROOM = PLAIN_MAX + 128, PACKETS = 2000 };

/* libsrtp2 set up without any of our code. */
static srtp_t oracle_new(const struct keys_side *side, enum keys_profile profile, srtp_ssrc_type_t direction)
{
    uint8_t key[KEYS_KEY_MAX + KEYS_SALT_MAX];
    const struct keys_profile_info *info = &keys_profiles[profile];
    srtp_policy_t policy = {.ssrc = {.type = direction}, .key = key, .window_size = 1024};
    srtp_t session;
    memcpy(key, side->key, info->key_len);
    memcpy(key + info->key_len, side->salt, info->salt_len);
    if (profile == KEYS_AEAD_AES_128_GCM) {
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
    } else {
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtp);
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtcp);
    }
    assert_int_equal(srtp_create(&session, &policy), srtp_err_status_ok);
    return session;
}

static const enum keys_profile profiles[] = {KEYS_AEAD_AES_128_GCM, KEYS_AEAD_AES_256_GCM};

/* An RTP packet of one of three streams, in order with holes: over some rollovers. */
static size_t make_rtp(uint8_t *p, uint64_t index[3])
{
    size_t csrcs = below(4), words = below(8), stream = below(3), len = 12 + 4 * csrcs + 4 + 4 * words;
    index[stream] += 1 + below(300);
    fill(p, PLAIN_MAX);
    p[0] = (uint8_t)(0x90 | csrcs);
    put_u16(p + 2, (uint32_t)index[stream]);
    put_u32(p + 8, (uint32_t)stream + 77);
    put_u16(p + len - 4 * words - 2, (uint32_t)words);
    return len + below(PLAIN_MAX - 200);
}

static size_t make_rtcp(uint8_t *p)
{
    size_t len = 8 + 4 * below(200);
    fill(p, len);
    put_u32(p, 0x80c80000 | (uint32_t)(len / 4 - 1));
    put_u32(p + 4, (uint32_t)below(3));
    return len;
}

static void receives_what_libsrtp2_sends(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct keys keys = random_keys(profiles[i]);
        srtp_t oracle = oracle_new(&keys.remote, profiles[i], ssrc_any_outbound);
        struct secure *secure = secure_new(&keys);
        uint64_t index[3] = {0, 30000, 65000};
        for (int n = 0; n < PACKETS; n++) {
            uint8_t plain[ROOM], sealed[ROOM];
            bool rtcp = below(2);
            size_t len = rtcp ? make_rtcp(plain) : make_rtp(plain, index), out_len = 0;
            int inout = (int)len;
            memcpy(sealed, plain, len);
            assert_int_equal((rtcp ? srtp_protect_rtcp : srtp_protect)(oracle, sealed, &inout),
                             srtp_err_status_ok);
            enum secure_verdict verdict = (rtcp ? secure_unprotect_rtcp : secure_unprotect_rtp)(
                secure, sealed, (size_t)inout, &out_len);
            assert_int_equal(verdict, SECURE_OK);
            assert_int_equal(out_len, len);
            assert_memory_equal(sealed, plain, len);
        }
        secure_free(secure);
        srtp_dealloc(oracle);
    }
}

static void libsrtp2_receives_our_rtcp(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct keys keys = random_keys(profiles[i]);
        srtp_t oracle = oracle_new(&keys.local, profiles[i], ssrc_any_inbound);
        struct secure *secure = secure_new(&keys);
        for (int n = 0; n < PACKETS; n++) {
            uint8_t plain[ROOM], sealed[ROOM];
            size_t len = make_rtcp(plain), out_len = 0;
            memcpy(sealed, plain, len);
            assert_int_equal(secure_protect_rtcp(secure, sealed, len, &out_len), 0);
            int inout = (int)out_len;
            assert_int_equal(srtp_unprotect_rtcp(oracle, sealed, &inout), srtp_err_status_ok);
            assert_int_equal(inout, len);
            assert_memory_equal(sealed, plain, len);
        }
        secure_free(secure);
        srtp_dealloc(oracle);
    }
}

/* A packet whose RTCP is said to be plain, and bits that turned over anywhere. */
static void refuses_what_was_touched(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct keys keys = random_keys(profiles[i]);
        srtp_t oracle = oracle_new(&keys.remote, profiles[i], ssrc_any_outbound);
        struct secure *secure = secure_new(&keys);
        uint8_t plain[ROOM], sealed[ROOM], touched[ROOM];
        size_t len = make_rtcp(plain), out_len = 0;
        int inout = (int)len;
        memcpy(sealed, plain, len);
        assert_int_equal(srtp_protect_rtcp(oracle, sealed, &inout), srtp_err_status_ok);
        for (size_t bit = 0; bit < (size_t)inout * 8; bit++) {
            memcpy(touched, sealed, (size_t)inout);
            touched[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_int_equal(secure_unprotect_rtcp(secure, touched, (size_t)inout, &out_len), SECURE_AUTH);
        }
        assert_int_equal(secure_stream_count(secure), 0);
        assert_int_equal(secure_unprotect_rtcp(secure, sealed, (size_t)inout, &out_len), SECURE_OK);
        secure_free(secure);
        srtp_dealloc(oracle);
    }
}

/* What one engine seals each of them opens, in place. */
static void cross(const struct seal_engine *from, const struct seal_engine *to, enum keys_profile profile)
{
    struct keys keys = random_keys(profile);
    struct gcm seal, open;
    assert_int_equal(gcm_init(&seal, &keys.local, profile, GCM_RTCP, from), 0);
    assert_int_equal(gcm_init(&open, &keys.local, profile, GCM_RTCP, to), 0);
    for (uint64_t index = 1; index < 300; index++) {
        uint8_t aad[64], plain[PLAIN_MAX], text[PLAIN_MAX + SEAL_GCM_TAG_LEN];
        size_t aad_len = 8 + below(50), len = below(PLAIN_MAX);
        fill(aad, sizeof(aad));
        fill(plain, len);
        memcpy(text, plain, len);
        const struct seal_packet packet = {
            .header = aad, .header_len = aad_len, .rest = text, .rest_len = len};
        const struct seal_sealed sealed = {.aad = aad, .aad_len = aad_len, .text = text, .text_len = len};
        assert_int_equal(gcm_seal(&seal, 5, index, &packet, text), 0);
        assert_true(gcm_open(&open, 5, index, &sealed));
        assert_memory_equal(text, plain, len);
        memcpy(text, plain, len);
        assert_int_equal(gcm_seal(&seal, 5, index, &packet, text), 0);
        text[below(len + SEAL_GCM_TAG_LEN)] ^= 0x10;
        assert_false(gcm_open(&open, 5, index, &sealed));
    }
    gcm_finish(&seal);
    gcm_finish(&open);
}

static void engines_agree(void **state)
{
    (void)state;
    for (size_t i = 0; i < seal_engine_count; i++) {
        for (size_t j = 0; j < seal_engine_count; j++) {
            if (!seal_engine_usable(seal_engines[i]) || !seal_engine_usable(seal_engines[j]))
                continue;
            cross(seal_engines[i], seal_engines[j], KEYS_AEAD_AES_128_GCM);
            cross(seal_engines[i], seal_engines[j], KEYS_AEAD_AES_256_GCM);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(receives_what_libsrtp2_sends),
        cmocka_unit_test(libsrtp2_receives_our_rtcp),
        cmocka_unit_test(refuses_what_was_touched),
        cmocka_unit_test(engines_agree),
    };
    if (srtp_init() != srtp_err_status_ok)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
