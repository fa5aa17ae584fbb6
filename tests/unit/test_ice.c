/* ICE-lite: what is answered to which message. */
#include "ice_world.h"

static const char good_user[] = "server00:client", good_password[] = "password-of-the-first-one";

static size_t good(struct world *w, uint8_t *p)
{
    return check(w, p, &(struct ask){good_user, good_password, true, true, 1000, 5});
}

static size_t other_remote_half(struct world *w, uint8_t *p)
{
    return check(w, p, &(struct ask){"server00:whoever", good_password, true, true, 1000, 5});
}

static size_t unknown_ufrag(struct world *w, uint8_t *p)
{
    return check(w, p, &(struct ask){"server09:client", good_password, true, true, 1000, 5});
}

static size_t ufrag_only(struct world *w, uint8_t *p)
{
    return check(w, p, &(struct ask){"server00", good_password, true, true, 1000, 5});
}

static size_t prefix_of_ufrag(struct world *w, uint8_t *p)
{
    return check(w, p, &(struct ask){"server0:client", good_password, true, true, 1000, 5});
}

static size_t empty_ufrag(struct world *w, uint8_t *p)
{
    return check(w, p, &(struct ask){":client", good_password, true, true, 1000, 5});
}

static size_t wrong_password(struct world *w, uint8_t *p)
{
    return check(w, p, &(struct ask){good_user, "password-of-the-first-onE", true, true, 1000, 5});
}

static size_t controlled(struct world *w, uint8_t *p)
{
    return check(w, p, &(struct ask){good_user, good_password, true, false, 1000, 0xfedcba9876543210});
}

/* libnice takes a tie-breaker of 0 for a lost one and would change roles. */
static size_t controlled_tie_0(struct world *w, uint8_t *p)
{
    return check(w, p, &(struct ask){good_user, good_password, true, false, 1000, 0});
}

/* What the message below is made of. */
struct recipe {
    StunMethod method;
    const char *user, *password; /* NULL = left out */
    uint16_t attribute;          /* one more before MESSAGE-INTEGRITY, 0 = none */
    size_t attribute_len;
};

static size_t cook(struct world *w, uint8_t *p, const struct recipe *recipe)
{
    StunMessage msg;
    static const uint8_t value[CAP];
    assert_true(stun_agent_init_request(&w->client, &msg, p, CAP, recipe->method));
    if (recipe->user)
        stun_message_append_string(&msg, STUN_ATTRIBUTE_USERNAME, recipe->user);
    if (recipe->attribute)
        assert_int_equal(
            stun_message_append_bytes(&msg, recipe->attribute, value, (uint16_t)recipe->attribute_len), 0);
    const char *key = recipe->password;
    return stun_agent_finish_message(&w->client, &msg, (const uint8_t *)key, key ? strlen(key) : 0);
}

static size_t no_integrity(struct world *w, uint8_t *p)
{
    return cook(w, p, &(struct recipe){.method = STUN_BINDING, .user = good_user});
}

static size_t no_username(struct world *w, uint8_t *p)
{
    return cook(w, p, &(struct recipe){.method = STUN_BINDING, .password = good_password});
}

static size_t bare(struct world *w, uint8_t *p)
{
    return cook(w, p, &(struct recipe){.method = STUN_BINDING});
}

static size_t allocate(struct world *w, uint8_t *p)
{
    return cook(w, p,
                &(struct recipe){.method = STUN_ALLOCATE, .user = good_user, .password = good_password});
}

static size_t required_attribute(struct world *w, uint8_t *p)
{
    return cook(w, p, &(struct recipe){STUN_BINDING, good_user, good_password, 0x7123, 4});
}

static size_t optional_attribute(struct world *w, uint8_t *p)
{
    return cook(w, p, &(struct recipe){STUN_BINDING, good_user, good_password, 0xc057, 4});
}

static size_t long_username(struct world *w, uint8_t *p)
{
    static char user[900];
    memset(user, 'u', sizeof(user) - 1);
    return cook(w, p, &(struct recipe){.method = STUN_BINDING, .user = user, .password = good_password});
}

static size_t of_size(struct world *w, uint8_t *p, size_t size)
{
    size_t rest = cook(w, p, &(struct recipe){STUN_BINDING, good_user, good_password, 0xc057, 4}) - 4;
    size_t len = cook(w, p, &(struct recipe){STUN_BINDING, good_user, good_password, 0xc057, size - rest});
    assert_int_equal(len, size);
    return len;
}

static size_t largest(struct world *w, uint8_t *p)
{
    return of_size(w, p, ICE_MESSAGE_MAX);
}

static size_t too_long(struct world *w, uint8_t *p)
{
    return of_size(w, p, ICE_MESSAGE_MAX + 4);
}

static size_t bad_fingerprint(struct world *w, uint8_t *p)
{
    size_t len = good(w, p);
    p[len - 1] ^= 1;
    return len;
}

static size_t no_fingerprint(struct world *w, uint8_t *p)
{
    size_t len = good(w, p) - 8;
    put_u16(p + 2, (uint32_t)len - 20);
    return len;
}

static size_t no_cookie(struct world *w, uint8_t *p)
{
    p[4] = 0;
    size_t len = good(w, p);
    p[4] ^= 1;
    return len;
}

static size_t indication(struct world *w, uint8_t *p)
{
    size_t len = good(w, p);
    put_u16(p, 0x0011);
    return len;
}

static size_t response(struct world *w, uint8_t *p)
{
    size_t len = good(w, p);
    put_u16(p, 0x0101);
    return len;
}

static size_t error_response(struct world *w, uint8_t *p)
{
    size_t len = good(w, p);
    put_u16(p, 0x0111);
    return len;
}

/* A request with one attribute of that type and declared length, then nothing
 * but a FINGERPRINT; room bytes of value are there. */
static size_t with_attribute(struct world *w, uint8_t *p, uint16_t type, uint16_t declared, uint16_t room)
{
    StunMessage msg;
    assert_true(stun_agent_init_request(&w->client, &msg, p, CAP, STUN_BINDING));
    stun_message_append_string(&msg, STUN_ATTRIBUTE_USERNAME, good_user);
    uint8_t *value = stun_message_append(&msg, type, room);
    memset(value, 0, room);
    size_t len = stun_agent_finish_message(&w->client, &msg, NULL, 0);
    put_u16(value - 2, declared);
    return len;
}

static size_t integrity_empty(struct world *w, uint8_t *p)
{
    return with_attribute(w, p, STUN_ATTRIBUTE_MESSAGE_INTEGRITY, 0, 0);
}

static size_t integrity_short(struct world *w, uint8_t *p)
{
    return with_attribute(w, p, STUN_ATTRIBUTE_MESSAGE_INTEGRITY, 16, 16);
}

static size_t integrity_long(struct world *w, uint8_t *p)
{
    return with_attribute(w, p, STUN_ATTRIBUTE_MESSAGE_INTEGRITY, 32, 32);
}

static size_t attribute_past_end(struct world *w, uint8_t *p)
{
    return with_attribute(w, p, 0xc057, 0xfff0, 4);
}

static size_t attribute_one_past_end(struct world *w, uint8_t *p)
{
    return with_attribute(w, p, 0xc057, 13, 4);
}

static size_t length_field_long(struct world *w, uint8_t *p)
{
    size_t len = good(w, p);
    put_u16(p + 2, 0xfffc);
    return len;
}

static size_t trailing_bytes(struct world *w, uint8_t *p)
{
    return good(w, p) + 4;
}

static size_t nothing(struct world *w, uint8_t *p)
{
    (void)w;
    (void)p;
    return 0;
}

static const struct {
    const char *what;
    size_t (*build)(struct world *w, uint8_t *p);
    enum ice_verdict verdict;
    int error; /* ERROR-CODE of the reply; 0 = success where VALID, else no reply */
} messages[] = {
    {"good", good, ICE_VALID, 0},
    {"other remote half", other_remote_half, ICE_VALID, 0},
    {"optional attribute", optional_attribute, ICE_VALID, 0},
    {"the largest message", largest, ICE_VALID, 0},
    {"controlled", controlled, ICE_CONFLICT, 487},
    {"required attribute", required_attribute, ICE_UNKNOWN_ATTRIBUTE, 420},
    {"allocate", allocate, ICE_METHOD, 400},
    {"no integrity", no_integrity, ICE_NO_CREDENTIALS, 400},
    {"no username", no_username, ICE_NO_CREDENTIALS, 400},
    {"neither", bare, ICE_NO_CREDENTIALS, 400},
    {"unknown ufrag", unknown_ufrag, ICE_UNKNOWN_UFRAG, 401},
    {"ufrag only", ufrag_only, ICE_UNKNOWN_UFRAG, 401},
    {"prefix of the ufrag", prefix_of_ufrag, ICE_UNKNOWN_UFRAG, 401},
    {"empty ufrag", empty_ufrag, ICE_UNKNOWN_UFRAG, 401},
    {"long username", long_username, ICE_UNKNOWN_UFRAG, 401},
    {"wrong password", wrong_password, ICE_WRONG_PASSWORD, 401},
    {"too long", too_long, ICE_TOO_LONG, 0},
    {"bad fingerprint", bad_fingerprint, ICE_MALFORMED, 0},
    {"no fingerprint", no_fingerprint, ICE_MALFORMED, 0},
    {"no cookie", no_cookie, ICE_MALFORMED, 0},
    {"empty integrity", integrity_empty, ICE_MALFORMED, 0},
    {"short integrity", integrity_short, ICE_MALFORMED, 0},
    {"long integrity", integrity_long, ICE_MALFORMED, 0},
    {"attribute past the end", attribute_past_end, ICE_MALFORMED, 0},
    {"attribute one past the end", attribute_one_past_end, ICE_MALFORMED, 0},
    {"length field past the end", length_field_long, ICE_MALFORMED, 0},
    {"trailing bytes", trailing_bytes, ICE_MALFORMED, 0},
    {"nothing", nothing, ICE_MALFORMED, 0},
    {"indication", indication, ICE_INDICATION, 0},
    {"response", response, ICE_RESPONSE, 0},
    {"error response", error_response, ICE_RESPONSE, 0},
};

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

static void single_message(size_t row, const struct addr *from)
{
    struct world w;
    uint8_t p[CAP] = {0}, reply[ICE_REPLY_MAX];
    world_init(&w);
    size_t len = messages[row].build(&w, p);
    struct ice_result r = handle(&w, p, len, from, FIRST_US + SEC, reply);
    bool valid = messages[row].verdict == ICE_VALID;
    if (r.verdict != messages[row].verdict)
        fail_msg("%s: verdict %d", messages[row].what, r.verdict);
    if (valid)
        assert_success(&w, reply, r.reply_len, from);
    else if (messages[row].error)
        assert_int_equal(error_code(reply, r.reply_len), messages[row].error);
    else
        assert_int_equal(r.reply_len, 0);
    assert_ptr_equal(r.ice, r.verdict <= ICE_METHOD ? &w.ice[0] : NULL);
    assert_int_equal(r.added, valid);
    assert_int_equal(r.selected, valid);
    assert_int_equal(ice_knows(&w.ice[0], from), valid);
    assert_int_equal(w.ice[0].seen_us, valid ? FIRST_US + SEC : FIRST_US);
    assert_int_equal(w.ice[1].remote_count, 0);
}

static void single_messages(void **state)
{
    struct addr v4 = address("192.0.2.7", 40000), v6 = address("2001:db8::7", 40001);
    (void)state;
    for (size_t i = 0; i < COUNT(messages); i++) {
        single_message(i, &v4);
        single_message(i, &v6);
    }
}

static void conflict_with_tie_0_validates_nothing(void **state)
{
    struct world w;
    uint8_t p[CAP], reply[ICE_REPLY_MAX];
    struct addr from = address("192.0.2.7", 40000);
    (void)state;
    world_init(&w);
    struct ice_result r = handle(&w, p, controlled_tie_0(&w, p), &from, FIRST_US, reply);
    assert_int_equal(r.verdict, ICE_CONFLICT);
    assert_null(ice_selected(&w.ice[0]));
    r = handle(&w, p, good(&w, p), &from, FIRST_US, reply); /* and leaves nothing behind */
    assert_int_equal(r.verdict, ICE_VALID);
}

static void every_prefix_is_malformed(void **state)
{
    struct world w;
    uint8_t p[CAP], reply[ICE_REPLY_MAX];
    struct addr from = address("192.0.2.7", 40000);
    (void)state;
    world_init(&w);
    size_t len = good(&w, p);
    for (size_t cut = 0; cut < len; cut++)
        assert_int_equal(handle(&w, p, cut, &from, FIRST_US, reply).verdict, ICE_MALFORMED);
    assert_int_equal(handle(&w, p, len, &from, FIRST_US, reply).verdict, ICE_VALID);
}

/* RFC 8489, section 14.5: what follows MESSAGE-INTEGRITY anyone could have added. */
static void attributes_after_integrity_do_not_count(void **state)
{
    struct world w;
    StunMessage msg;
    uint8_t p[CAP], reply[ICE_REPLY_MAX];
    struct addr first = address("192.0.2.7", 1), second = address("192.0.2.7", 2);
    (void)state;
    world_init(&w);
    handle(&w, p, good(&w, p), &first, FIRST_US, reply);

    size_t len = cook(&w, p, &(struct recipe){STUN_BINDING, good_user, good_password, 0, 0}) - 8;
    put_u16(p + 2, (uint32_t)len - 20);
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
    return cmocka_run_group_tests(tests, NULL, NULL);
}
