#include "record.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHANGES_SAMPLES = 10000000 / RECORD_SAMPLE_US };

static void *room_for(void *array, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return array;
    *room = *room ? *room * 2 : 1024;
    array = realloc(array, *room * size);
    if (!array)
        abort();
    return array;
}

void record_add(struct record *r, const struct sample *sample)
{
    r->samples = room_for(r->samples, r->count, &r->room, sizeof *r->samples);
    r->samples[r->count++] = *sample;
}

void record_packet(void *arg, uint64_t now_us, uint64_t waited_us)
{
    struct record *r = arg;
    r->waits = room_for(r->waits, r->waits_count, &r->waits_room, sizeof *r->waits);
    r->waits[r->waits_count++] =
        (struct wait){(uint32_t)((now_us - r->start_us) / 1000), (uint32_t)waited_us};
}

void record_finish(struct record *r)
{
    free(r->samples);
    free(r->waits);
    *r = (struct record){.count = 0};
}

static struct range range_of(const struct record *r, size_t offset, double from_s, double to_s)
{
    struct range range = {.least = INFINITY, .most = 0};
    size_t from = (size_t)(from_s * 1e6 / RECORD_SAMPLE_US), to = (size_t)(to_s * 1e6 / RECORD_SAMPLE_US);
    size_t count = 0;
    for (size_t i = from; i < to && i < r->count; i++, count++) {
        uint32_t bps;
        memcpy(&bps, (const char *)&r->samples[i] + offset, sizeof bps);
        range.least = fmin(range.least, bps);
        range.most = fmax(range.most, bps);
        range.mean += bps;
    }
    range.mean /= (double)(count ? count : 1);
    return range;
}

struct range record_target(const struct record *r, double from_s, double to_s)
{
    return range_of(r, offsetof(struct sample, target_bps), from_s, to_s);
}

struct range record_received(const struct record *r, double from_s, double to_s)
{
    return range_of(r, offsetof(struct sample, received_bps), from_s, to_s);
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

double record_wait_ms(const struct record *r, double share, double from_s, double to_s)
{
    uint32_t *sorted = malloc((r->waits_count + 1) * sizeof *sorted);
    size_t count = 0;
    if (!sorted)
        abort();
    for (size_t i = 0; i < r->waits_count; i++)
        if (r->waits[i].at_ms >= from_s * 1000 && r->waits[i].at_ms < to_s * 1000)
            sorted[count++] = r->waits[i].waited_us;
    qsort(sorted, count, sizeof *sorted, compare);
    double ms = count ? sorted[(size_t)(share * (double)(count - 1))] / 1000.0 : 0;
    free(sorted);
    return ms;
}

static size_t sample_at(const struct record *r, double at_s)
{
    size_t at = (size_t)(at_s * 1e6 / RECORD_SAMPLE_US);
    return at < r->count ? at : r->count - 1;
}

const struct sample *record_at(const struct record *r, double at_s)
{
    return &r->samples[sample_at(r, at_s)];
}

static bool changed(const struct record *r, size_t slot, size_t i)
{
    const struct sample *a = &r->samples[i - 1], *b = &r->samples[i];
    return a->holders[slot] == b->holders[slot] && a->rungs[slot] != b->rungs[slot];
}

unsigned record_changes(const struct record *r, size_t slot, double from_s, double to_s)
{
    unsigned most = 0, now = 0;
    size_t from = sample_at(r, from_s) + 1, to = sample_at(r, to_s);
    for (size_t i = from; i <= to; i++) {
        now += changed(r, slot, i);
        if (i >= from + CHANGES_SAMPLES)
            now -= changed(r, slot, i - CHANGES_SAMPLES);
        most = now > most ? now : most;
    }
    return most;
}

double record_reached(const struct record *r, size_t slot, uint8_t layer, double from_s)
{
    for (size_t i = sample_at(r, from_s); i < r->count; i++)
        if (r->samples[i].layers[slot] == layer)
            return (double)i * RECORD_SAMPLE_US / 1e6 - from_s;
    return INFINITY;
}

uint32_t record_pictures(const struct record *r, size_t slot, double from_s, double to_s)
{
    return record_at(r, to_s)->pictures[slot] - record_at(r, from_s)->pictures[slot];
}

uint32_t record_frozen_ms(const struct record *r, size_t slot, double from_s, double to_s)
{
    return record_at(r, to_s)->frozen_ms[slot] - record_at(r, from_s)->frozen_ms[slot];
}

uint32_t record_freeze_ms(const struct record *r, size_t slot, double from_s, double to_s)
{
    uint32_t most = 0, now = 0;
    for (size_t i = sample_at(r, from_s) + 1; i <= sample_at(r, to_s); i++) {
        uint32_t more = r->samples[i].frozen_ms[slot] - r->samples[i - 1].frozen_ms[slot];
        now = more ? now + more : 0;
        most = now > most ? now : most;
    }
    return most;
}

uint32_t record_silence_ms(const struct record *r, double from_s, double to_s)
{
    uint32_t most = 0;
    for (size_t i = sample_at(r, from_s) + 1; i <= sample_at(r, to_s); i++)
        most = r->samples[i].silence_ms > most ? r->samples[i].silence_ms : most;
    return most;
}
