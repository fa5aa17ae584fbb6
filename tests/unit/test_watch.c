#include "track.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum op { END, BEGIN, STOP, MOVE };
enum { LAYERS = 2, WATCHES = 6 };

/* Watch number w begins on a layer, stops, or takes over what `other` listens to. `lists`: whose slots
 * each layer's list has afterwards, in any order: slot w is the w-th letter. */
struct row {
    enum op op;
    size_t w, other;
    const char *lists[LAYERS];
};

static const struct {
    const char *name;
    struct row rows[14];
} sequences[] = {
    {"to stop without having begun is nothing", {{STOP, 0, 0, {"", ""}}, {STOP, 0, 0, {"", ""}}}},
    {"begin and stop", {{BEGIN, 0, 0, {"a", ""}}, {STOP, 0, 0, {"", ""}}, {BEGIN, 0, 1, {"", "a"}}}},
    {"more than the list held, gone in another order",
     {{BEGIN, 0, 0, {"a", ""}},
      {BEGIN, 1, 0, {"ab", ""}},
      {BEGIN, 2, 0, {"abc", ""}},
      {BEGIN, 3, 0, {"abcd", ""}},
      {BEGIN, 4, 0, {"abcde", ""}},
      {STOP, 1, 0, {"acde", ""}},
      {STOP, 4, 0, {"acd", ""}},
      {BEGIN, 5, 1, {"acd", "f"}},
      {STOP, 0, 0, {"cd", "f"}},
      {STOP, 3, 0, {"c", "f"}},
      {STOP, 2, 0, {"", "f"}},
      {STOP, 5, 0, {"", ""}}}},
    {"a moved one keeps its place and its slot",
     {{BEGIN, 0, 0, {"a", ""}},
      {BEGIN, 1, 0, {"ab", ""}},
      {BEGIN, 2, 0, {"abc", ""}},
      {MOVE, 3, 1, {"abc", ""}},
      {STOP, 1, 0, {"abc", ""}},
      {STOP, 0, 0, {"bc", ""}},
      {STOP, 3, 0, {"c", ""}},
      {STOP, 2, 0, {"", ""}}}},
    {"the one that was last moves, then another stops",
     {{BEGIN, 0, 0, {"a", ""}},
      {BEGIN, 1, 0, {"ab", ""}},
      {MOVE, 2, 1, {"ab", ""}},
      {STOP, 0, 0, {"b", ""}},
      {STOP, 2, 0, {"", ""}}}},
    {"nothing moves", {{MOVE, 0, 1, {"", ""}}, {STOP, 0, 0, {"", ""}}, {BEGIN, 0, 0, {"a", ""}}}},
};

/* Slots are never looked into: addresses do. */
static char slots[WATCHES];

static struct track here; /* published on this worker */

static struct slot *slot_of(size_t w)
{
    return (struct slot *)(void *)&slots[w];
}

static void check(const struct layer *layer, const char *want)
{
    const struct watchers *all = &layer->watchers;
    assert_int_equal(all->count, strlen(want));
    for (size_t i = 0; i < all->count; i++) {
        char name = (char)('a' + ((char *)all->list[i].slot - slots));
        assert_non_null(strchr(want, name));
        assert_ptr_equal(all->list[i].watch->layer, layer);
        assert_int_equal(all->list[i].watch->at, i);
    }
}

static void lists_who_listens(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++) {
        struct layer *layers = calloc(LAYERS, sizeof(*layers));
        struct watch watches[WATCHES] = {0};
        assert_non_null(layers);
        for (size_t j = 0; j < LAYERS; j++)
            layers[j].track = &here;
        print_message("  %s\n", sequences[i].name);
        for (const struct row *row = sequences[i].rows; row->op != END; row++) {
            struct watch *w = &watches[row->w];
            if (row->op == BEGIN)
                assert_int_equal(watch_begin(w, slot_of(row->w), &layers[row->other]), 0);
            else if (row->op == STOP)
                watch_end(w);
            else
                watch_move(w, &watches[row->other]);
            for (size_t j = 0; j < LAYERS; j++)
                check(&layers[j], row->lists[j]);
        }
        for (size_t j = 0; j < LAYERS; j++)
            free(layers[j].watchers.list);
        free(layers);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_who_listens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
