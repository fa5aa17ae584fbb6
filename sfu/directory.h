/* Where a worker finds its transports: by id, by ufrag for STUN, by address for
 * everything else. It holds pointers only: who ends a transport takes it out.
 * Worker thread only. */
#pragma once

#include "addr.h"
#include "ice.h"

#include <glib.h>

struct transport;

struct directory {
    GHashTable *by_id;      /* uint64_t -> struct transport */
    GHashTable *by_ufrag;   /* string -> struct transport */
    GHashTable *by_address; /* struct addr -> struct transport */
    struct transport *last; /* found by address last: the next datagram is often of the same; NULL = nobody */
    struct addr last_addr;
};

/* For ice_agent_init(), with the directory as its arg. */
extern const struct ice_tables directory_ice_tables;

/* All workers' are made by one thread, before the first of them starts. */
void directory_init(struct directory *d);
void directory_finish(struct directory *d);

/* By its id. */
void directory_add(struct directory *d, struct transport *t);

/* It is not found any more, by whatever. */
void directory_remove(struct directory *d, const struct transport *t);

/* Checks for that ufrag are the transport's, besides those for others that it has. */
void directory_add_ufrag(struct directory *d, const char *ufrag, struct transport *t);
void directory_remove_ufrag(struct directory *d, const char *ufrag);

/* The transport lives at that address now, or nobody does (NULL). */
void directory_set_address(struct directory *d, const struct addr *addr, struct transport *t);

/* NULL = nobody. */
struct transport *directory_find(const struct directory *d, uint64_t id);
struct transport *directory_at(struct directory *d, const struct addr *addr);
