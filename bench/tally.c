#include "tally.h"

static void tally_sink(struct tally *t, const struct sink *s)
{
    uint64_t *packets = s->kind == RTP_VIDEO ? &t->video_in : &t->audio_in;
    *packets += s->packets;
    t->missing += sink_missing(s);
    t->recovered += s->recovered;
    t->duplicates += s->duplicates;
    t->reordered += s->reordered;
    t->frames += s->frames;
    t->keys += s->keys;
    t->freezes += s->freezes;
    t->frozen_us += s->frozen_us;
    t->source_switches += s->switches - s->layer_switches;
    t->layer_switches += s->layer_switches;
    t->faults += sink_faults(s);
}

void tally_peer(struct tally *t, const struct peer *p)
{
    for (size_t i = 0; i < p->sink_count; i++)
        tally_sink(t, &p->sinks[i]);
    for (size_t i = 0; i < p->source_count; i++) {
        const struct source *s = &p->sources[i];
        uint64_t *packets = s->conf.kind == RTP_VIDEO ? &t->video_out : &t->audio_out;
        *packets += s->sent;
        t->key_asked += s->key_asked;
        t->nacked += s->nacked;
    }
    t->unreadable += p->undecryptable;
    t->strangers += p->strangers;
}

void tally_add(struct tally *t, const struct tally *other)
{
#define X(name) t->name += other->name;
    TALLY_COUNTS(X)
#undef X
    histogram_merge(&t->audio_latency, &other->audio_latency);
    histogram_merge(&t->video_latency, &other->video_latency);
    histogram_merge(&t->late, &other->late);
    for (size_t i = 0; i < TALLY_STEP_COUNT; i++)
        histogram_merge(&t->steps[i], &other->steps[i]);
}

void tally_subtract(struct tally *t, const struct tally *earlier)
{
#define X(name) t->name -= earlier->name;
    TALLY_COUNTS(X)
#undef X
    histogram_subtract(&t->audio_latency, &earlier->audio_latency);
    histogram_subtract(&t->video_latency, &earlier->video_latency);
    histogram_subtract(&t->late, &earlier->late);
    for (size_t i = 0; i < TALLY_STEP_COUNT; i++)
        histogram_subtract(&t->steps[i], &earlier->steps[i]);
}
