/* The way of a received packet to all who watch it, with everything but the sockets: one publisher's camera
 * and any number of viewers in a room on a worker that has no thread, no key exchange and no network behind
 * it. What the worker would send is counted and thrown away. It may include what sfu/ has for itself. */
#pragma once

#include "bytes.h"
#include "seal_engine.h"

struct fanout;

/* Costs nothing and hides nothing: copies. Callgrind knows neither VAES nor its cost. */
extern const struct seal_engine fanout_null_engine;

/* A room of that many viewers with one video slot each, all of whom watch; engine: how packets are sealed,
 * NULL = as the server would. NULL where memory or sockets are short. */
struct fanout *fanout_new(size_t viewers, const struct seal_engine *engine);
/* NULL is fine. */
void fanout_free(struct fanout *f);

/* Receive that many packets, decrypted already, frame by frame, and forward each to everyone. Returns how
 * many packets were sealed and would have left. */
uint64_t fanout_run(struct fanout *f, size_t packets);
