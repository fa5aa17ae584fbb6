#include "whip_path.h"

#include "schema.h"

#include <string.h>

enum { DIGITS_MAX = 10 };

static const char *tail_of(const char *path, enum session_way *way)
{
    *way = g_str_has_prefix(path, "/whep") ? SESSION_WHEP : SESSION_WHIP;
    if (*way == SESSION_WHIP && !g_str_has_prefix(path, "/whip"))
        return NULL;
    return path + strlen("/whip");
}

bool whip_path_is(const char *path)
{
    enum session_way way;
    const char *tail = tail_of(path, &way);
    return tail && (*tail == '/' || *tail == '\0');
}

/* A number as we write it: no zeros in front, at least 1. */
static bool read_participant(const char *text, size_t len, uint32_t *out)
{
    uint64_t number = 0;
    if (len == 0 || len > DIGITS_MAX || *text == '0')
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!g_ascii_isdigit(text[i]))
            return false;
        number = number * 10 + (uint64_t)(text[i] - '0');
    }
    *out = (uint32_t)number;
    return number <= UINT32_MAX;
}

static bool read_secret(const char *text, char out[SESSION_SECRET_LEN + 1])
{
    if (strlen(text) != SESSION_SECRET_LEN || strspn(text, "0123456789abcdef") != SESSION_SECRET_LEN)
        return false;
    g_strlcpy(out, text, SESSION_SECRET_LEN + 1);
    return true;
}

/* PARTICIPANT or PARTICIPANT-SECRET */
static bool read_last(struct whip_path *out, const char *text)
{
    size_t len = strcspn(text, "-");
    if (!read_participant(text, len, &out->participant))
        return false;
    return text[len] ? read_secret(text + len + 1, out->secret) : out->way == SESSION_WHEP;
}

bool whip_path_parse(struct whip_path *out, const char *path)
{
    *out = (struct whip_path){0};
    const char *room = tail_of(path, &out->way);
    if (!room || *room != '/')
        return false;
    size_t len = strcspn(++room, "/");
    if (len == 0 || len > WHIP_ROOM_MAX)
        return false;
    memcpy(out->room, room, len);
    return schema_room(out->room) && (room[len] == '\0' || read_last(out, room + len + 1));
}
