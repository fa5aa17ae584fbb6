/* A libsrtp2 session for one direction, as secure.c and seal.c use it for SHA1_80. */
#pragma once

#include "keys.h"

#include <srtp2/srtp.h>

/* direction: ssrc_any_inbound or ssrc_any_outbound. The library is initialised
 * by the first call. NULL where libsrtp2 fails; else srtp_dealloc() it. */
srtp_t secure_session(const struct keys_side *side, enum keys_profile profile, srtp_ssrc_type_t direction);
