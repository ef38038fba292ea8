/* The batch loop of a writer.
 *
 *   take what has queued -> run each job inside a savepoint -> COMMIT -> done in order
 *
 * A job that fails is rolled back alone. A batch is lost when a transaction of it is gone or cannot
 * be committed: then all its jobs are answered the same err, because of none of them can it be said
 * that it is on disk. */
#include "base/time.h"
#include "db/store_parts.h"

#include <stdlib.h>

enum { LOG_MS = 1000 };

struct batch {
    struct job *jobs[BATCH_JOBS];
    err results[BATCH_JOBS];
    size_t count;
    int64_t logged_at; /* a full disk loses many batches: one line a second tells of it */
    int64_t lost_jobs; /* since then */
};

static err lost_as(err cause)
{
    return cause.code == ERR_FULL ? cause : ERR(ERR_BUSY, "store_busy");
}

/* An err says that the batch is lost. */
static err run_job(struct files *f, struct job *job, err *result)
{
    /* Every job of the main writer works on main.db; trails are joined as they are asked for. */
    err e = f->session.main ? file_join(f->first) : OK;
    if (e.code)
        return e;
    *result = job->run(job, &f->session);
    return files_end_job(f, !result->code);
}

/* Run from the list until it ends or the time is up; the rest stays in *waiting. */
static err run_jobs(struct files *f, struct batch *b, struct job **waiting)
{
    int64_t until = time_monotonic_us() + BATCH_MS * 1000;
    err lost;
    b->count = 0;
    do {
        struct job *job = *waiting;
        *waiting = job->next;
        b->jobs[b->count] = job;
        b->results[b->count] = OK;
        lost = run_job(f, job, &b->results[b->count]);
        b->count++;
    } while (!lost.code && *waiting && b->count < BATCH_JOBS && time_monotonic_us() < until);
    /* Somebody holds the file: let nobody wait for his own turn to be told so. */
    while (lost.code == ERR_BUSY && *waiting && b->count < BATCH_JOBS) {
        b->jobs[b->count++] = *waiting;
        *waiting = (*waiting)->next;
    }
    return lost;
}

static void call_hooks(struct files *f)
{
    struct store *s = f->session.store;
    pthread_mutex_lock(&s->lock);
    struct hooks hooks = s->hooks[f->queue];
    pthread_mutex_unlock(&s->lock);
    f->rereading = true;
    if (hooks.count && f->session.main)
        (void)file_join(f->first).code; /* reading goes without, too */
    for (size_t i = 0; i < hooks.count; i++)
        hooks.list[i].lost(hooks.list[i].arg, &f->session);
    f->rereading = false;
    files_abandon(f);
}

static void answer(struct batch *b)
{
    for (size_t i = 0; i < b->count; i++)
        b->jobs[i]->done(b->jobs[i], b->results[i]);
}

static void log_lost(struct batch *b, str writer, err lost)
{
    int64_t now = time_monotonic_ms();
    b->lost_jobs += (int64_t)b->count;
    if (b->logged_at && now - b->logged_at < LOG_MS)
        return;
    log_event(LOG_ERROR, "batch_lost", {"writer", writer}, {"jobs", .number = b->lost_jobs},
              {"error", str_of(lost.name)});
    b->logged_at = now;
    b->lost_jobs = 0;
}

static void run_batch(struct files *f, struct batch *b, struct job **waiting)
{
    bool main = f->queue == QUEUE_MAIN;
    size_t commits = 0;
    err lost = run_jobs(f, b, waiting);
    if (!lost.code)
        lost = files_commit(f, &commits);
    count_add(main ? COUNT_CALLS_MAIN : COUNT_CALLS_TRAIL, (int64_t)b->count);
    count_add(main ? COUNT_COMMITS_MAIN : COUNT_COMMITS_TRAIL, (int64_t)commits);
    if (lost.code) {
        files_abandon(f);
        count_add(COUNT_COMMIT_FAILURES, 1);
        log_lost(b, main ? S("main") : S("trail"), lost);
        for (size_t i = 0; i < b->count; i++)
            b->results[i] = lost_as(lost);
    }
    answer(b);
    if (lost.code)
        call_hooks(f);
}

void *writer_run(void *worker)
{
    struct worker *w = worker;
    struct queue_of_jobs *q = &w->store->queues[w->files.queue];
    struct batch *batch = calloc(1, sizeof *batch);
    struct job *waiting = NULL;
    if (!batch)
        abort();
    for (;;) {
        if (!waiting)
            waiting = queue_take(q, BATCH_JOBS);
        if (!waiting)
            break;
        run_batch(&w->files, batch, &waiting);
    }
    free(batch);
    return NULL;
}
