#include "offer.h"

#include <errno.h>
#include <glib.h>

enum { OPUS = 111, VP8 = 96, RTX = 97, WORDS_MAX = 16 };

/* --- The offer ------------------------------------------------------------------ */

/* Extension ids of ours; the answer keeps those it takes. */
static const enum rtp_ext exts[] = {
    RTP_EXT_MID,         RTP_EXT_RID,          RTP_EXT_REPAIRED_RID,
    RTP_EXT_AUDIO_LEVEL, RTP_EXT_TRANSPORT_CC, RTP_EXT_ABS_SEND_TIME,
};

static const char *const rids[SFU_LAYERS_MAX] = {"low", "mid", "high"};

static size_t track_count(const struct offer *o)
{
    return (size_t)o->audio + (size_t)o->video;
}

static size_t section_count(const struct offer *o)
{
    return track_count(o) + o->audio_slots + o->video_slots;
}

/* Of the m-line at that place. */
static enum rtp_kind kind_of(const struct offer *o, size_t at)
{
    if (at < track_count(o))
        return o->audio && at == 0 ? RTP_AUDIO : RTP_VIDEO;
    return at - track_count(o) < o->audio_slots ? RTP_AUDIO : RTP_VIDEO;
}

static void write_fingerprint(GString *out, const struct sfu_fingerprint *f)
{
    g_string_append(out, "a=fingerprint:sha-256");
    for (size_t i = 0; i < f->len; i++)
        g_string_append_printf(out, "%c%02X", i ? ':' : ' ', f->value[i]);
    g_string_append(out, "\r\n");
}

static void write_feedback(GString *out, const struct offer *o, int pt)
{
    if (o->transport_cc)
        g_string_append_printf(out, "a=rtcp-fb:%d transport-cc\r\n", pt);
    if (o->remb)
        g_string_append_printf(out, "a=rtcp-fb:%d goog-remb\r\n", pt);
}

static void write_formats(GString *out, const struct offer *o, enum rtp_kind kind)
{
    if (kind == RTP_AUDIO)
        g_string_append_printf(out, "a=rtpmap:%d opus/48000/2\r\na=fmtp:%d minptime=10;useinbandfec=1\r\n",
                               OPUS, OPUS);
    else
        g_string_append_printf(out,
                               "a=rtpmap:%d VP8/90000\r\na=rtcp-fb:%d nack\r\na=rtcp-fb:%d nack pli\r\n"
                               "a=rtpmap:%d rtx/90000\r\na=fmtp:%d apt=%d\r\n",
                               VP8, VP8, VP8, RTX, RTX, VP8);
    write_feedback(out, o, kind == RTP_AUDIO ? OPUS : VP8);
}

static void write_simulcast(GString *out, uint8_t layers)
{
    for (uint8_t i = 0; i < layers; i++)
        g_string_append_printf(out, "a=rid:%s send\r\n", rids[i]);
    g_string_append(out, "a=simulcast:send ");
    for (uint8_t i = 0; i < layers; i++)
        g_string_append_printf(out, "%s%s", i ? ";" : "", rids[i]);
    g_string_append(out, "\r\n");
}

static void write_exts(GString *out, const struct offer *o, enum rtp_kind kind, const struct rtp_ext_map *map)
{
    for (size_t i = 0; i < G_N_ELEMENTS(exts); i++) {
        const struct rtp_ext_info *ext = &rtp_exts[exts[i]];
        bool useful = exts[i] != RTP_EXT_TRANSPORT_CC || o->transport_cc;
        size_t id = map ? map->id[exts[i]] : i + 1;
        if (useful && id && (kind == RTP_AUDIO ? ext->audio : ext->video))
            g_string_append_printf(out, "a=extmap:%zu %s\r\n", id, ext->uri);
    }
}

static void write_section(GString *out, const struct offer *o, size_t at, const struct rtp_ext_map *map)
{
    enum rtp_kind kind = kind_of(o, at);
    bool sends = at < track_count(o);
    if (kind == RTP_AUDIO)
        g_string_append_printf(out, "m=audio 9 UDP/TLS/RTP/SAVPF %d\r\n", OPUS);
    else
        g_string_append_printf(out, "m=video 9 UDP/TLS/RTP/SAVPF %d %d\r\n", VP8, RTX);
    g_string_append_printf(out, "c=IN IP4 0.0.0.0\r\na=mid:%zu\r\na=%s\r\na=rtcp-mux\r\na=rtcp-rsize\r\n", at,
                           sends ? "sendonly" : "recvonly");
    write_exts(out, o, kind, map);
    write_formats(out, o, kind);
    if (sends)
        g_string_append_printf(out, "a=msid:bench bench%zu\r\n", at);
    if (sends && kind == RTP_VIDEO && o->layers > 1)
        write_simulcast(out, o->layers);
}

/* map: ids of extensions that the server chose; NULL = ours. */
static char *write_sdp(const struct offer *o, const char *setup, const struct rtp_ext_map *map)
{
    GString *out = g_string_new("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE");
    for (size_t i = 0; i < section_count(o); i++)
        g_string_append_printf(out, " %zu", i);
    g_string_append_printf(out, "\r\na=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=setup:%s\r\n", o->ufrag, o->pwd,
                           setup);
    write_fingerprint(out, &o->fingerprint);
    for (size_t i = 0; i < section_count(o); i++)
        write_section(out, o, i, map);
    return g_string_free(out, FALSE);
}

char *offer_write(const struct offer *o)
{
    return write_sdp(o, "actpass", NULL);
}

char *offer_write_reply(const struct offer *o, const struct offer_answer *theirs)
{
    return write_sdp(o, "active", &theirs->desc.media.exts);
}

/* --- The answer ------------------------------------------------------------------- */

/* Where the reader is. */
struct reader {
    const struct offer *offer;
    struct offer_answer *out;
    size_t section; /* m-lines so far; 0 = before the first */
    bool rejected;  /* this one */
    const char *wrong;
};

/* What is being read is a receive slot: it, or NULL. */
static struct sfu_slot_desc *slot_of(struct reader *r)
{
    size_t tracks = track_count(r->offer);
    return r->section > tracks ? &r->out->desc.media.slots[r->section - 1 - tracks] : NULL;
}

static void read_text(char *to, size_t cap, const char *text, struct reader *r)
{
    if (strlen(text) >= cap)
        r->wrong = "credentials that are too long";
    else if (!*to)
        g_strlcpy(to, text, cap);
}

static void on_ufrag(struct reader *r, const char *value)
{
    read_text(r->out->desc.ufrag, sizeof(r->out->desc.ufrag), value, r);
}

static void on_pwd(struct reader *r, const char *value)
{
    read_text(r->out->desc.pwd, sizeof(r->out->desc.pwd), value, r);
}

static void on_setup(struct reader *r, const char *value)
{
    r->out->desc.dtls_client = strcmp(value, "active") == 0;
}

static bool read_hex(const char *text, struct sfu_fingerprint *f)
{
    f->len = 0;
    for (; f->len < sizeof(f->value); text += 3) {
        if (!g_ascii_isxdigit(text[0]) || !g_ascii_isxdigit(text[1]))
            return false;
        f->value[f->len++] = (uint8_t)(g_ascii_xdigit_value(text[0]) << 4 | g_ascii_xdigit_value(text[1]));
        if (text[2] != ':')
            return !text[2];
    }
    return false;
}

static void on_fingerprint(struct reader *r, const char *value)
{
    static const struct {
        const char *name;
        enum sfu_hash hash;
        uint8_t len;
    } hashes[] = {{"sha-256 ", SFU_SHA256, 32}, {"sha-384 ", SFU_SHA384, 48}, {"sha-512 ", SFU_SHA512, 64}};
    struct sfu_fingerprint f;
    for (size_t i = 0; i < G_N_ELEMENTS(hashes); i++) {
        size_t len = strlen(hashes[i].name);
        f.hash = hashes[i].hash;
        if (g_ascii_strncasecmp(value, hashes[i].name, len) == 0 && read_hex(value + len, &f) &&
            f.len == hashes[i].len)
            r->out->fingerprint = f;
    }
}

/* foundation component protocol priority address port typ host: the first of UDP. */
static void on_candidate(struct reader *r, const char *value)
{
    g_auto(GStrv) words = g_strsplit(value, " ", WORDS_MAX);
    uint64_t port;
    if (r->out->server.family || g_strv_length(words) < 8 || g_ascii_strcasecmp(words[2], "udp") != 0 ||
        !g_ascii_string_to_unsigned(words[5], 10, 1, UINT16_MAX, &port, NULL))
        return;
    (void)!addr_parse(&r->out->server, words[4], (uint16_t)port); /* names are not looked up */
}

static void on_extmap(struct reader *r, const char *value)
{
    char *end;
    uint64_t id = g_ascii_strtoull(value, &end, 10);
    if (*end == '/')
        end += strcspn(end, " ");
    const char *uri = end + strspn(end, " ");
    enum rtp_ext ext = rtp_ext_by_uri(uri, strcspn(uri, " "));
    if (ext < RTP_EXT_COUNT && id >= 1 && id <= 14)
        r->out->desc.media.exts.id[ext] = (uint8_t)id;
}

/* a=ssrc:SSRC cname:...: the first of a slot is its media. */
static void on_ssrc(struct reader *r, const char *value)
{
    struct sfu_slot_desc *slot = slot_of(r);
    uint32_t ssrc = (uint32_t)g_ascii_strtoull(value, NULL, 10);
    if (slot && !slot->ssrc)
        slot->ssrc = ssrc;
}

static void on_ssrc_group(struct reader *r, const char *value)
{
    struct sfu_slot_desc *slot = slot_of(r);
    char *end;
    if (!slot || strncmp(value, "FID ", 4) != 0)
        return;
    slot->ssrc = (uint32_t)g_ascii_strtoull(value + 4, &end, 10);
    slot->rtx_ssrc = (uint32_t)g_ascii_strtoull(end, NULL, 10);
}

static const struct {
    const char *name;
    void (*read)(struct reader *r, const char *value);
} attributes[] = {
    {"ice-ufrag", on_ufrag},     {"ice-pwd", on_pwd},   {"setup", on_setup}, {"fingerprint", on_fingerprint},
    {"candidate", on_candidate}, {"extmap", on_extmap}, {"ssrc", on_ssrc},   {"ssrc-group", on_ssrc_group},
};

static void begin_section(struct reader *r, const char *line)
{
    if (r->section == section_count(r->offer)) {
        r->wrong = "more m-lines than were offered";
        return;
    }
    r->rejected = strstr(line, " 0 ") != NULL;
    if (r->rejected)
        r->wrong = kind_of(r->offer, r->section) == RTP_AUDIO ? "no audio: the server takes no Opus"
                                                              : "no video: the server takes no VP8";
    r->section++;
}

static void read_line(struct reader *r, char *line)
{
    g_strchomp(line);
    if (strncmp(line, "m=", 2) == 0)
        begin_section(r, line);
    char *value = strchr(line, ':');
    if (strncmp(line, "a=", 2) != 0 || !value)
        return;
    *value++ = '\0';
    for (size_t i = 0; i < G_N_ELEMENTS(attributes); i++) {
        if (strcmp(line + 2, attributes[i].name) == 0)
            attributes[i].read(r, value);
    }
}

/* What was offered, with our numbers. */
static void describe(const struct offer *o, struct sfu_media_desc *m)
{
    m->formats[m->format_count++] =
        (struct sfu_format){.codec = RTP_CODEC_OPUS, .pt = OPUS, .transport_cc = true};
    m->formats[m->format_count++] = (struct sfu_format){
        .codec = RTP_CODEC_VP8, .pt = VP8, .rtx_pt = RTX, .nack = true, .pli = true, .transport_cc = true};
    for (size_t i = 0; i < section_count(o); i++) {
        enum rtp_kind kind = kind_of(o, i);
        if (i >= track_count(o)) {
            struct sfu_slot_desc *s = &m->slots[m->slot_count++];
            s->kind = kind;
            g_snprintf(s->mid, sizeof(s->mid), "%zu", i);
            continue;
        }
        struct sfu_track_desc *t = &m->tracks[m->track_count++];
        t->kind = kind;
        t->source = kind == RTP_AUDIO ? SFU_MIC : SFU_CAMERA;
        g_snprintf(t->mid, sizeof(t->mid), "%zu", i);
        t->rid_count = kind == RTP_VIDEO && o->layers > 1 ? o->layers : 0;
        for (uint8_t j = 0; j < t->rid_count; j++)
            g_strlcpy(t->rids[j], rids[j], sizeof(t->rids[j]));
    }
}

static const char *what_is_missing(const struct reader *r)
{
    const struct offer_answer *a = r->out;
    if (r->wrong)
        return r->wrong;
    if (r->section < section_count(r->offer))
        return "fewer m-lines than were offered";
    if (!*a->desc.ufrag || !*a->desc.pwd)
        return "no ICE credentials";
    if (!a->fingerprint.len)
        return "no fingerprint of a hash that is known";
    return a->server.family ? NULL : "no candidate with UDP and an address";
}

int offer_read_answer(const struct offer *o, const char *sdp, struct offer_answer *out, char *err)
{
    struct reader r = {.offer = o, .out = out};
    *out = (struct offer_answer){0};
    g_strlcpy(out->desc.remote_ufrag, o->ufrag, sizeof(out->desc.remote_ufrag));
    g_strlcpy(out->desc.remote_pwd, o->pwd, sizeof(out->desc.remote_pwd));
    describe(o, &out->desc.media);
    g_auto(GStrv) lines = g_strsplit(sdp, "\n", -1);
    for (size_t i = 0; lines[i] && !r.wrong; i++)
        read_line(&r, lines[i]);
    const char *missing = what_is_missing(&r);
    if (!missing)
        return 0;
    g_snprintf(err, OFFER_ERROR_MAX, "the answer has %s", missing);
    return -EBADMSG;
}
