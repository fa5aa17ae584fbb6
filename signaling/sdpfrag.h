/* What a client says of its ICE after its offer, in the body of a PATCH: a
 * trickle-ice-sdpfrag (RFC 8840, section 9; RFC 9725, section 4.3). Its candidates are passed over: a lite
 * agent has no use for them. */
#pragma once

#include "sdp.h"

#include <stddef.h>

struct sdpfrag {
    char ufrag[SFU_UFRAG_MAX + 1], pwd[SFU_PWD_MAX + 1]; /* "" = not there */
};

/* 0, or -EBADMSG or -E2BIG with one line in words in err. The m-lines of a BUNDLE share one transport, so all
 * that give credentials have to give the same. */
int sdpfrag_parse(struct sdpfrag *fragment, const char *text, size_t len, char *err, size_t err_len)
    __attribute__((warn_unused_result));
