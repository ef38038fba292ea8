#include "track/visit.h"

#include "base/str.h"

#include <cmocka.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { MINUTE = 60000 };

static const int64_t now = INT64_C(1795000000000);

static const struct row {
    const char *about;
    int64_t silence;
    const char *channel, *engine, *host, *bid;
    bool outside, is_new;
    uint64_t campaign; /* the visit began with 7 */
} table[] = {
    {"another campaign in the landing", 1000, "direct", "", "", "", false, true, 8},
    {"the campaign it began with", 1000, "direct", "", "", "", false, false, 7},
    {"the next page", 1000, "search", "baidu", "www.baidu.com", "", false, false},
    {"just before silence ends it", 30 * MINUTE - 1, "direct", "", "", "", false, false},
    {"half an hour", 30 * MINUTE, "search", "baidu", "www.baidu.com", "", false, true},
    {"a clock set back", -5 * MINUTE, "direct", "", "", "", false, false},
    {"the same campaign again", 1000, "search", "baidu", "www.baidu.com", "", true, false},
    {"typed in between", 1000, "direct", "", "", "", false, false},
    {"another engine", 1000, "search", "sogou", "www.sogou.com", "", true, true},
    {"another channel", 1000, "link", "", "www.baidu.com", "", true, true},
    {"another host", 1000, "search", "baidu", "m.baidu.com", "", true, true},
    {"another keyword", 1000, "search", "baidu", "www.baidu.com", "knee", true, true},
    {"other source without a referrer", 1000, "search", "baidu", "www.baidu.com", "knee", false,
     false},
};

static void silence_or_a_new_campaign_begins_a_visit(void **state)
{
    for (size_t i = 0; i < COUNT(table); i++) {
        const struct row *t = &table[i];
        struct visit last = {.last_at = now - t->silence,
                             .campaign = 7,
                             .source = {"search", "baidu", S("www.baidu.com"), .provenance = ""}};
        struct source next = {t->channel, t->engine, str_of(t->host),
                              .bid_keyword = str_of(t->bid)};
        if (visit_is_new(&last, &next, t->campaign, t->outside, now) != t->is_new)
            fail_msg("%s", t->about);
    }
}

static void a_repeat_is_known_by_any_of_the_last_keys(void **state)
{
    struct visit v = {0};
    assert_int_equal(visit_view_of_key(&v, 0), 0);
    for (int n = 1; n <= 5; n++)
        visit_keep_key(&v, (uint64_t)n * 100, n);
    visit_keep_key(&v, 0, 6); /* a page view without a key */
    assert_int_equal(visit_view_of_key(&v, 100), 0);
    for (int n = 2; n <= 5; n++)
        assert_int_equal(visit_view_of_key(&v, (uint64_t)n * 100), n);
    assert_int_equal(visit_view_of_key(&v, 0), 0);
}

static struct visit some(int64_t visitor, int64_t visit, int64_t at)
{
    return (struct visit){
        .id = visit,
        .site_id = 1 + visitor % 2,
        .visitor_id = visitor,
        .began_at = at,
        .last_at = at,
        .page_at = at,
        .pages = 1,
        .landing_url = S("https://a.cn/l"),
        .source = {"search", "baidu", S("www.baidu.com"), S("膝盖"), S(""), "referrer"},
        .device = "phone",
        .os = "iOS",
        .browser = "WeChat",
        .url = S("https://a.cn/now"),
        .title = S("now"),
        .invited = "no"};
}

static void put(struct visit_table *t, int64_t visitor, int64_t visit, int64_t at)
{
    struct visit v = some(visitor, visit, at);
    visit_table_put(t, &v);
}

static void what_is_read_is_a_copy_of_what_was_put(void **state)
{
    struct visit_table *t = visit_table_new();
    struct arena mem;
    char url[] = "https://a.cn/now", channel[] = "search";
    struct visit v = some(5, 50, now), got;
    arena_init(&mem, 0);
    v.url = str_of(url);
    v.source.channel = channel;
    visit_table_put(t, &v);
    memset(url, 'x', sizeof url - 1);
    memset(channel, 'x', sizeof channel - 1);
    assert_true(visit_table_get(t, 5, &mem, &got));
    visit_table_clear(t); /* the copy lives on */
    assert_true(str_eq(got.url, S("https://a.cn/now")));
    assert_string_equal(got.source.channel, "search");
    assert_true(str_eq(got.source.search_term, S("膝盖")));
    assert_string_equal(got.browser, "WeChat");
    assert_int_equal(got.id, 50);
    assert_false(visit_table_get(t, 5, &mem, &got));
    visit_table_free(t);
    arena_release(&mem);
}

static void presence_and_invitation_outlive_a_put(void **state)
{
    struct visit_table *t = visit_table_new();
    struct arena mem;
    struct visit got;
    arena_init(&mem, 0);
    visit_table_present(t, 5, 1, now); /* the socket may come before the page */
    put(t, 5, 50, now);
    visit_table_present(t, 5, 1, now);
    visit_table_invited(t, 5, "refused");
    put(t, 5, 50, now + 1);
    assert_true(visit_table_get(t, 5, &mem, &got));
    assert_int_equal(got.present, 2);
    assert_string_equal(got.invited, "refused");
    put(t, 5, 51, now + 2); /* a new visit may be invited again */
    assert_true(visit_table_get(t, 5, &mem, &got));
    assert_int_equal(got.present, 2);
    assert_string_equal(got.invited, "no");
    visit_table_clear(t);
    put(t, 5, 51, now + 3);
    assert_true(visit_table_get(t, 5, &mem, &got));
    assert_int_equal(got.present, 2);
    for (int i = 0; i < 3; i++)
        visit_table_present(t, 5, -1, now + 4);
    assert_true(visit_table_get(t, 5, &mem, &got));
    assert_int_equal(got.present, 0);
    visit_table_free(t);
    arena_release(&mem);
}

static void the_sweep_takes_the_silent_who_are_not_present(void **state)
{
    struct visit_table *t = visit_table_new();
    struct arena mem;
    struct visit got;
    arena_init(&mem, 0);
    put(t, 1, 10, now);
    put(t, 2, 20, now);
    put(t, 3, 30, now);
    put(t, 4, 40, now);
    visit_table_present(t, 2, 1, now);
    visit_table_touch(t, 3, now + 10 * MINUTE);
    visit_table_sweep(t, now + 30 * MINUTE - 1);
    assert_true(visit_table_get(t, 1, &mem, &got));
    visit_table_sweep(t, now + 30 * MINUTE);
    assert_false(visit_table_get(t, 1, &mem, &got));
    assert_true(visit_table_get(t, 2, &mem, &got));
    assert_true(visit_table_get(t, 3, &mem, &got));
    assert_int_equal(got.last_at, now + 10 * MINUTE);
    assert_false(visit_table_get(t, 4, &mem, &got));
    visit_table_present(t, 2, -1, now + 31 * MINUTE); /* leaving is a sign of life */
    visit_table_sweep(t, now + 60 * MINUTE);
    assert_true(visit_table_get(t, 2, &mem, &got));
    assert_false(visit_table_get(t, 3, &mem, &got));
    visit_table_forget(t, 2);
    assert_false(visit_table_get(t, 2, &mem, &got));
    visit_table_free(t);
    arena_release(&mem);
}

/* The page view that follows the farewell of a forgotten tab begins a new visit. */
static void a_farewell_does_not_break_the_silence(void **state)
{
    struct visit_table *t = visit_table_new();
    struct arena mem;
    struct visit got, *live;
    size_t total;
    arena_init(&mem, 0);
    put(t, 1, 10, now);
    visit_table_present(t, 1, 1, now);
    put(t, 2, 20, now + 28 * MINUTE);
    visit_table_touch(t, 1, now + 30 * MINUTE);
    visit_table_present(t, 1, -1, now + 30 * MINUTE);
    assert_true(visit_table_get(t, 1, &mem, &got));
    assert_int_equal(got.last_at, now);
    assert_true(visit_is_new(&got, &got.source, 0, false, now + 30 * MINUTE));
    /* Who just left is live all the same, and hides nobody who left before him. */
    assert_int_equal(visit_table_live(t, 0, now + 31 * MINUTE, 9, &mem, &live, &total), 2);
    assert_int_equal(live[0].visitor_id, 2);
    visit_table_sweep(t, now + 31 * MINUTE);
    assert_true(visit_table_get(t, 1, &mem, &got));
    visit_table_sweep(t, now + 60 * MINUTE);
    assert_false(visit_table_get(t, 1, &mem, &got));
    visit_table_free(t);
    arena_release(&mem);
}

static void the_number_of_the_live_is_kept(void **state)
{
    struct visit_table *t = visit_table_new();
    struct arena mem;
    struct visit *live;
    size_t total;
    arena_init(&mem, 0);
    for (int i = 1; i <= 10; i++)
        put(t, i, 100 + i, now);
    visit_table_present(t, 1, 1, now);
    (void)visit_table_live(t, 0, now + 5 * MINUTE, 9, &mem, &live, &total);
    assert_int_equal(total, 1);
    visit_table_touch(t, 2, now + 5 * MINUTE); /* back from the gone */
    visit_table_touch(t, 4, now + 5 * MINUTE);
    assert_int_equal(visit_table_live(t, 0, now + 6 * MINUTE, 9, &mem, &live, &total), 3);
    assert_int_equal(visit_table_live(t, 1, now + 6 * MINUTE, 9, &mem, &live, &total), 2);
    assert_int_equal(total, 2);
    visit_table_forget(t, 4);
    (void)visit_table_live(t, 1, now + 6 * MINUTE, 9, &mem, &live, &total);
    assert_int_equal(total, 1);
    put(t, 2, 200, now + 7 * MINUTE);
    visit_table_present(t, 1, -1, now + 7 * MINUTE);
    assert_int_equal(visit_table_live(t, 0, now + 7 * MINUTE, 9, &mem, &live, &total), 2);
    assert_int_equal(live[0].visitor_id, 2);
    visit_table_clear(t);
    assert_int_equal(visit_table_live(t, 0, now + 7 * MINUTE, 9, &mem, &live, &total), 0);
    assert_int_equal(total, 0);
    visit_table_free(t);
    arena_release(&mem);
}

static void the_live_ones_come_newest_page_first(void **state)
{
    struct visit_table *t = visit_table_new();
    struct arena mem;
    struct visit *live;
    size_t total;
    arena_init(&mem, 0);
    put(t, 999, 1, now - 20 * MINUTE);
    visit_table_present(t, 999, 1, now - 20 * MINUTE); /* long on one page, but there */
    put(t, 998, 2, now - 5 * MINUTE);                  /* gone */
    for (int i = 0; i < 100; i++)
        put(t, 1 + i, 100 + i, now - (i * 37 % 100) * 1000);
    assert_int_equal(visit_table_live(t, 0, now, 200, &mem, &live, &total), 101);
    assert_int_equal(total, 101);
    for (size_t i = 1; i < 101; i++)
        assert_true(live[i - 1].page_at >= live[i].page_at);
    assert_int_equal(live[100].visitor_id, 999);
    assert_int_equal(visit_table_live(t, 0, now, 7, &mem, &live, &total), 7);
    assert_int_equal(total, 101);
    for (int i = 0; i < 7; i++)
        assert_int_equal(live[i].page_at, now - i * 1000);
    assert_int_equal(visit_table_live(t, 1, now, 200, &mem, &live, &total), 50);
    assert_int_equal(live[0].site_id, 1);
    assert_int_equal(visit_table_live(t, 0, now, 0, &mem, &live, &total), 0);
    assert_int_equal(total, 101);
    visit_table_free(t);
    arena_release(&mem);
}

static void a_full_table_gives_up_the_longest_silent(void **state)
{
    struct visit_table *t = visit_table_new();
    struct arena mem;
    struct visit got;
    size_t total;
    struct visit *live;
    arena_init(&mem, 0);
    for (int64_t i = 1; i <= 200000; i++)
        put(t, i, i, now);
    visit_table_present(t, 1, 1, now);
    visit_table_touch(t, 2, now + 1);
    put(t, 200001, 200001, now + 2);
    assert_true(visit_table_get(t, 1, &mem, &got));
    assert_true(visit_table_get(t, 2, &mem, &got));
    assert_false(visit_table_get(t, 3, &mem, &got));
    assert_true(visit_table_get(t, 4, &mem, &got));
    (void)visit_table_live(t, 0, now, 1, &mem, &live, &total);
    assert_int_equal(total, 200000);
    visit_table_free(t);
    arena_release(&mem);
}

static void every_change_is_counted(void **state)
{
    struct visit_table *t = visit_table_new();
    struct arena mem;
    struct visit got;
    arena_init(&mem, 0);
    uint64_t before = visit_table_version(t);
    put(t, 1, 1, now);
    assert_int_equal(visit_table_version(t), before + 1);
    assert_true(visit_table_get(t, 1, &mem, &got));
    visit_table_touch(t, 77, now);
    visit_table_sweep(t, now);
    assert_int_equal(visit_table_version(t), before + 1);
    visit_table_touch(t, 1, now);
    visit_table_invited(t, 1, "shown");
    visit_table_present(t, 1, 1, now);
    assert_int_equal(visit_table_version(t), before + 4);
    visit_table_free(t);
    arena_release(&mem);
}

static void *hammer(void *arg)
{
    struct visit_table *t = arg;
    struct arena mem;
    struct visit got, *live;
    size_t total;
    arena_init(&mem, 0);
    for (int i = 0; i < 3000; i++) {
        put(t, i % 17, i, now + i);
        visit_table_present(t, i % 13, i % 2 ? 1 : -1, now + i);
        (void)visit_table_get(t, i % 17, &mem, &got);
        if (i % 50 == 0) {
            (void)visit_table_live(t, 0, now + i, 10, &mem, &live, &total);
            visit_table_sweep(t, now + i);
            visit_table_forget(t, i % 17);
        }
        arena_clear(&mem);
    }
    arena_release(&mem);
    return NULL;
}

static void threads_may_share_it(void **state)
{
    struct visit_table *t = visit_table_new();
    pthread_t threads[4];
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, t), 0);
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    assert_true(visit_table_version(t) > 4 * 3000);
    visit_table_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silence_or_a_new_campaign_begins_a_visit),
        cmocka_unit_test(what_is_read_is_a_copy_of_what_was_put),
        cmocka_unit_test(presence_and_invitation_outlive_a_put),
        cmocka_unit_test(the_sweep_takes_the_silent_who_are_not_present),
        cmocka_unit_test(a_repeat_is_known_by_any_of_the_last_keys),
        cmocka_unit_test(a_farewell_does_not_break_the_silence),
        cmocka_unit_test(the_number_of_the_live_is_kept),
        cmocka_unit_test(the_live_ones_come_newest_page_first),
        cmocka_unit_test(a_full_table_gives_up_the_longest_silent),
        cmocka_unit_test(every_change_is_counted),
        cmocka_unit_test(threads_may_share_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
