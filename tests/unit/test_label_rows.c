#include "label/label_rows.h"

#include "base/str.h"
#include "db/db.h"
#include "temp_dir.h"

#include <cmocka.h>
#include <string.h>

static const int64_t NOW = INT64_C(1795000000000);

struct place {
    char dir[TEMP_PATH];
    struct db *db;
    struct arena mem;
};

static int setup(void **state)
{
    static struct place p;
    char path[TEMP_PATH];
    temp_dir_make(p.dir);
    temp_dir_file(path, p.dir, "main.db");
    arena_init(&p.mem, 0);
    assert_int_equal(sqlite_open(path, &(struct sqlite_options){.create = true}, &p.db).code, 0);
    assert_int_equal(db_migrate(p.db, main_migrations, main_migration_count, NOW).code, 0);
    assert_int_equal(
        db_exec(p.db, "INSERT INTO users VALUES (8, 'li', '李', 'agent', 'zh', '', 0, 0, 0, 0, 0)",
                "")
            .code,
        0);
    *state = &p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    db_close(p->db);
    arena_release(&p->mem);
    temp_dir_remove(p->dir);
    return 0;
}

static void every_statement_prepares(void **state)
{
    struct place *p = *state;
    for (size_t i = 0; i < label_sql.count; i++) {
        str text = str_format(&p->mem, "EXPLAIN %s", label_sql.texts[i]);
        if (p->db->driver->simple(p->db, str_z(&p->mem, text)).code)
            fail_msg("%s", label_sql.texts[i]);
    }
}

static void the_shipped_dimensions_come_in_order(void **state)
{
    struct place *p = *state;
    struct dimension *d;
    size_t n;
    assert_int_equal(dimension_list(p->db, &p->mem, &d, &n).code, 0);
    assert_int_equal(n, 3);
    assert_true(str_eq(d[0].code, S("patient")) && d[0].label_count == 4);
    assert_true(str_eq(d[1].code, S("outcome")) && d[1].label_count == 4);
    assert_true(str_eq(d[2].code, S("conversion")) && d[2].label_count == 4);
    assert_true(str_eq(d[2].name_zh, S("转化质量")));
    assert_true(str_eq(d[2].labels[0].code, S("none")));
    assert_true(str_eq(d[2].labels[3].code, S("booked")));
    assert_true(str_eq(d[2].labels[3].shortcut, S("F")));
    assert_true(str_eq(d[0].labels[1].name_zh, S("疑似患者")));
    assert_true(str_eq(d[0].labels[1].short_en, S("S")));
    assert_true(str_eq(d[0].labels[1].color, S("suspected")));
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < d[i].label_count; k++)
            assert_int_equal(d[i].labels[k].dimension_id, d[i].id);
}

static void a_dimension_without_labels_stands_between_others(void **state)
{
    struct place *p = *state;
    struct dimension *d;
    size_t n;
    assert_int_equal(
        db_exec(p->db, "INSERT INTO dimension VALUES (9, 'intent', '意向', 'Intent', 2)", "").code,
        0);
    assert_int_equal(dimension_list(p->db, &p->mem, &d, &n).code, 0);
    assert_int_equal(n, 4);
    assert_int_equal(d[2].id, 9);
    assert_int_equal(d[2].label_count, 0);
    assert_int_equal(d[3].label_count, 4);
}

static bool set(struct place *p, int64_t dimension, int64_t label, int64_t at)
{
    bool changed;
    struct mark m = {77, dimension, label, 8, at};
    assert_int_equal(mark_set(p->db, &p->mem, &m, &changed).code, 0);
    return changed;
}

static void a_mark_keeps_who_when_from_and_to(void **state)
{
    struct place *p = *state;
    struct mark *m;
    struct mark_change *h;
    size_t n;
    assert_true(set(p, 3, 33, NOW));
    assert_false(set(p, 3, 33, NOW + 1)); /* as it was */
    assert_true(set(p, 3, 34, NOW + 2));
    assert_true(set(p, 1, 12, NOW + 3));
    assert_int_equal(marks_of(p->db, &p->mem, 77, &m, &n).code, 0);
    assert_int_equal(n, 2);
    assert_int_equal(m[0].label_id, 12);
    assert_int_equal(m[1].dimension_id, 3);
    assert_int_equal(m[1].label_id, 34);
    assert_int_equal(m[1].marked_by, 8);
    assert_int_equal(m[1].at, NOW + 2);
    assert_true(set(p, 3, 0, NOW + 4)); /* taken away */
    assert_false(set(p, 3, 0, NOW + 5));
    assert_int_equal(marks_of(p->db, &p->mem, 77, &m, &n).code, 0);
    assert_int_equal(n, 1);

    static const int64_t want[][3] = {{3, 0, 33}, {3, 33, 34}, {1, 0, 12}, {3, 34, 0}};
    assert_int_equal(mark_history_of(p->db, &p->mem, 77, &h, &n).code, 0);
    assert_int_equal(n, COUNT(want));
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(h[i].dimension_id, want[i][0]);
        assert_int_equal(h[i].from_label, want[i][1]);
        assert_int_equal(h[i].to_label, want[i][2]);
        assert_int_equal(h[i].by, 8);
        assert_true(str_eq(h[i].by_name, S("李")));
    }
    assert_int_equal(h[1].at, NOW + 2);
    assert_int_equal(mark_history_of(p->db, &p->mem, 78, &h, &n).code, 0);
    assert_int_equal(n, 0);
}

static void a_mark_of_nothing_known_is_refused(void **state)
{
    struct place *p = *state;
    static const struct {
        int64_t dimension, label;
        const char *error;
    } table[] = {
        {9, 33, "dimension_unknown"}, {9, 0, "dimension_unknown"}, {3, 12, "label_unknown"},
        {3, 999, "label_unknown"},    {3, -1, "label_unknown"},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        bool changed = true;
        struct mark m = {77, table[i].dimension, table[i].label, 8, NOW};
        err e = mark_set(p->db, &p->mem, &m, &changed);
        assert_int_equal(e.code, ERR_INVALID);
        assert_string_equal(e.name, table[i].error);
        assert_false(changed);
    }
    struct mark_change *h;
    size_t n;
    assert_int_equal(mark_history_of(p->db, &p->mem, 77, &h, &n).code, 0);
    assert_int_equal(n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_statement_prepares, setup, teardown),
        cmocka_unit_test_setup_teardown(the_shipped_dimensions_come_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(a_dimension_without_labels_stands_between_others, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_mark_keeps_who_when_from_and_to, setup, teardown),
        cmocka_unit_test_setup_teardown(a_mark_of_nothing_known_is_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
