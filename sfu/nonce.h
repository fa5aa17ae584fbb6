/* Which indexes were sealed: the guard of debug builds against a repeated
 * nonce, which would be a bug of ours. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NONCE_WINDOW = 1 << 16 };

/* Zeroed = nothing sealed yet. */
struct nonce {
    struct nonce_stream *streams;
    size_t count;
};

void nonce_finish(struct nonce *nonce);

/* Note that index is used for that SSRC. false = it was used before, or is older
 * than the last NONCE_WINDOW indexes (or there is no memory to note it). */
bool nonce_take(struct nonce *nonce, uint32_t ssrc, uint64_t index);
