/* No memory is taken for a packet: what the media plane's threads ask of the heap while a call runs steadily
 * is counted (the linker gives us their calls, see tests/CMakeLists.txt). */
#include "call.h"

#include <glib.h>
#include <pthread.h>
#include <stdatomic.h>

enum { PEOPLE = 4, PACKETS = 4000, FOR_ONE = 200 /* packets: less often than that it may happen */ };

static pthread_t driver; /* the synthetic participants' */
static atomic_uint_fast64_t asked;

static void count(void)
{
    if (!pthread_equal(pthread_self(), driver))
        atomic_fetch_add(&asked, 1);
}

#define COUNTED(name, params, args)                                                                          \
    void *__real_##name params;                                                                              \
    void *__wrap_##name params;                                                                              \
    void *__wrap_##name params                                                                               \
    {                                                                                                        \
        count();                                                                                             \
        return __real_##name args;                                                                           \
    }

COUNTED(malloc, (size_t n), (n))
COUNTED(calloc, (size_t n, size_t size), (n, size))
COUNTED(realloc, (void *p, size_t n), (p, n))
COUNTED(g_malloc, (gsize n), (n))
COUNTED(g_malloc0, (gsize n), (n))
COUNTED(g_malloc_n, (gsize n, gsize size), (n, size))
COUNTED(g_malloc0_n, (gsize n, gsize size), (n, size))
COUNTED(g_memdup2, (gconstpointer p, gsize n), (p, n))

static uint64_t forwarded(struct person **people)
{
    uint64_t packets = 0;
    for (size_t i = 0; i < PEOPLE; i++) {
        for (size_t j = 0; j < people[i]->peer->sink_count; j++)
            packets += people[i]->peer->sinks[j].packets;
    }
    return packets;
}

static void packets_take_no_memory(void **state)
{
    static const struct wish member = {
        .audio = true, .video = true, .layers = 3, .audio_slots = 2, .video_slots = PEOPLE - 1};
    (void)state;
    driver = pthread_self();
    struct call *c = call_new(1);
    struct person *people[PEOPLE];
    for (size_t i = 0; i < PEOPLE; i++)
        people[i] = call_join_now(c, &member);
    assert_true(atomic_load(&asked) > 0); /* it does count */
    FOR_MS(c, 8000);                      /* layers rise, rings grow */
    uint64_t packets = forwarded(people), before = atomic_load(&asked);
    UNTIL(c, forwarded(people) >= packets + PACKETS);
    uint64_t took = atomic_load(&asked) - before;
    print_message("  %lu allocations for %u packets\n", (unsigned long)took, PACKETS);
    assert_true(took * FOR_ONE <= PACKETS);
    call_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(packets_take_no_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
