#include "nack.h"

#include "seq.h"

void nack_reset(struct nack *n)
{
    *n = (struct nack){.key_frame_wanted = n->key_frame_wanted};
}

static uint32_t ms_after(uint64_t now_us, uint32_t delay_us)
{
    return (uint32_t)((now_us + delay_us + 999) / 1000);
}

/* due_ms back on the caller's clock, from its distance to now. */
static uint64_t due_us(const struct nack_missing *m, uint64_t now_us)
{
    uint64_t now_ms = now_us / 1000;
    int64_t wait_ms = ts_diff(m->due_ms, (uint32_t)now_ms);
    return wait_ms <= 0 ? now_us : (now_ms + (uint64_t)wait_ms) * 1000;
}

/* Only a gap after the newest key frame keeps the decoder from going on. */
static void give_up(struct nack *n, uint16_t seq)
{
    if (!n->has_key || !seq_newer(n->key, seq))
        n->key_frame_wanted = true;
}

static void drop_oldest(struct nack *n, size_t drop)
{
    if (drop == 0)
        return;
    for (size_t i = 0; i < drop; i++)
        give_up(n, n->missing[i].seq);
    n->count = (uint16_t)(n->count - drop);
    memmove(n->missing, n->missing + drop, n->count * sizeof n->missing[0]);
}

/* How many of the oldest ones are that much older than the newest packet. */
static size_t count_older(const struct nack *n, int age)
{
    size_t i = 0;
    while (i < n->count && seq_diff(n->newest, n->missing[i].seq) > age)
        i++;
    return i;
}

static void add_gap(struct nack *n, uint16_t from, uint16_t to, uint64_t now_us)
{
    uint16_t gap = (uint16_t)(to - from);
    if (n->count + gap > NACK_MAX && n->has_key) {
        int16_t age = seq_diff(n->newest, n->key);
        drop_oldest(n, count_older(n, age));
    }
    if (n->count + gap > NACK_MAX) {
        n->count = 0;
        n->key_frame_wanted = true;
        return;
    }
    if (gap && n->count == 0)
        n->next_us = UINT64_MAX;
    for (uint16_t seq = from; seq != to; seq++)
        n->missing[n->count++] = (struct nack_missing){.due_ms = ms_after(now_us, NACK_FIRST_US), .seq = seq};
    uint64_t first_us = now_us + NACK_FIRST_US;
    if (gap && first_us < n->next_us)
        n->next_us = first_us;
}

static bool remove_missing(struct nack *n, uint16_t seq)
{
    size_t lo = 0, hi = n->count;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (seq_newer(seq, n->missing[mid].seq))
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo == n->count || n->missing[lo].seq != seq)
        return false;
    n->count--;
    memmove(n->missing + lo, n->missing + lo + 1, (n->count - lo) * sizeof n->missing[0]);
    return true;
}

bool nack_receive(struct nack *n, uint16_t seq, uint64_t now_us)
{
    if (!n->started) {
        n->started = true;
        n->newest = seq;
        return false;
    }
    if (!seq_newer(seq, n->newest))
        return remove_missing(n, seq);
    uint16_t from = (uint16_t)(n->newest + 1);
    n->newest = seq;
    drop_oldest(n, count_older(n, NACK_AGE));
    if (n->has_key && seq_diff(seq, n->key) > NACK_AGE)
        n->has_key = false;
    add_gap(n, from, seq, now_us);
    return false;
}

void nack_key_frame(struct nack *n, uint16_t seq)
{
    if (n->has_key && !seq_newer(seq, n->key))
        return;
    n->has_key = true;
    n->key = seq;
}

uint64_t nack_next_us(const struct nack *n)
{
    return n->count ? n->next_us : UINT64_MAX;
}

static uint32_t clamp_rtt(uint32_t rtt_us)
{
    if (rtt_us == 0)
        return NACK_RTT_UNKNOWN_US;
    if (rtt_us < NACK_RTT_MIN_US)
        return NACK_RTT_MIN_US;
    return rtt_us > NACK_RTT_MAX_US ? NACK_RTT_MAX_US : rtt_us;
}

size_t nack_due(struct nack *n, uint64_t now_us, uint32_t rtt_us, uint16_t *out, size_t max)
{
    uint32_t again_ms = ms_after(now_us, clamp_rtt(rtt_us));
    size_t asked = 0, kept = 0;
    n->next_us = UINT64_MAX;
    for (size_t i = 0; i < n->count; i++) {
        struct nack_missing m = n->missing[i];
        bool due = due_us(&m, now_us) <= now_us;
        if (due && m.tries == NACK_TRIES) {
            give_up(n, m.seq);
            continue;
        }
        if (due && asked < max) {
            out[asked++] = m.seq;
            m.tries++;
            m.due_ms = again_ms;
        }
        uint64_t at = due_us(&m, now_us);
        if (at < n->next_us)
            n->next_us = at;
        n->missing[kept++] = m;
    }
    n->count = (uint16_t)kept;
    return asked;
}

bool nack_take_key_frame_wanted(struct nack *n)
{
    bool wanted = n->key_frame_wanted;
    n->key_frame_wanted = false;
    return wanted;
}
