#include "base/arena.h"
#include "db/db.h"
#include "temp_dir.h"

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { MAKE, PUT, ONE, ALL, CHANGE, BIG };
static const char *const sql[] = {
    [MAKE] = "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE, data BLOB, share REAL)",
    [PUT] = "INSERT INTO t (id, name, data, share) VALUES ($1, $2, $3, $4)",
    [ONE] = "SELECT name, data, share FROM t WHERE id = $1",
    [ALL] = "SELECT id, name, data, share FROM t ORDER BY id",
    [CHANGE] = "UPDATE t SET name = name || $1 WHERE id > $2",
    [BIG] = "INSERT INTO t (id, data) VALUES ($1, zeroblob(1000000))",
};

struct place {
    char dir[TEMP_PATH], path[TEMP_PATH];
    struct db *db;
    struct arena mem;
};

static int open_place(void **state)
{
    static struct place p;
    temp_dir_make(p.dir);
    temp_dir_file(p.path, p.dir, "a.db");
    arena_init(&p.mem, 0);
    assert_int_equal(sqlite_open(p.path, &(struct sqlite_options){.create = true}, &p.db).code, 0);
    assert_int_equal(db_exec(p.db, sql[MAKE], "").code, 0);
    *state = &p;
    return 0;
}

static int close_place(void **state)
{
    struct place *p = *state;
    db_close(p->db);
    arena_release(&p->mem);
    temp_dir_remove(p->dir);
    return 0;
}

static err put(struct db *db, int id, const char *name)
{
    return db_exec(db, sql[PUT], "nzbd", id, name, S("\0\xff"), 0.5);
}

static int64_t count(struct db *db)
{
    struct rows r;
    int64_t n = 0;
    err e = db_query(db, &r, sql[ALL], "");
    while (!e.code && db_next(&r, &e))
        n++;
    assert_int_equal(e.code, 0);
    return n;
}

static void every_type_comes_back(void **state)
{
    struct place *p = *state;
    struct db *db = p->db;
    struct rows r;
    err e = db_exec(db, sql[PUT], "isbd", INT64_MAX, S("\xe6\x9d\xa5\0x"), S("\0\xff"), 0.25);
    assert_int_equal(e.code, 0);
    assert_int_equal(db_exec(db, sql[PUT], "isbd", INT64_MIN, (str){0}, (str){0}, -1.5).code, 0);
    assert_int_equal(db_query(db, &r, sql[ALL], "").code, 0);
    assert_true(db_next(&r, &e));
    assert_true(rows_int(&r, 0) == INT64_MIN);
    assert_false(rows_null(&r, 1)); /* an empty text is no NULL */
    assert_true(rows_null(&r, 2));  /* absent bytes are */
    assert_true(rows_real(&r, 3) == -1.5);
    assert_true(db_next(&r, &e));
    assert_true(rows_int(&r, 0) == INT64_MAX);
    assert_true(str_eq(rows_text(&r, 1), S("\xe6\x9d\xa5\0x")));
    assert_true(str_eq(rows_bytes(&r, 2), S("\0\xff")));
    assert_false(db_next(&r, &e));
    assert_false(db_next(&r, &e)); /* and stays at its end */
    assert_int_equal(e.code, 0);
}

static void one_row_or_none(void **state)
{
    struct place *p = *state;
    str name, data;
    double share;
    bool found = true;
    void *out[] = {&name, &data, &share};
    assert_int_equal(db_get(p->db, &p->mem, &found, "sbd", out, sql[ONE], "n", 1).code, 0);
    assert_false(found);
    assert_int_equal(put(p->db, 1, "one").code, 0);
    assert_int_equal(db_get(p->db, &p->mem, &found, "sbd", out, sql[ONE], "n", 1).code, 0);
    assert_true(found && str_eq(name, S("one")) && str_eq(data, S("\0\xff")) && share == 0.5);
}

static void a_unique_key_is_a_conflict(void **state)
{
    struct place *p = *state;
    assert_int_equal(put(p->db, 1, "one").code, 0);
    assert_string_equal(put(p->db, 1, "other").name, "already_exists");
    err e = put(p->db, 2, "one");
    assert_int_equal(e.code, ERR_CONFLICT);
    assert_int_equal(count(p->db), 1);
}

static void changed_rows_are_counted(void **state)
{
    struct place *p = *state;
    int64_t changed = -1;
    for (int i = 1; i <= 5; i++) {
        char name[8];
        snprintf(name, sizeof name, "n%d", i);
        assert_int_equal(put(p->db, i, name).code, 0);
    }
    assert_int_equal(db_change(p->db, &changed, sql[CHANGE], "zn", "!", 2).code, 0);
    assert_int_equal(changed, 3);
    assert_int_equal(db_change(p->db, &changed, sql[CHANGE], "zn", "!", 9).code, 0);
    assert_int_equal(changed, 0);
}

static void a_statement_may_be_walked_inside_itself(void **state)
{
    struct place *p = *state;
    struct rows outer, inner;
    err e;
    int pairs = 0;
    put(p->db, 1, "a");
    put(p->db, 2, "b");
    assert_int_equal(db_query(p->db, &outer, sql[ALL], "").code, 0);
    while (db_next(&outer, &e)) {
        assert_int_equal(db_query(p->db, &inner, sql[ALL], "").code, 0);
        while (db_next(&inner, &e))
            pairs += rows_int(&outer, 0) <= rows_int(&inner, 0);
    }
    assert_int_equal(pairs, 3);
}

static void texts_at_one_address_are_told_apart(void **state)
{
    struct place *p = *state;
    char text[64];
    int64_t n = 0;
    bool found;
    for (int i = 0; i < 2000; i++) {
        snprintf(text, sizeof text, "SELECT CAST($1 AS INT8) + %d", i);
        assert_int_equal(db_get(p->db, NULL, &found, "i", (void *[]){&n}, text, "n", 1000000).code,
                         0);
        assert_int_equal(n, 1000000 + i);
    }
}

static void wrong_statements_are_answered(void **state)
{
    struct place *p = *state;
    assert_string_equal(db_exec(p->db, "SELEC 1", "").name, "store_failed");
    assert_string_equal(db_exec(p->db, "SELECT \"quoted\" FROM t", "").name, "store_failed");
    assert_int_equal(put(p->db, 1, "after").code, 0);
}

static void savepoints_take_back_one_step(void **state)
{
    struct place *p = *state;
    assert_false(db_in_transaction(p->db));
    assert_int_equal(db_begin(p->db).code, 0);
    assert_int_equal(put(p->db, 1, "kept").code, 0);
    assert_int_equal(db_savepoint(p->db).code, 0);
    assert_int_equal(put(p->db, 2, "not kept").code, 0);
    db_rollback_savepoint(p->db);
    assert_int_equal(db_savepoint(p->db).code, 0);
    assert_int_equal(put(p->db, 3, "kept too").code, 0);
    assert_int_equal(db_release_savepoint(p->db).code, 0);
    assert_true(db_in_transaction(p->db));
    assert_int_equal(db_commit(p->db).code, 0);
    assert_false(db_in_transaction(p->db));
    assert_int_equal(count(p->db), 2);
}

/* SQLite ends the whole transaction when the disk is full, and the next savepoint would commit
 * alone. */
static void nothing_is_written_past_a_lost_transaction(void **state)
{
    struct place *p = *state;
    assert_int_equal(db_begin(p->db).code, 0);
    assert_int_equal(put(p->db, 1, "one").code, 0);
    assert_int_equal(db_savepoint(p->db).code, 0);
    assert_int_equal(db_exec(p->db, "PRAGMA max_page_count = 10", "").code, 0);
    assert_string_equal(db_exec(p->db, sql[BIG], "n", 2).name, "disk_full");
    assert_false(db_in_transaction(p->db));
    assert_int_equal(db_savepoint(p->db).code, ERR_FULL);
    assert_int_equal(put(p->db, 3, "three").code, ERR_FULL);
    assert_int_equal(db_commit(p->db).code, ERR_FULL);
    db_rollback(p->db);
    assert_int_equal(count(p->db), 0);
    assert_int_equal(db_exec(p->db, "PRAGMA max_page_count = 100000", "").code, 0);
    assert_int_equal(db_exec(p->db, sql[BIG], "n", 2).code, 0);
}

static void a_second_writer_is_told_to_wait(void **state)
{
    struct place *p = *state;
    struct db *other;
    assert_int_equal(sqlite_open(p->path, &(struct sqlite_options){0}, &other).code, 0);
    assert_int_equal(db_exec(other, "PRAGMA busy_timeout = 20", "").code, 0);
    assert_int_equal(db_begin(p->db).code, 0);
    assert_string_equal(db_begin(other).name, "store_busy");
    db_rollback(p->db);
    assert_int_equal(db_begin(other).code, 0);
    db_rollback(other);
    db_close(other);
}

static void readers_only_read(void **state)
{
    struct place *p = *state;
    struct db *reader;
    struct sqlite_options o = {.read_only = true};
    assert_int_equal(sqlite_open(p->path, &o, &reader).code, 0);
    assert_int_equal(db_begin_read(reader).code, 0);
    assert_int_equal(count(reader), 0);
    assert_int_equal(put(p->db, 1, "one").code, 0);
    assert_int_equal(count(reader), 0); /* one snapshot */
    db_rollback(reader);
    assert_int_equal(count(reader), 1);
    assert_int_equal(put(reader, 2, "two").code, ERR_STORE);
    db_close(reader);
}

static void files_are_private(void **state)
{
    struct place *p = *state;
    struct stat st;
    char wal[TEMP_PATH + 8];
    struct db *none;
    snprintf(wal, sizeof wal, "%s-wal", p->path);
    assert_int_equal(stat(p->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(wal, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    temp_dir_file(wal, p->dir, "none.db");
    assert_string_equal(sqlite_open(wal, &(struct sqlite_options){0}, &none).name, "store_missing");
}

static void checkpoints_and_copies(void **state)
{
    struct place *p = *state;
    struct db *copy;
    struct stat st;
    char path[TEMP_PATH + 8];
    str report;
    int64_t held = -1;
    snprintf(path, sizeof path, "%s-wal", p->path);
    assert_int_equal(put(p->db, 1, "one").code, 0);
    assert_int_equal(sqlite_checkpoint(p->db, CHECKPOINT_PASSIVE, &held).code, 0);
    assert_true(held > 0);
    assert_int_equal(sqlite_checkpoint(p->db, CHECKPOINT_RESTART, &held).code, 0);
    assert_int_equal(held, 0);
    assert_int_equal(stat(path, &st), 0);
    off_t full = st.st_size;
    assert_true(full > 0); /* kept, and written over from its beginning */
    assert_int_equal(put(p->db, 2, "two").code, 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, full);
    assert_int_equal(sqlite_checkpoint(p->db, CHECKPOINT_TRUNCATE, NULL).code, 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 0);
    temp_dir_file(path, p->dir, "copy.db");
    assert_int_equal(sqlite_backup_into(p->db, path).code, 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(sqlite_open(path, &(struct sqlite_options){.read_only = true}, &copy).code, 0);
    assert_int_equal(count(copy), 2);
    assert_int_equal(sqlite_integrity(copy, &p->mem, &report).code, 0);
    assert_int_equal(report.len, 0);
    db_close(copy);
}

static void damage_is_reported(void **state)
{
    struct place *p = *state;
    struct db *db;
    str report = S("");
    char page[4096];
    for (int i = 0; i < 300; i++) {
        char name[32];
        snprintf(name, sizeof name, "a name of some length %d", i);
        assert_int_equal(put(p->db, i, name).code, 0);
    }
    db_close(p->db);
    FILE *f = fopen(p->path, "r+b");
    assert_non_null(f);
    memset(page, 0x5a, sizeof page);
    fseek(f, 4 * 4096, SEEK_SET);
    assert_int_equal(fwrite(page, sizeof page, 1, f), 1);
    fclose(f);
    assert_int_equal(sqlite_open(p->path, &(struct sqlite_options){0}, &db).code, 0);
    err e = sqlite_integrity(db, &p->mem, &report);
    assert_true(e.code || report.len);
    p->db = db;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_place, close_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_type_comes_back),
        TEST(one_row_or_none),
        TEST(a_unique_key_is_a_conflict),
        TEST(changed_rows_are_counted),
        TEST(a_statement_may_be_walked_inside_itself),
        TEST(texts_at_one_address_are_told_apart),
        TEST(wrong_statements_are_answered),
        TEST(savepoints_take_back_one_step),
        TEST(nothing_is_written_past_a_lost_transaction),
        TEST(a_second_writer_is_told_to_wait),
        TEST(readers_only_read),
        TEST(files_are_private),
        TEST(checkpoints_and_copies),
        TEST(damage_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
