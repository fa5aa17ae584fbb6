/* Real VP8 video for a synthetic publisher, made once and sent for ever: one
 * layer of a test picture (scene.h), a key frame and a loop of frames behind
 * it. The first frame of the loop refers to the key frame alone, which stays in
 * the decoder's alternate reference buffer, and nothing else lasts from one
 * turn to the next: the loop follows itself without another key frame. After a
 * request for one, the key frame and then the loop from its start are sent.
 *
 * Three temporal layers (L1T3) at a constant bit rate. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pictures_conf {
    uint16_t width, height; /* even */
    uint16_t fps;
    uint32_t bitrate; /* bits per second */
};

struct picture {
    const uint8_t *data; /* a VP8 frame (RFC 6386) */
    size_t len;
    uint8_t tid;
    bool sync; /* refers to nothing but frames of temporal layer 0 */
    bool key;
};

struct pictures;

/* Takes a good second of CPU for 1280x720 and some 5 s of loop. NULL without memory
 * or where the encoder refuses. */
struct pictures *pictures_new(const struct pictures_conf *conf);
/* NULL is fine. */
void pictures_free(struct pictures *p);

/* Frame number `at` since the last key frame, which is 0. Belongs to p. */
const struct picture *pictures_at(const struct pictures *p, uint64_t at);

/* Frames before the loop begins again; it begins with frame 1. */
uint32_t pictures_loop(const struct pictures *p);
