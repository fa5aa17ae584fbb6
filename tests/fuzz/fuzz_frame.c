/* Any bytes as a stream of RTP packets of one codec, each with a two byte length
 * before it: the places of the packets hold together, and a descriptor with
 * another frame number is otherwise the same. The first byte chooses the codec. */
#include <errno.h>
#include <stdlib.h>

#include "compose.h"

static void check(bool right)
{
    if (!right)
        abort();
}

static void check_numbers(const struct frame_info *f, const struct rtp_view *v, const uint8_t *p)
{
    const uint8_t *payload = p + v->payload;
    check((f->picture_id >= 0) == (f->picture_id_at > 0));
    check((f->tl0_pic_idx >= 0) == (f->tl0_at > 0));
    if (f->picture_id_at && f->picture_id_15) {
        check(f->picture_id_at + 2 <= v->payload_len);
        check(get_u16(payload + f->picture_id_at) == (0x8000 | f->picture_id));
    } else if (f->picture_id_at) {
        check(f->picture_id_at + 1 <= v->payload_len && payload[f->picture_id_at] == f->picture_id);
    }
    if (f->tl0_at)
        check(f->tl0_at < v->payload_len && payload[f->tl0_at] == f->tl0_pic_idx);
    check(f->sid < 8 && f->tid < 8);
    check(f->key || (f->width == 0 && f->height == 0));
}

/* Its primary block alone is the end of it; with other payload types it is as long as before. */
static void check_red(const struct frame_info *f, const struct rtp_view *v, const uint8_t *p)
{
    static const struct rtp_ext_map viewer;
    static const struct rewritten numbers;
    const struct compose opus = {.exts = &viewer, .pt = 1}, red = {.exts = &viewer, .pt = 1, .red_pt = 2};
    struct composed c;
    if (!f->red.primary_at)
        return;
    size_t primary_len = v->payload_len - (size_t)f->red.primary_at;
    check(f->red.primary_at > f->red.block_count * RED_BLOCK_LEN && primary_len > 0);
    compose_packet(&c, &opus, v, f, p, &numbers);
    check(c.patch_len == 0 && c.rest_len == primary_len &&
          c.rest + c.rest_len == p + v->payload + v->payload_len);
    compose_packet(&c, &red, v, f, p, &numbers);
    check(c.patch_len > 0 && c.patch_len <= COMPOSE_PATCH_MAX - 2);
    check(c.rest + c.rest_len == p + v->payload + v->payload_len);
    check(c.patch_len + c.rest_len == v->payload_len || c.patch_len + c.rest_len == primary_len + 1);
}

static void check_structure(const struct dependency *d)
{
    check(d->template_count <= DEPENDENCY_TEMPLATES_MAX && d->target_count <= DEPENDENCY_TARGETS_MAX);
    check(d->chain_count <= d->target_count && d->spatial_count <= DEPENDENCY_SPATIAL_MAX);
    for (size_t i = 0; i < d->target_count; i++)
        check(d->protected_by[i] < d->chain_count || d->chain_count == 0);
    for (size_t i = 0; i < d->template_count; i++) {
        const struct dependency_template *t = &d->templates[i];
        check(t->diff_count <= DEPENDENCY_DIFFS_MAX && t->sid < d->spatial_count);
        check(t->tid < DEPENDENCY_TEMPORAL_MAX);
    }
}

/* `before` is the state in which the packet came. */
static void check_overwritten(const struct dependency *before, const struct rtp_view *v, const uint8_t *p)
{
    static uint8_t copy[256];
    struct rtp_ext_at at = v->ext[RTP_EXT_DEPENDENCY];
    struct dependency d1 = *before, d2 = *before;
    struct dependency_frame f1, f2;
    memcpy(copy, p + at.off, at.len);
    int rc = dependency_read(&d1, copy, at.len, &f1);
    dependency_set_frame_number(copy, at.len, (uint16_t)(f1.frame_number + 1));
    check(dependency_read(&d2, copy, at.len, &f2) == rc);
    check(rc == -EBADMSG || f2.frame_number == (uint16_t)(f1.frame_number + 1));
    check(rc || (f1.dtis == f2.dtis && f1.diff_count == f2.diff_count && f1.active == f2.active &&
                 f1.sid == f2.sid && f1.tid == f2.tid));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct rtp_ext_map map = {.id = {[RTP_EXT_DEPENDENCY] = 9}};
    struct dependency dd = {0};
    struct rd r = rd_init(data, len);
    enum rtp_codec codec = rd_u8(&r) % RTP_CODEC_COUNT;
    while (rd_left(&r) && !r.bad) {
        size_t packet_len = rd_u16(&r);
        const uint8_t *p = rd_bytes(&r, packet_len < rd_left(&r) ? packet_len : rd_left(&r));
        struct dependency before = dd;
        struct rtp_view v;
        struct frame_info f;
        if (r.bad || rtp_view_parse(&v, p, (size_t)(r.p - p), &map) != 0)
            continue;
        int rc = frame_info_read(&f, codec, &v, p, &dd);
        check(rc == 0 || (!f.key && !f.start && f.picture_id < 0));
        check_numbers(&f, &v, p);
        check_red(&f, &v, p);
        check_structure(&dd);
        if (v.ext[RTP_EXT_DEPENDENCY].len)
            check_overwritten(&before, &v, p);
    }
    return 0;
}
