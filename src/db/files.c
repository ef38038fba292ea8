#include "base/time.h"
#include "db/store_parts.h"

#include <assert.h>
#include <stdlib.h>

static struct file *find(struct files *f, int month)
{
    struct file *file = f->first;
    while (file && file->month != month)
        file = file->next;
    return file;
}

static void drop(struct files *f, struct file *file)
{
    struct file **at = &f->first;
    while (*at != file)
        at = &(*at)->next;
    *at = file->next;
    db_close(file->db);
    free(file);
}

/* Trails that nobody has used for longest go, until few are open; those in use stay. */
static void trim(struct files *f)
{
    for (;;) {
        struct file *oldest = NULL;
        int trails = 0;
        for (struct file *file = f->first; file; file = file->next) {
            if (file->month == MAIN_FILE)
                continue;
            trails++;
            if (!file->begun && (!oldest || f->clock - file->used > f->clock - oldest->used))
                oldest = file;
        }
        if (trails <= TRAILS_OPEN || !oldest)
            return;
        drop(f, oldest);
    }
}

static err open_trail(struct files *f, int month, struct file **out)
{
    struct store *s = f->session.store;
    bool writes = f->queue == QUEUE_TRAIL;
    bool there = store_has_month(s, month);
    char path[PATH_BYTES];
    struct db *db;
    if (!there && (!writes || f->rereading || month < 200001 || month > 299912 || month % 100 < 1 ||
                   month % 100 > 12))
        return ERR(ERR_MISSING, "trail_missing");
    store_path(s, month, path);
    err e =
        sqlite_open(path, &(struct sqlite_options){.read_only = !writes, .create = !there}, &db);
    if (e.code)
        return e;
    if (!there) {
        /* Outside the batch: should the batch be lost, an empty month does no harm. */
        e = db_migrate(db, trail_migrations, trail_migration_count, time_now_ms());
        if (!e.code)
            e = store_sync_directory(s->directory);
        if (!e.code)
            e = store_add_month(s, month);
    }
    if (e.code) {
        db_close(db);
        return e;
    }
    *out = files_add(f, month, db, writes);
    return OK;
}

struct file *files_add(struct files *f, int month, struct db *db, bool writes)
{
    struct file *file = calloc(1, sizeof *file), **at = &f->first;
    if (!file)
        abort();
    *file = (struct file){.month = month, .db = db, .writes = writes, .used = f->clock};
    while (*at && (*at)->month < month)
        at = &(*at)->next;
    file->next = *at;
    *at = file;
    return file;
}

err file_join(struct file *file)
{
    err e = OK;
    if (!file->begun) {
        e = file->writes ? db_begin(file->db) : db_begin_read(file->db);
        file->begun = !e.code;
    }
    if (!e.code && file->writes && !file->saved) {
        e = db_savepoint(file->db);
        file->saved = !e.code;
    }
    return e;
}

err files_end_job(struct files *f, bool keep)
{
    err lost = OK;
    for (struct file *file = f->first; file; file = file->next) {
        if (!file->writes && file->begun) {
            db_rollback(file->db);
            file->begun = false;
        }
        if (!file->begun)
            continue;
        err e = OK;
        bool alive = db_in_transaction(file->db);
        if (file->saved && (keep || !alive))
            e = db_release_savepoint(file->db); /* says why, when the transaction is gone */
        else if (file->saved)
            db_rollback_savepoint(file->db);
        file->saved = false;
        if (!e.code && !db_in_transaction(file->db))
            e = ERR(ERR_BUSY, "store_busy");
        if (e.code && !lost.code)
            lost = e;
    }
    return lost;
}

err files_commit(struct files *f, size_t *commits)
{
    err e = OK;
    *commits = 0;
    for (struct file *file = f->first; !e.code && file; file = file->next) {
        if (!file->begun)
            continue;
        e = db_commit(file->db);
        if (!e.code) {
            file->begun = false;
            store_mark_dirty(f->session.store, file->month);
            ++*commits;
        }
    }
    if (!e.code)
        trim(f);
    return e;
}

void files_abandon(struct files *f)
{
    for (struct file *file = f->first; file; file = file->next) {
        if (file->begun)
            db_rollback(file->db);
        file->begun = file->saved = false;
    }
    trim(f);
}

void files_close(struct files *f)
{
    while (f->first) {
        struct file *file = f->first;
        f->first = file->next;
        db_close(file->db);
        free(file);
    }
}

err session_trail(struct session *s, int month, struct db **out)
{
    struct files *f = s->internal;
    struct file *file = find(f, month);
    assert(f->queue != QUEUE_WORK && month != MAIN_FILE);
    *out = NULL;
    if (!file) {
        err e = open_trail(f, month, &file);
        if (e.code)
            return e;
    }
    file->used = ++f->clock;
    *out = file->db;
    return file_join(file);
}
