/* RTCP packets written one after the other into a struct wr, which is then a
 * compound. RFC 3550 section 6, RFC 4585, RFC 5104 (FIR), REMB; transport-cc
 * feedback is written by transport_cc.h. */
#pragma once

#include "rtcp.h"

/* Each writes one packet, or nothing and sets w->bad where there is no room or the
 * count is above RTCP_BLOCKS_MAX. */
void rtcp_write_sr(struct wr *w, uint32_t ssrc, const struct rtcp_sr *sr, const struct receive_report *blocks,
                   size_t count);
void rtcp_write_rr(struct wr *w, uint32_t ssrc, const struct receive_report *blocks, size_t count);
void rtcp_write_cname(struct wr *w, uint32_t ssrc, const char *cname, uint8_t len);
void rtcp_write_bye(struct wr *w, const uint32_t *ssrcs, size_t count);
void rtcp_write_pli(struct wr *w, uint32_t sender, uint32_t media);
void rtcp_write_fir(struct wr *w, uint32_t sender, uint32_t media, uint8_t number);
void rtcp_write_remb(struct wr *w, uint32_t sender, uint64_t bitrate, const uint32_t *ssrcs, size_t count);

/* seqs ascend over the wrap. Returns how many of them found room; with room for
 * none nothing is written. */
size_t rtcp_write_nack(struct wr *w, uint32_t sender, uint32_t media, const uint16_t *seqs, size_t count);
