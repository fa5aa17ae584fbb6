/* WHIP (RFC 9725) to publish and WHEP to watch: one POST of an offer for each participant, one DELETE at its
 * end. */
#include "driver.h"
#include "http_request.h"

#include <errno.h>
#include <string.h>

enum { CREATED = 201 };

struct member {
    struct driver_server *server;
    const struct driver_upcalls *up;
    void *arg;
    struct offer offer;
    struct http_request *posting; /* NULL = answered */
    char *location;               /* path of its session; NULL = none */
};

/* The path with the room in place of {room}. */
static char *path_of(const char *pattern, const char *room)
{
    g_auto(GStrv) parts = g_strsplit(pattern, "{room}", -1);
    return g_strjoinv(room, parts);
}

static void end_session(struct driver_server *s, const char *location)
{
    (void)http_request_send(s->web, "DELETE", location, NULL, NULL, NULL, NULL, NULL);
}

static void refuse(struct member *m, const struct http_answer *answer)
{
    g_autofree char *words = g_strndup(answer->body, strcspn(answer->body, "\r\n"));
    g_autofree char *why =
        g_strdup_printf("the server answered the offer with %u%s%s%s%s", answer->status, *words ? ": " : "",
                        words, *answer->location ? ", go to " : "", answer->location);
    m->up->failed(m->arg, why);
}

static void on_answer(void *arg, const struct http_answer *answer, const char *why)
{
    struct member *m = arg;
    g_autofree struct offer_answer *read = g_new(struct offer_answer, 1);
    char err[OFFER_ERROR_MAX];
    m->posting = NULL;
    if (!answer) {
        m->up->failed(m->arg, why);
        return;
    }
    if (answer->status != CREATED) {
        refuse(m, answer);
        return;
    }
    if (*answer->location && !answer->resource) {
        g_autofree char *elsewhere = g_strdup_printf(
            "the server answered that its session is at %s, which is not on this server", answer->location);
        m->up->failed(m->arg, elsewhere);
        return;
    }
    m->location = g_strdup(answer->resource);
    if (offer_read_answer(&m->offer, answer->body, read, err) != 0)
        m->up->failed(m->arg, err);
    else
        m->up->answered(m->arg, read);
}

/* Its member left before the answer came. */
static void on_late_answer(void *arg, const struct http_answer *answer, const char *why)
{
    (void)why;
    if (answer && answer->status == CREATED && answer->resource)
        end_session(arg, answer->resource);
}

static void *join(struct driver_server *s, const struct driver_entry *entry, const struct driver_upcalls *up,
                  void *arg)
{
    struct member *m = g_new0(struct member, 1);
    bool publishes = entry->offer->audio || entry->offer->video;
    *m = (struct member){.server = s, .up = up, .arg = arg, .offer = *entry->offer};
    g_autofree char *path = path_of(publishes ? s->options->whip : s->options->whep, entry->room);
    g_autofree char *sdp = offer_write(&m->offer);
    m->posting =
        http_request_send(s->web, "POST", path, "application/sdp", sdp, s->options->token, on_answer, m);
    return m;
}

static void leave(void *member)
{
    struct member *m = member;
    if (!m)
        return;
    if (m->posting)
        http_request_hand_over(m->posting, on_late_answer, m->server);
    if (m->location)
        end_session(m->server, m->location);
    g_free(m->location);
    g_free(m);
}

const struct driver driver_whip = {
    .name = "whip",
    .options = {"token", "whip", "whep"},
    .kind = &http_request_kind,
    .one_way = true,
    .join = join,
    .leave = leave,
};
