#include "stream.h"

#include "layer.h"
#include "secure.h"

struct stream *streams_add(struct streams *s, uint32_t ssrc, struct layer *layer, bool rtx)
{
    if (s->count == STREAMS_MAX)
        return NULL;
    s->at[s->count] = (struct stream){ssrc, layer, rtx};
    return &s->at[s->count++];
}

void streams_remove(struct streams *s, const struct track *track, struct secure *secure)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->count; i++) {
        if (s->at[i].layer->track != track)
            s->at[kept++] = s->at[i];
        else if (secure)
            secure_remove(secure, s->at[i].ssrc);
    }
    s->count = kept;
}
