#include "db/db.h"
#include "temp_dir.h"
#include "web/call.h"

#include <cmocka.h>

struct place {
    char dir[TEMP_PATH];
    struct db *db;
    struct sites *sites;
};

static int setup(void **state)
{
    static struct place p;
    char path[TEMP_PATH];
    temp_dir_make(p.dir);
    temp_dir_file(path, p.dir, "main.db");
    assert_int_equal(sqlite_open(path, &(struct sqlite_options){.create = true}, &p.db).code, 0);
    assert_int_equal(db_migrate(p.db, main_migrations, main_migration_count, 1).code, 0);
    p.sites = sites_new();
    *state = &p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    sites_free(p->sites);
    db_close(p->db);
    temp_dir_remove(p->dir);
    return 0;
}

static const struct site first = {.id = 42,
                                  .key = STR("k123456789abcdef"),
                                  .name = STR("One"),
                                  .origins = STR("https://a.cn"),
                                  .time_zone = STR("Asia/Shanghai"),
                                  .settings = STR("{}"),
                                  .created_at = 1};

static bool read_and_take(struct place *p)
{
    struct site_list *l;
    assert_int_equal(sites_read(p->db, &l).code, 0);
    return sites_take(p->sites, l);
}

static void a_change_is_seen_once_it_is_taken(void **state)
{
    struct place *p = *state;
    struct site_list *l;
    assert_null(site_of_id(p->sites, 42));
    assert_int_equal(site_insert(p->db, &first).code, 0);
    assert_int_equal(sites_read(p->db, &l).code, 0);
    assert_null(site_of_id(p->sites, 42)); /* its transaction may still fail */
    assert_true(sites_take(p->sites, l));
    const struct site_entry *e = site_of_key(p->sites, first.key);
    assert_non_null(e);
    assert_int_equal(e->site.id, 42);
    assert_true(sites_allow_origin(p->sites, S("https://A.cn")));
    struct site next = first;
    next.retired_at = 2;
    assert_int_equal(site_update(p->db, &next).code, 0);
    assert_true(read_and_take(p));
    assert_null(site_of_key(p->sites, first.key));
    assert_int_equal(e->site.retired_at, 0); /* a call that runs keeps what it found */
    assert_false(sites_allow_origin(p->sites, S("https://a.cn")));
}

static void what_has_not_changed_is_not_made_anew(void **state)
{
    struct place *p = *state;
    assert_false(read_and_take(p));
    assert_int_equal(site_insert(p->db, &first).code, 0);
    assert_true(read_and_take(p));
    const struct site_entry *e = site_of_id(p->sites, 42);
    for (int i = 0; i < 100; i++)
        assert_int_equal(sites_reload(p->sites, p->db).code, 0);
    assert_ptr_equal(site_of_id(p->sites, 42), e);
    assert_false(read_and_take(p));
    struct site next = first;
    next.settings = S("{\"close_after\":600}");
    assert_int_equal(site_update(p->db, &next).code, 0);
    assert_true(read_and_take(p));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_change_is_seen_once_it_is_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(what_has_not_changed_is_not_made_anew, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
