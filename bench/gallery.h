/* The test picture in several sizes (pictures.h), as a supplier of frames for any
 * number of sources (source.h). Each source plays the loop of its size from the
 * key frame that it was last asked for. */
#pragma once

#include "pictures.h"
#include "source.h"

enum { GALLERY_MAX = 4 };

struct gallery {
    struct source_frames frames; /* for source_conf, whose interval_us has to be that of `fps` */
    size_t count;
    uint16_t heights[GALLERY_MAX];
    struct pictures *pictures[GALLERY_MAX];
};

/* Encodes `count` (1 .. GALLERY_MAX) sizes. 0, or -EINVAL where the encoder refuses. */
int gallery_init(struct gallery *g, const struct pictures_conf *confs, size_t count)
    __attribute__((warn_unused_result));
/* Sources do not send any more. Zeroed memory is fine. */
void gallery_finish(struct gallery *g);
