#include "fanout.h"

#include "room.h"
#include "source.h"
#include "track.h"
#include "transport.h"
#include "worker.h"

#include <stdlib.h>

enum {
    FRAME_PACKETS = 8,
    PAYLOAD_LEN = 1150,
    FRAME_US = 32000, /* with that 250 packets a second */
    MAILBOX = 65536,
};

struct fanout {
    struct dtls_context *dtls;
    struct mailbox control;
    struct worker worker;
    struct room *room;
    struct transport *publisher;
    struct layer *layer;
    struct source source;
    struct sfu_media_desc media;
    const struct seal_engine *engine;
    uint64_t now_us, next_id;
    uint16_t transport_seq;
};

/* --- What stands in for the machine ---------------------------------------------------- */

static uint64_t swallowed; /* datagrams; one thread */

/* sendmmsg(2) of a kernel that takes everything at once. */
static int swallow(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    (void)fd;
    (void)flags;
    for (unsigned i = 0; i < count; i++) {
        swallowed += messages[i].msg_hdr.msg_iovlen;
        messages[i].msg_len = 0;
        for (size_t j = 0; j < messages[i].msg_hdr.msg_iovlen; j++)
            messages[i].msg_len += (unsigned)messages[i].msg_hdr.msg_iov[j].iov_len;
    }
    return (int)count;
}

static bool null_usable(void)
{
    return true;
}

static void *null_open(const uint8_t *key, size_t key_len)
{
    static char state;
    (void)key;
    (void)key_len;
    return &state;
}

static void null_close(void *state)
{
    (void)state;
}

static int null_seal(void *state, const uint8_t iv[SEAL_IV_LEN], const struct seal_packet *packet,
                     uint8_t *out)
{
    (void)state;
    memcpy(out, packet->patch, packet->patch_len);
    memcpy(out + packet->patch_len, packet->rest, packet->rest_len);
    memcpy(out + packet->patch_len + packet->rest_len, iv, SEAL_IV_LEN);
    return 0;
}

const struct seal_engine fanout_null_engine = {
    .name = "null", .usable = null_usable, .open = null_open, .close = null_close, .seal = null_seal};

/* --- Who is there ------------------------------------------------------------------------- */

static const struct rtp_ext_map exts = {.id = {[RTP_EXT_MID] = 1, [RTP_EXT_TRANSPORT_CC] = 2}, .mixed = true};

static struct sfu_transport_desc describe(struct fanout *f)
{
    struct sfu_transport_desc d = {.fingerprint = {.hash = SFU_SHA256, .len = 32}};
    snprintf(d.ufrag, sizeof(d.ufrag), "%016llx", (unsigned long long)++f->next_id);
    snprintf(d.pwd, sizeof(d.pwd), "a password of 22 bytes");
    d.media.exts = exts;
    d.media.formats[0] = (struct sfu_format){
        .codec = RTP_CODEC_VP8, .pt = 96, .rtx_pt = 97, .nack = true, .pli = true, .transport_cc = true};
    d.media.format_count = 1;
    return d;
}

/* As if ICE and DTLS had been done. */
static bool go_online(struct fanout *f, struct transport *t)
{
    struct keys keys = {.profile = KEYS_AEAD_AES_128_GCM};
    struct addr to = {.family = AF_INET, .port = (uint16_t)(1024 + f->next_id % 60000), .ip = {127, 0, 0, 1}};
    put_u32(keys.local.key, (uint32_t)f->next_id);
    t->connection.seal = seal_new(&keys, f->engine);
    t->connection.secure = secure_new(&keys);
    t->connected = true;
    udp_dest_set(&f->worker.tx, &t->connection.dest, &f->worker.sockets.at[0], &to);
    return t->connection.seal && t->connection.secure;
}

static bool add_publisher(struct fanout *f)
{
    struct sfu_transport_desc d = describe(f);
    d.media.tracks[d.media.track_count++] =
        (struct sfu_track_desc){.id = 1, .kind = RTP_VIDEO, .source = SFU_CAMERA, .mid = "0", .ssrcs = {1}};
    f->publisher = transport_new(&f->worker, f->room, f->next_id, 1, &d, f->now_us);
    if (!f->publisher || !go_online(f, f->publisher))
        return false;
    f->layer = &f->publisher->tracks[0]->layers[0];
    source_init(&f->source,
                &(struct source_conf){.kind = RTP_VIDEO,
                                      .track = 1,
                                      .mid = "0",
                                      .exts = &f->publisher->media.exts,
                                      .ssrc = 1,
                                      .pt = 96,
                                      .interval_us = FRAME_US,
                                      .packets = FRAME_PACKETS,
                                      .payload_len = PAYLOAD_LEN,
                                      .width = 1280,
                                      .height = 720},
                1, f->now_us);
    return true;
}

static bool add_viewer(struct fanout *f)
{
    struct sfu_transport_desc d = describe(f);
    d.media.slots[d.media.slot_count++] =
        (struct sfu_slot_desc){.kind = RTP_VIDEO, .mid = "0", .ssrc = 10, .rtx_ssrc = 11};
    struct transport *t = transport_new(&f->worker, f->room, f->next_id, (uint32_t)f->next_id, &d, f->now_us);
    if (!t || !go_online(f, t) || !t->bandwidth)
        return false;
    t->bandwidth->estimator.target_bps = ESTIMATOR_MAX_BPS; /* found out long ago */
    return true;
}

static bool open_room(struct fanout *f, size_t viewers)
{
    struct udp_addresses at;
    struct addr bad;
    const char *word;
    f->dtls = dtls_context_new(NULL);
    if (!f->dtls || mailbox_init(&f->control, MAILBOX) != 0 ||
        udp_local_addresses(&at, "127.0.0.1", 0, &word) != 0 ||
        worker_init(&f->worker, 0, &at, f->dtls, &f->control, &bad) != 0)
        return false;
    f->worker.tx.sendmmsg = swallow;
    f->room = room_new(&f->worker, 1, 0);
    bool ok = add_publisher(f);
    while (ok && viewers-- > 0)
        ok = add_viewer(f);
    return ok;
}

struct fanout *fanout_new(size_t viewers, const struct seal_engine *engine)
{
    struct fanout *f = calloc(1, sizeof(*f));
    if (!f)
        return NULL;
    f->now_us = 1000000;
    f->engine = engine;
    if (!open_room(f, viewers)) {
        fanout_free(f);
        return NULL;
    }
    room_fill(f->room, f->now_us);
    return f;
}

void fanout_free(struct fanout *f)
{
    if (!f)
        return;
    if (f->room)
        room_end_transports(f->room, SFU_GONE_CLOSED);
    room_free(f->room);
    if (f->worker.rooms)
        worker_finish(&f->worker);
    mailbox_finish(&f->control);
    dtls_context_free(f->dtls);
    free(f);
}

/* --- The run ------------------------------------------------------------------------------- */

static void receive(struct fanout *f, const struct source_packet *out)
{
    struct packet *p = packet_get(&f->worker.packets);
    size_t header_len;
    if (!p)
        return;
    p->len =
        (uint16_t)source_write(&f->source, out, f->transport_seq++, p->data, PACKET_DATA_MAX, &header_len);
    p->arrival_us = f->now_us;
    if (rtp_view_parse(&p->view, p->data, p->len, &f->publisher->media.exts) == 0)
        layer_receive(f->layer, p, &f->publisher->media.formats[0], false, f->now_us);
    packet_unref(p);
}

uint64_t fanout_run(struct fanout *f, size_t packets)
{
    uint64_t before = swallowed;
    for (size_t n = 0; n < packets;) {
        struct source_packet out;
        for (; n < packets && source_next(&f->source, f->now_us, &out); n++)
            receive(f, &out);
        batch_flush(&f->worker.batch, f->now_us);
        udp_tx_flush(&f->worker.tx, f->now_us);
        f->now_us = source_due_us(&f->source);
    }
    return swallowed - before;
}
