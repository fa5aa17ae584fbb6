#include "sdp.h"
#include "sdp_attr.h"

#include <errno.h>
#include <string.h>

static bool is_format_list(const char *text)
{
    for (; *text; text++) {
        char one[2] = {*text, '\0'};
        if (*text != ' ' && !sdp_is_token(one, 1))
            return false;
    }
    return true;
}

static int parse_payload_types(struct sdp_parser *p, char *list)
{
    struct sdp_section *s = p->section;
    bool seen[128] = {false};
    while (*list) {
        uint64_t pt;
        char *word = sdp_word(&list);
        if (!sdp_number(word, 127, &pt))
            return sdp_parser_fail(p, -EBADMSG, "m=: \"%.16s\" is not a payload type (0..127)", word);
        if (seen[pt])
            return sdp_parser_fail(p, -EBADMSG, "m=: payload type %u is listed twice", (unsigned)pt);
        seen[pt] = true;
        s->formats[s->format_count++] = (struct sdp_format){.pt = (uint8_t)pt, .name = "", .fmtp = ""};
    }
    return 0;
}

/* m=<media> <port> <proto> <fmt> ... */
static int parse_media(struct sdp_parser *p, char *text)
{
    p->section = p->section ? p->section + 1 : p->sdp->sections;
    struct sdp_section *s = p->section;
    s->line = p->line;
    s->media = sdp_word(&text);
    const char *port = sdp_word(&text);
    s->proto = sdp_word(&text);
    s->fmt = sdp_string(p->sdp, text, strlen(text));

    uint64_t number;
    if (!sdp_is_token(s->media, 32))
        return sdp_parser_fail(p, -EBADMSG, "m=: a media type such as audio is missing");
    if (!sdp_number(port, UINT16_MAX, &number))
        return sdp_parser_fail(p, -EBADMSG, "m=: \"%.16s\" is not a port", port);
    s->port = (uint16_t)number;
    if (!*s->proto || strlen(s->proto) > 64 ||
        strspn(s->proto, "ABCDEFGHIJKLMNOPQRSTUVWXYZ/") != strlen(s->proto))
        return sdp_parser_fail(p, -EBADMSG, "m=: a protocol such as UDP/TLS/RTP/SAVPF is missing");
    if (!*s->fmt || !is_format_list(s->fmt))
        return sdp_parser_fail(p, -EBADMSG, "m=: a list of formats is missing");
    return strstr(s->proto, "RTP/") ? parse_payload_types(p, text) : 0;
}

static int parse_line(struct sdp_parser *p, char *line, size_t len)
{
    if (len > SDP_LINE_MAX)
        return sdp_parser_fail(p, -E2BIG, "longer than %d bytes", SDP_LINE_MAX);
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)line[i] < ' ' && line[i] != '\t')
            return sdp_parser_fail(p, -EBADMSG, "a control character");
    }
    if (len < 2 || line[1] != '=' || !g_ascii_islower(line[0]))
        return sdp_parser_fail(p, -EBADMSG, "not of the form x=value");
    if (p->fragment && line[0] != 'a' && line[0] != 'm')
        return sdp_parser_fail(p, -EBADMSG, "a fragment has only lines a= and m=");
    if (p->line == 1 && !p->fragment && strcmp(line, "v=0") != 0)
        return sdp_parser_fail(p, -EBADMSG, "SDP begins with v=0");

    char *value = line + 2;
    switch (line[0]) {
    case 'a':
        return sdp_attr_parse(p, value);
    case 'm':
        return parse_media(p, value);
    case 'c':
        if (p->section)
            p->section->connection = value;
        return 0;
    case 'o':
        p->sdp->origin = value;
        return 0;
    default:
        return 0; /* s=, t=, b= and the others say nothing that the answer needs */
    }
}

/* How many sections there will be, and whether the lines are too many. */
static int count_sections(struct sdp_parser *p, const char *text, size_t len, size_t *out)
{
    size_t sections = 0;
    const char *end = text + len;
    for (const char *at = text; at < end; p->line++) {
        if (p->line > SDP_LINES_MAX)
            return sdp_parser_fail(p, -E2BIG, "more than %d lines", SDP_LINES_MAX);
        sections += end - at > 1 && at[0] == 'm' && at[1] == '=';
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        at = newline ? newline + 1 : end;
        if (sections > SDP_SECTIONS_MAX)
            return sdp_parser_fail(p, -E2BIG, "more than %d m-lines", SDP_SECTIONS_MAX);
    }
    p->line = 1;
    *out = sections;
    return 0;
}

static int parse_lines(struct sdp_parser *p, char *text, size_t len)
{
    char *end = text + len;
    while (text < end) {
        char *newline = memchr(text, '\n', (size_t)(end - text));
        char *next = newline ? newline + 1 : end;
        char *stop = newline ? newline : end;
        if (stop > text && stop[-1] == '\r')
            stop--;
        *stop = '\0'; /* the copy has a byte after its end */
        int rc = parse_line(p, text, (size_t)(stop - text));
        if (rc < 0)
            return rc;
        p->line++;
        text = next;
    }
    return p->line == 1 ? sdp_parser_fail(p, -EBADMSG, "the SDP is empty") : 0;
}

static int parse_text(struct sdp_parser *p, const char *text, size_t len)
{
    struct sdp *sdp = p->sdp;
    *sdp = (struct sdp){0};
    if (len > SDP_TEXT_MAX)
        return sdp_parser_fail(p, -E2BIG, "the SDP is longer than %d bytes", SDP_TEXT_MAX);
    size_t sections = 0;
    int rc = count_sections(p, text, len, &sections);
    if (rc < 0)
        return rc;
    sdp_init(sdp, sections);
    char *copy = g_string_chunk_insert_len(sdp->strings, text, (gssize)len);
    rc = parse_lines(p, copy, len);
    if (rc < 0)
        sdp_finish(sdp);
    return rc;
}

int sdp_parse(struct sdp *sdp, const char *text, size_t len, char *err, size_t err_len)
{
    struct sdp_parser p = {.sdp = sdp, .line = 1, .err = err, .err_len = err_len};
    return parse_text(&p, text, len);
}

int sdp_parse_fragment(struct sdp *sdp, const char *text, size_t len, char *err, size_t err_len)
{
    struct sdp_parser p = {.sdp = sdp, .line = 1, .fragment = true, .err = err, .err_len = err_len};
    return parse_text(&p, text, len);
}
