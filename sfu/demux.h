/* Telling apart what shares one UDP port (RFC 7983, section 7; RFC 5761, section 4). */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum demux_class { DEMUX_SHORT, DEMUX_UNKNOWN, DEMUX_STUN, DEMUX_DTLS, DEMUX_RTP, DEMUX_RTCP };

enum {
    DEMUX_RTP_MIN = 12, /* bytes; shorter ones with such a first byte are DEMUX_SHORT */
    DEMUX_RTCP_MIN = 8,
    DEMUX_RTCP_FIRST = 64, /* payload types 64..95, the marker bit aside */
    DEMUX_RTCP_LAST = 95,
};

static inline enum demux_class demux(const uint8_t *p, size_t len)
{
    if (len < 2)
        return DEMUX_SHORT;
    if (p[0] <= 3)
        return DEMUX_STUN;
    if (p[0] >= 20 && p[0] <= 63)
        return DEMUX_DTLS;
    if (p[0] < 128 || p[0] > 191)
        return DEMUX_UNKNOWN;
    uint8_t pt = p[1] & 0x7f;
    if (pt >= DEMUX_RTCP_FIRST && pt <= DEMUX_RTCP_LAST)
        return len >= DEMUX_RTCP_MIN ? DEMUX_RTCP : DEMUX_SHORT;
    return len >= DEMUX_RTP_MIN ? DEMUX_RTP : DEMUX_SHORT;
}
