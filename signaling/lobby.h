/* The public list of rooms with their head counts, live for those who asked. */
#pragma once

#include "conf.h"

#include <glib.h>
#include <jansson.h>

struct lobby {
    const struct conf *conf;
    GHashTable *meetings; /* name -> struct meeting; the server's */
    GHashTable *clients;  /* set of struct client; the server's */
    unsigned timer;
};

/* {rooms: [{room, count}], total}: the fullest rooms. Empty where room.list is off. */
json_t *lobby_list(const struct lobby *lobby);

/* A room's head count changed: those who subscribed are told within a second. */
void lobby_changed(struct lobby *lobby);

void lobby_finish(struct lobby *lobby);
