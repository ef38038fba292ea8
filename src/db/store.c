#include "base/time.h"
#include "db/store_parts.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READERS = 2, WORKERS = 2, QUEUE_LIMIT = 16384 };

static err make_directory(struct store *s)
{
    if (mkdir(s->directory, 0700) == 0)
        return OK;
    struct stat st;
    if (errno == EEXIST && stat(s->directory, &st) == 0 && S_ISDIR(st.st_mode))
        return OK;
    return ERR(ERR_IO, "data_directory");
}

/* Held until the process ends, however it ends. */
static err lock_directory(struct store *s)
{
    char path[PATH_BYTES + 8];
    snprintf(path, sizeof path, "%s/lock", s->directory);
    s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (s->lock_fd < 0)
        return ERR(ERR_IO, "data_directory");
    if (flock(s->lock_fd, LOCK_EX | LOCK_NB) != 0)
        return ERR(ERR_CONFLICT, "data_in_use");
    return OK;
}

static int by_month(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static err find_trails(struct store *s)
{
    DIR *dir = opendir(s->directory);
    if (!dir)
        return ERR(ERR_IO, "data_directory");
    for (struct dirent *entry; (entry = readdir(dir));) {
        int64_t month;
        str name = str_of(entry->d_name);
        if (name.len == 15 && str_starts(name, S("trail-")) && str_ends(name, S(".db")) &&
            str_int(str_slice(name, 6, 12), &month) && month > 0 && s->month_count < MONTHS_MAX)
            s->months[s->month_count++] = (int)month;
    }
    closedir(dir);
    qsort(s->months, s->month_count, sizeof s->months[0], by_month);
    return OK;
}

static err open_file(struct store *s, int month, struct db **out)
{
    char path[PATH_BYTES];
    store_path(s, month, path);
    struct sqlite_options o = {.read_only = s->read_only, .create = !s->read_only};
    err e = sqlite_open(path, &o, out);
    if (e.code || s->read_only)
        return e;
    if (month == MAIN_FILE)
        e = db_migrate(*out, main_migrations, main_migration_count, time_now_ms());
    else
        e = db_migrate(*out, trail_migrations, trail_migration_count, time_now_ms());
    if (e.code)
        db_close(*out);
    return e;
}

/* Bring every file up to date; the newest trail stays open for its writer, so that a log that a
 * crash has left is not carried over before the doors open. */
static err open_files(struct store *s)
{
    struct db *db;
    err e = open_file(s, MAIN_FILE, &db);
    if (e.code)
        return e;
    s->main_writer.files.session.main = db;
    files_add(&s->main_writer.files, MAIN_FILE, db, true);
    s->main_dirty = true;
    for (size_t i = 0; !e.code && i < s->month_count; i++) {
        e = open_file(s, s->months[i], &db);
        if (!e.code && i + 1 < s->month_count)
            db_close(db);
        else if (!e.code)
            files_add(&s->trail_writer.files, s->months[i], db, true);
        s->dirty[i] = i + 1 == s->month_count;
    }
    return e.code ? e : store_sync_directory(s->directory);
}

static err open_reader(struct store *s, struct worker *reader)
{
    char path[PATH_BYTES];
    struct db *db;
    store_path(s, MAIN_FILE, path);
    err e = sqlite_open(path, &(struct sqlite_options){.read_only = true}, &db);
    if (e.code)
        return e;
    reader->files.session.main = db;
    files_add(&reader->files, MAIN_FILE, db, false);
    return OK;
}

static void init_worker(struct store *s, struct worker *w, enum queue q)
{
    w->store = s;
    w->files.queue = q;
    w->files.session.store = s;
    w->files.session.internal = &w->files;
}

static err start_thread(struct worker *w, void *(*run)(void *), const char *name)
{
    if (pthread_create(&w->thread, NULL, run, w) != 0)
        return ERR(ERR_IO, "no_thread");
    pthread_setname_np(w->thread, name);
    w->running = true;
    return OK;
}

static err start_checkpoints(struct store *s)
{
    if (pthread_create(&s->checkpoints, NULL, checkpoint_run, s) != 0)
        return ERR(ERR_IO, "no_thread");
    pthread_setname_np(s->checkpoints, "checkpoint");
    s->checkpointing = true;
    return OK;
}

static err start_threads(struct store *s)
{
    err e = OK;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the main thread's */
    if (!s->read_only) {
        e = start_thread(&s->main_writer, writer_run, "writer-main");
        if (!e.code)
            e = start_thread(&s->trail_writer, writer_run, "writer-trail");
        if (!e.code)
            e = start_checkpoints(s);
    }
    for (int i = 0; !e.code && i < s->reader_count; i++)
        e = start_thread(&s->readers[i], reader_run, "reader");
    for (int i = 0; !e.code && i < s->worker_count; i++)
        e = start_thread(&s->workers[i], reader_run, "worker");
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return e;
}

static void stop_workers(struct queue_of_jobs *q, struct worker *list, int count)
{
    queue_close(q);
    for (int i = 0; i < count; i++) {
        if (list[i].running)
            pthread_join(list[i].thread, NULL);
        files_close(&list[i].files);
    }
}

static void stop_checkpoints(struct store *s)
{
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    pthread_cond_signal(&s->stop_checkpoints);
    pthread_mutex_unlock(&s->lock);
    if (s->checkpointing)
        pthread_join(s->checkpoints, NULL);
}

static int limited(int given, int otherwise)
{
    if (given <= 0)
        return otherwise;
    return given < THREADS_MAX ? given : THREADS_MAX;
}

static struct store *new_store(const struct store_options *o)
{
    struct store *s = calloc(1, sizeof *s);
    pthread_condattr_t monotonic;
    if (!s)
        abort();
    snprintf(s->directory, sizeof s->directory, "%s", o->directory);
    s->read_only = o->read_only;
    s->lock_fd = -1;
    s->reader_count = limited(o->readers, READERS);
    s->worker_count = limited(o->workers, WORKERS);
    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&s->stop_checkpoints, &monotonic);
    pthread_condattr_destroy(&monotonic);
    for (int q = 0; q < QUEUES; q++)
        queue_init(&s->queues[q], o->queue_limit > 0 ? (size_t)o->queue_limit : QUEUE_LIMIT);
    s->queues[QUEUE_MAIN].counted = s->queues[QUEUE_TRAIL].counted = true;
    s->queues[QUEUE_MAIN].gauge = COUNT_QUEUE_MAIN;
    s->queues[QUEUE_TRAIL].gauge = COUNT_QUEUE_TRAIL;
    init_worker(s, &s->main_writer, QUEUE_MAIN);
    init_worker(s, &s->trail_writer, QUEUE_TRAIL);
    for (int i = 0; i < s->reader_count; i++)
        init_worker(s, &s->readers[i], QUEUE_READ);
    for (int i = 0; i < s->worker_count; i++)
        init_worker(s, &s->workers[i], QUEUE_WORK);
    return s;
}

void store_path(const struct store *s, int month, char out[static PATH_BYTES])
{
    int n = month == MAIN_FILE ? snprintf(out, PATH_BYTES, "%s/main.db", s->directory)
                               : snprintf(out, PATH_BYTES, "%s/trail-%06d.db", s->directory, month);
    assert(n > 0 && n < PATH_BYTES);
}

err store_sync_directory(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool safe = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return safe ? OK : ERR(ERR_IO, "data_directory");
}

bool store_has_month(struct store *s, int month)
{
    bool found = false;
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < s->month_count && !found; i++)
        found = s->months[i] == month;
    pthread_mutex_unlock(&s->lock);
    return found;
}

err store_add_month(struct store *s, int month)
{
    pthread_mutex_lock(&s->lock);
    bool room = s->month_count < MONTHS_MAX;
    size_t i = s->month_count;
    if (room) {
        for (; i > 0 && s->months[i - 1] > month; i--) {
            s->months[i] = s->months[i - 1];
            s->dirty[i] = s->dirty[i - 1];
        }
        s->months[i] = month;
        s->dirty[i] = true;
        s->month_count++;
    }
    pthread_mutex_unlock(&s->lock);
    return room ? OK : ERR(ERR_STORE, "store_failed");
}

void store_mark_dirty(struct store *s, int month)
{
    pthread_mutex_lock(&s->lock);
    s->main_dirty |= month == MAIN_FILE;
    for (size_t i = 0; i < s->month_count; i++)
        s->dirty[i] |= s->months[i] == month;
    pthread_mutex_unlock(&s->lock);
}

size_t store_months(struct store *s, int *months, size_t max)
{
    pthread_mutex_lock(&s->lock);
    size_t n = s->month_count < max ? s->month_count : max;
    for (size_t i = 0; i < n; i++)
        months[i] = s->months[s->month_count - 1 - i];
    pthread_mutex_unlock(&s->lock);
    return n;
}

err store_open(const struct store_options *o, struct store **out)
{
    *out = NULL;
    if (strlen(o->directory) + 32 > PATH_BYTES)
        return ERR(ERR_IO, "data_directory");
    struct store *s = new_store(o);
    err e = OK;
    if (!s->read_only)
        e = make_directory(s);
    if (!e.code && !s->read_only)
        e = lock_directory(s);
    if (!e.code)
        e = find_trails(s);
    if (!e.code && !s->read_only)
        e = open_files(s);
    for (int i = 0; !e.code && i < s->reader_count; i++)
        e = open_reader(s, &s->readers[i]);
    if (s->read_only) {
        queue_close(&s->queues[QUEUE_MAIN]);
        queue_close(&s->queues[QUEUE_TRAIL]);
    }
    if (!e.code)
        e = start_threads(s);
    if (e.code) {
        store_close(s);
        return e;
    }
    *out = s;
    return OK;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    /* Those first who may still have work for the next. */
    stop_workers(&s->queues[QUEUE_WORK], s->workers, s->worker_count);
    stop_workers(&s->queues[QUEUE_READ], s->readers, s->reader_count);
    stop_workers(&s->queues[QUEUE_MAIN], &s->main_writer, 1);
    stop_workers(&s->queues[QUEUE_TRAIL], &s->trail_writer, 1);
    stop_checkpoints(s);
    if (s->lock_fd >= 0)
        close(s->lock_fd);
    for (int q = 0; q < QUEUES; q++)
        queue_release(&s->queues[q]);
    pthread_cond_destroy(&s->stop_checkpoints);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

bool store_submit(struct store *s, enum queue q, struct job *job)
{
    return queue_put(&s->queues[q], job);
}

void store_on_lost(struct store *s, enum queue q, void (*lost)(void *arg, struct session *session),
                   void *arg)
{
    assert(q == QUEUE_MAIN || q == QUEUE_TRAIL);
    pthread_mutex_lock(&s->lock);
    struct hooks *hooks = &s->hooks[q];
    assert(hooks->count < HOOKS_MAX);
    hooks->list[hooks->count++] = (struct hook){lost, arg};
    pthread_mutex_unlock(&s->lock);
}

/* A job that somebody stands and waits for. */
struct waited {
    struct job job;
    err (*run)(void *arg, struct session *session);
    void *arg;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool over;
    err result;
};

static err waited_run(struct job *job, struct session *session)
{
    struct waited *w = (struct waited *)job;
    return w->run(w->arg, session);
}

static void waited_done(struct job *job, err result)
{
    struct waited *w = (struct waited *)job;
    pthread_mutex_lock(&w->lock);
    w->result = result;
    w->over = true;
    pthread_cond_signal(&w->ended);
    pthread_mutex_unlock(&w->lock);
}

err store_wait(struct store *s, enum queue q, err (*run)(void *arg, struct session *session),
               void *arg)
{
    struct waited w = {.job = {.run = waited_run, .done = waited_done}, .run = run, .arg = arg};
    pthread_mutex_init(&w.lock, NULL);
    pthread_cond_init(&w.ended, NULL);
    bool taken = store_submit(s, q, &w.job);
    pthread_mutex_lock(&w.lock);
    while (taken && !w.over)
        pthread_cond_wait(&w.ended, &w.lock);
    pthread_mutex_unlock(&w.lock);
    pthread_cond_destroy(&w.ended);
    pthread_mutex_destroy(&w.lock);
    return taken ? w.result : ERR(ERR_BUSY, "store_busy");
}
