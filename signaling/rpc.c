#include "rpc.h"

#include "session.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { ID_MAX = 64, WAITING_MAX = 8 };

static const struct rpc_error {
    enum rpc_code code;
    const char *name, *message;
} errors[] = {
#define X(id, code, name, message) {code, name, message},
    RPC_ERRORS(X)
#undef X
};

static const struct rpc_error *error_of(enum rpc_code code)
{
    for (size_t i = 0; i < G_N_ELEMENTS(errors); i++)
        if (errors[i].code == code)
            return &errors[i];
    return error_of(RPC_INTERNAL);
}

static void send_message(struct client *client, json_t *message)
{
    struct notice *notice = notice_whole(message);
    client_send(client, notice, 0);
    notice_unref(notice);
}

static void send_result(struct client *client, json_t *id, json_t *result)
{
    send_message(client, json_pack("{s:s, s:O, s:o}", "jsonrpc", "2.0", "id", id, "result",
                                   result ? result : json_object()));
}

/* id NULL: the request's could not be read, and the answer has null (section 5). */
static void send_failure(struct client *client, json_t *id, enum rpc_code code, const char *message,
                         int retry_ms)
{
    const struct rpc_error *error = error_of(code);
    json_t *data = json_pack("{s:s}", "name", error->name);
    if (retry_ms)
        json_object_set_new(data, "retry_after", json_integer(retry_ms));
    send_message(client,
                 json_pack("{s:s, s:O?, s:{s:i, s:s, s:o}}", "jsonrpc", "2.0", "id", id, "error", "code",
                           (int)code, "message", *message ? message : error->message, "data", data));
}

static void send_error(struct client *client, json_t *id, enum rpc_code code, const char *message)
{
    send_failure(client, id, code, message, 0);
}

static const struct rpc_method *method_of(const struct rpc_method *methods, const char *name)
{
    for (const struct rpc_method *method = methods; method->name; method++)
        if (strcmp(method->name, name) == 0)
            return method;
    return NULL;
}

static enum rpc_code run(struct rpc_call *call, const struct rpc_method *method, const json_t *request)
{
    call->params = json_object_get(request, "params");
    if (!method)
        return RPC_METHOD;
    if (!call->client->session && !method->before_join)
        return RPC_NOT_JOINED;
    if (schema_check(method->params, call->params, call->message) < 0)
        return RPC_PARAMS;
    return method->run(call);
}

/* The id, if there is one of a form that we echo. */
static bool id_fits(const json_t *id)
{
    return json_is_number(id) || (json_is_string(id) && json_string_length(id) <= ID_MAX);
}

static void handle(struct client *client, const struct rpc_method *methods, const json_t *request,
                   enum rpc_code refusal)
{
    json_t *id = json_object_get(request, "id");
    const char *version = schema_string(request, "jsonrpc"), *name = schema_string(request, "method");
    struct rpc_call call = {.client = client, .id = id};
    if (id && !id_fits(id)) {
        send_error(client, NULL, RPC_REQUEST, "id has to be a number or a string of up to 64 bytes");
        return;
    }
    if (!version || strcmp(version, "2.0") != 0 || !name) {
        send_error(client, id, RPC_REQUEST, "a request is an object with jsonrpc \"2.0\" and method");
        return;
    }
    if (client->session)
        session_heard(client->session);
    enum rpc_code code = refusal == RPC_OK ? run(&call, method_of(methods, name), request) : refusal;
    if (code == RPC_LATER)
        return;
    if (id && code == RPC_OK)
        send_result(client, id, g_steal_pointer(&call.result));
    else if (id)
        send_failure(client, id, code, call.message, call.retry_ms);
    json_decref(call.result);
    if (call.then)
        call.then(client, call.then_arg);
}

void rpc_receive(struct client *client, const struct rpc_method *methods, const char *text, size_t len,
                 enum rpc_code refusal)
{
    char message[SCHEMA_ERROR_MAX];
    json_error_t error;
    json_t *request = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!request) {
        /* Its text may quote the input, cut where it likes: no valid UTF-8 then, and json_pack would refuse
         * it. */
        snprintf(message, sizeof(message), "not valid JSON at byte %d", error.position);
        send_error(client, NULL, RPC_PARSE, message);
        return;
    }
    if (json_is_object(request))
        handle(client, methods, request, refusal);
    else
        send_error(client, NULL, RPC_REQUEST,
                   json_is_array(request) ? "batches are not served: send one request a message" : "");
    json_decref(request);
}

enum rpc_code rpc_fail(struct rpc_call *call, enum rpc_code code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_vsnprintf(call->message, sizeof(call->message), format, args);
    va_end(args);
    /* Words from an offer may be in it, cut in the middle of a character. */
    const char *end;
    if (!g_utf8_validate(call->message, -1, &end))
        call->message[end - call->message] = '\0';
    return code;
}

/* An answer that comes later. */
struct later {
    uint64_t cookie;
    json_t *id;
    unsigned timer; /* GLib source that gives up */
    struct client *client;
};

static void free_later(void *arg)
{
    struct later *later = arg;
    g_source_remove(later->timer);
    json_decref(later->id);
    g_free(later);
}

static gboolean give_up(void *arg)
{
    struct later *later = arg;
    struct client *client = later->client;
    send_error(client, later->id, RPC_INTERNAL, "no answer from the media plane; try again");
    client->waiting = g_slist_remove(client->waiting, later);
    free_later(later);
    return G_SOURCE_REMOVE;
}

bool rpc_keep(struct rpc_call *call, uint64_t cookie, unsigned ms)
{
    struct client *client = call->client;
    if (g_slist_length(client->waiting) >= WAITING_MAX)
        return false;
    struct later *later = g_new0(struct later, 1);
    later->cookie = cookie;
    later->id = json_incref(call->id);
    later->client = client;
    later->timer = g_timeout_add(ms, give_up, later);
    client->waiting = g_slist_prepend(client->waiting, later);
    return true;
}

void rpc_answer(struct client *client, uint64_t cookie, json_t *result)
{
    for (GSList *item = client->waiting; item; item = item->next) {
        struct later *later = item->data;
        if (later->cookie != cookie)
            continue;
        send_result(client, later->id, result);
        client->waiting = g_slist_delete_link(client->waiting, item);
        free_later(later);
        return;
    }
    json_decref(result);
}

void rpc_forget(struct client *client)
{
    g_slist_free_full(g_steal_pointer(&client->waiting), free_later);
}
