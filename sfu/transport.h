/* One participant's transport: ICE, DTLS and SRTP of the one PeerConnection, the
 * tracks that come in over it and the slots that go out. Worker thread only. */
#pragma once

#include "arrival.h"
#include "bandwidth.h"
#include "clock_map.h"
#include "compose.h"
#include "connection.h"
#include "stream.h"

struct packet;
struct room;
struct slot;
struct track;
struct worker;

enum {
    TRANSPORT_FEEDBACK_US = 20000, /* between looks for what is missing, where no packet comes meanwhile */
    TRANSPORT_SECOND_US = 1000000, /* between reports, and looks at who is still there */
};

struct transport {
    uint64_t id;
    struct worker *worker;
    struct room *room;
    uint32_t participant;
    struct sfu_media_desc media;

    struct connection connection;
    bool connected;
    struct timer second_timer, feedback_timer;

    /* what comes in */
    struct track *tracks[SFU_TRACKS_MAX];
    struct streams streams;
    struct clock_source clock; /* the publisher's NTP clock against ours */
    struct arrival arrival;    /* what it is told of that */
    uint64_t media_us;         /* last RTP packet */

    /* what goes out */
    struct slot *slots[SFU_SLOTS_MAX];
    size_t slot_count;
    struct bandwidth *bandwidth; /* once it has slots */
    bool fill_due;               /* in the room's list of those whose slots are to be filled */
    uint32_t rtcp_ssrc;          /* as which we report and ask */
    uint32_t rtt_us;             /* 0 = not known */
    bool tell_slots;             /* in the worker's list of those with slot events */
    struct transport *next_telling;

    /* figures */
    uint64_t packets_in, bytes_in, packets_out, bytes_out;
};

/* Joins the room. NULL without memory, or where a library fails. */
struct transport *transport_new(struct worker *w, struct room *room, uint64_t id, uint32_t participant,
                                const struct sfu_transport_desc *desc, uint64_t now_us);

/* Unlink it from everything, tell the control thread why, free it. */
void transport_end(struct transport *t, enum sfu_gone why);

/* Another offer was answered. */
void transport_update(struct transport *t, const struct sfu_transport_desc *desc, uint64_t now_us);

void transport_view(struct transport *t, size_t first, const struct sfu_view_slot *views, size_t count);
void transport_mute(struct transport *t, uint32_t track, bool muted);

/* One datagram from an address that is this transport's. data may be written
 * over. DTLS may end the transport, which is freed then. */
void transport_dtls(struct transport *t, const uint8_t *data, size_t len, const struct addr *from,
                    uint64_t now_us);
void transport_rtp(struct transport *t, const uint8_t *data, size_t len, const struct addr *from,
                   uint64_t now_us);
void transport_rtcp(struct transport *t, uint8_t *data, size_t len, const struct addr *from, uint64_t now_us);

/* At the end of this turn it is to be told what is due of feedback: a packet of its has come, or somebody
 * waits for a key frame. What falls due later goes with the packets of that time, or soon after without. */
void transport_feedback_soon(struct transport *t, uint64_t now_us);

/* transport_send_rtp() comes soon: what it will touch, in the steps of slot_fetch(). Step 0 is the slot's
 * alone, through which the transport is found.
 */
void transport_fetch(const struct transport *t, unsigned step);

/* Seal a composed packet and queue it. index: as in rewritten. Returns the bytes
 * of the datagram, 0 where there is none. */
size_t transport_send_rtp(struct transport *t, struct composed *c, uint64_t index, enum udp_kind kind,
                          uint64_t now_us);

/* For udp_tx.dropped: a packet of the transport whose `connection.dest` this is did not leave. It is no loss
 * of the way.
 */
void transport_dropped(struct udp_dest *dest, uint16_t number);

/* A slot shows something else: it is told at the end of the worker's turn. */
void transport_tell_slots(struct transport *t);
void transport_flush_slot_events(struct transport *t, uint64_t now_us);

void transport_stats(const struct transport *t, struct sfu_transport_stats *out, uint64_t now_us);
