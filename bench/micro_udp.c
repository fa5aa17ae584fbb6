/* What it costs to send datagrams to a hundred viewers over loopback, by each method. What came is fetched
 * between the rounds, outside of the time that is taken, so that no receive buffer is full. */
#include "micro.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    VIEWERS = 100,
    FRAME = 10, /* datagrams to each */
    LEN = 1200,
    FRAMES = 20,
};

struct way {
    int out, in[VIEWERS];
    struct sockaddr_in to[VIEWERS];
};

/* A frame's datagrams for one viewer. False where not all of it was taken. */
typedef bool send_fn(const struct way *w, size_t viewer);

static uint8_t bytes[FRAME * LEN];

static bool send_each(const struct way *w, size_t viewer)
{
    bool ok = true;
    for (size_t i = 0; i < FRAME; i++)
        ok &= sendto(w->out, bytes + i * LEN, LEN, 0, (const struct sockaddr *)&w->to[viewer],
                     sizeof(w->to[viewer])) == LEN;
    return ok;
}

static bool send_many(const struct way *w, size_t viewer)
{
    struct mmsghdr messages[FRAME] = {0};
    struct iovec parts[FRAME];
    for (size_t i = 0; i < FRAME; i++) {
        parts[i] = (struct iovec){bytes + i * LEN, LEN};
        messages[i].msg_hdr = (struct msghdr){.msg_name = (void *)(uintptr_t)&w->to[viewer],
                                              .msg_namelen = sizeof(w->to[viewer]),
                                              .msg_iov = &parts[i],
                                              .msg_iovlen = 1};
    }
    return sendmmsg(w->out, messages, FRAME, 0) == FRAME;
}

static bool send_segments(const struct way *w, size_t viewer)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(uint16_t))];
    } control = {0};
    struct iovec part = {bytes, sizeof(bytes)};
    struct mmsghdr message = {.msg_hdr = {.msg_name = (void *)(uintptr_t)&w->to[viewer],
                                          .msg_namelen = sizeof(w->to[viewer]),
                                          .msg_iov = &part,
                                          .msg_iovlen = 1,
                                          .msg_control = &control,
                                          .msg_controllen = sizeof(control.room)}};
    const uint16_t segment = LEN;
    control.head = (struct cmsghdr){CMSG_LEN(sizeof(segment)), SOL_UDP, UDP_SEGMENT};
    memcpy(CMSG_DATA(&control.head), &segment, sizeof(segment));
    return sendmmsg(w->out, &message, 1, 0) == 1;
}

static bool open_way(struct way *w)
{
    const struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    bool ok = (w->out = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) >= 0;
    for (size_t i = 0; i < VIEWERS; i++) {
        socklen_t len = sizeof(w->to[i]);
        w->in[i] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        ok = ok && w->in[i] >= 0 && bind(w->in[i], (const struct sockaddr *)&any, sizeof(any)) == 0 &&
             getsockname(w->in[i], (struct sockaddr *)&w->to[i], &len) == 0;
    }
    return ok;
}

static void close_way(const struct way *w)
{
    for (size_t i = 0; i < VIEWERS; i++) {
        if (w->in[i] >= 0)
            close(w->in[i]);
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

static double send_by(send_fn *method)
{
    struct way w;
    uint64_t took_ns = 0;
    bool ok = open_way(&w);
    for (int frame = 0; ok && frame < FRAMES; frame++) {
        uint64_t start_ns = micro_now_ns();
        for (size_t i = 0; i < VIEWERS; i++)
            ok &= method(&w, i);
        took_ns += micro_now_ns() - start_ns;
        ok &= fetch(&w);
    }
    close_way(&w);
    return ok ? (double)took_ns / ((double)FRAMES * VIEWERS * FRAME) : -1;
}

static double by_sendto(size_t unused)
{
    (void)unused;
    return send_by(send_each);
}

static double by_sendmmsg(size_t unused)
{
    (void)unused;
    return send_by(send_many);
}

static double by_segments(size_t unused)
{
    (void)unused;
    return send_by(send_segments);
}

const struct micro micro_udp[] = {
    {"send 1,200 bytes by UDP: sendto", by_sendto, 0},
    {"send by sendmmsg, 10 a call", by_sendmmsg, 0},
    {"send by sendmmsg with UDP_SEGMENT, 10 a message", by_segments, 0},
    {0},
};
