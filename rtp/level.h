/* How loud one audio track is, from the levels that its packets carry (RFC
 * 6464), smoothed. Loudness is 0 (silent) .. 127 (loud): 127 minus the level.
 *
 * With DTX a quiet sender leaves packets out, so one that comes after a gap
 * stands for as many 20 ms as the gap was long. Its V bit is not looked at:
 * browsers set it on all that is no comfort noise. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LEVEL_SILENT = 127,       /* RFC 6464, section 3 */
    LEVEL_FRAME_US = 20000,   /* one sample */
    LEVEL_HOLD_US = 60000,    /* without packets, then the loudness halves every frame ... */
    LEVEL_EXPIRE_US = 150000, /* ... and is 0 */
    LEVEL_VOICE = 57,         /* loudness from which on someone speaks: -70 dBov */
    LEVEL_GUESS = 67,         /* level of one of whom all that is known is that they send sound */
};

/* Zeroed memory is silence. */
struct level {
    uint64_t packet_us; /* the last packet; 0 = none yet */
    uint64_t voice_us;  /* when the loudness was last LEVEL_VOICE or more; 0 = never */
    uint16_t loudness_q8;
};

/* A packet with that level (0 loud .. 127 silent) came. */
void level_packet(struct level *l, uint8_t level, uint64_t now_us);

/* The level that a packet of a sender stands for who does not tell levels, as most that are no browser: such
 * a one is heard, but anyone who is known to speak goes first. What Opus makes of silence takes a few bytes.
 */
uint8_t level_guess(size_t payload_len);

/* The loudness now, 0..127. */
uint8_t level_loudness(const struct level *l, uint64_t now_us);
