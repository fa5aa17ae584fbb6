#include "connection.h"

#include "worker.h"

#include <errno.h>
#include <openssl/crypto.h>

static void dtls_output(void *arg, const uint8_t *datagram, size_t len)
{
    struct connection *c = arg;
    if (c->dest.sock)
        (void)!udp_send_to(&c->worker->tx, c->dest.sock, &c->dest.addr, datagram, len); /* counted there */
}

static void dtls_data(void *arg, const uint8_t *p, size_t len)
{
    (void)arg; /* no data channel is ever negotiated */
    (void)p;
    (void)len;
}

static const struct dtls_upcalls dtls_upcalls = {dtls_output, dtls_data};

int connection_init(struct connection *c, struct worker *w, const struct sfu_transport_desc *desc,
                    void (*on_timer)(void *arg, uint64_t now_us), void *arg, uint64_t now_us)
{
    *c = (struct connection){
        .worker = w,
        .dtls = dtls_new(w->dtls, desc->dtls_client, &desc->fingerprint, &dtls_upcalls, c, now_us),
        .profile = "",
        .dtls_client = desc->dtls_client,
        .dtls_timer = {.fire = on_timer, .arg = arg},
    };
    ice_init(&c->ice, desc->ufrag, desc->pwd, now_us);
    return c->dtls ? 0 : -ENOMEM;
}

void connection_close(struct connection *c)
{
    dtls_close(c->dtls);
}

void connection_finish(struct connection *c)
{
    timer_cancel(&c->worker->timers, &c->dtls_timer);
    udp_dest_forget(&c->worker->tx, &c->dest);
    dtls_free(c->dtls);
    secure_free(c->secure);
    seal_free(c->seal);
}

static void set_dtls_timer(struct connection *c, uint64_t now_us)
{
    uint64_t in_us;
    if (dtls_next_timeout(c->dtls, &in_us))
        timer_set(&c->worker->timers, &c->dtls_timer, now_us + in_us);
    else
        timer_cancel(&c->worker->timers, &c->dtls_timer);
}

void connection_selected(struct connection *c, struct udp_socket *sock, uint64_t now_us)
{
    const struct addr *to = ice_selected(&c->ice);
    if (!to) {
        udp_dest_forget(&c->worker->tx, &c->dest);
        return;
    }
    udp_dest_set(&c->worker->tx, &c->dest, sock, to);
    if (c->dtls_client && !c->dtls_started) {
        c->dtls_started = true;
        dtls_start(c->dtls);
        set_dtls_timer(c, now_us);
    }
}

static bool take_keys(struct connection *c)
{
    struct keys keys;
    if (dtls_keys(c->dtls, &keys) != 0)
        return false;
    c->secure = secure_new(&keys);
    c->seal = seal_new(&keys, NULL);
    c->profile = keys_profiles[keys.profile].name;
    OPENSSL_cleanse(&keys, sizeof(keys));
    return c->secure && c->seal;
}

static enum connection_news follow_dtls(struct connection *c, uint64_t now_us)
{
    enum dtls_state state = dtls_state(c->dtls);
    if (state == DTLS_CLOSED || state == DTLS_FAILED)
        return state == DTLS_CLOSED ? CONNECTION_CLOSED : CONNECTION_FAILED;
    bool up = state == DTLS_CONNECTED && !c->secure;
    if (up && !take_keys(c))
        return CONNECTION_FAILED;
    set_dtls_timer(c, now_us);
    return up ? CONNECTION_UP : CONNECTION_SAME;
}

enum connection_news connection_dtls(struct connection *c, const uint8_t *data, size_t len,
                                     const struct addr *from, uint64_t now_us)
{
    if (dtls_feed(c->dtls, data, len))
        ice_authentic(&c->ice, from, now_us);
    return follow_dtls(c, now_us);
}

enum connection_news connection_timeout(struct connection *c, uint64_t now_us)
{
    dtls_on_timeout(c->dtls);
    return follow_dtls(c, now_us);
}

void connection_send_rtcp(struct connection *c, const uint8_t *p, size_t len)
{
    struct udp_tx *tx = &c->worker->tx;
    uint8_t *to = udp_tx_slot(tx);
    if (!c->secure || !c->dest.sock || len + SECURE_RTCP_OVERHEAD > UDP_TX_SLOT_LEN)
        return;
    memcpy(to, p, len);
    if (secure_protect_rtcp(c->secure, to, len, &len) == 0)
        udp_tx_commit(tx, &c->dest, len, UDP_CONTROL);
}
