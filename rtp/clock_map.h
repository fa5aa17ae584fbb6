/* RTP timestamps of one received stream <-> the server's clock.
 *
 * Until the stream's first sender report the map follows arrival: a timestamp
 * maps to when a packet with it arrives if the network does not hold it up.
 * From the first report on it is the capture clock: the latest (NTP, RTP) pair
 * plus the publisher's offset (clock_source.h), the same line for all tracks of
 * a publisher. What the caller sees when that report comes: the times of all
 * timestamps move once by the publisher's delay from capture to sending, which
 * is back by some 10..100 ms for video and by hardly anything for audio; never
 * by more than CLOCK_MAP_TRUST_US, since a pair that is further from arrival is
 * not believed, and arrival stays. Later the line moves only by clock drift and
 * by what the minimum filter learns. So a timestamp that was already sent to a
 * viewer is never recomputed: read the map at a switch and for a sender report.
 *
 * Simulcast layers have a map each and share the publisher's source. */
#pragma once

#include "clock_source.h"

enum { CLOCK_MAP_TRUST_US = 2000000 };

struct clock_map {
    uint32_t clock_rate; /* Hz, set at init */
    bool started;
    int64_t newest;            /* extended timestamp */
    struct min_filter arrival; /* arrival us minus timestamp us */

    bool has_pair; /* the latest sender report */
    uint64_t pair_ntp;
    int64_t pair_timestamp; /* extended */
    uint32_t pair_epoch;    /* of the source */
};

/* clock_rate: Hz, not 0. */
void clock_map_init(struct clock_map *m, uint32_t clock_rate);

/* A packet of the stream itself arrived (not one brought back by RTX: it is
 * late by nature). Where timestamps jump against arrival by more than a second
 * the map starts anew and waits for the next sender report. */
void clock_map_packet(struct clock_map *m, uint32_t timestamp, uint64_t arrival_us);

/* A sender report that clock_source_sr() of the publisher's source has just
 * believed. One that is older than the pair in use is ignored. */
void clock_map_sr(struct clock_map *m, const struct clock_source *c, uint64_t ntp, uint32_t timestamp);

/* A packet or a sender report has come: the two functions below have an answer. */
bool clock_map_ready(const struct clock_map *m, const struct clock_source *c);

/* The times are on the capture clock, comparable between tracks of the publisher. */
bool clock_map_synced(const struct clock_map *m, const struct clock_source *c);

/* When that timestamp was (or will be) on the server's clock. c may be NULL: by
 * arrival. 0 while the map is not ready. Timestamps further than 2^31 from the
 * newest are ambiguous. */
uint64_t clock_map_to_us(const struct clock_map *m, const struct clock_source *c, uint32_t timestamp);

/* The timestamp of that server time, to the nearest: of a timestamp's time the
 * timestamp itself. 0 while the map is not ready. */
uint32_t clock_map_to_rtp(const struct clock_map *m, const struct clock_source *c, uint64_t us);
