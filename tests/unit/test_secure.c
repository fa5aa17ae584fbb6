/* Receiving SRTP and SRTCP: tags, replays, rollover with loss, the cap on SSRCs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "packet_view.h"
#include "seal.h"
#include "secure.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { PAYLOAD_LEN = 32, CAP = 256 };

static const struct keys ours = {.local = {.key = {1, 2, 3}, .salt = {4, 5}},
                                 .remote = {.key = {6, 7}, .salt = {8}}};

/* Two ends of a session. */
struct pair {
    struct seal *seal;   /* the peer sends RTP */
    struct secure *peer; /* and RTCP */
    struct secure *here; /* we receive */
};

static struct pair pair_new(enum keys_profile profile)
{
    struct keys keys = ours, peer = {.profile = profile, .local = ours.remote, .remote = ours.local};
    keys.profile = profile;
    struct pair pair = {seal_new(&peer, NULL), secure_new(&peer), secure_new(&keys)};
    assert_non_null(pair.seal);
    assert_non_null(pair.peer);
    assert_non_null(pair.here);
    return pair;
}

static void pair_free(struct pair *pair)
{
    seal_free(pair->seal);
    secure_free(pair->peer);
    secure_free(pair->here);
}

static size_t make_rtp(struct pair *pair, uint32_t ssrc, uint64_t index, uint8_t *out)
{
    static const uint8_t payload[PAYLOAD_LEN] = "the payload";
    uint8_t header[RTP_HEADER_LEN] = {0x80, 96};
    struct seal_packet packet = {.index = index,
                                 .header = header,
                                 .rest = payload,
                                 .header_len = sizeof(header),
                                 .rest_len = sizeof(payload)};
    size_t len = 0;
    put_u16(header + 2, (uint32_t)index);
    put_u32(header + 8, ssrc);
    assert_int_equal(seal_packet(pair->seal, &packet, out, CAP, &len), 0);
    return len;
}

static enum secure_verdict receive(struct pair *pair, const uint8_t *p, size_t len)
{
    uint8_t copy[CAP];
    size_t out_len = 0;
    memcpy(copy, p, len);
    enum secure_verdict verdict = secure_unprotect_rtp(pair->here, copy, len, &out_len);
    if (verdict == SECURE_OK) {
        assert_int_equal(out_len, RTP_HEADER_LEN + PAYLOAD_LEN);
        assert_string_equal((char *)copy + RTP_HEADER_LEN, "the payload");
    }
    return verdict;
}

typedef void profile_fn(enum keys_profile profile);

static void with_each_profile(profile_fn *fn)
{
    for (enum keys_profile profile = 0; profile < KEYS_PROFILE_COUNT; profile++)
        fn(profile);
}

/* What is done to a good packet before it arrives. */
static const struct {
    const char *what;
    size_t cut;  /* bytes from its end */
    size_t flip; /* this byte, 0 = none */
    uint8_t set; /* bits of the first byte */
    enum secure_verdict verdict;
} damages[] = {
    {"nothing", 0, 0, 0, SECURE_OK},
    {"sequence number", 0, 3, 0, SECURE_AUTH},
    {"timestamp", 0, 5, 0, SECURE_AUTH},
    {"SSRC", 0, 11, 0, SECURE_AUTH},
    {"payload", 0, 20, 0, SECURE_AUTH},
    {"tag", 0, 45, 0, SECURE_AUTH},
    {"last byte cut", 1, 0, 0, SECURE_AUTH},
    {"CSRC count past the end", 0, 0, 0x0f, SECURE_SHORT},
    {"extension past the end", 0, 0, 0x10, SECURE_SHORT},
    {"CSRC count to where no extension begins", 0, 0, 0x1b, SECURE_SHORT},
};

static void damage(enum keys_profile profile)
{
    for (size_t i = 0; i < COUNT(damages); i++) {
        struct pair pair = pair_new(profile);
        uint8_t p[CAP];
        size_t len = make_rtp(&pair, 1, 7, p);
        p[0] |= damages[i].set;
        if (damages[i].flip)
            p[damages[i].flip] ^= 0x40;
        enum secure_verdict verdict = receive(&pair, p, len - damages[i].cut);
        if (verdict != damages[i].verdict)
            fail_msg("%s, %s: %d", keys_profiles[profile].name, damages[i].what, verdict);
        assert_int_equal(secure_stream_count(pair.here), verdict == SECURE_OK ? 1 : 0);
        pair_free(&pair);
    }
}

static void damaged_packets(void **state)
{
    (void)state;
    with_each_profile(damage);
}

static void short_packets(enum keys_profile profile)
{
    struct pair pair = pair_new(profile);
    size_t shortest = RTP_HEADER_LEN + keys_profiles[profile].tag_len;
    for (size_t len = 0; len < shortest; len++) {
        uint8_t *p = calloc(1, len + 1);
        size_t out_len;
        assert_int_equal(secure_unprotect_rtp(pair.here, p, len, &out_len), SECURE_SHORT);
        if (len < 8)
            assert_int_equal(secure_unprotect_rtcp(pair.here, p, len, &out_len), SECURE_SHORT);
        else
            assert_int_not_equal(secure_unprotect_rtcp(pair.here, p, len, &out_len), SECURE_OK);
        free(p);
    }
    pair_free(&pair);
}

static void too_short(void **state)
{
    (void)state;
    with_each_profile(short_packets);
}

/* One SSRC, from the lowest index to the highest: losses, replays, rollovers. */
static const struct {
    uint64_t index;
    enum secure_verdict verdict;
} arrivals[] = {
    {65000, SECURE_OK},     {65002, SECURE_OK},     {65001, SECURE_OK},
    {65001, SECURE_REPLAY}, {65530, SECURE_OK}, /* a hole, then a rollover with loss */
    {65540, SECURE_OK},     {65535, SECURE_OK},     {65536, SECURE_OK},
    {65536, SECURE_REPLAY}, {65535, SECURE_REPLAY}, {65003, SECURE_OK}, /* still in the window of 1,024 */
    {66600, SECURE_OK},     {65541, SECURE_REPLAY},                     /* out of it */
    {90000, SECURE_OK},     {120000, SECURE_OK},    {131073, SECURE_OK},
};

static size_t first_with_index(uint64_t index)
{
    size_t i = 0;
    while (i < COUNT(arrivals) && arrivals[i].index != index)
        i++;
    return i;
}

/* The packets are sealed in order, whatever order they arrive in. */
static void arrive(enum keys_profile profile)
{
    struct pair pair = pair_new(profile);
    uint8_t sent[COUNT(arrivals)][CAP];
    size_t len = 0;
    for (uint64_t index = arrivals[0].index; index <= arrivals[COUNT(arrivals) - 1].index; index++) {
        size_t i = first_with_index(index);
        if (i < COUNT(arrivals))
            len = make_rtp(&pair, 9, index, sent[i]);
    }
    for (size_t i = 0; i < COUNT(arrivals); i++) {
        enum secure_verdict verdict = receive(&pair, sent[first_with_index(arrivals[i].index)], len);
        if (verdict != arrivals[i].verdict)
            fail_msg("%s, row %zu: %d", keys_profiles[profile].name, i, verdict);
    }
    assert_int_equal(secure_stream_count(pair.here), 1);
    pair_free(&pair);
}

static void loss_replay_rollover(void **state)
{
    (void)state;
    with_each_profile(arrive);
}

static void cap(enum keys_profile profile)
{
    struct pair pair = pair_new(profile);
    uint8_t p[CAP], third[CAP];
    size_t len, out_len;
    for (uint32_t ssrc = 1; ssrc <= SECURE_STREAMS_MAX; ssrc++) {
        /* a flood of forged ones takes no room */
        for (uint32_t forged = 0; forged < 10; forged++) {
            memset(p, (int)(ssrc + forged), 80);
            p[0] = 0x80;
            assert_int_equal(secure_unprotect_rtp(pair.here, p, 80, &out_len), SECURE_AUTH);
        }
        len = make_rtp(&pair, ssrc, 1, p);
        assert_int_equal(receive(&pair, p, len), SECURE_OK);
        assert_int_equal(secure_stream_count(pair.here), ssrc);
        if (ssrc == 3)
            memcpy(third, p, len);
    }
    len = make_rtp(&pair, 1000, 1, p);
    assert_int_equal(receive(&pair, p, len), SECURE_STREAMS);
    secure_remove(pair.here, 999); /* nobody */
    assert_int_equal(receive(&pair, p, len), SECURE_STREAMS);
    secure_remove(pair.here, 3);
    assert_int_equal(receive(&pair, p, len), SECURE_OK);
    assert_int_equal(receive(&pair, p, len), SECURE_REPLAY);
    len = make_rtp(&pair, 2, 2, p);
    assert_int_equal(receive(&pair, p, len), SECURE_OK);
    secure_remove(pair.here, 1000);
    /* The one that had ended comes back. Nothing is left of it, its replay window neither. */
    assert_int_equal(receive(&pair, third, len), SECURE_OK);
    assert_int_equal(receive(&pair, third, len), SECURE_REPLAY);
    assert_int_equal(secure_stream_count(pair.here), SECURE_STREAMS_MAX);
    pair_free(&pair);
}

static void cap_on_ssrcs(void **state)
{
    (void)state;
    with_each_profile(cap);
}

static void rtcp(enum keys_profile profile)
{
    static const uint8_t report[] = {0x80, 201, 0, 1, 0, 0, 0, 5};
    struct pair pair = pair_new(profile);
    uint8_t p[sizeof(report) + SECURE_RTCP_OVERHEAD + 1], forged[sizeof(p)];
    size_t len = 0, out_len = 0;

    memset(p, 0xa5, sizeof(p));
    memcpy(p, report, sizeof(report));
    assert_int_equal(secure_protect_rtcp(pair.peer, p, sizeof(report), &len), 0);
    assert_true(len > sizeof(report) && len <= sizeof(report) + SECURE_RTCP_OVERHEAD);
    assert_int_equal(p[sizeof(p) - 1], 0xa5);
    memcpy(forged, p, len);
    forged[len - 1] ^= 1;
    assert_int_equal(secure_unprotect_rtcp(pair.here, forged, len, &out_len), SECURE_AUTH);
    assert_int_equal(secure_stream_count(pair.here), 0);
    memcpy(forged, p, len);
    assert_int_equal(secure_unprotect_rtcp(pair.here, p, len, &out_len), SECURE_OK);
    assert_int_equal(out_len, sizeof(report));
    assert_memory_equal(p, report, sizeof(report));
    assert_int_equal(secure_unprotect_rtcp(pair.here, forged, len, &out_len), SECURE_REPLAY);
    assert_int_equal(secure_stream_count(pair.here), 1);
    assert_true(secure_protect_rtcp(pair.peer, p, 7, &len) < 0);
    pair_free(&pair);
}

static void rtcp_both_ways(void **state)
{
    (void)state;
    with_each_profile(rtcp);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damaged_packets),      cmocka_unit_test(too_short),
        cmocka_unit_test(loss_replay_rollover), cmocka_unit_test(cap_on_ssrcs),
        cmocka_unit_test(rtcp_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
