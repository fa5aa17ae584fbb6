#include "call.h"

#include "pace.h"

#include <glib.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SOCKET_BUFFER = 1 << 20 };

/* --- Events --------------------------------------------------------------------- */

static struct person *person_of(struct call *c, uint64_t transport)
{
    for (size_t i = 0; i < CALL_PEOPLE_MAX; i++) {
        if (c->people[i].peer && c->people[i].transport == transport)
            return &c->people[i];
    }
    return NULL;
}

static void on_connected(void *arg, uint64_t transport)
{
    struct person *p = person_of(arg, transport);
    if (p)
        p->connected = true;
}

static void on_gone(void *arg, uint64_t transport, enum sfu_gone why)
{
    struct person *p = person_of(arg, transport);
    if (!p)
        return;
    assert_false(p->gone); /* told once */
    p->gone = true;
    p->why = why;
}

static void on_slots(void *arg, uint64_t transport, const struct sfu_slot_event *slots, size_t count)
{
    struct person *p = person_of(arg, transport);
    for (size_t i = 0; p && i < count; i++) {
        assert_true(slots[i].slot < p->desc.media.slot_count && slots[i].why < SFU_WHY_COUNT);
        assert_int_not_equal(slots[i].participant, p->participant);
        p->slots[slots[i].slot] = slots[i];
        p->slot_events[slots[i].slot]++;
    }
}

static void on_speakers(void *arg, uint64_t room, const struct sfu_speaker_event *speakers, size_t count)
{
    struct call *c = arg;
    assert_true(count <= SFU_SPEAKERS_MAX);
    if (room != c->room)
        return;
    if (count)
        memcpy(c->speakers, speakers, count * sizeof(*speakers));
    c->speaker_count = count;
    c->speaker_events++;
}

/* What begins again begins with a key frame, as in browsers. */
static void obey(struct person *p, size_t track, uint8_t layers)
{
    const struct sfu_track_desc *desc = &p->desc.media.tracks[track];
    for (unsigned i = 0; i < desc->rid_count || i == 0; i++) {
        struct source *s = peer_source(p->peer, track, i);
        bool wanted = layers & 1u << i;
        s->key_due |= wanted && s->paused;
        s->paused = !wanted;
    }
}

static void on_wanted(void *arg, uint64_t transport, uint32_t track, uint8_t layers)
{
    struct person *p = person_of(arg, transport);
    for (size_t i = 0; p && i < p->desc.media.track_count; i++) {
        if (p->desc.media.tracks[i].id != track)
            continue;
        assert_int_equal(p->desc.media.tracks[i].kind, RTP_VIDEO);
        assert_int_not_equal(p->wanted[i], layers); /* news only */
        p->wanted[i] = layers;
        p->wanted_events++;
        if (p->obedient)
            obey(p, i, layers);
    }
}

static void on_stats(void *arg, uint64_t cookie, const struct sfu_transport_stats *stats)
{
    struct person *p = person_of(arg, stats->transport);
    if (!p)
        return;
    p->stats = *stats;
    p->stats_cookie = cookie;
}

static void on_load(void *arg, unsigned worker, const struct sfu_load *load)
{
    (void)arg;
    (void)worker;
    (void)load;
}

static const struct sfu_upcalls sfu_upcalls = {on_connected, on_gone,  on_slots, on_speakers,
                                               on_wanted,    on_stats, on_load};

/* --- The call --------------------------------------------------------------------- */

struct call *call_new(unsigned workers)
{
    if (workers == 1 && getenv("PLENUM_SPREAD"))
        return call_new_spread(2, 1);
    return call_new_spread(workers, 0);
}

struct call *call_new_spread(unsigned workers, unsigned spread)
{
    struct call *c = calloc(1, sizeof(*c));
    char count[32], threshold[32], err[256] = "";
    assert_non_null(c);
    snprintf(count, sizeof(count), "rtc.workers=%u", workers);
    snprintf(threshold, sizeof(threshold), "rtc.spread=%u", spread);
    /* The machine may be busy with other things: that is not to thin out what is tested. */
    char *sets[] = {(char *)"rtc.address=127.0.0.1", (char *)"limits.load=100", count, threshold};
    assert_int_equal(conf_load(&c->conf, NULL, sets, COUNT(sets), err, sizeof(err)), 0);
    c->conf.rtc.port = 0; /* whichever are free */
    if (sfu_start(&c->conf, &sfu_upcalls, c, &c->sfu, err, sizeof(err)) != 0)
        fail_msg("%s", err);
    pace_begin();
    c->room = sfu_room_open(c->sfu);
    return c;
}

void call_free(struct call *c)
{
    pace_end();
    sfu_stop(c->sfu);
    for (size_t i = 0; i < CALL_PEOPLE_MAX; i++)
        call_forget(&c->people[i]);
    conf_finish(&c->conf);
    free(c);
}

static void receive(struct person *p)
{
    uint8_t datagram[2048];
    ssize_t len;
    while (p->peer && (len = recv(p->fd, datagram, sizeof(datagram), MSG_DONTWAIT)) > 0) {
        if (p->lose_in && p->lose_in(p, datagram, (size_t)len))
            p->lost++;
        else if (p->pipe)
            pipe_put(p->pipe, datagram, (size_t)len, clock_now_us());
        else
            peer_receive(p->peer, datagram, (size_t)len, clock_now_us());
    }
    struct pipe_datagram *d;
    while (p->pipe && (d = pipe_take(p->pipe, clock_now_us())) != NULL)
        peer_receive(p->peer, d->bytes, d->len, d->leaves_us);
}

void call_turn(struct call *c)
{
    struct pollfd fds[CALL_PEOPLE_MAX + 1] = {{.fd = sfu_event_fd(c->sfu), .events = POLLIN}};
    pace_turn();
    uint64_t now_us = clock_now_us(), next_us = now_us + PACE_US;
    for (size_t i = 0; i < CALL_PEOPLE_MAX; i++) {
        struct person *p = &c->people[i];
        fds[i + 1] = (struct pollfd){.fd = p->peer ? p->fd : -1, .events = POLLIN};
        uint64_t at_us = p->peer ? peer_tick(p->peer, now_us) : UINT64_MAX;
        next_us = at_us < next_us ? at_us : next_us;
        at_us = p->pipe ? pipe_due_us(p->pipe) : UINT64_MAX;
        next_us = at_us < next_us ? at_us : next_us;
    }
    now_us = clock_now_us();
    (void)poll(fds, COUNT(fds), next_us > now_us ? (int)((next_us - now_us + 999) / 1000) : 0);
    for (size_t i = 0; i < CALL_PEOPLE_MAX; i++)
        receive(&c->people[i]);
    sfu_dispatch(c->sfu);
}

uint64_t call_counter(const struct call *c, const char *name)
{
    char text[8192], line[64];
    assert_true(sfu_counters(c->sfu, text, sizeof(text)) < sizeof(text));
    snprintf(line, sizeof(line), "%s ", name);
    for (const char *at = text; (at = strstr(at, line)) != NULL; at++) {
        if (at == text || at[-1] == '\n')
            return strtoull(at + strlen(line), NULL, 10);
    }
    fail_msg("no counter %s", name);
    return 0;
}

/* --- People ----------------------------------------------------------------------------- */

static void output(void *arg, const uint8_t *datagram, size_t len)
{
    struct person *p = arg;
    if (p->lose_out && p->lose_out(p, datagram, len))
        p->lost++;
    else
        person_send_raw(p, datagram, len);
}

static void media(void *arg, const uint8_t *rtp, size_t len)
{
    const struct person *p = arg;
    if (p->look)
        p->look(p->look_arg, rtp, len);
}

static const struct peer_upcalls peer_upcalls = {output, media};

void person_send_raw(struct person *p, const void *bytes, size_t len)
{
    (void)!sendto(p->fd, bytes, len, 0, (struct sockaddr *)&p->server, sizeof(struct sockaddr_in));
}

static int open_socket(void)
{
    int size = SOCKET_BUFFER, fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&any, sizeof(any)), 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    return fd;
}

void person_move(struct person *p)
{
    int fd = open_socket(); /* before the old one is closed, or it may get the same port */
    close(p->fd);
    p->fd = fd;
    peer_check_soon(p->peer);
}

static void hush(struct person *p)
{
    for (size_t i = 0; i < p->peer->source_count; i++)
        p->peer->sources[i].conf.level = QUIET;
}

void person_narrow(struct person *p, uint32_t bps, uint32_t queue_us)
{
    if (!p->pipe)
        p->pipe = calloc(1, sizeof(*p->pipe));
    assert_non_null(p->pipe);
    p->pipe->bps = bps;
    p->pipe->queue_us = queue_us;
}

void person_widen(struct person *p)
{
    person_narrow(p, 0, UINT32_MAX);
}

struct person *call_join(struct call *c, const struct wish *wish)
{
    size_t at = 0;
    while (c->people[at].peer)
        assert_true(++at < CALL_PEOPLE_MAX);
    struct person *p = &c->people[at];
    *p = (struct person){.call = c, .participant = ++c->last_participant, .fd = open_socket()};
    for (size_t i = 0; i < SFU_SLOTS_MAX; i++)
        p->slots[i].why = SFU_WHY_EMPTY; /* as long as nothing is told */
    for (size_t i = 0; i < SFU_TRACKS_MAX; i++)
        p->wanted[i] = (uint8_t)((1u << (wish->layers > 1 ? wish->layers : 1)) - 1);
    p->obedient = wish->obedient;
    p->dtls = dtls_context_new(wish->profiles);
    assert_non_null(p->dtls);
    p->transport = sfu_place(c->sfu, c->room);
    assert_true(p->transport != 0);
    assert_true(sfu_candidates(c->sfu, p->transport, &p->server, 1) == 1);
    wish_describe(wish, p->participant, dtls_context_fingerprint(p->dtls), &p->desc);
    const struct peer_conf conf = {
        .server = &p->desc,
        .server_fingerprint = *sfu_our_fingerprint(c->sfu),
        .clock_offset_us = wish->clock_offset_us,
        .silent = wish->silent,
        .feedback = wish->feedback,
        .remb_bps = wish->remb_bps,
    };
    uint64_t random = (uint64_t)g_random_int() << 32 | g_random_int();
    p->peer = peer_new(p->dtls, &conf, &peer_upcalls, p, random, clock_now_us());
    assert_non_null(p->peer);
    hush(p);
    sfu_join(c->sfu, p->transport, c->room, p->participant, &p->desc);
    return p;
}

struct person *call_join_now(struct call *c, const struct wish *wish)
{
    struct person *p = call_join(c, wish);
    UNTIL(c, p->connected && peer_connected(p->peer));
    return p;
}

void call_forget(struct person *p)
{
    if (!p->peer)
        return;
    peer_free(p->peer);
    p->peer = NULL;
    free(p->pipe);
    p->pipe = NULL;
    dtls_context_free(p->dtls);
    close(p->fd);
}

void call_update(struct person *p)
{
    sfu_update(p->call->sfu, p->transport, &p->desc);
    assert_int_equal(peer_update(p->peer, &p->desc.media, g_random_int(), clock_now_us()), 0);
}

void call_leave(struct person *p)
{
    sfu_leave(p->call->sfu, p->transport);
    call_forget(p);
}

const struct sfu_transport_stats *person_stats(struct person *p)
{
    static uint64_t cookie;
    sfu_stats(p->call->sfu, p->transport, ++cookie);
    UNTIL(p->call, p->stats_cookie == cookie);
    return &p->stats;
}

uint32_t person_track(const struct person *p, enum rtp_kind kind)
{
    for (size_t i = 0; i < p->desc.media.track_count; i++) {
        if (p->desc.media.tracks[i].kind == kind)
            return p->desc.media.tracks[i].id;
    }
    fail_msg("no such track");
    return 0;
}

size_t person_slot(const struct person *p, enum rtp_kind kind, size_t n)
{
    for (size_t i = 0; i < p->desc.media.slot_count; i++) {
        if (p->desc.media.slots[i].kind == kind && n-- == 0)
            return i;
    }
    fail_msg("no such slot");
    return 0;
}

struct sink *person_sink(const struct person *p, enum rtp_kind kind, size_t n)
{
    return &p->peer->sinks[person_slot(p, kind, n)];
}

static void describe_slot(const struct person *p, size_t slot, uint64_t now_us)
{
    const struct sink *s = &p->peer->sinks[slot];
    const struct sfu_slot_event *told = &p->slots[slot];
    fprintf(stderr, "  %s slot %zu: told %u times, track %u, why %d; came %lu, of %u",
            s->kind == RTP_AUDIO ? "audio" : "video", slot, p->slot_events[slot], told->track, (int)told->why,
            s->packets, s->csrc);
    if (s->packets)
        fprintf(stderr, ", the last %lu ms ago", (now_us - s->arrived_us) / 1000);
    fprintf(stderr, "\n");
}

void call_describe(const struct call *c)
{
    uint64_t now_us = clock_now_us();
    for (size_t i = 0; i < CALL_PEOPLE_MAX; i++) {
        const struct person *p = &c->people[i];
        if (!p->peer)
            continue;
        fprintf(stderr, "participant %u%s:", p->participant, p->connected ? "" : ", not connected");
        for (size_t j = 0; j < p->desc.media.track_count; j++)
            fprintf(stderr, " track %u, layers wanted %x;", p->desc.media.tracks[j].id, p->wanted[j]);
        fprintf(stderr, "\n");
        for (size_t j = 0; j < p->peer->sink_count; j++)
            describe_slot(p, j, now_us);
    }
    for (size_t i = 0; i < c->speaker_count; i++)
        fprintf(stderr, "speaker %u%s\n", c->speakers[i].participant,
                c->speakers[i].dominant ? ", dominant" : "");
}

void person_assert_sound(const struct person *p)
{
    assert_int_equal(p->peer->undecryptable, 0);
    assert_int_equal(p->peer->strangers, 0);
    for (size_t i = 0; i < p->peer->sink_count; i++) {
        const struct sink *s = &p->peer->sinks[i];
        if (sink_faults(s))
            fail_msg("slot %zu: %lu corrupt, %lu stale, %lu timestamps back, %lu pictures broken, %lu cold",
                     i, s->corrupt, s->stale, s->timestamps_back, s->pictures_broken, s->cold_switches);
    }
}
