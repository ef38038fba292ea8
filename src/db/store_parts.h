/* store_parts.h - what the files of the store share. Nobody but them and their tests includes it.
 *
 * queue.c       bounded queues of jobs
 * files.c       the connections of one thread, and their part in batch and job
 * writer.c      the batch loop of the two writers
 * reader.c      the loops of readers and workers
 * checkpoint.c  the thread that carries the logs of writes over into the files
 * backup.c      copies
 * store.c       the directory, start and stop */
#ifndef DB_STORE_PARTS_H
#define DB_STORE_PARTS_H

#include "base/log.h"
#include "db/store.h"

#include <pthread.h>
#include <stdatomic.h>

enum { BATCH_JOBS = 4096, BATCH_MS = 20, MONTHS_MAX = 1200, HOOKS_MAX = 8, TRAILS_OPEN = 3 };
enum { MAIN_FILE = 0 }; /* in place of a month */
enum { QUEUES = QUEUE_WORK + 1, THREADS_MAX = 16, PATH_BYTES = 4096 };

/* --- queue.c ---------------------------------------------------------------------------------- */

struct queue_of_jobs {
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct job *first, *last;
    size_t count, limit;
    bool closed;
    bool counted; /* `gauge` follows the count */
    enum counter gauge;
};
void queue_init(struct queue_of_jobs *q, size_t limit);
void queue_release(struct queue_of_jobs *q);
bool queue_put(struct queue_of_jobs *q, struct job *job);
/* Up to max jobs as a list, waiting for the first; NULL when closed and empty. */
struct job *queue_take(struct queue_of_jobs *q, size_t max);
void queue_close(struct queue_of_jobs *q);

/* --- files.c ---------------------------------------------------------------------------------- */

struct file {
    struct file *next; /* by month, MAIN_FILE first */
    int month;
    struct db *db;
    bool writes;
    bool begun; /* a transaction or a snapshot is open */
    bool saved; /* the running job has a savepoint here */
    unsigned used;
};

/* What a thread has open: behind session.internal. */
struct files {
    struct session session;
    enum queue queue;
    bool rereading; /* after a lost batch: look, but make no file */
    unsigned clock;
    struct file *first;
};
struct file *files_add(struct files *f, int month, struct db *db, bool writes);
/* Take part in the batch and in the job, or in the job's snapshot. */
MUST_USE err file_join(struct file *file);
/* After a job: keep what it did, or not. An err here means the batch is lost. */
MUST_USE err files_end_job(struct files *f, bool keep);
/* Commit every file of the batch, the oldest first; *commits counts them. */
MUST_USE err files_commit(struct files *f, size_t *commits);
void files_abandon(struct files *f);
void files_close(struct files *f);

/* --- the store -------------------------------------------------------------------------------- */

struct hook {
    void (*lost)(void *arg, struct session *session);
    void *arg;
};
struct hooks {
    struct hook list[HOOKS_MAX];
    size_t count;
};

struct worker {
    struct store *store;
    struct files files;
    pthread_t thread;
    bool running;
};

struct store {
    char directory[PATH_BYTES];
    bool read_only;
    int lock_fd;
    struct queue_of_jobs queues[QUEUES];
    struct worker main_writer, trail_writer;
    struct worker readers[THREADS_MAX], workers[THREADS_MAX];
    int reader_count, worker_count;

    pthread_mutex_t lock; /* over what follows */
    int months[MONTHS_MAX];
    bool dirty[MONTHS_MAX]; /* written since the checkpoint thread last looked */
    size_t month_count;     /* oldest first */
    bool main_dirty;
    struct hooks hooks[QUEUE_TRAIL + 1];

    pthread_cond_t stop_checkpoints;
    bool stopping;
    pthread_t checkpoints;
    bool checkpointing;
};

void store_path(const struct store *s, int month, char out[static PATH_BYTES]);
MUST_USE err store_sync_directory(const char *path);
bool store_has_month(struct store *s, int month);
MUST_USE err store_add_month(struct store *s, int month);
void store_mark_dirty(struct store *s, int month);

void *writer_run(void *worker);
void *reader_run(void *worker);
void *checkpoint_run(void *store);

#endif
