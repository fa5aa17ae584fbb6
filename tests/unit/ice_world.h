/* ICE as a worker uses it, and a client to go with it: two transports, found by
 * walking through them, and requests built by libnice. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "bytes.h"
#include "ice.h"

#include <stun/usages/ice.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define SEC      1000000ULL

enum { TRANSPORTS = 2, CAP = 2048, FIRST_US = 1000000000 };

struct world {
    struct ice_agent agent;
    struct ice ice[TRANSPORTS];
    StunAgent client;
};

static struct ice *by_ufrag(void *arg, const char *ufrag, size_t len)
{
    struct world *w = arg;
    for (size_t i = 0; i < TRANSPORTS; i++)
        for (size_t j = 0; j < 2; j++) {
            const char *name = j ? w->ice[i].previous.ufrag : w->ice[i].current.ufrag;
            if (strlen(name) == len && memcmp(name, ufrag, len) == 0)
                return &w->ice[i];
        }
    return NULL;
}

static struct ice *by_addr(void *arg, const struct addr *addr)
{
    struct world *w = arg;
    for (size_t i = 0; i < TRANSPORTS; i++)
        if (ice_knows(&w->ice[i], addr))
            return &w->ice[i];
    return NULL;
}

static const struct ice_tables tables = {by_ufrag, by_addr};

static const uint16_t client_attributes[] = {
    STUN_ATTRIBUTE_USERNAME,           STUN_ATTRIBUTE_MESSAGE_INTEGRITY,  STUN_ATTRIBUTE_ERROR_CODE,
    STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS, STUN_ATTRIBUTE_UNKNOWN_ATTRIBUTES, 0,
};

static void world_init(struct world *w)
{
    ice_agent_init(&w->agent, &tables, w);
    ice_init(&w->ice[0], "server00", "password-of-the-first-one", FIRST_US);
    ice_init(&w->ice[1], "server01", "password-of-the-second-1", FIRST_US);
    stun_agent_init(&w->client, client_attributes, STUN_COMPATIBILITY_RFC5389,
                    STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | STUN_AGENT_USAGE_USE_FINGERPRINT);
}

static struct addr address(const char *ip, uint16_t port)
{
    struct addr a;
    assert_int_equal(addr_parse(&a, ip, port), 0);
    return a;
}

/* From a block of its own of just that size, so that reading past its end is seen. */
static struct ice_result handle(struct world *w, const uint8_t *p, size_t len, const struct addr *from,
                                uint64_t now_us, uint8_t *reply)
{
    uint8_t *exact = malloc(len ? len : 1);
    assert_non_null(exact);
    memcpy(exact, p, len);
    struct ice_result r = ice_agent_handle(&w->agent, exact, len, from, now_us, reply);
    free(exact);
    return r;
}

/* What the client is asked to build. */
struct ask {
    const char *user, *password;
    bool use_candidate, controlling;
    uint32_t priority;
    uint64_t tie;
};

static size_t check(struct world *w, uint8_t *p, const struct ask *ask)
{
    StunMessage msg;
    return stun_usage_ice_conncheck_create(
        &w->client, &msg, p, CAP, (const uint8_t *)ask->user, strlen(ask->user),
        (const uint8_t *)ask->password, strlen(ask->password), ask->use_candidate, ask->controlling,
        ask->priority, ask->tie, NULL, STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
}
