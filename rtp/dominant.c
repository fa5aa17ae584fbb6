#include "dominant.h"

enum {
    LOUDNESS_MAX = 127,
    STEP = (LOUDNESS_MAX + DOMINANT_N1 - 1) / DOMINANT_N1, /* loudness in a step */
    FLOOR_SAMPLES = DOMINANT_FLOOR_US / DOMINANT_FRAME_US,
    Q8 = 256,
};

_Static_assert(DOMINANT_N2 *DOMINANT_N3 <= 64, "the long window fits dominant_speaker.loud");

/* --- What one speaker does ------------------------------------------------------ */

/* How many samples a packet stands for. */
static uint64_t samples_since(const struct dominant_speaker *s, uint64_t now_us)
{
    if (s->packet_us == 0 || now_us <= s->packet_us)
        return 1;
    uint64_t samples = (now_us - s->packet_us + DOMINANT_FRAME_US / 2) / DOMINANT_FRAME_US;
    return samples < 1 ? 1 : samples;
}

/* Follow the lowest level: downwards at once, upwards at the end of each window,
 * which is counted in what was heard: a gap says nothing about the noise. */
static void follow_floor(struct dominant_speaker *s, uint8_t loudness, uint64_t samples)
{
    if (loudness && (!s->floor || loudness < s->floor))
        s->floor = loudness;
    if (loudness && (!s->next_floor || loudness < s->next_floor))
        s->next_floor = loudness;
    s->floor_samples = (uint16_t)(s->floor_samples + samples);
    if (s->floor_samples < FLOOR_SAMPLES)
        return;
    s->floor = s->next_floor ? s->next_floor : s->floor;
    s->next_floor = 0;
    s->floor_samples = 0;
}

static uint64_t push(uint64_t loud, uint64_t samples)
{
    return samples < 64 ? loud << samples : 0;
}

void dominant_packet(struct dominant_speaker *s, uint8_t level, uint64_t now_us)
{
    uint8_t loudness = level < LOUDNESS_MAX ? (uint8_t)(LOUDNESS_MAX - level) : 0;
    uint64_t samples = samples_since(s, now_us);
    uint64_t heard =
        samples < DOMINANT_IDLE_US / DOMINANT_FRAME_US ? samples : DOMINANT_IDLE_US / DOMINANT_FRAME_US;
    follow_floor(s, loudness, heard);
    s->step = loudness < s->floor + STEP ? 0 : loudness / STEP;
    s->loud = push(s->loud, samples);
    if (s->step > DOMINANT_LOUD)
        s->loud |= (UINT64_C(1) << heard) - 1;
    if (now_us > s->packet_us)
        s->packet_us = now_us;
}

/* --- How much that is ------------------------------------------------------------ */

/* Logarithms, Q8, of the paper's scores of a window of n samples of which v are
 * active: ln C(n, v) - n ln 2 - ln lambda + lambda v, 1e-10 at least; lambda is
 * 0.78, 24 and 47. */
static const int16_t step_score[DOMINANT_N1 + 1] = {-5895, -5895, -5895, -5895, -19, 213, 311,
                                                    364,   393,   403,   396,   366, 295, 82};
static const int16_t block_score[DOMINANT_N2 + 1] = {-5895, 753, 967, 1079, 1155, 1211};
static const int16_t long_score[DOMINANT_N3 + 1] = {-5895, 935,  1143, 1256, 1333, 1392,
                                                    1439,  1479, 1513, 1543, 1569};

struct score {
    int step, block, whole; /* logarithms, Q8 */
    int full;               /* blocks of the long window */
};

static const struct score silence = {-5895, -5895, -5895, 0};

static struct score score(const struct dominant_speaker *s, uint64_t now_us)
{
    uint64_t quiet_us = now_us > s->packet_us ? now_us - s->packet_us : 0;
    bool idle = s->packet_us == 0 || quiet_us > DOMINANT_IDLE_US;
    uint64_t loud = idle ? push(s->loud, quiet_us / DOMINANT_FRAME_US) : s->loud;
    int in_newest = 0, full = 0;
    for (int b = 0; b < DOMINANT_N3; b++, loud >>= DOMINANT_N2) {
        int n = __builtin_popcountll(loud & ((1u << DOMINANT_N2) - 1));
        in_newest = b == 0 ? n : in_newest;
        full += n > DOMINANT_FULL;
    }
    return (struct score){step_score[idle ? 0 : s->step], block_score[in_newest], long_score[full], full};
}

/* --- The decision ------------------------------------------------------------------ */

static const struct dominant_candidate *find(const struct dominant_candidate *candidates, size_t count,
                                             uint32_t id)
{
    for (size_t i = 0; i < count && id; i++)
        if (candidates[i].id == id)
            return &candidates[i];
    return NULL;
}

/* The one furthest ahead of that score; NULL where nobody is. */
static const struct dominant_candidate *challenger(const struct dominant_candidate *candidates, size_t count,
                                                   struct score holder, uint64_t now_us)
{
    const struct dominant_candidate *best = NULL;
    int most = 0;
    for (size_t i = 0; i < count; i++) {
        const struct dominant_candidate *c = &candidates[i];
        struct score s = score(c->speaker, now_us);
        int ahead = s.block - holder.block;
        if (s.full < DOMINANT_LEAST || s.step - holder.step <= DOMINANT_C1 * Q8 ||
            ahead <= DOMINANT_C2 * Q8 || s.whole - holder.whole <= DOMINANT_C3 * Q8)
            continue;
        if (!best || ahead > most || (ahead == most && c->id < best->id)) {
            best = c;
            most = ahead;
        }
    }
    return best;
}

bool dominant_update(struct dominant *d, const struct dominant_candidate *candidates, size_t count,
                     uint64_t now_us)
{
    uint32_t before = d->id;
    const struct dominant_candidate *holder = find(candidates, count, d->id);
    if (holder && now_us < d->decided_us + DOMINANT_DECIDE_US)
        return false;
    d->decided_us = now_us;
    const struct dominant_candidate *c =
        count == 1 ? candidates
                   : challenger(candidates, count, holder ? score(holder->speaker, now_us) : silence, now_us);
    if (c)
        d->id = c->id;
    else if (!holder)
        d->id = 0;
    return d->id != before;
}
