#include "base/arena.h"
#include "db/db.h"
#include "fake_db.h"
#include "temp_dir.h"

#include <cmocka.h>
#include <string.h>

static const struct text_case {
    const char *name, *driver, *sql, *want;
} texts[] = {
    {"words become types", "sqlite", "CREATE TABLE t (id ID PRIMARY KEY, b BYTES, n INT8)",
     "CREATE TABLE t (id INTEGER PRIMARY KEY, b BLOB, n INTEGER)"},
    {"and those of PostgreSQL", "postgres", "CREATE TABLE t (id ID PRIMARY KEY, b BYTES, n INT8)",
     "CREATE TABLE t (id BIGINT PRIMARY KEY, b BYTEA, n BIGINT)"},
    {"only whole words", "postgres", "VALID IDS ID_ _ID INT80 MYBYTES id bytes",
     "VALID IDS ID_ _ID INT80 MYBYTES id bytes"},
    {"not inside quotes", "postgres", "'ID' \"INT8\" 'it''s ID' ID",
     "'ID' \"INT8\" 'it''s ID' BIGINT"},
    {"a quote without end is left alone", "sqlite", "ID 'ID", "INTEGER 'ID"},
    {"other bytes pass", "sqlite", "(ID,'\xe6\x9d\xa5 ID')", "(INTEGER,'\xe6\x9d\xa5 ID')"},
    {"nothing", "sqlite", "", ""},
};

static void schema_words(void **state)
{
    struct arena mem;
    arena_init(&mem, 0);
    for (size_t i = 0; i < COUNT(texts); i++) {
        str got = migration_text(&mem, texts[i].sql, texts[i].driver);
        if (!str_eq(got, str_of(texts[i].want)))
            fail_msg("%s: %.*s", texts[i].name, STR_ARG(got));
    }
    arena_release(&mem);
}

static const struct migration two[] = {
    {1, "demo-001", "CREATE TABLE a (id ID PRIMARY KEY);\nINSERT INTO a (id) VALUES (1);\n"},
    {2, "demo-002", "ALTER TABLE a ADD COLUMN n INT8;\n"},
};

/* BEGIN ... COMMIT around each, noted inside it; a failing one is taken back whole. */
static void each_in_a_transaction_of_its_own(void **state)
{
    const struct fake_step steps[] = {
        {"CREATE TABLE IF NOT EXISTS schema_version*"},
        {"SELECT*", "s:demo", .rows = (const char *const[]){"0", NULL}},
        {"BEGIN"},
        {"CREATE TABLE a (id INTEGER PRIMARY KEY)"},
        {"INSERT INTO a (id) VALUES (1)"},
        {"INSERT INTO schema_version*", "s:demo i:1 i:77"},
        {"COMMIT"},
        {"BEGIN"},
        {"ALTER TABLE a ADD COLUMN n INTEGER", .fails = {ERR_FULL, "disk_full"}},
        {"ROLLBACK"},
    };
    struct db *db = fake_db_new(steps, COUNT(steps));
    assert_int_equal(db_migrate(db, two, COUNT(two), 77).code, ERR_FULL);
    fake_db_end(db);
}

static void only_what_is_missing(void **state)
{
    const struct fake_step steps[] = {
        {"CREATE TABLE IF NOT EXISTS schema_version*"},
        {"SELECT*", "s:demo", .rows = (const char *const[]){"1", NULL}},
        {"BEGIN"},
        {"ALTER TABLE a ADD COLUMN n INTEGER"},
        {"INSERT INTO schema_version*", "s:demo i:2 i:5"},
        {"COMMIT"},
    };
    struct db *db = fake_db_new(steps, COUNT(steps));
    assert_int_equal(db_migrate(db, two, COUNT(two), 5).code, 0);
    fake_db_end(db);
}

static void ours_on_a_real_file(void **state)
{
    char dir[TEMP_PATH], path[TEMP_PATH];
    struct db *db;
    bool found;
    int64_t n = 0;
    temp_dir_make(dir);
    temp_dir_file(path, dir, "a.db");
    assert_int_equal(sqlite_open(path, &(struct sqlite_options){.create = true}, &db).code, 0);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(db_migrate(db, main_migrations, main_migration_count, 1).code, 0);
        assert_int_equal(db_migrate(db, trail_migrations, trail_migration_count, 1).code, 0);
    }
    err e = db_get(db, NULL, &found, "i", (void *[]){&n}, "SELECT COUNT(*) FROM label", "");
    assert_true(!e.code && found);
    assert_int_equal(n, 12);
    e = db_get(db, NULL, &found, "i", (void *[]){&n}, "SELECT COUNT(*) FROM schema_version", "");
    assert_int_equal(e.code, 0);
    assert_int_equal(n, main_migration_count + trail_migration_count);
    e = db_exec(db, "INSERT INTO schema_version (series, number, at) VALUES ('main', 9999, 1)", "");
    assert_int_equal(e.code, 0);
    e = db_migrate(db, main_migrations, main_migration_count, 1);
    assert_string_equal(e.name, "schema_newer");
    assert_int_equal(db_migrate(db, trail_migrations, trail_migration_count, 1).code, 0);
    db_close(db);
    temp_dir_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schema_words),
        cmocka_unit_test(each_in_a_transaction_of_its_own),
        cmocka_unit_test(only_what_is_missing),
        cmocka_unit_test(ours_on_a_real_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
