/* AV1 payloads: the aggregation header and the OBUs that begin in a packet. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "av1.h"
#include "bytes_text.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const struct {
    const char *what, *payload;
    int rc;
    struct av1_payload want;
} rows[] = {
    {"new sequence, sequence header and frame", "28 02 0a00 30 11", 0, {.key = true, .start = true}},
    {"frame alone, W 1", "10 30 11", 0, {.start = true}},
    {"frame alone, W 0", "00 02 30 11", 0, {.start = true}},
    {"sequence header without N", "20 02 0a00 30 11", 0, {.key = true, .start = true}},
    {"a later sequence header", "00 02 3011 02 0a00", 0, {.key = true, .start = true}},
    {"sequence header with a size",
     "28 08 08 196a67fd9ed004 30 11",
     0,
     {.key = true, .start = true, .width = 1280, .height = 720}},
    {"with its own length, too",
     "28 0a 0a 07 196a67fd9ed004 ff 30 11",
     0,
     {.key = true, .start = true, .width = 1280, .height = 720}},
    {"behind layers, with its own",
     "00 03 344011 09 0c 40 196a67fd9ed004",
     0,
     {.key = true, .start = true, .has_layers = true, .tid = 2, .width = 1280, .height = 720}},
    {"longer than its OBU", "28 0a 0a 09 196a67fd9ed004 ff 30 11", 0, {.key = true, .start = true}},
    {"goes on from before", "90 30 11", 0, {0}},
    {"goes on, then a sequence header", "a0 01 ff 0a 00", 0, {.key = true}},
    {"goes on in the next", "50 30 11", 0, {.start = true, .unfinished = true}},
    {"tile group", "10 20 11", 0, {0}},
    {"layers", "10 34 70 11", 0, {.start = true, .has_layers = true, .tid = 3, .sid = 2}},
    {"OBU of no bytes", "00 00 02 30 11", 0, {0}},
    {"length in two bytes", "20 8200 0a00 30 11", 0, {.key = true, .start = true}},
    {"OBU past the end", "00 03 30 11", -EBADMSG, {0}},
    {"second OBU past the end", "00 01 30 05 11", -EBADMSG, {0}},
    {"length without end", "00 80808080 80808080 00 30", -EBADMSG, {0}},
    {"length cut", "00 80", -EBADMSG, {0}},
    {"largest length", "00 ffffffff ffffff7f 30", -EBADMSG, {0}},
    {"fewer OBUs than W", "30 01 30 01 30", -EBADMSG, {0}},
    {"as many OBUs as W", "30 01 30 01 30 30", 0, {.start = true}},
    {"forbidden bit", "10 b0 11", -EBADMSG, {0}},
    {"layers cut", "10 34", -EBADMSG, {0}},
    {"new sequence amid an OBU", "98 30 11", -EBADMSG, {0}},
    {"aggregation header alone", "10", -EBADMSG, {0}},
    {"nothing", "", -EBADMSG, {0}},
};

static void payloads(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct av1_payload *w = &rows[i].want;
        struct av1_payload a;
        uint8_t p[32];
        int rc = av1_read(&a, p, from_hex(rows[i].payload, p));
        if (rc != rows[i].rc)
            fail_msg("%s: %d", rows[i].what, rc);
        assert_true(rc != 0 || (a.width == w->width && a.height == w->height));
        if (rc == 0 && (a.key != w->key || a.start != w->start || a.unfinished != w->unfinished ||
                        a.has_layers != w->has_layers || a.tid != w->tid || a.sid != w->sid))
            fail_msg("%s: key %d, start %d, tid %u, sid %u", rows[i].what, a.key, a.start, a.tid, a.sid);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(payloads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
