/* Any bytes as layer allocations that follow each other, each with a one byte
 * length before it: what is read holds together, and a bad one changes nothing. */
#include <errno.h>
#include <stdlib.h>

#include "layers.h"

static void check(bool right)
{
    if (!right)
        abort();
}

static void check_layer(const struct layers_spatial *s, bool in_stream)
{
    check(s->temporal_count <= LAYERS_TEMPORAL_MAX && (in_stream || !s->temporal_count));
    check(s->temporal_count || (!s->width && !s->height && !s->fps));
    for (unsigned t = 0; t < LAYERS_TEMPORAL_MAX; t++) {
        check(s->bps[t] <= LAYERS_KBPS_MAX * 1000u && (t < s->temporal_count || !s->bps[t]));
        check((layers_fps(s, t) > 0) == (t < s->temporal_count && s->fps));
        check(layers_fps(s, t) <= s->fps);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct layers l = {0};
    struct rd r = rd_init(data, len);
    while (rd_left(&r)) {
        size_t want = rd_u8(&r), left = rd_left(&r);
        size_t n = want < left ? want : left;
        const uint8_t *p = rd_bytes(&r, n);
        struct layers before = l;
        int rc = layers_read(&l, p, n);
        check(rc == 0 || rc == -EBADMSG);
        check(rc == 0 || memcmp(&before, &l, sizeof(l)) == 0);
        check(l.stream_count <= LAYERS_STREAMS_MAX && (l.stream < l.stream_count || l.stream_count == 0));
        for (unsigned s = 0; s < LAYERS_STREAMS_MAX; s++)
            for (unsigned i = 0; i < LAYERS_SPATIAL_MAX; i++)
                check_layer(&l.of[s][i], s < l.stream_count);
    }
    return 0;
}
