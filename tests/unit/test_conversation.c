#include "chat/conversation.h"

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANNA = 7, BO = 8, CHEN = 9 };

/* now is 1 until the table gives it its time: 0 ends the list. */
#define EVENT(k, who, over, word)                                                                  \
    {                                                                                              \
        .kind = k, .now = 1, .agent = who, .supervises = over, .consent = word                     \
    }
#define VISITOR      EVENT(EVENT_VISITOR_WRITES, 0, 0, 0)
#define SYSTEM       EVENT(EVENT_SYSTEM_WRITES, 0, 0, 0)
#define WRITES(who)  EVENT(EVENT_AGENT_WRITES, who, 0, 0)
#define TAKES(who)   EVENT(EVENT_TAKE, who, 0, 0)
#define CLOSES(who)  EVENT(EVENT_CLOSE_BY_AGENT, who, 0, 0)
#define LEAVES       EVENT(EVENT_CLOSE_BY_VISITOR, 0, 0, 0)
#define TIMES_OUT    EVENT(EVENT_TIMEOUT, 0, 0, 0)
#define SAYS(word)   EVENT(EVENT_CONSENT, 0, 0, word)
#define OVER(k, who) EVENT(k, who, true, 0)

/* Events at 1000, 2000, 3000 ... of a conversation opened at 500; the last one's outcome. */
static const struct life {
    const char *says;
    struct event events[6];
    const char *refused; /* the last event's error, "" for none */
    const char *state;
    int64_t agent, started, taken, unanswered, erased;
    const char *reason;
    bool erase, left_queue;
} lives[] = {
    {"a first word waits", {VISITOR}, "", "waiting", 0, 1000, 0, 1000, 0, "none"},
    {"further words wait since the first",
     {VISITOR, VISITOR},
     "",
     "waiting",
     0,
     1000,
     0,
     1000,
     0,
     "none"},
    {"taking leaves the queue, and the visitor still waits",
     {VISITOR, TAKES(ANNA)},
     "",
     "active",
     ANNA,
     1000,
     2000,
     1000,
     0,
     "none",
     false,
     true},
    {"an answer ends the wait and takes",
     {VISITOR, WRITES(ANNA)},
     "",
     "active",
     ANNA,
     1000,
     2000,
     0,
     0,
     "none",
     false,
     true},
    {"a word after the answer waits anew",
     {VISITOR, WRITES(ANNA), VISITOR, VISITOR},
     "",
     "active",
     ANNA,
     1000,
     2000,
     3000,
     0,
     "none"},
    {"an agent may speak first", {WRITES(ANNA)}, "", "active", ANNA, 1000, 1000, 0, 0, "none"},
    {"taking twice is taking once",
     {TAKES(ANNA), TAKES(ANNA)},
     "",
     "active",
     ANNA,
     1000,
     1000,
     0,
     0,
     "none"},
    {"a second agent comes too late to take",
     {VISITOR, TAKES(ANNA), TAKES(BO)},
     "conversation_taken",
     "active",
     ANNA,
     1000,
     2000,
     1000,
     0,
     "none"},
    {"or to write",
     {VISITOR, TAKES(ANNA), WRITES(BO)},
     "conversation_taken",
     "active",
     ANNA,
     1000,
     2000,
     1000,
     0,
     "none"},
    {"a supervisor takes over; the first taking stands",
     {VISITOR, TAKES(ANNA), OVER(EVENT_TAKE, CHEN)},
     "",
     "active",
     CHEN,
     1000,
     2000,
     1000,
     0,
     "none"},
    {"a supervisor's word takes over",
     {VISITOR, TAKES(ANNA), OVER(EVENT_AGENT_WRITES, CHEN)},
     "",
     "active",
     CHEN,
     1000,
     2000,
     0,
     0,
     "none"},
    {"a colleague's conversation is not closed by others",
     {TAKES(ANNA), CLOSES(BO)},
     "not_your_conversation",
     "active",
     ANNA,
     1000,
     1000,
     0,
     0,
     "none"},
    {"but by a supervisor, whose it does not become",
     {TAKES(ANNA), OVER(EVENT_CLOSE_BY_AGENT, CHEN)},
     "",
     "closed",
     ANNA,
     1000,
     1000,
     0,
     0,
     "agent_closed"},
    {"who closes what nobody has dealt with it",
     {VISITOR, CLOSES(BO)},
     "",
     "closed",
     BO,
     1000,
     2000,
     0,
     2000,
     "agent_closed",
     true,
     true},
    {"closing without consent erases",
     {VISITOR, TAKES(ANNA), CLOSES(ANNA)},
     "",
     "closed",
     ANNA,
     1000,
     2000,
     0,
     3000,
     "agent_closed",
     true},
    {"with consent it keeps",
     {SAYS(CONSENT_GRANTED), VISITOR, TAKES(ANNA), CLOSES(ANNA)},
     "",
     "closed",
     ANNA,
     2000,
     3000,
     0,
     0,
     "agent_closed"},
    {"refused is not granted",
     {SAYS(CONSENT_REFUSED), VISITOR, LEAVES},
     "",
     "closed",
     0,
     2000,
     0,
     0,
     3000,
     "visitor_left",
     true,
     true},
    {"withdrawing while it goes on erases nothing yet",
     {SAYS(CONSENT_GRANTED), VISITOR, SAYS(CONSENT_WITHDRAWN)},
     "",
     "waiting",
     0,
     2000,
     0,
     2000,
     0,
     "none"},
    {"but its end does",
     {SAYS(CONSENT_GRANTED), VISITOR, SAYS(CONSENT_WITHDRAWN), TIMES_OUT},
     "",
     "closed",
     0,
     2000,
     0,
     0,
     4000,
     "timeout",
     true,
     true},
    {"withdrawn after the end erases at once",
     {SAYS(CONSENT_GRANTED), VISITOR, LEAVES, SAYS(CONSENT_WITHDRAWN)},
     "",
     "closed",
     0,
     2000,
     0,
     0,
     4000,
     "visitor_left",
     true},
    {"only once",
     {SAYS(CONSENT_GRANTED), VISITOR, LEAVES, SAYS(CONSENT_WITHDRAWN), SAYS(CONSENT_WITHDRAWN)},
     "",
     "closed",
     0,
     2000,
     0,
     0,
     4000,
     "visitor_left"},
    {"what is over is not kept after all",
     {VISITOR, LEAVES, SAYS(CONSENT_GRANTED)},
     "conversation_closed",
     "closed",
     0,
     1000,
     0,
     0,
     2000,
     "visitor_left"},
    {"nothing said, nothing to erase", {TIMES_OUT}, "", "closed", 0, 0, 0, 0, 0, "timeout"},
    {"a closed one takes no word of the visitor",
     {LEAVES, VISITOR},
     "conversation_closed",
     "closed",
     0,
     0,
     0,
     0,
     0,
     "visitor_left"},
    {"nor of an agent",
     {LEAVES, WRITES(ANNA)},
     "conversation_closed",
     "closed",
     0,
     0,
     0,
     0,
     0,
     "visitor_left"},
    {"nor of the system",
     {LEAVES, SYSTEM},
     "conversation_closed",
     "closed",
     0,
     0,
     0,
     0,
     0,
     "visitor_left"},
    {"nor is it taken",
     {LEAVES, OVER(EVENT_TAKE, CHEN)},
     "conversation_closed",
     "closed",
     0,
     0,
     0,
     0,
     0,
     "visitor_left"},
    {"nor closed again",
     {LEAVES, CLOSES(ANNA)},
     "conversation_closed",
     "closed",
     0,
     0,
     0,
     0,
     0,
     "visitor_left"},
    {"a word of the system moves nothing", {SYSTEM}, "", "opened", 0, 0, 0, 0, 0, "none"},
};

static void a_life_goes_by_the_table(void **state)
{
    for (size_t i = 0; i < COUNT(lives); i++) {
        const struct life *l = &lives[i];
        struct conversation c = {.id = 1, .opened_at = 500};
        struct effects fx = {0};
        err e = OK;
        for (int n = 0; n < 6 && l->events[n].now; n++) {
            struct event ev = l->events[n];
            if (e.code)
                fail_msg("%s: refused too early: %s", l->says, e.name);
            ev.now = (n + 1) * 1000;
            e = conversation_apply(&c, &ev, &fx);
        }
        if (strcmp(e.name, l->refused) || strcmp(conversation_state_word(c.state), l->state) ||
            c.agent_id != l->agent || c.started_at != l->started || c.taken_at != l->taken ||
            c.unanswered_since != l->unanswered || c.bodies_erased_at != l->erased ||
            strcmp(end_reason_word(c.end_reason), l->reason) || fx.erase_bodies != l->erase ||
            fx.left_queue != l->left_queue)
            fail_msg("%s: error '%s', %s, agent %d, started %d, taken %d, unanswered %d, erased %d,"
                     " %s, erase %d, left %d",
                     l->says, e.name, conversation_state_word(c.state), (int)c.agent_id,
                     (int)c.started_at, (int)c.taken_at, (int)c.unanswered_since,
                     (int)c.bodies_erased_at, end_reason_word(c.end_reason), fx.erase_bodies,
                     fx.left_queue);
    }
}

static void reading_only_goes_forward(void **state)
{
    struct conversation c = {
        .opened_at = 1, .agent_id = ANNA, .state = CONVERSATION_ACTIVE, .last_number = 5};
    struct effects fx;
    static const struct {
        int64_t number, agent, agent_read;
        bool changed;
    } steps[] = {
        {3, ANNA, 3, true},
        {2, ANNA, 3, false},
        {9, ANNA, 5, true},
        {9, ANNA, 5, false},
    };
    for (size_t i = 0; i < COUNT(steps); i++) {
        struct event ev = {
            .kind = EVENT_AGENT_READ, .agent = steps[i].agent, .number = steps[i].number};
        assert_int_equal(conversation_apply(&c, &ev, &fx).code, ERR_NONE);
        assert_int_equal(c.agent_read, steps[i].agent_read);
        assert_int_equal(fx.changed, steps[i].changed);
    }
    c.agent_read = 0;
    struct event other = {.kind = EVENT_AGENT_READ, .agent = BO, .number = 4};
    assert_int_equal(conversation_apply(&c, &other, &fx).code, ERR_NONE);
    assert_false(fx.changed); /* a colleague looking on reads nothing for the visitor */
    assert_int_equal(c.agent_read, 0);
}

static void a_clock_set_back_does_not_turn_time(void **state)
{
    struct conversation c = {.opened_at = 5000};
    struct effects fx;
    struct event visitor = {.kind = EVENT_VISITOR_WRITES, .now = 9000};
    struct event agent = {.kind = EVENT_AGENT_WRITES, .now = 3000, .agent = ANNA};
    assert_int_equal(conversation_apply(&c, &visitor, &fx).code, ERR_NONE);
    assert_int_equal(conversation_apply(&c, &agent, &fx).code, ERR_NONE);
    assert_int_equal(c.last_at, 9000);
    assert_int_equal(conversation_first_response(&c), 0);
}

static void first_response_needs_a_question_before_the_answer(void **state)
{
    static const struct {
        int64_t visitor, agent, response;
    } cases[] = {{0, 0, -1}, {5, 0, -1}, {0, 5, -1}, {9, 5, -1}, {5, 9, 4}, {5, 5, 0}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct conversation c = {.first_visitor_at = cases[i].visitor,
                                 .first_agent_at = cases[i].agent};
        assert_int_equal(conversation_first_response(&c), cases[i].response);
    }
}

static void a_left_message_ends_as_one_unless_answered_here(void **state)
{
    for (int answered = 0; answered < 2; answered++) {
        struct conversation c = {.opened_at = 1, .form = true};
        struct effects fx;
        struct event visitor = {.kind = EVENT_VISITOR_WRITES, .now = 10};
        struct event agent = {
            .kind = answered ? EVENT_AGENT_WRITES : EVENT_TAKE, .now = 11, .agent = ANNA};
        struct event close = {.kind = EVENT_CLOSE_BY_AGENT, .now = 12, .agent = ANNA};
        assert_int_equal(conversation_apply(&c, &visitor, &fx).code, ERR_NONE);
        assert_int_equal(conversation_apply(&c, &agent, &fx).code, ERR_NONE);
        assert_int_equal(conversation_apply(&c, &close, &fx).code, ERR_NONE);
        assert_int_equal(c.end_reason, answered ? END_AGENT_CLOSED : END_MESSAGE_LEFT);
    }
}

static void words_go_there_and_back(void **state)
{
    for (int i = 0; i < 4; i++) {
        assert_int_equal(conversation_state_of(str_of(conversation_state_word(i))), i);
        assert_int_equal(consent_of(str_of(consent_word(i))), i);
        assert_int_equal(sender_of(str_of(sender_word(i))), i);
        assert_int_equal(end_reason_of(str_of(end_reason_word(i))), i);
    }
    assert_int_equal(conversation_state_of(S("Closed")), -1);
    assert_int_equal(consent_of(S("")), -1);
    assert_int_equal(sender_of(S("nobody")), -1);
    assert_int_equal(end_reason_of(S("")), -1);
}

/* What no sequence of events may break. */
static void assert_sound(const struct conversation *b, const struct conversation *c, err e,
                         const struct event *ev, const struct effects *fx, int64_t system)
{
    if (e.code) {
        assert_memory_equal(b, c, sizeof *c);
        return;
    }
    assert_int_equal(c->last_number, b->last_number + (fx->message ? 1 : 0));
    assert_int_equal(c->last_number, c->visitor_count + c->agent_count + system);
    if (b->state == CONVERSATION_CLOSED) {
        assert_int_equal(c->state, CONVERSATION_CLOSED);
        assert_int_equal(c->closed_at, b->closed_at);
    }
    assert_true(!b->agent_id || c->agent_id == b->agent_id || ev->supervises);
    assert_int_equal(c->state == CONVERSATION_CLOSED, c->closed_at > 0);
    assert_true(c->state != CONVERSATION_ACTIVE || c->agent_id);
    assert_true(c->state != CONVERSATION_WAITING || c->visitor_count);
    assert_true(c->unanswered_since <= c->last_at);
    assert_true(c->visitor_read <= c->last_number && c->agent_read <= c->last_number);
    if (c->state == CONVERSATION_CLOSED && c->last_number && c->consent != CONSENT_GRANTED)
        assert_true(c->bodies_erased_at > 0);
    assert_int_equal(fx->erase_bodies, !b->bodies_erased_at && c->bodies_erased_at);
    if (!fx->changed)
        assert_memory_equal(b, c, sizeof *c);
}

static void no_sequence_of_events_breaks_it(void **state)
{
    uint64_t seed = 20260105;
    for (int round = 0; round < 4000; round++) {
        struct conversation c = {.id = 1, .opened_at = 1};
        int64_t system = 0;
        for (int step = 0; step < 40; step++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            unsigned r = (unsigned)(seed >> 33);
            struct event ev = {.kind = r % 10 == EVENT_TIMEOUT && r % 7 ? EVENT_VISITOR_WRITES
                                                                        : (enum event_kind)(r % 10),
                               .now = 1 + (r >> 4) % 5000,
                               .agent = 1 + (r >> 8) % 3,
                               .supervises = (r >> 12) % 5 == 0,
                               .consent = (enum consent)((r >> 16) % 4),
                               .number = (r >> 20) % 30};
            const struct conversation before = c;
            struct effects fx;
            err e = conversation_apply(&c, &ev, &fx);
            system += !e.code && ev.kind == EVENT_SYSTEM_WRITES;
            assert_sound(&before, &c, e, &ev, &fx, system);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_life_goes_by_the_table),
        cmocka_unit_test(reading_only_goes_forward),
        cmocka_unit_test(a_clock_set_back_does_not_turn_time),
        cmocka_unit_test(first_response_needs_a_question_before_the_answer),
        cmocka_unit_test(a_left_message_ends_as_one_unless_answered_here),
        cmocka_unit_test(words_go_there_and_back),
        cmocka_unit_test(no_sequence_of_events_breaks_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
