#include "client.h"

#include "log.h"
#include "rpc.h"
#include "server.h"
#include "session.h"

enum {
    BURST_SECONDS = 10,       /* of requests that a quiet client has saved up */
    REQUEST_BYTES = 16 << 10, /* of text that count as one more request */
};

struct client *client_new(struct server *server, const struct client_io *io, void *socket,
                          const char *address)
{
    struct client *client = g_new0(struct client, 1);
    client->server = server;
    client->io = io;
    client->socket = socket;
    client->tokens = (double)server->conf->signaling.rate * BURST_SECONDS;
    client->tokens_at = g_get_monotonic_time();
    g_strlcpy(client->address, address, sizeof(client->address));
    g_hash_table_add(server->clients, client);
    return client;
}

void client_free(struct client *client, bool gone_for_good)
{
    if (!client)
        return;
    g_hash_table_remove(client->server->clients, client);
    g_slist_free_full(client->waiting, rpc_later_free);
    if (client->session)
        session_detach(client->session, gone_for_good);
    g_free(client);
}

/* Whether a request of that size may be made now. What is refused is paid for too, so that who goes on asking
 * gets ever deeper into debt, and is disconnected at the bottom. */
static bool pay(struct client *client, size_t len)
{
    double rate = client->server->conf->signaling.rate;
    double burst = rate * BURST_SECONDS;
    int64_t now = g_get_monotonic_time();
    client->tokens += rate * (double)(now - client->tokens_at) / G_USEC_PER_SEC;
    client->tokens = MIN(client->tokens, burst);
    client->tokens_at = now;
    client->tokens -= 1 + (double)(len / REQUEST_BYTES);
    if (client->tokens < -burst)
        client_close(client, CLIENT_RATE, "too many requests");
    return client->tokens >= 0;
}

void client_receive(struct client *client, const char *text, size_t len)
{
    if (client->closing)
        return;
    bool paid = pay(client, len);
    if (client->closing)
        return;
    rpc_receive(client, text, len, paid);
}

void client_send(struct client *client, struct notice *notice, uint32_t event)
{
    if (!client->closing)
        client->io->send(client->socket, notice, event);
}

void client_close(struct client *client, enum client_close code, const char *reason)
{
    if (client->closing)
        return;
    client->closing = true;
    log_debug(NULL, 0, "closing the socket of %s with %d: %s", client->address, code, reason);
    client->io->close(client->socket, code, reason);
}
