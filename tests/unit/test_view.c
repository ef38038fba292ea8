#include "acts/view.h"
#include "house.h"

#include <cmocka.h>
#include <string.h>

static void codes_are_four_characters(void **state)
{
    static const struct {
        int64_t visitor;
        const char *code;
    } cases[] = {{1, "0001"},       {65520, "FFF0"}, {65521, "0000"}, {65521 + 0x7c41, "7C41"},
                 {INT64_MAX, NULL}, {0, ""}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        char code[8];
        visitor_code(cases[i].visitor, code);
        if (cases[i].code)
            assert_string_equal(code, cases[i].code);
        else
            assert_int_equal(strlen(code), 4);
    }
}

static str view_of(struct arena *mem, const struct conversation_view *v)
{
    struct json_out j;
    json_out_init(&j, mem);
    view_conversation(&j, NULL, v);
    return json_done(&j);
}

static void expect_json(str json, const char *want)
{
    if (!str_eq(json, str_of(want)))
        fail_msg("%.*s\ninstead of\n%s", STR_ARG(json), want);
}

static void an_empty_conversation_is_still_of_the_wires_shape(void **state)
{
    struct arena mem;
    arena_init(&mem, 0);
    const struct conversation c = {
        .id = 5, .site_id = 11, .opened_at = 1000, .change_seq = 3, .chat_cut = true};
    const struct conversation_view v = {.c = &c};
    expect_json(
        view_of(&mem, &v),
        "{\"id\":\"5\",\"seq\":3,\"site_id\":\"11\",\"visitor_id\":null,\"visitor_code\":\"\","
        "\"visitor_name\":\"\",\"state\":\"opened\",\"agent_id\":null,\"origin\":\"chat\","
        "\"opened_at\":\"1970-01-01T00:00:01.000Z\",\"started_at\":null,\"taken_at\":null,"
        "\"closed_at\":null,\"ended_by\":null,\"end_reason\":\"none\",\"last_number\":0,"
        "\"last_at\":null,\"last_from\":null,\"last_text\":\"\",\"unanswered_since\":null,"
        "\"visitor_count\":0,\"agent_count\":0,\"first_visitor_at\":null,\"first_agent_at\":null,"
        "\"first_response_ms\":null,\"visitor_read\":0,\"consent\":\"unasked\","
        "\"consent_at\":null,\"kept\":true,\"source\":{\"channel\":\"unknown\",\"engine\":\"\","
        "\"host\":\"\",\"search_term\":\"\",\"bid_keyword\":\"\",\"provenance\":\"\","
        "\"landing_url\":\"\",\"landing_cut\":false,\"referrer\":\"\",\"referrer_cut\":false},"
        "\"chat_url\":\"\",\"chat_cut\":true,\"chat_title\":\"\",\"anchor\":\"\",\"device\":{"
        "\"kind\":\"unknown\","
        "\"os\":\"\",\"browser\":\"\",\"language\":\"\",\"screen\":\"\",\"region\":\"\"},"
        "\"marks\":[],\"contacts\":0,\"online\":false}");
    arena_release(&mem);
}

static void a_message_hides_contacts_where_asked(void **state)
{
    struct arena mem;
    arena_init(&mem, 0);
    const struct message m = {.number = 2,
                              .key = S("k"),
                              .sender = SENDER_AGENT,
                              .agent_id = 9,
                              .at = 1000,
                              .text = S("ring 13800000426 <b>")};
    for (int mask = 0; mask < 2; mask++) {
        struct json_out j;
        json_out_init(&j, &mem);
        view_message(&j, NULL, &m, S("Anna"), mask);
        expect_json(json_done(&j),
                    mask ? "{\"number\":2,\"key\":\"k\",\"sender\":\"agent\",\"agent_id\":\"9\","
                           "\"name\":\"Anna\",\"at\":\"1970-01-01T00:00:01.000Z\",\"text\":"
                           "\"ring 138****0426 \\u003cb\\u003e\",\"erased\":false}"
                         : "{\"number\":2,\"key\":\"k\",\"sender\":\"agent\",\"agent_id\":\"9\","
                           "\"name\":\"Anna\",\"at\":\"1970-01-01T00:00:01.000Z\",\"text\":"
                           "\"ring 13800000426 \\u003cb\\u003e\",\"erased\":false}");
    }
    arena_release(&mem);
}

static void a_visit_shows_its_pages(void **state)
{
    struct arena mem;
    arena_init(&mem, 0);
    str click = S("hero");
    struct page pages[] = {
        {.n = 1, .at = 1000, .dwell_ms = -1, .url = S("https://a.cn/"), .title = S("A")},
        {.n = 2,
         .at = 2000,
         .dwell_ms = 70,
         .url = S("https://a.cn/b"),
         .url_cut = true,
         .clicks = &click,
         .click_count = 1},
    };
    const struct visit_trail t = {.visit = {.id = 7,
                                            .began_at = 1000,
                                            .visits_before = 1,
                                            .source = {.channel = "ad",
                                                       .engine = "baidu",
                                                       .provenance = "landing",
                                                       .bid_keyword = STR("cough")},
                                            .landing_url = S("https://a.cn/"),
                                            .device = "phone",
                                            .os = "iOS",
                                            .browser = "Safari",
                                            .language = S("en")},
                                  .pages = pages,
                                  .page_count = 2};
    struct json_out j;
    json_out_init(&j, &mem);
    view_visit(&j, NULL, &t);
    expect_json(
        json_done(&j),
        "{\"id\":\"7\",\"began_at\":\"1970-01-01T00:00:01.000Z\",\"source\":{\"channel\":\"ad\","
        "\"engine\":\"baidu\",\"host\":\"\",\"search_term\":\"\",\"bid_keyword\":\"cough\","
        "\"provenance\":\"landing\",\"landing_url\":\"https://a.cn/\",\"landing_cut\":false,"
        "\"referrer\":\"\",\"referrer_cut\":false},\"device\":{\"kind\":\"phone\",\"os\":\"iOS\","
        "\"browser\":\"Safari\",\"language\":\"en\",\"screen\":\"\",\"region\":\"\"},"
        "\"visits_before\":1,\"pages\":[{\"n\":1,\"at\":\"1970-01-01T00:00:01.000Z\",\"url\":"
        "\"https://a.cn/\",\"url_cut\":false,\"title\":\"A\",\"dwell_ms\":null,\"clicks\":[]},"
        "{\"n\":2,\"at\":\"1970-01-01T00:00:02.000Z\",\"url\":\"https://a.cn/b\",\"url_cut\":true,"
        "\"title\":\"\",\"dwell_ms\":70,\"clicks\":[\"hero\"]}]}");
    arena_release(&mem);
}

/* 117 bytes before the number: the cut at 120 would leave three of its digits. */
static void the_last_text_is_masked_before_it_is_cut(void **state)
{
    struct house *h = *state;
    struct act a = house_act(h, 0, NOON);
    const struct chat_place p = house_place(VISITOR_ONE);
    char text[200];
    memset(text, 'x', 112);
    strcpy(text + 112, " ok: 13800000426 is mine, thank you");
    struct conversation c;
    struct conversation_view v;
    int64_t number, at;
    expect_ok(act_visitor_says(&a, &p, S("key-0001"), str_of(text), &c, &number, &at));
    visit_table_present(h->visits, VISITOR_ONE, 1, NOON);
    expect_ok(view_load(h->db, &h->mem, h->vault, h->visits, &c, &v));
    assert_int_equal(v.last_text.len, 120);
    assert_true(str_ends(v.last_text, S(" ok: 138")));
    assert_int_equal(str_find(v.last_text, S("1380")), -1);
    assert_int_equal(v.contacts, 1);
    assert_true(v.online);
    visit_table_present(h->visits, VISITOR_ONE, -1, NOON);
    expect_ok(view_load(h->db, &h->mem, h->vault, h->visits, &c, &v));
    assert_false(v.online);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_four_characters),
        cmocka_unit_test(an_empty_conversation_is_still_of_the_wires_shape),
        cmocka_unit_test(a_message_hides_contacts_where_asked),
        cmocka_unit_test(a_visit_shows_its_pages),
        cmocka_unit_test_setup_teardown(the_last_text_is_masked_before_it_is_cut, house_setup,
                                        house_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
