#include "client.h"

#include "log.h"

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
