/* What the media plane has measured of a transport, as the protocol tells it. */
#pragma once

#include "sfu.h"

#include <jansson.h>

/* The result of the method `stats`; stats NULL: there is no transport. */
json_t *media_stats(const struct sfu_transport_stats *stats);
