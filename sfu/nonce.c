#include "nonce.h"

#include <stdlib.h>
#include <string.h>

struct nonce_stream {
    uint32_t ssrc;
    uint64_t newest;
    uint8_t used[NONCE_WINDOW / 8]; /* a bit for each index, modulo the window */
};

void nonce_finish(struct nonce *nonce)
{
    free(nonce->streams);
    *nonce = (struct nonce){0};
}

static struct nonce_stream *find(struct nonce *nonce, uint32_t ssrc, uint64_t index)
{
    for (size_t i = 0; i < nonce->count; i++)
        if (nonce->streams[i].ssrc == ssrc)
            return &nonce->streams[i];

    struct nonce_stream *grown = realloc(nonce->streams, (nonce->count + 1) * sizeof(*grown));
    if (!grown)
        return NULL;
    nonce->streams = grown;
    struct nonce_stream *s = &grown[nonce->count++];
    *s = (struct nonce_stream){.ssrc = ssrc, .newest = index};
    return s;
}

static void forget(struct nonce_stream *s, uint64_t index)
{
    s->used[index % NONCE_WINDOW / 8] &= (uint8_t) ~(1U << index % 8);
}

bool nonce_take(struct nonce *nonce, uint32_t ssrc, uint64_t index)
{
    struct nonce_stream *s = find(nonce, ssrc, index);
    if (!s || (index < s->newest && s->newest - index >= NONCE_WINDOW))
        return false;
    if (index > s->newest && index - s->newest >= NONCE_WINDOW)
        memset(s->used, 0, sizeof(s->used));
    for (; s->newest < index && index - s->newest < NONCE_WINDOW; s->newest++)
        forget(s, s->newest + 1);
    s->newest = index > s->newest ? index : s->newest;

    uint8_t *byte = &s->used[index % NONCE_WINDOW / 8], bit = (uint8_t)(1U << index % 8);
    if (*byte & bit)
        return false;
    *byte |= bit;
    return true;
}
