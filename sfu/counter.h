/* The counters of one media worker: every verdict over a datagram, and how much
 * work was done in how many system calls. A row here is all that a new counter
 * needs: the enumerator, its name in sfu_counters() and its help text come from
 * it.
 *
 * One worker writes its struct counters, any thread may read it: relaxed
 * atomics, and plain load and store for adding, as nobody else adds. */
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* clang-format off */
#define COUNTERS(X)                                                                                \
    /* UDP in */                                                                                   \
    X(rx_datagrams,         "datagrams received")                                                  \
    X(rx_bytes,             "bytes received in them")                                              \
    X(rx_batches,           "recvmmsg calls that brought something")                               \
    X(rx_errors,            "recvmmsg calls that failed")                                          \
    X(drop_rxq_overflow,    "datagrams that the kernel dropped, the receive buffer being full")    \
    X(drop_truncated,       "messages longer than the receive buffer")                             \
    /* UDP out */                                                                                  \
    X(tx_datagrams,         "datagrams sent")                                                      \
    X(tx_bytes,             "bytes sent in them")                                                  \
    X(tx_messages,          "messages sent, a GSO message being one")                              \
    X(tx_gso_messages,      "messages of more than one datagram")                                  \
    X(tx_calls,             "sendmmsg calls")                                                      \
    X(tx_blocked,           "times that a send buffer was full")                                   \
    X(tx_gso_refused,       "times that a destination went over to single datagrams for a minute") \
    X(drop_tx_full_control, "control datagrams shed, the send queue being full")                   \
    X(drop_tx_full_audio,   "audio packets shed, the send queue being full")                       \
    X(drop_tx_full_video,   "video packets shed, the send queue being full")                       \
    X(drop_tx_full_rtx,     "retransmissions shed, the send queue being full")                     \
    X(drop_tx_too_long,     "datagrams longer than the way out can take")                          \
    X(drop_tx_error,        "datagrams that the kernel refused for another reason")                \
    X(drop_tx_no_address,   "datagrams for a peer whose address is not known yet")                 \
    /* Demultiplexer (RFC 7983) */                                                                 \
    X(drop_short,           "datagrams too short for any protocol")                                \
    X(drop_too_long,        "datagrams longer than a packet buffer")                               \
    X(drop_unknown_class,   "datagrams whose first byte belongs to no protocol")                   \
    X(drop_unknown_address, "datagrams that are not STUN, from an address without a transport")    \
    X(drop_pool_empty,      "datagrams for which no packet buffer was left")                       \
    /* ICE */                                                                                      \
    X(stun_requests,        "connectivity checks answered")                                        \
    X(drop_stun_bad,        "STUN messages that are malformed or fail the integrity check")        \
    X(drop_stun_ufrag,      "STUN requests for a user name that nobody has")                       \
    X(drop_stun_taken,       "valid checks from an address that another transport lives at")       \
    X(stun_ignored,          "STUN indications and responses")                                     \
    X(ice_address_moved,    "addresses that a valid check took over from another transport")       \
    /* DTLS */                                                                                     \
    X(drop_dtls_unexpected, "DTLS records without a handshake or session to take them")            \
    X(drop_dtls_bad,        "DTLS records that were refused")                                      \
    /* SRTP and RTP */                                                                             \
    X(rtp_packets,          "authentic RTP packets")                                               \
    X(drop_srtp_early,      "SRTP and SRTCP before the keys were there")                           \
    X(drop_srtp_auth,       "SRTP packets with a wrong tag")                                       \
    X(drop_srtp_replay,     "SRTP packets seen before or too old")                                 \
    X(drop_rtp_bad,         "RTP packets that are malformed")                                      \
    X(drop_ssrc_unknown,    "RTP packets of an SSRC that belongs to no track")                     \
    X(drop_ssrc_cap,        "RTP packets of an SSRC above the most that one transport may have")   \
    X(drop_pt_unknown,      "RTP packets with a payload type that was not negotiated")             \
    X(drop_frame_bad,       "RTP packets whose payload is not of its codec's form")                \
    X(drop_duplicate,       "RTP packets received twice, by RTX or otherwise")                     \
    X(drop_jump,             "RTP packets whose number is far from the last, not believed yet")    \
    X(drop_muted,           "RTP packets of a track that is muted")                                \
    /* Overload */                                                                                 \
    X(overload_us,          "microseconds in which something was held back")                       \
    X(shed_layers,          "times that a slot was given less of a picture for that")              \
    X(shed_video,           "times that a video slot was paused for that")                         \
    X(shed_audio,           "times that an audio slot was paused for that")                        \
    X(drop_overload,        "video packets not forwarded, so that what waits is fetched")          \
    /* Slots */                                                                                    \
    X(fills,                 "times that the slots of a viewer were filled anew")                  \
    X(slot_switches,         "times that a slot went over to another source")                      \
    X(slot_corrections,      "switches at which a timestamp had to be moved by more than 75 ms")   \
    X(drop_slot_late,        "packets too late to have a place in a slot's stream")                \
    X(drop_resend_full,      "retransmissions not made, too many waiting for the pacer")           \
    X(drop_seal,             "packets that could not be sealed, a library having failed")          \
    /* RTCP */                                                                                     \
    X(rtcp_packets,         "authentic RTCP compounds")                                            \
    X(drop_srtcp_auth,      "SRTCP packets with a wrong tag")                                      \
    X(drop_srtcp_replay,    "SRTCP packets seen before or too old")                                \
    X(drop_rtcp_bad,        "RTCP compounds that are malformed")                                   \
    /* To other workers */                                                                         \
    X(link_packets,         "packets handed to other workers that a room lies on")                 \
    X(link_batches,         "batches of them")                                                     \
    X(drop_link_full,       "packets not handed over, too many waiting for that worker")           \
    /* Mailboxes */                                                                                \
    X(mail_received,        "messages taken from the worker's mailbox")                            \
    X(drop_mail,            "droppable messages that found a mailbox full")                        \
    X(drop_mail_stale,      "messages for a room or transport that had gone")
/* clang-format on */

enum counter {
#define COUNTER_ENUM(name, help) COUNT_##name,
    COUNTERS(COUNTER_ENUM)
#undef COUNTER_ENUM
        COUNTER_COUNT
};

struct counters {
    _Atomic uint64_t value[COUNTER_COUNT];
};

struct counter_info {
    const char *name; /* as written above */
    const char *help;
};

/* Only by the thread that owns c. */
static inline void counter_add(struct counters *c, enum counter which, uint64_t n)
{
    uint64_t v = atomic_load_explicit(&c->value[which], memory_order_relaxed);
    atomic_store_explicit(&c->value[which], v + n, memory_order_relaxed);
}

/* By any thread. */
static inline uint64_t counter_get(const struct counters *c, enum counter which)
{
    return atomic_load_explicit(&c->value[which], memory_order_relaxed);
}

static inline const struct counter_info *counter_info(enum counter which)
{
    static const struct counter_info infos[] = {
#define COUNTER_INFO(name, help) {#name, help},
        COUNTERS(COUNTER_INFO)
#undef COUNTER_INFO
    };
    return &infos[which];
}
