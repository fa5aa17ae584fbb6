/* The ICE agent of a worker with two transports: random bytes, mutated requests
 * and authentic requests with random attributes, from changing addresses. The
 * input is a list of steps; see struct step. */
#include "ice.h"

#include <stdlib.h>
#include <stun/usages/ice.h>

enum { TRANSPORTS = 2, CAP = 2048, STEPS_MAX = 64 };
enum { RAW, MUTATED, ATTRIBUTES, MEDIA, RESTART, FORGET, KINDS };

struct world {
    struct ice_agent agent;
    struct ice ice[TRANSPORTS];
    StunAgent client;
    uint64_t now_us;
};

/* One byte each: kind, transport, port; then the time that passes in units of
 * 100 ms, flags, and a length with so many bytes. */
struct step {
    uint8_t kind, t, port, wait, flags;
    const uint8_t *p;
    size_t len;
};

static struct ice *by_ufrag(void *arg, const char *ufrag, size_t len)
{
    struct world *w = arg;
    for (size_t i = 0; i < TRANSPORTS; i++) {
        struct ice *ice = &w->ice[i];
        if ((strlen(ice->current.ufrag) == len && memcmp(ice->current.ufrag, ufrag, len) == 0) ||
            (strlen(ice->previous.ufrag) == len && memcmp(ice->previous.ufrag, ufrag, len) == 0))
            return ice;
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

/* What has to hold whatever came. */
static void check_world(const struct world *w)
{
    for (size_t i = 0; i < TRANSPORTS; i++) {
        const struct ice *ice = &w->ice[i];
        if (ice->remote_count > ICE_REMOTES_MAX || (ice->remote_count > 0) != (ice_selected(ice) != NULL))
            abort();
        for (size_t j = 0; j < ice->remote_count; j++)
            if (by_addr((void *)w, &ice->remotes[j].addr) != ice) /* nobody shares an address */
                abort();
    }
}

/* A request of the client with the bytes of the step as attributes. */
static size_t build(struct world *w, const struct step *s, uint8_t *p, bool authentic)
{
    const struct ice *ice = &w->ice[s->t];
    const struct ice_credentials *c = s->flags & 1 && ice->previous.pwd[0] ? &ice->previous : &ice->current;
    char user[SFU_UFRAG_MAX + 8];
    StunMessage msg;
    snprintf(user, sizeof(user), "%s:c", c->ufrag);
    if (!authentic)
        return stun_usage_ice_conncheck_create(
            &w->client, &msg, p, CAP, (uint8_t *)user, strlen(user), (const uint8_t *)c->pwd, strlen(c->pwd),
            s->flags & 2, !(s->flags & 4), s->flags, 1, NULL, STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
    stun_agent_init_request(&w->client, &msg, p, CAP, STUN_BINDING);
    stun_message_append_string(&msg, STUN_ATTRIBUTE_USERNAME, user);
    size_t at = stun_message_length(&msg), len = s->len & ~(size_t)3;
    memcpy(p + at, s->p, len);
    put_u16(p + 2, (uint32_t)(at + len - 20));
    return stun_agent_finish_message(&w->client, &msg, (const uint8_t *)c->pwd, strlen(c->pwd));
}

static void handle(struct world *w, const uint8_t *p, size_t len, const struct addr *from)
{
    uint8_t reply[ICE_REPLY_MAX];
    uint8_t *exact = malloc(len ? len : 1);
    if (!exact)
        abort();
    memcpy(exact, p, len);
    struct ice_result r = ice_agent_handle(&w->agent, exact, len, from, w->now_us, reply);
    free(exact);
    if (r.verdict >= ICE_VERDICT_COUNT || r.reply_len > ICE_REPLY_MAX)
        abort();
    if (r.verdict == ICE_VALID ? !r.ice || !ice_knows(r.ice, from) : r.added || r.selected || r.retired)
        abort();
}

static void run(struct world *w, const struct step *s)
{
    uint8_t p[CAP];
    char dropped[SFU_UFRAG_MAX + 1], ufrag[8];
    struct addr from = {.family = s->flags & 8 ? AF_INET6 : AF_INET, .port = s->port, .ip = {10, 1}};
    size_t len;

    w->now_us += s->wait * UINT64_C(100000);
    switch (s->kind % KINDS) {
    case RAW:
        handle(w, s->p, s->len, &from);
        break;
    case MUTATED:
        len = build(w, s, p, false);
        for (size_t i = 0; i + 1 < s->len; i += 2)
            p[s->p[i] % len] ^= s->p[i + 1];
        handle(w, p, len, &from);
        break;
    case ATTRIBUTES:
        handle(w, p, build(w, s, p, true), &from);
        break;
    case MEDIA:
        ice_authentic(&w->ice[s->t], &from, w->now_us);
        break;
    case RESTART:
        snprintf(ufrag, sizeof(ufrag), "r%u%u", s->t, s->flags);
        ice_restart(&w->ice[s->t], ufrag, "another-password", dropped);
        break;
    default:
        ice_forget(&w->ice[s->t], &from);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct ice_tables tables = {by_ufrag, by_addr};
    static const uint16_t known[] = {0};
    static struct world w;
    struct rd r = rd_init(data, size);

    w = (struct world){.now_us = 1000000};
    ice_agent_init(&w.agent, &tables, &w);
    ice_init(&w.ice[0], "zero", "password-of-number-0", w.now_us);
    ice_init(&w.ice[1], "one", "password-of-number-1", w.now_us);
    stun_agent_init(&w.client, known, STUN_COMPATIBILITY_RFC5389,
                    STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | STUN_AGENT_USAGE_USE_FINGERPRINT);
    for (size_t i = 0; i < STEPS_MAX && rd_left(&r) > 0; i++) {
        struct step s = {rd_u8(&r), rd_u8(&r) % TRANSPORTS, rd_u8(&r), rd_u8(&r), rd_u8(&r), NULL, 0};
        s.len = rd_u8(&r) * (size_t)8;
        s.len = s.len < rd_left(&r) ? s.len : rd_left(&r);
        s.p = rd_bytes(&r, s.len);
        if (r.bad)
            break;
        run(&w, &s);
        check_world(&w);
    }
    return 0;
}
