#include "base/arena.h"
#include "bus/bus.h"

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { HEARD = 8, THREADS = 4, EACH = 500 };

struct ear {
    struct bus_message *list[HEARD];
    size_t count;
};

static void keep(void *arg, struct bus_message *m)
{
    struct ear *ear = arg;
    assert_true(ear->count < HEARD);
    ear->list[ear->count++] = bus_message_ref(m);
}

static void everybody_hears_in_order(void **state)
{
    struct bus *b;
    struct ear ears[2] = {0};
    assert_int_equal(bus_local_open(&b).code, 0);
    assert_int_equal(bus_listen(b, keep, &ears[0]).code, 0);
    assert_int_equal(bus_listen(b, keep, &ears[1]).code, 0);
    for (int i = 0; i < 3; i++) {
        struct bus_message *m = bus_message_new(S("desk.1"), i + 1, S("{\"n\":1}"), i == 2);
        bus_publish(b, m);
        bus_message_unref(m);
    }
    bus_close(b);
    for (int k = 0; k < 2; k++) {
        assert_int_equal(ears[k].count, 3);
        for (int i = 0; i < 3; i++) {
            /* Kept beyond the publisher's own reference. */
            struct bus_message *m = ears[k].list[i];
            assert_int_equal(m->sequence, i + 1);
            assert_true(str_eq(m->topic, S("desk.1")) && str_eq(m->payload, S("{\"n\":1}")));
            assert_int_equal(m->weak, i == 2);
            assert_ptr_equal(m, ears[0].list[i]); /* one message, not copies */
        }
    }
    for (int k = 0; k < 2; k++) {
        for (int i = 0; i < 3; i++)
            bus_message_unref(ears[k].list[i]);
    }
}

static void texts_are_copied(void **state)
{
    char topic[] = "visitor.7", payload[] = "abc";
    struct bus_message *m = bus_message_new(str_of(topic), 0, str_of(payload), false);
    memset(topic, 'x', sizeof topic - 1);
    memset(payload, 'x', sizeof payload - 1);
    assert_true(str_eq(m->topic, S("visitor.7")));
    assert_true(str_eq(m->payload, S("abc")));
    bus_message_unref(m);
    m = bus_message_new((str){0}, 0, (str){0}, false);
    assert_int_equal(m->topic.len + m->payload.len, 0);
    bus_message_unref(m);
}

static void an_outbox_tells_after_the_commit(void **state)
{
    struct bus *b;
    struct ear ear = {.count = 0};
    struct bus_outbox o = {NULL, NULL};
    struct arena mem;
    char payload[] = "one";
    arena_init(&mem, 0);
    assert_int_equal(bus_local_open(&b).code, 0);
    assert_int_equal(bus_listen(b, keep, &ear).code, 0);
    outbox_add(&o, &mem, S("a"), 1, str_of(payload), false);
    outbox_add(&o, &mem, S("b"), 2, S("two"), true);
    memset(payload, 'x', 3);
    assert_int_equal(ear.count, 0);
    outbox_publish(&o, b);
    arena_release(&mem);
    outbox_publish(&o, b); /* told once */
    assert_int_equal(ear.count, 2);
    assert_true(str_eq(ear.list[0]->payload, S("one")));
    assert_true(str_eq(ear.list[1]->topic, S("b")) && ear.list[1]->weak);
    bus_message_unref(ear.list[0]);
    bus_message_unref(ear.list[1]);
    bus_close(b);
}

static void listeners_are_bounded(void **state)
{
    struct bus *b;
    struct ear ear = {.count = 0};
    int taken = 0;
    assert_int_equal(bus_local_open(&b).code, 0);
    while (taken < 1000 && !bus_listen(b, keep, &ear).code)
        taken++;
    assert_int_equal(taken, 64);
    bus_close(b);
}

struct tally {
    atomic_int heard;
    atomic_int out_of_order;
    _Atomic int64_t last[THREADS];
};

static void count_one(void *arg, struct bus_message *m)
{
    struct tally *t = arg;
    int who = m->topic.ptr[0] - '0';
    t->heard++;
    if (m->sequence != t->last[who] + 1)
        t->out_of_order++;
    t->last[who] = m->sequence;
}

struct publisher {
    struct bus *bus;
    int number;
};

static void *publish(void *arg)
{
    struct publisher *p = arg;
    char topic[2] = {(char)('0' + p->number), 0};
    for (int i = 1; i <= EACH; i++) {
        struct bus_message *m = bus_message_new(str_of(topic), i, S("{}"), false);
        bus_publish(p->bus, m);
        bus_message_unref(m);
    }
    return NULL;
}

static void publishers_keep_their_own_order(void **state)
{
    struct bus *b;
    pthread_t threads[THREADS];
    struct publisher list[THREADS];
    static struct tally t;
    assert_int_equal(bus_local_open(&b).code, 0);
    assert_int_equal(bus_listen(b, count_one, &t).code, 0);
    for (int i = 0; i < THREADS; i++) {
        list[i] = (struct publisher){b, i};
        assert_int_equal(pthread_create(&threads[i], NULL, publish, &list[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(t.heard, THREADS * EACH);
    assert_int_equal(t.out_of_order, 0);
    bus_close(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everybody_hears_in_order),         cmocka_unit_test(texts_are_copied),
        cmocka_unit_test(an_outbox_tells_after_the_commit), cmocka_unit_test(listeners_are_bounded),
        cmocka_unit_test(publishers_keep_their_own_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
