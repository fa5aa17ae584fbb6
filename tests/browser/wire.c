/* plenum-wire DEVICE DEVICE MS JITTER
 * Carries Ethernet frames between two devices, each MS plus up to JITTER milliseconds late, in order: what
 * the kernel's netem does where there is one. The jitter is the same in every run. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum {
    FRAME_MAX = 2048, /* with the header that says whose checksum is still to be made */
    WAITING_MAX = 4096,
};

struct frame {
    uint64_t due_us;
    size_t len;
    uint8_t bytes[FRAME_MAX];
};

/* One direction: frames in the order in which they came, which is the order in which they are due. */
struct way {
    int from, to; /* sockets */
    uint32_t random;
    uint64_t last_due_us;
    size_t first, count;
    struct frame waiting[WAITING_MAX];
};

static struct way ways[2];
static uint64_t delay_us, jitter_us;

static uint64_t clock_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void give_up(const char *what)
{
    fprintf(stderr, "plenum-wire: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int open_device(const char *name)
{
    int on = 1, fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET,
        .sll_protocol = htons(ETH_P_ALL),
        .sll_ifindex = (int)if_nametoindex(name),
    };
    if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)) != 0 ||
        setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) != 0 ||
        bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
        give_up(name);
    return fd;
}

static uint64_t lateness(struct way *w)
{
    w->random = w->random * 1664525u + 1013904223u;
    return delay_us + (w->random >> 8) * jitter_us / (1u << 24);
}

static void take(struct way *w)
{
    while (w->count < WAITING_MAX) {
        struct frame *f = &w->waiting[(w->first + w->count) % WAITING_MAX];
        ssize_t len = recv(w->from, f->bytes, sizeof(f->bytes), MSG_TRUNC);
        if (len < 0)
            return;
        if ((size_t)len > sizeof(f->bytes)) {
            fprintf(stderr, "plenum-wire: a frame of %zd bytes is too long\n", len);
            continue;
        }
        uint64_t due_us = clock_us() + lateness(w);
        w->last_due_us = due_us > w->last_due_us ? due_us : w->last_due_us;
        f->due_us = w->last_due_us;
        f->len = (size_t)len;
        w->count++;
    }
}

/* Returns when the next is due. */
static uint64_t give(struct way *w, uint64_t now_us)
{
    while (w->count > 0) {
        struct frame *f = &w->waiting[w->first];
        if (f->due_us > now_us)
            return f->due_us;
        if (send(w->to, f->bytes, f->len, 0) < 0 && errno != ENOBUFS && errno != ENETDOWN)
            give_up("send");
        w->first = (w->first + 1) % WAITING_MAX;
        w->count--;
    }
    return UINT64_MAX;
}

static void wait_until(uint64_t next_us)
{
    struct pollfd fds[2] = {{.fd = ways[0].from, .events = POLLIN}, {.fd = ways[1].from, .events = POLLIN}};
    uint64_t now_us = clock_us(), us = next_us > now_us ? next_us - now_us : 0;
    struct timespec t = {(time_t)(us / 1000000), (long)(us % 1000000 * 1000)};
    if (ppoll(fds, 2, next_us == UINT64_MAX ? NULL : &t, NULL) < 0 && errno != EINTR)
        give_up("poll");
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: plenum-wire DEVICE DEVICE MS JITTER\n");
        return 2;
    }
    delay_us = strtoul(argv[3], NULL, 10) * 1000;
    jitter_us = strtoul(argv[4], NULL, 10) * 1000;
    ways[0].from = ways[1].to = open_device(argv[1]);
    ways[1].from = ways[0].to = open_device(argv[2]);
    puts("ready");
    fflush(stdout);
    for (;;) {
        uint64_t next_us = UINT64_MAX;
        for (size_t i = 0; i < 2; i++) {
            take(&ways[i]);
            uint64_t due_us = give(&ways[i], clock_us());
            next_us = due_us < next_us ? due_us : next_us;
        }
        wait_until(next_us);
    }
}
