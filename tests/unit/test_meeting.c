/* Rooms: who is told what of whom, at once in small rooms, together in large ones. */
#include "fake_client.h"

#include "log.h"

#define CHECK_NUMBERS(list, member, want)                                                                    \
    do {                                                                                                     \
        g_autofree char *numbers_ = fake_numbers((list), (member));                                          \
        assert_string_equal(numbers_, (want));                                                               \
    } while (0)

static void check_small_room(void **state)
{
    (void)state;
    struct fake_plane plane;
    fake_plane_init(&plane, NULL);
    struct fake_client *ann = fake_connect(&plane), *bob = fake_connect(&plane), *cy = fake_connect(&plane);
    const json_t *result = fake_result(ann, "join", json_pack("{s:s, s:s}", "room", "r", "name", "Ann"));
    CHECK_NUMBERS(json_object_get(result, "participants"), "participant", "1");
    result = fake_result(bob, "join", json_pack("{s:s, s:s}", "room", "r", "name", "Bob"));
    CHECK_NUMBERS(json_object_get(result, "participants"), "participant", "1 2");
    assert_int_equal(json_integer_value(json_object_get(result, "count")), 2);
    fake_result(cy, "join", json_pack("{s:s, s:s}", "room", "R", "name", "Cy")); /* another room */

    CHECK_NUMBERS(json_object_get(fake_told(ann, "roster"), "joined"), "participant", "2");
    assert_int_equal(fake_told_count(ann, "roster"), 1);
    assert_int_equal(fake_told_count(bob, "roster"), 0); /* of oneself nothing is told */
    assert_int_equal(fake_told_count(cy, "roster"), 0);

    fake_result(ann, "rename", json_pack("{s:s}", "name", "Anna"));
    const json_t *updated = json_array_get(json_object_get(fake_told(bob, "roster"), "updated"), 0);
    assert_string_equal(json_string_value(json_object_get(updated, "name")), "Anna");
    assert_int_equal(fake_told_count(ann, "roster"), 2);

    fake_result(bob, "leave", NULL);
    const json_t *told = fake_told(ann, "roster");
    CHECK_NUMBERS(json_object_get(told, "left"), "participant", "2");
    CHECK_NUMBERS(json_object_get(told, "joined"), "participant", "");
    assert_int_equal(json_integer_value(json_object_get(told, "count")), 1);
    fake_free(ann);
    fake_free(bob);
    fake_free(cy);
    fake_plane_finish(&plane);
}

/* Above small_room: one notification for what happened in half a second, the same bytes for all. */
static void check_large_room(void **state)
{
    (void)state;
    enum { CROWD = 20 };
    struct fake_plane plane;
    struct fake_client *crowd[CROWD];
    fake_plane_init(&plane, "signaling.small_room=3", NULL);
    log_init(CONF_LOG_ERROR);
    for (int i = 0; i < CROWD; i++)
        crowd[i] = fake_join(&plane, "r", "N");
    assert_int_equal(fake_told_count(crowd[0], "roster"), 2); /* of the second and third */
    fake_result(crowd[5], "rename", json_pack("{s:s}", "name", "Six"));
    fake_result(crowd[0], "rename", json_pack("{s:s}", "name", "One"));
    fake_result(crowd[CROWD - 1], "leave", NULL); /* came and went between two notifications */
    fake_result(crowd[1], "leave", NULL);
    fake_wait(700);
    assert_int_equal(fake_told_count(crowd[0], "roster"), 3);
    const json_t *told = fake_told(crowd[0], "roster");
    CHECK_NUMBERS(json_object_get(told, "joined"), "participant",
                  "4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19");
    CHECK_NUMBERS(json_object_get(told, "left"), "participant", "20 2");
    CHECK_NUMBERS(json_object_get(told, "updated"), "participant", "1");
    assert_int_equal(json_integer_value(json_object_get(told, "count")), CROWD - 2);
    const json_t *six = json_array_get(json_object_get(told, "joined"), 2);
    assert_string_equal(json_string_value(json_object_get(six, "name")), "Six");
    const struct session *a = server_session(&plane.server, 4), *b = server_session(&plane.server, 5);
    assert_ptr_equal(a->log[(a->next_event - 1) % a->log_room], b->log[(b->next_event - 1) % b->log_room]);
    for (int i = 0; i < CROWD; i++)
        fake_free(crowd[i]);
    fake_plane_finish(&plane);
}

static void check_pages(void **state)
{
    (void)state;
    enum { CROWD = 10 };
    struct fake_plane plane;
    struct fake_client *crowd[CROWD];
    fake_plane_init(&plane, "signaling.small_room=3", NULL);
    for (int i = 0; i < CROWD; i++)
        crowd[i] = fake_join(&plane, "r", "N");
    /* Nobody publishes, so a join into a large room has oneself only. */
    const json_t *joined = json_object_get(g_ptr_array_index(crowd[9]->messages, 0), "result");
    CHECK_NUMBERS(json_object_get(joined, "participants"), "participant", "10");
    assert_int_equal(json_integer_value(json_object_get(joined, "count")), CROWD);

    static const struct {
        int after, limit;
        const char *numbers;
        int next;
    } rows[] = {
        {0, 4, "1 2 3 4", 4},
        {4, 4, "5 6 7 8", 8},
        {8, 4, "9 10", 0},
        {6, 4, "7 8 9 10", 0},
        {10, 4, "", 0},
        {99, 1, "", 0},
        {0, 100, "1 2 3 4 5 6 7 8 9 10", 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const json_t *page =
            fake_result(crowd[0], "participants",
                        json_pack("{s:i, s:i}", "after", rows[i].after, "limit", rows[i].limit));
        CHECK_NUMBERS(json_object_get(page, "participants"), "participant", rows[i].numbers);
        assert_int_equal(json_integer_value(json_object_get(page, "next")), rows[i].next);
        assert_true(!json_object_get(page, "next") == !rows[i].next);
    }
    for (int i = 0; i < CROWD; i++)
        fake_free(crowd[i]);
    fake_plane_finish(&plane);
}

static void check_limits(void **state)
{
    (void)state;
    struct fake_plane plane;
    fake_plane_init(&plane, "room.max_participants=2", "room.max_rooms=2", NULL);
    struct fake_client *a = fake_join(&plane, "r", "A"), *b = fake_join(&plane, "r", "B"),
                       *c = fake_connect(&plane);
    assert_int_equal(fake_code(c, "join", json_pack("{s:s, s:s}", "room", "r", "name", "C")), RPC_ROOM_FULL);
    fake_result(c, "join", json_pack("{s:s, s:s}", "room", "s", "name", "C"));
    struct fake_client *d = fake_connect(&plane);
    assert_int_equal(fake_code(d, "join", json_pack("{s:s, s:s}", "room", "t", "name", "D")),
                     RPC_SERVER_FULL);
    fake_result(d, "join", json_pack("{s:s, s:s}", "room", "s", "name", "D"));
    /* A place that waits for its owner is taken; one that was left is free. */
    fake_cut(a, false);
    struct fake_client *e = fake_connect(&plane);
    assert_int_equal(fake_code(e, "join", json_pack("{s:s, s:s}", "room", "r", "name", "E")), RPC_ROOM_FULL);
    fake_result(b, "leave", NULL);
    fake_result(e, "join", json_pack("{s:s, s:s}", "room", "r", "name", "E"));
    fake_free(a);
    fake_free(b);
    fake_free(c);
    fake_free(d);
    fake_free(e);
    fake_plane_finish(&plane);
}

/* Nobody new comes in while the media plane has too much to do; those who are in may come back. */
static void check_busy(void **state)
{
    (void)state;
    struct fake_plane plane;
    fake_plane_init(&plane, NULL);
    struct fake_client *a = fake_connect(&plane), *b = fake_connect(&plane);
    const json_t *joined = fake_result(a, "join", json_pack("{s:s, s:s}", "room", "r", "name", "A"));
    g_autofree char *secret = g_strdup(json_string_value(json_object_get(joined, "session")));
    fake_sfu.overloaded = true;
    for (size_t i = 0; i < 2; i++) {
        const json_t *answer =
            fake_call(b, "join", json_pack("{s:s, s:s}", "room", i ? "r" : "new", "name", "B"));
        const json_t *error = json_object_get(answer, "error"), *data = json_object_get(error, "data");
        assert_int_equal(json_integer_value(json_object_get(error, "code")), RPC_BUSY);
        assert_string_equal(json_string_value(json_object_get(data, "name")), "busy");
        assert_in_range(json_integer_value(json_object_get(data, "retry_after")), 5000, 15000);
    }
    assert_int_equal(plane.server.turned_away, 2);
    assert_int_equal(g_hash_table_size(plane.server.meetings), 1);
    fake_cut(a, false);
    struct fake_client *again = fake_connect(&plane);
    fake_result(again, "join", json_pack("{s:s, s:s, s:i}", "room", "r", "resume", secret, "event", 0));
    fake_sfu.overloaded = false;
    fake_result(b, "join", json_pack("{s:s, s:s}", "room", "r", "name", "B"));
    fake_free(a);
    fake_free(b);
    fake_free(again);
    fake_plane_finish(&plane);
}

static void check_closed_rooms(void **state)
{
    (void)state;
    struct fake_plane plane;
    fake_plane_init(&plane, "room.open=off", NULL);
    struct fake_client *a = fake_connect(&plane);
    assert_int_equal(fake_code(a, "join", json_pack("{s:s, s:s}", "room", "r", "name", "A")), RPC_NO_ROOM);
    fake_free(a);
    fake_plane_finish(&plane);
}

/* Chat to all, to one, and to oneself; the sender gets its own. */
static void check_chat(void **state)
{
    (void)state;
    struct fake_plane plane;
    fake_plane_init(&plane, NULL);
    struct fake_client *a = fake_join(&plane, "r", "A"), *b = fake_join(&plane, "r", "B"),
                       *c = fake_join(&plane, "r", "C"), *other = fake_join(&plane, "s", "O");
    const json_t *result =
        fake_result(a, "chat", json_pack("{s:s, s:i, s:s}", "text", "all", "from", 2, "name", "Forged"));
    assert_int_equal(json_integer_value(json_object_get(result, "id")), 1);
    assert_true(json_integer_value(json_object_get(result, "time")) > 1600000000000);
    struct fake_client *all[] = {a, b, c};
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        const json_t *told = fake_told(all[i], "chat");
        assert_string_equal(json_string_value(json_object_get(told, "text")), "all");
        assert_int_equal(json_integer_value(json_object_get(told, "from")), 1);
        assert_string_equal(json_string_value(json_object_get(told, "name")), "A");
        assert_null(json_object_get(told, "to"));
    }
    fake_result(a, "chat", json_pack("{s:s, s:i}", "text", "one", "to", 2));
    fake_result(a, "chat", json_pack("{s:s, s:i}", "text", "me", "to", 1));
    assert_int_equal(fake_told_count(a, "chat"), 3);
    assert_int_equal(fake_told_count(b, "chat"), 2);
    assert_int_equal(fake_told_count(c, "chat"), 1);
    assert_int_equal(fake_told_count(other, "chat"), 0);
    assert_int_equal(json_integer_value(json_object_get(fake_told(b, "chat"), "to")), 2);
    assert_int_equal(fake_code(a, "chat", json_pack("{s:s, s:i}", "text", "x", "to", 4)), RPC_NO_PARTICIPANT);
    g_autofree char *longest = g_strnfill(4096, 'x'), *longer = g_strnfill(4097, 'x');
    assert_int_equal(fake_code(a, "chat", json_pack("{s:s}", "text", longest)), 0);
    assert_int_equal(fake_code(a, "chat", json_pack("{s:s}", "text", longer)), RPC_PARAMS);
    fake_free(a);
    fake_free(b);
    fake_free(c);
    fake_free(other);
    fake_plane_finish(&plane);
}

/* The list of rooms, before joining, and live for those who asked. */
static void check_lobby(void **state)
{
    (void)state;
    struct fake_plane plane;
    fake_plane_init(&plane, NULL);
    struct fake_client *guest = fake_connect(&plane), *quiet = fake_connect(&plane);
    const json_t *list = fake_result(guest, "rooms", json_pack("{s:b}", "subscribe", 1));
    assert_int_equal(json_integer_value(json_object_get(list, "total")), 0);
    fake_result(quiet, "rooms", NULL);
    struct fake_client *a = fake_join(&plane, "b", "A"), *b = fake_join(&plane, "c", "B"),
                       *c = fake_join(&plane, "c", "C"), *d = fake_join(&plane, "a", "D");
    assert_int_equal(fake_told_count(guest, "rooms"), 0);
    fake_wait(1200);
    assert_int_equal(fake_told_count(guest, "rooms"), 1); /* one for all four */
    assert_int_equal(fake_told_count(quiet, "rooms"), 0);
    const json_t *told = fake_told(guest, "rooms"), *rooms = json_object_get(told, "rooms");
    CHECK_NUMBERS(rooms, "count", "2 1 1");
    assert_string_equal(json_string_value(json_object_get(json_array_get(rooms, 0), "room")), "c");
    assert_string_equal(json_string_value(json_object_get(json_array_get(rooms, 1), "room")), "a");
    assert_int_equal(json_integer_value(json_object_get(told, "total")), 3);
    assert_null(json_object_get(told, "event"));
    fake_result(guest, "rooms", json_pack("{s:b}", "subscribe", 0));
    fake_result(a, "leave", NULL);
    fake_wait(1200);
    assert_int_equal(fake_told_count(guest, "rooms"), 1);
    fake_free(guest);
    fake_free(quiet);
    fake_free(a);
    fake_free(b);
    fake_free(c);
    fake_free(d);
    fake_plane_finish(&plane);
}

static void check_hidden_lobby(void **state)
{
    (void)state;
    struct fake_plane plane;
    fake_plane_init(&plane, "room.list=off", NULL);
    struct fake_client *a = fake_join(&plane, "r", "A");
    const json_t *list = fake_result(a, "rooms", json_pack("{s:b}", "subscribe", 1));
    assert_int_equal(json_integer_value(json_object_get(list, "total")), 0);
    assert_int_equal(json_array_size(json_object_get(list, "rooms")), 0);
    fake_free(a);
    fake_plane_finish(&plane);
}

static void check_speakers(void **state)
{
    (void)state;
    struct fake_plane plane;
    fake_plane_init(&plane, NULL);
    struct fake_client *a = fake_join(&plane, "r", "A"), *b = fake_join(&plane, "r", "B"),
                       *other = fake_join(&plane, "s", "O");
    /* One of them has just left, and one is in another room. */
    const struct sfu_speaker_event speakers[] = {
        {2, 20, true}, {9, 25, false}, {3, 26, false}, {1, 30, false}};
    fake_sfu.up->speakers(fake_sfu.arg, server_meeting(&plane.server, "r")->room, speakers, 4);
    fake_sfu.up->speakers(fake_sfu.arg, 123456, speakers, 4); /* a room that has gone */
    CHECK_NUMBERS(json_object_get(fake_told(a, "speakers"), "speakers"), "participant", "2 1");
    CHECK_NUMBERS(json_object_get(fake_told(b, "speakers"), "speakers"), "level", "20 30");
    assert_int_equal(fake_told_count(other, "speakers"), 0);
    struct fake_client *late = fake_join(&plane, "r", "Late"), *later = fake_join(&plane, "s", "Later");
    CHECK_NUMBERS(json_object_get(fake_told(late, "speakers"), "speakers"), "participant", "2 1");
    assert_int_equal(fake_told_count(later, "speakers"), 0); /* nobody has spoken there */
    fake_free(late);
    fake_free(later);
    fake_free(a);
    fake_free(b);
    fake_free(other);
    fake_plane_finish(&plane);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_small_room),   cmocka_unit_test(check_large_room),
        cmocka_unit_test(check_pages),        cmocka_unit_test(check_limits),
        cmocka_unit_test(check_busy),         cmocka_unit_test(check_closed_rooms),
        cmocka_unit_test(check_chat),         cmocka_unit_test(check_lobby),
        cmocka_unit_test(check_hidden_lobby), cmocka_unit_test(check_speakers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
