/* One RTP packet (RFC 3550, section 5.1), parsed once into offsets.
 *
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                           timestamp                           |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                             SSRC                              |
 * +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
 * |                       CSRC (0 to 15 of them)                  |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |  header extension (RFC 8285), payload, padding ...            |
 */
#pragma once

#include "bytes.h"
#include "codec.h"

enum { RTP_HEADER_LEN = 12, RTP_VERSION = 2 };

/* Where one header extension's data lies, from the packet's first byte; len 0
 * and off 0 = not there. */
struct rtp_ext_at {
    uint16_t off;
    uint8_t len;
};

struct rtp_view {
    uint32_t ssrc;
    uint32_t timestamp;
    uint16_t seq;
    uint8_t pt; /* 0..127 */
    bool marker;
    uint16_t payload;     /* offset of the payload */
    uint16_t payload_len; /* bytes, without padding; 0 = padding only or empty */
    uint16_t len;         /* of the whole packet as received (padding included) */
    struct rtp_ext_at ext[RTP_EXT_COUNT];
};

/* Parse the decrypted packet of len bytes with the transport's extension ids.
 * Both forms of header extensions are understood whatever was negotiated;
 * of an id that comes twice the first counts; id 15 of the one-byte form ends the
 * list (RFC 8285, section 4.2). 0, or -EBADMSG where a length leads past the
 * end, the version is not 2 or len exceeds 65,535. */
int rtp_view_parse(struct rtp_view *v, const uint8_t *p, size_t len,
                   const struct rtp_ext_map *map) RTP_MUST_USE;

/* The SSRC and sequence number of what only needs them: no more than the fixed
 * header is looked at. 0 or -EBADMSG. */
int rtp_peek(const uint8_t *p, size_t len, uint32_t *ssrc, uint16_t *seq) RTP_MUST_USE;

/* RFC 6464: level 0 (loud) .. 127 (silent) in -dBov, and whether the sender
 * thinks it is voice. false = the packet carries none. */
bool rtp_audio_level(const struct rtp_view *v, const uint8_t *p, uint8_t *level, bool *voice);

/* draft-holmer: the transport-wide sequence number. false = none. */
bool rtp_transport_seq(const struct rtp_view *v, const uint8_t *p, uint16_t *seq);

/* abs-send-time: 24 bits, 1/2^18 s, which wrap after 64 s. false = none. */
bool rtp_send_time(const struct rtp_view *v, const uint8_t *p, uint32_t *time);

/* RTX (RFC 4588, section 4): the original sequence number, the first two bytes
 * of the payload. 0, or -EBADMSG where the payload is shorter. */
int rtp_rtx_osn(const struct rtp_view *v, const uint8_t *p, uint16_t *osn) RTP_MUST_USE;
