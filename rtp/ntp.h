/* NTP timestamps as in sender reports (RFC 3550, section 4; RFC 5905, section
 * 6): 32 bits of seconds since 1900, 32 bits of fraction. The seconds wrap in
 * 2036, so two of them are only ever compared by their difference. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define NTP_1970 2208988800u /* seconds from 1900 to 1970 */

/* Microseconds to NTP: of the Unix clock, or of the server's own monotonic one,
 * which is as good where only differences count. Exact the way back. */
static inline uint64_t ntp_from_us(uint64_t us)
{
    uint64_t seconds = us / 1000000 + NTP_1970;
    return seconds << 32 | (us % 1000000 << 32) / 1000000;
}

/* a - b in microseconds, right over the wrap of 2036. */
static inline int64_t ntp_diff_us(uint64_t a, uint64_t b)
{
    uint64_t d = a - b;
    uint64_t fraction_us = ((d & UINT32_MAX) * 1000000 + (UINT64_C(1) << 31)) >> 32;
    return (int64_t)(int32_t)(uint32_t)(d >> 32) * 1000000 + (int64_t)fraction_us;
}

/* The reverse of ntp_from_us(), for times from 1970 until 2106. */
static inline uint64_t ntp_to_us(uint64_t ntp)
{
    uint64_t seconds = (uint32_t)((uint32_t)(ntp >> 32) - NTP_1970);
    return seconds * 1000000 + (((ntp & UINT32_MAX) * 1000000 + (UINT64_C(1) << 31)) >> 32);
}

/* The middle 32 bits, 1/65,536 s: LSR of a report block. */
static inline uint32_t ntp_middle(uint64_t ntp)
{
    return (uint32_t)(ntp >> 16);
}

/* A delay as DLSR, 1/65,536 s, UINT32_MAX at the most (18 h). */
static inline uint32_t ntp_delay(uint64_t us)
{
    uint64_t most_us = (uint64_t)UINT32_MAX * 15625 / 1024;
    return us > most_us ? UINT32_MAX : (uint32_t)(us * 1024 / 15625);
}

/* The round trip of a report block (RFC 3550, section 6.4.1) that arrived at
 * `now`, on the clock that our sender reports are on. false where there is
 * none: no sender report was seen (lsr 0), or lsr and dlsr do not fit together
 * (a negative round trip, or one of more than 60 s). */
static inline bool ntp_round_trip(uint64_t now, uint32_t lsr, uint32_t dlsr, uint32_t *rtt_us)
{
    uint32_t rtt = ntp_middle(now) - lsr - dlsr;
    if (lsr == 0 || rtt > 60u << 16)
        return false;
    *rtt_us = (uint32_t)((uint64_t)rtt * 15625 / 1024);
    return true;
}
