/* The STUN and TURN servers that a client is told (ice.servers), with a password for the TURN servers that
 * holds for a time: made of a shared secret, as coturn's use-auth-secret takes it
 * (draft-uberti-behave-turn-rest-00). */
#pragma once

#include "conf.h"
#include "http_reply.h"

#include <jansson.h>
#include <stdint.h>

/* A list of RTCIceServer, as the result of `join` has it. now: seconds since 1970. */
json_t *ice_servers_list(const struct conf *conf, uint32_t participant, int64_t now);

/* A Link header for each (RFC 9725, section 4.6). */
void ice_servers_link(const struct conf *conf, uint32_t participant, int64_t now, struct http_reply *reply);
