/* Sealing against libsrtp2: every byte the same, for each profile and engine. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "chance.h"
#include "packet_view.h"
#include "seal.h"
#include "secure.h"

#include <srtp2/srtp.h>

enum { PACKET_MAX = 1600, TRAILER = 16, CANARY = 0xa5 };

/* A libsrtp2 sender set up without any of our code. roc: of ssrc. */
static srtp_t oracle_new(const struct keys *keys, uint32_t ssrc, uint32_t roc)
{
    uint8_t key[KEYS_KEY_MAX + KEYS_SALT_MAX];
    const struct keys_profile_info *info = &keys_profiles[keys->profile];
    srtp_policy_t policy = {.ssrc = {.type = ssrc_specific, .value = ssrc}, .key = key, .window_size = 128};
    srtp_t session;

    memcpy(key, keys->local.key, info->key_len);
    memcpy(key + info->key_len, keys->local.salt, info->salt_len);
    switch (keys->profile) {
    case KEYS_AEAD_AES_128_GCM:
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
        break;
    case KEYS_AEAD_AES_256_GCM:
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtp);
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtcp);
        break;
    default:
        srtp_crypto_policy_set_rtp_default(&policy.rtp);
        srtp_crypto_policy_set_rtcp_default(&policy.rtcp);
    }
    assert_int_equal(srtp_create(&session, &policy), srtp_err_status_ok);
    if (roc)
        assert_int_equal(srtp_set_stream_roc(session, ssrc, roc), srtp_err_status_ok);
    return session;
}

/* A random header with CSRCs and an extension, or without. Returns its length. */
static size_t make_header(uint8_t *p, uint32_t ssrc, uint64_t index)
{
    size_t csrcs = below(3) ? below(4) : below(16);
    bool extension = below(2);
    size_t words = extension ? below(8) : 0;
    fill(p, 12 + 4 * csrcs + 4 + 4 * words);
    p[0] = (uint8_t)(0x80 | (extension ? 0x10 : 0) | csrcs);
    put_u16(p + 2, (uint32_t)index);
    put_u32(p + 8, ssrc);
    if (extension)
        put_u16(p + 12 + 4 * csrcs + 2, (uint32_t)words);
    return 12 + 4 * csrcs + (extension ? 4 + 4 * words : 0);
}

/* Seal one random packet with both; they have to agree. */
static void compare(struct seal *seal, srtp_t oracle, uint32_t ssrc, uint64_t index)
{
    uint8_t header[256], patch[64], rest[1400], ours[PACKET_MAX], theirs[PACKET_MAX];
    struct seal_packet packet = {
        .index = index,
        .header = header,
        .patch = patch,
        .rest = rest,
        .header_len = make_header(header, ssrc, index),
        .patch_len = below(2) ? below(sizeof(patch)) : 0,
        .rest_len = below(4) ? below(sizeof(rest)) : below(3),
    };
    fill(patch, packet.patch_len);
    fill(rest, packet.rest_len);

    int len = (int)(packet.header_len + packet.patch_len + packet.rest_len);
    memcpy(theirs, header, packet.header_len);
    memcpy(theirs + packet.header_len, patch, packet.patch_len);
    memcpy(theirs + packet.header_len + packet.patch_len, rest, packet.rest_len);
    size_t plain_len = (size_t)len, out_len = 0;
    assert_int_equal(srtp_protect(oracle, theirs, &len), srtp_err_status_ok);

    memset(ours, CANARY, sizeof(ours));
    assert_int_equal(seal_packet(seal, &packet, ours, (size_t)len - 1, &out_len), -EMSGSIZE);
    assert_int_equal(seal_packet(seal, &packet, ours, (size_t)len, &out_len), 0);
    assert_int_equal(out_len, len);
    assert_int_equal(out_len, plain_len + seal_overhead(seal));
    assert_memory_equal(ours, theirs, out_len);
    assert_int_equal(ours[out_len], CANARY);
}

typedef void engine_fn(enum keys_profile profile, const struct seal_engine *engine);

static void with_each_engine(engine_fn *fn)
{
    size_t ran = 0;
    for (enum keys_profile profile = 0; profile < KEYS_PROFILE_COUNT; profile++)
        for (size_t i = 0; i < seal_engine_count; i++)
            if (seal_engine_usable(seal_engines[i])) {
                fn(profile, seal_engines[i]);
                ran++;
            }
    assert_true(ran >= KEYS_PROFILE_COUNT);
}

/* Any index of 48 bits. SHA1_80 starts below 2^16, as libsrtp2 counts itself. */
static void random_packets(enum keys_profile profile, const struct seal_engine *engine)
{
    for (size_t i = 0; i < 400; i++) {
        struct keys keys = random_keys(profile);
        uint32_t ssrc = (uint32_t)rnd();
        unsigned bits = profile == KEYS_AES128_CM_SHA1_80 ? 15 : 15 + (unsigned)below(33);
        uint64_t index = rnd() & ((1ULL << bits) - 1);
        struct seal *seal = seal_new(&keys, engine);
        srtp_t oracle = oracle_new(&keys, ssrc, (uint32_t)(index >> 16));
        assert_non_null(seal);
        compare(seal, oracle, ssrc, index);
        srtp_dealloc(oracle);
        seal_free(seal);
    }
}

static void random_packets_match(void **state)
{
    (void)state;
    with_each_engine(random_packets);
}

/* Around the places where a counter of 16 or 32 bits turns over, with one key,
 * holes and reordering. */
static void rollover_from(enum keys_profile profile, const struct seal_engine *engine, uint64_t first)
{
    struct keys keys = random_keys(profile);
    uint32_t ssrc = (uint32_t)rnd();
    struct seal *seal = seal_new(&keys, engine);
    srtp_t oracle = oracle_new(&keys, ssrc, (uint32_t)(first >> 16));
    assert_non_null(seal);
    for (uint64_t index = first; index < first + 400; index += 2 + below(3)) {
        compare(seal, oracle, ssrc, index + 1);
        compare(seal, oracle, ssrc, index);
    }
    srtp_dealloc(oracle);
    seal_free(seal);
}

static void rollovers(enum keys_profile profile, const struct seal_engine *engine)
{
    static const uint64_t ends[] = {1ULL << 16, 1ULL << 17, 1ULL << 31, 1ULL << 32, 1ULL << 47};
    size_t count = profile == KEYS_AES128_CM_SHA1_80 ? 1 : sizeof(ends) / sizeof(ends[0]);
    for (size_t i = 0; i < count; i++)
        rollover_from(profile, engine, ends[i] - 200);
}

static void rollovers_match(void **state)
{
    (void)state;
    with_each_engine(rollovers);
}

/* From one sender to one receiver, with four packets of five lost: two rollovers
 * of the sequence number, counted on each side by itself. */
static void long_run(enum keys_profile profile, const struct seal_engine *engine)
{
    struct keys keys = random_keys(profile);
    struct keys peer = {.profile = profile, .local = keys.remote, .remote = keys.local};
    struct seal *seal = seal_new(&keys, engine);
    struct secure *secure = secure_new(&peer);
    uint8_t header[RTP_HEADER_LEN] = {0x80, 96}, payload[40], out[PACKET_MAX];
    struct seal_packet packet = {
        .header = header, .rest = payload, .header_len = sizeof(header), .rest_len = sizeof(payload)};

    fill(payload, sizeof(payload));
    put_u32(header + 8, 0xdecafbad);
    for (packet.index = 30000; packet.index < 140000; packet.index += 5) {
        size_t len = 0, plain_len = 0;
        put_u16(header + 2, (uint32_t)packet.index);
        assert_int_equal(seal_packet(seal, &packet, out, sizeof(out), &len), 0);
        assert_int_equal(secure_unprotect_rtp(secure, out, len, &plain_len), SECURE_OK);
        assert_int_equal(plain_len, sizeof(header) + sizeof(payload));
        assert_memory_equal(out + sizeof(header), payload, sizeof(payload));
    }
    secure_free(secure);
    seal_free(seal);
}

static void long_runs_arrive(void **state)
{
    (void)state;
    with_each_engine(long_run);
}

static void first_usable_engine_is_the_default(void **state)
{
    struct keys keys = random_keys(KEYS_AEAD_AES_128_GCM);
    srtp_t oracle = oracle_new(&keys, 5, 0);
    struct seal *seal = seal_new(&keys, NULL);
    (void)state;
    assert_non_null(seal);
    assert_int_equal(seal_overhead(seal), 16);
    compare(seal, oracle, 5, 1);
    seal_free(seal);
    srtp_dealloc(oracle);
    assert_string_equal(seal_engine_name(seal_engines[seal_engine_count - 1]), "openssl");
    assert_true(seal_engine_usable(seal_engines[seal_engine_count - 1]));
}

#ifndef NDEBUG
static void repeat(enum keys_profile profile, const struct seal_engine *engine)
{
    struct keys keys = random_keys(profile);
    uint8_t header[RTP_HEADER_LEN] = {0x80, 96, 0, 9}, out[PACKET_MAX];
    struct seal_packet packet = {.index = 9, .header = header, .header_len = sizeof(header)};
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        size_t len;
        signal(SIGABRT, SIG_DFL);
        struct seal *seal = seal_new(&keys, engine);
        if (!seal || seal_packet(seal, &packet, out, sizeof(out), &len))
            _exit(1);
        len = (size_t)seal_packet(seal, &packet, out, sizeof(out), &len);
        _exit(2);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void repeated_index_aborts(void **state)
{
    (void)state;
    with_each_engine(repeat);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_packets_match),  cmocka_unit_test(rollovers_match),
        cmocka_unit_test(long_runs_arrive),      cmocka_unit_test(first_usable_engine_is_the_default),
#ifndef NDEBUG
        cmocka_unit_test(repeated_index_aborts),
#endif
    };
    struct keys keys = {.profile = KEYS_AES128_CM_SHA1_80};
    secure_free(secure_new(&keys)); /* initialises libsrtp2 for the oracle */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
