#include "udp_messages.h"

#include <netinet/udp.h>

void udp_messages_init(struct udp_messages *m)
{
    for (size_t i = 0; i < UDP_MESSAGES_MAX; i++) {
        m->control[i].head.cmsg_level = SOL_UDP;
        m->control[i].head.cmsg_type = UDP_SEGMENT;
        m->control[i].head.cmsg_len = CMSG_LEN(sizeof(uint16_t));
    }
}

/* Put the datagrams of dest from slot *at on, at most `left`, into one message;
 * moves *at behind them. Returns their number. */
static size_t gather(const struct udp_slots *slots, const struct udp_dest *d, uint16_t *at, size_t left,
                     struct iovec *io, uint64_t now_us)
{
    size_t most = d->plain_until_us > now_us ? 1 : UDP_TX_SEGMENTS_MAX;
    size_t size = slots->at[*at].len, total = 0, count = 0;
    if (most > left)
        most = left;
    while (count < most) {
        const struct udp_slot *s = &slots->at[*at];
        if (s->len > size || total + s->len > UDP_TX_MESSAGE_MAX)
            break;
        io[count++] = (struct iovec){slots->data + (size_t)*at * UDP_TX_SLOT_LEN, s->len};
        total += s->len;
        *at = s->next;
        if (s->len < size)
            break; /* only the last segment may be shorter */
    }
    return count;
}

size_t udp_messages_build(struct udp_messages *m, const struct udp_slots *slots, const struct udp_socket *s,
                          const struct udp_dest *upto, uint64_t now_us)
{
    size_t messages = 0, io = 0;
    for (struct udp_dest *d = s->first, *next; d; d = next) {
        next = d == upto ? NULL : d->next;
        uint16_t at = d->first;
        for (size_t left = d->count; left > 0; messages++) {
            if (messages == UDP_MESSAGES_MAX || io + UDP_TX_SEGMENTS_MAX > UDP_MESSAGES_DATAGRAMS)
                return messages;
            size_t count = gather(slots, d, &at, left, &m->io[io], now_us);
            struct msghdr *h = &m->at[messages].msg_hdr;
            *h = (struct msghdr){
                .msg_name = &d->sa, .msg_namelen = d->sa_len, .msg_iov = &m->io[io], .msg_iovlen = count};
            if (count > 1) {
                uint16_t size = (uint16_t)m->io[io].iov_len;
                memcpy(CMSG_DATA(&m->control[messages].head), &size, sizeof(size));
                h->msg_control = &m->control[messages];
                h->msg_controllen = sizeof(m->control[messages]);
            }
            m->dests[messages] = d;
            io += count;
            left -= count;
        }
    }
    return messages;
}
