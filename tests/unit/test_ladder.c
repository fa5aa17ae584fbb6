/* The steps that a slot may have of its source. */
#include "allocate_rows.h"
#include "ladder.h"

/* The rungs as text: layer.tid of each. */
static const char *rungs(const struct ladder *l)
{
    static char buffer[256];
    size_t n = 0;
    *buffer = 0;
    for (int i = 0; i < l->count; i++) {
        const struct allocate_step *s = ladder_rung(l, i);
        n += (size_t)snprintf(buffer + n, sizeof buffer - n, "%s%u.%u", i ? " " : "", s->layer, s->tid);
    }
    return buffer;
}

/* Half a second old, the upper of them. */
static const struct allocate_step fresh[] = {{0, 2, 30, true, 320, 180, 150000, 1},
                                             {1, 2, 30, true, 640, 360, 500000, ALIVE(0) - 500000}};

static void has_what_the_slot_may_have(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct allocate_slot slot;
        int had;
        const char *wished, *living;
    } rows[] = {
        {"all, of a large picture only at its full rate",
         {CAMERA},
         -1,
         "0.0 0.1 0.2 1.2 2.2",
         "0.0 0.1 0.2 1.2 2.2"},
        {"no larger than the box", {THUMB}, -1, "0.0 0.1 0.2", "0.0 0.1 0.2"},
        {"a box that is stretched a little", {CAMERA, BOX(736, 0)}, -1, "0.0 0.1 0.2 1.2", "0.0 0.1 0.2 1.2"},
        {"a box that is stretched too much",
         {CAMERA, BOX(737, 0)},
         -1,
         "0.0 0.1 0.2 1.2 2.2",
         "0.0 0.1 0.2 1.2 2.2"},
        {"one side that is filled will do",
         {CAMERA, BOX(1920, 360)},
         -1,
         "0.0 0.1 0.2 1.2",
         "0.0 0.1 0.2 1.2"},
        {"no more frames than are wanted", {CAMERA, .max_fps = 15}, -1, "0.0 0.1 1.1 2.1", "0.0 0.1 1.1 2.1"},
        {"a screen keeps its lower rates", {SCREEN}, -1, "0.0 0.1 0.2", "0.0 0.1 0.2"},
        {"stopped layers are wished for", {VIDEO(low)}, -1, "0.2 1.2 2.2", "0.2"},
        {"too large is better than nothing", {VIDEO(high), BOX(320, 180)}, -1, "0.2", "2.2"},
        {"nothing lives", {VIDEO(dead)}, -1, "0.0", ""},
        {"not settled", {VIDEO(fresh)}, -1, "0.2 1.2", "0.2"},
        {"not settled, but had the lower one", {VIDEO(fresh)}, 0, "0.2 1.2", "0.2"},
        {"not settled, but had", {VIDEO(fresh)}, 1, "0.2 1.2", "0.2 1.2"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct ladder l;
        ladder_wished(&l, &rows[i].slot);
        if (strcmp(rungs(&l), rows[i].wished) != 0)
            fail_msg("%s: wished %s, not %s", rows[i].name, rungs(&l), rows[i].wished);
        ladder_living(&l, &rows[i].slot, rows[i].had, ALIVE(0));
        if (strcmp(rungs(&l), rows[i].living) != 0)
            fail_msg("%s: living %s, not %s", rows[i].name, rungs(&l), rows[i].living);
    }
}

/* Where the next rank may come in, and what the top takes. */
static void costs_what_it_is(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct allocate_slot slot;
        int filled;
        uint32_t bps, cost; /* of the top */
    } rows[] = {
        {"a camera", {CAMERA}, 3, 2500000, 2500000},
        {"a thumbnail", {THUMB}, 2, 150000, 150000},
        {"a screen", {SCREEN}, 2, 1600000, 1600000},
        {"rates that are usual", {VIDEO(unknown)}, 1, 2500000, 2500000},
        {"a single stream, by its size", {VIDEO(plain)}, 0, 2000000, 2000000},
        {"what will hardly come takes nothing more", {VIDEO(small)}, 1, 2500000, 500000},
        {"nothing of it will", {VIDEO(gone)}, 1, 500000, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct ladder l;
        ladder_wished(&l, &rows[i].slot);
        if (ladder_filled(&l) != rows[i].filled || ladder_bps(&l, l.count - 1) != rows[i].bps ||
            ladder_cost(&l, l.count - 1) != rows[i].cost || ladder_cost(&l, -1) != 0)
            fail_msg("%s: %d, %u, %u", rows[i].name, ladder_filled(&l), ladder_bps(&l, l.count - 1),
                     ladder_cost(&l, l.count - 1));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_what_the_slot_may_have),
        cmocka_unit_test(costs_what_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
