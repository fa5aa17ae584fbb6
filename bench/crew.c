#include "crew.h"

#include "clock.h"
#include "mailbox.h"
#include "ready.h"

#include <errno.h>
#include <glib.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { BOX = 4096, IDLE_US = 100000 };

enum mail_type { /* to a thread */ MAIL_JOIN,
                 MAIL_LEAVE,
                 MAIL_WANTED,
                 MAIL_ASK,
                 MAIL_END,
                 /* from it */ MAIL_REACHED,
                 MAIL_BROKEN,
                 MAIL_TALLY };

struct hand {
    /* set at init */
    struct crew *crew;
    unsigned number;
    pthread_t thread;
    bool started;
    struct mailbox box;
    struct mailbox_sender orders; /* the main thread's end */
    /* its thread only */
    struct mailbox_sender answers;
    struct guest_shared shared;
    struct timer_heap timers;
    struct udp_tx tx;
    struct udp_rx rx;
    struct counters counters;
    struct tally left;
    GHashTable *guests; /* by id */
    struct ready ready;
    bool ending;
};

struct crew {
    const struct crew_upcalls *up;
    void *arg;
    struct dtls_context *dtls;
    struct mailbox box; /* to the main thread */
    struct hand *hands;
    unsigned count;
};

/* --- What a thread does ------------------------------------------------------------ */

static void on_reached(void *arg, uint64_t id, enum tally_step step, uint64_t took_us)
{
    struct hand *h = arg;
    mailbox_post(&h->answers,
                 &(struct mail){.type = MAIL_REACHED, .a = (uint16_t)step, .id = id, .value = took_us});
}

static void join(struct hand *h, const struct guest_plan *plan, uint64_t now_us)
{
    struct guest *g;
    int err = guest_new(&h->shared, plan, &g, now_us);
    if (err == 0) {
        g_hash_table_insert(h->guests, g_memdup2(&plan->id, sizeof(plan->id)), g);
        err = ready_add(&h->ready, guest_fd(g), g);
    }
    if (err != 0)
        mailbox_post(&h->answers,
                     &(struct mail){.type = MAIL_BROKEN, .id = plan->id, .value = (uint64_t)(int64_t)-err});
}

static void leave(struct hand *h, uint64_t id, uint64_t now_us)
{
    struct guest *g = g_hash_table_lookup(h->guests, &id);
    if (g)
        ready_remove(&h->ready, g);
    guest_free(g, now_us);
    g_hash_table_remove(h->guests, &id);
}

static uint64_t thread_cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void tell(struct hand *h)
{
    struct tally *t = g_new(struct tally, 1);
    GHashTableIter it;
    void *guest;
    *t = h->left;
    g_hash_table_iter_init(&it, h->guests);
    while (g_hash_table_iter_next(&it, NULL, &guest))
        guest_tally(guest, t);
    t->cpu_us = thread_cpu_us();
    t->overflows = counter_get(&h->counters, COUNT_drop_rxq_overflow);
    mailbox_post(
        &h->answers,
        &(struct mail){.type = MAIL_TALLY, .a = (uint16_t)h->number, .body = t, .free_body = g_free});
}

static void handle(struct hand *h, const struct mail *m, uint64_t now_us)
{
    struct guest *g = m->type == MAIL_WANTED ? g_hash_table_lookup(h->guests, &m->id) : NULL;
    switch (m->type) {
    case MAIL_JOIN:
        join(h, m->body, now_us);
        break;
    case MAIL_LEAVE:
        leave(h, m->id, now_us);
        break;
    case MAIL_WANTED:
        if (g)
            guest_wanted(g, m->a, (uint8_t)m->b);
        break;
    case MAIL_ASK:
        tell(h);
        break;
    default:
        h->ending = true;
    }
}

static uint64_t idle_us(const struct hand *h)
{
    uint64_t now_us = clock_now_us(), next_us = timer_next_us(&h->timers);
    uint64_t wait_us = next_us <= now_us ? 0 : next_us - now_us;
    return wait_us > IDLE_US ? IDLE_US : wait_us;
}

static void run_timers(struct hand *h, uint64_t now_us)
{
    uint64_t due_us = timer_next_us(&h->timers);
    if (due_us <= now_us)
        histogram_add(&h->left.late, now_us - due_us);
    (void)timer_run(&h->timers, now_us);
}

static void turn(struct hand *h)
{
    void *who[READY_MAX];
    size_t n = ready_wait(&h->ready, idle_us(h), who);
    for (size_t i = 0; i < n; i++) {
        if (who[i])
            guest_receive(who[i], clock_now_us());
        else
            mailbox_clear(&h->box);
    }
    run_timers(h, clock_now_us());
    udp_tx_flush(&h->tx, clock_now_us());
    /* Guests go only here, where no event of theirs is left. */
    struct mail m;
    while (mailbox_take(&h->box, &m)) {
        handle(h, &m, clock_now_us());
        mail_free(&m);
    }
    (void)mailbox_sender_flush(&h->answers);
}

static void *run(void *arg)
{
    struct hand *h = arg;
    GHashTableIter it;
    void *guest;
    while (!h->ending)
        turn(h);
    g_hash_table_iter_init(&it, h->guests);
    while (g_hash_table_iter_next(&it, NULL, &guest))
        guest_free(guest, clock_now_us());
    return NULL;
}

/* --- The main thread's side ------------------------------------------------------------ */

static struct hand *hand_of(struct crew *crew, uint64_t guest)
{
    return &crew->hands[guest % crew->count];
}

static bool start(struct hand *h, struct crew *crew, const struct crew_conf *conf)
{
    h->crew = crew;
    h->guests = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    h->shared = (struct guest_shared){
        .options = conf->options,
        .dtls = crew->dtls,
        .frames = conf->frames,
        .timers = &h->timers,
        .tx = &h->tx,
        .rx = &h->rx,
        .tally = &h->left,
        .gro = conf->gro,
        .gso = conf->gso,
        .reached = on_reached,
        .arg = h,
    };
    if (ready_init(&h->ready, conf->options->spin) != 0 || mailbox_init(&h->box, BOX) != 0)
        return false;
    mailbox_sender_init(&h->orders, &h->box);
    mailbox_sender_init(&h->answers, &crew->box);
    if (udp_tx_init(&h->tx, UDP_TX_SLOTS, &h->counters) != 0 || udp_rx_init(&h->rx, &h->counters) != 0 ||
        ready_add(&h->ready, mailbox_fd(&h->box), NULL) != 0)
        return false;
    h->started = pthread_create(&h->thread, NULL, run, h) == 0;
    return h->started;
}

struct crew *crew_new(const struct crew_conf *conf, const struct crew_upcalls *up, void *arg)
{
    unsigned threads = conf->threads;
    struct crew *crew = g_new0(struct crew, 1);
    *crew = (struct crew){.up = up, .arg = arg, .count = threads};
    crew->hands = g_new0(struct hand, threads);
    crew->dtls = dtls_context_new(conf->options->srtp);
    bool ok = mailbox_init(&crew->box, BOX) == 0 && crew->dtls;
    for (unsigned i = 0; i < threads && ok; i++) {
        crew->hands[i].number = i;
        ok = start(&crew->hands[i], crew, conf);
    }
    if (ok)
        return crew;
    crew_free(crew);
    return NULL;
}

static void end(struct hand *h)
{
    if (h->started) {
        mailbox_post(&h->orders, &(struct mail){.type = MAIL_END});
        while (mailbox_sender_flush(&h->orders) > 0)
            g_usleep(1000);
        pthread_join(h->thread, NULL);
    }
    if (h->guests)
        g_hash_table_destroy(h->guests);
    ready_finish(&h->ready);
    timer_heap_finish(&h->timers);
    udp_tx_finish(&h->tx);
    udp_rx_finish(&h->rx);
    mailbox_sender_finish(&h->orders);
    mailbox_sender_finish(&h->answers);
    mailbox_finish(&h->box);
}

void crew_free(struct crew *crew)
{
    if (!crew)
        return;
    for (unsigned i = 0; i < crew->count; i++)
        end(&crew->hands[i]);
    mailbox_finish(&crew->box);
    dtls_context_free(crew->dtls);
    g_free(crew->hands);
    g_free(crew);
}

unsigned crew_threads(const struct crew *crew)
{
    return crew->count;
}

const struct sfu_fingerprint *crew_fingerprint(const struct crew *crew)
{
    return dtls_context_fingerprint(crew->dtls);
}

int crew_fd(const struct crew *crew)
{
    return mailbox_fd(&crew->box);
}

void crew_dispatch(struct crew *crew)
{
    struct mail m;
    mailbox_clear(&crew->box);
    while (mailbox_take(&crew->box, &m)) {
        if (m.type == MAIL_REACHED)
            crew->up->reached(crew->arg, m.id, (enum tally_step)m.a, m.value);
        else if (m.type == MAIL_BROKEN)
            crew->up->broken(crew->arg, m.id, -(int)m.value);
        else
            crew->up->tally(crew->arg, m.a, m.body);
        mail_free(&m);
    }
}

static void order(struct crew *crew, const struct mail *m)
{
    mailbox_post(&hand_of(crew, m->id)->orders, m);
}

void crew_join(struct crew *crew, const struct guest_plan *plan)
{
    order(crew, &(struct mail){.type = MAIL_JOIN,
                               .id = plan->id,
                               .body = g_memdup2(plan, sizeof(*plan)),
                               .free_body = g_free});
}

void crew_leave(struct crew *crew, uint64_t guest)
{
    order(crew, &(struct mail){.type = MAIL_LEAVE, .id = guest});
}

void crew_wanted(struct crew *crew, uint64_t guest, size_t track, uint8_t layers)
{
    order(crew, &(struct mail){.type = MAIL_WANTED, .id = guest, .a = (uint16_t)track, .b = layers});
}

void crew_ask(struct crew *crew)
{
    for (unsigned i = 0; i < crew->count; i++) {
        mailbox_post(&crew->hands[i].orders, &(struct mail){.type = MAIL_ASK});
        (void)mailbox_sender_flush(&crew->hands[i].orders);
    }
}
