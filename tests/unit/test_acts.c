#include "acts/act.h"
#include "house.h"

#include "chat/chat_rows.h"
#include "db/db.h"
#include "guard/guard_rows.h"
#include "label/label_rows.h"

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

enum { PHONE_LABEL = 33, CONVERSION = 3, SECOND = 1000 };

/* --- short words for the tests ---------------------------------------------------------------- */

struct said {
    struct conversation c;
    int64_t number, at;
};

static struct said visitor_says(struct house *h, int64_t visitor, int64_t now, const char *key,
                                const char *text)
{
    struct said s;
    struct act a = house_act(h, 0, now);
    const struct chat_place p = house_place(visitor);
    expect_ok(act_visitor_says(&a, &p, str_of(key), str_of(text), &s.c, &s.number, &s.at));
    return s;
}

static int64_t agent_says(struct house *h, int64_t agent, int64_t now, int64_t id, const char *key,
                          const char *text)
{
    int64_t number, at;
    struct act a = house_act(h, agent, now);
    expect_ok(act_agent_says(&a, id, str_of(key), str_of(text), &number, &at));
    return number;
}

static void consents(struct house *h, int64_t visitor, enum consent consent)
{
    struct act a = house_act(h, 0, NOON);
    const struct chat_place p = house_place(visitor);
    expect_ok(act_consent(&a, &p, consent));
}

static struct conversation stored(struct house *h, int64_t id)
{
    struct conversation c;
    expect_ok(conversation_by_id(h->db, &h->mem, id, &c));
    return c;
}

static size_t messages(struct house *h, int64_t id, struct message **out)
{
    size_t n;
    expect_ok(message_list(h->db, &h->mem, h->vault, id, 0, 100, out, &n));
    return n;
}

static struct audit_row last_audit(struct house *h)
{
    struct audit_row *rows;
    size_t n;
    expect_ok(audit_list(h->db, &h->mem, 0, 1, &rows, &n));
    return n ? rows[0] : (struct audit_row){0};
}

static void assert_sound(struct house *h)
{
    str report;
    expect_ok(chat_check(h->db, &h->mem, &report));
    if (report.len)
        fail_msg("%.*s", STR_ARG(report));
}

static bool holds(str text, const char *part)
{
    return str_find(text, str_of(part)) >= 0;
}

/* --- the tests -------------------------------------------------------------------------------- */

static void opening_copies_the_visit_and_tells(void **state)
{
    struct house *h = *state;
    struct act a = house_act(h, 0, NOON);
    const struct chat_place p = house_place(VISITOR_ONE);
    struct conversation c, again;
    str payload;
    expect_ok(act_open(&a, &p, &c));
    expect_ok(act_open(&a, &p, &again));
    assert_int_equal(c.id, again.id);
    struct conversation row = stored(h, c.id);
    assert_int_equal(row.state, CONVERSATION_OPENED);
    assert_int_equal(row.visit_id, 9001);
    assert_true(str_eq(row.channel, S("search")) && str_eq(row.engine, S("baidu")));
    assert_true(str_eq(row.landing_url, S("https://clinic.example.cn/?bd_vid=1")));
    assert_true(str_eq(row.chat_url, S("https://clinic.example.cn/ask")));
    assert_true(str_eq(row.anchor, S("hero")) && str_eq(row.device, S("phone")));
    assert_int_equal(row.visits_before, 3);
    assert_int_equal(house_told(h, "desk.0.", &payload), 1);
    assert_true(holds(payload, "\"t\":\"conversation\"") && holds(payload, "\"state\":\"opened\""));
}

static void a_visitor_without_a_visit_is_unknown_not_lost(void **state)
{
    struct house *h = *state;
    struct said s = visitor_says(h, VISITOR_TWO, NOON, "key-0001", "hello");
    struct conversation c = stored(h, s.c.id);
    assert_true(str_eq(c.channel, S("unknown")) && str_eq(c.device, S("unknown")));
    assert_true(str_eq(c.chat_title, S("Ask us")));
}

static void a_message_stands_once_whatever_is_sent_again(void **state)
{
    struct house *h = *state;
    struct said first = visitor_says(h, VISITOR_ONE, NOON, "key-0001", "one");
    struct said second = visitor_says(h, VISITOR_ONE, NOON + 1, "key-0002", "two");
    house_hush(h);
    struct said again = visitor_says(h, VISITOR_ONE, NOON + 2, "key-0001", "one");
    assert_int_equal(again.number, 1);
    assert_int_equal(again.at, first.at);
    assert_int_equal(second.number, 2);
    assert_int_equal(house_told(h, "", NULL), 0); /* a repeat tells nobody */
    assert_int_equal(agent_says(h, ANNA, NOON + 3, first.c.id, "key-0003", "three"), 3);
    assert_int_equal(agent_says(h, ANNA, NOON + 4, first.c.id, "key-0003", "three"), 3);

    struct act a = house_act(h, 0, NOON + 5);
    expect_ok(act_visitor_ends(&a, VISITOR_ONE));
    assert_int_equal(agent_says(h, ANNA, NOON + 6, first.c.id, "key-0003", "three"), 3);
    again = visitor_says(h, VISITOR_ONE, NOON + 7, "key-0002", "two");
    assert_int_equal(again.number, 2);
    assert_int_equal(again.c.id, first.c.id);

    /* A new window is open when the resend of the old one comes. */
    const struct chat_place p = house_place(VISITOR_ONE);
    struct conversation next;
    expect_ok(act_open(&a, &p, &next));
    again = visitor_says(h, VISITOR_ONE, NOON + 8, "key-0002", "two");
    assert_int_equal(again.c.id, first.c.id);
    again = visitor_says(h, VISITOR_ONE, NOON + 9, "key-0009", "new");
    assert_int_equal(again.c.id, next.id);
    assert_int_equal(again.number, 1);
    /* He has written there, and still another tab sends what it did not hear answered. */
    again = visitor_says(h, VISITOR_ONE, NOON + 10, "key-0001", "one");
    assert_int_equal(again.c.id, first.c.id);
    assert_int_equal(again.number, 1);
    again = visitor_says(h, VISITOR_ONE, NOON + 11, "key-0009", "new");
    assert_int_equal(again.c.id, next.id);
    assert_int_equal(again.number, 1);
    struct message *list;
    assert_int_equal(messages(h, first.c.id, &list), 3);
    assert_int_equal(messages(h, next.id, &list), 1);
    assert_sound(h);
}

static void what_ends_unheld_is_told_to_no_console_of_own_ones(void **state)
{
    struct house *h = *state;
    struct said s = visitor_says(h, VISITOR_ONE, NOON, "key-0001", "one");
    struct act a = house_act(h, 0, NOON), chen = house_act(h, CHEN, NOON);
    struct conversation c;
    str payload;
    house_hush(h);
    expect_ok(act_visitor_ends(&a, VISITOR_ONE));
    assert_int_equal(house_told(h, "gone.0.", NULL), 1);
    assert_int_equal(house_told(h, "desk.0.", NULL), 0); /* these hear desk.0 and their own */
    assert_int_equal(house_told(h, "desk.-1.", &payload), 1);
    assert_true(holds(payload, "\"state\":\"closed\""));
    expect_ok(act_mark(&chen, s.c.id, CONVERSION, PHONE_LABEL, &c));
    assert_int_equal(house_told(h, "desk.0.", NULL), 0);
    assert_int_equal(house_told(h, "desk.-1.", NULL), 2);
}

static void the_first_word_tells_the_queue_and_further_words_only_themselves(void **state)
{
    struct house *h = *state;
    str payload;
    struct said s = visitor_says(h, VISITOR_ONE, NOON, "key-0001", "one");
    assert_int_equal(house_told(h, "desk.0.", &payload), 2);
    assert_true(holds(payload, "\"t\":\"conversation\"") && holds(payload, "\"waiting\""));
    assert_int_equal(house_told(h, "visitor.70001.", &payload), 2);
    assert_true(holds(payload, "\"t\":\"state\"") && holds(payload, "\"agent\":null"));
    house_hush(h);
    visitor_says(h, VISITOR_ONE, NOON + 1, "key-0002", "two");
    assert_int_equal(house_told(h, "desk.0.", &payload), 1);
    assert_true(holds(payload, "\"t\":\"message\"") && holds(payload, "\"text\":\"two\""));
    assert_int_equal(house_told(h, "visitor.70001.", &payload), 1);
    assert_true(holds(payload, "\"number\":2") && !holds(payload, "conversation"));
    assert_int_equal(stored(h, s.c.id).change_seq, h->change_seq);
    assert_int_equal(stored(h, s.c.id).last_number, 2);
}

static void taking_tells_whom_it_left_and_who_is_there(void **state)
{
    struct house *h = *state;
    struct said s = visitor_says(h, VISITOR_ONE, NOON, "key-0001", "one");
    struct act anna = house_act(h, ANNA, NOON + 1), bo = house_act(h, BO, NOON + 2);
    struct act chen = house_act(h, CHEN, NOON + 3);
    struct conversation c;
    str payload;
    house_hush(h);
    expect_ok(act_take(&anna, s.c.id, &c));
    assert_int_equal(house_told(h, "gone.0.", &payload), 1);
    assert_true(holds(payload, "\"t\":\"gone\""));
    assert_int_equal(house_told(h, "desk.501.", &payload), 1);
    assert_true(holds(payload, "\"agent_id\":\"501\""));
    assert_int_equal(house_told(h, "visitor.", &payload), 1);
    assert_true(holds(payload, "\"name\":\"Anna\"") && holds(payload, "\"role\":\"agent\""));

    expect_err(act_take(&bo, s.c.id, &c), ERR_CONFLICT, "conversation_taken");
    int64_t number, at;
    expect_err(act_agent_says(&bo, s.c.id, S("key-0bo1"), S("mine"), &number, &at), ERR_CONFLICT,
               "conversation_taken");
    expect_err(act_close(&bo, s.c.id, &c), ERR_FORBIDDEN, "not_your_conversation");
    assert_int_equal(stored(h, s.c.id).agent_id, ANNA);
    assert_int_equal(last_audit(h).n, 0);

    house_hush(h);
    expect_ok(act_take(&chen, s.c.id, &c));
    assert_int_equal(stored(h, s.c.id).agent_id, CHEN);
    assert_int_equal(house_told(h, "gone.501.", NULL), 1);
    assert_int_equal(house_told(h, "desk.503.", NULL), 1);
    assert_true(str_eq(last_audit(h).act, S("conversation.take_over")));
    assert_true(str_eq(last_audit(h).actor, S("user:503")));
}

static void own_only_sees_its_own_and_the_queue(void **state)
{
    struct house *h = *state;
    struct said s = visitor_says(h, VISITOR_ONE, NOON, "key-0001", "one");
    struct act anna = house_act(h, ANNA, NOON), bo = house_act(h, BO, NOON);
    struct conversation c;
    struct revealed r;
    bo.who.own_only = anna.who.own_only = true;
    assert_true(act_may_see(&bo.who, &s.c));
    expect_err(act_reveal(&bo, s.c.id, &r), ERR_FORBIDDEN, "not_your_conversation");
    expect_ok(act_take(&anna, s.c.id, &c));
    assert_false(act_may_see(&bo.who, &c));
    expect_err(act_close(&bo, s.c.id, &c), ERR_MISSING, "conversation_missing");
    expect_err(act_mark(&bo, s.c.id, CONVERSION, PHONE_LABEL, &c), ERR_MISSING,
               "conversation_missing");
    expect_err(act_reveal(&bo, s.c.id, &r), ERR_MISSING, "conversation_missing");
    str note = S("note");
    expect_err(act_visitor_card(&bo, VISITOR_ONE, SITE, NULL, &note), ERR_MISSING,
               "visitor_missing");
    expect_ok(act_reveal(&anna, s.c.id, &r));
    assert_int_equal(r.message_count, 1);
    bo.who.own_only = false;
    expect_err(act_mark(&bo, s.c.id, CONVERSION, PHONE_LABEL, &c), ERR_FORBIDDEN,
               "not_your_conversation");
}

static void a_phone_is_found_masked_for_the_desk_and_plain_for_himself(void **state)
{
    struct house *h = *state;
    str payload;
    struct said s = visitor_says(h, VISITOR_ONE, NOON, "key-0001", "one");
    house_hush(h);
    visitor_says(h, VISITOR_ONE, NOON, "key-0002", "call 13800000426 please");
    assert_int_equal(house_told(h, "desk.0.", &payload), 2);
    assert_true(holds(payload, "\"contacts\":1") && holds(payload, "138****0426"));
    assert_false(holds(payload, "13800000426"));
    assert_int_equal(house_told(h, "visitor.", &payload), 1);
    assert_true(holds(payload, "13800000426"));
    visitor_says(h, VISITOR_ONE, NOON, "key-0003", "I said 138 0000 0426");

    struct act a = house_act(h, ANNA, NOON);
    struct revealed r;
    expect_ok(act_reveal(&a, s.c.id, &r));
    assert_int_equal(r.contact_count, 1); /* the same phone is one contact */
    assert_true(str_eq(r.contacts[0].value, S("13800000426")));
    assert_int_equal(r.contacts[0].number, 2);
    assert_true(holds(r.messages[1].text, "13800000426"));
    struct audit_row row = last_audit(h);
    assert_true(str_eq(row.act, S("contact.reveal")) && str_eq(row.actor, S("user:501")));
    assert_false(holds(row.detail, "138"));
}

static void texts_are_measured(void **state)
{
    struct house *h = *state;
    struct act a = house_act(h, 0, NOON);
    const struct chat_place p = house_place(VISITOR_ONE);
    struct conversation c;
    int64_t number, at;
    char *longest = arena_new(&h->mem, char, 12004);
    for (int i = 0; i < 4001; i++)
        memcpy(longest + 3 * i, "\xe5\x92\xb3", 3);
    const str fits = {longest, 12000}, over = {longest, 12003};
    expect_err(act_visitor_says(&a, &p, S("key-0001"), S(" \n\t"), &c, &number, &at), ERR_INVALID,
               "message_empty");
    expect_err(act_visitor_says(&a, &p, S("key-0001"), S("\x01\x02"), &c, &number, &at),
               ERR_INVALID, "message_empty");
    expect_err(act_visitor_says(&a, &p, S("key-0001"), over, &c, &number, &at), ERR_INVALID,
               "message_long");
    expect_ok(act_visitor_says(&a, &p, S("key-0001"), fits, &c, &number, &at));
    expect_ok(act_visitor_says(&a, &p, S("key-0002"),
                               S("a\x07\xff"
                                 "b\n"),
                               &c, &number, &at));
    struct message *list;
    assert_int_equal(messages(h, c.id, &list), 2);
    assert_true(str_eq(list[0].text, fits));
    assert_true(str_eq(list[1].text, S("a\xef\xbf\xbd"
                                       "b\n")));
}

static void without_consent_the_end_erases_with_it_the_end_keeps(void **state)
{
    struct house *h = *state;
    static const struct {
        enum consent consent;
        bool kept;
    } cases[] = {{CONSENT_UNASKED, false}, {CONSENT_REFUSED, false}, {CONSENT_GRANTED, true}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        char key[16];
        snprintf(key, sizeof key, "key-%zu", i);
        struct said s = visitor_says(h, VISITOR_ONE, NOON, key, "secretcough 13800000426");
        if (cases[i].consent)
            consents(h, VISITOR_ONE, cases[i].consent);
        agent_says(h, ANNA, NOON, s.c.id, "key-anna", "yes");
        struct act a = house_act(h, ANNA, NOON + 9);
        struct conversation c;
        struct message *list;
        struct contact *contacts;
        size_t n;
        expect_ok(act_close(&a, s.c.id, &c));
        assert_int_equal(messages(h, s.c.id, &list), 2);
        assert_int_equal(list[0].erased, !cases[i].kept);
        assert_int_equal(list[0].number, 1);
        expect_ok(contact_list(h->db, &h->mem, h->vault, s.c.id, true, &contacts, &n));
        assert_int_equal(n, 1);
        assert_int_equal(contacts[0].value.len > 0, cases[i].kept);
        assert_int_equal(contacts[0].masked.len > 0, cases[i].kept);
        assert_sound(h);
    }
    struct conversation last;
    bool found;
    consents(h, VISITOR_ONE, CONSENT_WITHDRAWN); /* of the last one, which is over */
    expect_ok(conversation_last_of(h->db, &h->mem, VISITOR_ONE, &last, &found));
    struct message *list;
    assert_int_equal(messages(h, last.id, &list), 2);
    assert_true(list[0].erased && list[1].erased);
}

static void a_left_message_waits_with_its_contacts(void **state)
{
    struct house *h = *state;
    struct act a = house_act(h, 0, NOON);
    const struct chat_place p = house_place(VISITOR_ONE);
    struct left_message m = {.key = S("key-form"),
                             .phone = S("138 0000 0426"),
                             .name = S("Wang Li"),
                             .time = S("evenings"),
                             .text = S("is it open?"),
                             .consent = true};
    struct conversation c;
    int64_t number;
    str payload;
    struct left_message bad = m;
    bad.consent = false;
    expect_err(act_left_message(&a, &p, &bad, &c, &number), ERR_INVALID, "consent_needed");
    bad = m;
    bad.phone = S("12");
    assert_int_equal(act_left_message(&a, &p, &bad, &c, &number).code, ERR_INVALID);
    bad = m;
    bad.text = S(" ");
    expect_err(act_left_message(&a, &p, &bad, &c, &number), ERR_INVALID, "message_empty");

    expect_ok(act_left_message(&a, &p, &m, &c, &number));
    assert_int_equal(number, 1);
    struct conversation row = stored(h, c.id);
    assert_true(row.form && row.state == CONVERSATION_WAITING);
    assert_int_equal(row.consent, CONSENT_GRANTED);
    assert_int_equal(house_told(h, "desk.0.", &payload), 2);
    assert_true(holds(payload, "\"origin\":\"form\"") && holds(payload, "\"contacts\":3"));
    struct contact *contacts;
    size_t n;
    expect_ok(contact_list(h->db, &h->mem, h->vault, c.id, true, &contacts, &n));
    assert_int_equal(n, 3);
    assert_true(str_eq(contacts[0].value, S("13800000426")) && contacts[0].number == 0);
    assert_true(str_eq(contacts[1].value, S("Wang Li")));
    assert_true(str_eq(contacts[1].masked, S("W**")));
    expect_ok(act_left_message(&a, &p, &m, &c, &number));
    assert_int_equal(number, 1);
    assert_int_equal(stored(h, c.id).last_number, 1);
    assert_false(house_holds(h, "Wang Li"));

    /* It waits for an agent, not for a timeout. */
    struct act sweep = house_act(h, 0, NOON + 86400 * SECOND);
    expect_ok(act_sweep(&sweep, 100));
    assert_int_equal(stored(h, c.id).state, CONVERSATION_WAITING);
}

static void reading_is_told_to_the_other_side(void **state)
{
    struct house *h = *state;
    struct said s = visitor_says(h, VISITOR_ONE, NOON, "key-0001", "one");
    agent_says(h, ANNA, NOON, s.c.id, "key-anna", "two");
    struct act anna = house_act(h, ANNA, NOON), visitor = house_act(h, 0, NOON);
    str payload;
    house_hush(h);
    expect_ok(act_agent_read(&anna, s.c.id, 1));
    assert_int_equal(house_told(h, "", NULL), 1);
    assert_int_equal(house_told(h, "visitor.", &payload), 1);
    assert_true(holds(payload, "\"agent_read\":1"));
    expect_ok(act_agent_read(&anna, s.c.id, 1));
    assert_int_equal(house_told(h, "", NULL), 1);
    expect_ok(act_visitor_read(&visitor, VISITOR_ONE, 2));
    assert_int_equal(house_told(h, "desk.501.", &payload), 1);
    assert_true(holds(payload, "\"visitor_read\":2"));
    assert_int_equal(stored(h, s.c.id).agent_read, 1);
}

static void marks_and_cards_are_told_once(void **state)
{
    struct house *h = *state;
    struct said s = visitor_says(h, VISITOR_ONE, NOON, "key-0001", "one");
    struct act anna = house_act(h, ANNA, NOON);
    struct conversation c;
    str payload, name = S("Zhao Liu"), note = S("allergic to penicillin");
    house_hush(h);
    expect_ok(act_mark(&anna, s.c.id, CONVERSION, PHONE_LABEL, &c));
    assert_int_equal(house_told(h, "desk.", &payload), 1);
    assert_true(holds(payload, "\"label_id\":\"33\"") && holds(payload, "\"by\":\"501\""));
    expect_ok(act_mark(&anna, s.c.id, CONVERSION, PHONE_LABEL, &c));
    assert_int_equal(house_told(h, "desk.", NULL), 1);
    expect_ok(act_visitor_card(&anna, VISITOR_ONE, SITE, &name, &note));
    assert_int_equal(house_told(h, "desk.", &payload), 2);
    assert_true(holds(payload, "\"visitor_name\":\"Zhao Liu\"") && !holds(payload, "penicillin"));
    struct audit_row row = last_audit(h);
    assert_true(str_eq(row.act, S("visitor.change")) && !holds(row.detail, "Zhao"));
    expect_ok(act_visitor_card(&anna, VISITOR_ONE, SITE, NULL, NULL));
    struct visitor_card card;
    expect_ok(visitor_card_get(h->db, &h->mem, h->vault, VISITOR_ONE, &card));
    assert_true(str_eq(card.name, name) && str_eq(card.note, note));
}

static void a_phone_on_the_card_is_masked_and_comes_back_unharmed(void **state)
{
    struct house *h = *state;
    struct said s = visitor_says(h, VISITOR_ONE, NOON, "key-0001", "one");
    struct act anna = house_act(h, ANNA, NOON);
    str payload, name = S("Zhao 13800000426"), note = S("vx13912345678, call after six");
    str shown = S("Zhao 138****0426"), shown_note = S("vx139****5678, call after six");
    struct revealed r;
    house_hush(h);
    expect_ok(act_visitor_card(&anna, VISITOR_ONE, SITE, &name, &note));
    assert_int_equal(house_told(h, "desk.", &payload), 1);
    assert_true(holds(payload, "\"visitor_name\":\"Zhao 138****0426\""));
    expect_ok(act_visitor_card(&anna, VISITOR_ONE, SITE, &shown, &shown_note));
    expect_ok(act_reveal(&anna, s.c.id, &r));
    assert_true(str_eq(r.name, name) && str_eq(r.note, note));
}

static void the_sweep_ends_what_is_silent_and_forgets_what_is_old(void **state)
{
    struct house *h = *state;
    struct said s = visitor_says(h, VISITOR_ONE, NOON, "key-0001", "one");
    consents(h, VISITOR_ONE, CONSENT_GRANTED);
    struct act early = house_act(h, 0, NOON + 599 * SECOND);
    struct act late = house_act(h, 0, NOON + 601 * SECOND);
    struct act old = house_act(h, 0, NOON + (int64_t)(30 * 86400 + 599) * SECOND);
    struct act older = house_act(h, 0, NOON + (int64_t)(30 * 86400 + 602) * SECOND);
    struct message *list;
    expect_ok(act_sweep(&early, 10));
    assert_int_equal(stored(h, s.c.id).state, CONVERSATION_WAITING);
    expect_ok(act_sweep(&late, 10));
    assert_int_equal(stored(h, s.c.id).end_reason, END_TIMEOUT);
    expect_ok(act_sweep(&old, 10));
    assert_int_equal(messages(h, s.c.id, &list), 1);
    assert_false(list[0].erased);
    expect_ok(act_sweep(&older, 10));
    assert_int_equal(messages(h, s.c.id, &list), 1);
    assert_true(list[0].erased);
    assert_int_equal(stored(h, s.c.id).bodies_erased_at, older.now);
}

static struct conversation leaves_message(struct house *h, int64_t visitor)
{
    struct act a = house_act(h, 0, NOON);
    const struct chat_place p = house_place(visitor);
    const struct left_message m = {
        .key = S("key-form"), .phone = S("13800000426"), .text = S("a question"), .consent = true};
    struct conversation c;
    int64_t number;
    expect_ok(act_left_message(&a, &p, &m, &c, &number));
    return c;
}

static void a_left_message_nobody_took_ends_with_its_retention(void **state)
{
    struct house *h = *state;
    struct conversation c = leaves_message(h, VISITOR_ONE), taken = leaves_message(h, VISITOR_TWO);
    struct act bo = house_act(h, BO, NOON + (int64_t)30 * 86400 * SECOND - 1);
    struct act before = house_act(h, 0, NOON + (int64_t)30 * 86400 * SECOND);
    struct act after = house_act(h, 0, before.now + 1);
    struct message *list;
    struct contact *contacts;
    size_t n;
    expect_ok(act_take(&bo, taken.id, &taken));
    expect_ok(act_sweep(&before, 10));
    assert_int_equal(stored(h, c.id).state, CONVERSATION_WAITING);
    house_hush(h);
    expect_ok(act_sweep(&after, 10));
    assert_int_equal(stored(h, c.id).state, CONVERSATION_CLOSED);
    assert_int_equal(stored(h, c.id).end_reason, END_MESSAGE_LEFT);
    assert_int_equal(stored(h, c.id).bodies_erased_at, after.now);
    assert_int_equal(messages(h, c.id, &list), 1);
    assert_true(list[0].erased);
    expect_ok(contact_list(h->db, &h->mem, h->vault, c.id, true, &contacts, &n));
    assert_true(n == 1 && !contacts[0].value.len && !contacts[0].masked.len);
    assert_true(house_told(h, "desk.-1.", NULL) > 0);
    assert_int_equal(messages(h, taken.id, &list), 1);
    assert_false(list[0].erased);
}

static void a_card_goes_with_the_retention_of_his_last_conversation(void **state)
{
    struct house *h = *state;
    const int64_t day = (int64_t)86400 * SECOND;
    struct said s = visitor_says(h, VISITOR_ONE, NOON, "key-0001", "one");
    struct act anna = house_act(h, ANNA, NOON), closes = house_act(h, ANNA, NOON + day);
    struct act before = house_act(h, 0, NOON + 31 * day), after = house_act(h, 0, before.now + 1);
    struct conversation c;
    struct visitor_card card;
    str name = S("Zhao Liu"), note = S("allergic to penicillin"), payload;
    expect_ok(act_visitor_card(&anna, VISITOR_ONE, SITE, &name, &note));
    expect_ok(act_visitor_card(&anna, VISITOR_TWO, SITE, &name, NULL)); /* who never talked */
    expect_ok(act_take(&closes, s.c.id, &c));
    expect_ok(act_close(&closes, s.c.id, &c));
    expect_ok(act_sweep(&before, 10));
    expect_ok(visitor_card_get(h->db, &h->mem, h->vault, VISITOR_ONE, &card));
    assert_true(str_eq(card.name, name) && str_eq(card.note, note));
    expect_ok(visitor_card_get(h->db, &h->mem, h->vault, VISITOR_TWO, &card));
    assert_int_equal(card.name.len, 0);
    house_hush(h);
    expect_ok(act_sweep(&after, 10));
    expect_ok(visitor_card_get(h->db, &h->mem, h->vault, VISITOR_ONE, &card));
    assert_true(!card.name.len && !card.note.len && !card.erased_at);
    assert_true(house_told(h, "desk.", &payload) > 0);
    assert_true(holds(payload, "\"visitor_name\":\"\""));
}

/* A text under a lost key must not keep all others from their end. */
static void the_sweep_goes_on_past_what_it_cannot_read(void **state)
{
    struct house *h = *state;
    struct said bad = visitor_says(h, VISITOR_ONE, NOON, "key-0001", "one");
    struct said good = visitor_says(h, VISITOR_TWO, NOON, "key-0001", "one");
    struct act late = house_act(h, 0, NOON + 601 * SECOND);
    consents(h, VISITOR_ONE, CONSENT_GRANTED);
    expect_ok(db_exec(h->db, "UPDATE message SET body = $1 WHERE conversation_id = $2", "bi",
                      S("no seal of ours, long enough to look like one, and then some more"),
                      bad.c.id));
    house_hush(h);
    expect_ok(act_sweep(&late, 10));
    assert_int_equal(stored(h, bad.c.id).state, CONVERSATION_WAITING);
    assert_int_equal(stored(h, good.c.id).state, CONVERSATION_CLOSED);
    assert_int_equal(house_told(h, "gone.", NULL), 1); /* nothing of the other is told */
    expect_ok(act_sweep(&late, 10));
    assert_sound(h);
}

static void nothing_plain_in_the_file_and_nothing_at_all_after_erasing(void **state)
{
    struct house *h = *state;
    struct said s = visitor_says(h, VISITOR_ONE, NOON, "key-0001", "secretcough 13800000426");
    consents(h, VISITOR_ONE, CONSENT_GRANTED);
    struct act anna = house_act(h, ANNA, NOON), chen = house_act(h, CHEN, NOON);
    str name = S("Zhao Liu");
    expect_ok(act_visitor_card(&anna, VISITOR_ONE, SITE, &name, NULL));
    assert_false(house_holds(h, "secretcough"));
    assert_false(house_holds(h, "13800000426"));
    assert_false(house_holds(h, "Zhao Liu"));
    assert_true(house_holds(h, "bd_vid=1")); /* the raw URL is kept, so the search below counts */
    assert_true(house_holds(h, "138****0426"));

    int64_t n;
    house_hush(h);
    expect_ok(act_erase_visitor(&chen, VISITOR_ONE, &n));
    assert_int_equal(n, 1);
    struct conversation c = stored(h, s.c.id);
    assert_int_equal(c.visitor_id, 0);
    assert_int_equal(c.state, CONVERSATION_CLOSED);
    assert_int_equal(c.last_number, 1);
    assert_true(str_eq(c.channel, S("search"))); /* the figures stay */
    assert_false(house_holds(h, "bd_vid=1"));
    assert_false(house_holds(h, "clinic.example.cn/ask"));
    assert_false(house_holds(h, "whooping"));
    assert_false(house_holds(h, "0426"));
    struct visitor_card card;
    expect_ok(visitor_card_get(h->db, &h->mem, h->vault, VISITOR_ONE, &card));
    assert_true(card.erased_at == NOON && card.name.len == 0);
    assert_true(str_eq(last_audit(h).act, S("visitor.erase")));
    assert_int_equal(house_told(h, "visitor.0.", NULL), 0);
    struct visit v;
    assert_false(visit_table_get(h->visits, VISITOR_ONE, &h->mem, &v));
    expect_err(act_erase_visitor(&chen, 0, &n), ERR_MISSING, "visitor_missing");
    assert_sound(h);
    /* Who comes back begins anew. */
    assert_int_not_equal(visitor_says(h, VISITOR_ONE, NOON, "key-0002", "back").c.id, s.c.id);
}

static void change_numbers_only_grow_and_find_what_changed(void **state)
{
    struct house *h = *state;
    struct said one = visitor_says(h, VISITOR_ONE, NOON, "key-0001", "one");
    struct said two = visitor_says(h, VISITOR_TWO, NOON, "key-0001", "one");
    int64_t before = h->change_seq, id, seq;
    agent_says(h, ANNA, NOON, one.c.id, "key-anna", "x");
    struct conversation *list;
    size_t n;
    expect_ok(conversation_changed(h->db, &h->mem, before, 10, &list, &n));
    assert_int_equal(n, 1);
    assert_int_equal(list[0].id, one.c.id);
    expect_ok(conversation_largest(h->db, &id, &seq));
    assert_int_equal(seq, h->change_seq);
    assert_int_equal(id, two.c.id);
}

int main(void)
{
#define IN_HOUSE(f) cmocka_unit_test_setup_teardown(f, house_setup, house_teardown)
    const struct CMUnitTest tests[] = {
        IN_HOUSE(opening_copies_the_visit_and_tells),
        IN_HOUSE(a_visitor_without_a_visit_is_unknown_not_lost),
        IN_HOUSE(a_message_stands_once_whatever_is_sent_again),
        IN_HOUSE(the_first_word_tells_the_queue_and_further_words_only_themselves),
        IN_HOUSE(taking_tells_whom_it_left_and_who_is_there),
        IN_HOUSE(own_only_sees_its_own_and_the_queue),
        IN_HOUSE(a_phone_is_found_masked_for_the_desk_and_plain_for_himself),
        IN_HOUSE(texts_are_measured),
        IN_HOUSE(without_consent_the_end_erases_with_it_the_end_keeps),
        IN_HOUSE(a_left_message_waits_with_its_contacts),
        IN_HOUSE(reading_is_told_to_the_other_side),
        IN_HOUSE(marks_and_cards_are_told_once),
        IN_HOUSE(a_phone_on_the_card_is_masked_and_comes_back_unharmed),
        IN_HOUSE(what_ends_unheld_is_told_to_no_console_of_own_ones),
        IN_HOUSE(the_sweep_ends_what_is_silent_and_forgets_what_is_old),
        IN_HOUSE(a_left_message_nobody_took_ends_with_its_retention),
        IN_HOUSE(a_card_goes_with_the_retention_of_his_last_conversation),
        IN_HOUSE(the_sweep_goes_on_past_what_it_cannot_read),
        IN_HOUSE(nothing_plain_in_the_file_and_nothing_at_all_after_erasing),
        IN_HOUSE(change_numbers_only_grow_and_find_what_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
