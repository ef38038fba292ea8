#include "base/log.h"
#include "store_help.h"

#include <cmocka.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>

static void a_batch_is_one_commit_and_answers_in_order(void **state)
{
    struct place *p = *state;
    struct put list[200] = {0};
    for (int i = 0; i < 200; i++)
        list[i].id = i + 1;
    int64_t commits = count_get(COUNT_COMMITS_MAIN), calls = count_get(COUNT_CALLS_MAIN);
    run_in_one_batch(p, QUEUE_MAIN, list, 200);
    for (int i = 0; i < 200; i++) {
        assert_int_equal(list[i].result.code, 0);
        assert_int_equal(list[i].order, i + 1);
    }
    assert_int_equal(notes(p, 1, 200), 200);
    assert_int_equal(count_get(COUNT_CALLS_MAIN) - calls, 201);
    /* The gate's own, and the 20 ms may have cut the batch on a slow machine. */
    assert_in_range(count_get(COUNT_COMMITS_MAIN) - commits, 2, 40);
    assert_int_equal(count_get(COUNT_QUEUE_MAIN), 0);
}

static void a_failing_job_is_rolled_back_alone(void **state)
{
    struct place *p = *state;
    struct put list[9] = {0};
    for (int i = 0; i < 9; i++)
        list[i].id = i + 1;
    list[4].answer = ERR(ERR_INVALID, "field_long");
    list[6].id = 3; /* taken */
    run_in_one_batch(p, QUEUE_MAIN, list, 9);
    for (int i = 0; i < 9; i++)
        assert_int_equal(list[i].result.code, i == 4 ? ERR_INVALID : i == 6 ? ERR_CONFLICT : 0);
    assert_int_equal(notes(p, 5, 5), 0);
    assert_int_equal(notes(p, 1, 9), 7);
}

static void trails_by_month(void **state)
{
    struct place *p = *state;
    struct put list[6] = {0};
    struct counted missing = {.month = 202001};
    int months[8];
    for (int i = 0; i < 6; i++)
        list[i] = (struct put){.id = i, .month = i % 2 ? 202612 : 202611};
    list[5].answer = ERR(ERR_CONFLICT, "late");
    int64_t commits = count_get(COUNT_COMMITS_TRAIL);
    run_in_one_batch(p, QUEUE_TRAIL, list, 6);
    assert_int_equal(list[4].result.code, 0);
    assert_int_equal(list[5].result.code, ERR_CONFLICT);
    assert_int_equal(dwells(p, 202611), 3);
    assert_int_equal(dwells(p, 202612), 2);
    assert_in_range(count_get(COUNT_COMMITS_TRAIL) - commits, 2, 8);
    err e = store_wait(p->store, QUEUE_READ, count_run, &missing);
    assert_string_equal(e.name, "trail_missing");
    assert_int_equal(store_months(p->store, months, 8), 2);
    assert_int_equal(months[0], 202612);
    assert_int_equal(months[1], 202611);
    struct counted c = {.month = 202611};
    assert_int_equal(store_wait(p->store, QUEUE_MAIN, count_run, &c).code, 0); /* may read it */
    assert_int_equal(c.n, 3);
    struct put bad = {.id = 1, .month = 202613};
    run_in_one_batch(p, QUEUE_TRAIL, &bad, 1);
    assert_string_equal(bad.result.name, "trail_missing");
}

static void many_months_stay_few_files(void **state)
{
    struct place *p = *state;
    struct put list[12] = {0};
    int months[20];
    for (int i = 0; i < 12; i++)
        list[i] = (struct put){.id = i, .month = 202501 + i};
    run_in_one_batch(p, QUEUE_TRAIL, list, 12);
    for (int i = 0; i < 12; i++) {
        assert_int_equal(list[i].result.code, 0);
        assert_int_equal(dwells(p, 202501 + i), 1);
    }
    assert_int_equal(store_months(p->store, months, 20), 12);
    assert_int_equal(months[11], 202501);
}

struct snapshot {
    struct gate gate;
    int64_t before, after;
};

static err snapshot_run(struct job *job, struct session *s)
{
    struct snapshot *n = (struct snapshot *)job;
    struct counted c = {.from = 1, .to = 100};
    err e = count_run(&c, s);
    n->before = c.n;
    (void)gate_run(job, s).code;
    if (!e.code)
        e = count_run(&c, s);
    n->after = c.n;
    return e;
}

static void a_read_sees_one_moment(void **state)
{
    struct place *p = *state;
    struct snapshot n = {.before = -1};
    struct put list[3] = {{.id = 1}, {.id = 2}, {.id = 3}};
    sem_init(&n.gate.reached, 0, 0);
    sem_init(&n.gate.open, 0, 0);
    sem_init(&n.gate.closed, 0, 0);
    n.gate.job = (struct job){.run = snapshot_run, .done = gate_done};
    assert_true(store_submit(p->store, QUEUE_READ, &n.gate.job));
    sem_wait(&n.gate.reached);
    run_in_one_batch(p, QUEUE_MAIN, list, 3);
    assert_int_equal(notes(p, 1, 100), 3); /* on the other reader */
    let_go(&n.gate);
    assert_int_equal(n.before, 0);
    assert_int_equal(n.after, 0);
}

static void one_store_a_directory(void **state)
{
    struct place *p = *state;
    struct store *other;
    struct stat st;
    char path[TEMP_PATH];
    struct store_options o = {.directory = p->data};
    assert_string_equal(store_open(&o, &other).name, "data_in_use");
    assert_null(other);
    o.read_only = true;
    assert_int_equal(store_open(&o, &other).code, 0);
    struct put job = {.id = 1};
    assert_false(store_submit(other, QUEUE_MAIN, &job.job));
    struct counted c = {.from = 1, .to = 9};
    assert_int_equal(store_wait(other, QUEUE_READ, count_run, &c).code, 0);
    store_close(other);
    assert_int_equal(stat(p->data, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    temp_dir_file(path, p->data, "main.db");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void a_full_queue_refuses(void **state)
{
    struct place *p = *state;
    struct put list[6] = {0};
    struct gate g;
    store_close(p->store);
    open_store(p, (struct store_options){.queue_limit = 4});
    sem_init(&done_sem, 0, 0);
    hold(p, QUEUE_MAIN, &g);
    submit(p, QUEUE_MAIN, list, 4);
    list[4].job = (struct job){.run = put_run, .done = put_done};
    assert_false(store_submit(p->store, QUEUE_MAIN, &list[4].job));
    let_go(&g);
    for (int i = 0; i < 4; i++)
        sem_wait(&done_sem);
    list[4].id = 4;
    submit(p, QUEUE_MAIN, &list[4], 1);
    sem_wait(&done_sem);
    assert_int_equal(list[4].result.code, 0);
}

static void closing_finishes_what_has_queued(void **state)
{
    struct place *p = *state;
    struct put list[300] = {0};
    char path[TEMP_PATH];
    struct stat st;
    sem_init(&done_sem, 0, 0);
    for (int i = 0; i < 300; i++)
        list[i] = (struct put){.id = i + 1, .month = i % 2 ? 202611 : 0};
    for (int i = 0; i < 300; i++)
        submit(p, i % 2 ? QUEUE_TRAIL : QUEUE_MAIN, &list[i], 1);
    store_close(p->store);
    for (int i = 0; i < 300; i++)
        assert_int_equal(list[i].result.code, 0);
    temp_dir_file(path, p->data, "main.db-wal");
    assert_int_not_equal(stat(path, &st), 0); /* carried over and gone */
    temp_dir_file(path, p->data, "trail-202611.db-wal");
    assert_int_not_equal(stat(path, &st), 0);
    open_store(p, (struct store_options){0});
    assert_int_equal(notes(p, 1, 300), 150);
    assert_int_equal(dwells(p, 202611), 150);
}

enum { PRODUCERS = 4, EACH = 250 };

struct producer {
    struct place *place;
    int number;
    struct put list[EACH];
    pthread_t thread;
};

static void *produce(void *arg)
{
    struct producer *p = arg;
    for (int i = 0; i < EACH; i++) {
        p->list[i] = (struct put){.id = p->number * EACH + i + 1, .month = i % 3 ? 0 : 202611};
        p->list[i].job = (struct job){.run = put_run, .done = put_done};
        if (!store_submit(p->place->store, i % 3 ? QUEUE_MAIN : QUEUE_TRAIL, &p->list[i].job))
            abort();
        struct counted c = {.from = 1, .to = INT64_MAX};
        if (i % 50 == 0 && store_wait(p->place->store, QUEUE_READ, count_run, &c).code)
            abort();
    }
    return NULL;
}

static void many_threads_submit(void **state)
{
    struct place *p = *state;
    struct producer *list = calloc(PRODUCERS, sizeof *list);
    sem_init(&done_sem, 0, 0);
    assert_non_null(list);
    for (int i = 0; i < PRODUCERS; i++) {
        list[i].place = p;
        list[i].number = i;
        assert_int_equal(pthread_create(&list[i].thread, NULL, produce, &list[i]), 0);
    }
    for (int i = 0; i < PRODUCERS; i++)
        pthread_join(list[i].thread, NULL);
    for (int i = 0; i < PRODUCERS * EACH; i++)
        sem_wait(&done_sem);
    for (int i = 0; i < PRODUCERS * EACH; i++)
        assert_int_equal(list[i / EACH].list[i % EACH].result.code, 0);
    int64_t trail = dwells(p, 202611);
    assert_int_equal(notes(p, 1, INT64_MAX) + trail, PRODUCERS * EACH);
    assert_int_equal(trail, PRODUCERS * ((EACH + 2) / 3));
    free(list);
}

static err relay(void *arg, struct session *s)
{
    struct counted *c = arg;
    assert_null(s->main);
    return store_wait(s->store, QUEUE_READ, count_run, c);
}

static void workers_queue_what_they_need(void **state)
{
    struct place *p = *state;
    struct put one = {.id = 5};
    struct counted c = {.from = 1, .to = 9};
    run_in_one_batch(p, QUEUE_MAIN, &one, 1);
    assert_int_equal(store_wait(p->store, QUEUE_WORK, relay, &c).code, 0);
    assert_int_equal(c.n, 1);
}

static void a_backup_opens_as_a_store(void **state)
{
    struct place *p = *state, copy = {.store = NULL};
    struct put list[4] = {{.id = 1}, {.id = 2}};
    struct put seen = {.id = 3, .month = 202611}, late = {.id = 4};
    run_in_one_batch(p, QUEUE_MAIN, list, 2);
    run_in_one_batch(p, QUEUE_TRAIL, &seen, 1);
    temp_dir_file(copy.data, p->dir, "copy");
    assert_int_equal(store_backup(p->store, copy.data).code, 0);
    assert_string_equal(store_backup(p->store, copy.data).name, "backup_exists");
    run_in_one_batch(p, QUEUE_MAIN, &late, 1);
    open_store(&copy, (struct store_options){0});
    assert_int_equal(notes(&copy, 1, 9), 2);
    assert_int_equal(dwells(&copy, 202611), 1);
    struct put more = {.id = 9};
    run_in_one_batch(&copy, QUEUE_MAIN, &more, 1);
    assert_int_equal(more.result.code, 0);
    store_close(copy.store);
    assert_int_equal(notes(p, 1, 9), 3);
}

static off_t log_bytes(struct place *p, const char *name)
{
    struct stat st;
    char path[TEMP_PATH];
    temp_dir_file(path, p->data, name);
    return stat(path, &st) == 0 ? st.st_size : 0;
}

static void a_checkpoint_leaves_nothing_in_the_logs(void **state)
{
    struct place *p = *state;
    struct put one = {.id = 5}, seen = {.id = 3, .month = 202611};
    run_in_one_batch(p, QUEUE_MAIN, &one, 1);
    run_in_one_batch(p, QUEUE_TRAIL, &seen, 1);
    assert_true(log_bytes(p, "main.db-wal") > 0 && log_bytes(p, "trail-202611.db-wal") > 0);
    assert_int_equal(store_checkpoint(p->store).code, 0);
    assert_int_equal(log_bytes(p, "main.db-wal"), 0);
    assert_int_equal(log_bytes(p, "trail-202611.db-wal"), 0);
    assert_int_equal(notes(p, 1, 9), 1);
    assert_int_equal(dwells(p, 202611), 1);
    struct put more = {.id = 6};
    run_in_one_batch(p, QUEUE_MAIN, &more, 1);
    assert_int_equal(more.result.code, 0);
}

static void places_that_cannot_be(void **state)
{
    struct store *s;
    struct place *p = *state;
    char path[TEMP_PATH];
    temp_dir_file(path, p->data, "main.db");
    assert_string_equal(store_open(&(struct store_options){.directory = path}, &s).name,
                        "data_directory");
    temp_dir_file(path, p->dir, "none");
    struct store_options o = {.directory = path, .read_only = true};
    assert_int_not_equal(store_open(&o, &s).code, 0);
    temp_dir_file(path, p->dir, "no/such/parent");
    assert_string_equal(store_open(&(struct store_options){.directory = path}, &s).name,
                        "data_directory");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, store_setup, store_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_batch_is_one_commit_and_answers_in_order),
        TEST(a_failing_job_is_rolled_back_alone),
        TEST(trails_by_month),
        TEST(many_months_stay_few_files),
        TEST(a_read_sees_one_moment),
        TEST(one_store_a_directory),
        TEST(a_full_queue_refuses),
        TEST(closing_finishes_what_has_queued),
        TEST(many_threads_submit),
        TEST(workers_queue_what_they_need),
        TEST(a_backup_opens_as_a_store),
        TEST(a_checkpoint_leaves_nothing_in_the_logs),
        TEST(places_that_cannot_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
