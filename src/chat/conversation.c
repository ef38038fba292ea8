#include "chat/conversation.h"

#include <assert.h>

/* --- words ------------------------------------------------------------------------------------ */

static const char *const state_words[] = {
    [CONVERSATION_OPENED] = "opened",
    [CONVERSATION_WAITING] = "waiting",
    [CONVERSATION_ACTIVE] = "active",
    [CONVERSATION_CLOSED] = "closed",
};
static const char *const consent_words[] = {
    [CONSENT_UNASKED] = "unasked",
    [CONSENT_GRANTED] = "granted",
    [CONSENT_REFUSED] = "refused",
    [CONSENT_WITHDRAWN] = "withdrawn",
};
static const char *const sender_words[] = {
    [SENDER_NONE] = "",
    [SENDER_VISITOR] = "visitor",
    [SENDER_AGENT] = "agent",
    [SENDER_SYSTEM] = "system",
};
static const char *const end_words[] = {
    [END_NONE] = "none",
    [END_VISITOR_LEFT] = "visitor_left",
    [END_AGENT_CLOSED] = "agent_closed",
    [END_TIMEOUT] = "timeout",
    [END_MESSAGE_LEFT] = "message_left",
};

static int index_of(const char *const *words, size_t count, str word)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(word, str_of(words[i])))
            return (int)i;
    }
    return -1;
}

const char *conversation_state_word(enum conversation_state s)
{
    assert((size_t)s < COUNT(state_words));
    return state_words[s];
}

int conversation_state_of(str word)
{
    return index_of(state_words, COUNT(state_words), word);
}

const char *consent_word(enum consent c)
{
    assert((size_t)c < COUNT(consent_words));
    return consent_words[c];
}

int consent_of(str word)
{
    return index_of(consent_words, COUNT(consent_words), word);
}

const char *sender_word(enum sender s)
{
    assert((size_t)s < COUNT(sender_words));
    return sender_words[s];
}

int sender_of(str word)
{
    return index_of(sender_words, COUNT(sender_words), word);
}

const char *end_reason_word(enum end_reason r)
{
    assert((size_t)r < COUNT(end_words));
    return end_words[r];
}

int end_reason_of(str word)
{
    return index_of(end_words, COUNT(end_words), word);
}

/* --- the machine ------------------------------------------------------------------------------ */

static const err closed_already = {ERR_CONFLICT, "conversation_closed"};

/* No time of a conversation lies before what it already knows, though the clock be set back. */
static int64_t time_in(const struct conversation *c, int64_t now)
{
    int64_t at = now > c->opened_at ? now : c->opened_at;
    return at > c->last_at ? at : c->last_at;
}

static bool of_a_colleague(const struct conversation *c, const struct event *e)
{
    return c->agent_id && c->agent_id != e->agent;
}

static err may_take(const struct conversation *c, const struct event *e)
{
    if (of_a_colleague(c, e) && !e->supervises)
        return ERR(ERR_CONFLICT, "conversation_taken");
    return OK;
}

static err may_close(const struct conversation *c, const struct event *e)
{
    if (of_a_colleague(c, e) && !e->supervises)
        return ERR(ERR_FORBIDDEN, "not_your_conversation");
    return OK;
}

/* What is over can only be unkept, not kept after all: its bodies may be gone already. */
static err may_consent(const struct conversation *c, const struct event *e)
{
    if (c->state == CONVERSATION_CLOSED && e->consent != CONSENT_WITHDRAWN)
        return closed_already;
    return OK;
}

static void number_message(struct conversation *c, enum sender from, int64_t at,
                           struct effects *out)
{
    c->last_number++;
    c->last_at = at;
    c->last_from = from;
    out->message = true;
    out->changed = true;
}

static void erase(struct conversation *c, int64_t at, struct effects *out)
{
    if (!c->last_number || c->bodies_erased_at)
        return;
    c->bodies_erased_at = at;
    out->erase_bodies = true;
}

static void give_to(struct conversation *c, int64_t agent, int64_t at, struct effects *out)
{
    if (c->agent_id == agent)
        return;
    c->agent_id = agent;
    if (!c->taken_at)
        c->taken_at = at;
    out->changed = true;
}

static void started(struct conversation *c, int64_t at)
{
    if (!c->started_at)
        c->started_at = at;
}

static void visitor_writes(struct conversation *c, const struct event *e, struct effects *out)
{
    int64_t at = time_in(c, e->now);
    number_message(c, SENDER_VISITOR, at, out);
    c->visitor_count++;
    started(c, at);
    if (!c->first_visitor_at)
        c->first_visitor_at = at;
    if (!c->unanswered_since)
        c->unanswered_since = at;
}

static void take(struct conversation *c, const struct event *e, struct effects *out)
{
    int64_t at = time_in(c, e->now);
    give_to(c, e->agent, at, out);
    started(c, at);
}

static void agent_writes(struct conversation *c, const struct event *e, struct effects *out)
{
    int64_t at = time_in(c, e->now);
    take(c, e, out);
    number_message(c, SENDER_AGENT, at, out);
    c->agent_count++;
    c->unanswered_since = 0;
    if (!c->first_agent_at)
        c->first_agent_at = at;
}

static void system_writes(struct conversation *c, const struct event *e, struct effects *out)
{
    number_message(c, SENDER_SYSTEM, time_in(c, e->now), out);
}

static void close_it(struct conversation *c, const struct event *e, enum sender by,
                     enum end_reason reason, struct effects *out)
{
    c->closed_at = time_in(c, e->now);
    c->ended_by = by;
    /* A left message that nobody answered here was answered elsewhere, as by telephone. */
    c->end_reason = c->form && !c->agent_count ? END_MESSAGE_LEFT : reason;
    c->unanswered_since = 0;
    out->changed = true;
    if (c->consent != CONSENT_GRANTED)
        erase(c, c->closed_at, out);
}

static void close_by_agent(struct conversation *c, const struct event *e, struct effects *out)
{
    if (!c->agent_id) /* who ends what nobody has is the one who dealt with it */
        give_to(c, e->agent, time_in(c, e->now), out);
    close_it(c, e, SENDER_AGENT, END_AGENT_CLOSED, out);
}

static void close_by_visitor(struct conversation *c, const struct event *e, struct effects *out)
{
    close_it(c, e, SENDER_VISITOR, END_VISITOR_LEFT, out);
}

static void time_out(struct conversation *c, const struct event *e, struct effects *out)
{
    close_it(c, e, SENDER_SYSTEM, END_TIMEOUT, out);
}

static void consent(struct conversation *c, const struct event *e, struct effects *out)
{
    if (e->consent == CONSENT_UNASKED || e->consent == c->consent)
        return;
    c->consent = e->consent;
    c->consent_at = e->now;
    out->changed = true;
    if (c->state == CONVERSATION_CLOSED)
        erase(c, time_in(c, e->now), out);
}

static void read_up_to(int64_t *read, const struct conversation *c, int64_t number,
                       struct effects *out)
{
    int64_t to = number < c->last_number ? number : c->last_number;
    if (to <= *read)
        return;
    *read = to;
    out->changed = true;
}

static void visitor_read(struct conversation *c, const struct event *e, struct effects *out)
{
    read_up_to(&c->visitor_read, c, e->number, out);
}

/* Only the agent who has it reads it for the visitor; others just look. */
static void agent_read(struct conversation *c, const struct event *e, struct effects *out)
{
    if (c->agent_id && c->agent_id == e->agent)
        read_up_to(&c->agent_read, c, e->number, out);
}

#define OPENED  CONVERSATION_OPENED
#define WAITING CONVERSATION_WAITING
#define ACTIVE  CONVERSATION_ACTIVE
#define CLOSED  CONVERSATION_CLOSED
#define REFUSED (-1) /* conversation_closed */

/* For each event: the state after it by the state before it (opened, waiting, active, closed), who
 * may, and what else it does. */
static const struct transition {
    int next[4];
    err (*may)(const struct conversation *c, const struct event *e);
    void (*act)(struct conversation *c, const struct event *e, struct effects *out);
} transitions[] = {
    [EVENT_VISITOR_WRITES] = {{WAITING, WAITING, ACTIVE, REFUSED}, NULL, visitor_writes},
    [EVENT_AGENT_WRITES] = {{ACTIVE, ACTIVE, ACTIVE, REFUSED}, may_take, agent_writes},
    [EVENT_SYSTEM_WRITES] = {{OPENED, WAITING, ACTIVE, REFUSED}, NULL, system_writes},
    [EVENT_TAKE] = {{ACTIVE, ACTIVE, ACTIVE, REFUSED}, may_take, take},
    [EVENT_CLOSE_BY_AGENT] = {{CLOSED, CLOSED, CLOSED, REFUSED}, may_close, close_by_agent},
    [EVENT_CLOSE_BY_VISITOR] = {{CLOSED, CLOSED, CLOSED, REFUSED}, NULL, close_by_visitor},
    [EVENT_TIMEOUT] = {{CLOSED, CLOSED, CLOSED, REFUSED}, NULL, time_out},
    [EVENT_CONSENT] = {{OPENED, WAITING, ACTIVE, CLOSED}, may_consent, consent},
    [EVENT_VISITOR_READ] = {{OPENED, WAITING, ACTIVE, CLOSED}, NULL, visitor_read},
    [EVENT_AGENT_READ] = {{OPENED, WAITING, ACTIVE, CLOSED}, NULL, agent_read},
};

err conversation_apply(struct conversation *c, const struct event *e, struct effects *out)
{
    assert((size_t)e->kind < COUNT(transitions));
    const struct transition *t = &transitions[e->kind];
    enum conversation_state before = c->state;
    *out = (struct effects){0};
    if (t->next[before] == REFUSED)
        return closed_already;
    err refused = t->may ? t->may(c, e) : OK;
    if (refused.code)
        return refused;
    t->act(c, e, out);
    c->state = (enum conversation_state)t->next[before];
    out->left_queue = before == WAITING && c->state != WAITING;
    return OK;
}

int64_t conversation_first_response(const struct conversation *c)
{
    if (!c->first_visitor_at || !c->first_agent_at || c->first_agent_at < c->first_visitor_at)
        return -1;
    return c->first_agent_at - c->first_visitor_at;
}

bool conversation_counts(const struct conversation *c)
{
    return c->started_at > 0;
}
