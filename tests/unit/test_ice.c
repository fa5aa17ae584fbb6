/* ICE-lite: what is answered to which message. */
#include "ice_world.h"

#define GOOD_USER     "server00:client"
#define GOOD_PASSWORD "password-of-the-first-one"
#define CONTROLLED(tie_breaker)                                                                              \
    {                                                                                                        \
        GOOD_USER, GOOD_PASSWORD, true, false, 1000, tie_breaker                                             \
    }
#define ASK(name, key)                                                                                       \
    {                                                                                                        \
        name, key, true, true, 1000, 5                                                                       \
    }
#define GOOD ASK(GOOD_USER, GOOD_PASSWORD)
#define UNSIGNED                                                                                             \
    {                                                                                                        \
        .user = GOOD_USER                                                                                    \
    }

enum {
    OPTIONAL = 0xc057, /* attributes that nobody knows */
    REQUIRED = 0x7123,
    INTEGRITY = STUN_ATTRIBUTE_MESSAGE_INTEGRITY,
    HEADER = 20,
    FINGERPRINT = 8,
    /* Bytes of value that one more attribute of a good request may have. */
    ROOM_MAX = ICE_MESSAGE_MAX - HEADER - 20 /* USERNAME */ - 4 - 24 /* MESSAGE-INTEGRITY */ - FINGERPRINT,
};

/* What is sent, and what becomes of it. */
struct message {
    const char *what;
    enum ice_verdict verdict;
    int error; /* ERROR-CODE of the reply; 0 = success where VALID, else no reply */

    struct ask ask;
    StunMethod method; /* 0 = a check; else a request without what is ICE's, nor what is NULL in ask */
    struct {
        uint16_t type, room; /* bytes of value that it has */
        uint16_t declared;   /* ... and that it says it has, 0 = as many */
    } attribute;             /* one more in such a request, before MESSAGE-INTEGRITY; type 0 = none */

    /* Changes, when it is done. */
    uint16_t type, length;       /* of the header, 0 = as they are */
    uint8_t cookie, fingerprint; /* bits to flip in a byte of them */
    size_t cut, trailing;        /* bytes less, of which the header tells, and more, of which it does not */
};

static char long_user[900]; /* filled in main() */

static const struct message messages[] = {
    {"good", ICE_VALID, 0, .ask = GOOD},
    {"other remote half", ICE_VALID, 0, .ask = ASK("server00:whoever", GOOD_PASSWORD)},
    {"optional attribute", ICE_VALID, 0, GOOD, STUN_BINDING, .attribute = {.type = OPTIONAL, .room = 4}},
    {"the largest message", ICE_VALID, 0, GOOD, STUN_BINDING,
     .attribute = {.type = OPTIONAL, .room = ROOM_MAX}},
    {"controlled", ICE_CONFLICT, 487, .ask = CONTROLLED(0xfedcba9876543210)},
    {"required attribute", ICE_UNKNOWN_ATTRIBUTE, 420, GOOD, STUN_BINDING,
     .attribute = {.type = REQUIRED, .room = 4}},
    {"allocate", ICE_METHOD, 400, GOOD, .method = STUN_ALLOCATE},
    {"no integrity", ICE_NO_CREDENTIALS, 400, UNSIGNED, .method = STUN_BINDING},
    {"no username", ICE_NO_CREDENTIALS, 400, {.password = GOOD_PASSWORD}, .method = STUN_BINDING},
    {"neither", ICE_NO_CREDENTIALS, 400, .method = STUN_BINDING},
    {"unknown ufrag", ICE_UNKNOWN_UFRAG, 401, .ask = ASK("server09:client", GOOD_PASSWORD)},
    {"ufrag only", ICE_UNKNOWN_UFRAG, 401, .ask = ASK("server00", GOOD_PASSWORD)},
    {"prefix of the ufrag", ICE_UNKNOWN_UFRAG, 401, .ask = ASK("server0:client", GOOD_PASSWORD)},
    {"empty ufrag", ICE_UNKNOWN_UFRAG, 401, .ask = ASK(":client", GOOD_PASSWORD)},
    {"long username", ICE_UNKNOWN_UFRAG, 401, ASK(long_user, GOOD_PASSWORD), .method = STUN_BINDING},
    {"wrong password", ICE_WRONG_PASSWORD, 401, .ask = ASK(GOOD_USER, "password-of-the-first-onE")},
    {"too long", ICE_TOO_LONG, 0, GOOD, STUN_BINDING, .attribute = {.type = OPTIONAL, .room = ROOM_MAX + 4}},
    {"bad fingerprint", ICE_MALFORMED, 0, GOOD, .fingerprint = 1},
    {"no fingerprint", ICE_MALFORMED, 0, GOOD, .cut = FINGERPRINT},
    {"no cookie", ICE_MALFORMED, 0, GOOD, .cookie = 1},
    {"empty integrity", ICE_MALFORMED, 0, UNSIGNED, STUN_BINDING, .attribute = {.type = INTEGRITY}},
    {"short integrity", ICE_MALFORMED, 0, UNSIGNED, STUN_BINDING,
     .attribute = {.type = INTEGRITY, .room = 16}},
    {"long integrity", ICE_MALFORMED, 0, UNSIGNED, STUN_BINDING,
     .attribute = {.type = INTEGRITY, .room = 32}},
    {"attribute past the end", ICE_MALFORMED, 0, UNSIGNED, STUN_BINDING,
     .attribute = {.type = OPTIONAL, .room = 4, .declared = 0xfff0}},
    {"attribute one past the end", ICE_MALFORMED, 0, UNSIGNED, STUN_BINDING,
     .attribute = {.type = OPTIONAL, .room = 4, .declared = 13}},
    {"length field past the end", ICE_MALFORMED, 0, GOOD, .length = 0xfffc},
    {"trailing bytes", ICE_MALFORMED, 0, GOOD, .trailing = 4},
    {"indication", ICE_INDICATION, 0, GOOD, .type = 0x0011},
    {"response", ICE_RESPONSE, 0, GOOD, .type = 0x0101},
    {"error response", ICE_RESPONSE, 0, GOOD, .type = 0x0111},
};

static const struct message *const good = &messages[0];

static size_t request(struct world *w, uint8_t *p, const struct message *m)
{
    StunMessage msg;
    uint8_t *value = NULL;
    const char *key = m->ask.password;
    assert_true(stun_agent_init_request(&w->client, &msg, p, CAP, m->method));
    if (m->ask.user)
        stun_message_append_string(&msg, STUN_ATTRIBUTE_USERNAME, m->ask.user);
    if (m->attribute.type) {
        value = stun_message_append(&msg, m->attribute.type, m->attribute.room);
        assert_non_null(value);
        memset(value, 0, m->attribute.room);
    }
    size_t len = stun_agent_finish_message(&w->client, &msg, (const uint8_t *)key, key ? strlen(key) : 0);
    if (m->attribute.declared)
        put_u16(value - 2, m->attribute.declared);
    return len;
}

static size_t build(struct world *w, uint8_t *p, const struct message *m)
{
    size_t len = (m->method ? request(w, p, m) : check(w, p, &m->ask)) - m->cut;
    if (m->type)
        put_u16(p, m->type);
    if (m->length || m->cut)
        put_u16(p + 2, m->length ? m->length : (uint32_t)len - HEADER);
    p[4] ^= m->cookie;
    p[len - 1] ^= m->fingerprint;
    return len + m->trailing;
}

/* Error replies to those who do not know the password carry no integrity: read
 * them as they are. */
static int error_code(uint8_t *reply, size_t len)
{
    StunMessage msg = {.buffer = reply, .buffer_len = len};
    int code = 0;
    StunAgent plain;
    stun_agent_init(&plain, client_attributes, STUN_COMPATIBILITY_RFC5389, STUN_AGENT_USAGE_USE_FINGERPRINT);
    msg.agent = &plain;
    assert_int_equal(stun_message_validate_buffer_length(reply, len, true), len);
    assert_int_equal(stun_message_get_class(&msg), STUN_ERROR);
    assert_int_equal(stun_message_find_error(&msg, &code), STUN_MESSAGE_RETURN_SUCCESS);
    return code;
}

/* As a client does: it authenticates, and names the address. */
static void assert_success(struct world *w, const uint8_t *reply, size_t len, const struct addr *from)
{
    StunMessage msg;
    struct sockaddr_storage mapped;
    socklen_t mapped_len = sizeof(mapped);
    struct addr seen;
    assert_int_equal(stun_agent_validate(&w->client, &msg, reply, len, NULL, NULL), STUN_VALIDATION_SUCCESS);
    assert_true(stun_message_has_attribute(&msg, STUN_ATTRIBUTE_MESSAGE_INTEGRITY));
    assert_int_equal(
        stun_usage_ice_conncheck_process(&msg, &mapped, &mapped_len, STUN_USAGE_ICE_COMPATIBILITY_RFC5245),
        STUN_USAGE_ICE_RETURN_SUCCESS);
    assert_int_equal(addr_from_sockaddr(&seen, (struct sockaddr *)&mapped, mapped_len), 0);
    assert_true(addr_equal(&seen, from));
}

/* Handles what that message, or a part of it, has become. */
static void handle_as(struct world *w, const struct message *m, const uint8_t *p, size_t len,
                      const struct addr *from)
{
    uint8_t reply[ICE_REPLY_MAX];
    struct ice_result r = handle(w, p, len, from, FIRST_US + SEC, reply);
    bool valid = m->verdict == ICE_VALID;
    if (r.verdict != m->verdict)
        fail_msg("%s: verdict %d", m->what, r.verdict);
    if (valid)
        assert_success(w, reply, r.reply_len, from);
    else if (m->error)
        assert_int_equal(error_code(reply, r.reply_len), m->error);
    else
        assert_int_equal(r.reply_len, 0);
    assert_ptr_equal(r.ice, r.verdict <= ICE_METHOD ? &w->ice[0] : NULL);
    assert_int_equal(r.added, valid);
    assert_int_equal(r.selected, valid);
    assert_int_equal(ice_knows(&w->ice[0], from), valid);
    assert_int_equal(w->ice[0].seen_us, valid ? FIRST_US + SEC : FIRST_US);
    assert_int_equal(w->ice[1].remote_count, 0);
}

static void single_message(const struct message *m, const struct addr *from)
{
    struct world w;
    uint8_t p[CAP] = {0};
    world_init(&w);
    size_t len = build(&w, p, m);
    handle_as(&w, m, p, len, from);
}

static void single_messages(void **state)
{
    struct addr v4 = address("192.0.2.7", 40000), v6 = address("2001:db8::7", 40001);
    (void)state;
    for (size_t i = 0; i < COUNT(messages); i++) {
        single_message(&messages[i], &v4);
        single_message(&messages[i], &v6);
    }
}

/* libnice takes a tie-breaker of 0 for a lost one and would change roles. */
static void conflict_with_tie_0_validates_nothing(void **state)
{
    static const struct message conflict = {"tie 0", ICE_CONFLICT, 0, .ask = CONTROLLED(0)};
    struct world w;
    uint8_t p[CAP], reply[ICE_REPLY_MAX];
    struct addr from = address("192.0.2.7", 40000);
    (void)state;
    world_init(&w);
    size_t len = build(&w, p, &conflict);
    assert_int_equal(handle(&w, p, len, &from, FIRST_US, reply).verdict, conflict.verdict);
    assert_null(ice_selected(&w.ice[0]));
    len = build(&w, p, good);
    handle_as(&w, good, p, len, &from); /* and leaves nothing behind */
}

static void every_prefix_is_malformed(void **state)
{
    static const struct message prefix = {"a prefix", ICE_MALFORMED, 0, .ask = GOOD};
    struct world w;
    uint8_t p[CAP];
    struct addr from = address("192.0.2.7", 40000);
    (void)state;
    world_init(&w);
    size_t len = build(&w, p, &prefix);
    for (size_t cut = 0; cut < len; cut++)
        handle_as(&w, &prefix, p, cut, &from);
    handle_as(&w, good, p, len, &from);
}

/* RFC 8489, section 14.5: what follows MESSAGE-INTEGRITY anyone could have added. */
static void attributes_after_integrity_do_not_count(void **state)
{
    static const struct message plain = {.ask = GOOD, .method = STUN_BINDING, .cut = FINGERPRINT};
    struct world w;
    StunMessage msg;
    uint8_t p[CAP], reply[ICE_REPLY_MAX];
    struct addr first = address("192.0.2.7", 1), second = address("192.0.2.7", 2);
    (void)state;
    world_init(&w);
    size_t len = build(&w, p, good);
    handle(&w, p, len, &first, FIRST_US, reply);

    len = build(&w, p, &plain);
    msg = (StunMessage){.agent = &w.client, .buffer = p, .buffer_len = CAP};
    stun_message_append_flag(&msg, STUN_ATTRIBUTE_USE_CANDIDATE);
    stun_message_append32(&msg, STUN_ATTRIBUTE_PRIORITY, 0xffffffff);
    len = stun_agent_finish_message(&w.client, &msg, NULL, 0);
    struct ice_result r = handle(&w, p, len, &second, FIRST_US + 10 * SEC, reply);
    assert_int_equal(r.verdict, ICE_VALID);
    assert_false(r.selected);
    assert_true(addr_equal(ice_selected(&w.ice[0]), &first));
    assert_int_equal(w.ice[0].remotes[1].priority, 0);
}

static void random_strings(void **state)
{
    char a[ICE_PWD_LEN + 2], b[ICE_PWD_LEN + 1];
    (void)state;
    a[ICE_PWD_LEN + 1] = '?';
    assert_int_equal(ice_random_string(a, ICE_PWD_LEN), 0);
    assert_int_equal(ice_random_string(b, ICE_PWD_LEN), 0);
    assert_int_equal(strlen(a), ICE_PWD_LEN);
    assert_int_equal(a[ICE_PWD_LEN + 1], '?');
    assert_string_not_equal(a, b);
    assert_int_equal(strspn(a, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"),
                     ICE_PWD_LEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(single_messages),
        cmocka_unit_test(conflict_with_tie_0_validates_nothing),
        cmocka_unit_test(every_prefix_is_malformed),
        cmocka_unit_test(attributes_after_integrity_do_not_count),
        cmocka_unit_test(random_strings),
    };
    memset(long_user, 'u', sizeof(long_user) - 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
