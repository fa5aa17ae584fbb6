#include "notice.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

/* JSON that was built here always dumps; UTF-8 was checked when it came in. */
static struct notice *dump(json_t *message, size_t cut)
{
    size_t size = json_dumpb(message, NULL, 0, JSON_COMPACT);
    struct notice *notice = g_malloc(sizeof(*notice) + size);
    notice->refs = 1;
    notice->len = json_dumpb(message, notice->text, size, JSON_COMPACT) - cut;
    json_decref(message);
    return notice;
}

struct notice *notice_whole(json_t *message)
{
    return dump(message, 0);
}

struct notice *notice_event(const char *method, json_t *params, bool numbered)
{
    json_t *message = json_pack("{s:s, s:s, s:o}", "jsonrpc", "2.0", "method", method, "params", params);
    /* params is the last member: without the two closing braces the text ends inside of it. */
    return dump(message, numbered ? 2 : 0);
}

size_t notice_tail(char tail[NOTICE_TAIL_MAX], uint32_t event)
{
    return event ? (size_t)snprintf(tail, NOTICE_TAIL_MAX, ",\"event\":%u}}", event) : 0;
}

struct notice *notice_ref(struct notice *notice)
{
    notice->refs++;
    return notice;
}

void notice_unref(struct notice *notice)
{
    if (notice && --notice->refs == 0)
        g_free(notice);
}
