/* The dependency descriptor (AV1 RTP specification, appendix A), which tells the
 * place of a frame for any codec, through end-to-end encryption too. The first
 * packet of a key frame brings a structure of templates; every packet then names
 * one and adds what is different. */
#pragma once

#include "bytes.h"
#include "points.h"

enum {
    DEPENDENCY_MANDATORY_LEN = 3,
    DEPENDENCY_TEMPLATES_MAX = 64,
    DEPENDENCY_TARGETS_MAX = 32,
    DEPENDENCY_CHAINS_MAX = 32,
    DEPENDENCY_DIFFS_MAX = 8, /* AV1 has 7 references, VP9 and VP8 have 3 */
    DEPENDENCY_SPATIAL_MAX = 4,
    DEPENDENCY_TEMPORAL_MAX = 8,
    DEPENDENCY_LATE = 512, /* frames; a structure that is older by less does not replace the newest */
};

/* What a frame is to a decode target (table A.2). */
enum dependency_dti {
    DEPENDENCY_NOT_PRESENT,
    DEPENDENCY_DISCARDABLE,
    DEPENDENCY_SWITCH,
    DEPENDENCY_REQUIRED,
};

struct dependency_template {
    uint64_t dtis; /* 2 bits a decode target, see dependency_dti_of() */
    uint8_t sid, tid;
    uint8_t diff_count;
    uint8_t diffs[DEPENDENCY_DIFFS_MAX]; /* frame number less that of a frame it refers to */
    uint8_t chains[DEPENDENCY_CHAINS_MAX];
};

/* A stream's newest structure: 3.5 KB. Zeroed memory = none yet. */
struct dependency {
    uint8_t template_count; /* 0 = no structure yet */
    uint8_t template_offset;
    uint8_t target_count;
    uint8_t chain_count;
    uint8_t spatial_count;
    bool has_resolutions;
    uint16_t frame_number;                        /* of the frame that brought it */
    uint32_t active;                              /* bit i: decode target i is being produced */
    uint8_t protected_by[DEPENDENCY_TARGETS_MAX]; /* a decode target's chain, where there are chains */
    uint8_t points[DEPENDENCY_TARGETS_MAX];       /* a decode target's operating point, by its templates;
                                                     POINTS_NONE:       no template, or an earlier target has the
                                                     same */
    uint16_t width[DEPENDENCY_SPATIAL_MAX], height[DEPENDENCY_SPATIAL_MAX];
    struct dependency_template templates[DEPENDENCY_TEMPLATES_MAX];
};

struct dependency_frame {
    /* mandatory fields: valid also where -ENOENT was returned */
    bool start, end; /* first and last packet of the frame */
    uint8_t template_id;
    uint16_t frame_number;
    bool has_structure; /* this packet brought one: it begins a coded video sequence */
    bool stale;         /* but a newer one came before it, which stays */

    /* from the template and what overrides it */
    uint8_t sid, tid;
    uint8_t target_count, chain_count, diff_count;
    uint64_t dtis;
    uint16_t diffs[DEPENDENCY_DIFFS_MAX];  /* 1..4,096 */
    uint8_t chains[DEPENDENCY_CHAINS_MAX]; /* frame number less that of the chain's last frame; 0 = begins */
    uint32_t active;
    uint8_t spatial_count;  /* spatial layers of the stream */
    uint16_t width, height; /* of the largest of them; 0 = not told (65,536 too) */

    /* its decode targets as operating points */
    uint32_t needed_by; /* any indication but not present */
    uint32_t opens;     /* switch indication */
    uint32_t points;    /* active */
};

/* Read a descriptor of len bytes against the stream's structure; a structure in
 * the packet is used, and replaces d's unless it came late. -ENOENT: the template
 * is unknown or there is no structure yet; the mandatory fields are there.
 * -EBADMSG: bits are missing, or there are more layers, templates or frame
 * differences than allowed; d is as it was. */
int dependency_read(struct dependency *d, const uint8_t *p, size_t len,
                    struct dependency_frame *f) RTP_MUST_USE;

/* What the frame is to a decode target; DEPENDENCY_NOT_PRESENT past the last. */
enum dependency_dti dependency_dti_of(const struct dependency_frame *f, size_t target);

/* Write another frame number into a copy of a descriptor of len bytes; its
 * length does not change. Nothing happens where it is too short to have one. */
static inline void dependency_set_frame_number(uint8_t *p, size_t len, uint16_t frame_number)
{
    if (len >= DEPENDENCY_MANDATORY_LEN)
        put_u16(p + 1, frame_number);
}
