/* Two DTLS sessions and the datagrams between them. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "bytes.h"
#include "dtls.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { QUEUE_MAX = 256, DATAGRAM_MAX = 2048, CLIENT = 0, SERVER = 1, NOW_US = 1000000 };

struct datagram {
    size_t len;
    uint8_t bytes[DATAGRAM_MAX];
};

/* What one end sent and the other has not been given yet. */
struct queue {
    struct datagram at[QUEUE_MAX];
    size_t head, count;
    size_t sent; /* in all */
};

struct end {
    struct dtls_context *ctx;
    struct dtls *dtls;
    struct queue out;
    uint8_t data[DATAGRAM_MAX]; /* the last record that came */
    size_t data_len, data_count;
};

struct link {
    struct end end[2];
};

static void on_output(void *arg, const uint8_t *p, size_t len)
{
    struct end *end = arg;
    assert_true(len > 0 && len <= DTLS_OUTPUT_MAX);
    assert_true(end->out.head + end->out.count < QUEUE_MAX);
    struct datagram *d = &end->out.at[end->out.head + end->out.count++];
    memcpy(d->bytes, p, len);
    d->len = len;
    end->out.sent++;
}

static void on_data(void *arg, const uint8_t *p, size_t len)
{
    struct end *end = arg;
    assert_true(len <= sizeof(end->data));
    memcpy(end->data, p, len);
    end->data_len = len;
    end->data_count++;
}

static const struct dtls_upcalls upcalls = {on_output, on_data};

/* What each end knows of SRTP, as for dtls_context_new(). */
struct link_profiles {
    const char *client, *server;
};

/* profiles: NULL = all, of both. expected: NULL = the fingerprint that the other really has. */
static inline struct link *link_new(const struct link_profiles *profiles,
                                    const struct sfu_fingerprint *expected_by_client,
                                    const struct sfu_fingerprint *expected_by_server)
{
    struct link *l = calloc(1, sizeof(*l));
    assert_non_null(l);
    struct end *client = &l->end[CLIENT], *server = &l->end[SERVER];
    client->ctx = dtls_context_new(profiles ? profiles->client : NULL);
    server->ctx = dtls_context_new(profiles ? profiles->server : NULL);
    assert_non_null(client->ctx);
    assert_non_null(server->ctx);
    if (!expected_by_client)
        expected_by_client = dtls_context_fingerprint(server->ctx);
    if (!expected_by_server)
        expected_by_server = dtls_context_fingerprint(client->ctx);
    client->dtls = dtls_new(client->ctx, true, expected_by_client, &upcalls, client, NOW_US);
    server->dtls = dtls_new(server->ctx, false, expected_by_server, &upcalls, server, NOW_US);
    assert_non_null(client->dtls);
    assert_non_null(server->dtls);
    return l;
}

static inline void link_free(struct link *l)
{
    for (size_t i = 0; i < 2; i++) {
        dtls_free(l->end[i].dtls);
        dtls_context_free(l->end[i].ctx);
    }
    free(l);
}

/* The oldest datagram of a queue, or NULL. Valid until something is sent. */
static inline const struct datagram *queue_pop(struct queue *q)
{
    if (q->count == 0)
        return NULL;
    q->count--;
    const struct datagram *d = &q->at[q->head++];
    if (q->count == 0)
        q->head = 0;
    return d;
}

/* Give everything to the other side until both are quiet. */
static inline void link_run(struct link *l)
{
    bool moved = true;
    while (moved) {
        moved = false;
        for (size_t i = 0; i < 2; i++) {
            const struct datagram *d = queue_pop(&l->end[i].out);
            if (!d)
                continue;
            struct datagram copy = *d;
            dtls_feed(l->end[!i].dtls, copy.bytes, copy.len);
            moved = true;
        }
    }
}

static inline bool link_connected(const struct link *l)
{
    return dtls_state(l->end[CLIENT].dtls) == DTLS_CONNECTED &&
           dtls_state(l->end[SERVER].dtls) == DTLS_CONNECTED;
}

/* Sleep until the next retransmission and let it happen. False where no timer runs. */
static inline bool link_wait(struct link *l)
{
    uint64_t in_us, first = UINT64_MAX;
    for (size_t i = 0; i < 2; i++)
        if (dtls_next_timeout(l->end[i].dtls, &in_us) && in_us < first)
            first = in_us;
    if (first == UINT64_MAX)
        return false;
    struct timespec pause = {(time_t)(first / 1000000), (long)(first % 1000000) * 1000 + 1000000};
    pause.tv_sec += pause.tv_nsec / 1000000000;
    pause.tv_nsec %= 1000000000;
    nanosleep(&pause, NULL);
    for (size_t i = 0; i < 2; i++)
        dtls_on_timeout(l->end[i].dtls);
    return true;
}
