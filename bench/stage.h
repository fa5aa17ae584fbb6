/* What a run stands on: the main loop, the way to the server, the participants and their threads. */
#pragma once

#include "gallery.h"
#include "members.h"

struct stage {
    GMainLoop *loop;
    struct driver_server *server;
    struct members *members;
    struct crew *crew;
    struct gallery gallery; /* with --pictures */
    uint64_t memory_before; /* bytes of the server's, where its pid was told; else 0 */
};

/* false with one line in words in err (OPTIONS_ERROR_MAX bytes). options outlive it. */
bool stage_set_up(struct stage *s, const struct options *options, const struct crew_upcalls *up, void *arg,
                  char *err);

/* Ends it all, also what was set up by half. */
void stage_clear(struct stage *s);
