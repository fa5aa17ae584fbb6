#include "check.h"

#include <stdio.h>
#include <string.h>
#include <stun/usages/ice.h>

enum { PRIORITY = 0x7effffff, TIE_BREAKER = 1 };

static const uint16_t known_attributes[] = {
    STUN_ATTRIBUTE_USERNAME,           STUN_ATTRIBUTE_MESSAGE_INTEGRITY,
    STUN_ATTRIBUTE_ERROR_CODE,         STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS,
    STUN_ATTRIBUTE_UNKNOWN_ATTRIBUTES, STUN_ATTRIBUTE_PRIORITY,
    STUN_ATTRIBUTE_USE_CANDIDATE,      0,
};

void check_init(struct check *c, const char *server_ufrag, const char *server_pwd, const char *ufrag)
{
    *c = (struct check){.count = 0};
    stun_agent_init(&c->stun, known_attributes, STUN_COMPATIBILITY_RFC5389,
                    STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | STUN_AGENT_USAGE_USE_FINGERPRINT);
    snprintf(c->username, sizeof(c->username), "%s:%s", server_ufrag, ufrag);
    snprintf(c->pwd, sizeof(c->pwd), "%s", server_pwd);
}

size_t check_build(struct check *c, uint8_t *out, size_t cap)
{
    StunMessage msg;
    StunTransactionId *sent = &c->sent[c->count % CHECK_WAITED_MAX];
    if (c->count >= CHECK_WAITED_MAX)
        stun_agent_forget_transaction(&c->stun, *sent);
    size_t len = stun_usage_ice_conncheck_create(
        &c->stun, &msg, out, cap, (const uint8_t *)c->username, strlen(c->username), (const uint8_t *)c->pwd,
        strlen(c->pwd), true, true, PRIORITY, TIE_BREAKER, NULL, STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
    if (len > 0) {
        stun_message_id(&msg, *sent);
        c->count++;
    }
    return len;
}

bool check_response(struct check *c, const uint8_t *p, size_t len)
{
    StunMessage msg;
    return stun_agent_validate(&c->stun, &msg, p, len, NULL, NULL) == STUN_VALIDATION_SUCCESS &&
           stun_message_get_class(&msg) == STUN_RESPONSE;
}

/* USERNAME is our ufrag, a colon, the server's. */
static bool find_password(StunAgent *agent, StunMessage *msg, uint8_t *username, uint16_t len,
                          uint8_t **password, size_t *password_len, void *arg)
{
    const struct check_own *own = arg;
    size_t ufrag_len = strlen(own->ufrag);
    (void)agent;
    (void)msg;
    *password = (uint8_t *)(uintptr_t)own->pwd; /* it is only read */
    *password_len = strlen(own->pwd);
    return len > ufrag_len && username[ufrag_len] == ':' && memcmp(username, own->ufrag, ufrag_len) == 0;
}

size_t check_reply(struct check *c, const uint8_t *p, size_t len, const struct check_own *own, uint8_t *out)
{
    StunMessage msg, reply;
    struct sockaddr_storage source = {0};
    union addr_sa sa;
    socklen_t source_len = addr_to_sockaddr(own->server, &sa);
    bool control = true;
    size_t reply_len = CHECK_LEN_MAX;
    struct check_own copy = *own;
    memcpy(&source, &sa, source_len);
    if (stun_agent_validate(&c->stun, &msg, p, len, find_password, &copy) != STUN_VALIDATION_SUCCESS ||
        stun_message_get_class(&msg) != STUN_REQUEST)
        return 0;
    return stun_usage_ice_conncheck_create_reply(
               &c->stun, &msg, &reply, out, &reply_len, &source, source_len, &control, TIE_BREAKER,
               STUN_USAGE_ICE_COMPATIBILITY_RFC5245) == STUN_USAGE_ICE_RETURN_SUCCESS
               ? reply_len
               : 0;
}
