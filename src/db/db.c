#include "db/db.h"

#include <assert.h>
#include <stdarg.h>

enum { PARAMETERS = 64 };

static size_t gather(const char *types, va_list args, struct db_value *values)
{
    size_t n = 0;
    for (; types[n]; n++) {
        assert(n < PARAMETERS);
        struct db_value *v = &values[n];
        *v = (struct db_value){.type = types[n]};
        switch (types[n]) {
        case 'i':
            v->integer = va_arg(args, int64_t);
            break;
        case 'n':
            v->type = 'i';
            v->integer = va_arg(args, int);
            break;
        case 'd':
            v->real = va_arg(args, double);
            break;
        case 's':
            v->text = va_arg(args, str);
            break;
        case 'b':
            v->text = va_arg(args, str);
            if (!v->text.ptr)
                v->type = 0;
            break;
        case 'z':
            v->type = 's';
            v->text = str_of(va_arg(args, const char *));
            break;
        default:
            assert(!"a letter that db.h does not know");
        }
    }
    return n;
}

static err start(struct db *db, struct rows *r, const char *sql, const char *types, va_list args)
{
    struct db_value values[PARAMETERS];
    size_t n = gather(types, args, values);
    *r = (struct rows){.db = db};
    return db->driver->start(db, sql, values, n, &r->stmt);
}

/* Run to the end, whatever rows come. */
static err run_out(struct rows *r)
{
    err e = OK;
    while (db_next(r, &e))
        continue;
    return e;
}

static void take_row(const struct rows *r, struct arena *mem, const char *out_types,
                     void *const *out)
{
    for (int i = 0; out_types[i]; i++) {
        switch (out_types[i]) {
        case 'i':
            *(int64_t *)out[i] = rows_int(r, i);
            break;
        case 'd':
            *(double *)out[i] = rows_real(r, i);
            break;
        case 's':
            *(str *)out[i] = str_copy(mem, rows_text(r, i));
            break;
        case 'b':
            *(str *)out[i] = str_copy(mem, rows_bytes(r, i));
            break;
        default:
            assert(!"a letter that db.h does not know");
        }
    }
}

static struct db_value cell(const struct rows *r, int index)
{
    struct db_value v = {0};
    assert(r->stmt);
    r->db->driver->column(r->db, r->stmt, index, &v);
    return v;
}

err db_exec(struct db *db, const char *sql, const char *types, ...)
{
    struct rows r;
    va_list args;
    va_start(args, types);
    err e = start(db, &r, sql, types, args);
    va_end(args);
    return e.code ? e : run_out(&r);
}

err db_change(struct db *db, int64_t *changed, const char *sql, const char *types, ...)
{
    struct rows r;
    va_list args;
    va_start(args, types);
    err e = start(db, &r, sql, types, args);
    va_end(args);
    if (!e.code)
        e = run_out(&r);
    *changed = e.code ? 0 : db->driver->changed(db);
    return e;
}

err db_query(struct db *db, struct rows *r, const char *sql, const char *types, ...)
{
    va_list args;
    va_start(args, types);
    err e = start(db, r, sql, types, args);
    va_end(args);
    return e;
}

err db_get(struct db *db, struct arena *mem, bool *found, const char *out_types, void *const *out,
           const char *sql, const char *types, ...)
{
    struct rows r;
    va_list args;
    *found = false;
    va_start(args, types);
    err e = start(db, &r, sql, types, args);
    va_end(args);
    if (e.code || !db_next(&r, &e))
        return e;
    *found = true;
    take_row(&r, mem, out_types, out);
    rows_end(&r);
    return OK;
}

bool db_next(struct rows *r, err *e)
{
    *e = OK;
    if (!r->stmt)
        return false;
    if (r->db->driver->step(r->db, r->stmt, e))
        return true;
    rows_end(r);
    return false;
}

int64_t rows_int(const struct rows *r, int column)
{
    struct db_value v = cell(r, column);
    return v.type == 'd' ? (int64_t)v.real : v.integer;
}

double rows_real(const struct rows *r, int column)
{
    struct db_value v = cell(r, column);
    return v.type == 'i' ? (double)v.integer : v.real;
}

str rows_text(const struct rows *r, int column)
{
    return cell(r, column).text;
}

str rows_bytes(const struct rows *r, int column)
{
    return cell(r, column).text;
}

bool rows_null(const struct rows *r, int column)
{
    return cell(r, column).type == 0;
}

void rows_end(struct rows *r)
{
    if (r->stmt)
        r->db->driver->finish(r->db, r->stmt);
    r->stmt = NULL;
}

err db_begin(struct db *db)
{
    return db->driver->simple(db, "BEGIN");
}

err db_begin_read(struct db *db)
{
    return db->driver->simple(db, "BEGIN READ");
}

err db_commit(struct db *db)
{
    return db->driver->simple(db, "COMMIT");
}

void db_rollback(struct db *db)
{
    (void)db->driver->simple(db, "ROLLBACK").code; /* what failed has been said before */
}

err db_savepoint(struct db *db)
{
    return db->driver->simple(db, "SAVEPOINT job");
}

err db_release_savepoint(struct db *db)
{
    return db->driver->simple(db, "RELEASE SAVEPOINT job");
}

void db_rollback_savepoint(struct db *db)
{
    /* Should this fail, the transaction is gone, and db_in_transaction says so. */
    err e = db->driver->simple(db, "ROLLBACK TO SAVEPOINT job");
    if (!e.code)
        e = db->driver->simple(db, "RELEASE SAVEPOINT job");
    if (e.code)
        db_rollback(db);
}

bool db_in_transaction(struct db *db)
{
    return db->driver->in_transaction(db);
}

void db_close(struct db *db)
{
    if (db)
        db->driver->close(db);
}
