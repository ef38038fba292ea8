#include "base/buf.h"
#include "base/log.h"
#include "db/db.h"

#include <assert.h>
#include <string.h>

enum { SERIES, NEWEST, NOTE };
static const char *const statements[] = {
    /* Both series may stand in one database, as they do on PostgreSQL. */
    [SERIES] = "CREATE TABLE IF NOT EXISTS schema_version (series TEXT NOT NULL,"
               " number INT8 NOT NULL, at INT8 NOT NULL, PRIMARY KEY (series, number))",
    [NEWEST] = "SELECT COALESCE(MAX(number), 0) FROM schema_version WHERE series = $1",
    [NOTE] = "INSERT INTO schema_version (series, number, at) VALUES ($1, $2, $3)",
};

static const struct schema_word {
    str word, sqlite, postgres;
} schema_words[] = {
    /* SQLite makes only a column of exactly this type the key of the table itself. */
    {STR("ID"), STR("INTEGER"), STR("BIGINT")},
    {STR("BYTES"), STR("BLOB"), STR("BYTEA")},
    {STR("INT8"), STR("INTEGER"), STR("BIGINT")},
};

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static str replaced(str word, bool postgres)
{
    for (size_t i = 0; i < COUNT(schema_words); i++) {
        if (str_eq(word, schema_words[i].word))
            return postgres ? schema_words[i].postgres : schema_words[i].sqlite;
    }
    return word;
}

/* Bytes of what stands first: a quoted text or name, a word, or one other byte. */
static ptrdiff_t token(str s)
{
    ptrdiff_t n = 1;
    if (s.ptr[0] == '\'' || s.ptr[0] == '"') {
        while (n < s.len && s.ptr[n] != s.ptr[0])
            n++;
        return n < s.len ? n + 1 : n;
    }
    if (is_word(s.ptr[0])) {
        while (n < s.len && is_word(s.ptr[n]))
            n++;
    }
    return n;
}

str migration_text(struct arena *mem, const char *sql, const char *driver)
{
    bool postgres = strcmp(driver, "postgres") == 0;
    str rest = str_of(sql);
    struct buf out;
    buf_init(&out, mem, (size_t)rest.len + 256);
    while (rest.len) {
        ptrdiff_t n = token(rest);
        buf_add(&out, replaced(str_slice(rest, 0, n), postgres));
        rest = str_slice(rest, n, rest.len);
    }
    return buf_str(&out);
}

static err run_statements(struct db *db, struct arena *mem, str text)
{
    err e = OK;
    while (!e.code && text.len) {
        ptrdiff_t end = str_find(text, S(";\n"));
        str one = str_trim(str_slice(text, 0, end < 0 ? text.len : end));
        text = end < 0 ? S("") : str_slice(text, end + 2, text.len);
        if (one.len)
            e = db->driver->simple(db, str_z(mem, one));
    }
    return e;
}

static str series_of(const struct migration *m)
{
    str series = str_of(m->name), number;
    return str_cut(series, '-', &series, &number) ? series : str_of(m->name);
}

static err run_one(struct db *db, struct arena *mem, const struct migration *m, int64_t now)
{
    err e = db_begin(db);
    if (!e.code)
        e = run_statements(db, mem, migration_text(mem, m->sql, db->driver->name));
    if (!e.code)
        e = db_exec(db, statements[NOTE], "sni", series_of(m), m->number, now);
    if (!e.code)
        e = db_commit(db);
    if (e.code) {
        db_rollback(db);
        log_event(LOG_ERROR, "migration_failed", {"name", str_of(m->name)},
                  {"error", str_of(e.name)});
    }
    return e;
}

err db_migrate(struct db *db, const struct migration *list, size_t count, int64_t now)
{
    struct arena mem;
    bool found;
    int64_t have = 0;
    if (!count)
        return OK;
    arena_init(&mem, 0);
    err e = db->driver->simple(
        db, str_z(&mem, migration_text(&mem, statements[SERIES], db->driver->name)));
    if (!e.code)
        e = db_get(db, &mem, &found, "i", (void *[]){&have}, statements[NEWEST], "s",
                   series_of(&list[0]));
    if (!e.code && have > (int64_t)count)
        e = ERR(ERR_STORE, "schema_newer");
    for (size_t i = (size_t)have; !e.code && i < count; i++) {
        assert(list[i].number == (int)i + 1);
        e = run_one(db, &mem, &list[i], now);
    }
    arena_release(&mem);
    return e;
}
