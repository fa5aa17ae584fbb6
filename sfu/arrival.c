#include "arrival.h"

#include "media.h"
#include "packet.h"

#include <stdlib.h>

static bool heeds_remb(const struct sfu_media_desc *media)
{
    bool agreed = false;
    for (size_t i = 0; i < media->format_count; i++)
        agreed |= media->formats[i].remb;
    return agreed;
}

void arrival_negotiated(struct arrival *a, const struct sfu_media_desc *media, uint64_t now_us)
{
    if (!media->track_count)
        return;
    bool by_number = media_has_transport_cc(media), by_rate = !by_number && heeds_remb(media);
    if (by_number != (a->transport_cc != NULL)) {
        free(a->transport_cc);
        a->transport_cc = by_number ? calloc(1, sizeof(*a->transport_cc)) : NULL;
    }
    if (by_rate != (a->estimate != NULL)) {
        free(a->estimate);
        a->estimate = by_rate ? malloc(sizeof(*a->estimate)) : NULL;
        if (a->estimate)
            receive_estimate_init(a->estimate, now_us);
    }
}

void arrival_finish(struct arrival *a)
{
    free(a->transport_cc);
    free(a->estimate);
}

static void estimate(struct receive_estimate *e, const struct packet *p, const struct sfu_format *format,
                     bool rtx, uint64_t now_us)
{
    struct send_clock_stamp stamp = {.ssrc = p->view.ssrc, .timestamp = p->view.timestamp};
    stamp.has_send_time = rtp_send_time(&p->view, p->data, &stamp.send_time);
    if (format && !rtx && rtp_codecs[format->codec].kind == RTP_VIDEO)
        stamp.clock_rate = rtp_codecs[format->codec].clock_rate;
    receive_estimate_packet(e, &stamp, (size_t)(p->view.len - p->view.payload), now_us);
}

void arrival_packet(struct arrival *a, const struct packet *p, const struct sfu_format *format, bool rtx,
                    uint64_t now_us)
{
    uint16_t number;
    if (a->transport_cc && rtp_transport_seq(&p->view, p->data, &number))
        transport_cc_receive(a->transport_cc, number, p->view.marker, now_us);
    if (a->estimate)
        estimate(a->estimate, p, format, rtx, now_us);
}
