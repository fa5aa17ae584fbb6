/* The request `stats`, which waits for a media worker: whose answer is whose, and what comes of it when
 * whoever asked has gone. Each answer says by its rtt which question it is for. */
#include "fake_client.h"
#include "offer_text.h"

#include "log.h"

enum { GIVEN_UP_MS = 2200, MOST = 8 };

/* What the media plane was asked. */
struct asked {
    uint64_t transport, cookie;
};

static void offer_media(struct fake_client *fake)
{
    g_autofree char *sdp = offer_text("audio:0:sendonly");
    fake_result(fake, "offer", json_pack("{s:s}", "sdp", sdp));
    fake_sfu.event_count = 0;
}

static struct fake_client *join_with_media(struct fake_plane *plane, const char *name)
{
    struct fake_client *fake = fake_join(plane, "r", name);
    offer_media(fake);
    return fake;
}

static struct asked ask_as(struct fake_client *fake, const char *id)
{
    g_autofree char *text =
        g_strdup_printf("{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"stats\",\"params\":{}}", id);
    guint before = fake->messages->len;
    fake_text(fake, text);
    assert_int_equal(fake->messages->len, before);
    assert_int_equal(fake_sfu.event_count, 1);
    fake_sfu.event_count = 0;
    return (struct asked){fake_sfu.events[0].transport, fake_sfu.events[0].cookie};
}

static void answer(struct asked asked, unsigned rtt_ms)
{
    const struct sfu_transport_stats stats = {
        .transport = asked.transport, .rtt_us = rtt_ms * 1000, .srtp_profile = "AEAD_AES_128_GCM"};
    fake_sfu.up->stats(fake_sfu.arg, asked.cookie, &stats);
}

/* The only answer to the request of that id; the ids of a test are JSON texts. NULL: none came. */
static const json_t *answer_to(const struct fake_client *fake, const char *id)
{
    const json_t *found = NULL;
    for (guint i = 0; i < fake->messages->len; i++) {
        const json_t *message = g_ptr_array_index(fake->messages, i);
        char *text = json_dumps(json_object_get(message, "id"), JSON_ENCODE_ANY);
        bool same = text && strcmp(text, id) == 0;
        free(text);
        if (!same)
            continue;
        assert_null(found);
        found = message;
    }
    return found;
}

static void was_told(const struct fake_client *fake, const char *id, unsigned rtt_ms)
{
    const json_t *result = json_object_get(answer_to(fake, id), "result");
    assert_non_null(result);
    assert_int_equal(json_real_value(json_object_get(result, "rtt")), rtt_ms);
}

static void was_failed(const struct fake_client *fake, const char *id)
{
    const json_t *error = json_object_get(answer_to(fake, id), "error");
    assert_int_equal(json_integer_value(json_object_get(error, "code")), RPC_INTERNAL);
}

/* --- Whose is whose --------------------------------------------------------- */

static void by_way_of_the_loop(void **state)
{
    (void)state;
    struct fake_plane plane;
    fake_plane_init(&plane, NULL);
    struct fake_client *ann = fake_join(&plane, "r", "Ann");
    assert_string_equal(json_string_value(json_object_get(fake_result(ann, "stats", NULL), "srtp")), "");
    fake_free(ann);
    ann = join_with_media(&plane, "Ann");
    assert_null(fake_call(ann, "stats", NULL)); /* later */
    fake_wait(20);
    g_autofree char *id = g_strdup_printf("%d", (int)ann->last_id);
    was_told(ann, id, 12);
    fake_free(ann);
    fake_plane_finish(&plane);
}

/* As many as may wait, of two clients that number them alike, answered in another order than asked. */
static void each_gets_its_own(void **state)
{
    static const char *const ids[MOST] = {"11", "12", "\"12\"", "3.5", "-4", "\"\"", "\"a\"", "17"};
    static const unsigned order[MOST] = {7, 0, 3, 6, 1, 5, 2, 4};
    (void)state;
    struct fake_plane plane;
    fake_plane_init(&plane, NULL);
    struct fake_client *ann = join_with_media(&plane, "Ann"), *bob = join_with_media(&plane, "Bob");
    struct asked of_ann[MOST], of_bob[MOST];
    for (size_t i = 0; i < MOST; i++) {
        of_ann[i] = ask_as(ann, ids[i]);
        of_bob[i] = ask_as(bob, ids[i]);
    }
    for (size_t i = 0; i < MOST; i++) {
        answer(of_ann[order[i]], 100 + order[i]);
        answer(of_bob[order[MOST - 1 - i]], 200 + order[MOST - 1 - i]);
        answer(of_ann[order[i]], 300); /* nobody waits for a second one */
    }
    for (unsigned i = 0; i < MOST; i++) {
        was_told(ann, ids[i], 100 + i);
        was_told(bob, ids[i], 200 + i);
    }
    fake_free(ann);
    fake_free(bob);
    fake_plane_finish(&plane);
}

static void not_too_many_wait(void **state)
{
    (void)state;
    struct fake_plane plane;
    fake_plane_init(&plane, NULL);
    struct fake_client *ann = join_with_media(&plane, "Ann");
    struct asked first = {0};
    for (int i = 0; i < MOST; i++) {
        g_autofree char *id = g_strdup_printf("%d", 100 + i);
        struct asked asked = ask_as(ann, id);
        first = i ? first : asked;
    }
    assert_int_equal(fake_code(ann, "stats", NULL), RPC_RATE);
    assert_int_equal(fake_sfu.event_count, 0);
    answer(first, 5);
    (void)ask_as(ann, "200");
    fake_free(ann);
    fake_plane_finish(&plane);
}

/* --- Who has gone ------------------------------------------------------------- */

static void cut(struct fake_client *ann, uint64_t transport)
{
    (void)transport;
    fake_cut(ann, false);
}

static void close_for_good(struct fake_client *ann, uint64_t transport)
{
    (void)transport;
    fake_cut(ann, true);
}

static void leave(struct fake_client *ann, uint64_t transport)
{
    (void)transport;
    fake_result(ann, "leave", NULL);
    assert_int_equal(ann->closed, CLIENT_LEFT);
}

static void leave_and_close(struct fake_client *ann, uint64_t transport)
{
    leave(ann, transport);
    fake_cut(ann, true);
}

static void lose_media(struct fake_client *ann, uint64_t transport)
{
    (void)ann;
    fake_sfu.up->gone(fake_sfu.arg, transport, SFU_GONE_TIMEOUT);
}

static void lose_media_and_offer_again(struct fake_client *ann, uint64_t transport)
{
    lose_media(ann, transport);
    offer_media(ann);
}

/* The answer comes after that, and goes to nobody: neither to whoever asked nor to another client that has
 * taken its place, and its memory, and asks under the same id. */
static void the_answer_comes_too_late(void **state)
{
    static const struct {
        const char *what;
        void (*happens)(struct fake_client *ann, uint64_t transport);
        bool fails; /* who asked is still there, and told so in the end */
    } rows[] = {
        {"the socket breaks", cut, false},
        {"the socket is closed", close_for_good, false},
        {"leaves", leave, false},
        {"leaves, and the socket is closed", leave_and_close, false},
        {"the media is gone", lose_media, true},
        {"the media is gone, and comes back", lose_media_and_offer_again, true},
    };
    enum { ROWS = G_N_ELEMENTS(rows) };
    struct fake_client *ann[ROWS], *bob[ROWS];
    struct fake_plane plane;
    (void)state;
    fake_plane_init(&plane, NULL);
    for (size_t i = 0; i < ROWS; i++) {
        ann[i] = join_with_media(&plane, "Ann");
        struct asked asked = ask_as(ann[i], "\"x\"");
        rows[i].happens(ann[i], asked.transport);
        bob[i] = join_with_media(&plane, "Bob");
        struct asked of_bob = ask_as(bob[i], "\"x\"");
        answer(asked, 1);
        if (answer_to(ann[i], "\"x\"") || answer_to(bob[i], "\"x\""))
            fail_msg("%s: it was answered", rows[i].what);
        answer(of_bob, 2);
    }
    fake_wait(GIVEN_UP_MS);
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].fails)
            was_failed(ann[i], "\"x\"");
        else
            assert_null(answer_to(ann[i], "\"x\""));
        was_told(bob[i], "\"x\"", 2);
        fake_free(bob[i]);
        fake_free(ann[i]);
    }
    fake_plane_finish(&plane);
}

/* The session goes on on another socket, which did not ask, or asks for itself. */
static void another_socket_did_not_ask(void **state)
{
    (void)state;
    struct fake_plane plane;
    fake_plane_init(&plane, NULL);
    struct fake_client *old = join_with_media(&plane, "Ann"), *fresh = fake_connect(&plane);
    const json_t *joined = g_ptr_array_index(old->messages, 0);
    const char *secret = json_string_value(json_object_get(json_object_get(joined, "result"), "session"));
    assert_non_null(secret);
    struct asked before = ask_as(old, "\"x\"");
    fake_result(fresh, "join", json_pack("{s:s, s:s, s:i}", "room", "r", "resume", secret, "event", 0));
    assert_int_equal(old->closed, CLIENT_RESUMED);
    struct asked after = ask_as(fresh, "\"x\"");
    answer(before, 1);
    assert_null(answer_to(fresh, "\"x\""));
    answer(after, 2);
    was_told(fresh, "\"x\"", 2);
    assert_null(answer_to(old, "\"x\""));
    fake_free(old);
    fake_free(fresh);
    fake_plane_finish(&plane);
}

int main(void)
{
    log_init(CONF_LOG_ERROR);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_way_of_the_loop),         cmocka_unit_test(each_gets_its_own),
        cmocka_unit_test(not_too_many_wait),          cmocka_unit_test(the_answer_comes_too_late),
        cmocka_unit_test(another_socket_did_not_ask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
