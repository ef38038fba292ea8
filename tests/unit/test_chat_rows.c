#include "acts/view.h"
#include "chat/chat_rows.h"
#include "db/db.h"
#include "house.h"

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

enum { MINUTE = 60000 };

/* Eight conversations, ids 1 to 8, started a minute apart in that order; 3 and 7 never started. */
static const struct given {
    int64_t id, visitor, agent;
    const char *state, *channel, *engine;
    int64_t visitor_count, agent_count;
    bool form;
    int64_t marks[3];
    const char *url, *title, *host, *term;
} given[] = {
    {1,
     70001,
     ANNA,
     "closed",
     "search",
     "baidu",
     2,
     1,
     false,
     {13, 24, 34},
     "https://a.cn/x_y",
     "Cough",
     "www.baidu.com",
     "whooping"},
    {2,
     70002,
     ANNA,
     "closed",
     "direct",
     "",
     1,
     0,
     false,
     {12, 22, 31},
     "https://a.cn/100%",
     "",
     "",
     ""},
    {3, 70003, 0, "opened", "direct", "", 0, 0, false, {0}, "https://a.cn/xzy", "", "", ""},
    {4,
     70004,
     BO,
     "active",
     "search",
     "sogou",
     3,
     2,
     false,
     {13, 0, 33},
     "https://a.cn/",
     "Fever",
     "www.sogou.com",
     ""},
    {5, 70005, 0, "waiting", "", "", 1, 0, false, {0}, "https://a.cn/", "", "", ""},
    {6, 70006, 0, "waiting", "social", "", 1, 0, true, {0}, "https://a.cn/", "", "", ""},
    {7, 70007, 0, "closed", "unknown", "", 0, 0, false, {0}, "https://a.cn/", "", "", ""},
    {8,
     70001,
     BO,
     "closed",
     "ad",
     "baidu",
     1,
     1,
     false,
     {11, 24, 0},
     "https://A.cn/Landing",
     "",
     "",
     ""},
};

static void put(struct house *h, const struct given *g)
{
    bool started = g->visitor_count > 0;
    bool closed = strcmp(g->state, "closed") == 0;
    const struct conversation c = {
        .id = g->id,
        .site_id = SITE,
        .visitor_id = g->visitor,
        .agent_id = g->agent,
        .state = (enum conversation_state)conversation_state_of(str_of(g->state)),
        .form = g->form,
        .opened_at = NOON + g->id * MINUTE,
        .started_at = started ? NOON + g->id * MINUTE + 1 : 0,
        .closed_at = closed ? NOON + g->id * MINUTE + 30 : 0,
        .visitor_count = g->visitor_count,
        .agent_count = g->agent_count,
        .last_at = started ? NOON + g->id * MINUTE + 2 : 0,
        .channel = str_of(g->channel),
        .engine = str_of(g->engine),
        .chat_url = str_of(g->url),
        .chat_title = str_of(g->title),
        .source_host = str_of(g->host),
        .search_term = str_of(g->term),
        .change_seq = g->id};
    expect_ok(conversation_insert(h->db, &c));
    for (int d = 0; d < 3; d++) {
        bool changed;
        const struct mark m = {g->id, d + 1, g->marks[d], ANNA, NOON};
        if (g->marks[d])
            expect_ok(mark_set(h->db, &h->mem, &m, &changed));
    }
}

static int rows_setup(void **state)
{
    house_setup(state);
    for (size_t i = 0; i < COUNT(given); i++)
        put(*state, &given[i]);
    return 0;
}

#define T(minute) (NOON + (minute)*MINUTE)

static const struct asked {
    const char *says;
    struct conversation_filter f;
    const char *ids;
} asked[] = {
    {"everything, newest first", {0}, "8 7 6 5 4 3 2 1"},
    {"a period holds its beginning but not its end", {.from = T(2), .to = T(5)}, "4 3 2"},
    {"never started ones count by their opening", {.from = T(3), .to = T(3) + 1}, "3"},
    {"what the figures count", {.counted = true}, "8 6 5 4 2 1"},
    {"by that word", {.only = "counted"}, "8 6 5 4 2 1"},
    {"another site", {.site = 12}, ""},
    {"an agent", {.agent = ANNA}, "2 1"},
    {"nobody", {.agent = -1}, "7 6 5 3"},
    {"one's own and what nobody has", {.only_agent_or_waiting = BO}, "8 6 5 4 3"},
    {"a visitor", {.visitor = 70001}, "8 1"},
    {"a visitor in a period", {.visitor = 70001, .to = T(2)}, "1"},
    {"a state", {.state = STR("waiting")}, "6 5"},
    {"a channel", {.channel = STR("search")}, "4 1"},
    {"unknown and never told", {.channel = STR("unknown")}, "7 5"},
    {"an engine", {.engine = STR("baidu")}, "8 1"},
    {"answered", {.only = "answered"}, "8 4 1"},
    {"lost", {.only = "lost"}, "6 5 2"},
    {"phones are phone or booked", {.only = "phones"}, "4 1"},
    {"booked", {.only = "booked"}, "1"},
    {"left as a message", {.only = "form"}, "6"},
    {"waiting", {.only = "waiting"}, "6 5"},
    {"a word nobody knows finds nothing", {.only = "everything"}, ""},
    {"one mark", {.marks = {{{13}, 1}}}, "4 1"},
    {"one of two", {.marks = {{{12, 13}, 2}}}, "4 2 1"},
    {"of each group one", {.marks = {{{12, 13}, 2}, {{24}, 1}}}, "1"},
    {"three groups", {.marks = {{{11, 12}, 2}, {{22, 24}, 2}, {{31, 33}, 2}}}, "2"},
    {"the third group alone", {.marks = {{{0}, 0}, {{0}, 0}, {{33}, 1}}}, "4"},
    {"without a conversion", {.unmarked = 3}, "8 7 6 5 3"},
    {"without any one of them", {.unmarked = -1}, "8 7 6 5 4 3"},
    {"text in a title", {.search = STR("cough")}, "1"},
    {"in a host, whatever its case", {.search = STR("WWW.Sogou")}, "4"},
    {"in a URL, whatever its case", {.search = STR("a.cn/landing")}, "8"},
    {"in a search term", {.search = STR("whoop")}, "1"},
    {"an underscore is itself", {.search = STR("x_y")}, "1"},
    {"a percent is itself", {.search = STR("100%")}, "2"},
    {"a backslash is itself", {.search = STR("\\")}, ""},
    {"a quote is no way in", {.search = STR("' OR 1=1 --")}, ""},
    {"a conversation's number", {.search = STR(" 5 ")}, "5"},
    {"all together",
     {.search = STR("a.cn"),
      .site = SITE,
      .agent = BO,
      .state = STR("active"),
      .only = "phones",
      .counted = true,
      .from = T(0),
      .to = T(9)},
     "4"},
    {"older than the cursor", {.before_started = T(5) + 1, .before_id = 5}, "4 3 2 1"},
    {"the cursor's own time goes by id", {.before_started = T(5) + 1, .before_id = 6}, "5 4 3 2 1"},
};

static const char *ids_of(struct house *h, const struct conversation_filter *f)
{
    struct conversation *list;
    size_t n;
    expect_ok(conversation_list(h->db, &h->mem, f, &list, &n));
    str out = S("");
    for (size_t i = 0; i < n; i++)
        out = str_format(&h->mem, "%.*s%s%lld", STR_ARG(out), i ? " " : "", (long long)list[i].id);
    return str_z(&h->mem, out);
}

static int64_t words_in(const char *s)
{
    int64_t n = *s ? 1 : 0;
    for (; *s; s++)
        n += *s == ' ';
    return n;
}

static void a_filter_finds_what_it_says(void **state)
{
    struct house *h = *state;
    for (size_t i = 0; i < COUNT(asked); i++) {
        struct conversation_filter f = asked[i].f;
        int64_t total;
        f.limit = 100;
        const char *ids = ids_of(h, &f);
        if (strcmp(ids, asked[i].ids) != 0)
            fail_msg("%s: '%s' instead of '%s'", asked[i].says, ids, asked[i].ids);
        if (f.before_started)
            continue;
        expect_ok(conversation_total(h->db, &f, &total));
        if (total != words_in(asked[i].ids))
            fail_msg("%s: total %d", asked[i].says, (int)total);
    }
}

static void pages_follow_each_other(void **state)
{
    struct house *h = *state;
    struct conversation_filter f = {.limit = 3};
    static const char *const pages[] = {"8 7 6", "5 4 3", "2 1", ""};
    for (size_t i = 0; i < COUNT(pages); i++) {
        struct conversation *list;
        size_t n;
        int64_t total;
        assert_string_equal(ids_of(h, &f), pages[i]);
        expect_ok(conversation_total(h->db, &f, &total));
        assert_int_equal(total, 8); /* the cursor does not shrink it */
        expect_ok(conversation_list(h->db, &h->mem, &f, &list, &n));
        if (n) {
            const struct conversation *last = &list[n - 1];
            f.before_started = last->started_at ? last->started_at : last->opened_at;
            f.before_id = last->id;
        }
    }
}

static void a_visitors_code_finds_his_conversations(void **state)
{
    struct house *h = *state;
    char code[8];
    visitor_code(70001, code);
    struct conversation_filter f = {.limit = 10, .search = str_of(code)};
    assert_string_equal(ids_of(h, &f), "8 1");
    f.search = str_lower(&h->mem, f.search);
    assert_string_equal(ids_of(h, &f), "8 1");
}

static void every_column_comes_back(void **state)
{
    struct house *h = *state;
    struct conversation c = {.id = 99,
                             .site_id = 1,
                             .visitor_id = 2,
                             .visit_id = 3,
                             .state = CONVERSATION_CLOSED,
                             .agent_id = 4,
                             .form = true,
                             .opened_at = 5,
                             .started_at = 6,
                             .taken_at = 7,
                             .closed_at = 8,
                             .ended_by = SENDER_SYSTEM,
                             .end_reason = END_TIMEOUT,
                             .last_number = 9,
                             .last_at = 10,
                             .last_from = SENDER_AGENT,
                             .unanswered_since = 11,
                             .visitor_count = 12,
                             .agent_count = 13,
                             .first_visitor_at = 14,
                             .first_agent_at = 15,
                             .visitor_read = 16,
                             .agent_read = 17,
                             .consent = CONSENT_WITHDRAWN,
                             .consent_at = 18,
                             .bodies_erased_at = 19,
                             .channel = S("a"),
                             .engine = S("b"),
                             .source_host = S("c"),
                             .search_term = S("d"),
                             .bid_keyword = S("e"),
                             .provenance = S("f"),
                             .landing_url = S("g"),
                             .referrer = S("h"),
                             .chat_url = S("i"),
                             .chat_title = S("j"),
                             .anchor = S("k"),
                             .landing_cut = true,
                             .referrer_cut = true,
                             .chat_cut = true,
                             .device = S("l"),
                             .os = S("m"),
                             .browser = S("n"),
                             .language = S("o"),
                             .screen = S("p"),
                             .region = S("q"),
                             .visits_before = 20,
                             .change_seq = 21};
    struct conversation back;
    expect_ok(conversation_insert(h->db, &c));
    for (int round = 0; round < 2; round++) {
        expect_ok(conversation_by_id(h->db, &h->mem, 99, &back));
#define SAME(field) assert_int_equal(back.field, c.field)
        SAME(site_id), SAME(visitor_id), SAME(visit_id), SAME(state), SAME(agent_id), SAME(form);
        SAME(opened_at), SAME(started_at), SAME(taken_at), SAME(closed_at), SAME(ended_by);
        SAME(end_reason), SAME(last_number), SAME(last_at), SAME(last_from);
        SAME(unanswered_since), SAME(visitor_count), SAME(agent_count), SAME(first_visitor_at);
        SAME(first_agent_at), SAME(visitor_read), SAME(agent_read), SAME(consent);
        SAME(consent_at), SAME(bodies_erased_at), SAME(visits_before), SAME(change_seq);
        SAME(landing_cut), SAME(referrer_cut), SAME(chat_cut);
#define SAME_TEXT(field) assert_true(str_eq(back.field, c.field))
        SAME_TEXT(channel), SAME_TEXT(engine), SAME_TEXT(source_host), SAME_TEXT(search_term);
        SAME_TEXT(bid_keyword), SAME_TEXT(provenance), SAME_TEXT(landing_url);
        SAME_TEXT(referrer), SAME_TEXT(chat_url), SAME_TEXT(chat_title), SAME_TEXT(anchor);
        SAME_TEXT(device), SAME_TEXT(os), SAME_TEXT(browser), SAME_TEXT(language);
        SAME_TEXT(screen), SAME_TEXT(region);
        /* And all that can change does. */
        c.state = CONVERSATION_ACTIVE;
        c.agent_id = c.started_at = c.taken_at = c.last_at = c.unanswered_since = 40;
        c.closed_at = c.consent_at = c.bodies_erased_at = c.change_seq = c.last_number = 41;
        c.visitor_count = c.agent_count = c.first_visitor_at = c.first_agent_at = 42;
        c.visitor_read = c.agent_read = 43;
        c.form = false;
        c.ended_by = c.last_from = SENDER_VISITOR;
        c.end_reason = END_VISITOR_LEFT;
        c.consent = CONSENT_GRANTED;
        expect_ok(conversation_update(h->db, &c));
    }
    c.last_number = c.last_at = c.unanswered_since = c.visitor_count = c.agent_count = 50;
    c.first_visitor_at = c.first_agent_at = c.visitor_read = c.agent_read = c.change_seq = 51;
    c.last_from = SENDER_AGENT;
    expect_ok(conversation_update_last(h->db, &c));
    expect_ok(conversation_by_id(h->db, &h->mem, 99, &back));
    SAME(last_number), SAME(last_at), SAME(unanswered_since), SAME(visitor_count);
    SAME(agent_count), SAME(first_visitor_at), SAME(first_agent_at), SAME(visitor_read);
    SAME(agent_read), SAME(change_seq), SAME(last_from), SAME(state);
    expect_err(conversation_by_id(h->db, &h->mem, 98, &back), ERR_MISSING, "conversation_missing");
}

static void a_key_is_known_once_in_its_conversation(void **state)
{
    struct house *h = *state;
    struct message m = {.number = 1,
                        .key = S("key-1"),
                        .sender = SENDER_VISITOR,
                        .at = NOON,
                        .text = S("hello")},
                   back;
    int64_t number, at, conversation;
    expect_ok(message_insert(h->db, &h->mem, h->vault, 1, &m));
    expect_ok(message_insert(h->db, &h->mem, h->vault, 2, &m));
    m.number = 2;
    m.text = S("other");
    expect_err(message_insert(h->db, &h->mem, h->vault, 1, &m), ERR_CONFLICT, "already_exists");
    expect_ok(message_by_key(h->db, &h->mem, 1, S("key-1"), &number, &at));
    assert_int_equal(number, 1);
    assert_int_equal(at, NOON);
    expect_ok(message_by_key(h->db, &h->mem, 1, S("key-2"), &number, &at));
    assert_int_equal(number, 0);
    expect_ok(
        message_by_visitor_key(h->db, &h->mem, 70002, S("key-1"), &conversation, &number, &at));
    assert_int_equal(conversation, 2);
    expect_ok(message_one(h->db, &h->mem, h->vault, 1, 1, &back));
    assert_true(str_eq(back.text, S("hello")));
    expect_err(message_one(h->db, &h->mem, h->vault, 1, 2, &back), ERR_MISSING, "message_missing");
}

static void a_sealed_body_cannot_be_moved(void **state)
{
    struct house *h = *state;
    struct message m = {.number = 1,
                        .key = S("key-1"),
                        .sender = SENDER_VISITOR,
                        .text = S("hello")},
                   back;
    expect_ok(message_insert(h->db, &h->mem, h->vault, 1, &m));
    m.number = 2;
    m.key = S("key-2");
    m.text = S("other");
    expect_ok(message_insert(h->db, &h->mem, h->vault, 1, &m));
    static const char *const sql = "UPDATE message SET body = (SELECT body FROM message WHERE"
                                   " conversation_id = 1 AND number = 1) WHERE number = 2";
    expect_ok(db_exec(h->db, sql, ""));
    expect_err(message_one(h->db, &h->mem, h->vault, 1, 2, &back), ERR_STORE, "sealed_damaged");
}

static void short_lists_find_theirs(void **state)
{
    struct house *h = *state;
    struct conversation *list;
    int64_t *ids;
    size_t n;
    expect_ok(conversation_reception(h->db, &h->mem, BO, T(8), &list, &n));
    assert_int_equal(n, 5); /* 3 4 5 6 open, 8 closed with Bo */
    expect_ok(conversation_reception(h->db, &h->mem, BO, T(9), &list, &n));
    assert_int_equal(n, 4);
    expect_ok(conversation_silent(h->db, &h->mem, SITE, T(5), 10, &ids, &n));
    assert_int_equal(n, 2);
    assert_int_equal(ids[0] + ids[1], 3 + 4);
    expect_ok(conversation_silent(h->db, &h->mem, SITE, T(99), 10, &ids, &n));
    assert_int_equal(n, 3); /* the left message waits */
    expect_ok(conversation_silent(h->db, &h->mem, 12, T(99), 10, &ids, &n));
    assert_int_equal(n, 0);
    expect_ok(conversation_changed(h->db, &h->mem, 5, 2, &list, &n));
    assert_int_equal(n, 2);
    assert_int_equal(list[0].id, 6);
}

static void the_check_sees_gaps_and_orphans(void **state)
{
    struct house *h = *state;
    struct conversation c = {.id = 200, .site_id = SITE, .last_number = 2, .visitor_count = 2};
    struct message m = {.number = 1, .key = S("k1"), .sender = SENDER_VISITOR, .text = S("x")};
    str report;
    static const char *const clear = "DELETE FROM conversation";
    static const char *const clear_marks = "DELETE FROM mark";
    expect_ok(db_exec(h->db, clear, ""));
    expect_ok(db_exec(h->db, clear_marks, ""));
    expect_ok(conversation_insert(h->db, &c));
    expect_ok(message_insert(h->db, &h->mem, h->vault, 200, &m));
    m.number = 3;
    m.key = S("k3");
    expect_ok(message_insert(h->db, &h->mem, h->vault, 200, &m));
    expect_ok(chat_check(h->db, &h->mem, &report));
    assert_true(str_find(report, S("conversation 200")) >= 0);
    static const char *const mend = "UPDATE message SET number = 2 WHERE number = 3";
    expect_ok(db_exec(h->db, mend, ""));
    expect_ok(chat_check(h->db, &h->mem, &report));
    assert_int_equal(report.len, 0);
    expect_ok(db_exec(h->db, clear, ""));
    expect_ok(chat_check(h->db, &h->mem, &report));
    assert_true(str_find(report, S("missing conversation 200")) >= 0);
}

static void canned_replies_are_kept_and_replaced(void **state)
{
    struct house *h = *state;
    struct canned c = {.id = 5,
                       .title = S("Hours"),
                       .shortcut = S("h"),
                       .body = S("8 to 5"),
                       .position = 2},
                  *list, back;
    size_t n;
    expect_ok(canned_put(h->db, &c));
    c.id = 6;
    c.position = 1;
    expect_ok(canned_put(h->db, &c));
    c.body = S("9 to 6");
    expect_ok(canned_put(h->db, &c));
    expect_ok(canned_list(h->db, &h->mem, &list, &n));
    assert_int_equal(n, 2);
    assert_int_equal(list[0].id, 6);
    assert_true(str_eq(list[0].body, S("9 to 6")));
    expect_ok(canned_by_id(h->db, &h->mem, 5, &back));
    assert_true(str_eq(back.body, S("8 to 5")));
    expect_ok(canned_delete(h->db, 5));
    expect_err(canned_delete(h->db, 5), ERR_MISSING, "canned_missing");
    expect_err(canned_by_id(h->db, &h->mem, 5, &back), ERR_MISSING, "canned_missing");
}

int main(void)
{
#define WITH_ROWS(f) cmocka_unit_test_setup_teardown(f, rows_setup, house_teardown)
    const struct CMUnitTest tests[] = {
        WITH_ROWS(a_filter_finds_what_it_says),
        WITH_ROWS(pages_follow_each_other),
        WITH_ROWS(a_visitors_code_finds_his_conversations),
        WITH_ROWS(every_column_comes_back),
        WITH_ROWS(a_key_is_known_once_in_its_conversation),
        WITH_ROWS(a_sealed_body_cannot_be_moved),
        WITH_ROWS(short_lists_find_theirs),
        WITH_ROWS(the_check_sees_gaps_and_orphans),
        WITH_ROWS(canned_replies_are_kept_and_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
