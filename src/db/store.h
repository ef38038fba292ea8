/* store.h - the data directory: its files, the two writers, the readers, the workers.
 *
 * main.db holds accounts, conversations, messages, labels; trail-YYYYMM.db holds visits, page views,
 * dwell. Writer MAIN owns the one, writer TRAIL the other; readers see both, each job inside one
 * read snapshot a file. Whoever has work submits a job:
 *
 *   run(job, session)   on the writer, inside a savepoint of the current batch; or on a reader.
 *                       An err other than OK rolls this job back alone.
 *   done(job, result)   after COMMIT on the same thread; result is what run returned, or
 *                       ERR_BUSY / ERR_FULL when the batch was lost: then nothing of it is there.
 *                       After done the store no longer knows the job.
 *
 * A read job's snapshots end with it. Rows must not be left open at the end of a job.
 *
 * A writer takes whatever has queued while the last commit ran (at most 4,096 jobs or 20 ms of
 * running), commits once, then calls every done in order. After every failed statement it asks
 * db_in_transaction: if the transaction is gone, or COMMIT fails, the whole batch is answered lost,
 * `lost` hooks run (memory that mirrors the store is read again), and the next batch starts clean. */
#ifndef DB_STORE_H
#define DB_STORE_H

#include "db/db.h"

struct store;

/* What a running job may touch. */
struct session {
    struct store *store;
    struct db *main; /* NULL on the trail writer and on workers, which queue what they need */
    void *internal;
};

struct job {
    struct job *next; /* the queue's */
    err (*run)(struct job *job, struct session *s);
    void (*done)(struct job *job, err result);
};

enum queue { QUEUE_MAIN, QUEUE_TRAIL, QUEUE_READ, QUEUE_WORK };

struct store_options {
    const char *directory; /* made with mode 0700 if absent */
    int readers;           /* 0 means 2 */
    int workers;           /* 0 means 2 */
    int queue_limit;       /* jobs waiting per queue, 0 means 16,384 */
    bool read_only;        /* for `laiyu check`: no writers, no lock */
};

/* Locks the directory (ERR_CONFLICT "data_in_use"), opens main.db, migrates, finds the trails,
 * starts the threads. */
MUST_USE err store_open(const struct store_options *o, struct store **out);
/* Finish all queued jobs, checkpoint, stop the threads, unlock. */
void store_close(struct store *s);

/* Queue a job; any thread. False, and the job untouched, when the queue is full or closing. */
MUST_USE bool store_submit(struct store *s, enum queue q, struct job *job);

/* Run on the calling thread's behalf and wait: for workers, CLI and start-up; never on a loop, nor
 * on the thread that serves q. ERR_BUSY "store_busy" when q takes no more. */
MUST_USE err store_wait(struct store *s, enum queue q,
                        err (*run)(void *arg, struct session *session), void *arg);

/* The trail of a month (202611). On the trail writer it joins the current batch, and the file is
 * made when missing; on a reader, and on the main writer, which may read trails but not write them,
 * a missing month is ERR_MISSING "trail_missing". Of a batch that touches two months the older is
 * committed first: should the disk fill up between the two, the older one's rows stay although
 * their jobs are answered lost, so a job on the trail must bear being run again. */
MUST_USE err session_trail(struct session *s, int month, struct db **out);
/* Months that exist, newest first, at most max; returns how many. Any thread. */
size_t store_months(struct store *s, int *months, size_t max);

/* Called on the writer after a lost batch, before the next one, to read what memory mirrors; what
 * it writes is rolled back. At most 8 hooks a queue. */
void store_on_lost(struct store *s, enum queue q, void (*lost)(void *arg, struct session *session),
                   void *arg);

/* VACUUM INTO a fresh directory, main.db first, then every trail; each checked for integrity.
 * ERR_CONFLICT "backup_exists" if it is not empty, ERR_STORE "backup_damaged", ERR_IO
 * "backup_failed". Runs on the calling thread. The data directory with these files in it is the
 * restored store. */
MUST_USE err store_backup(struct store *s, const char *directory);

/* Carry over what stands in the logs of writes and give their bytes back, so that nothing that was
 * overwritten is left in them. ERR_BUSY "store_busy" when somebody was in the way of a file all the
 * time; the others are done. Takes a while: for workers. */
MUST_USE err store_checkpoint(struct store *s);

#endif
