/* What a viewer's estimate, its network and its pictures did over time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RECORD_SAMPLE_US = 100000, RECORD_SLOTS = 9 };

struct sample {
    uint32_t target_bps, received_bps, delay_bps;
    uint32_t link_bps;

    /* of calls */
    uint8_t rungs[RECORD_SLOTS];  /* what each slot is to send (forwarder_rung()) ... */
    uint8_t layers[RECORD_SLOTS]; /* ... and of which layer its last picture was; 255 = none */
    uint32_t holders[RECORD_SLOTS];
    uint32_t pictures[RECORD_SLOTS], frozen_ms[RECORD_SLOTS]; /* since the start */
    uint32_t
        silence_ms; /* the longest time without a packet of a voice, of what ended or lasts in this sample */
};

struct wait {
    uint32_t at_ms, waited_us;
};

struct record {
    struct sample *samples; /* each RECORD_SAMPLE_US; index 0 at the start */
    size_t count, room;
    struct wait *waits;
    size_t waits_count, waits_room;
    uint64_t start_us;
};

void record_add(struct record *r, const struct sample *sample);

/* A packet arrived; arg: the record. */
void record_packet(void *arg, uint64_t now_us, uint64_t waited_us);

void record_finish(struct record *r);

/* Over the samples of that time: the least, the largest and the mean target or received rate. */
struct range {
    double least, most, mean;
};
struct range record_target(const struct record *r, double from_s, double to_s);
struct range record_received(const struct record *r, double from_s, double to_s);

/* In ms: the share of the packets that arrived in that time which had waited less in the bottleneck. */
double record_wait_ms(const struct record *r, double share, double from_s, double to_s);

/* The sample of that time, or the last. */
const struct sample *record_at(const struct record *r, double at_s);

/* How often what a slot is to send became another in any 10 s of that time, at the most; of one holder. */
unsigned record_changes(const struct record *r, size_t slot, double from_s, double to_s);

/* Seconds from that time on until the slot's pictures were of that layer, INFINITY = never. */
double record_reached(const struct record *r, size_t slot, uint8_t layer, double from_s);

/* In that time: pictures of the slot, ms in which it stood still, and the longest silence of the voices, in
 * ms. */
uint32_t record_pictures(const struct record *r, size_t slot, double from_s, double to_s);
uint32_t record_frozen_ms(const struct record *r, size_t slot, double from_s, double to_s);
/* The longest of its freezes. */
uint32_t record_freeze_ms(const struct record *r, size_t slot, double from_s, double to_s);
uint32_t record_silence_ms(const struct record *r, double from_s, double to_s);
