/* What leaves an act: rows saved under a fresh change number, and frames for the outbox. Every frame
 * of one act has a number of its own, in the order consoles must take them: what is gone, what was
 * written, how the conversation now stands. */
#include "acts/parts.h"
#include "acts/view.h"
#include "guard/guard_rows.h"

static void post(struct act *a, str topic, int64_t sequence, struct json_out *j)
{
    json_end_object(j);
    outbox_add(a->out, a->mem, topic, sequence, json_done(j), false);
}

static struct json_out frame(struct act *a, const char *t)
{
    struct json_out j;
    json_out_init(&j, a->mem);
    json_begin_object(&j, NULL);
    json_str(&j, "t", str_of(t));
    return j;
}

/* To whoever act_may_see lets see it: what ended without anybody having had it, no console with "own
 * conversations only" hears of. */
static str desk_of(struct act *a, const struct conversation *c)
{
    bool nobody = !c->agent_id && c->state == CONVERSATION_CLOSED;
    return str_format(a->mem, "desk.%lld.%lld", nobody ? -1LL : (long long)c->agent_id,
                      (long long)c->id);
}

static str visitor_topic(struct act *a, const struct conversation *c)
{
    return str_format(a->mem, "visitor.%lld.%lld.%lld", (long long)c->visitor_id, (long long)c->id,
                      (long long)c->agent_id);
}

/* Only consoles with "own conversations only" hear this one, and of them not the one who has it
 * now. */
static void tell_gone(struct act *a, int64_t agent, const struct conversation *c)
{
    int64_t seq = ++*a->change_seq;
    struct json_out j = frame(a, "gone");
    json_id(&j, "id", c->id);
    json_int(&j, "seq", seq);
    str topic = str_format(a->mem, "gone.%lld.%lld.%lld", (long long)agent, (long long)c->id,
                           (long long)c->agent_id);
    post(a, topic, seq, &j);
}

static void tell_message(struct act *a, struct conversation *c, const struct message *m)
{
    str name = m->sender == SENDER_AGENT ? a->who.name : S("");
    c->change_seq = ++*a->change_seq;
    struct json_out desk = frame(a, "message");
    json_id(&desk, "conversation", c->id);
    json_int(&desk, "seq", c->change_seq);
    view_message(&desk, "message", m, name, true);
    post(a, desk_of(a, c), c->change_seq, &desk);

    struct json_out visitor = frame(a, "message");
    view_message_members(&visitor, m, name, false);
    post(a, visitor_topic(a, c), c->change_seq, &visitor);
}

/* Who the visitor talks to: mostly the caller himself. */
static err agent_of(struct act *a, const struct conversation *c, str *name, enum role *role)
{
    struct user u;
    *name = a->who.name;
    *role = a->who.role;
    if (!c->agent_id || c->agent_id == a->who.user)
        return OK;
    err e = user_by_id(a->db, a->mem, c->agent_id, &u);
    if (e.code)
        return e;
    *name = u.name;
    *role = u.role;
    return OK;
}

static err tell_state(struct act *a, const struct conversation *c)
{
    str name;
    enum role role;
    if (!c->visitor_id)
        return OK;
    err e = agent_of(a, c, &name, &role);
    if (e.code)
        return e;
    struct json_out j = frame(a, "state");
    json_id(&j, "conversation", c->id);
    json_str(&j, "state", str_of(conversation_state_word(c->state)));
    view_agent(&j, "agent", c->agent_id, name, role);
    json_int(&j, "agent_read", c->agent_read);
    json_str(&j, "consent", str_of(consent_word(c->consent)));
    post(a, visitor_topic(a, c), c->change_seq, &j);
    return OK;
}

err announce(struct act *a, struct conversation *c, const struct message *message)
{
    struct conversation_view v;
    if (message)
        tell_message(a, c, message);
    c->change_seq = ++*a->change_seq;
    err e = conversation_update(a->db, c);
    if (!e.code)
        e = view_load(a->db, a->mem, a->vault, a->visits, c, &v);
    if (e.code)
        return e;
    struct json_out j = frame(a, "conversation");
    view_conversation_members(&j, &v);
    post(a, desk_of(a, c), c->change_seq, &j);
    return OK;
}

/* Does the desk need the whole conversation, or does the message imply all there is? */
static bool beyond_message(const struct conversation *b, const struct conversation *c)
{
    return b->state != c->state || b->agent_id != c->agent_id || b->consent != c->consent ||
           b->form != c->form || b->started_at != c->started_at ||
           b->first_visitor_at != c->first_visitor_at || b->first_agent_at != c->first_agent_at ||
           b->visitor_read != c->visitor_read || b->bodies_erased_at != c->bodies_erased_at;
}

static bool concerns_visitor(const struct conversation *b, const struct conversation *c)
{
    return b->state != c->state || b->agent_id != c->agent_id || b->consent != c->consent ||
           b->agent_read != c->agent_read;
}

static bool left_somebody(const struct conversation *b, const struct conversation *c)
{
    bool queued = !b->agent_id && b->state != CONVERSATION_CLOSED;
    bool queued_now = !c->agent_id && c->state != CONVERSATION_CLOSED;
    return b->agent_id != c->agent_id || (queued && !queued_now);
}

err act_tell(struct act *a, const struct conversation *before, struct conversation *c,
             const struct message *m, bool whole)
{
    err e;
    if (left_somebody(before, c))
        tell_gone(a, before->agent_id, c);
    if (whole || beyond_message(before, c)) {
        e = announce(a, c, m);
    } else {
        if (m)
            tell_message(a, c, m);
        else
            c->change_seq = ++*a->change_seq;
        e = conversation_update_last(a->db, c);
    }
    if (!e.code && concerns_visitor(before, c))
        e = tell_state(a, c);
    return e;
}
