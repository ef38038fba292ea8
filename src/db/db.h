/* db.h - the truth, behind one seam: SQLite by default, PostgreSQL when outgrown.
 *
 * One SQL text serves both: parameters are $1 $2 ... in order of first use, types are the schema
 * words ID, BYTES, INT8 and TEXT, and nothing is used that only one of them knows. What differs
 * stays in the driver. A statement is a string literal in a room's table of texts; the driver
 * prepares it once a connection and finds it again by the address of the literal.
 *
 * What a writer of statements keeps to, so that both databases take them (tests/story/postgres
 * prepares every statement of every room):
 *   - $n is numbered by first use and may be used again: "a = $1 AND b = $2 OR c = $1".
 *   - PostgreSQL guesses a parameter's type from its first use, and takes a bare number for 32 bits:
 *     write CAST($1 AS INT8) or CAST($1 AS TEXT) where $n stands alone (in a SELECT list, in
 *     COALESCE) or beside a literal number ("$1 = 0", "at + $1" is fine: at is a column).
 *   - Truth is no number: COUNT of a CASE instead of SUM(a = b); CASE WHEN ... THEN 1 ELSE 0 END
 *     instead of a bare comparison or EXISTS in the SELECT list.
 *   - COALESCE, not IFNULL; CASE, not MAX(a, b) of two values; || of texts only; single quotes;
 *     every column of the SELECT list grouped or aggregated; ON CONFLICT (key) DO ...; no rowid.
 *   - ORDER BY all that is needed for one order; NULL is avoided (columns are NOT NULL).
 *
 * A struct db is one connection and belongs to one thread at a time.
 *
 * Walk:   struct rows r;
 *         err e = db_query(db, &r, sql[USER_BY_LOGIN], "s", login);
 *         while (!e.code && db_next(&r, &e)) { id = rows_int(&r, 0); ... }
 *         // the end of the rows or an error resets the statement; leaving early needs rows_end
 * Texts and bytes of a row are borrowed until the next db_next; copy what must live longer. */
#ifndef DB_DB_H
#define DB_DB_H

#include "base/err.h"
#include "base/str.h"

struct db;
struct db_driver;

/* Statements a room uses, so that a test can prepare every one of them on every driver. */
struct sql_set {
    const char *room;
    const char *const *texts;
    size_t count;
};

struct rows {
    struct db *db;
    void *stmt;
};

/* Parameters by letters: i int64_t, n int (promoted), s str (TEXT), b str (BYTES; a NULL ptr is
 * NULL), d double, z const char *. A NULL-ptr str given as 's' is the empty text.
 * ERR_FULL "disk_full", ERR_BUSY "store_busy", ERR_CONFLICT "already_exists" (a unique key),
 * ERR_STORE "store_failed" (logged with the statement, never with its values). */
MUST_USE err db_exec(struct db *db, const char *sql, const char *types, ...);
/* As db_exec; *changed is the number of rows touched. */
MUST_USE err db_change(struct db *db, int64_t *changed, const char *sql, const char *types, ...);
MUST_USE err db_query(struct db *db, struct rows *r, const char *sql, const char *types, ...);
/* One row or none: *found says which; the columns follow by letters as pointers
 * (i int64_t*, s str* copied to mem, b str* copied to mem, d double*). */
MUST_USE err db_get(struct db *db, struct arena *mem, bool *found, const char *out_types,
                    void *const *out, const char *sql, const char *types, ...);

bool db_next(struct rows *r, err *e);
int64_t rows_int(const struct rows *r, int column); /* NULL is 0 */
double rows_real(const struct rows *r, int column);
str rows_text(const struct rows *r, int column); /* NULL is empty */
str rows_bytes(const struct rows *r, int column);
bool rows_null(const struct rows *r, int column);
void rows_end(struct rows *r);

/* The transaction words. db_begin_read takes one snapshot for all reads until db_rollback. */
MUST_USE err db_begin(struct db *db);
MUST_USE err db_begin_read(struct db *db);
MUST_USE err db_commit(struct db *db);
void db_rollback(struct db *db);
MUST_USE err db_savepoint(struct db *db);
MUST_USE err db_release_savepoint(struct db *db);
void db_rollback_savepoint(struct db *db);
/* False when a failed statement (a full disk) has ended the whole transaction. Every statement
 * after that is refused with the same err until db_rollback, so that nothing commits by itself. */
bool db_in_transaction(struct db *db);

void db_close(struct db *db);

/* What a driver fills. db.c keeps the variadic front; a driver sees bound values. */
struct db_value {
    char type; /* i d s b, or 0 for NULL */
    int64_t integer;
    double real;
    str text;
};
struct db_driver {
    const char *name;
    /* Prepare (or find) and bind; *stmt is then ready for step. */
    err (*start)(struct db *db, const char *sql, const struct db_value *values, size_t count,
                 void **stmt);
    bool (*step)(struct db *db, void *stmt, err *e);
    void (*column)(struct db *db, void *stmt, int column, struct db_value *out);
    void (*finish)(struct db *db, void *stmt);
    int64_t (*changed)(struct db *db);
    /* A statement without values and rows: a line of a migration, or one of the words BEGIN,
     * BEGIN READ, COMMIT, ROLLBACK, SAVEPOINT job, RELEASE SAVEPOINT job and
     * ROLLBACK TO SAVEPOINT job, which a driver may put in its own. */
    err (*simple)(struct db *db, const char *word_sql);
    bool (*in_transaction)(struct db *db);
    void (*close)(struct db *db);
};
struct db {
    const struct db_driver *driver;
};

/* --- sqlite.c --------------------------------------------------------------------------------- */

struct sqlite_options {
    bool read_only;
    bool create;
};
/* WAL, synchronous=FULL, wal_autocheckpoint=0, foreign_keys on, busy timeout, trusted_schema off,
 * a statement cache. path is UTF-8. A file that is made has mode 0600.
 * ERR_MISSING "store_missing" when there is no file and `create` is not set. */
MUST_USE err sqlite_open(const char *path, const struct sqlite_options *o, struct db **out);
/* Carry the log of writes over into the file; for the checkpoint thread's own connection. *log, if not
 * NULL, becomes the bytes the log then still holds from its beginning on (0 when it begins anew).
 * PASSIVE  what goes without disturbing anybody: readers or a writer in its way are no error
 * RESTART  all of it, so that the next write begins the log anew; holds the writer up for what was
 *          written since the last PASSIVE one. ERR_BUSY when a reader is in the way
 * TRUNCATE likewise, and gives the log's bytes back: the next writes have to grow it again */
enum checkpoint { CHECKPOINT_PASSIVE, CHECKPOINT_RESTART, CHECKPOINT_TRUNCATE };
MUST_USE err sqlite_checkpoint(struct db *db, enum checkpoint how, int64_t *log);
MUST_USE err sqlite_backup_into(struct db *db, const char *path); /* VACUUM INTO */
/* integrity_check; *report gets one line a finding, empty when sound. */
MUST_USE err sqlite_integrity(struct db *db, struct arena *mem, str *report);

/* --- migrate.c -------------------------------------------------------------------------------- */

struct migration {
    int number;       /* 1, 2, 3 ... without gaps */
    const char *name; /* "main-001", as the file in schema/; the part before '-' names the series */
    const char *sql;  /* statements ended by ";\n"; schema words not yet replaced */
};
extern const struct migration main_migrations[], trail_migrations[];
extern const size_t main_migration_count, trail_migration_count;

/* Run what is missing, each in a transaction of its own, noted in table schema_version.
 * ERR_STORE "schema_newer": the file was written by a newer laiyu. */
MUST_USE err db_migrate(struct db *db, const struct migration *list, size_t count, int64_t now);
/* Replace the schema words for a driver ("sqlite" or "postgres"), as whole words outside quotes:
 * ID is a 64-bit key, BYTES a byte text, INT8 a 64-bit number. */
str migration_text(struct arena *mem, const char *sql, const char *driver);

#endif
