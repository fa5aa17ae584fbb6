#include "mailbox.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static bool readable(const struct mailbox *box)
{
    struct pollfd p = {.fd = mailbox_fd(box), .events = POLLIN};
    return poll(&p, 1, 0) == 1;
}

static struct mail numbered(uint64_t n)
{
    return (struct mail){.type = 1, .value = n};
}

static int freed; /* bodies, by count_free() */

static void count_free(void *body)
{
    free(body);
    freed++;
}

static struct mail with_body(uint64_t n)
{
    struct mail m = numbered(n);
    m.body = malloc(8);
    m.free_body = count_free;
    return m;
}

/* Takes all; checks that it is first, first + 1, ... Returns how many. */
static uint64_t take_all(struct mailbox *box, uint64_t first)
{
    struct mail m;
    uint64_t n = 0;
    for (; mailbox_take(box, &m); n++) {
        assert_true(m.value == first + n);
        mail_free(&m);
    }
    return n;
}

static void carries_everything_of_a_mail(void **state)
{
    (void)state;
    struct mailbox box;
    struct mailbox_sender s;
    int body = 5;
    assert_int_equal(mailbox_init(&box, 4), 0);
    mailbox_sender_init(&s, &box);
    mailbox_post(&s, &(struct mail){1, 2, 3, 4, 5, &body, NULL});
    struct mail m;
    assert_true(mailbox_take(&box, &m));
    assert_int_equal(m.type, 1);
    assert_int_equal(m.a, 2);
    assert_int_equal(m.b, 3);
    assert_int_equal(m.id, 4);
    assert_int_equal(m.value, 5);
    assert_ptr_equal(m.body, &body);
    mail_free(&m);
    assert_null(m.body);
    assert_false(mailbox_take(&box, &m));
    mailbox_sender_finish(&s);
    mailbox_finish(&box);
}

static void keeps_control_mails_in_order_when_full(void **state)
{
    (void)state;
    struct mailbox box;
    struct mailbox_sender s;
    assert_int_equal(mailbox_init(&box, 4), 0);
    mailbox_sender_init(&s, &box);
    for (uint64_t n = 0; n < 200; n++) {
        struct mail m = numbered(n);
        mailbox_post(&s, &m);
    }
    assert_int_equal(mailbox_sender_backlog(&s), 196);
    uint64_t got = 0;
    while (got < 100) { /* part of it, so that the list's ring turns before it grows again */
        got += take_all(&box, got);
        assert_int_equal(mailbox_sender_flush(&s), 200 - got - 4);
    }
    for (uint64_t n = 200; n < 500; n++) {
        struct mail m = numbered(n);
        mailbox_post(&s, &m);
    }
    while (got < 500) {
        got += take_all(&box, got);
        mailbox_sender_flush(&s);
    }
    assert_int_equal(mailbox_sender_backlog(&s), 0);
    assert_int_equal(mailbox_dropped(&box), 0);
    mailbox_sender_finish(&s);
    mailbox_finish(&box);
}

static void drops_what_may_be_dropped_and_frees_its_body(void **state)
{
    (void)state;
    struct mailbox box;
    struct mailbox_sender s;
    freed = 0;
    assert_int_equal(mailbox_init(&box, 4), 0);
    mailbox_sender_init(&s, &box);
    for (uint64_t n = 0; n < 6; n++) {
        struct mail m = with_body(n);
        assert_int_equal(mailbox_offer(&s, &m), n < 4);
    }
    assert_int_equal(mailbox_dropped(&box), 2);
    assert_int_equal(freed, 2);

    /* It must not overtake a control mail that waits. */
    struct mail control = with_body(4), late = with_body(5), last = with_body(5), m;
    mailbox_post(&s, &control);
    assert_int_equal(mailbox_sender_backlog(&s), 1);
    assert_false(mailbox_offer(&s, &late));
    assert_true(mailbox_take(&box, &m));
    assert_int_equal(m.value, 0);
    mail_free(&m);
    assert_false(mailbox_offer(&s, &last)); /* the one that waited took the place */
    assert_int_equal(take_all(&box, 1), 4);
    assert_int_equal(freed, 9);
    mailbox_sender_finish(&s);
    mailbox_finish(&box);
}

static void finishing_frees_what_nobody_took(void **state)
{
    (void)state;
    struct mailbox box, zeroed = {0};
    struct mailbox_sender s;
    freed = 0;
    assert_int_equal(mailbox_init(&box, 2), 0);
    mailbox_sender_init(&s, &box);
    for (uint64_t n = 0; n < 5; n++) {
        struct mail m = with_body(n);
        mailbox_post(&s, &m);
    }
    mailbox_sender_finish(&s);
    assert_int_equal(freed, 3);
    mailbox_finish(&box);
    assert_int_equal(freed, 5);
    mailbox_finish(&zeroed);
}

static void writes_the_eventfd_only_for_one_who_sleeps(void **state)
{
    (void)state;
    struct mailbox box;
    struct mailbox_sender s;
    struct mail one = numbered(0), m;
    assert_int_equal(mailbox_init(&box, 8), 0);
    mailbox_sender_init(&s, &box);
    assert_false(readable(&box));
    mailbox_post(&s, &one); /* before the consumer's first look */
    assert_true(readable(&box));
    mailbox_clear(&box);
    assert_false(readable(&box));
    mailbox_post(&s, &one);
    assert_true(mailbox_take(&box, &m));
    mailbox_post(&s, &one); /* it is awake */
    assert_false(readable(&box));
    assert_true(mailbox_take(&box, &m));
    assert_true(mailbox_take(&box, &m));
    assert_false(mailbox_take(&box, &m)); /* from here on it may sleep */
    mailbox_post(&s, &one);
    assert_true(readable(&box));
    mailbox_clear(&box);
    mailbox_clear(&box); /* does not block */
    mailbox_sender_finish(&s);
    mailbox_finish(&box);
}

/* --- Several producers ------------------------------------------------------------ */

enum { PRODUCERS = 4, MAILS = 20000, RING = 64 };

struct producer {
    pthread_t thread;
    struct mailbox_sender sender;
    uint16_t number;
    uint64_t refused; /* droppable ones */
};

/* Every fourth mail may be dropped. */
static void *produce(void *arg)
{
    struct producer *p = arg;
    for (uint64_t n = 0; n < MAILS; n++) {
        uint64_t *body = malloc(sizeof(*body));
        *body = n;
        struct mail m = {.type = n % 4 == 3, .a = p->number, .value = n, .body = body, .free_body = free};
        if (m.type == 0)
            mailbox_post(&p->sender, &m);
        else if (!mailbox_offer(&p->sender, &m))
            p->refused++;
    }
    const struct timespec moment = {.tv_nsec = 100000};
    while (mailbox_sender_flush(&p->sender))
        nanosleep(&moment, NULL);
    return NULL;
}

struct tally {
    uint64_t control, droppable;
    int64_t last; /* value seen last */
};

static void check_mail(struct tally *t, struct mail *m)
{
    assert_true((int64_t)m->value > t->last);
    assert_true(*(uint64_t *)m->body == m->value);
    t->last = (int64_t)m->value;
    *(m->type ? &t->droppable : &t->control) += 1;
    mail_free(m);
}

static void loses_no_control_mail_of_many_producers(void **state)
{
    (void)state;
    static struct mailbox box;
    static struct producer producers[PRODUCERS];
    struct tally tally[PRODUCERS];
    assert_int_equal(mailbox_init(&box, RING), 0);
    for (uint16_t i = 0; i < PRODUCERS; i++) {
        producers[i].number = i;
        mailbox_sender_init(&producers[i].sender, &box);
        tally[i] = (struct tally){.last = -1};
        assert_int_equal(pthread_create(&producers[i].thread, NULL, produce, &producers[i]), 0);
    }

    /* Blocks without a time limit: a wake-up that is lost hangs here, and ctest says so. */
    const uint64_t control = (uint64_t)PRODUCERS * MAILS / 4 * 3;
    for (uint64_t got = 0; got < control;) {
        struct mail m;
        while (mailbox_take(&box, &m)) {
            got += m.type == 0;
            check_mail(&tally[m.a], &m);
        }
        if (got == control)
            break;
        struct pollfd p = {.fd = mailbox_fd(&box), .events = POLLIN};
        assert_int_equal(poll(&p, 1, -1), 1);
        mailbox_clear(&box);
    }

    uint64_t refused = 0;
    for (size_t i = 0; i < PRODUCERS; i++)
        assert_int_equal(pthread_join(producers[i].thread, NULL), 0);
    struct mail m; /* droppable ones behind the last control mail */
    while (mailbox_take(&box, &m))
        check_mail(&tally[m.a], &m);
    for (size_t i = 0; i < PRODUCERS; i++) {
        assert_true(tally[i].control == MAILS / 4 * 3);
        assert_true(tally[i].droppable + producers[i].refused == MAILS / 4);
        refused += producers[i].refused;
        mailbox_sender_finish(&producers[i].sender);
    }
    assert_true(mailbox_dropped(&box) == refused);
    mailbox_finish(&box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(carries_everything_of_a_mail),
        cmocka_unit_test(keeps_control_mails_in_order_when_full),
        cmocka_unit_test(drops_what_may_be_dropped_and_frees_its_body),
        cmocka_unit_test(finishing_frees_what_nobody_took),
        cmocka_unit_test(writes_the_eventfd_only_for_one_who_sleeps),
        cmocka_unit_test(loses_no_control_mail_of_many_producers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
