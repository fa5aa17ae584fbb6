/* Resuming: within the grace time, with what was missed, with the right secret only. */
#include "fake_client.h"

#include "log.h"

static json_t *resume_params(const char *room, const char *secret, int event)
{
    return json_pack("{s:s, s:s, s:i}", "room", room, "resume", secret, "event", event);
}

static char *secret_of(const json_t *result)
{
    return g_strdup(json_string_value(json_object_get(result, "session")));
}

/* A broken socket, three messages meanwhile, and a resume that has seen the first notification only. */
static void check_missed(void **state)
{
    (void)state;
    struct fake_plane plane;
    fake_plane_init(&plane, NULL);
    struct fake_client *ann = fake_connect(&plane), *bob = fake_connect(&plane),
                       *again = fake_connect(&plane);
    g_autofree char *secret =
        secret_of(fake_result(ann, "join", json_pack("{s:s, s:s}", "room", "r", "name", "Ann")));
    fake_result(bob, "join", json_pack("{s:s, s:s}", "room", "r", "name", "Bob"));
    assert_int_equal(json_integer_value(json_object_get(fake_told(ann, "roster"), "event")), 1);
    fake_cut(ann, false);
    for (int i = 0; i < 3; i++)
        fake_result(bob, "chat", json_pack("{s:s}", "text", i == 0 ? "one" : i == 1 ? "two" : "three"));

    const json_t *result = fake_result(again, "join", resume_params("r", secret, 1));
    assert_true(json_is_true(json_object_get(result, "resumed")));
    assert_true(json_is_true(json_object_get(result, "complete")));
    assert_int_equal(json_integer_value(json_object_get(result, "participant")), 1);
    assert_int_equal(json_integer_value(json_object_get(result, "event")), 1);
    assert_int_equal(json_integer_value(json_object_get(result, "count")), 2);
    g_autofree char *fresh = secret_of(result);
    assert_string_not_equal(fresh, secret);
    assert_int_equal(again->messages->len, 4); /* the result, then what was missed */
    for (guint i = 1; i < 4; i++) {
        const json_t *params = json_object_get(g_ptr_array_index(again->messages, i), "params");
        assert_int_equal(json_integer_value(json_object_get(params, "event")), i + 1);
    }
    assert_string_equal(json_string_value(json_object_get(fake_told(again, "chat"), "text")), "three");
    assert_int_equal(fake_told_count(bob, "roster"), 0); /* nobody left, nobody came */
    fake_free(again);
    fake_free(bob);
    fake_free(ann);
    fake_plane_finish(&plane);
}

/* More was missed than is kept: the state instead. */
static void check_too_much_missed(void **state)
{
    (void)state;
    struct fake_plane plane;
    fake_plane_init(&plane, "signaling.rate=1000", NULL);
    struct fake_client *ann = fake_connect(&plane), *bob = fake_join(&plane, "r", "Bob");
    g_autofree char *secret =
        secret_of(fake_result(ann, "join", json_pack("{s:s, s:s}", "room", "r", "name", "Ann")));
    fake_cut(ann, false);
    for (int i = 0; i < SESSION_LOG + 1; i++)
        fake_result(bob, "chat", json_pack("{s:s}", "text", "x"));
    struct sfu_speaker_event speaker = {.participant = 1, .level = 30};
    fake_sfu.up->speakers(fake_sfu.arg, server_meeting(&plane.server, "r")->room, &speaker, 1);

    struct fake_client *again = fake_connect(&plane);
    const json_t *result = fake_result(again, "join", resume_params("r", secret, 0));
    assert_true(json_is_false(json_object_get(result, "complete")));
    assert_int_equal(json_integer_value(json_object_get(result, "event")), SESSION_LOG + 2);
    assert_int_equal(fake_told_count(again, "chat"), 0);
    assert_int_equal(json_array_size(json_object_get(fake_told(again, "slots"), "slots")), 0);
    assert_int_equal(json_array_size(json_object_get(fake_told(again, "encodings"), "tracks")), 0);
    assert_string_equal(json_string_value(json_object_get(fake_told(again, "media"), "state")), "gone");
    const json_t *loud = json_array_get(json_object_get(fake_told(again, "speakers"), "speakers"), 0);
    assert_string_equal(json_string_value(json_object_get(loud, "name")), "Bob");
    fake_free(again);
    fake_free(bob);
    fake_free(ann);
    fake_plane_finish(&plane);
}

/* All that was missed comes, in its order, however often the log had to be widened for it. */
static void check_much_missed(void **state)
{
    (void)state;
    struct fake_plane plane;
    fake_plane_init(&plane, "signaling.rate=1000", NULL);
    struct fake_client *ann = fake_join(&plane, "r", "Ann");
    const struct session *session = server_session(&plane.server, 1);
    for (uint32_t i = 1; i <= 3 * SESSION_LOG; i++) {
        g_autofree char *text = g_strdup_printf("no. %u.", i);
        fake_result(ann, "chat", json_pack("{s:s}", "text", text));
        assert_int_equal(session->next_event, i + 1);
        assert_int_equal(session->next_event - session->first_event, MIN(i, SESSION_LOG));
        assert_true(session->log_room <= SESSION_LOG && session->log_room < 2 * MAX(i, 8));
    }
    for (uint32_t i = session->first_event; i != session->next_event; i++) {
        g_autofree char *text = g_strdup_printf("no. %u.", i);
        const struct notice *notice = session->log[i % session->log_room];
        assert_non_null(g_strstr_len(notice->text, (gssize)notice->len, text));
    }
    fake_free(ann);
    fake_plane_finish(&plane);
}

/* The log is bounded by bytes as well. */
static void check_log_bytes(void **state)
{
    (void)state;
    struct fake_plane plane;
    fake_plane_init(&plane, "signaling.rate=1000", "signaling.chat_length=65536", NULL);
    struct fake_client *ann = fake_join(&plane, "r", "Ann");
    g_autofree char *text = g_strnfill(65536, 'x');
    for (int i = 0; i < 40; i++)
        fake_result(ann, "chat", json_pack("{s:s}", "text", text));
    const struct session *session = server_session(&plane.server, 1);
    assert_int_equal(session->next_event, 41);
    assert_true(session->log_bytes <= SESSION_LOG_BYTES);
    assert_in_range(session->next_event - session->first_event, 10, 16);
    assert_false(session_has_since(session, session->first_event - 2));
    assert_true(session_has_since(session, session->first_event - 1));
    assert_true(session_has_since(session, 40));
    assert_false(session_has_since(session, 41));
    fake_free(ann);
    fake_plane_finish(&plane);
}

static void check_secrets(void **state)
{
    (void)state;
    struct fake_plane plane;
    fake_plane_init(&plane, NULL);
    struct fake_client *ann = fake_connect(&plane), *thief = fake_connect(&plane);
    g_autofree char *secret =
        secret_of(fake_result(ann, "join", json_pack("{s:s, s:s}", "room", "r", "name", "Ann")));
    assert_int_equal(strlen(secret), strlen("1-") + SESSION_SECRET_LEN);
    g_autofree char *wrong = g_strdup(secret);
    wrong[strlen(wrong) - 1] = wrong[strlen(wrong) - 1] == '0' ? '1' : '0';
    g_autofree char *shorter = g_strndup(secret, strlen(secret) - 1);
    g_autofree char *longer = g_strconcat(secret, "0", NULL);
    g_autofree char *other = g_strdup_printf("2%s", secret + 1);
    g_autofree char *huge = g_strdup_printf("99999999999999999999%s", secret + 1);
    const char *const rows[] = {wrong, shorter, longer, other, huge, "1", "1-", "-", "x", secret + 2};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        if (fake_code(thief, "join", resume_params("r", rows[i], 0)) != RPC_RESUME_EXPIRED)
            fail_msg("row %zu", i);
    assert_int_equal(fake_code(thief, "join", resume_params("R", secret, 0)), RPC_RESUME_EXPIRED);
    assert_int_equal(ann->closed, 0);
    fake_free(thief);
    fake_free(ann);
    fake_plane_finish(&plane);
}

/* The secret before is good until the client has spoken on the new socket; the old socket is told why it
 * goes. */
static void check_renewal(void **state)
{
    (void)state;
    struct fake_plane plane;
    fake_plane_init(&plane, NULL);
    struct fake_client *one = fake_connect(&plane), *two = fake_connect(&plane),
                       *three = fake_connect(&plane), *four = fake_connect(&plane);
    g_autofree char *first =
        secret_of(fake_result(one, "join", json_pack("{s:s, s:s}", "room", "r", "name", "Ann")));
    fake_result(two, "join", resume_params("r", first, 0));
    assert_int_equal(one->closed, CLIENT_RESUMED);
    const json_t *result = fake_result(three, "join", resume_params("r", first, 0));
    assert_int_equal(two->closed, CLIENT_RESUMED);
    g_autofree char *last = secret_of(result);
    fake_result(three, "participants", NULL);
    assert_int_equal(fake_code(four, "join", resume_params("r", first, 0)), RPC_RESUME_EXPIRED);
    fake_free(one); /* those that went before do not take the session with them */
    fake_free(two);
    fake_result(four, "join", resume_params("r", last, 0));
    assert_int_equal(g_hash_table_size(plane.server.sessions), 1);
    fake_free(three);
    fake_free(four);
    fake_plane_finish(&plane);
}

static void check_grace(void **state)
{
    (void)state;
    struct fake_plane plane;
    fake_plane_init(&plane, "signaling.grace=1", NULL);
    struct fake_client *ann = fake_connect(&plane), *bob = fake_join(&plane, "r", "Bob");
    g_autofree char *secret =
        secret_of(fake_result(ann, "join", json_pack("{s:s, s:s}", "room", "r", "name", "Ann")));
    fake_cut(ann, false);
    fake_wait(300);
    assert_int_equal(g_hash_table_size(plane.server.sessions), 2);
    fake_wait(2000); /* GLib's seconds are whole ones of its own clock */
    assert_int_equal(g_hash_table_size(plane.server.sessions), 1);
    const json_t *left = json_array_get(json_object_get(fake_told(bob, "roster"), "left"), 0);
    assert_int_equal(json_integer_value(json_object_get(left, "participant")), 2);
    assert_string_equal(json_string_value(json_object_get(left, "reason")), "timeout");
    struct fake_client *late = fake_connect(&plane);
    assert_int_equal(fake_code(late, "join", resume_params("r", secret, 0)), RPC_RESUME_EXPIRED);
    fake_free(late);
    fake_free(bob);
    fake_free(ann);
    fake_plane_finish(&plane);
}

/* A page that is left ends its session at once; so does media that says goodbye while the socket is away. */
static void check_gone_for_good(void **state)
{
    (void)state;
    struct fake_plane plane;
    fake_plane_init(&plane, NULL);
    struct fake_client *ann = fake_join(&plane, "r", "Ann"), *bob = fake_join(&plane, "r", "Bob");
    fake_cut(ann, true);
    const json_t *left = json_array_get(json_object_get(fake_told(bob, "roster"), "left"), 0);
    assert_string_equal(json_string_value(json_object_get(left, "reason")), "left");
    fake_free(ann);
    fake_free(bob);
    fake_plane_finish(&plane);
    assert_int_equal(fake_sfu.rooms_closed, 1);
}

/* leave: one result, then the socket is closed; the number is never used again. */
static void check_leave(void **state)
{
    (void)state;
    struct fake_plane plane;
    fake_plane_init(&plane, NULL);
    struct fake_client *ann = fake_join(&plane, "r", "Ann");
    assert_int_equal(fake_code(ann, "leave", NULL), 0);
    assert_int_equal(ann->closed, CLIENT_LEFT);
    assert_null(server_meeting(&plane.server, "r"));
    struct fake_client *next = fake_connect(&plane);
    const json_t *result = fake_result(next, "join", json_pack("{s:s, s:s}", "room", "r", "name", "Ann"));
    assert_int_equal(json_integer_value(json_object_get(result, "participant")), 2);
    fake_free(next);
    fake_free(ann);
    fake_plane_finish(&plane);
}

/* Joins and leaves leave nothing behind. */
static void check_churn(void **state)
{
    (void)state;
    struct fake_plane plane;
    fake_plane_init(&plane, "log.level=error", NULL);
    log_init(CONF_LOG_ERROR);
    for (int i = 0; i < 10000; i++) {
        struct fake_client *fake = fake_join(&plane, i % 3 ? "r" : "s", "Ann");
        if (i % 2)
            fake_cut(fake, true);
        else
            fake_result(fake, "leave", NULL);
        fake_free(fake);
    }
    assert_int_equal(g_hash_table_size(plane.server.sessions), 0);
    assert_int_equal(g_hash_table_size(plane.server.meetings), 0);
    assert_int_equal(g_hash_table_size(plane.server.clients), 0);
    assert_int_equal(g_hash_table_size(plane.server.rooms), 0);
    assert_int_equal(fake_sfu.rooms_opened, fake_sfu.rooms_closed);
    fake_plane_finish(&plane);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_missed),      cmocka_unit_test(check_too_much_missed),
        cmocka_unit_test(check_much_missed), cmocka_unit_test(check_log_bytes),
        cmocka_unit_test(check_secrets),     cmocka_unit_test(check_renewal),
        cmocka_unit_test(check_grace),       cmocka_unit_test(check_gone_for_good),
        cmocka_unit_test(check_leave),       cmocka_unit_test(check_churn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
