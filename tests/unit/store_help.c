#include "store_help.h"

#include <cmocka.h>
#include <stdatomic.h>

const char *const store_sql[] = {
    [MAKE] = "CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY, body TEXT NOT NULL)",
    [PUT] = "INSERT INTO note (id, body) VALUES ($1, $2)",
    [COUNT_NOTES] = "SELECT COUNT(*) FROM note WHERE id >= $1 AND id <= $2",
    [FILL] = "INSERT INTO note (id, body) VALUES ($1, hex(zeroblob(2000000)))",
    [SMALL] = "PRAGMA max_page_count = 1",
    [LARGE] = "PRAGMA max_page_count = 1000000",
    [DWELL] = "INSERT INTO dwell (visit_id, n, at, ms) VALUES ($1, 1, 2, 3)",
    [COUNT_DWELL] = "SELECT COUNT(*) FROM dwell",
};

static err make_table(void *arg, struct session *s)
{
    return db_exec(s->main, store_sql[MAKE], "");
}

void open_store(struct place *p, struct store_options o)
{
    o.directory = p->data;
    err e = store_open(&o, &p->store);
    if (e.code)
        fail_msg("store_open: %s", e.name);
    if (!o.read_only)
        assert_int_equal(store_wait(p->store, QUEUE_MAIN, make_table, NULL).code, 0);
}

int store_setup(void **state)
{
    static struct place p;
    temp_dir_make(p.dir);
    temp_dir_file(p.data, p.dir, "data");
    open_store(&p, (struct store_options){0});
    *state = &p;
    return 0;
}

int store_teardown(void **state)
{
    struct place *p = *state;
    store_close(p->store);
    temp_dir_remove(p->dir);
    return 0;
}

static atomic_int done_count;
sem_t done_sem;

err put_run(struct job *job, struct session *s)
{
    struct put *p = (struct put *)job;
    struct db *db = s->main;
    err e = p->month ? session_trail(s, p->month, &db) : OK;
    if (!e.code && p->month)
        e = db_exec(db, store_sql[DWELL], "i", p->id);
    else if (!e.code)
        e = db_exec(db, store_sql[PUT], "iz", p->id, "text");
    if (!e.code && p->extra)
        (void)db_exec(db, p->extra, p->extra == store_sql[FILL] ? "i" : "", p->id + 1000000).code;
    return e.code ? e : p->answer;
}

void put_done(struct job *job, err result)
{
    struct put *p = (struct put *)job;
    p->result = result;
    p->order = ++done_count;
    sem_post(&done_sem);
}

void submit(struct place *p, enum queue q, struct put *list, int count)
{
    for (int i = 0; i < count; i++) {
        list[i].job = (struct job){.run = put_run, .done = put_done};
        assert_true(store_submit(p->store, q, &list[i].job));
    }
}

err gate_run(struct job *job, struct session *s)
{
    struct gate *g = (struct gate *)job;
    sem_post(&g->reached);
    sem_wait(&g->open);
    return OK;
}

void gate_done(struct job *job, err result)
{
    sem_post(&((struct gate *)job)->closed);
}

void hold(struct place *p, enum queue q, struct gate *g)
{
    *g = (struct gate){.job = {.run = gate_run, .done = gate_done}};
    sem_init(&g->reached, 0, 0);
    sem_init(&g->open, 0, 0);
    sem_init(&g->closed, 0, 0);
    assert_true(store_submit(p->store, q, &g->job));
    sem_wait(&g->reached);
}

void let_go(struct gate *g)
{
    sem_post(&g->open);
    sem_wait(&g->closed);
}

void run_in_one_batch(struct place *p, enum queue q, struct put *list, int count)
{
    struct gate g;
    sem_init(&done_sem, 0, 0);
    done_count = 0;
    hold(p, q, &g);
    submit(p, q, list, count);
    let_go(&g);
    for (int i = 0; i < count; i++)
        sem_wait(&done_sem);
}

err count_run(void *arg, struct session *s)
{
    struct counted *c = arg;
    bool found;
    struct db *db = s->main;
    if (c->month) {
        err e = session_trail(s, c->month, &db);
        return e.code
                   ? e
                   : db_get(db, NULL, &found, "i", (void *[]){&c->n}, store_sql[COUNT_DWELL], "");
    }
    return db_get(db, NULL, &found, "i", (void *[]){&c->n}, store_sql[COUNT_NOTES], "ii", c->from,
                  c->to);
}

int64_t notes(struct place *p, int64_t from, int64_t to)
{
    struct counted c = {.from = from, .to = to};
    assert_int_equal(store_wait(p->store, QUEUE_READ, count_run, &c).code, 0);
    return c.n;
}

int64_t dwells(struct place *p, int month)
{
    struct counted c = {.month = month};
    assert_int_equal(store_wait(p->store, QUEUE_READ, count_run, &c).code, 0);
    return c.n;
}
