/* ICE checks of a synthetic participant, with another in the place of a server that checks too. */
#include "check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stun/usages/ice.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { CUT = -1 };

/* As check_build(), from the controlled side. */
static size_t build_controlled(struct check *c, uint8_t *out)
{
    StunMessage msg;
    size_t len =
        stun_usage_ice_conncheck_create(&c->stun, &msg, out, CHECK_LEN_MAX, (const uint8_t *)c->username,
                                        strlen(c->username), (const uint8_t *)c->pwd, strlen(c->pwd), false,
                                        false, 1, 7, NULL, STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
    return len;
}

static void only_authentic_checks_are_answered(void **state)
{
    (void)state;
    static const struct {
        const char *ufrag, *pwd; /* that the server has of the participant */
        int change;              /* of the last byte; CUT = it is missing */
        bool answered;
    } rows[] = {
        {"mine", "0123456789012345678901", 0, true},    {"mine", "another password......", 0, false},
        {"min", "0123456789012345678901", 0, false},    {"minee", "0123456789012345678901", 0, false},
        {"other", "0123456789012345678901", 0, false},  {"mine", "0123456789012345678901", 1, false},
        {"mine", "0123456789012345678901", CUT, false},
    };
    struct addr address;
    assert_int_equal(addr_parse(&address, "192.0.2.1", 5000), 0);
    const struct check_own own = {"mine", "0123456789012345678901", &address};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct check server, participant;
        uint8_t request[CHECK_LEN_MAX], reply[CHECK_LEN_MAX];
        check_init(&server, rows[i].ufrag, rows[i].pwd, "theirs");
        check_init(&participant, "theirs", "1098765432109876543210", "mine");
        size_t len = build_controlled(&server, request);
        assert_true(len > 0);
        if (rows[i].change == CUT)
            len--;
        else
            request[len - 1] ^= (uint8_t)rows[i].change;
        size_t reply_len = check_reply(&participant, request, len, &own, reply);
        assert_int_equal(reply_len > 0, rows[i].answered);
        if (rows[i].answered)
            assert_true(check_response(&server, reply, reply_len));
        /* What is an answer is not answered. */
        assert_int_equal(check_reply(&participant, reply, reply_len, &own, request), 0);
    }
}

static bool password_of_server(StunAgent *agent, StunMessage *msg, uint8_t *username, uint16_t len,
                               uint8_t **password, size_t *password_len, void *arg)
{
    (void)agent;
    (void)msg;
    (void)username;
    (void)len;
    *password = arg;
    *password_len = strlen(arg);
    return true;
}

/* As a lite server answers. */
static size_t answer_controlled(struct check *server, const uint8_t *p, size_t len, uint8_t *out)
{
    static char pwd[] = "1098765432109876543210";
    StunMessage msg, reply;
    struct sockaddr_in from = {.sin_family = AF_INET};
    struct sockaddr_storage source = {0};
    bool control = false;
    size_t out_len = CHECK_LEN_MAX;
    memcpy(&source, &from, sizeof(from));
    assert_int_equal(stun_agent_validate(&server->stun, &msg, p, len, password_of_server, pwd),
                     STUN_VALIDATION_SUCCESS);
    assert_int_equal(stun_usage_ice_conncheck_create_reply(&server->stun, &msg, &reply, out, &out_len,
                                                           &source, sizeof(from), &control, 7,
                                                           STUN_USAGE_ICE_COMPATIBILITY_RFC5245),
                     STUN_USAGE_ICE_RETURN_SUCCESS);
    return out_len;
}

/* The answers come late, to checks that were followed by others; each is taken once, and none that nobody
 * waits for any more. */
static void answers_may_be_late(void **state)
{
    (void)state;
    enum { ALL = CHECK_WAITED_MAX + 2 };
    static uint8_t replies[ALL][CHECK_LEN_MAX];
    size_t lens[ALL];
    struct check server, participant;
    check_init(&server, "mine", "0123456789012345678901", "theirs");
    check_init(&participant, "theirs", "1098765432109876543210", "mine");
    for (size_t i = 0; i < ALL; i++) {
        uint8_t request[CHECK_LEN_MAX];
        size_t len = check_build(&participant, request, sizeof(request));
        lens[i] = answer_controlled(&server, request, len, replies[i]);
    }
    for (size_t i = 0; i < ALL; i++) {
        assert_int_equal(check_response(&participant, replies[i], lens[i]), i >= ALL - CHECK_WAITED_MAX);
        assert_false(check_response(&participant, replies[i], lens[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_authentic_checks_are_answered),
        cmocka_unit_test(answers_may_be_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
