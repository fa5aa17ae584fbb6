/* Any bytes as the fragment of SDP in a PATCH. What is taken is within its
 * bounds, and comes out the same when it is written and read again. */
#include "sdpfrag.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sdpfrag fragment, again;
    char err[SDP_ERROR_MAX];
    if (sdpfrag_parse(&fragment, (const char *)data, size, err, sizeof err) < 0)
        return 0;
    size_t ufrag = strlen(fragment.ufrag), pwd = strlen(fragment.pwd);
    if ((ufrag && (ufrag < 4 || ufrag > SFU_UFRAG_MAX)) || (pwd && (pwd < 22 || pwd > SFU_PWD_MAX)))
        abort();
    if (!ufrag || !pwd)
        return 0;
    g_autofree char *text = g_strdup_printf("a=ice-ufrag:%s\na=ice-pwd:%s\n", fragment.ufrag, fragment.pwd);
    if (sdpfrag_parse(&again, text, strlen(text), err, sizeof err) < 0 ||
        strcmp(again.ufrag, fragment.ufrag) != 0 || strcmp(again.pwd, fragment.pwd) != 0)
        abort();
    return 0;
}
