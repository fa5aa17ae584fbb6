/* What is decided and written for each packet, without any cipher: rtp/. */
#include "micro.h"

#include "allocate.h"
#include "compose.h"
#include "dominant.h"
#include "level.h"
#include "rank.h"
#include "rewrite.h"
#include "select.h"
#include "source.h"

#include <stdio.h>

enum {
    PACKETS = 512, /* in a row, of one stream */
    AGAIN = 2000,  /* times that row */
    FRAME_PACKETS = 8,
    PAYLOAD_LEN = 1150,
    FRAME_US = 32000,
    PEOPLE = 100,
    TURNS = 5000,
    SLOTS = 9,
    STEPS = 3,
    RUNS = 20000,
    RUN_US = 6000000, /* each time the allocator runs in any case */
};

static const struct rtp_ext_map exts = {.id = {[RTP_EXT_MID] = 1, [RTP_EXT_TRANSPORT_CC] = 2}, .mixed = true};

/* One of a camera's packets, and what was read of it. */
struct packet {
    uint8_t data[SOURCE_PACKET_MAX];
    size_t len;
    struct rtp_view view;
    struct frame_info frame;
    uint64_t number;
};

static bool read_packet(struct packet *p)
{
    return rtp_view_parse(&p->view, p->data, p->len, &exts) == 0 &&
           frame_info_read(&p->frame, RTP_CODEC_VP8, &p->view, p->data, NULL) == 0;
}

/* The row, made once. Numbers begin where none is near a wrap. */
static struct packet *packets(void)
{
    static struct packet all[PACKETS];
    static struct source source;
    struct source_packet next;
    uint64_t now_us = FRAME_US;
    if (all[0].len)
        return all;
    const struct source_conf conf = {.kind = RTP_VIDEO,
                                     .codec = RTP_CODEC_VP8,
                                     .track = 1,
                                     .mid = "0",
                                     .exts = &exts,
                                     .ssrc = 1,
                                     .pt = 96,
                                     .interval_us = FRAME_US,
                                     .packets = FRAME_PACKETS,
                                     .payload_len = PAYLOAD_LEN,
                                     .width = 1280,
                                     .height = 720};
    source_init(&source, &conf, 1, now_us);
    for (size_t i = 0, header_len; i < PACKETS; i++) {
        while (!source_next(&source, now_us, &next))
            now_us = source_due_us(&source);
        all[i].len = source_write(&source, &next, (uint16_t)i, all[i].data, sizeof(all[i].data), &header_len);
        all[i].number = REWRITE_NEAR + next.index;
        micro_use(read_packet(&all[i]));
    }
    return all;
}

static double parse(size_t unused)
{
    struct packet *all = packets();
    uint64_t start_ns = micro_now_ns();
    (void)unused;
    for (size_t i = 0; i < (size_t)PACKETS * AGAIN; i++)
        micro_use(read_packet(&all[i % PACKETS]));
    return (double)(micro_now_ns() - start_ns) / (double)((size_t)PACKETS * AGAIN);
}

static double choose(size_t unused)
{
    const struct packet *all = packets();
    uint64_t start_ns = micro_now_ns();
    (void)unused;
    for (size_t again = 0; again < AGAIN; again++) {
        struct select s = {0};
        struct selected how;
        select_target(&s, (struct select_target){1, POINTS_SPATIAL - 1, POINTS_TEMPORAL - 1});
        for (size_t i = 0; i < PACKETS; i++)
            micro_use(select_packet(&s, 1, all[i].number, &all[i].view, &all[i].frame, &how));
    }
    return (double)(micro_now_ns() - start_ns) / (double)((size_t)PACKETS * AGAIN);
}

static double renumber(size_t unused)
{
    const struct packet *all = packets();
    uint64_t start_ns = micro_now_ns();
    (void)unused;
    for (size_t again = 0; again < AGAIN; again++) {
        struct rewrite r;
        struct rewritten out;
        rewrite_init(&r, 90000, 1, (uint32_t)again);
        micro_use(rewrite_switch(&r, all[0].number, &all[0].view, FRAME_US));
        for (size_t i = 0; i < PACKETS; i++)
            micro_use(rewrite_packet(&r, all[i].number, &all[i].view, &all[i].frame, true, &out));
    }
    return (double)(micro_now_ns() - start_ns) / (double)((size_t)PACKETS * AGAIN);
}

static double write_head(size_t unused)
{
    const struct packet *all = packets();
    const struct compose with = {.exts = &exts, .mid = "9", .ssrc = 10, .csrc = 1, .pt = 96};
    const struct rewritten out = {.index = 4711, .timestamp = 90000, .picture_id = 15, .tl0_pic_idx = 15};
    uint64_t start_ns = micro_now_ns();
    (void)unused;
    for (size_t i = 0; i < (size_t)PACKETS * AGAIN; i++) {
        struct composed c;
        const struct packet *p = &all[i % PACKETS];
        compose_packet(&c, &with, &p->view, &p->frame, p->data, &out);
        compose_stamp(&c, (uint16_t)i, i);
        micro_use(c.header_len + c.header[2]);
    }
    return (double)(micro_now_ns() - start_ns) / (double)((size_t)PACKETS * AGAIN);
}

/* A room in which each of them sends sound: what its look at who is heard and shown costs, 50 times a second.
 */
static double find_speaker(size_t people)
{
    struct dominant dominant = {0};
    struct dominant_speaker speakers[PEOPLE] = {0};
    struct level levels[PEOPLE] = {0};
    struct rank rank;
    uint64_t now_us = LEVEL_FRAME_US, start_ns = micro_now_ns();
    rank_init(&rank, 4);
    for (size_t turn = 0; turn < TURNS; turn++, now_us += LEVEL_FRAME_US) {
        struct dominant_candidate shown[PEOPLE];
        struct rank_candidate heard[PEOPLE];
        for (size_t i = 0; i < people; i++) {
            uint8_t level = (uint8_t)((i + turn / 100) % people < 3 ? 30 + i % 7 : 90 + i % 30);
            dominant_packet(&speakers[i], level, now_us);
            level_packet(&levels[i], level, now_us);
            shown[i] = (struct dominant_candidate){(uint32_t)i + 1, &speakers[i]};
            heard[i] = (struct rank_candidate){.id = (uint32_t)i + 1,
                                               .loudness = level_loudness(&levels[i], now_us),
                                               .dominant = dominant.id == i + 1,
                                               .voice_us = levels[i].voice_us};
        }
        micro_use(dominant_update(&dominant, shown, people, now_us));
        micro_use(rank_update(&rank, heard, people, 0, now_us));
    }
    return (double)(micro_now_ns() - start_ns) / TURNS;
}

/* Nine slots of three layers each, and a budget that never is the same. */
static double spend(size_t slots)
{
    static const uint32_t rates[STEPS] = {150000, 500000, 2500000};
    struct allocate_step steps[STEPS];
    struct allocate_slot wishes[SLOTS];
    struct allocate_choice choices[SLOTS];
    struct allocate_total total;
    struct allocate a = {0};
    for (uint8_t i = 0; i < STEPS; i++)
        steps[i] = (struct allocate_step){.layer = i,
                                          .fps = 30,
                                          .alive = true,
                                          .width = (uint16_t)(320u << i),
                                          .height = (uint16_t)(180u << i),
                                          .bps = rates[i]};
    for (size_t i = 0; i < slots; i++)
        wishes[i] = (struct allocate_slot){.kind = RTP_VIDEO,
                                           .source = (uint32_t)i + 1,
                                           .width = (uint16_t)(i ? 320 : 1280),
                                           .height = (uint16_t)(i ? 180 : 720),
                                           .speaker = i == 0,
                                           .step_count = STEPS,
                                           .steps = steps};
    uint64_t start_ns = micro_now_ns();
    for (size_t run = 0; run < RUNS; run++) {
        allocate_touch(&a);
        allocate_run(&a, wishes, slots, 1000000 + (uint32_t)(run % 64) * 50000, (run + 1) * RUN_US, choices,
                     &total);
        micro_use(total.used_bps);
    }
    return (double)(micro_now_ns() - start_ns) / RUNS;
}

const struct micro micro_rtp[] = {
    {"parse a packet of VP8: RTP, extensions, its frame", parse, 0},
    {"select: forward it, leave it out, or switch here", choose, 0},
    {"rewrite: its new numbers", renumber, 0},
    {"compose: its new head", write_head, 0},
    {"speaker: who is heard and shown, of 10", find_speaker, 10},
    {"speaker: of 100", find_speaker, PEOPLE},
    {"allocator: 9 slots of 3 layers", spend, SLOTS},
    {0},
};
