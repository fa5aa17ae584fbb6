/* Any bytes as offers, one after the other: parsing, writing and parsing again
 * changes nothing, and an answer keeps its rules.
 *
 * The first byte chooses the room: bit 0 RED, bits 1 and 2 the codecs. A NUL
 * ends an offer; the next is a re-offer of the same participant. */
#include <errno.h>
#include <stdlib.h>

#include "answer_check.h"
#include "offer_text.h"

enum { OFFERS_MAX = 4 };

static void must(bool kept, const char *what)
{
    if (kept)
        return;
    g_printerr("broken: %s\n", what);
    abort();
}

static void round_trip(const struct sdp *sdp)
{
    struct sdp again;
    char err[SDP_ERROR_MAX] = "";
    g_autofree char *once = sdp_write(sdp);
    int rc = sdp_parse(&again, once, strlen(once), err, sizeof err);
    if (rc == -E2BIG)
        return; /* a=rtcp-fb:* becomes a line for each payload type */
    must(rc == 0, err);
    g_autofree char *twice = sdp_write(&again);
    must(strcmp(once, twice) == 0, "what is written reads as the same");
    sdp_finish(&again);
}

static void check_kept(const struct answer_state *before, const struct answer_state *now)
{
    const struct sfu_media_desc *a = &before->desc.media, *b = &now->desc.media;
    must(b->slot_count >= a->slot_count, "slots are only added");
    for (size_t i = 0; i < a->slot_count; i++)
        must(a->slots[i].ssrc == b->slots[i].ssrc && a->slots[i].kind == b->slots[i].kind,
             "slots keep SSRC and kind");
    must(now->version == before->version + 1, "each answer is a new version");
}

static void answer_offer(const char *text, size_t len, const struct answer_config *config,
                         struct answer_state *state)
{
    char err[SDP_ERROR_MAX] = "", *text_out = NULL;
    struct sdp offer, answer;
    struct answer_state before = *state;
    bool parsed = sdp_parse(&offer, text, len, err, sizeof err) == 0;
    int rc = answer_make(state, text, len, config, NULL, 0, &text_out, err, sizeof err);
    if (parsed)
        round_trip(&offer);
    if (rc == 0) {
        must(parsed, "what is answered can be parsed");
        must(sdp_parse(&answer, text_out, strlen(text_out), err, sizeof err) == 0, err);
        const char *broken = answer_check(&offer, &answer, state);
        must(!broken, broken);
        check_kept(&before, state);
        round_trip(&answer);
        sdp_finish(&answer);
        g_free(text_out);
    } else {
        must(*err != '\0', "errors are in words");
        must(before.version == state->version, "an error leaves the state");
    }
    sdp_finish(&offer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const rooms[] = {"VP8", "H264 VP8", "AV1 VP9 H264 VP8", "VP9"};
    if (!size)
        return 0;
    uint32_t seed = data[0];
    struct answer_config config = offer_config(rooms[data[0] >> 1 & 3], data[0] & 1, &seed);
    struct answer_state state = {0};
    const char *at = (const char *)data + 1, *end = (const char *)data + size;
    for (size_t i = 0; i < OFFERS_MAX && at < end; i++) {
        const char *stop = memchr(at, '\0', (size_t)(end - at));
        stop = stop ? stop : end;
        answer_offer(at, (size_t)(stop - at), &config, &state);
        at = stop + 1;
    }
    return 0;
}
