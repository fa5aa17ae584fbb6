#include "whip.h"

#include "entry.h"
#include "etag.h"
#include "ice_servers.h"
#include "origin.h"
#include "sdpfrag.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define OFFER_TYPE    "application/sdp"
#define FRAGMENT_TYPE "application/trickle-ice-sdpfrag"

enum { RETRY_SECONDS = 5, RETRY_SPREAD_SECONDS = 10 };

void whip_request_free(struct whip_request *request)
{
    if (!request)
        return;
    for (size_t i = 0; i < WHIP_HEADERS; i++)
        g_free(request->headers[i]);
    g_free(request->path);
    g_free(request->name);
    g_free(request);
}

/* --- Refusing --------------------------------------------------------------------- */

/* Those who come back do not come all at once. */
static void say_later(struct http_reply *reply)
{
    http_reply_header(reply, "retry-after:", "%d",
                      g_random_int_range(RETRY_SECONDS, RETRY_SECONDS + RETRY_SPREAD_SECONDS));
}

static void refuse_entry(struct http_reply *reply, enum rpc_code code)
{
    if (code == RPC_NO_ROOM) {
        http_reply_say(reply, 404, "There is no such room, and rooms are not made by coming here.\n");
        return;
    }
    http_reply_say(reply, 503, "%s\n",
                   code == RPC_ROOM_FULL ? "The room is full."
                   : code == RPC_BUSY    ? "The server has too much to do."
                                         : "The server is full, or going down.");
    say_later(reply);
}

/* RFC 6750, section 3. What token_check() says has no quotes in it. */
static void refuse_token(struct http_reply *reply, int result, const char *words, bool given)
{
    unsigned status = result == -EPERM ? 403 : 401;
    const char *error = status == 403 ? "insufficient_scope" : "invalid_token";
    http_reply_say(reply, status, "%s\n", words);
    if (given)
        http_reply_header(reply, "www-authenticate:",
                          "Bearer realm=\"plenum\", error=\"%s\", error_description=\"%s\"", error, words);
    else
        http_reply_header(reply, "www-authenticate:", "Bearer realm=\"plenum\"");
}

/* --- What a request asks ------------------------------------------------------------ */

/* The token of "Bearer TOKEN" (RFC 6750, section 2.1), or "". */
static const char *bearer(const struct whip_request *request)
{
    const char *value = request->headers[WHIP_AUTHORIZATION];
    if (g_ascii_strncasecmp(value, "bearer ", strlen("bearer ")) != 0)
        return "";
    value += strlen("bearer ");
    return value + strspn(value, " ");
}

/* Whether a media type is the one given, whatever its parameters. */
static bool is_type(const char *value, const char *type)
{
    size_t len = strlen(type);
    return g_ascii_strncasecmp(value, type, len) == 0 && (!value[len] || strchr("; \t", value[len]));
}

static bool accepts(const char *accept, const char *type)
{
    g_auto(GStrv) list = g_strsplit(accept, ",", -1);
    bool taken = !*accept;
    for (char **one = list; *one && !taken; one++) {
        const char *range = g_strstrip(*one);
        taken = is_type(range, type) || is_type(range, "*/*") || is_type(range, "application/*");
    }
    return taken;
}

static int check_entry(const struct server *server, const struct whip_request *request,
                       const struct whip_path *path, struct entry *entry, char err[SCHEMA_ERROR_MAX])
{
    const char *unnamed = path->way == SESSION_WHIP ? "Stream" : "Viewer";
    return entry_check(entry, server, path->room, *request->name ? request->name : unnamed, bearer(request),
                       err);
}

static struct session *find_session(const struct server *server, const struct whip_path *path)
{
    struct session *session = server_session(server, path->participant);
    bool found = session && session->way == path->way && strcmp(session->meeting->name, path->room) == 0;
    return found && session_has_secret(session, path->secret) ? session : NULL;
}

/* --- What is looked at before the body ------------------------------------------------ */

/* RFC 9112, section 6: a length there has to be, and chunks are not read. */
static bool admit_length(const struct whip_request *request, struct http_reply *reply)
{
    const char *length = request->headers[WHIP_CONTENT_LENGTH];
    size_t digits = strspn(length, "0123456789");
    if (*request->headers[WHIP_TRANSFER_ENCODING] || !*length)
        http_reply_say(reply, 411, "Send the body with its Content-Length.\n");
    else if (length[digits])
        http_reply_say(reply, 400, "Content-Length is no number.\n");
    else if (strtoull(length, NULL, 10) > WHIP_BODY_MAX) /* saturates */
        http_reply_say(reply, 413, "The body is longer than %d bytes.\n", WHIP_BODY_MAX);
    return !reply->status;
}

static bool admit_post(const struct server *server, const struct whip_request *request,
                       const struct whip_path *path, struct http_reply *reply)
{
    struct entry entry;
    char err[SCHEMA_ERROR_MAX];
    int result = check_entry(server, request, path, &entry, err);
    entry_finish(&entry);
    if (result == -EINVAL)
        http_reply_say(reply, 400, "%s\n", err);
    else if (result < 0)
        refuse_token(reply, result, err, *bearer(request));
    else if (server->draining)
        refuse_entry(reply, RPC_SHUTTING_DOWN);
    else if (!admit_length(request, reply))
        return false;
    else if (!is_type(request->headers[WHIP_CONTENT_TYPE], OFFER_TYPE))
        http_reply_say(reply, 415, "Send the offer as " OFFER_TYPE ".\n");
    else if (!accepts(request->headers[WHIP_ACCEPT], OFFER_TYPE))
        http_reply_say(reply, 406, "The answer is " OFFER_TYPE ".\n");
    if (reply->status == 415)
        http_reply_header(reply, "accept-post:", OFFER_TYPE);
    return !reply->status;
}

static bool admit_patch(const struct session *session, const struct whip_request *request,
                        struct http_reply *reply)
{
    const char *match = request->headers[WHIP_IF_MATCH];
    g_autofree struct answer_state *settled = media_settled(session->media);
    if (!admit_length(request, reply))
        return false;
    if (!is_type(request->headers[WHIP_CONTENT_TYPE], FRAGMENT_TYPE)) {
        http_reply_say(reply, 415, "Send candidates as " FRAGMENT_TYPE ".\n");
        http_reply_header(reply, "accept-patch:", FRAGMENT_TYPE);
    } else if (!*match) {
        http_reply_say(reply, 428, "Send If-Match with the ETag of the ICE session.\n");
    } else if (!etag_matches(match, settled->desc.ufrag)) {
        http_reply_say(reply, 412, "ICE was restarted since then.\n");
    }
    return !reply->status;
}

static void end_session(struct server *server, struct session *session, struct http_reply *reply)
{
    server_end(session, "left");
    server->whip.deleted++;
    reply->status = 200;
}

/* Requests about a session that a POST has made: its URL holds a secret, and needs no token beside it. */
static bool admit_to_session(struct server *server, const struct whip_request *request,
                             const struct whip_path *path, struct http_reply *reply)
{
    struct session *session = find_session(server, path);
    if (!session)
        http_reply_say(reply, 404, "There is no such session, or it has ended.\n");
    else if (request->method == WHIP_DELETE)
        end_session(server, session, reply);
    return !reply->status && admit_patch(session, request, reply);
}

/* --- Pages of other origins (the Fetch standard's CORS protocol) ---------------------- */

static void add_cors(const struct whip_request *request, struct http_reply *reply)
{
    if (!*request->headers[WHIP_ORIGIN])
        return;
    http_reply_header(reply, "access-control-allow-origin:", "%s", request->headers[WHIP_ORIGIN]);
    http_reply_header(reply, "vary:", "Origin");
    http_reply_header(reply, "access-control-expose-headers:",
                      "Location, ETag, Link, Retry-After, Accept-Post, Accept-Patch, WWW-Authenticate");
}

/* A client that wants to know the ICE servers before its offer asks with its token, which a browser's own
 * preflight does not have. */
static void tell_ice_servers(const struct server *server, const struct whip_request *request,
                             const struct whip_path *path, struct http_reply *reply)
{
    struct entry entry;
    char err[SCHEMA_ERROR_MAX];
    if (check_entry(server, request, path, &entry, err) == 0)
        ice_servers_link(server->conf, 0, time(NULL), reply);
    entry_finish(&entry);
}

static void answer_options(const struct server *server, const struct whip_request *request,
                           const struct whip_path *path, const char *allow, struct http_reply *reply)
{
    reply->status = 204;
    http_reply_header(reply, "allow:", "%s", allow);
    if (*path->secret)
        http_reply_header(reply, "accept-patch:", FRAGMENT_TYPE);
    else
        http_reply_header(reply, "accept-post:", OFFER_TYPE);
    http_reply_header(reply, "access-control-allow-methods:", "%s", allow);
    http_reply_header(reply, "access-control-allow-headers:", "Authorization, Content-Type, If-Match");
    http_reply_header(reply, "access-control-max-age:", "7200");
    if (!*path->secret)
        tell_ice_servers(server, request, path, reply);
}

static bool admit(struct server *server, const struct whip_request *request, struct http_reply *reply)
{
    struct whip_path path;
    if (!origin_allowed(server->conf->http.origins, request->headers[WHIP_ORIGIN],
                        request->headers[WHIP_HOST])) {
        http_reply_say(reply, 403, "Pages of that origin may not come here; see http.origins.\n");
        return false;
    }
    add_cors(request, reply);
    if (!whip_path_parse(&path, request->path)) {
        http_reply_say(reply, 404, "/whip/ROOM, /whep/ROOM and /whep/ROOM/PARTICIPANT are here.\n");
        return false;
    }
    const char *allow = *path.secret ? "PATCH, DELETE, OPTIONS" : "POST, OPTIONS";
    bool session = *path.secret;
    if (request->method == WHIP_OPTIONS)
        answer_options(server, request, &path, allow, reply);
    else if (!session && request->method == WHIP_POST)
        return admit_post(server, request, &path, reply);
    else if (session && (request->method == WHIP_PATCH || request->method == WHIP_DELETE))
        return admit_to_session(server, request, &path, reply);
    else {
        http_reply_say(reply, 405, "%s.\n", allow);
        http_reply_header(reply, "allow:", "%s", allow);
    }
    return false;
}

bool whip_admit(struct server *server, const struct whip_request *request, struct http_reply *reply)
{
    *reply = (struct http_reply){0};
    bool admitted = admit(server, request, reply);
    if (admitted)
        http_reply_clear(reply);
    server->whip.refused += reply->status >= 400;
    return admitted;
}

/* --- What the body asks --------------------------------------------------------------- */

static enum rpc_code enter(struct server *server, const struct whip_request *request,
                           const struct whip_path *path, const struct entry *entry, struct session **session)
{
    if (server->draining || server_is_full(server))
        return RPC_SERVER_FULL;
    return entry_make(entry, server, path->way, request->address, session);
}

static void answered(struct server *server, struct session *session, char *answer, struct http_reply *reply)
{
    g_autofree char *secret = session_renew(session);
    bool publishes = session->way == SESSION_WHIP;
    meeting_joined(session->meeting, session);
    server->whip.published += publishes;
    server->whip.played += !publishes;
    reply->status = 201;
    reply->mime = OFFER_TYPE;
    reply->body = g_bytes_new_take(answer, strlen(answer));
    http_reply_header(reply, "location:", "/%s/%s/%s", publishes ? "whip" : "whep", session->meeting->name,
                      secret);
    g_autofree struct answer_state *settled = media_settled(session->media);
    http_reply_header(reply, "etag:", "\"%s\"", settled->desc.ufrag);
    ice_servers_link(server->conf, session->participant, time(NULL), reply);
}

/* The offer of a session that has just been made, and of which nobody knows yet. */
static void answer_offer(struct server *server, struct session *session, const struct whip_path *path,
                         const char *offer, struct http_reply *reply)
{
    const struct media_naming naming = {.count = 0};
    char err[SDP_ERROR_MAX], *answer;
    int result = media_offer(session, offer, &naming, &answer, err);
    if (result < 0) {
        server_end(session, NULL);
        http_reply_say(reply, result == -ENOTSUP ? 406 : 400, "%s\n", err);
        return;
    }
    if (path->participant)
        media_pin(session, path->participant);
    answered(server, session, answer, reply);
}

static bool may_be_played(const struct server *server, const struct whip_path *path)
{
    const struct meeting *meeting = server_meeting(server, path->room);
    return !path->participant || (meeting && meeting_session(meeting, path->participant));
}

static void serve_post(struct server *server, const struct whip_request *request,
                       const struct whip_path *path, const char *offer, struct http_reply *reply)
{
    struct entry entry;
    struct session *session;
    char err[SCHEMA_ERROR_MAX];
    int result = check_entry(server, request, path, &entry, err);
    if (result < 0) { /* it has expired while the body came */
        refuse_token(reply, result, err, true);
    } else if (!may_be_played(server, path)) {
        http_reply_say(reply, 404, "Nobody of that number is in the room.\n");
    } else {
        enum rpc_code code = enter(server, request, path, &entry, &session);
        if (code == RPC_OK)
            answer_offer(server, session, path, offer, reply);
        else
            refuse_entry(reply, code);
    }
    entry_finish(&entry);
}

/* Its own credentials: candidates, which a lite agent has no use for. Others: an ICE restart. */
static void patch(struct server *server, struct session *session, const struct sdpfrag *fragment,
                  struct http_reply *reply)
{
    g_autofree struct answer_state *before = media_settled(session->media);
    bool restarts = *fragment->ufrag && strcmp(fragment->ufrag, before->desc.remote_ufrag) != 0;
    if (!restarts) {
        server->whip.trickled++;
        reply->status = 204;
        return;
    }
    if (!*fragment->pwd) {
        http_reply_say(reply, 400, "a=ice-pwd is missing beside the new a=ice-ufrag.\n");
        return;
    }
    char *answer = media_restart(session, fragment->ufrag, fragment->pwd);
    server->whip.restarted++;
    reply->status = 200;
    reply->mime = FRAGMENT_TYPE;
    reply->body = g_bytes_new_take(answer, strlen(answer));
    g_autofree struct answer_state *now = media_settled(session->media);
    http_reply_header(reply, "etag:", "\"%s\"", now->desc.ufrag);
}

/* The session may have ended, or restarted ICE, while the body came. */
static void serve_patch(struct server *server, const struct whip_request *request,
                        const struct whip_path *path, const char *body, size_t len, struct http_reply *reply)
{
    struct session *session = find_session(server, path);
    struct sdpfrag fragment;
    char err[SDP_ERROR_MAX];
    if (!session)
        http_reply_say(reply, 404, "The session has ended.\n");
    else if (admit_patch(session, request, reply) &&
             sdpfrag_parse(&fragment, body, len, err, sizeof(err)) < 0)
        http_reply_say(reply, 400, "%s\n", err);
    else if (!reply->status)
        patch(server, session, &fragment, reply);
}

void whip_serve(struct server *server, const struct whip_request *request, const char *body, size_t len,
                struct http_reply *reply)
{
    struct whip_path path;
    *reply = (struct http_reply){0};
    g_autofree char *text = g_strndup(body, len);
    add_cors(request, reply);
    if (!whip_path_parse(&path, request->path) || strlen(text) != len)
        http_reply_say(reply, 400, "A NUL is in the body.\n");
    else if (request->method == WHIP_PATCH)
        serve_patch(server, request, &path, text, len, reply);
    else
        serve_post(server, request, &path, text, reply);
    server->whip.refused += reply->status >= 400;
}
