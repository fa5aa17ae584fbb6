/* What it costs to send datagrams to a hundred viewers over loopback, by each method. What came is fetched
 * between the rounds, outside of the time that is taken, so that no receive buffer is full. */
#include "micro.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifdef HAVE_LIBURING
#include <liburing.h>
#endif

enum {
    VIEWERS = 100,
    FRAME = 10, /* datagrams to each */
    LEN = 1200,
    FRAMES = 20,
    MESSAGES = 10, /* in a sendmmsg() of whole frames */
};

struct way {
    int out, in[VIEWERS];
    int connected[VIEWERS]; /* as out, but for one viewer each */
    struct sockaddr_in to[VIEWERS];
#ifdef HAVE_LIBURING
    struct io_uring ring;
    bool has_ring; /* some systems allow none */
#endif
};

/* A frame's datagrams for each viewer. False where not all of it was taken. */
typedef bool send_fn(struct way *w);

static uint8_t bytes[FRAME * LEN];

static bool by_sendto(struct way *w)
{
    bool ok = true;
    for (size_t i = 0; i < (size_t)VIEWERS * FRAME; i++)
        ok &= sendto(w->out, bytes + i % FRAME * LEN, LEN, 0, (const struct sockaddr *)&w->to[i / FRAME],
                     sizeof(w->to[0])) == LEN;
    return ok;
}

static bool by_send(struct way *w)
{
    bool ok = true;
    for (size_t i = 0; i < (size_t)VIEWERS * FRAME; i++)
        ok &= send(w->connected[i / FRAME], bytes + i % FRAME * LEN, LEN, 0) == LEN;
    return ok;
}

static struct msghdr message_to(struct way *w, size_t viewer, struct iovec *part)
{
    return (struct msghdr){
        .msg_name = &w->to[viewer], .msg_namelen = sizeof(w->to[viewer]), .msg_iov = part, .msg_iovlen = 1};
}

static bool by_sendmmsg(struct way *w)
{
    bool ok = true;
    for (size_t i = 0; i < VIEWERS; i++) {
        struct mmsghdr messages[FRAME] = {0};
        struct iovec parts[FRAME];
        for (size_t j = 0; j < FRAME; j++) {
            parts[j] = (struct iovec){bytes + j * LEN, LEN};
            messages[j].msg_hdr = message_to(w, i, &parts[j]);
        }
        ok &= sendmmsg(w->out, messages, FRAME, 0) == FRAME;
    }
    return ok;
}

/* What tells the kernel where to cut a message. */
union segments {
    struct cmsghdr head;
    char room[CMSG_SPACE(sizeof(uint16_t))];
};

static struct msghdr frame_to(struct way *w, size_t viewer, struct iovec *part, union segments *control)
{
    struct msghdr message = message_to(w, viewer, part);
    const uint16_t segment = LEN;
    *part = (struct iovec){bytes, sizeof(bytes)};
    control->head = (struct cmsghdr){CMSG_LEN(sizeof(segment)), SOL_UDP, UDP_SEGMENT};
    memcpy(CMSG_DATA(&control->head), &segment, sizeof(segment));
    message.msg_control = control;
    message.msg_controllen = sizeof(control->room);
    return message;
}

static bool by_sendmsg_segments(struct way *w)
{
    bool ok = true;
    for (size_t i = 0; i < VIEWERS; i++) {
        union segments control;
        struct iovec part;
        const struct msghdr message = frame_to(w, i, &part, &control);
        ok &= sendmsg(w->out, &message, 0) == sizeof(bytes);
    }
    return ok;
}

static bool by_sendmmsg_segments(struct way *w)
{
    bool ok = true;
    for (size_t i = 0; i < VIEWERS; i += MESSAGES) {
        struct mmsghdr messages[MESSAGES] = {0};
        union segments controls[MESSAGES];
        struct iovec parts[MESSAGES];
        for (size_t j = 0; j < MESSAGES; j++)
            messages[j].msg_hdr = frame_to(w, i + j, &parts[j], &controls[j]);
        ok &= sendmmsg(w->out, messages, MESSAGES, 0) == MESSAGES;
    }
    return ok;
}

#ifdef HAVE_LIBURING

static void open_ring(struct way *w)
{
    w->has_ring = io_uring_queue_init(FRAME, &w->ring, 0) == 0;
}

static void close_ring(struct way *w)
{
    if (w->has_ring)
        io_uring_queue_exit(&w->ring);
}

/* True where all of them were sent. */
static bool reap(struct io_uring *ring)
{
    struct io_uring_cqe *done[FRAME];
    unsigned count = io_uring_peek_batch_cqe(ring, done, FRAME);
    bool ok = count == FRAME;
    for (unsigned i = 0; i < count; i++)
        ok &= done[i]->res == LEN;
    io_uring_cq_advance(ring, count);
    return ok;
}

static bool by_io_uring(struct way *w)
{
    bool ok = w->has_ring;
    for (size_t i = 0; ok && i < VIEWERS; i++) {
        for (size_t j = 0; j < FRAME; j++) {
            struct io_uring_sqe *next = io_uring_get_sqe(&w->ring);
            io_uring_prep_send(next, w->out, bytes + j * LEN, LEN, 0);
            io_uring_prep_send_set_addr(next, (const struct sockaddr *)&w->to[i], sizeof(w->to[i]));
        }
        ok = io_uring_submit_and_wait(&w->ring, FRAME) == FRAME && reap(&w->ring);
    }
    return ok;
}

#else

static void open_ring(struct way *w)
{
    (void)w;
}

static void close_ring(struct way *w)
{
    (void)w;
}

static bool by_io_uring(struct way *w)
{
    (void)w;
    return false;
}

#endif

static bool open_way(struct way *w)
{
    const struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    bool ok = (w->out = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) >= 0;
    for (size_t i = 0; i < VIEWERS; i++) {
        socklen_t len = sizeof(w->to[i]);
        w->in[i] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        w->connected[i] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        ok = ok && w->in[i] >= 0 && bind(w->in[i], (const struct sockaddr *)&any, sizeof(any)) == 0 &&
             getsockname(w->in[i], (struct sockaddr *)&w->to[i], &len) == 0 &&
             connect(w->connected[i], (const struct sockaddr *)&w->to[i], len) == 0;
    }
    open_ring(w);
    return ok;
}

static void close_way(struct way *w)
{
    close_ring(w);
    for (size_t i = 0; i < VIEWERS; i++) {
        if (w->in[i] >= 0)
            close(w->in[i]);
        if (w->connected[i] >= 0)
            close(w->connected[i]);
    }
    if (w->out >= 0)
        close(w->out);
}

/* True where every datagram has come. */
static bool fetch(const struct way *w)
{
    bool all = true;
    uint8_t datagram[LEN];
    for (size_t i = 0; i < VIEWERS; i++) {
        size_t n = 0;
        while (recv(w->in[i], datagram, sizeof(datagram), 0) > 0)
            n++;
        all &= n == FRAME;
    }
    return all;
}

enum method { SENDTO, SEND, SENDMMSG, IO_URING, SENDMSG_SEGMENTS, SENDMMSG_SEGMENTS };

static send_fn *const methods[] = {[SENDTO] = by_sendto,
                                   [SEND] = by_send,
                                   [SENDMMSG] = by_sendmmsg,
                                   [IO_URING] = by_io_uring,
                                   [SENDMSG_SEGMENTS] = by_sendmsg_segments,
                                   [SENDMMSG_SEGMENTS] = by_sendmmsg_segments};

static double send_by(size_t method)
{
    struct way w;
    uint64_t took_ns = 0;
    bool ok = open_way(&w);
    for (int frame = 0; ok && frame < FRAMES; frame++) {
        uint64_t start_ns = micro_now_ns();
        ok = methods[method](&w);
        took_ns += micro_now_ns() - start_ns;
        ok &= fetch(&w);
    }
    close_way(&w);
    return ok ? (double)took_ns / ((double)FRAMES * VIEWERS * FRAME) : -1;
}

const struct micro micro_udp[] = {
    {"send 1,200 bytes by UDP: sendto", send_by, SENDTO},
    {"send by a connected socket", send_by, SEND},
    {"send by sendmmsg, 10 a call", send_by, SENDMMSG},
#ifdef HAVE_LIBURING
    {"send by io_uring, 10 a call", send_by, IO_URING},
#else
    {"send by io_uring, built without liburing-dev", send_by, IO_URING},
#endif
    {"send by sendmsg with UDP_SEGMENT, 10 a message", send_by, SENDMSG_SEGMENTS},
    {"send by sendmmsg with UDP_SEGMENT, 10 such a call", send_by, SENDMMSG_SEGMENTS},
    {0},
};
