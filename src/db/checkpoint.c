/* The checkpoint thread: carries what stands in the logs of writes over into the files, so that no
 * writer has to. A PASSIVE checkpoint disturbs nobody but frees the log only if no write comes in
 * between; a log that has grown large all the same is begun anew by a RESTART one, which holds its
 * writer up briefly. Its bytes on the disk stay and are overwritten, which commits several times
 * faster than growing does; they are given back once the writer has nothing to do. */
#include "base/time.h"
#include "db/store_parts.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum {
    TICK_MS = 500,
    EACH_MS = 5000,
    WAL_LARGE = 4 << 20,      /* a trail's: carry over without waiting for EACH_MS */
    WAL_TOO_LARGE = 64 << 20, /* begin anew even under load */
    IDLE_TICKS = 4,
    PASSES = 3,
    TRUNCATE_TRIES = 10,
};

struct log {
    int month;
    struct db *db;
    bool pending; /* written since the last checkpoint */
    int idle;     /* ticks without a write */
    int64_t checked_at;
};

struct logs {
    struct log list[1 + TRAILS_OPEN + 1];
    size_t count;
};

static int64_t wal_size(const struct store *s, int month)
{
    char path[PATH_BYTES];
    struct stat st;
    store_path(s, month, path);
    size_t n = strlen(path);
    snprintf(path + n, sizeof path - n, "-wal");
    return stat(path, &st) == 0 ? (int64_t)st.st_size : 0;
}

static void drop(struct logs *l, size_t index)
{
    db_close(l->list[index].db);
    l->list[index] = l->list[--l->count];
}

/* The one with nothing to do for longest goes; main.db stays. */
static void make_room(struct logs *l)
{
    size_t worst = 0;
    if (l->count < COUNT(l->list))
        return;
    for (size_t i = 0; i < l->count; i++) {
        if (l->list[i].month != MAIN_FILE && (!worst || l->list[i].idle > l->list[worst].idle))
            worst = i;
    }
    err e = sqlite_checkpoint(l->list[worst].db, CHECKPOINT_TRUNCATE, NULL);
    if (e.code)
        log_event(LOG_WARN, "checkpoint_late", {"month", .number = l->list[worst].month});
    drop(l, worst);
}

static void note(struct store *s, struct logs *l, int month)
{
    size_t i = 0;
    while (i < l->count && l->list[i].month != month)
        i++;
    if (i == l->count) {
        char path[PATH_BYTES];
        struct db *db;
        store_path(s, month, path);
        if (sqlite_open(path, &(struct sqlite_options){0}, &db).code) {
            store_mark_dirty(s, month); /* try again next time */
            return;
        }
        make_room(l);
        i = l->count++;
        l->list[i] = (struct log){.month = month, .db = db, .checked_at = time_monotonic_ms()};
    }
    l->list[i].pending = true;
    l->list[i].idle = 0;
}

/* Sleep a tick, then take over which files were written. False when it is time to stop. */
static bool wait_and_collect(struct store *s, struct logs *l)
{
    int months[1 + MONTHS_MAX];
    size_t count = 0;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += TICK_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&s->lock);
    while (!s->stopping && pthread_cond_timedwait(&s->stop_checkpoints, &s->lock, &until) == 0)
        continue;
    if (s->main_dirty)
        months[count++] = MAIN_FILE;
    s->main_dirty = false;
    for (size_t i = 0; i < s->month_count; i++) {
        if (s->dirty[i])
            months[count++] = s->months[i];
        s->dirty[i] = false;
    }
    bool go_on = !s->stopping;
    pthread_mutex_unlock(&s->lock);
    for (size_t i = 0; i < l->count; i++)
        l->list[i].idle++;
    for (size_t i = 0; i < count; i++)
        note(s, l, months[i]);
    return go_on;
}

/* False when somebody was in the way all the time. */
static bool begin_anew(struct log *log, enum checkpoint how, int64_t held)
{
    err e = sqlite_checkpoint(log->db, how, NULL);
    if (e.code && held > 16 * (int64_t)WAL_TOO_LARGE)
        log_event(LOG_WARN, "wal_large", {"month", .number = log->month}, {"bytes", .number = held},
                  {"error", str_of(e.name)});
    return !e.code;
}

static bool carry_over(struct log *log, int64_t *held)
{
    return sqlite_checkpoint(log->db, CHECKPOINT_PASSIVE, held).code == ERR_NONE;
}

/* main.db is written in few places again and again: the longer it waits the less there is to carry,
 * and while it is carried chat messages wait longer for the disk. A trail grows at its end, so that
 * little and often is smoother. */
static bool is_due(const struct log *log, int64_t size, int64_t now)
{
    bool often = log->month != MAIN_FILE && size > WAL_LARGE;
    return log->pending && (often || now - log->checked_at > EACH_MS);
}

static void look_after(struct store *s, struct log *log, int64_t now)
{
    int64_t size = wal_size(s, log->month), held = 0;
    if (is_due(log, size, now)) {
        log->pending = !carry_over(log, &held);
        log->checked_at = now;
    }
    if (held > WAL_TOO_LARGE) {
        /* Each pass leaves only what was written while it ran, so that the one that holds the writer
         * up has little to do. */
        bool good = true;
        for (int i = 0; i < PASSES && good; i++)
            good = carry_over(log, &held);
        if (!good || !begin_anew(log, CHECKPOINT_RESTART, held))
            log->checked_at = 0; /* again at the next tick */
    }
    if (size > WAL_LARGE && log->idle == IDLE_TICKS) /* once */
        (void)begin_anew(log, CHECKPOINT_TRUNCATE, size);
}

static err empty_log(const struct store *s, int month)
{
    char path[PATH_BYTES];
    struct db *db;
    if (!wal_size(s, month))
        return OK;
    store_path(s, month, path);
    err e = sqlite_open(path, &(struct sqlite_options){0}, &db);
    if (e.code)
        return e;
    for (int i = 0; i < TRUNCATE_TRIES; i++) {
        e = sqlite_checkpoint(db, CHECKPOINT_TRUNCATE, NULL);
        if (e.code != ERR_BUSY)
            break;
    }
    db_close(db);
    return e;
}

err store_checkpoint(struct store *s)
{
    int months[MONTHS_MAX];
    size_t count = store_months(s, months, COUNT(months));
    err e = empty_log(s, MAIN_FILE);
    for (size_t i = 0; i < count; i++) {
        err one = empty_log(s, months[i]);
        e = e.code ? e : one;
    }
    return e;
}

void *checkpoint_run(void *store)
{
    struct store *s = store;
    struct logs logs = {.count = 0};
    bool go_on = true;
    while (go_on) {
        go_on = wait_and_collect(s, &logs);
        for (size_t i = 0; i < logs.count && go_on; i++)
            look_after(s, &logs.list[i], time_monotonic_ms());
    }
    /* All others have closed: what is left is carried over, and the logs vanish. */
    while (logs.count) {
        err e = sqlite_checkpoint(logs.list[0].db, CHECKPOINT_TRUNCATE, NULL);
        if (e.code)
            log_event(LOG_WARN, "checkpoint_late", {"month", .number = logs.list[0].month});
        drop(&logs, 0);
    }
    return NULL;
}
