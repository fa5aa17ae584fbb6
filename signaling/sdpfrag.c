#include "sdpfrag.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* False: another level says something else. */
static bool take(char *kept, size_t size, const char *given)
{
    if (!*kept)
        g_strlcpy(kept, given, size);
    return !*given || strcmp(kept, given) == 0;
}

static bool take_level(struct sdpfrag *fragment, const struct sdp_level *level)
{
    return take(fragment->ufrag, sizeof(fragment->ufrag), level->ufrag) &&
           take(fragment->pwd, sizeof(fragment->pwd), level->pwd);
}

int sdpfrag_parse(struct sdpfrag *fragment, const char *text, size_t len, char *err, size_t err_len)
{
    struct sdp sdp;
    *fragment = (struct sdpfrag){0};
    int result = sdp_parse_fragment(&sdp, text, len, err, err_len);
    if (result < 0)
        return result;
    bool same = take_level(fragment, &sdp.level);
    for (size_t i = 0; i < sdp.section_count; i++)
        same = same && take_level(fragment, &sdp.sections[i].level);
    sdp_finish(&sdp);
    if (same)
        return 0;
    snprintf(err, err_len, "m-lines of one transport have different ICE credentials");
    return -EBADMSG;
}
