#include "sdp.h"

#include <stdarg.h>
#include <string.h>

static void level_init(struct sdp_level *level)
{
    level->ufrag = level->pwd = level->ice_options = "";
}

static void section_init(struct sdp_section *s)
{
    s->media = s->proto = s->connection = s->fmt = s->mid = s->msid = "";
    level_init(&s->level);
}

void sdp_init(struct sdp *sdp, size_t sections)
{
    *sdp = (struct sdp){.origin = "", .strings = g_string_chunk_new(4096)};
    level_init(&sdp->level);
    sdp->sections = g_new0(struct sdp_section, sections);
    sdp->section_count = sections;
    for (size_t i = 0; i < sections; i++)
        section_init(&sdp->sections[i]);
}

void sdp_finish(struct sdp *sdp)
{
    g_clear_pointer(&sdp->strings, g_string_chunk_free);
    g_free(sdp->sections);
    *sdp = (struct sdp){0};
}

const char *sdp_string(struct sdp *sdp, const char *text, size_t len)
{
    return g_string_chunk_insert_len(sdp->strings, text, (gssize)len);
}

const char *sdp_printf(struct sdp *sdp, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    return sdp_string(sdp, text, strlen(text));
}
