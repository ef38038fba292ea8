#include "base/log.h"
#include "store_help.h"

#include <cmocka.h>

struct mirror {
    struct place *place;
    int calls;
    int64_t seen;
};

static void read_again(void *arg, struct session *s)
{
    struct mirror *m = arg;
    bool found;
    m->calls++;
    if (s->main) {
        assert_int_equal(db_get(s->main, NULL, &found, "i", (void *[]){&m->seen},
                                store_sql[COUNT_NOTES], "ii", (int64_t)1, (int64_t)9)
                             .code,
                         0);
        assert_int_equal(db_exec(s->main, store_sql[PUT], "iz", (int64_t)500, "not kept").code, 0);
        assert_int_equal(db_exec(s->main, store_sql[LARGE], "").code, 0);
    }
}

/* The job in the middle meets a full disk and does not even say so: still all are lost. */
static void a_lost_batch_is_answered_to_everybody(void **state)
{
    struct place *p = *state;
    struct mirror m = {.place = p, .seen = -1};
    store_on_lost(p->store, QUEUE_MAIN, read_again, &m);
    struct put before = {.id = 1},
               list[5] = {{.id = 2}, {.id = 3}, {.id = 4}, {.id = 5}, {.id = 6}};
    run_in_one_batch(p, QUEUE_MAIN, &before, 1);
    list[1].extra = store_sql[SMALL];
    list[2].extra = store_sql[FILL];
    int64_t failures = count_get(COUNT_COMMIT_FAILURES);
    run_in_one_batch(p, QUEUE_MAIN, list, 5);
    /* On a slow machine the batch may have been cut before it came to the full disk. */
    assert_string_equal(list[2].result.name, "disk_full");
    for (int i = 0; i < 3; i++)
        assert_int_equal(notes(p, i + 2, i + 2), list[i].result.code == 0);
    /* Those that stood behind it had not begun: they are a batch of their own, with space again. */
    assert_int_equal(list[3].result.code, 0);
    assert_int_equal(list[4].result.code, 0);
    assert_int_equal(notes(p, 5, 6), 2);
    assert_int_equal(count_get(COUNT_COMMIT_FAILURES) - failures, 1);
    assert_int_equal(m.calls, 1);
    assert_int_equal(m.seen, notes(p, 1, 4));
    assert_int_equal(notes(p, 500, 500), 0); /* and nothing the hook wrote stayed */
    struct put after = {.id = 7};
    run_in_one_batch(p, QUEUE_MAIN, &after, 1);
    assert_int_equal(after.result.code, 0);
}

static void a_job_that_meets_a_full_disk_says_so(void **state)
{
    struct place *p = *state;
    struct put list[2] = {{.id = 1, .extra = store_sql[SMALL]}, {.id = 2}};
    run_in_one_batch(p, QUEUE_MAIN, list, 2);
    struct put big[40] = {0};
    int full = 0;
    for (int i = 0; i < 40; i++)
        big[i] = (struct put){.id = 100 + i, .extra = store_sql[FILL]};
    run_in_one_batch(p, QUEUE_MAIN, big, 40);
    for (int i = 0; i < 40; i++)
        full += big[i].result.code == ERR_FULL;
    assert_int_equal(full, 40);
    assert_int_equal(notes(p, 1, 2000000), 2);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, store_setup, store_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_lost_batch_is_answered_to_everybody),
        TEST(a_job_that_meets_a_full_disk_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
