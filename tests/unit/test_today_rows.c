#include "facts/today_rows.h"

#include "base/str.h"
#include "base/time.h"
#include "db/db.h"
#include "temp_dir.h"

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };
static const int64_t DAY = INT64_C(24) * HOUR;

struct place {
    char dir[TEMP_PATH];
    struct db *db;
    struct arena mem;
    const struct zone *zone;
    int64_t midnight; /* 2026-11-20 in Shanghai */
    struct today_question q;
};

static int setup(void **state)
{
    static struct place p;
    char path[TEMP_PATH];
    temp_dir_make(p.dir);
    temp_dir_file(path, p.dir, "main.db");
    arena_init(&p.mem, 0);
    assert_int_equal(sqlite_open(path, &(struct sqlite_options){.create = true}, &p.db).code, 0);
    assert_int_equal(db_migrate(p.db, main_migrations, main_migration_count, 1).code, 0);
    assert_int_equal(zone_find(S("Asia/Shanghai"), &p.zone).code, 0);
    assert_true(time_parse_day(S("2026-11-20"), p.zone, &p.midnight));
    p.q = (struct today_question){.from = p.midnight,
                                  .until = p.midnight + 12 * HOUR,
                                  .before_from = p.midnight - DAY,
                                  .before_until = p.midnight - DAY + 12 * HOUR,
                                  .before_day_until = p.midnight,
                                  .zone = p.zone};
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

/* A conversation by what is counted of it; response -1: nobody answered, -2: the agent began. */
struct talk {
    int64_t id, started_at, agent, visitor, response;
    const char *channel, *engine, *state, *origin;
    int64_t marks[3]; /* labels */
    int64_t site;
};

static void add(struct place *p, struct talk t)
{
    static const char insert[] =
        "INSERT INTO conversation VALUES ($1, $2, $3, 0, 'chat', $4, $5, $6, $7, $7, 0, 0, '', '',"
        " 0, 0, '', $8, $9, $10, $11, $12, 0, 0, 'granted', 0, 0, $13, $14, '', '', '', '', '', 0,"
        " '', 0, '', 0, '', '', '', '', '', '', '', '', 0, 0)";
    bool answered = t.response != -1, agent_only = t.response == -2;
    int64_t visitor_at = agent_only ? 0 : t.started_at;
    int64_t agent_at = agent_only ? t.started_at : answered ? t.started_at + t.response : 0;
    int64_t unanswered = t.state && strcmp(t.state, "waiting") == 0 ? t.started_at : 0;
    err e = db_exec(p->db, insert, "iiiziziinniizz", t.id, t.site ? t.site : 1, t.visitor,
                    t.state ? t.state : "closed", t.agent, t.origin ? t.origin : "chat",
                    t.started_at, unanswered, agent_only ? 0 : 1, answered ? 1 : 0, visitor_at,
                    agent_at, t.channel ? t.channel : "", t.engine ? t.engine : "");
    assert_int_equal(e.code, 0);
    for (size_t i = 0; i < COUNT(t.marks); i++)
        if (t.marks[i])
            assert_int_equal(db_exec(p->db, "INSERT INTO mark VALUES ($1, $2, $3, 8, 0)", "iii",
                                     t.id, t.marks[i] / 10, t.marks[i])
                                 .code,
                             0);
}

static struct today ask(struct place *p)
{
    struct today out;
    assert_int_equal(today_figures_of(p->db, &p->mem, &p->q, &out).code, 0);
    return out;
}

static void every_statement_prepares(void **state)
{
    struct place *p = *state;
    for (size_t i = 0; i < facts_sql.count; i++) {
        str text = str_format(&p->mem, "EXPLAIN %s", facts_sql.texts[i]);
        if (p->db->driver->simple(p->db, str_z(&p->mem, text)).code)
            fail_msg("%s", facts_sql.texts[i]);
    }
}

static void an_empty_day_is_blank_not_zero_seconds(void **state)
{
    struct today t = ask(*state);
    assert_int_equal(t.now.conversations, 0);
    assert_int_equal(t.now.first_response_avg_ms, -1);
    assert_int_equal(t.now.first_response_p90_ms, -1);
    assert_int_equal(t.agent_count + t.source_count, 0);
    assert_int_equal(t.mark_count, 15); /* three dimensions of four labels, and unmarked */
    assert_int_equal(t.longest_wait_since, 0);
}

/* The day of the tests: five now, one later than now, two yesterday, one the day before. */
static void fill(struct place *p)
{
    int64_t m = p->midnight;
    add(p, (struct talk){1, m, 8, 100, 10 * SECOND, "search", "baidu", .marks = {12, 24, 34}});
    add(p, (struct talk){2, m + 9 * HOUR, 8, 100, 30 * SECOND, "search", "baidu", .marks = {33}});
    add(p, (struct talk){3, m + 9 * HOUR + 1, 0, 101, -1, "", "", .marks = {22}});
    add(p, (struct talk){4, m + 10 * HOUR, 9, 102, -2, "link", ""});
    add(p, (struct talk){5, m + 11 * HOUR, 0, 103, -1, "", "", "waiting"});
    add(p, (struct talk){6, m + 13 * HOUR, 8, 104, 0, "search", "sogou"});
    add(p, (struct talk){7, m - DAY + HOUR, 8, 105, 60 * SECOND, "search", "baidu", .marks = {31}});
    add(p, (struct talk){8, m - 1, 8, 106, 5 * SECOND, "search", "baidu"});
    add(p, (struct talk){9, m - DAY - 1, 8, 107, 5 * SECOND, "search", "baidu"});
    add(p, (struct talk){10, 0, 0, 108, -1, "", "", "opened"}); /* never begun */
}

static void the_figures_follow_their_definitions(void **state)
{
    struct place *p = *state;
    fill(p);
    struct today t = ask(p);
    assert_int_equal(t.now.conversations, 5);
    assert_int_equal(t.now.answered, 3);
    assert_int_equal(t.now.lost, 2);
    assert_int_equal(t.now.phones, 2);
    assert_int_equal(t.now.booked, 1);
    assert_int_equal(t.now.unmarked, 4);
    assert_int_equal(t.now.visitors, 4);
    assert_int_equal(t.now.within_30s, 2); /* an agent who begins is no response */
    assert_int_equal(t.now.first_response_avg_ms, 20 * SECOND);
    assert_int_equal(t.now.first_response_p90_ms, 30 * SECOND);
    assert_int_equal(t.before.conversations, 1); /* until the same time */
    assert_int_equal(t.before.first_response_avg_ms, 60 * SECOND);
    assert_int_equal(t.before.within_30s, 0);
    assert_int_equal(t.hours_now[0], 1);
    assert_int_equal(t.hours_now[9], 2);
    assert_int_equal(t.hours_now[13], 0);
    assert_int_equal(t.hours_lost[9], 1);
    assert_int_equal(t.hours_before[1], 1);
    assert_int_equal(t.hours_before[23], 1); /* the whole of yesterday */
    assert_int_equal(t.waiting, 1);
    assert_int_equal(t.longest_wait_since, p->midnight + 11 * HOUR);
}

static void breakdowns_are_in_order(void **state)
{
    struct place *p = *state;
    fill(p);
    struct today t = ask(p);
    assert_int_equal(t.agent_count, 3);
    assert_int_equal(t.agents[0].agent_id, 8);
    assert_int_equal(t.agents[0].conversations, 2);
    assert_int_equal(t.agents[0].phones, 2);
    assert_int_equal(t.agents[0].booked, 1);
    assert_int_equal(t.agents[0].unmarked, 1);
    assert_int_equal(t.agents[0].first_response_avg_ms, 20 * SECOND);
    assert_int_equal(t.agents[1].agent_id, 9);
    assert_int_equal(t.agents[1].first_response_avg_ms, -1);
    assert_int_equal(t.agents[2].agent_id, 0); /* nobody comes last */
    assert_int_equal(t.agents[2].lost, 2);
    assert_int_equal(t.source_count, 3);
    assert_true(str_eq(t.sources[0].channel, S("search")) &&
                str_eq(t.sources[0].engine, S("baidu")));
    assert_int_equal(t.sources[0].booked, 1);
    assert_true(str_eq(t.sources[1].channel, S("unknown")));
    assert_int_equal(t.sources[1].lost, 2);
    assert_true(str_eq(t.sources[2].channel, S("link")));
    for (size_t i = 0; i < t.mark_count; i++) {
        if (t.marks[i].label_id == 34) {
            assert_int_equal(t.marks[i].now, 1);
            assert_int_equal(t.marks[i].before, 0);
        }
        if (t.marks[i].dimension_id == 3 && t.marks[i].label_id == 0)
            assert_int_equal(t.marks[i].now, 3);
        if (t.marks[i].label_id == 31)
            assert_int_equal(t.marks[i].before, 1);
    }
}

static void only_a_site_or_an_agents_own_may_be_asked(void **state)
{
    struct place *p = *state;
    fill(p);
    add(p, (struct talk){11, p->midnight + HOUR, 8, 1, 1, "direct", "", .site = 2});
    add(p, (struct talk){12, p->midnight + HOUR, 0, 1, -1, "direct", "", "waiting", .site = 2});
    p->q.site = 2;
    struct today t = ask(p);
    assert_int_equal(t.now.conversations, 2);
    assert_int_equal(t.waiting, 1);
    p->q.only_agent = 8;
    t = ask(p);
    assert_int_equal(t.now.conversations, 1);
    assert_int_equal(t.waiting, 1); /* anyone may take it */
    p->q.site = 0;
    t = ask(p);
    assert_int_equal(t.now.conversations, 3);
    assert_int_equal(t.waiting, 2);
}

static void messages_left_are_counted_and_do_not_wait_by_the_clock(void **state)
{
    struct place *p = *state;
    add(p, (struct talk){1, p->midnight + HOUR, 0, 1, -1, "", "", "waiting", "form"});
    add(p, (struct talk){2, p->midnight + 2 * HOUR, 0, 2, -1, "", "", "waiting"});
    struct today t = ask(p);
    assert_int_equal(t.messages_left, 1);
    assert_int_equal(t.waiting, 2);
    assert_int_equal(t.longest_wait_since, p->midnight + 2 * HOUR);
}

static void labels_count_by_code_not_by_id(void **state)
{
    struct place *p = *state;
    add(p, (struct talk){1, p->midnight, 8, 1, 1, "direct", "", .marks = {34}});
    assert_int_equal(db_exec(p->db, "UPDATE label SET code = 'other' WHERE id = 33", "").code, 0);
    assert_int_equal(db_exec(p->db, "UPDATE label SET code = 'phone' WHERE id = 34", "").code, 0);
    struct today t = ask(p);
    assert_int_equal(t.now.phones, 1);
    assert_int_equal(t.now.booked, 0);
}

/* Nearest rank, ceil(0.9 n). */
static void the_percentile_is_a_value_that_occurred(void **state)
{
    struct place *p = *state;
    static const int64_t want[] = {12, 12, 12, 12, 12, 12, 12, 12, 12, 11, 11, 11};
    for (int64_t n = 1; n <= 12; n++) { /* 12, 11, 10 ... ms */
        add(p, (struct talk){n, p->midnight + n, 8, n, 13 - n, "direct", ""});
        assert_int_equal(ask(p).now.first_response_p90_ms, want[n - 1]);
    }
}

/* The parts of every breakdown add up to its total, on days thrown together. */
static void the_parts_add_up(void **state)
{
    struct place *p = *state;
    srand(7);
    static const char *const channels[] = {"", "search", "link", "direct", "unknown"};
    static const char *const engines[] = {"", "baidu", "so"};
    for (int64_t i = 1; i <= 3000; i++)
        add(p, (struct talk){
                   i, p->midnight - 2 * DAY + rand() % (3 * 24 * 3600) * INT64_C(1000), rand() % 4,
                   rand() % 500, rand() % 3 ? rand() % 90000 : -1 - rand() % 2,
                   channels[rand() % 5], engines[rand() % 3],
                   .marks = {rand() % 2 ? 11 + rand() % 4 : 0, rand() % 2 ? 21 + rand() % 4 : 0,
                             rand() % 2 ? 31 + rand() % 4 : 0}});
    struct today t = ask(p);
    int64_t hours = 0, hours_lost = 0, answered = 0, unmarked = 0, phones = 0;
    struct today_agent a = {0};
    struct today_source s = {.conversations = 0};
    assert_true(t.now.conversations > 300);
    for (int i = 0; i < 24; i++) {
        hours += t.hours_now[i];
        hours_lost += t.hours_lost[i];
    }
    for (size_t i = 0; i < t.agent_count; i++) {
        a.conversations += t.agents[i].conversations;
        a.lost += t.agents[i].lost;
        answered += t.agents[i].answered;
        unmarked += t.agents[i].unmarked;
        phones += t.agents[i].phones;
    }
    for (size_t i = 0; i < t.source_count; i++) {
        s.conversations += t.sources[i].conversations;
        s.answered += t.sources[i].answered;
        s.lost += t.sources[i].lost;
        s.phones += t.sources[i].phones;
        s.booked += t.sources[i].booked;
        for (size_t k = 0; k < i; k++)
            assert_false(str_eq(t.sources[i].channel, t.sources[k].channel) &&
                         str_eq(t.sources[i].engine, t.sources[k].engine));
    }
    assert_int_equal(hours, t.now.conversations);
    assert_int_equal(hours_lost, t.now.lost);
    assert_int_equal(a.conversations, t.now.conversations);
    assert_int_equal(a.lost, t.now.lost);
    assert_int_equal(answered, t.now.answered);
    assert_int_equal(unmarked, t.now.unmarked);
    assert_int_equal(phones, t.now.phones);
    assert_int_equal(s.conversations, t.now.conversations);
    assert_int_equal(s.answered, t.now.answered);
    assert_int_equal(s.lost, t.now.lost);
    assert_int_equal(s.phones, t.now.phones);
    assert_int_equal(s.booked, t.now.booked);
    for (int64_t d = 1; d <= 3; d++) {
        int64_t now = 0, before = 0;
        for (size_t i = 0; i < t.mark_count; i++)
            if (t.marks[i].dimension_id == d) {
                now += t.marks[i].now;
                before += t.marks[i].before;
            }
        assert_int_equal(now, t.now.conversations);
        assert_int_equal(before, t.before.conversations);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_statement_prepares, setup, teardown),
        cmocka_unit_test_setup_teardown(an_empty_day_is_blank_not_zero_seconds, setup, teardown),
        cmocka_unit_test_setup_teardown(the_figures_follow_their_definitions, setup, teardown),
        cmocka_unit_test_setup_teardown(breakdowns_are_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(only_a_site_or_an_agents_own_may_be_asked, setup, teardown),
        cmocka_unit_test_setup_teardown(messages_left_are_counted_and_do_not_wait_by_the_clock,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(labels_count_by_code_not_by_id, setup, teardown),
        cmocka_unit_test_setup_teardown(the_percentile_is_a_value_that_occurred, setup, teardown),
        cmocka_unit_test_setup_teardown(the_parts_add_up, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
