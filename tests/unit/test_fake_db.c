#include "fake_db.h"

#include "guard/guard_rows.h"

#include <cmocka.h>
#include <string.h>

static void rows_come_as_they_were_written(void **state)
{
    const struct fake_step steps[] = {
        {"SELECT a, b, c FROM t WHERE x = $1 AND y = $2", "i:5 s:yes",
         .rows = (const char *const[]){"7|seven|NULL", "8||x", NULL}},
    };
    struct db *db = fake_db_new(steps, COUNT(steps));
    struct rows r;
    err e = db_query(db, &r, "SELECT a, b, c FROM t WHERE x = $1 AND y = $2", "nz", 5, "yes");
    assert_int_equal(e.code, 0);
    assert_true(db_next(&r, &e));
    assert_int_equal(rows_int(&r, 0), 7);
    assert_true(str_eq(rows_text(&r, 1), S("seven")));
    assert_true(rows_null(&r, 2));
    assert_int_equal(rows_text(&r, 2).len, 0);
    assert_true(db_next(&r, &e));
    assert_int_equal(rows_text(&r, 1).len, 0);
    assert_false(rows_null(&r, 1));
    assert_false(db_next(&r, &e));
    assert_int_equal(e.code, 0);
    fake_db_end(db);
}

static void failures_reach_the_caller(void **state)
{
    const struct fake_step steps[] = {
        {"BEGIN"},
        {"INSERT*", .fails = {ERR_FULL, "disk_full"}, .ends_transaction = true},
        {"ROLLBACK"},
    };
    struct db *db = fake_db_new(steps, COUNT(steps));
    assert_int_equal(db_begin(db).code, 0);
    assert_true(db_in_transaction(db));
    err e = db_exec(db, "INSERT INTO t (a) VALUES ($1)", "b", S("\x01\xff"));
    assert_int_equal(e.code, ERR_FULL);
    assert_false(db_in_transaction(db));
    db_rollback(db);
    fake_db_end(db);
}

/* What a rows file says to the seam, whatever stands behind it. */
static void rows_files_speak_to_the_seam_alone(void **state)
{
    const struct fake_step steps[] = {
        {"UPDATE session SET used_at = $1 WHERE id = $2", "i:99 i:4"},
        {"UPDATE role SET own_only*", "i:1 s:agent", .changed = 1},
        {"SELECT*", "s:wang",
         .rows = (const char *const[]){"7|wang|Wang|agent|en|x|0|1|2|3|4", NULL}},
        {"INSERT INTO users*", .fails = {ERR_CONFLICT, "already_exists"}},
    };
    struct db *db = fake_db_new(steps, COUNT(steps));
    struct arena mem;
    struct user u;
    arena_init(&mem, 0);
    assert_int_equal(session_touch(db, 4, 99).code, 0);
    assert_int_equal(role_set_own_only(db, ROLE_AGENT, true).code, 0);
    assert_int_equal(user_by_login(db, &mem, S("wang"), &u).code, 0);
    assert_int_equal(u.id, 7);
    assert_int_equal(u.role, ROLE_AGENT);
    assert_int_equal(u.language, LANGUAGE_EN);
    assert_true(u.must_change && !u.disabled);
    assert_string_equal(user_insert(db, &u).name, "login_taken");
    fake_db_end(db);
    arena_release(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_as_they_were_written),
        cmocka_unit_test(failures_reach_the_caller),
        cmocka_unit_test(rows_files_speak_to_the_seam_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
