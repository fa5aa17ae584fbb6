/* What the NAL unit headers of an H.264 payload tell (RFC 6184): single NAL
 * units, STAP-A and FU-A, which is what packetization modes 0 and 1 send. */
#pragma once

#include "bytes.h"

struct h264_payload {
    bool key;         /* an SPS or part of an IDR slice is in it */
    bool start;       /* a frame may begin here: access unit delimiter, SPS, or a frame's first slice. A key
                         frame may begin twice: with its SPS, and with the slice where the SPS was sent apart */
    bool discardable; /* it has slices and none of them is referred to */
    uint16_t width, height; /* of its SPS; 0 = there is none that is whole and can be read */
};

/* 0, or -EBADMSG for an empty payload, a packet type of the interleaved mode, or
 * a NAL unit in a STAP-A that is empty or longer than the packet. */
int h264_read(struct h264_payload *h, const uint8_t *payload, size_t len) RTP_MUST_USE;
