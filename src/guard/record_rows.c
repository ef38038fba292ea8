#include "db/db.h"
#include "guard/guard_rows.h"

#include <string.h>

enum { IDEMPOTENCY_MS = 24 * 60 * 60 * 1000, AUDIT_AT_ONCE = 1000, SITES_MAX = 1000 };

#define AUDIT_COLUMNS "n, at, actor, act, subject, detail, hash"
#define SITE_COLUMNS  "id, key, name, origins, time_zone, settings, created_at, retired_at"

enum {
    AUDIT_LAST,
    AUDIT_INSERT,
    AUDIT_LIST,
    AUDIT_WALK,
    SITE_BY_KEY,
    SITE_BY_ID,
    SITE_INSERT,
    SITE_UPDATE,
    SITE_LIST,
    IDEMPOTENCY_FIND,
    IDEMPOTENCY_KEEP,
    IDEMPOTENCY_SWEEP,
};
static const char *const sql[] = {
    [AUDIT_LAST] = "SELECT n, hash FROM audit ORDER BY n DESC LIMIT 1",
    [AUDIT_INSERT] = "INSERT INTO audit (" AUDIT_COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7)",
    [AUDIT_LIST] = "SELECT " AUDIT_COLUMNS " FROM audit WHERE n < $1 ORDER BY n DESC LIMIT $2",
    [AUDIT_WALK] = "SELECT " AUDIT_COLUMNS " FROM audit ORDER BY n",
    [SITE_BY_KEY] = "SELECT " SITE_COLUMNS " FROM site WHERE key = $1",
    [SITE_BY_ID] = "SELECT " SITE_COLUMNS " FROM site WHERE id = $1",
    [SITE_INSERT] = "INSERT INTO site (" SITE_COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    [SITE_UPDATE] = "UPDATE site SET name = $1, origins = $2, time_zone = $3, settings = $4,"
                    " retired_at = $5 WHERE id = $6",
    [SITE_LIST] = "SELECT " SITE_COLUMNS " FROM site ORDER BY created_at, id LIMIT $1",
    [IDEMPOTENCY_FIND] = "SELECT request, status, body FROM idempotency"
                         " WHERE user_id = $1 AND key = $2",
    [IDEMPOTENCY_KEEP] = "INSERT INTO idempotency (user_id, key, request, status, body, at)"
                         " VALUES ($1, $2, $3, $4, $5, $6)",
    [IDEMPOTENCY_SWEEP] = "DELETE FROM idempotency WHERE at < $1",
};
const struct sql_set record_sql = {"guard", sql, COUNT(sql)};

/* Texts are borrowed from the row unless mem is given. */
static struct audit_row audit_of(const struct rows *r, struct arena *mem)
{
    struct audit_row row = {.n = rows_int(r, 0), .at = rows_int(r, 1)};
    str *texts[] = {&row.actor, &row.act, &row.subject, &row.detail};
    for (int i = 0; i < (int)COUNT(texts); i++)
        *texts[i] = mem ? str_copy(mem, rows_text(r, 2 + i)) : rows_text(r, 2 + i);
    str hash = rows_bytes(r, 6);
    if (hash.len == sizeof row.hash)
        memcpy(row.hash, hash.ptr, sizeof row.hash);
    return row;
}

static struct site site_of(const struct rows *r, struct arena *mem)
{
    return (struct site){
        .id = rows_int(r, 0),
        .key = str_copy(mem, rows_text(r, 1)),
        .name = str_copy(mem, rows_text(r, 2)),
        .origins = str_copy(mem, rows_text(r, 3)),
        .time_zone = str_copy(mem, rows_text(r, 4)),
        .settings = str_copy(mem, rows_text(r, 5)),
        .created_at = rows_int(r, 6),
        .retired_at = rows_int(r, 7),
    };
}

static err one_site(struct rows *r, struct arena *mem, struct site *out)
{
    err e;
    if (!db_next(r, &e))
        return e.code ? e : ERR(ERR_MISSING, "site_missing");
    *out = site_of(r, mem);
    rows_end(r);
    return OK;
}

err audit_write(struct db *db, struct arena *mem, int64_t now, str actor, str act, str subject,
                str detail)
{
    static const unsigned char beginning[32];
    struct audit_row row = {
        .n = 0, .at = now, .actor = actor, .act = act, .subject = subject, .detail = detail};
    const unsigned char *previous = beginning;
    str last = S("");
    bool found;
    err e = db_get(db, mem, &found, "ib", (void *[]){&row.n, &last}, sql[AUDIT_LAST], "");
    if (e.code)
        return e;
    if (found && last.len != sizeof beginning)
        return ERR(ERR_STORE, "store_failed"); /* somebody else has written into the chain */
    if (found)
        previous = (const unsigned char *)last.ptr;
    row.n++;
    audit_hash(previous, &row);
    return db_exec(db, sql[AUDIT_INSERT], "iissssb", row.n, row.at, actor, act, subject, detail,
                   (str){(char *)row.hash, sizeof row.hash});
}

err audit_list(struct db *db, struct arena *mem, int64_t before, int limit, struct audit_row **out,
               size_t *count)
{
    struct rows r;
    int at_most = limit < 0 ? 0 : limit < AUDIT_AT_ONCE ? limit : AUDIT_AT_ONCE;
    *count = 0;
    *out = arena_new(mem, struct audit_row, (size_t)at_most + 1);
    err e = db_query(db, &r, sql[AUDIT_LIST], "in", before > 0 ? before : INT64_MAX, at_most);
    while (!e.code && db_next(&r, &e))
        (*out)[(*count)++] = audit_of(&r, mem);
    return e;
}

err audit_verify(struct db *db, int64_t *rows, int64_t *broken_at)
{
    struct rows r;
    unsigned char previous[32] = {0};
    *rows = *broken_at = 0;
    err e = db_query(db, &r, sql[AUDIT_WALK], "");
    while (!e.code && db_next(&r, &e)) {
        struct audit_row row = audit_of(&r, NULL), again = row;
        ++*rows;
        audit_hash(previous, &again);
        if (row.n != *rows || memcmp(again.hash, row.hash, sizeof row.hash) != 0) {
            *broken_at = row.n ? row.n : *rows;
            rows_end(&r);
            return OK;
        }
        memcpy(previous, row.hash, sizeof previous);
    }
    return e;
}

err site_by_key(struct db *db, struct arena *mem, str key, struct site *out)
{
    struct rows r;
    err e = db_query(db, &r, sql[SITE_BY_KEY], "s", key);
    return e.code ? e : one_site(&r, mem, out);
}

err site_by_id(struct db *db, struct arena *mem, int64_t id, struct site *out)
{
    struct rows r;
    err e = db_query(db, &r, sql[SITE_BY_ID], "i", id);
    return e.code ? e : one_site(&r, mem, out);
}

err site_insert(struct db *db, const struct site *s)
{
    return db_exec(db, sql[SITE_INSERT], "isssssii", s->id, s->key, s->name, s->origins,
                   s->time_zone, s->settings, s->created_at, s->retired_at);
}

err site_update(struct db *db, const struct site *s)
{
    int64_t changed = 0;
    err e = db_change(db, &changed, sql[SITE_UPDATE], "ssssii", s->name, s->origins, s->time_zone,
                      s->settings, s->retired_at, s->id);
    return !e.code && !changed ? ERR(ERR_MISSING, "site_missing") : e;
}

err site_list(struct db *db, struct arena *mem, struct site **out, size_t *count)
{
    struct rows r;
    struct site *list = arena_new(mem, struct site, SITES_MAX);
    *out = list;
    *count = 0;
    err e = db_query(db, &r, sql[SITE_LIST], "n", (int)SITES_MAX);
    while (!e.code && db_next(&r, &e))
        list[(*count)++] = site_of(&r, mem);
    return e;
}

err idempotency_find(struct db *db, struct arena *mem, int64_t user, str key,
                     const unsigned char request_hash[16], bool *found, int *status, str *body)
{
    str request = S("");
    int64_t code = 0;
    *status = 0;
    *body = S("");
    err e = db_get(db, mem, found, "bis", (void *[]){&request, &code, body}, sql[IDEMPOTENCY_FIND],
                   "is", user, key);
    if (e.code || !*found)
        return e;
    *status = (int)code;
    return str_eq(request, (str){(const char *)request_hash, 16}) ? OK
                                                                  : ERR(ERR_CONFLICT, "key_reused");
}

err idempotency_keep(struct db *db, int64_t user, str key, const unsigned char request_hash[16],
                     int status, str body, int64_t now)
{
    return db_exec(db, sql[IDEMPOTENCY_KEEP], "isbnsi", user, key,
                   (str){(const char *)request_hash, 16}, status, body, now);
}

err idempotency_sweep(struct db *db, int64_t now)
{
    return db_exec(db, sql[IDEMPOTENCY_SWEEP], "i", now - IDEMPOTENCY_MS);
}
