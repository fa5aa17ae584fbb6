#include "door.h"

#include <string.h>

struct door *door_of(struct lws *wsi)
{
    return lws_context_user(lws_get_context(wsi));
}

const char *door_plain_address(const char *address)
{
    return g_str_has_prefix(address, "::ffff:") ? address + strlen("::ffff:") : address;
}

void door_connection_closed(struct door *door)
{
    door->connections -= door->connections > 0; /* listening sockets are destroyed too, but not counted */
}

static void tell_drained(struct door *door)
{
    void (*drained)(void *arg) = door->drained;
    if (door->sockets > 0 || !drained)
        return;
    door->drained = NULL;
    drained(door->drained_arg);
}

void door_socket_closed(struct door *door)
{
    door->sockets--;
    tell_drained(door);
}

void door_drain(struct door *door, void (*drained)(void *arg), void *arg)
{
    door->drained = drained;
    door->drained_arg = arg;
    tell_drained(door);
}
