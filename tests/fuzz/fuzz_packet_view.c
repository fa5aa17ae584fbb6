/* Any bytes as an RTP packet: every offset of the view lies inside it. */
#include "packet_view.h"

#include <stdlib.h>

static void check(bool right)
{
    if (!right)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct rtp_ext_map map = {.mixed = false};
    for (size_t e = 0; e < RTP_EXT_COUNT; e++)
        map.id[e] = (uint8_t)(e + 1);
    map.id[RTP_EXT_ORIENTATION] = 200;

    struct rtp_view v;
    uint32_t ssrc = 0;
    uint16_t seq = 0;
    int peeked = rtp_peek(data, len, &ssrc, &seq);
    if (rtp_view_parse(&v, data, len, &map) != 0)
        return 0;
    check(peeked == 0 && ssrc == v.ssrc && seq == v.seq);
    check(v.len == len && v.pt < 128 && v.payload >= RTP_HEADER_LEN);
    check((size_t)v.payload + v.payload_len <= len);
    for (size_t e = 0; e < RTP_EXT_COUNT; e++) {
        check(v.ext[e].off + v.ext[e].len <= v.payload);
        check(v.ext[e].off ? v.ext[e].off >= RTP_HEADER_LEN + 4 : v.ext[e].len == 0);
    }
    uint8_t level = 0;
    uint32_t time = 0;
    bool voice;
    check(!rtp_audio_level(&v, data, &level, &voice) || level < 128);
    check(rtp_transport_seq(&v, data, &seq) == (v.ext[RTP_EXT_TRANSPORT_CC].len >= 2));
    check(rtp_send_time(&v, data, &time) == (v.ext[RTP_EXT_ABS_SEND_TIME].len >= 3) && time < 1 << 24);
    check((rtp_rtx_osn(&v, data, &seq) == 0) == (v.payload_len >= 2));
    return 0;
}
