/* The size of an AV1 stream's pictures, from its sequence header (AV1 bitstream specification,
 * section 5.5.1). */
#pragma once

#include "bytes.h"

/* header: the OBU behind its own header. 0, or -EBADMSG where it is cut before its size; then the sizes are
 * left alone. */
int av1_sequence_size(const uint8_t *header, size_t len, uint16_t *width, uint16_t *height) RTP_MUST_USE;
