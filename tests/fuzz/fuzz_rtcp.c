/* Any bytes as an RTCP compound: the walk ends, every pointer lies inside, and
 * what is written from what was read reads back the same. */
#include <stdlib.h>

#include "rtcp_cc.h"
#include "rtcp_write.h"
#include "seq.h"

enum { SEQS_MAX = 512 };

static void check(bool right)
{
    if (!right)
        abort();
}

static struct rtcp_view reread(const struct wr *w, enum rtcp_kind kind)
{
    struct rd r = rd_init(w->start, wr_len(w));
    struct rtcp_view v = {.kind = RTCP_OTHER}, none;
    check(!w->bad && rtcp_next(&r, &v) == 1 && v.kind == kind && rtcp_next(&r, &none) == 0);
    return v;
}

static void same_report(const struct rtcp_view *v, uint8_t *buf, size_t cap)
{
    struct receive_report in[RTCP_BLOCKS_MAX], out;
    size_t n = 0;
    while (n < RTCP_BLOCKS_MAX && rtcp_report(v, n, &in[n]))
        n++;
    check(n == v->count);
    struct wr w = wr_init(buf, cap);
    if (v->kind == RTCP_SR)
        rtcp_write_sr(&w, v->sender, &v->sr, in, n);
    else
        rtcp_write_rr(&w, v->sender, in, n);
    struct rtcp_view again = reread(&w, v->kind);
    check(again.sender == v->sender && again.count == n && again.sr.ntp == v->sr.ntp);
    for (size_t i = 0; i < n; i++) {
        check(rtcp_report(&again, i, &out));
        check(out.ssrc == in[i].ssrc && out.fraction == in[i].fraction && out.lost == in[i].lost &&
              out.highest == in[i].highest && out.dlsr == in[i].dlsr);
    }
}

static void same_nack(const struct rtcp_view *v, uint8_t *buf, size_t cap)
{
    uint16_t seqs[SEQS_MAX], seq;
    size_t n = 0, all = 0;
    for (struct rtcp_nack_iter it = {0}; rtcp_nack_next(v, &it, &seq); all++) {
        if (n < SEQS_MAX && (n == 0 || seq_newer(seq, seqs[n - 1]))) /* the writer's are in order */
            seqs[n++] = seq;
    }
    check(all <= v->len / 4 * 17);
    if (n == 0)
        return;
    struct wr w = wr_init(buf, cap);
    check(rtcp_write_nack(&w, v->sender, v->media, seqs, n) == n);
    struct rtcp_view again = reread(&w, RTCP_NACK);
    struct rtcp_nack_iter it = {0};
    for (size_t i = 0; i < n; i++)
        check(rtcp_nack_next(&again, &it, &seq) && seq == seqs[i]);
    check(!rtcp_nack_next(&again, &it, &seq));
}

static void same_remb(const struct rtcp_view *v, uint8_t *buf, size_t cap)
{
    struct wr w = wr_init(buf, cap);
    uint32_t ssrc;
    for (size_t i = 0; i < v->count; i++)
        check(rtcp_ssrc(v, i, &ssrc));
    check(!rtcp_ssrc(v, v->count, &ssrc));
    rtcp_write_remb(&w, v->sender, v->bitrate, NULL, 0);
    struct rtcp_view again = reread(&w, RTCP_REMB);
    check(again.bitrate == v->bitrate || v->bitrate == UINT64_MAX);
}

static void read_feedback(const struct rtcp_view *v)
{
    static struct rtcp_cc cc;
    if (rtcp_cc_read(v, &cc) != 0)
        return;
    check(cc.count <= RTCP_CC_STATUSES_MAX);
    for (size_t i = 0; i < cc.count; i++) {
        check(cc.status[i].seq == (uint16_t)(cc.status[0].seq + i));
        check(cc.status[i].received || cc.status[i].delta == 0);
    }
}

static void same_cname(const struct rtcp_view *v, uint8_t *buf, size_t cap)
{
    if (!v->cname)
        return;
    struct wr w = wr_init(buf, cap);
    rtcp_write_cname(&w, v->sender, (const char *)v->cname, v->cname_len);
    struct rtcp_view again = reread(&w, RTCP_SDES);
    check(again.cname_len == v->cname_len && memcmp(again.cname, v->cname, v->cname_len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static uint8_t buf[16384];
    struct rd r = rd_init(data, len);
    struct rtcp_view v;
    size_t steps = 0;
    for (int rc; (rc = rtcp_next(&r, &v)) != 0;) {
        check(++steps <= len);
        if (rc < 0)
            continue;
        check(!v.list || (v.list >= data && v.list + v.len <= data + len));
        check(!v.cname || (v.cname >= data && v.cname + v.cname_len <= data + len));
        if (v.kind == RTCP_SR || v.kind == RTCP_RR)
            same_report(&v, buf, sizeof(buf));
        else if (v.kind == RTCP_NACK)
            same_nack(&v, buf, sizeof(buf));
        else if (v.kind == RTCP_REMB)
            same_remb(&v, buf, sizeof(buf));
        else if (v.kind == RTCP_TRANSPORT_CC)
            read_feedback(&v);
        else if (v.kind == RTCP_SDES)
            same_cname(&v, buf, sizeof(buf));
    }
    return 0;
}
