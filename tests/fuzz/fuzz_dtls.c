/* A DTLS server and client of ours with someone in between who drops, doubles,
 * changes and makes up datagrams. */
#include "bytes.h"
#include "dtls.h"

#include <stdlib.h>

enum { QUEUE_MAX = 128, DATAGRAM_MAX = 1500, STEPS_MAX = 128 };
enum { PASS, DROP, DOUBLE, CHANGE, INJECT, SEND, ACTIONS };

struct datagram {
    size_t len;
    uint8_t bytes[DATAGRAM_MAX];
};

struct end {
    struct dtls *dtls;
    struct datagram queue[QUEUE_MAX]; /* sent, not yet taken from it */
    size_t count;
};

static void on_output(void *arg, const uint8_t *p, size_t len)
{
    struct end *end = arg;
    if (len > DTLS_OUTPUT_MAX)
        abort();
    if (end->count == QUEUE_MAX)
        return;
    end->queue[end->count].len = len;
    memcpy(end->queue[end->count++].bytes, p, len);
}

/* Only what the other end sent may come out. */
static void on_data(void *arg, const uint8_t *p, size_t len)
{
    (void)arg;
    if (len != 5 || memcmp(p, "hello", 5) != 0)
        abort();
}

static const struct dtls_upcalls upcalls = {on_output, on_data};

static bool take(struct end *end, struct datagram *d)
{
    if (end->count == 0)
        return false;
    *d = end->queue[0];
    memmove(end->queue, end->queue + 1, --end->count * sizeof(end->queue[0]));
    return true;
}

static void step(struct end *from, struct end *to, unsigned action, struct rd *r)
{
    struct datagram d;
    size_t len;
    switch (action) {
    case INJECT:
        len = rd_u8(r) * (size_t)4;
        len = len < rd_left(r) ? len : rd_left(r);
        dtls_feed(to->dtls, rd_bytes(r, len), len);
        return;
    case SEND:
        if (dtls_state(from->dtls) == DTLS_CONNECTED &&
            dtls_send(from->dtls, (const uint8_t *)"hello", 5) != 0)
            abort();
        return;
    default:
        break;
    }
    if (!take(from, &d) || action == DROP)
        return;
    if (action == CHANGE)
        for (size_t n = rd_u8(r) % 4 + 1; n > 0; n--)
            d.bytes[rd_u16(r) % d.len] ^= rd_u8(r);
    if (action == DOUBLE)
        dtls_feed(to->dtls, d.bytes, d.len);
    dtls_feed(to->dtls, d.bytes, d.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct dtls_context *ctx;
    static struct end end[2];
    struct rd r = rd_init(data, size);
    if (!ctx && !(ctx = dtls_context_new(NULL)))
        abort();
    for (size_t i = 0; i < 2; i++) {
        end[i].count = 0;
        end[i].dtls = dtls_new(ctx, i == 0, dtls_context_fingerprint(ctx), &upcalls, &end[i], 1);
        if (!end[i].dtls)
            abort();
    }
    dtls_start(end[0].dtls);
    for (size_t i = 0; i < STEPS_MAX && rd_left(&r) > 0; i++) {
        uint8_t byte = rd_u8(&r);
        step(&end[byte & 1], &end[!(byte & 1)], (byte >> 1) % ACTIONS, &r);
    }
    for (size_t i = 0; i < 2; i++)
        dtls_free(end[i].dtls);
    return 0;
}
