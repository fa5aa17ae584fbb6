/* The public list of rooms with their head counts, live for those who asked. */
#pragma once

#include "server.h"

#include <jansson.h>

/* {rooms: [{room, count}], total}: the fullest rooms. Empty where room.list is off. */
json_t *lobby_list(const struct server *server);

/* A room's head count changed: those who subscribed are told within a second. */
void lobby_changed(struct server *server);

void lobby_finish(struct server *server);
