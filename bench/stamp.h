/* What a synthetic packet's payload says, after the codec's own bytes: whose it
 * is, which it is and when it was made, and then bytes that follow from these, so
 * that a receiver can tell that it got every bit of it, by whatever way. */
#pragma once

#include "bytes.h"

enum { STAMP_LEN = 20, STAMP_MAGIC = 0x706c6e6d };

struct stamp {
    uint32_t track;
    uint8_t layer;
    uint16_t seq;     /* as its source sent it */
    uint64_t sent_us; /* on the sender's clock */
};

/* Fill p, len (at least STAMP_LEN) bytes. */
void stamp_write(const struct stamp *s, uint8_t *p, size_t len);

/* False where p was not written by stamp_write(), or not all of it. */
bool stamp_read(struct stamp *s, const uint8_t *p, size_t len);
