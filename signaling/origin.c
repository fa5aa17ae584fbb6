#include "origin.h"

#include <glib.h>
#include <string.h>

bool origin_allowed(const char *allowed, const char *origin, const char *host)
{
    if (!*origin || strcmp(allowed, "*") == 0)
        return true;
    if (!*allowed) {
        const char *authority = strstr(origin, "://");
        return authority && *host && g_ascii_strcasecmp(authority + 3, host) == 0;
    }
    g_auto(GStrv) list = g_strsplit(allowed, " ", -1);
    for (char **one = list; *one; one++)
        if (**one && g_ascii_strcasecmp(*one, origin) == 0)
            return true;
    return false;
}
