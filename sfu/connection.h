/* How a participant's datagrams come and go: ICE, DTLS and the SRTP keys that it
 * gives, and the address to send to. Embedded in a transport. Worker thread only. */
#pragma once

#include "addr.h"
#include "dtls.h"
#include "ice.h"
#include "seal.h"
#include "secure.h"
#include "sfu.h"
#include "timer.h"
#include "udp_tx.h"

struct worker;

struct connection {
    struct worker *worker;
    struct ice ice;
    struct dtls *dtls;
    struct secure *secure; /* NULL before DTLS is done */
    struct seal *seal;     /* likewise */
    const char *profile;   /* of SRTP, "" before */
    struct udp_dest dest;
    bool dtls_client, dtls_started;
    struct timer dtls_timer;
};

/* What DTLS has come to. */
enum connection_news {
    CONNECTION_SAME,
    CONNECTION_UP, /* there are keys now; comes once */
    CONNECTION_CLOSED,
    CONNECTION_FAILED, /* after this one and the one before it is good for connection_finish() only */
};

/* on_timer(arg, now_us) is called when connection_timeout() is due. 0, or -ENOMEM where DTLS fails to begin.
 */
int connection_init(struct connection *c, struct worker *w, const struct sfu_transport_desc *desc,
                    void (*on_timer)(void *arg, uint64_t now_us), void *arg, uint64_t now_us) RTP_MUST_USE;

/* Say goodbye to the peer, as far as one can. */
void connection_close(struct connection *c);
void connection_finish(struct connection *c);

/* A check made another address the selected one, or none, or came in on another socket. */
void connection_selected(struct connection *c, struct udp_socket *sock, uint64_t now_us);

/* One DTLS datagram from an address that is the connection's. */
enum connection_news connection_dtls(struct connection *c, const uint8_t *data, size_t len,
                                     const struct addr *from, uint64_t now_us) RTP_MUST_USE;

enum connection_news connection_timeout(struct connection *c, uint64_t now_us) RTP_MUST_USE;

/* Protect an RTCP compound of len bytes (reduced size allowed) and queue it; nothing before there are keys.
 */
void connection_send_rtcp(struct connection *c, const uint8_t *p, size_t len);
