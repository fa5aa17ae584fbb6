/* The RTCP of a synthetic participant (peer.h): what it tells and asks, and what
 * it makes of what it is told. */
#pragma once

#include "peer.h"

/* A decrypted compound. */
void peer_rtcp_receive(struct peer *p, const uint8_t *rtcp, size_t len, uint64_t now_us);

/* Sender reports for its sources and receiver reports for its sinks; REMB, where it says that. */
void peer_rtcp_report(struct peer *p, uint64_t now_us);

/* Transport-cc feedback for what came since the last one. */
void peer_rtcp_acknowledge(struct peer *p, uint64_t now_us);

/* NACKs for what is missing, PLIs for what was given up. */
void peer_rtcp_ask(struct peer *p, uint64_t now_us);

/* Send that packet of the source again. */
void peer_repeat(struct peer *p, struct source *s, uint16_t seq);
