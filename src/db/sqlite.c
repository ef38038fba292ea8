/* The embedded driver. A connection keeps its prepared statements in a small set-associative cache:
 * the address of the literal picks one of SETS rows, WAYS statements stand in each, and the one
 * unused for longest makes room. The text is compared too, so that a text built at run time, whose
 * address comes again, only costs a prepare and never runs another statement. */
#include "base/log.h"
#include "base/time.h"
#include "db/db.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SETS = 64, WAYS = 8, LOG_MS = 1000, PAGE = 4096 };
enum { LOOK_EACH_US = 200, BUSY_LOOKS = 25000, HOLDING_LOOKS = 500 }; /* 5 s, 0.1 s */

struct statement {
    sqlite3_stmt *stmt;
    const char *sql;
    unsigned used; /* the connection's clock when last taken */
    bool busy;     /* between start and finish */
    bool kept;     /* stands in the cache */
};

struct sqlite {
    struct db db;
    sqlite3 *handle;
    unsigned clock;
    bool begun;         /* a transaction of ours should be open */
    err gone;           /* why it is not */
    const char *logged; /* the statement whose failure was logged last, and when */
    int64_t logged_at;
    struct statement cache[SETS][WAYS];
};

/* How the words of db.h are said here. */
static const struct word {
    const char *word, *sql;
} words[] = {
    {"BEGIN", "BEGIN IMMEDIATE"},
    {"BEGIN READ", "BEGIN"},
    {"COMMIT", "COMMIT"},
    {"ROLLBACK", "ROLLBACK"},
    {"SAVEPOINT job", "SAVEPOINT job"},
    {"RELEASE SAVEPOINT job", "RELEASE SAVEPOINT job"},
    {"ROLLBACK TO SAVEPOINT job", "ROLLBACK TO SAVEPOINT job"},
};
enum { WORD_BEGIN, WORD_BEGIN_READ, WORD_COMMIT, WORD_ROLLBACK };

static err error_of(sqlite3 *handle, int rc)
{
    int cause = handle ? sqlite3_system_errno(handle) : 0;
    switch (rc & 0xff) {
    case SQLITE_FULL:
        return ERR(ERR_FULL, "disk_full");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ERR(ERR_BUSY, "store_busy");
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        if (cause == ENOSPC || cause == EDQUOT)
            return ERR(ERR_FULL, "disk_full");
        break;
    case SQLITE_CONSTRAINT:
        if (rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY ||
            rc == SQLITE_CONSTRAINT_ROWID)
            return ERR(ERR_CONFLICT, "already_exists");
        break;
    default:
        break;
    }
    return ERR(ERR_STORE, "store_failed");
}

/* What went wrong, logged unless it is part of the daily round; a full disk is not told with every
 * call that meets it. */
static err failed(struct sqlite *c, int rc, const char *sql)
{
    err e = error_of(c->handle, rc);
    if (c->begun && !c->gone.code && sqlite3_get_autocommit(c->handle))
        c->gone = e;
    int64_t now = time_monotonic_ms();
    if (e.code == ERR_CONFLICT || e.code == ERR_BUSY)
        return e;
    if (c->logged != sql || now - c->logged_at >= LOG_MS) {
        c->logged = sql;
        c->logged_at = now;
        log_event(LOG_ERROR, e.code == ERR_FULL ? "disk_full" : "store_failed",
                  {"code", .number = sqlite3_extended_errcode(c->handle)},
                  {"message", str_of(sqlite3_errmsg(c->handle))}, {"statement", str_of(sql)});
    }
    return e;
}

/* A statement whose numbers and count of parameters differ from what is given is a bug. */
static void check_parameters(sqlite3_stmt *stmt, const char *sql)
{
    for (int i = 1; i <= sqlite3_bind_parameter_count(stmt); i++) {
        char want[16];
        snprintf(want, sizeof want, "$%d", i);
        const char *name = sqlite3_bind_parameter_name(stmt, i);
        if (!name || strcmp(name, want) != 0) {
            log_event(LOG_ERROR, "parameters_out_of_order", {"statement", str_of(sql)});
            assert(!"parameters are numbered by first use");
        }
    }
}

static int prepare(struct sqlite *c, const char *sql, unsigned flags, sqlite3_stmt **out)
{
    int rc = sqlite3_prepare_v3(c->handle, sql, -1, flags, out, NULL);
    if (rc == SQLITE_OK && *out)
        check_parameters(*out, sql);
    return rc;
}

static struct statement *cache_row(struct sqlite *c, const char *sql)
{
    return c->cache[((uintptr_t)sql * 0x9E3779B97F4A7C15u) >> 58]; /* 6 bits: SETS */
}

/* The statement, or the place to keep it; NULL when the whole row is in use. */
static struct statement *cache_find(struct sqlite *c, const char *sql, bool *hit)
{
    struct statement *row = cache_row(c, sql), *place = NULL;
    for (int i = 0; i < WAYS; i++) {
        struct statement *s = &row[i];
        if (s->busy)
            continue;
        if (s->stmt && s->sql == sql && strcmp(sqlite3_sql(s->stmt), sql) == 0) {
            *hit = true;
            return s;
        }
        if (!place || !s->stmt || (place->stmt && c->clock - s->used > c->clock - place->used))
            place = s;
    }
    *hit = false;
    return place;
}

/* A prepared statement taken for use: from the cache, put into it, or passing. NULL with *e set when
 * it cannot be prepared. */
static struct statement *take(struct sqlite *c, const char *sql, err *e)
{
    bool hit;
    struct statement *s = cache_find(c, sql, &hit);
    c->clock++;
    if (!hit) {
        sqlite3_stmt *stmt = NULL;
        int rc = prepare(c, sql, s ? SQLITE_PREPARE_PERSISTENT : 0, &stmt);
        if (rc != SQLITE_OK) {
            *e = failed(c, rc, sql);
            return NULL;
        }
        bool kept = s != NULL;
        if (kept)
            sqlite3_finalize(s->stmt);
        else
            s = calloc(1, sizeof *s);
        if (!s)
            abort();
        *s = (struct statement){.stmt = stmt, .sql = sql, .kept = kept};
    }
    s->used = c->clock;
    s->busy = true;
    *e = OK;
    return s;
}

static void give_back(struct statement *s)
{
    if (s->kept) {
        sqlite3_reset(s->stmt);
        sqlite3_clear_bindings(s->stmt);
        s->busy = false;
    } else {
        sqlite3_finalize(s->stmt);
        free(s);
    }
}

static int bind(sqlite3_stmt *stmt, int at, const struct db_value *v)
{
    const char *text = v->text.ptr ? v->text.ptr : "";
    switch (v->type) {
    case 'i':
        return sqlite3_bind_int64(stmt, at, v->integer);
    case 'd':
        return sqlite3_bind_double(stmt, at, v->real);
    case 's':
        return sqlite3_bind_text64(stmt, at, text, (sqlite3_uint64)v->text.len, SQLITE_STATIC,
                                   SQLITE_UTF8);
    case 'b':
        return sqlite3_bind_blob64(stmt, at, text, (sqlite3_uint64)v->text.len, SQLITE_STATIC);
    default:
        return sqlite3_bind_null(stmt, at);
    }
}

static err sqlite_start(struct db *db, const char *sql, const struct db_value *values, size_t count,
                        void **out)
{
    struct sqlite *c = (struct sqlite *)db;
    err e;
    if (c->gone.code)
        return c->gone;
    struct statement *s = take(c, sql, &e);
    if (!s)
        return e;
    if ((size_t)sqlite3_bind_parameter_count(s->stmt) != count) {
        log_event(LOG_ERROR, "parameters_missing", {"statement", str_of(sql)});
        assert(!"as many values as parameters");
    }
    for (size_t i = 0; i < count; i++) {
        int rc = bind(s->stmt, (int)i + 1, &values[i]);
        if (rc != SQLITE_OK) {
            e = failed(c, rc, sql);
            give_back(s);
            return e;
        }
    }
    *out = s;
    return OK;
}

static bool sqlite_step(struct db *db, void *stmt, err *e)
{
    struct sqlite *c = (struct sqlite *)db;
    struct statement *s = stmt;
    int rc = sqlite3_step(s->stmt);
    if (rc == SQLITE_ROW)
        return true;
    *e = rc == SQLITE_DONE ? OK : failed(c, rc, s->sql);
    return false;
}

static void sqlite_column(struct db *db, void *stmt, int column, struct db_value *out)
{
    sqlite3_stmt *s = ((struct statement *)stmt)->stmt;
    assert(column < sqlite3_column_count(s));
    switch (sqlite3_column_type(s, column)) {
    case SQLITE_INTEGER:
        *out = (struct db_value){.type = 'i', .integer = sqlite3_column_int64(s, column)};
        break;
    case SQLITE_FLOAT:
        *out = (struct db_value){.type = 'd', .real = sqlite3_column_double(s, column)};
        break;
    case SQLITE_TEXT:
        out->text.ptr = (const char *)sqlite3_column_text(s, column);
        out->text.len = sqlite3_column_bytes(s, column);
        out->type = 's';
        break;
    case SQLITE_BLOB:
        out->text.ptr = sqlite3_column_blob(s, column);
        out->text.len = sqlite3_column_bytes(s, column);
        out->type = 'b';
        break;
    default:
        *out = (struct db_value){0};
    }
}

static void sqlite_finish(struct db *db, void *stmt)
{
    give_back(stmt);
}

static int64_t sqlite_changed(struct db *db)
{
    return sqlite3_changes64(((struct sqlite *)db)->handle);
}

/* Rows that were left open would keep their snapshot, and with it the whole log of writes. */
static void end_open_rows(struct sqlite *c)
{
    for (int i = 0; i < SETS * WAYS; i++) {
        struct statement *s = &c->cache[i / WAYS][i % WAYS];
        if (s->busy && sqlite3_stmt_busy(s->stmt)) {
            log_event(LOG_WARN, "rows_left_open", {"statement", str_of(s->sql)});
            sqlite3_reset(s->stmt);
        }
    }
}

static err run_cached(struct sqlite *c, const char *sql)
{
    err e;
    struct statement *s = take(c, sql, &e);
    if (!s)
        return e;
    int rc = sqlite3_step(s->stmt);
    if (rc != SQLITE_DONE)
        e = failed(c, rc, sql);
    give_back(s);
    return e;
}

static err run_once(struct sqlite *c, const char *sql)
{
    int rc = sqlite3_exec(c->handle, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? OK : failed(c, rc, sql);
}

static err roll_back(struct sqlite *c)
{
    err e = OK;
    end_open_rows(c);
    if (!sqlite3_get_autocommit(c->handle))
        e = run_cached(c, words[WORD_ROLLBACK].sql);
    c->begun = false;
    c->gone = OK;
    return e;
}

static err sqlite_simple(struct db *db, const char *word_sql)
{
    struct sqlite *c = (struct sqlite *)db;
    size_t w = 0;
    while (w < COUNT(words) && strcmp(words[w].word, word_sql) != 0)
        w++;
    if (w == WORD_ROLLBACK)
        return roll_back(c);
    if (c->gone.code)
        return c->gone;
    if (w == COUNT(words))
        return run_once(c, word_sql);
    if (w == WORD_COMMIT)
        end_open_rows(c);
    err e = run_cached(c, words[w].sql);
    if (!e.code && (w == WORD_BEGIN || w == WORD_BEGIN_READ))
        c->begun = true;
    if (!e.code && w == WORD_COMMIT)
        c->begun = false;
    return e;
}

static bool sqlite_in_transaction(struct db *db)
{
    struct sqlite *c = (struct sqlite *)db;
    return c->begun && !c->gone.code && !sqlite3_get_autocommit(c->handle);
}

static void sqlite_drop(struct db *db)
{
    struct sqlite *c = (struct sqlite *)db;
    for (int i = 0; i < SETS * WAYS; i++)
        sqlite3_finalize(c->cache[i / WAYS][i % WAYS].stmt);
    if (sqlite3_close(c->handle) != SQLITE_OK) {
        log_event(LOG_WARN, "statement_left_open", {"message", str_of(sqlite3_errmsg(c->handle))});
        sqlite3_close_v2(c->handle);
    }
    free(c);
}

static const struct db_driver sqlite_driver = {
    .name = "sqlite",
    .start = sqlite_start,
    .step = sqlite_step,
    .column = sqlite_column,
    .finish = sqlite_finish,
    .changed = sqlite_changed,
    .simple = sqlite_simple,
    .in_transaction = sqlite_in_transaction,
    .close = sqlite_drop,
};

/* Without memory statistics threads don't meet at one lock for every allocation. */
static void configure(void)
{
    sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_initialize();
}

/* The file in our mode before SQLite makes it in its own; log and index files copy that mode. */
static err touch(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        int cause = errno;
        log_event(LOG_ERROR, "store_open", {"path", str_of(path)}, {"errno", .number = cause});
        return cause == ENOSPC || cause == EDQUOT ? ERR(ERR_FULL, "disk_full")
                                                  : ERR(ERR_STORE, "store_failed");
    }
    close(fd);
    return OK;
}

/* Writer and checkpoint let go of their locks for moments only, and each holds up whoever waits in the
 * other: SQLite's own pauses, which grow, would miss the moments and go on after them. */
static int look_again(void *most, int times)
{
    nanosleep(&(struct timespec){.tv_nsec = LOOK_EACH_US * 1000}, NULL);
    return times < (int)(intptr_t)most;
}

static err set_up(struct sqlite *c, const struct sqlite_options *o)
{
    static const char common[] = "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                                 "PRAGMA cache_size = -4096; PRAGMA temp_store = MEMORY;"
                                 "PRAGMA mmap_size = 0";
    sqlite3_extended_result_codes(c->handle, 1);
    sqlite3_busy_handler(c->handle, look_again, (void *)BUSY_LOOKS);
    sqlite3_db_config(c->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(c->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(c->handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL); /* "x" is no text, as in */
    sqlite3_db_config(c->handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL); /* PostgreSQL */
    err e = OK;
    if (!o->read_only)
        e = run_once(c, "PRAGMA journal_mode = WAL");
    if (!e.code)
        e = run_once(c, common);
    sqlite3_wal_autocheckpoint(c->handle, 0);
    return e;
}

err sqlite_open(const char *path, const struct sqlite_options *o, struct db **out)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, configure);
    *out = NULL;
    if (o->create) {
        err e = touch(path);
        if (e.code)
            return e;
    } else if (access(path, F_OK) != 0) {
        return ERR(ERR_MISSING, "store_missing");
    }
    struct sqlite *c = calloc(1, sizeof *c);
    if (!c)
        abort();
    c->db.driver = &sqlite_driver;
    int flags = SQLITE_OPEN_NOMUTEX | (o->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
    int rc = sqlite3_open_v2(path, &c->handle, flags, NULL);
    err e = rc == SQLITE_OK ? set_up(c, o) : failed(c, rc, "open");
    if (e.code) {
        sqlite_drop(&c->db);
        return e;
    }
    *out = &c->db;
    return OK;
}

err sqlite_checkpoint(struct db *db, enum checkpoint how, int64_t *log)
{
    static const int modes[] = {SQLITE_CHECKPOINT_PASSIVE, SQLITE_CHECKPOINT_RESTART,
                                SQLITE_CHECKPOINT_TRUNCATE};
    struct sqlite *c = (struct sqlite *)db;
    int frames = 0, done = 0;
    assert(db->driver == &sqlite_driver);
    /* All but PASSIVE hold the writer up while they wait for readers: they wait only briefly. */
    int times = how ? HOLDING_LOOKS : BUSY_LOOKS;
    sqlite3_busy_handler(c->handle, look_again, (void *)(intptr_t)times);
    int rc = sqlite3_wal_checkpoint_v2(c->handle, NULL, modes[how], &frames, &done);
    sqlite3_busy_handler(c->handle, look_again, (void *)BUSY_LOOKS);
    if (log)
        *log = rc == SQLITE_OK && how ? 0 : (int64_t)(frames > 0 ? frames : 0) * PAGE;
    if (rc == SQLITE_OK || (rc == SQLITE_BUSY && how == CHECKPOINT_PASSIVE))
        return OK;
    return failed(c, rc, "checkpoint");
}

err sqlite_backup_into(struct db *db, const char *path)
{
    err e = touch(path);
    if (!e.code)
        e = db_exec(db, "VACUUM INTO $1", "z", path);
    if (e.code)
        return e;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    bool safe = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return safe ? OK : ERR(ERR_IO, "backup_failed");
}

err sqlite_integrity(struct db *db, struct arena *mem, str *report)
{
    struct rows r;
    *report = S("");
    err e = db_query(db, &r, "PRAGMA integrity_check(100)", "");
    while (!e.code && db_next(&r, &e)) {
        str line = rows_text(&r, 0);
        if (!str_eq(line, S("ok")))
            *report = str_format(mem, "%.*s%.*s\n", STR_ARG(*report), STR_ARG(line));
    }
    return e;
}
