#include "level.h"

enum {
    ONE = 256,
    LOUDNESS_MAX = 127,
    SILENT_BYTES = 8,
};

static uint16_t current(const struct level *l, uint64_t now_us)
{
    uint64_t quiet_us = now_us > l->packet_us ? now_us - l->packet_us : 0;
    if (l->packet_us == 0 || quiet_us >= LEVEL_EXPIRE_US)
        return 0;
    if (quiet_us < LEVEL_HOLD_US)
        return l->loudness_q8;
    return (uint16_t)(l->loudness_q8 >> ((quiet_us - LEVEL_HOLD_US) / LEVEL_FRAME_US + 1));
}

/* How many frames the packet stands for. */
static uint64_t frames_since(const struct level *l, uint64_t now_us)
{
    if (l->packet_us == 0 || now_us <= l->packet_us)
        return 1;
    uint64_t frames = (now_us - l->packet_us + LEVEL_FRAME_US / 2) / LEVEL_FRAME_US;
    return frames < 1 ? 1 : frames;
}

void level_packet(struct level *l, uint8_t level, uint64_t now_us)
{
    int32_t target = level >= LEVEL_SILENT ? 0 : (LOUDNESS_MAX - level) * ONE;
    int32_t off = l->loudness_q8 - target;
    for (uint64_t n = frames_since(l, now_us); n > 0 && off != 0; n--) /* 15 times at the most */
        off /= 2;
    l->loudness_q8 = (uint16_t)(target + off);
    l->packet_us = now_us;
    if (l->loudness_q8 >= LEVEL_VOICE * ONE)
        l->voice_us = now_us;
}

uint8_t level_guess(size_t payload_len)
{
    return payload_len > SILENT_BYTES ? LEVEL_GUESS : LEVEL_SILENT;
}

uint8_t level_loudness(const struct level *l, uint64_t now_us)
{
    return (uint8_t)((current(l, now_us) + ONE / 2) / ONE);
}
