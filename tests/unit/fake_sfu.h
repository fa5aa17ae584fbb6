/* A media plane without media, for tests of the control plane: it notes what it
 * was told, and tells what the test wants told. Included by one .c file of a
 * program, which then links it instead of the real one. */
#pragma once

#include "sfu.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { FAKE_MAX = 4096 };

enum fake_event { FAKE_CONNECTED, FAKE_STATS };

struct sfu {
    const struct sfu_upcalls *up;
    void *arg;
    int fd;
    uint64_t last_id;
    struct {
        enum fake_event event;
        uint64_t transport, cookie;
    } events[FAKE_MAX];
    size_t event_count;
    bool overloaded;
    bool silent; /* connects nobody and answers no stats */

    /* What it was told. */
    size_t rooms_opened, rooms_closed, joined, updated, left, muted, viewed;
    uint64_t last_transport;
    uint32_t last_participant;
    struct sfu_transport_desc last_desc;
    size_t view_first, view_count;
    struct sfu_view_slot view[SFU_SLOTS_MAX];
    uint32_t mute_track;
    bool mute_value;
};

static struct sfu fake_sfu = {.fd = -1};

static void fake_push(struct sfu *sfu, enum fake_event event, uint64_t transport, uint64_t cookie)
{
    if (sfu->silent || sfu->fd < 0)
        return;
    assert(sfu->event_count < FAKE_MAX);
    sfu->events[sfu->event_count].event = event;
    sfu->events[sfu->event_count].transport = transport;
    sfu->events[sfu->event_count++].cookie = cookie;
    eventfd_write(sfu->fd, 1);
}

int sfu_start(const struct conf *conf, const struct sfu_upcalls *up, void *arg, struct sfu **out, char *err,
              size_t err_len)
{
    (void)conf;
    (void)err;
    (void)err_len;
    fake_sfu = (struct sfu){.up = up, .arg = arg, .fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
    *out = &fake_sfu;
    return 0;
}

void sfu_stop(struct sfu *sfu)
{
    if (sfu && sfu->fd >= 0)
        close(sfu->fd);
    if (sfu)
        sfu->fd = -1;
}

int sfu_event_fd(const struct sfu *sfu)
{
    return sfu->fd;
}

void sfu_dispatch(struct sfu *sfu)
{
    eventfd_t value;
    size_t count = sfu->event_count;
    eventfd_read(sfu->fd, &value);
    sfu->event_count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct sfu_transport_stats stats = {
            .transport = sfu->events[i].transport, .rtt_us = 12500, .srtp_profile = "AEAD_AES_128_GCM"};
        if (sfu->events[i].event == FAKE_CONNECTED)
            sfu->up->connected(sfu->arg, sfu->events[i].transport);
        else
            sfu->up->stats(sfu->arg, sfu->events[i].cookie, &stats);
    }
}

const struct sfu_fingerprint *sfu_our_fingerprint(const struct sfu *sfu)
{
    static const struct sfu_fingerprint fingerprint = {.hash = SFU_SHA256, .len = 32, .value = {1, 2, 3}};
    (void)sfu;
    return &fingerprint;
}

uint64_t sfu_room_open(struct sfu *sfu)
{
    sfu->rooms_opened++;
    return ++sfu->last_id;
}

void sfu_room_close(struct sfu *sfu, uint64_t room)
{
    (void)room;
    sfu->rooms_closed++;
}

uint64_t sfu_place(struct sfu *sfu, uint64_t room)
{
    (void)room;
    return ++sfu->last_id;
}

size_t sfu_candidates(const struct sfu *sfu, uint64_t transport, struct sockaddr_storage *out, size_t max)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(7900)};
    (void)sfu;
    (void)transport;
    if (max == 0)
        return 0;
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    memset(out, 0, sizeof(*out));
    memcpy(out, &address, sizeof(address));
    return 1;
}

void sfu_join(struct sfu *sfu, uint64_t transport, uint64_t room, uint32_t participant,
              const struct sfu_transport_desc *desc)
{
    (void)room;
    sfu->joined++;
    sfu->last_participant = participant;
    sfu->last_desc = *desc;
    sfu->last_transport = transport;
    fake_push(sfu, FAKE_CONNECTED, transport, 0);
}

bool sfu_overloaded(const struct sfu *sfu, uint64_t room)
{
    (void)room;
    return sfu->overloaded;
}

size_t sfu_counters(const struct sfu *sfu, char *buf, size_t len)
{
    (void)sfu;
    if (len)
        *buf = '\0';
    return 0;
}

struct sfu_load sfu_load(const struct sfu *sfu)
{
    (void)sfu;
    return (struct sfu_load){.busy = 1};
}

void sfu_update(struct sfu *sfu, uint64_t transport, const struct sfu_transport_desc *desc)
{
    (void)transport;
    sfu->updated++;
    sfu->last_desc = *desc;
}

void sfu_leave(struct sfu *sfu, uint64_t transport)
{
    (void)transport;
    sfu->left++;
}

void sfu_view(struct sfu *sfu, uint64_t transport, size_t first, const struct sfu_view_slot *slots,
              size_t count)
{
    (void)transport;
    sfu->viewed++;
    sfu->view_first = first;
    sfu->view_count = count;
    assert(first + count <= SFU_SLOTS_MAX);
    memcpy(sfu->view + first, slots, count * sizeof(*slots));
}

void sfu_mute(struct sfu *sfu, uint64_t transport, uint32_t track, bool muted)
{
    (void)transport;
    sfu->muted++;
    sfu->mute_track = track;
    sfu->mute_value = muted;
}

void sfu_stats(struct sfu *sfu, uint64_t transport, uint64_t cookie)
{
    fake_push(sfu, FAKE_STATS, transport, cookie);
}
