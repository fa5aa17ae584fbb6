/* How a publisher's packets arrive, as it is told: by transport-cc feedback, or
 * by REMB where it negotiated that and no transport-cc. Worker thread only. */
#pragma once

#include "receive_estimate.h"
#include "sfu.h"
#include "transport_cc.h"

struct packet;

/* Zeroed memory is valid; at most one of them is there. */
struct arrival {
    struct transport_cc *transport_cc;
    struct receive_estimate *estimate;
};

/* An offer was answered: make what a publisher needs and let go of what it does not, unless it publishes
 * nothing. Without memory it is told nothing. */
void arrival_negotiated(struct arrival *a, const struct sfu_media_desc *media, uint64_t now_us);
void arrival_finish(struct arrival *a);

/* An authentic packet, parsed as far as its view and not unwrapped yet; format: of its payload type, NULL =
 * not known. */
void arrival_packet(struct arrival *a, const struct packet *p, const struct sfu_format *format, bool rtx,
                    uint64_t now_us);
