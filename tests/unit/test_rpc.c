/* The dispatcher: what is no request, what is refused before a handler runs,
 * and that each request gets exactly one answer. */
#include "fake_client.h"

#include <glib.h>

struct answered {
    int code;       /* of the error, 0 = result */
    const char *id; /* as JSON; NULL = not looked at */
};

/* The one answer to a text, or none. */
static void check_text(struct fake_plane *plane, const char *text, size_t len, bool answers,
                       struct answered want)
{
    struct fake_client *fake = fake_connect(plane);
    server_receive(fake->client, text, len);
    if (fake->messages->len != (answers ? 1 : 0))
        fail_msg("%.100s: %u answers", text, fake->messages->len);
    if (answers) {
        const json_t *message = g_ptr_array_index(fake->messages, 0);
        const json_t *error = json_object_get(message, "error");
        char *id = json_dumps(json_object_get(message, "id"), JSON_ENCODE_ANY);
        int code = (int)json_integer_value(json_object_get(error, "code"));
        assert_string_equal(json_string_value(json_object_get(message, "jsonrpc")), "2.0");
        assert_true(!error == !!json_object_get(message, "result"));
        if (code != want.code || (want.id && strcmp(id, want.id) != 0))
            fail_msg("%.100s: code %d, id %s", text, code, id);
        if (error) {
            assert_true(json_string_length(json_object_get(error, "message")) > 0);
            assert_non_null(json_string_value(json_object_get(json_object_get(error, "data"), "name")));
        }
        free(id);
    }
    fake_free(fake);
}

static void check_texts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool answers;
        struct answered want;
    } rows[] = {
        /* not JSON */
        {"", true, {RPC_PARSE, "null"}},
        {" ", true, {RPC_PARSE, "null"}},
        {"{", true, {RPC_PARSE, "null"}},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"rooms\"", true, {RPC_PARSE, "null"}},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"rooms\"} x", true, {RPC_PARSE, "null"}},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"rooms\"}", true, {RPC_PARSE, "null"}},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"rooms\",\"params\":{\"a\":1,\"a\":1}}",
         true,
         {RPC_PARSE, "null"}},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"roo\\u0000ms\"}", true, {RPC_PARSE, "null"}},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\xfe\"}", true, {RPC_PARSE, "null"}},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xc0\x80\"}", true, {RPC_PARSE, "null"}},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\\ud800\"}", true, {RPC_PARSE, "null"}},
        {"{\"jsonrpc\":\"2.0\",\"id\":99999999999999999999,\"method\":\"rooms\"}", true, {RPC_PARSE, "null"}},
        {"{\"jsonrpc\":\"2.0\",\"id\":1e999,\"method\":\"rooms\"}", true, {RPC_PARSE, "null"}},
        {"{\"jsonrpc\":\"2.0\",\"id\":NaN,\"method\":\"rooms\"}", true, {RPC_PARSE, "null"}},
        /* not a request */
        {"1", true, {RPC_REQUEST, "null"}},
        {"null", true, {RPC_REQUEST, "null"}},
        {"\"join\"", true, {RPC_REQUEST, "null"}},
        {"[]", true, {RPC_REQUEST, "null"}},
        {"[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"rooms\"}]", true, {RPC_REQUEST, "null"}},
        {"{}", true, {RPC_REQUEST, "null"}},
        {"{\"id\":1,\"method\":\"rooms\"}", true, {RPC_REQUEST, "1"}},
        {"{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"rooms\"}", true, {RPC_REQUEST, "1"}},
        {"{\"jsonrpc\":2.0,\"id\":1,\"method\":\"rooms\"}", true, {RPC_REQUEST, "1"}},
        {"{\"jsonrpc\":\"2.0\",\"id\":1}", true, {RPC_REQUEST, "1"}},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}", true, {RPC_REQUEST, "1"}},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", true, {RPC_REQUEST, "1"}},
        {"{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"rooms\"}", true, {RPC_REQUEST, "null"}},
        {"{\"jsonrpc\":\"2.0\",\"id\":true,\"method\":\"rooms\"}", true, {RPC_REQUEST, "null"}},
        {"{\"jsonrpc\":\"2.0\",\"id\":[1],\"method\":\"rooms\"}", true, {RPC_REQUEST, "null"}},
        {"{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"rooms\"}", true, {RPC_REQUEST, "null"}},
        /* refused before the handler */
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"nope\"}", true, {RPC_METHOD, "1"}},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\"}", true, {RPC_METHOD, "1"}},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"Join\"}", true, {RPC_METHOD, "1"}},
        {"{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"method\":\"chat\",\"params\":{\"text\":\"x\"}}",
         true,
         {RPC_NOT_JOINED, "\"x\""}},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"leave\"}", true, {RPC_NOT_JOINED, "1"}},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"offer\",\"params\":{\"sdp\":\"v=0\"}}",
         true,
         {RPC_NOT_JOINED, "1"}},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"join\"}", true, {RPC_PARAMS, "1"}},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"join\",\"params\":[\"r\",\"n\"]}",
         true,
         {RPC_PARAMS, "1"}},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"join\",\"params\":{\"room\":\"r\"}}",
         true,
         {RPC_PARAMS, "1"}},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"join\",\"params\":{\"room\":\"a b\",\"name\":\"n\"}}",
         true,
         {RPC_PARAMS, "1"}},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"join\",\"params\":{\"room\":\"../x\",\"name\":\"n\"}}",
         true,
         {RPC_PARAMS, "1"}},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"join\",\"params\":{\"room\":\"r\",\"name\":\"\"}}",
         true,
         {RPC_PARAMS, "1"}},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"join\",\"params\":{\"room\":\"r\",\"resume\":\"1-x\"}}",
         true,
         {RPC_RESUME_EXPIRED, "1"}},
        /* served */
        {"{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"rooms\"}", true, {0, "1.5"}},
        {"{\"jsonrpc\":\"2.0\",\"id\":\"\",\"method\":\"rooms\",\"params\":{\"subscribe\":null,\"more\":[]}}",
         true,
         {0, "\"\""}},
        /* without an id: no answer, whatever comes of it */
        {"{\"jsonrpc\":\"2.0\",\"method\":\"rooms\"}", false, {0, NULL}},
        {"{\"jsonrpc\":\"2.0\",\"method\":\"nope\"}", false, {0, NULL}},
        {"{\"jsonrpc\":\"2.0\",\"method\":\"join\",\"params\":{\"room\":\"r\",\"name\":\"n\"}}",
         false,
         {0, NULL}},
    };
    struct fake_plane plane;
    fake_plane_init(&plane, "signaling.grace=0", NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        check_text(&plane, rows[i].text, strlen(rows[i].text), rows[i].answers, rows[i].want);
    fake_plane_finish(&plane);
}

/* NUL bytes, nesting, ids and texts of the largest sizes. */
static void check_sizes(void **state)
{
    (void)state;
    struct fake_plane plane;
    fake_plane_init(&plane, "signaling.grace=0", NULL);
    const struct answered parse = {RPC_PARSE, "null"}, request = {RPC_REQUEST, "null"};
    check_text(&plane, "{}\0{}", 5, true, parse);
    check_text(&plane, "\0", 1, true, parse);
    g_autofree char *deep = g_strnfill(1 << 20, '[');
    check_text(&plane, deep, 1 << 20, true, parse);
    g_autofree char *id = g_strnfill(65, 'i');
    g_autofree char *long_id =
        g_strdup_printf("{\"jsonrpc\":\"2.0\",\"id\":\"%s\",\"method\":\"rooms\"}", id);
    check_text(&plane, long_id, strlen(long_id), true, request);
    g_autofree char *text = g_strnfill(1 << 20, 'x');
    struct fake_client *fake = fake_join(&plane, "r", "A");
    assert_int_equal(fake_code(fake, "chat", json_pack("{s:s}", "text", text)), RPC_PARAMS);
    assert_int_equal(fake_code(fake, text, NULL), RPC_METHOD);
    fake_free(fake);
    fake_plane_finish(&plane);
}

/* Each method, before and after its fields are right, in a room. */
static void check_methods(void **state)
{
    (void)state;
    static const struct {
        const char *method, *params;
        int code;
    } rows[] = {
        {"join", "{\"room\":\"r\",\"name\":\"n\"}", RPC_ALREADY_JOINED},
        {"chat", "{}", RPC_PARAMS},
        {"chat", "{\"text\":\"\"}", RPC_PARAMS},
        {"chat", "{\"text\":\"x\",\"to\":0}", RPC_PARAMS},
        {"chat", "{\"text\":\"x\",\"to\":\"1\"}", RPC_PARAMS},
        {"chat", "{\"text\":\"x\",\"to\":999}", RPC_NO_PARTICIPANT},
        {"chat", "{\"text\":\"x\",\"to\":null}", 0},
        {"rename", "{}", RPC_PARAMS},
        {"rename", "{\"name\":\" \"}", RPC_PARAMS},
        {"rename", "{\"name\":\"N\"}", 0},
        {"participants", "{\"limit\":0}", RPC_PARAMS},
        {"participants", "{\"limit\":101}", RPC_PARAMS},
        {"participants", "{\"after\":-1}", RPC_PARAMS},
        {"participants", "{}", 0},
        {"view", "{}", RPC_PARAMS},
        {"view", "{\"slots\":[{\"slot\":0}]}", RPC_NO_SLOT},
        {"view", "{\"slots\":[{\"slot\":64}]}", RPC_PARAMS},
        {"publish", "{\"tracks\":[{\"track\":1,\"muted\":true}]}", RPC_NO_TRACK},
        {"publish", "{\"tracks\":[]}", 0},
        {"stats", "{}", 0},
        {"offer", "{}", RPC_PARAMS},
        {"offer", "{\"sdp\":\"v=0\\r\\n\"}", RPC_SDP},
        {"offer", "{\"sdp\":\"\xc3\xa9\"}", RPC_SDP},
        {"offer", "{\"sdp\":\"x\",\"tracks\":[{\"mid\":\"12345678901234567\",\"source\":\"mic\"}]}",
         RPC_PARAMS},
        {"offer", "{\"sdp\":\"x\",\"tracks\":[{\"mid\":\"0\",\"source\":\"ear\"}]}", RPC_PARAMS},
    };
    struct fake_plane plane;
    fake_plane_init(&plane, "signaling.grace=0", NULL);
    struct fake_client *fake = fake_join(&plane, "r", "A");
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        int code = fake_code(fake, rows[i].method, json_loads(rows[i].params, 0, NULL));
        if (code != rows[i].code)
            fail_msg("%s %s: %d", rows[i].method, rows[i].params, code);
    }
    fake_free(fake);
    fake_plane_finish(&plane);
}

/* Ten times the rate is served at once, then requests are refused, and who goes on is disconnected. */
static void check_rate(void **state)
{
    (void)state;
    struct fake_plane plane;
    fake_plane_init(&plane, "signaling.rate=5", "signaling.grace=0", NULL);
    struct fake_client *fake = fake_connect(&plane);
    for (int i = 0; i < 50; i++)
        assert_int_equal(fake_code(fake, "rooms", NULL), 0);
    assert_int_equal(fake_code(fake, "rooms", NULL), RPC_RATE);
    for (int i = 0; i < 100 && !fake->closed; i++)
        fake_call(fake, "rooms", NULL);
    assert_int_equal(fake->closed, CLIENT_RATE);
    guint sent = fake->messages->len;
    assert_null(fake_call(fake, "rooms", NULL));
    assert_int_equal(fake->messages->len, sent);
    fake_free(fake);
    fake_plane_finish(&plane);
}

/* Large requests use up the allowance faster. */
static void check_rate_of_bytes(void **state)
{
    (void)state;
    struct fake_plane plane;
    fake_plane_init(&plane, "signaling.rate=5", "signaling.grace=0", NULL);
    struct fake_client *fake = fake_connect(&plane);
    g_autofree char *text = g_strnfill(1 << 20, ' ');
    server_receive(fake->client, text, 1 << 20);
    assert_int_equal(fake_code(fake, "rooms", NULL), RPC_RATE);
    fake_free(fake);
    fake_plane_finish(&plane);
}

static void check_draining(void **state)
{
    (void)state;
    struct fake_plane plane;
    fake_plane_init(&plane, NULL);
    struct fake_client *fake = fake_join(&plane, "r", "A");
    struct fake_client *late = fake_connect(&plane);
    server_drain(&plane.server);
    assert_non_null(fake_told(fake, "shutdown"));
    assert_true(json_integer_value(json_object_get(fake_told(fake, "shutdown"), "retry_after")) >= 1000);
    assert_int_equal(fake->closed, CLIENT_SHUTDOWN);
    assert_int_equal(late->closed, CLIENT_SHUTDOWN);
    assert_int_equal(g_hash_table_size(plane.server.meetings), 0);
    assert_int_equal(fake_sfu.rooms_closed, 1);
    struct fake_client *later = fake_connect(&plane);
    assert_int_equal(fake_code(later, "rooms", NULL), RPC_SHUTTING_DOWN);
    fake_free(later);
    fake_free(late);
    fake_free(fake);
    fake_plane_finish(&plane);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_texts),         cmocka_unit_test(check_sizes),
        cmocka_unit_test(check_methods),       cmocka_unit_test(check_rate),
        cmocka_unit_test(check_rate_of_bytes), cmocka_unit_test(check_draining),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
