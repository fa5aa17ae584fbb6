#include "result.h"

#include <glib.h>

const struct result_info result_infos[RESULT_NAMES] = {
#define X(name, unit, text) {#name, text, RESULT_##unit},
    RESULTS(X)
#undef X
};

const char *const result_units[RESULT_UNITS] = {
    [RESULT_COUNT_OF] = "", [RESULT_RATE] = "/s", [RESULT_MBIT] = "Mbit/s",
    [RESULT_PERCENT] = "%", [RESULT_MS] = "ms",   [RESULT_S] = "s",
    [RESULT_US] = "us",     [RESULT_MB] = "MB",   [RESULT_KB] = "KB",
};

enum { BUSY_PERCENT = 90, LATE_MS = 5 };

static void set(struct result *r, enum result_name name, double value)
{
    r->has[name] = true;
    r->value[name] = value;
}

/* --- Making it ------------------------------------------------------------------ */

struct quantile {
    enum result_name name;
    double share;
};

static void set_quantiles(struct result *r, const struct histogram *h, const struct quantile *list,
                          size_t count)
{
    for (size_t i = 0; i < count && h->count; i++)
        set(r, list[i].name, (double)histogram_quantile(h, list[i].share) / 1e3);
}

#define QUANTILES(r, h, ...)                                                                                 \
    set_quantiles(r, h, (const struct quantile[]){__VA_ARGS__},                                              \
                  sizeof((const struct quantile[]){__VA_ARGS__}) / sizeof(struct quantile))

static void set_latency(struct result *r, const struct tally *t)
{
    struct histogram both = t->audio_latency;
    histogram_merge(&both, &t->video_latency);
    QUANTILES(r, &both, {RESULT_p50, 0.5}, {RESULT_p95, 0.95}, {RESULT_p99, 0.99}, {RESULT_p999, 0.999},
              {RESULT_max, 1});
    QUANTILES(r, &t->late, {RESULT_own_late_p99, 0.99});
    QUANTILES(r, &t->audio_latency, {RESULT_audio_p50, 0.5}, {RESULT_audio_p99, 0.99});
    QUANTILES(r, &t->video_latency, {RESULT_video_p50, 0.5}, {RESULT_video_p99, 0.99});
}

static void set_joining(struct result *r, const struct tally *t)
{
    QUANTILES(r, &t->steps[TALLY_CONNECTED], {RESULT_join_p50, 0.5}, {RESULT_join_p95, 0.95},
              {RESULT_join_max, 1});
    QUANTILES(r, &t->steps[TALLY_SIGNALLING], {RESULT_signalling_p95, 0.95});
    QUANTILES(r, &t->steps[TALLY_ICE], {RESULT_ice_p95, 0.95});
    QUANTILES(r, &t->steps[TALLY_DTLS], {RESULT_dtls_p95, 0.95});
    QUANTILES(r, &t->steps[TALLY_PACKET], {RESULT_packet_p95, 0.95});
    QUANTILES(r, &t->steps[TALLY_KEY], {RESULT_key_p95, 0.95});
    QUANTILES(r, &t->steps[TALLY_MEDIA], {RESULT_media_p95, 0.95});
}

static void set_traffic(struct result *r, const struct tally *t, double seconds)
{
    uint64_t in = t->audio_in + t->video_in;
    int64_t missing = (int64_t)t->missing; /* less than before, where retransmission filled old gaps */
    set(r, RESULT_packets_in, (double)in / seconds);
    set(r, RESULT_audio_in, (double)t->audio_in / seconds);
    set(r, RESULT_video_in, (double)t->video_in / seconds);
    set(r, RESULT_mbit_in, (double)t->bytes_in * 8e-6 / seconds);
    set(r, RESULT_packets_out, (double)(t->audio_out + t->video_out) / seconds);
    set(r, RESULT_mbit_out, (double)t->bytes_out * 8e-6 / seconds);
    set(r, RESULT_frames_in, (double)t->frames / seconds);
    if (in)
        set(r, RESULT_loss, missing > 0 ? 100 * (double)missing / (double)(in + t->missing) : 0);
}

static void set_counts(struct result *r, const struct tally *t)
{
    const struct {
        enum result_name name;
        uint64_t count;
    } rows[] = {
        {RESULT_recovered, t->recovered},
        {RESULT_duplicates, t->duplicates},
        {RESULT_reordered, t->reordered},
        {RESULT_faults, t->faults},
        {RESULT_unreadable, t->unreadable + t->strangers},
        {RESULT_freezes, t->freezes},
        {RESULT_switches, t->source_switches},
        {RESULT_layer_switches, t->layer_switches},
        {RESULT_keys_asked, t->key_asked},
        {RESULT_nacked, t->nacked},
        {RESULT_own_drops, t->overflows},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        set(r, rows[i].name, (double)rows[i].count);
    set(r, RESULT_frozen, (double)t->frozen_us / 1e6);
}

static double share(uint64_t from_us, uint64_t to_us, double seconds)
{
    return 100 * (double)(to_us - from_us) / 1e6 / seconds;
}

static void set_server(struct result *r, const struct result_input *in, double seconds)
{
    const struct process *a = &in->from->process, *b = &in->to->process;
    double packets = r->value[RESULT_packets_in] * seconds;
    if (!in->from->has_process || !in->to->has_process)
        return;
    set(r, RESULT_server_user, share(a->user_us, b->user_us, seconds));
    set(r, RESULT_server_system, share(a->system_us, b->system_us, seconds));
    set(r, RESULT_server_busiest, share(0, process_busiest_us(a, b), seconds));
    set(r, RESULT_server_cpu, r->value[RESULT_server_user] + r->value[RESULT_server_system]);
    if (packets > 0)
        set(r, RESULT_us_per_packet, r->value[RESULT_server_cpu] / 100 * seconds * 1e6 / packets);
    set(r, RESULT_server_memory, (double)b->memory / 1e6);
    set(r, RESULT_server_threads, b->threads);
    if (in->memory_before && in->participants)
        set(r, RESULT_memory_per_participant,
            ((double)b->memory - (double)in->memory_before) / 1e3 / in->participants);
}

static void set_own(struct result *r, const struct result_input *in, double seconds)
{
    double busiest = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(in->to->threads_us); i++) {
        double one = share(in->from->threads_us[i], in->to->threads_us[i], seconds);
        busiest = one > busiest ? one : busiest;
    }
    set(r, RESULT_own_cpu, share(in->from->own_us, in->to->own_us, seconds));
    set(r, RESULT_own_busiest, busiest);
}

void result_make(struct result *r, const struct result_input *in)
{
    g_autofree struct tally *t = g_memdup2(&in->to->tally, sizeof(*t));
    double seconds = (double)(in->to->us - in->from->us) / 1e6;
    *r = (struct result){.cores = in->cores};
    tally_subtract(t, &in->from->tally);
    set(r, RESULT_participants, in->participants);
    set(r, RESULT_failed, in->failed);
    set(r, RESULT_ended, in->ended);
    set(r, RESULT_seconds, seconds);
    if (seconds > 0) {
        set_traffic(r, t, seconds);
        if (in->participants)
            set(r, RESULT_packets_each, r->value[RESULT_packets_in] / in->participants);
        set_server(r, in, seconds);
        set_own(r, in, seconds);
    }
    set_counts(r, t);
    set_latency(r, t);
    set_joining(r, &in->to->tally);
}

/* --- Reading it ------------------------------------------------------------------- */

enum result_name result_find(const char *name, size_t len)
{
    size_t i = 0;
    while (i < RESULT_NAMES &&
           (strlen(result_infos[i].name) != len || memcmp(result_infos[i].name, name, len) != 0))
        i++;
    return (enum result_name)i;
}

char *result_text(const struct result *r)
{
    GString *out = g_string_new(NULL);
    for (size_t i = 0; i < RESULT_NAMES; i++) {
        const struct result_info *info = &result_infos[i];
        if (!r->has[i])
            continue;
        bool whole = info->unit == RESULT_COUNT_OF || info->unit == RESULT_RATE;
        g_string_append_printf(out, "%-24s %12.*f %-7s %s\n", info->name, whole ? 0 : 3, r->value[i],
                               result_units[info->unit], info->text);
    }
    return g_string_free(out, FALSE);
}

const char *result_bottleneck(const struct result *r)
{
    if (r->value[RESULT_own_drops] > 0)
        return "This program was too slow to fetch all that came: part of the loss and of the latency is its "
               "own. "
               "Give it more cores and --threads, or less to do.";
    if (r->value[RESULT_own_busiest] > BUSY_PERCENT)
        return "A thread of this program had no time left: part of the latency is its own. Give it more "
               "cores and "
               "--threads.";
    if (r->value[RESULT_own_late_p99] > LATE_MS)
        return "The threads of this program had to wait for a core: part of the latency is their own. Give "
               "them cores "
               "that nobody else uses.";
    if (r->value[RESULT_server_busiest] > BUSY_PERCENT)
        return "A thread of the server had no time left: it is the server that bounds this.";
    if (r->cores && r->value[RESULT_server_cpu] + r->value[RESULT_own_cpu] > BUSY_PERCENT * r->cores)
        return "The server and this program together took all that this machine has: each wants cores of its "
               "own.";
    return NULL;
}
