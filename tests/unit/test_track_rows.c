#include "track/track_rows.h"

#include "base/id.h"
#include "base/str.h"
#include "db/db.h"
#include "temp_dir.h"

#include <cmocka.h>
#include <string.h>

enum { MINUTE = 60000 };
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
    temp_dir_file(path, p.dir, "trail-202611.db");
    arena_init(&p.mem, 0);
    assert_int_equal(sqlite_open(path, &(struct sqlite_options){.create = true}, &p.db).code, 0);
    assert_int_equal(db_migrate(p.db, trail_migrations, trail_migration_count, NOW).code, 0);
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

static struct visit some(int64_t id, int64_t visitor, int64_t at)
{
    return (struct visit){
        .id = id,
        .site_id = 7,
        .visitor_id = visitor,
        .began_at = at,
        .visits_before = 3,
        .landing_url = S("https://a.cn/膝?utm_source=x&x='\"--"),
        .landing_cut = true,
        .referrer = S("https://www.baidu.com/s?wd=x"),
        .source = {"search", "baidu", S("www.baidu.com"), S("膝盖疼"), S("膝盖 医院"), "referrer"},
        .device = "phone",
        .os = "iOS",
        .browser = "WeChat",
        .language = S("zh-CN"),
        .screen = S("390x844"),
        .region = S(""),
    };
}

static void add(struct place *p, int64_t id, int64_t visitor, int64_t at)
{
    struct visit v = some(id, visitor, at);
    assert_int_equal(visit_insert(p->db, &v).code, 0);
    assert_int_equal(page_view_insert(p->db, id, 1, at, S("https://a.cn/1"), true, S("one")).code,
                     0);
}

static void every_statement_prepares(void **state)
{
    struct place *p = *state;
    for (size_t i = 0; i < track_sql.count; i++) {
        str text = str_format(&p->mem, "EXPLAIN %s", track_sql.texts[i]);
        if (p->db->driver->simple(p->db, str_z(&p->mem, text)).code)
            fail_msg("%s", track_sql.texts[i]);
    }
}

static void a_visit_comes_back_as_it_was(void **state)
{
    struct place *p = *state;
    struct visit v = some(50, 5, NOW), got;
    add(p, 50, 5, NOW);
    assert_int_equal(visit_by_id(p->db, &p->mem, 50, &got).code, 0);
    assert_int_equal(got.id, 50);
    assert_int_equal(got.site_id, 7);
    assert_int_equal(got.visitor_id, 5);
    assert_int_equal(got.began_at, NOW);
    assert_int_equal(got.visits_before, 3);
    assert_true(str_eq(got.landing_url, v.landing_url));
    assert_true(got.landing_cut);
    assert_true(str_eq(got.referrer, v.referrer));
    assert_false(got.referrer_cut);
    assert_string_equal(got.source.channel, "search");
    assert_string_equal(got.source.engine, "baidu");
    assert_true(str_eq(got.source.host, v.source.host));
    assert_true(str_eq(got.source.search_term, v.source.search_term));
    assert_true(str_eq(got.source.bid_keyword, v.source.bid_keyword));
    assert_string_equal(got.source.provenance, "referrer");
    assert_string_equal(got.device, "phone");
    assert_string_equal(got.os, "iOS");
    assert_string_equal(got.browser, "WeChat");
    assert_true(str_eq(got.language, v.language));
    assert_true(str_eq(got.screen, v.screen));
    assert_int_equal(got.pages, 1);
    assert_true(str_eq(got.url, S("https://a.cn/1")));
    assert_true(got.url_cut);
    assert_true(str_eq(got.title, S("one")));
    assert_string_equal(visit_by_id(p->db, &p->mem, 51, &got).name, "visit_missing");
    v.id = 50;
    assert_int_equal(visit_insert(p->db, &v).code, ERR_CONFLICT);
}

static void a_trail_shows_pages_dwell_and_clicks(void **state)
{
    struct place *p = *state;
    struct visit_trail *t;
    size_t n;
    add(p, 50, 5, NOW);
    add(p, 60, 5, NOW + 100 * MINUTE);
    add(p, 70, 6, NOW);
    assert_int_equal(
        page_view_insert(p->db, 50, 2, NOW + 10, S("https://a.cn/2"), false, S("")).code, 0);
    assert_int_equal(dwell_insert(p->db, 50, 1, NOW + 10, 4000).code, 0);
    assert_int_equal(dwell_insert(p->db, 50, 1, NOW + 20, 500).code, 0);
    assert_int_equal(click_insert(p->db, 50, 2, NOW + 30, S("header")).code, 0);
    assert_int_equal(click_insert(p->db, 50, 2, NOW + 31, S("footer")).code, 0);
    assert_int_equal(click_insert(p->db, 50, 9, NOW + 32, S("nowhere")).code, 0);

    assert_int_equal(visits_of(p->db, &p->mem, 5, 10, &t, &n).code, 0);
    assert_int_equal(n, 2);
    assert_int_equal(t[0].visit.id, 60);
    assert_int_equal(t[0].page_count, 1);
    assert_int_equal(t[0].pages[0].dwell_ms, -1);
    assert_int_equal(t[1].visit.id, 50);
    assert_int_equal(t[1].visit.last_at, NOW + 20);
    assert_int_equal(t[1].page_count, 2);
    assert_int_equal(t[1].pages[0].dwell_ms, 4500);
    assert_int_equal(t[1].pages[0].click_count, 0);
    assert_true(t[1].pages[0].url_cut);
    assert_true(str_eq(t[1].pages[0].title, S("one")));
    assert_int_equal(t[1].pages[1].n, 2);
    assert_int_equal(t[1].pages[1].at, NOW + 10);
    assert_int_equal(t[1].pages[1].click_count, 2);
    assert_true(str_eq(t[1].pages[1].clicks[0], S("header")));
    assert_true(str_eq(t[1].pages[1].clicks[1], S("footer")));

    assert_int_equal(visits_of(p->db, &p->mem, 5, 1, &t, &n).code, 0);
    assert_int_equal(n, 1);
    int64_t count;
    assert_int_equal(visits_up_to_now(p->db, 5, &count).code, 0);
    assert_int_equal(count, 4); /* what the newest says of those before it, and itself */
    assert_int_equal(visits_up_to_now(p->db, 99, &count).code, 0);
    assert_int_equal(count, 0);
}

static void a_long_visit_shows_its_end(void **state)
{
    struct place *p = *state;
    struct visit_trail *t;
    size_t n;
    add(p, 50, 5, NOW); /* with page 1 */
    for (int page = 2; page <= 260; page++)
        assert_int_equal(
            page_view_insert(p->db, 50, page, NOW + page, S("https://a.cn/"), false, S("")).code,
            0);
    assert_int_equal(visits_of(p->db, &p->mem, 5, 10, &t, &n).code, 0);
    assert_int_equal(t[0].page_count, 200);
    for (int i = 0; i < 200; i++)
        assert_int_equal(t[0].pages[i].n, 61 + i);
}

static void at_most_200_pages_of_a_visit_are_shown(void **state)
{
    struct place *p = *state;
    struct visit_trail *t;
    size_t n;
    add(p, 50, 5, NOW);
    for (int i = 2; i <= 250; i++)
        assert_int_equal(page_view_insert(p->db, 50, i, NOW + i, S("u"), false, S("")).code, 0);
    assert_int_equal(visits_of(p->db, &p->mem, 5, 3, &t, &n).code, 0);
    assert_int_equal(t[0].page_count, 200);
    assert_int_equal(t[0].visit.pages, 250);
}

static int64_t id_at(int64_t ms)
{
    return (ms - id_ms(0)) << 22;
}

static void the_table_is_filled_with_what_is_still_open(void **state)
{
    struct place *p = *state;
    struct visit_table *t = visit_table_new();
    struct visit got;
    int64_t old = NOW - 100 * MINUTE;
    add(p, id_at(old), 1, old);
    add(p, id_at(old) + 1, 2, old); /* still reading */
    assert_int_equal(dwell_insert(p->db, id_at(old) + 1, 1, NOW - MINUTE, 1).code, 0);
    add(p, id_at(old) + 2, 3, old); /* opened one more page */
    assert_int_equal(
        page_view_insert(p->db, id_at(old) + 2, 2, NOW - 2 * MINUTE, S("u2"), false, S("t2")).code,
        0);
    assert_int_equal(click_insert(p->db, id_at(old) + 2, 2, NOW, S("header")).code, 0);
    add(p, id_at(NOW - 30 * MINUTE), 4, NOW - 30 * MINUTE);
    add(p, id_at(NOW - 29 * MINUTE), 5, NOW - 29 * MINUTE);
    assert_int_equal(visits_reload(p->db, NOW, t).code, 0);
    assert_false(visit_table_get(t, 1, &p->mem, &got));
    assert_true(visit_table_get(t, 2, &p->mem, &got));
    assert_int_equal(got.last_at, NOW - MINUTE);
    assert_true(visit_table_get(t, 3, &p->mem, &got));
    assert_int_equal(got.last_at, NOW - 2 * MINUTE);
    assert_int_equal(got.pages, 2);
    assert_int_equal(got.page_at, NOW - 2 * MINUTE);
    assert_true(str_eq(got.url, S("u2")));
    assert_true(str_eq(got.anchor, S("header")));
    assert_string_equal(got.source.engine, "baidu");
    assert_true(got.campaign == campaign_of(S("https://a.cn/?utm_source=x"), &p->mem));
    assert_false(visit_table_get(t, 4, &p->mem, &got));
    assert_true(visit_table_get(t, 5, &p->mem, &got));
    visit_table_sweep(t, NOW + 2 * MINUTE); /* the order of silence came back too */
    assert_false(visit_table_get(t, 5, &p->mem, &got));
    assert_true(visit_table_get(t, 3, &p->mem, &got));
    visit_table_free(t);
}

static void an_erased_visitor_leaves_no_words(void **state)
{
    struct place *p = *state;
    struct visit got;
    struct visit_trail *t;
    size_t n;
    int64_t rows = 10, count;
    add(p, 50, 5, NOW);
    add(p, 60, 5, NOW);
    add(p, 70, 6, NOW);
    assert_int_equal(visits_erase(p->db, 5, &rows).code, 0);
    assert_int_equal(rows, 12);
    assert_int_equal(visit_by_id(p->db, &p->mem, 50, &got).code, 0);
    assert_int_equal(got.visitor_id, 0);
    assert_int_equal(got.landing_url.len + got.referrer.len + got.source.search_term.len, 0);
    assert_int_equal(got.url.len + got.title.len, 0);
    assert_string_equal(got.source.engine, "baidu"); /* the figures stay */
    assert_int_equal(visits_of(p->db, &p->mem, 5, 9, &t, &n).code, 0);
    assert_int_equal(n, 0);
    assert_int_equal(visit_by_id(p->db, &p->mem, 70, &got).code, 0);
    assert_true(got.landing_url.len > 0 && got.url.len > 0);
    assert_int_equal(trail_largest_id(p->db, &count).code, 0);
    assert_int_equal(count, 70);
}

static void an_empty_trail_has_no_largest_id(void **state)
{
    struct place *p = *state;
    int64_t id = 5;
    assert_int_equal(trail_largest_id(p->db, &id).code, 0);
    assert_int_equal(id, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_statement_prepares, setup, teardown),
        cmocka_unit_test_setup_teardown(a_visit_comes_back_as_it_was, setup, teardown),
        cmocka_unit_test_setup_teardown(a_trail_shows_pages_dwell_and_clicks, setup, teardown),
        cmocka_unit_test_setup_teardown(a_long_visit_shows_its_end, setup, teardown),
        cmocka_unit_test_setup_teardown(at_most_200_pages_of_a_visit_are_shown, setup, teardown),
        cmocka_unit_test_setup_teardown(the_table_is_filled_with_what_is_still_open, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(an_erased_visitor_leaves_no_words, setup, teardown),
        cmocka_unit_test_setup_teardown(an_empty_trail_has_no_largest_id, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
