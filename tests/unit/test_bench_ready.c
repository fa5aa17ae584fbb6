/* Whose sockets have something to read: by epoll, and by poll() where the thread spins. */
#include "ready.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/eventfd.h>
#include <unistd.h>

enum { COUNT = 3 };

/* What ready_wait() says is which of these. */
static int fds[COUNT];

static void set_up(struct ready *r, bool spin)
{
    assert_int_equal(ready_init(r, spin), 0);
    for (int i = 0; i < COUNT; i++) {
        fds[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        assert_int_equal(ready_add(r, fds[i], &fds[i]), 0);
    }
}

static void tear_down(struct ready *r)
{
    for (int i = 0; i < COUNT; i++)
        close(fds[i]);
    ready_finish(r);
}

/* Bit n: number n is told. Without waiting. */
static unsigned told(struct ready *r)
{
    void *who[READY_MAX];
    unsigned bits = 0;
    size_t n = ready_wait(r, 0, who);
    for (size_t i = 0; i < n; i++) {
        unsigned bit = 1u << ((int *)who[i] - fds);
        assert_int_equal(bits & bit, 0);
        bits |= bit;
    }
    return bits;
}

static void tells_whose_have_something(void **state)
{
    (void)state;
    for (int spin = 0; spin <= 1; spin++) {
        struct ready r;
        eventfd_t value;
        set_up(&r, spin);
        assert_int_equal(told(&r), 0);
        assert_int_equal(eventfd_write(fds[2], 1), 0);
        assert_int_equal(told(&r), 4);
        assert_int_equal(eventfd_read(fds[2], &value), 0);
        assert_int_equal(told(&r), 0);
        for (int i = 0; i < COUNT; i++)
            assert_int_equal(eventfd_write(fds[i], 1), 0);
        assert_int_equal(told(&r), 7);
        tear_down(&r);
    }
}

static void who_is_removed_is_not_told(void **state)
{
    (void)state;
    for (int spin = 0; spin <= 1; spin++) {
        struct ready r;
        set_up(&r, spin);
        for (int i = 0; i < COUNT; i++)
            assert_int_equal(eventfd_write(fds[i], 1), 0);
        ready_remove(&r, &fds[0]);
        ready_remove(&r, &fds[0]);
        assert_int_equal(told(&r), 6);
        tear_down(&r);
    }
}

static void waits_until_something_comes(void **state)
{
    (void)state;
    struct ready r;
    void *who[READY_MAX];
    set_up(&r, false);
    assert_int_equal(ready_wait(&r, 1000, who), 0);
    assert_int_equal(eventfd_write(fds[1], 1), 0);
    assert_int_equal(ready_wait(&r, UINT64_C(3600000000), who), 1);
    assert_ptr_equal(who[0], &fds[1]);
    tear_down(&r);
}

/* With more than fit, those who were left out come first the next time. */
static void nobody_is_always_left_out(void **state)
{
    (void)state;
    enum { CROWD = READY_MAX + 9 };
    static int marks[CROWD];
    bool seen[CROWD] = {false};
    struct ready r;
    int fd = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);
    assert_int_equal(ready_init(&r, true), 0);
    for (int i = 0; i < CROWD; i++)
        assert_int_equal(ready_add(&r, fd, &marks[i]), 0);
    for (int round = 0; round < 2; round++) {
        void *who[READY_MAX];
        assert_int_equal(ready_wait(&r, 0, who), READY_MAX);
        for (size_t i = 0; i < READY_MAX; i++)
            seen[(int *)who[i] - marks] = true;
    }
    for (int i = 0; i < CROWD; i++)
        assert_true(seen[i]);
    close(fd);
    ready_finish(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_whose_have_something),
        cmocka_unit_test(who_is_removed_is_not_told),
        cmocka_unit_test(waits_until_something_comes),
        cmocka_unit_test(nobody_is_always_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
