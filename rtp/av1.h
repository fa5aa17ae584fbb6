/* What the aggregation header and the OBU headers of an AV1 payload tell (AV1
 * RTP specification, section 4.4), for streams without a dependency descriptor.
 *
 *  0 1 2 3 4 5 6 7
 * +-+-+-+-+-+-+-+-+
 * |Z|Y| W |N|-|-|-|
 * +-+-+-+-+-+-+-+-+
 */
#pragma once

#include "bytes.h"

struct av1_payload {
    bool key;   /* begins a coded video sequence: N bit or a sequence header */
    bool start; /* a frame begins here, as far as can be told: the first OBU is whole or begins, and is no
                   tile group */
    bool unfinished; /* Y: the last OBU goes on in the next packet */
    bool has_layers; /* an OBU extension header was there */
    uint8_t tid, sid;
    uint16_t width, height; /* of a sequence header; 0 = there is none that is whole and can be read */
};

/* 0, or -EBADMSG where an OBU is longer than the packet, there is none, a
 * reserved bit that must be zero is set, or a sequence begins amid an OBU. */
int av1_read(struct av1_payload *a, const uint8_t *payload, size_t len) RTP_MUST_USE;
