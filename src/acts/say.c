/* What is written, exactly once. The way of a further message is short: one SELECT, one INSERT that
 * finds a repeated key by itself, one UPDATE; in a visitor's first hour another SELECT by index. */
#include "acts/parts.h"
#include "base/log.h"

enum { RESENT_WITHIN_MS = 60 * 60 * 1000 };

/* The message was refused, or its key is known: a repeat answers as the first time, also after the
 * conversation has ended or gone to another agent. */
static err answer_repeat(struct act *a, const struct conversation *c, str key, err refused,
                         int64_t *number, int64_t *at)
{
    if (refused.code != ERR_CONFLICT)
        return refused;
    err e = message_by_key(a->db, a->mem, c->id, key, number, at);
    return e.code || *number ? e : refused;
}

/* A take-over by writing is on record like any other. */
static err record_take_over(struct act *a, const struct conversation *before,
                            const struct conversation *c)
{
    if (!before->agent_id || before->agent_id == c->agent_id)
        return OK;
    str detail = str_format(a->mem, "{\"from\":\"%lld\"}", (long long)before->agent_id);
    return act_audit(a, "conversation.take_over", "conversation", c->id, detail);
}

static err say(struct act *a, struct conversation *c, enum event_kind kind, struct message *m,
               int64_t *number, int64_t *at)
{
    const struct conversation before = *c;
    const struct event ev = act_event(a, kind);
    size_t contacts = 0;
    bool changed;
    err e = act_apply(a, c, &ev, m, &changed);
    if (e.code)
        return answer_repeat(a, c, m->key, e, number, at);
    if (kind == EVENT_VISITOR_WRITES)
        e = act_keep_contacts(a, c, m, &contacts);
    if (!e.code)
        e = record_take_over(a, &before, c);
    if (!e.code)
        e = act_tell(a, &before, c, m, contacts > 0);
    *number = m->number;
    *at = m->at;
    if (!e.code)
        count_add(COUNT_MESSAGES, 1);
    return e;
}

err act_visitor_says(struct act *a, const struct chat_place *p, str key, str text,
                     struct conversation *c, int64_t *number, int64_t *at)
{
    struct message m = {.key = key, .sender = SENDER_VISITOR};
    bool found;
    err e = act_message_text(a, text, &m.text);
    if (!e.code)
        e = conversation_open_of(a->db, a->mem, p->visitor_id, c, &found);
    if (e.code)
        return e;
    /* A resend may concern the conversation before this one, although he wrote here already, say from
     * another tab: while that one may be near, look there too. */
    if (!found || !c->visitor_count || a->now - c->opened_at < RESENT_WITHIN_MS) {
        struct conversation earlier;
        e = act_said_before(a, p->visitor_id, key, &earlier, number, at);
        if (e.code)
            return e;
        if (*number) {
            *c = earlier;
            return OK;
        }
    }
    if (!found)
        e = act_begin(a, p, c);
    return e.code ? e : say(a, c, EVENT_VISITOR_WRITES, &m, number, at);
}

err act_agent_says(struct act *a, int64_t conversation, str key, str text, int64_t *number,
                   int64_t *at)
{
    struct message m = {.key = key, .sender = SENDER_AGENT, .agent_id = a->who.user};
    struct conversation c;
    err e = act_message_text(a, text, &m.text);
    if (!e.code)
        e = conversation_by_id(a->db, a->mem, conversation, &c);
    return e.code ? e : say(a, &c, EVENT_AGENT_WRITES, &m, number, at);
}

err act_take(struct act *a, int64_t conversation, struct conversation *out)
{
    const struct event ev = act_event(a, EVENT_TAKE);
    err e = conversation_by_id(a->db, a->mem, conversation, out);
    if (e.code)
        return e;
    const struct conversation before = *out;
    e = act_change(a, out, &ev);
    return e.code ? e : record_take_over(a, &before, out);
}
