/* What a packet's encryption costs, by each engine that there is. */
#include "micro.h"

#include "bytes.h"
#include "packet_view.h"
#include "seal.h"
#include "secure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PACKETS = 2000, CAPACITY = 1536, CSRCS = 3, HEADER_LEN = RTP_HEADER_LEN + 4 * CSRCS, AGAIN = 50 };

static const struct keys keys = {.profile = KEYS_AEAD_AES_128_GCM,
                                 .local = {.key = {1, 2, 3}, .salt = {4, 5, 6}},
                                 .remote = {.key = {1, 2, 3}, .salt = {4, 5, 6}}};

/* A plain packet of `len` bytes; of its payload the first 6 come from elsewhere, as a codec's descriptor
 * does. */
static struct seal_packet describe(uint8_t *plain, size_t len, uint64_t index)
{
    memset(plain, 0, HEADER_LEN);
    plain[0] = 0x80 | CSRCS;
    plain[1] = 96;
    put_u16(plain + 2, (uint32_t)index & 0xffff);
    put_u32(plain + 8, 10);
    return (struct seal_packet){.index = index,
                                .header = plain,
                                .patch = plain + HEADER_LEN,
                                .rest = plain + HEADER_LEN + 6,
                                .header_len = HEADER_LEN,
                                .patch_len = 6,
                                .rest_len = len - HEADER_LEN - 6};
}

static double seal_by(const struct seal_engine *engine, size_t len)
{
    static uint8_t plain[CAPACITY], out[CAPACITY];
    struct seal *seal = seal_engine_usable(engine) ? seal_new(&keys, engine) : NULL;
    if (!seal)
        return -1;
    uint64_t start_ns = micro_now_ns();
    for (uint64_t i = 1; i <= (uint64_t)PACKETS * AGAIN; i++) {
        const struct seal_packet p = describe(plain, len, i);
        size_t sealed = 0;
        micro_use((uint64_t)seal_packet(seal, &p, out, sizeof(out), &sealed) + sealed);
    }
    double took_ns = (double)(micro_now_ns() - start_ns);
    seal_free(seal);
    return took_ns / ((double)PACKETS * AGAIN);
}

static double seal_fastest(size_t len)
{
    return seal_by(seal_engines[0], len);
}

static double seal_anywhere(size_t len)
{
    return seal_by(seal_engines[seal_engine_count - 1], len);
}

static double unseal(size_t len)
{
    uint8_t(*sealed)[CAPACITY] = calloc(PACKETS, CAPACITY), plain[CAPACITY] = {0};
    struct seal *seal = seal_new(&keys, NULL);
    struct secure *secure = secure_new(&keys);
    size_t out_len = 0;
    double took_ns = -1;
    for (uint64_t i = 0; sealed && seal && i < PACKETS; i++) {
        const struct seal_packet p = describe(plain, len, i + 1);
        micro_use((uint64_t)seal_packet(seal, &p, sealed[i], CAPACITY, &out_len));
    }
    if (sealed && seal && secure) {
        uint64_t start_ns = micro_now_ns();
        bool ok = true;
        for (size_t i = 0; i < PACKETS; i++)
            ok &= secure_unprotect_rtp(secure, sealed[i], out_len, &(size_t){0}) == SECURE_OK;
        took_ns = ok ? (double)(micro_now_ns() - start_ns) / PACKETS : -1;
    }
    secure_free(secure);
    seal_free(seal);
    free(sealed);
    return took_ns;
}

const struct micro micro_secure[] = {
    {"seal 1,200 bytes with the fastest engine", seal_fastest, 1200},
    {"seal 1,200 bytes with the one that runs everywhere", seal_anywhere, 1200},
    {"seal 100 bytes with the fastest engine", seal_fastest, 100},
    {"unseal 1,200 bytes", unseal, 1200},
    {"unseal 100 bytes", unseal, 100},
    {0},
};
