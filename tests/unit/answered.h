/* An offer answered and the answer parsed, for tests that expect success. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "answer_check.h"
#include "offer_text.h"

/* Answer the text and free it. The answer's model, to be finished by the caller. */
static inline void answered(char *text, const struct answer_config *config, struct answer_state *state,
                            struct sdp *out)
{
    char err[SDP_ERROR_MAX] = "", *answer;
    struct sdp offer;
    if (answer_make(state, text, strlen(text), config, NULL, 0, &answer, err, sizeof err) < 0)
        fail_msg("%s\n%s", err, text);
    assert_int_equal(sdp_parse(&offer, text, strlen(text), err, sizeof err), 0);
    assert_int_equal(sdp_parse(out, answer, strlen(answer), err, sizeof err), 0);
    const char *broken = answer_check(&offer, out, state);
    if (broken)
        fail_msg("%s\n%s\n%s", broken, text, answer);
    sdp_finish(&offer);
    g_free(answer);
    g_free(text);
}
