/* How synthetic participants get into a room: the signalling of one kind of server, as a table of functions.
 * All of it happens on the main loop. */
#pragma once

#include "offer.h"
#include "options.h"
#include "web.h"

#include <glib.h>

/* Made from the main loop, never from inside join(). What they are given lives for the call. */
struct driver_upcalls {
    void (*answered)(void *arg, const struct offer_answer *answer); /* once: media may begin */
    void (*wanted)(void *arg, size_t track, uint8_t layers); /* these layers of that m-line, no others */
    void (*failed)(void *arg, const char *why);              /* it is not, or no longer, in; the last one */
};

struct driver_entry {
    const char *room, *name;
    const struct offer *offer;
};

/* What a participant has on its screen. */
struct driver_view {
    bool hidden;
    uint16_t width, height;
};

struct driver;

/* The one server of a run. */
struct driver_server {
    const struct driver *driver;
    const struct options *options;
    struct web *web; /* web->count: connections that are not closed yet */
    void *own;       /* what driver->own_new() made */
};

enum { DRIVER_OPTIONS_MAX = 4 };

struct driver {
    const char *name;
    /* Of the options that not every driver has a use for, those that this one has; a NULL at the end. */
    const char *options[DRIVER_OPTIONS_MAX + 1];
    const struct web_kind *kind;
    bool one_way; /* who publishes does not receive */
    /* What the driver keeps of a server for all its members; NULL = nothing. */
    void *(*own_new)(void);
    void (*own_free)(void *own);
    /* A participant; never NULL. What the entry points to lives for the call. */
    void *(*join)(struct driver_server *server, const struct driver_entry *entry,
                  const struct driver_upcalls *up, void *arg);
    /* NULL = it has no word for that; neither are "views" and "tile" among its options then. */
    void (*view)(void *member, size_t slot, const struct driver_view *views, size_t count);
    void (*leave)(void *member); /* and free; no upcall is made any more; NULL is fine */
};

extern const struct driver driver_plenum, driver_whip, driver_janus;

/* With the driver that the options name. NULL with one line in words in err (OPTIONS_ERROR_MAX bytes): no
 * such driver, an option that does nothing with it, no server of its kind at that URL. options and loop
 * outlive it. */
struct driver_server *driver_open(const struct options *options, GMainLoop *loop, char *err);

/* Its members have left; what still goes to the server is cut off. NULL is fine. */
void driver_close(struct driver_server *server);
