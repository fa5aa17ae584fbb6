#include "sdp_attr.h"

#include "sdp_section.h"

#include <errno.h>
#include <string.h>

enum { AT_SESSION = 1, AT_MEDIA = 2, AT_BOTH = 3 };

#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct sdp_level *level_of(struct sdp_parser *p)
{
    return p->section ? &p->section->level : &p->sdp->level;
}

/* --- Session and transport -------------------------------------------------- */

static int parse_group(struct sdp_parser *p, char *value, size_t arg)
{
    (void)arg;
    struct sdp *sdp = p->sdp;
    if (strcmp(sdp_word(&value), "BUNDLE") != 0 || sdp->bundle_count)
        return 0;
    while (*value) {
        if (sdp->bundle_count == SDP_SECTIONS_MAX)
            return sdp_parser_fail(p, -E2BIG, "a=group: more than %d mids", SDP_SECTIONS_MAX);
        sdp->bundle[sdp->bundle_count++] = sdp_word(&value);
    }
    return 0;
}

/* Any visible characters pass: they are compared, never written. RFC 8839, 5.4 has the lengths. */
static int parse_ufrag(struct sdp_parser *p, char *value, size_t arg)
{
    (void)arg;
    size_t len = strlen(value);
    if (len < 4 || len > SFU_UFRAG_MAX)
        return sdp_parser_fail(p, -EBADMSG, "a=ice-ufrag: 4 to %d characters", SFU_UFRAG_MAX);
    level_of(p)->ufrag = value;
    return 0;
}

static int parse_pwd(struct sdp_parser *p, char *value, size_t arg)
{
    (void)arg;
    size_t len = strlen(value);
    if (len < 22 || len > SFU_PWD_MAX)
        return sdp_parser_fail(p, -EBADMSG, "a=ice-pwd: 22 to %d characters", SFU_PWD_MAX);
    level_of(p)->pwd = value;
    return 0;
}

static bool parse_hex(const char *text, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++, text += 3) {
        int high = g_ascii_xdigit_value(text[0]);
        int low = high < 0 ? -1 : g_ascii_xdigit_value(text[1]);
        if (low < 0 || text[2] != (i + 1 < len ? ':' : '\0'))
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* RFC 8122, section 5. Hashes that we do not know are passed over: another line may have one. */
static int parse_fingerprint(struct sdp_parser *p, char *value, size_t arg)
{
    (void)arg;
    static const struct {
        const char *name;
        enum sfu_hash hash;
        uint8_t len;
    } hashes[] = {{"sha-256", SFU_SHA256, 32}, {"sha-384", SFU_SHA384, 48}, {"sha-512", SFU_SHA512, 64}};

    struct sfu_fingerprint *f = &level_of(p)->fingerprint;
    const char *name = sdp_word(&value);
    for (size_t i = 0; i < COUNT(hashes) && !f->len; i++) {
        if (g_ascii_strcasecmp(name, hashes[i].name) != 0)
            continue;
        if (!parse_hex(value, f->value, hashes[i].len))
            return sdp_parser_fail(p, -EBADMSG, "a=fingerprint: %s is %u bytes in hex with colons between",
                                   hashes[i].name, (unsigned)hashes[i].len);
        f->hash = hashes[i].hash;
        f->len = hashes[i].len;
    }
    return 0;
}

static int parse_setup(struct sdp_parser *p, char *value, size_t arg)
{
    (void)arg;
    static const char *const names[] = {
        [SDP_SETUP_ACTPASS] = "actpass",
        [SDP_SETUP_ACTIVE] = "active",
        [SDP_SETUP_PASSIVE] = "passive",
        [SDP_SETUP_HOLDCONN] = "holdconn",
    };
    for (enum sdp_setup i = SDP_SETUP_ACTPASS; i < COUNT(names); i++) {
        if (strcmp(value, names[i]) == 0) {
            level_of(p)->setup = i;
            return 0;
        }
    }
    return sdp_parser_fail(p, -EBADMSG, "a=setup: actpass, active or passive");
}

static int parse_direction(struct sdp_parser *p, char *value, size_t direction)
{
    (void)value;
    level_of(p)->direction = (enum sdp_direction)direction;
    level_of(p)->has_direction = true;
    return 0;
}

static int parse_session_flag(struct sdp_parser *p, char *value, size_t offset)
{
    (void)value;
    *(bool *)((char *)p->sdp + offset) = true;
    return 0;
}

static int parse_level_flag(struct sdp_parser *p, char *value, size_t offset)
{
    (void)value;
    *(bool *)((char *)level_of(p) + offset) = true;
    return 0;
}

static int parse_level_text(struct sdp_parser *p, char *value, size_t offset)
{
    *(const char **)((char *)level_of(p) + offset) = value;
    return 0;
}

static int parse_section_flag(struct sdp_parser *p, char *value, size_t offset)
{
    (void)value;
    *(bool *)((char *)p->section + offset) = true;
    return 0;
}

static int parse_section_text(struct sdp_parser *p, char *value, size_t offset)
{
    *(const char **)((char *)p->section + offset) = value;
    return 0;
}

#define SESSION(field) offsetof(struct sdp, field)
#define LEVEL(field)   offsetof(struct sdp_level, field)
#define SECTION(field) offsetof(struct sdp_section, field)

/* a=candidate and a=end-of-candidates are not here on purpose: a lite agent sends no checks, so the server
 * never looks at an address that a client made up. */
static const struct {
    const char *name;
    unsigned where;
    int (*parse)(struct sdp_parser *p, char *value, size_t arg);
    size_t arg;
} attrs[] = {
    {"group", AT_SESSION, parse_group, 0},
    {"ice-lite", AT_SESSION, parse_session_flag, SESSION(ice_lite)},
    {"ice-ufrag", AT_BOTH, parse_ufrag, 0},
    {"ice-pwd", AT_BOTH, parse_pwd, 0},
    {"ice-options", AT_BOTH, parse_level_text, LEVEL(ice_options)},
    {"fingerprint", AT_BOTH, parse_fingerprint, 0},
    {"setup", AT_BOTH, parse_setup, 0},
    {"extmap-allow-mixed", AT_BOTH, parse_level_flag, LEVEL(allow_mixed)},
    {"sendrecv", AT_BOTH, parse_direction, SDP_SENDRECV},
    {"sendonly", AT_BOTH, parse_direction, SDP_SENDONLY},
    {"recvonly", AT_BOTH, parse_direction, SDP_RECVONLY},
    {"inactive", AT_BOTH, parse_direction, SDP_INACTIVE},
    {"msid", AT_MEDIA, parse_section_text, SECTION(msid)},
    {"rtcp-mux", AT_MEDIA, parse_section_flag, SECTION(rtcp_mux)},
    {"rtcp-rsize", AT_MEDIA, parse_section_flag, SECTION(rtcp_rsize)},
    {"bundle-only", AT_MEDIA, parse_section_flag, SECTION(bundle_only)},
    {"mid", AT_MEDIA, sdp_section_mid, 0},
    {"rtpmap", AT_MEDIA, sdp_section_rtpmap, 0},
    {"fmtp", AT_MEDIA, sdp_section_fmtp, 0},
    {"rtcp-fb", AT_MEDIA, sdp_section_rtcp_fb, 0},
    {"extmap", AT_MEDIA, sdp_section_extmap, 0},
    {"rid", AT_MEDIA, sdp_section_rid, 0},
    {"simulcast", AT_MEDIA, sdp_section_simulcast, 0},
    {"ssrc", AT_MEDIA, sdp_section_ssrc, 0},
    {"ssrc-group", AT_MEDIA, sdp_section_ssrc_group, 0},
    {"sctp-port", AT_MEDIA, sdp_section_sctp_port, 0},
    {"max-message-size", AT_MEDIA, sdp_section_max_message_size, 0},
};

int sdp_attr_parse(struct sdp_parser *p, char *text)
{
    char *value = strchr(text, ':');
    if (value)
        *value++ = '\0';
    else
        value = text + strlen(text);
    for (size_t i = 0; i < COUNT(attrs); i++) {
        if (strcmp(text, attrs[i].name) == 0 && attrs[i].where & (p->section ? AT_MEDIA : AT_SESSION))
            return attrs[i].parse(p, value, attrs[i].arg);
    }
    return 0;
}
