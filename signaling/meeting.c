#include "meeting.h"

#include "session.h"

enum { FLUSH_MS = 500 };

enum change { JOINED = 1, UPDATED };

struct meeting *meeting_new(const struct conf *conf, const char *name, uint64_t room)
{
    struct meeting *meeting = g_new0(struct meeting, 1);
    meeting->conf = conf;
    meeting->name = g_strdup(name);
    meeting->room = room;
    meeting->sessions = g_ptr_array_new();
    meeting->changed = g_hash_table_new(NULL, NULL);
    meeting->left = json_array();
    return meeting;
}

void meeting_free(struct meeting *meeting)
{
    if (!meeting)
        return;
    if (meeting->flush_timer)
        g_source_remove(meeting->flush_timer);
    notice_unref(meeting->speakers);
    json_decref(meeting->left);
    g_hash_table_unref(meeting->changed);
    g_ptr_array_unref(meeting->sessions);
    g_free(meeting->name);
    g_free(meeting);
}

static void send_to_all(struct meeting *meeting, struct notice *notice, const struct session *except)
{
    for (guint i = 0; i < meeting->sessions->len; i++) {
        struct session *session = g_ptr_array_index(meeting->sessions, i);
        if (session != except)
            session_notify(session, notice);
    }
}

void meeting_notify(struct meeting *meeting, struct notice *notice)
{
    send_to_all(meeting, notice, NULL);
}

static void flush(struct meeting *meeting, const struct session *except)
{
    json_t *joined = json_array(), *updated = json_array();
    for (guint i = 0; i < meeting->sessions->len; i++) {
        const struct session *session = g_ptr_array_index(meeting->sessions, i);
        void *id = GUINT_TO_POINTER(session->participant);
        enum change change = GPOINTER_TO_UINT(g_hash_table_lookup(meeting->changed, id));
        if (change)
            json_array_append_new(change == JOINED ? joined : updated, session_entry(session));
    }
    json_t *params = json_pack("{s:o, s:o, s:o, s:i}", "joined", joined, "left", meeting->left, "updated",
                               updated, "count", (int)meeting->sessions->len);
    meeting->left = json_array();
    g_hash_table_remove_all(meeting->changed);
    struct notice *notice = notice_event("roster", params, true);
    send_to_all(meeting, notice, except);
    notice_unref(notice);
}

static gboolean flush_later(void *arg)
{
    struct meeting *meeting = arg;
    meeting->flush_timer = 0;
    flush(meeting, NULL);
    return G_SOURCE_REMOVE;
}

/* Something has to be told: now, or with the rest of this half second. What a timer waits for is never
 * overtaken. */
static void changed(struct meeting *meeting, const struct session *except)
{
    if (meeting->flush_timer)
        return;
    if (meeting->sessions->len <= meeting->conf->signaling.small_room)
        flush(meeting, except);
    else
        meeting->flush_timer = g_timeout_add(FLUSH_MS, flush_later, meeting);
}

static void note(struct meeting *meeting, const struct session *session, enum change change)
{
    void *id = GUINT_TO_POINTER(session->participant);
    if (!g_hash_table_contains(meeting->changed, id))
        g_hash_table_insert(meeting->changed, id, GUINT_TO_POINTER(change));
}

void meeting_add(struct meeting *meeting, struct session *session)
{
    g_ptr_array_add(meeting->sessions, session);
}

void meeting_joined(struct meeting *meeting, struct session *session)
{
    note(meeting, session, JOINED);
    changed(meeting, session);
}

void meeting_updated(struct meeting *meeting, struct session *session)
{
    note(meeting, session, UPDATED);
    changed(meeting, NULL);
}

void meeting_remove(struct meeting *meeting, struct session *session, const char *reason)
{
    g_ptr_array_remove(meeting->sessions, session);
    g_hash_table_remove(meeting->changed, GUINT_TO_POINTER(session->participant));
    if (!reason)
        return;
    json_array_append_new(meeting->left, json_pack("{s:I, s:s}", "participant",
                                                   (json_int_t)session->participant, "reason", reason));
    if (meeting->sessions->len > 0)
        changed(meeting, NULL);
}

void meeting_speakers(struct meeting *meeting, const struct sfu_speaker_event *speakers, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        const struct session *session = meeting_session(meeting, speakers[i].participant);
        if (session)
            json_array_append_new(list,
                                  json_pack("{s:I, s:s, s:i, s:b}", "participant",
                                            (json_int_t)session->participant, "name", session->name, "level",
                                            speakers[i].level, "dominant", (int)speakers[i].dominant));
    }
    notice_unref(meeting->speakers);
    meeting->speakers = notice_event("speakers", json_pack("{s:o}", "speakers", list), true);
    meeting_notify(meeting, meeting->speakers);
}

json_t *meeting_roster(const struct meeting *meeting, const struct session *self)
{
    json_t *roster = json_array();
    bool all = meeting->sessions->len <= meeting->conf->signaling.small_room;
    size_t room_for = MAX(meeting->conf->signaling.small_room, 1) - 1; /* one place is our own */
    for (guint i = 0; i < meeting->sessions->len; i++) {
        const struct session *session = g_ptr_array_index(meeting->sessions, i);
        bool shown = all || session == self || (room_for > 0 && session_publishes(session));
        if (!shown)
            continue;
        room_for -= !all && session != self;
        json_array_append_new(roster, session_entry(session));
    }
    return roster;
}

/* Numbers are given out in order of joining, so the array is sorted by them. */
json_t *meeting_page(const struct meeting *meeting, uint32_t after, size_t limit, uint32_t *next)
{
    json_t *page = json_array();
    uint32_t last = 0;
    *next = 0;
    for (guint i = 0; i < meeting->sessions->len; i++) {
        const struct session *session = g_ptr_array_index(meeting->sessions, i);
        if (session->participant <= after)
            continue;
        if (json_array_size(page) == limit) {
            *next = last;
            break;
        }
        last = session->participant;
        json_array_append_new(page, session_entry(session));
    }
    return page;
}

struct session *meeting_session(const struct meeting *meeting, uint32_t participant)
{
    for (guint i = 0; i < meeting->sessions->len; i++) {
        struct session *session = g_ptr_array_index(meeting->sessions, i);
        if (session->participant == participant)
            return session;
    }
    return NULL;
}
