#include "shed.h"

#include "clock.h"
#include "worker.h"

/* What is lost for want of time, or of room on the way out. */
static const enum counter drops[] = {
    COUNT_drop_rxq_overflow,  COUNT_drop_overload,      COUNT_drop_pool_empty,  COUNT_drop_tx_full_control,
    COUNT_drop_tx_full_audio, COUNT_drop_tx_full_video, COUNT_drop_tx_full_rtx,
};

static uint64_t count_drops(const struct counters *c)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < sizeof(drops) / sizeof(*drops); i++)
        sum += counter_get(c, drops[i]);
    return sum;
}

static struct worker *worker_of(struct shed *s)
{
    return (struct worker *)(void *)((char *)s - offsetof(struct worker, shed));
}

enum sfu_shed shed_stage(unsigned level)
{
    return (enum sfu_shed)((level + LOAD_STAGE - 1) / LOAD_STAGE);
}

static void tell(struct worker *w, uint64_t now_us)
{
    struct shed *s = &w->shed;
    enum sfu_shed stage = shed_stage(s->load.level);
    if (stage == s->told || (s->told_us && now_us - s->told_us < SHED_TELL_US))
        return;
    s->told = stage;
    s->told_us = now_us;
    worker_tell(w, EVENT_LOAD, 0, shed_percent(s->load.busy), (uint16_t)stage, w->index, NULL);
}

void shed_look(struct worker *w, const struct load_sample *seen, uint64_t now_us)
{
    struct shed *s = &w->shed;
    load_look(&s->load, seen);
    if (s->load.level)
        counter_add(&w->counters, COUNT_overload_us, seen->span_us);
    atomic_store_explicit(&s->busy, s->load.busy, memory_order_relaxed);
    atomic_store_explicit(&s->level, s->load.level, memory_order_relaxed);
    tell(w, now_us);
}

static void on_timer(void *arg, uint64_t now_us)
{
    struct shed *s = arg;
    struct worker *w = worker_of(s);
    uint64_t all = count_drops(&w->counters), span_us = now_us - s->looked_us;
    const struct load_sample seen = {
        .busy_us = span_us > s->waited_us ? span_us - s->waited_us : 0,
        .span_us = span_us,
        .drops = all - s->drops,
    };
    s->looked_us = now_us;
    s->waited_us = 0;
    s->drops = all;
    shed_look(w, &seen, now_us);
    bool idle = !g_hash_table_size(w->directory.by_id);
    timer_set(&w->timers, &s->timer, now_us + (idle ? SHED_IDLE_US : LOAD_LOOK_US));
}

void shed_init(struct shed *s, unsigned limit)
{
    *s = (struct shed){.load.limit = limit};
}

void shed_begin(struct worker *w, uint64_t now_us)
{
    struct shed *s = &w->shed;
    s->timer = (struct timer){.fire = on_timer, .arg = s};
    s->looked_us = now_us;
    timer_set(&w->timers, &s->timer, now_us + LOAD_LOOK_US);
}

void shed_end(struct worker *w)
{
    timer_cancel(&w->timers, &w->shed.timer);
}

bool shed_late(const struct shed *s)
{
    return s->turn_us && clock_now_us() - s->turn_us > SHED_TURN_US;
}
