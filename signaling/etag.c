#include "etag.h"

#include <glib.h>
#include <string.h>

/* After one member of a list and its comma, NULL where it is malformed. *len: of what is between the quotes;
 * weak tags never match, so their W/ needs no more than to be passed over. */
static const char *next(const char *at, const char **tag, size_t *len, bool *weak)
{
    at += strspn(at, " \t,");
    *weak = g_str_has_prefix(at, "W/");
    at += *weak ? 2 : 0;
    const char *end = *at == '"' ? strchr(at + 1, '"') : NULL;
    *tag = at + 1;
    *len = end ? (size_t)(end - *tag) : 0;
    return end ? end + 1 : NULL;
}

bool etag_matches(const char *if_match, const char *tag)
{
    const char *at = if_match, *found;
    size_t len;
    bool weak;
    if (strcmp(if_match, "*") == 0)
        return true;
    while (at && (at = next(at, &found, &len, &weak)))
        if (!weak && len == strlen(tag) && memcmp(found, tag, len) == 0)
            return true;
    return false;
}
