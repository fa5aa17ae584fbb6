/* Finding things in what offer and answer agreed on (sfu.h, struct sfu_media_desc). */
#pragma once

#include "sfu.h"

/* The format of that codec and variant, or NULL. */
const struct sfu_format *media_format(const struct sfu_media_desc *media, enum rtp_codec codec,
                                      uint32_t variant);

/* The format for what comes in a publisher's: of RED it is that of the Opus inside, which everybody can have.
 * NULL: it cannot be decoded there. */
const struct sfu_format *media_plays(const struct sfu_media_desc *media, const struct sfu_format *source);

/* By payload type; *rtx says whether it is the format's RTX. */
const struct sfu_format *media_format_by_pt(const struct sfu_media_desc *media, uint8_t pt, bool *rtx);

/* Transport-cc: some format has its feedback, and packets have its numbers. */
bool media_has_transport_cc(const struct sfu_media_desc *media);

/* The track with that id, or NULL. */
const struct sfu_track_desc *media_track(const struct sfu_media_desc *media, uint32_t id);
