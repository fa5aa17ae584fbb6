/* The size of an H.264 stream's pictures, from its sequence parameter set (H.264, section 7.3.2.1.1). */
#pragma once

#include "bytes.h"

enum {
    H264_SPS_MAX = 512,    /* bytes that are looked at */
    H264_SIDE_MAX = 16384, /* pixels; more is not believed */
};

/* sps: the NAL unit behind its header byte. 0, or -EBADMSG where it is cut before its size, or none that can
 * be; then the sizes are left alone. */
int h264_sps_size(const uint8_t *sps, size_t len, uint16_t *width, uint16_t *height) RTP_MUST_USE;
