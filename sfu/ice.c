#include "ice.h"

#include <errno.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stun/usages/ice.h>

enum {
    STUN_HEADER_LEN = 20,
    STUN_CLASS_MASK = 0x0110, /* RFC 8489, section 5 */
    STUN_CLASS_REQUEST = 0x0000,
    STUN_CLASS_INDICATION = 0x0010,
};

/* --- One transport ---------------------------------------------------------- */

static void credentials_set(struct ice_credentials *c, const char *ufrag, const char *pwd)
{
    snprintf(c->ufrag, sizeof(c->ufrag), "%s", ufrag);
    snprintf(c->pwd, sizeof(c->pwd), "%s", pwd);
}

void ice_init(struct ice *ice, const char *ufrag, const char *pwd, uint64_t now_us)
{
    *ice = (struct ice){.selected = ICE_REMOTES_MAX, .seen_us = now_us};
    credentials_set(&ice->current, ufrag, pwd);
}

void ice_restart(struct ice *ice, const char *ufrag, const char *pwd, char *dropped)
{
    bool overtaken = ice->previous.pwd[0] != '\0';
    snprintf(dropped, SFU_UFRAG_MAX + 1, "%s", overtaken ? ice->current.ufrag : "");
    if (!overtaken)
        ice->previous = ice->current;
    credentials_set(&ice->current, ufrag, pwd);
}

const struct addr *ice_selected(const struct ice *ice)
{
    return ice->selected < ice->remote_count ? &ice->remotes[ice->selected].addr : NULL;
}

/* Its index, or remote_count. */
static size_t find_remote(const struct ice *ice, const struct addr *addr)
{
    size_t i = 0;
    while (i < ice->remote_count && !addr_equal(&ice->remotes[i].addr, addr))
        i++;
    return i;
}

bool ice_knows(const struct ice *ice, const struct addr *from)
{
    return find_remote(ice, from) < ice->remote_count;
}

static bool passed(uint64_t since_us, uint64_t now_us, uint64_t span_us)
{
    return now_us > since_us && now_us - since_us >= span_us;
}

void ice_authentic(struct ice *ice, const struct addr *from, uint64_t now_us)
{
    size_t i = find_remote(ice, from);
    if (i == ice->remote_count)
        return;
    ice->remotes[i].seen_us = now_us;
    ice->seen_us = now_us;
}

bool ice_expired(const struct ice *ice, uint64_t now_us)
{
    return passed(ice->seen_us, now_us, ICE_EXPIRY_US);
}

bool ice_may_take(const struct ice *ice, const struct addr *addr, uint64_t now_us)
{
    size_t i = find_remote(ice, addr);
    return i == ice->remote_count || passed(ice->remotes[i].seen_us, now_us, ICE_TAKE_US);
}

/* The last one takes its place. */
static void remove_remote(struct ice *ice, size_t i)
{
    size_t last = --ice->remote_count;
    ice->remotes[i] = ice->remotes[last];
    if (ice->selected == i)
        ice->selected = ICE_REMOTES_MAX;
    else if (ice->selected == last)
        ice->selected = (uint8_t)i;
}

void ice_forget(struct ice *ice, const struct addr *addr)
{
    size_t i = find_remote(ice, addr);
    if (i == ice->remote_count)
        return;
    remove_remote(ice, i);
    if (ice_selected(ice))
        return;
    ice->nominated = false;
    for (i = 0; i < ice->remote_count; i++)
        if (i == 0 || ice->remotes[i].seen_us > ice->remotes[ice->selected].seen_us)
            ice->selected = (uint8_t)i;
}

/* The longest silent one that is not being sent to. */
static size_t stalest(const struct ice *ice)
{
    size_t worst = ICE_REMOTES_MAX;
    for (size_t i = 0; i < ice->remote_count; i++)
        if (i != ice->selected &&
            (worst == ICE_REMOTES_MAX || ice->remotes[i].seen_us < ice->remotes[worst].seen_us))
            worst = i;
    return worst;
}

static size_t add_remote(struct ice *ice, const struct addr *from, struct ice_result *r)
{
    if (ice->remote_count == ICE_REMOTES_MAX) {
        size_t out = stalest(ice);
        r->evicted = true;
        r->evicted_addr = ice->remotes[out].addr;
        remove_remote(ice, out);
    }
    ice->remotes[ice->remote_count] = (struct ice_remote){.addr = *from};
    r->added = true;
    return ice->remote_count++;
}

/* The first valid check of a new generation: nomination starts afresh, and the
 * address being sent to stays until then. */
static void retire_previous(struct ice *ice)
{
    memset(ice->previous.pwd, 0, sizeof(ice->previous.pwd));
    ice->nominated = false;
    ice->valid_us = 0;
}

static bool should_select(const struct ice *ice, size_t i, bool use_candidate, uint64_t now_us)
{
    if (ice->selected >= ice->remote_count)
        return true;
    if (!use_candidate)
        return false;
    return !ice->nominated || passed(ice->valid_us, now_us, ICE_SETTLE_US) ||
           ice->remotes[i].priority >= ice->remotes[ice->selected].priority;
}

struct check {
    const struct ice_credentials *credentials; /* which of ice's authenticated it */
    uint32_t priority;
    bool use_candidate;
};

static void take_check(struct ice *ice, const struct check *check, const struct addr *from, uint64_t now_us,
                       struct ice_result *r)
{
    if (check->credentials == &ice->current && ice->previous.pwd[0] != '\0') {
        retire_previous(ice);
        r->retired = true;
    }
    if (ice->valid_us == 0)
        ice->valid_us = now_us;
    ice->seen_us = now_us;

    size_t i = find_remote(ice, from);
    if (i == ice->remote_count)
        i = add_remote(ice, from, r);
    ice->remotes[i].seen_us = now_us;
    ice->remotes[i].priority = check->priority;
    if (should_select(ice, i, check->use_candidate, now_us)) {
        r->selected = ice->selected != i;
        ice->selected = (uint8_t)i;
        ice->nominated |= check->use_candidate;
    }
    r->nominated = check->use_candidate && ice->selected == i;
}

/* --- The agent of one worker --------------------------------------------------- */

/* The attributes of a check whose numbers demand that they be understood. */
static const uint16_t known_attributes[] = {
    STUN_ATTRIBUTE_USERNAME,
    STUN_ATTRIBUTE_MESSAGE_INTEGRITY,
    STUN_ATTRIBUTE_PRIORITY,
    STUN_ATTRIBUTE_USE_CANDIDATE,
    0,
};

void ice_agent_init(struct ice_agent *agent, const struct ice_tables *tables, void *arg)
{
    *agent = (struct ice_agent){.tables = tables, .arg = arg};
    stun_agent_init(&agent->stun, known_attributes, STUN_COMPATIBILITY_RFC5389,
                    STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | STUN_AGENT_USAGE_USE_FINGERPRINT);
}

/* What libnice is spared: it compares 20 bytes of MESSAGE-INTEGRITY whatever
 * length the attribute has. */
static bool attributes_sound(struct rd *r)
{
    while (rd_left(r) > 0 && !r->bad) {
        uint16_t type = rd_u16(r);
        uint16_t len = rd_u16(r);
        rd_bytes(r, (len + 3U) & ~3U);
        if (type == STUN_ATTRIBUTE_MESSAGE_INTEGRITY && len != 20)
            return false;
    }
    return !r->bad;
}

/* ICE_VALID = a request for libnice to look at. */
static enum ice_verdict screen(const uint8_t *p, size_t len)
{
    if (len > ICE_MESSAGE_MAX)
        return ICE_TOO_LONG;
    if (len < STUN_HEADER_LEN || (p[0] & 0xc0) != 0 || get_u16(p + 2) != len - STUN_HEADER_LEN)
        return ICE_MALFORMED;
    switch (get_u16(p) & STUN_CLASS_MASK) {
    case STUN_CLASS_REQUEST:
        break;
    case STUN_CLASS_INDICATION:
        return ICE_INDICATION;
    default:
        return ICE_RESPONSE;
    }
    struct rd r = rd_init(p + STUN_HEADER_LEN, len - STUN_HEADER_LEN);
    return attributes_sound(&r) ? ICE_VALID : ICE_MALFORMED;
}

struct query {
    struct ice_agent *agent;
    struct ice *ice;                     /* whom USERNAME names */
    struct ice_credentials *credentials; /* and which generation of it */
};

static struct ice_credentials *generation(struct ice *ice, const char *ufrag, size_t len)
{
    struct ice_credentials *both[] = {&ice->current, &ice->previous};
    for (size_t i = 0; i < 2; i++)
        if (both[i]->pwd[0] != '\0' && strlen(both[i]->ufrag) == len &&
            memcmp(both[i]->ufrag, ufrag, len) == 0)
            return both[i];
    return NULL;
}

/* USERNAME is our ufrag, a colon, the peer's (RFC 8445, section 7.2.2). */
static bool find_password(StunAgent *stun, StunMessage *message, uint8_t *username, uint16_t username_len,
                          uint8_t **password, size_t *password_len, void *arg)
{
    (void)stun;
    (void)message;
    struct query *q = arg;
    const char *ufrag = (const char *)username;
    const char *colon = memchr(ufrag, ':', username_len);
    if (!colon)
        return false;
    size_t len = (size_t)(colon - ufrag);
    q->ice = q->agent->tables->by_ufrag(q->agent->arg, ufrag, len);
    q->credentials = q->ice ? generation(q->ice, ufrag, len) : NULL;
    if (!q->credentials)
        return false;
    *password = (uint8_t *)q->credentials->pwd;
    *password_len = strlen(q->credentials->pwd);
    return true;
}

static size_t build_error(struct ice_agent *agent, const StunMessage *request, StunError code, uint8_t *reply)
{
    StunMessage msg;
    if (!stun_agent_init_error(&agent->stun, &msg, reply, ICE_REPLY_MAX, request, code))
        return 0;
    return stun_agent_finish_message(&agent->stun, &msg, NULL, 0);
}

/* Success or 487 for an authentic request. The role and tie-breaker are fresh
 * each time: libnice switches the role that it is given, and with a tie-breaker
 * of 0 a peer that says ICE-CONTROLLED loses. */
static enum ice_verdict build_reply(struct ice_agent *agent, StunMessage *request, const struct addr *from,
                                    uint8_t *reply, size_t *reply_len)
{
    StunMessage msg;
    bool control = false;
    struct sockaddr_storage source = {0};
    union addr_sa sa;
    socklen_t source_len = addr_to_sockaddr(from, &sa);

    memcpy(&source, &sa, source_len);
    *reply_len = ICE_REPLY_MAX;
    StunUsageIceReturn ret =
        stun_usage_ice_conncheck_create_reply(&agent->stun, request, &msg, reply, reply_len, &source,
                                              source_len, &control, 0, STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
    switch (ret) {
    case STUN_USAGE_ICE_RETURN_SUCCESS:
        return stun_message_get_class(&msg) == STUN_RESPONSE ? ICE_VALID : ICE_CONFLICT;
    case STUN_USAGE_ICE_RETURN_ROLE_CONFLICT:
        return ICE_CONFLICT;
    case STUN_USAGE_ICE_RETURN_INVALID_METHOD:
        return ICE_METHOD;
    default:
        *reply_len = 0;
        return ICE_MALFORMED;
    }
}

static void handle_authentic(struct ice_agent *agent, StunMessage *request, const struct query *q,
                             const struct addr *from, uint64_t now_us, uint8_t *reply, struct ice_result *r)
{
    r->verdict = build_reply(agent, request, from, reply, &r->reply_len);
    if (r->verdict != ICE_VALID)
        return;
    struct ice *owner = agent->tables->by_addr(agent->arg, from);
    if (owner && owner != q->ice) {
        if (!ice_may_take(owner, from, now_us)) {
            r->verdict = ICE_TAKEN;
            r->reply_len = 0;
            return;
        }
        ice_forget(owner, from);
        r->moved = true;
    }
    struct check check = {
        .credentials = q->credentials,
        .priority = stun_usage_ice_conncheck_priority(request),
        .use_candidate = stun_usage_ice_conncheck_use_candidate(request),
    };
    take_check(q->ice, &check, from, now_us, r);
}

struct ice_result ice_agent_handle(struct ice_agent *agent, const uint8_t *p, size_t len,
                                   const struct addr *from, uint64_t now_us, uint8_t *reply)
{
    struct ice_result r = {.verdict = screen(p, len)};
    if (r.verdict != ICE_VALID)
        return r;

    struct query q = {.agent = agent};
    StunMessage request, msg;
    switch (stun_agent_validate(&agent->stun, &request, p, len, find_password, &q)) {
    case STUN_VALIDATION_SUCCESS:
        r.ice = q.ice;
        handle_authentic(agent, &request, &q, from, now_us, reply, &r);
        break;
    case STUN_VALIDATION_UNKNOWN_REQUEST_ATTRIBUTE:
        r.verdict = ICE_UNKNOWN_ATTRIBUTE;
        r.ice = q.ice;
        r.reply_len =
            stun_agent_build_unknown_attributes_error(&agent->stun, &msg, reply, ICE_REPLY_MAX, &request);
        break;
    case STUN_VALIDATION_UNAUTHORIZED_BAD_REQUEST:
        r.verdict = ICE_NO_CREDENTIALS;
        r.reply_len = build_error(agent, &request, STUN_ERROR_BAD_REQUEST, reply);
        break;
    case STUN_VALIDATION_UNAUTHORIZED:
        r.verdict = q.credentials ? ICE_WRONG_PASSWORD : ICE_UNKNOWN_UFRAG;
        r.reply_len = build_error(agent, &request, STUN_ERROR_UNAUTHORIZED, reply);
        break;
    default:
        r.verdict = ICE_MALFORMED;
    }
    return r;
}

int ice_random_string(char *out, size_t len)
{
    static const char ice_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    _Static_assert(sizeof(ice_chars) == 64 + 1, "6 bits each");
    if (RAND_bytes((unsigned char *)out, (int)len) != 1)
        return -EIO;
    for (size_t i = 0; i < len; i++)
        out[i] = ice_chars[out[i] & 63];
    out[len] = '\0';
    return 0;
}
