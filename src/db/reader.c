#include "base/time.h"
#include "db/store_parts.h"

enum { SLOW_MS = 5000 };

/* Inside snapshots that begin with the first read of each file and end here. */
static err run_job(struct files *f, struct job *job)
{
    err e = f->session.main ? file_join(f->first) : OK;
    if (!e.code)
        e = job->run(job, &f->session);
    files_abandon(f);
    return e;
}

void *reader_run(void *worker)
{
    struct worker *w = worker;
    struct queue_of_jobs *q = &w->store->queues[w->files.queue];
    struct job *job;
    while ((job = queue_take(q, 1))) {
        int64_t began = time_monotonic_ms();
        err result = run_job(&w->files, job);
        int64_t took = time_monotonic_ms() - began;
        if (w->files.queue == QUEUE_READ && took > SLOW_MS)
            log_event(LOG_WARN, "slow_read", {"ms", .number = took}); /* it held a snapshot */
        job->done(job, result);
    }
    return NULL;
}
