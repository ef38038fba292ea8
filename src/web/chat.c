/* chat.c - a visitor's side of the chat: frames of his socket, and the same by plain calls where
 * sockets fail. */
#include "label/contact.h"
#include "web/call.h"
#include "web/conversations.h"
#include "web/handlers.h"
#include "web/wire_shapes.h"

#include "acts/view.h"

enum { STATE_MESSAGES = 500 };

static err view_answerer(struct call *c, int64_t agent)
{
    struct user u;
    if (!agent) {
        json_no_value(&c->out, "agent");
        return OK;
    }
    err e = user_by_id(c->act.db, c->mem, agent, &u);
    if (e.code)
        return e;
    json_begin_object(&c->out, "agent");
    json_id(&c->out, "id", u.id);
    json_str(&c->out, "name", u.name);
    json_str(&c->out, "role", str_of(role_code(u.role)));
    json_end_object(&c->out);
    return OK;
}

static err view_since(struct call *c, int64_t conversation, int64_t since)
{
    struct message *list;
    size_t count = 0;
    err e = message_list(c->act.db, c->mem, c->web->vault, conversation, since, STATE_MESSAGES,
                         &list, &count);
    return e.code ? e : view_messages(c, list, count, false);
}

static err view_state(struct call *c, const struct conversation *v, int64_t since)
{
    json_id(&c->out, "conversation", v ? v->id : 0);
    if (v)
        json_str(&c->out, "state", str_of(conversation_state_word(v->state)));
    else
        json_no_value(&c->out, "state");
    err e = view_answerer(c, v ? v->agent_id : 0);
    json_str(&c->out, "consent", str_of(consent_word(v ? v->consent : CONSENT_UNASKED)));
    if (!e.code && v) {
        e = view_since(c, v->id, since);
    } else {
        json_begin_array(&c->out, "messages");
        json_end_array(&c->out);
    }
    json_int(&c->out, "last_number", v ? v->last_number : 0);
    json_int(&c->out, "agent_read", v ? v->agent_read : 0);
    json_bool(&c->out, "agents_online", live_agents_online(c->web->live) > 0);
    if (v) {
        c->conversation = v->id;
        c->agent = v->agent_id;
        c->upto = v->change_seq;
    }
    return e;
}

/* His open conversation; or the one his page still shows although it has ended. */
static err state_since(struct call *c, int64_t shown, int64_t since)
{
    struct conversation v;
    bool found;
    err e = conversation_last_of(c->act.db, c->mem, c->place.visitor_id, &v, &found);
    if (!e.code && found && v.state == CONVERSATION_CLOSED && v.id != shown)
        found = false;
    if (e.code)
        return e;
    /* `since` counts in the conversation that was shown */
    return view_state(c, found ? &v : NULL, found && shown && v.id != shown ? 0 : since);
}

err on_visitor_hello(struct call *c)
{
    const struct in_hello *in = c->in;
    return state_since(c, in->conversation, in->since);
}

err on_poll(struct call *c)
{
    const struct in_poll *in = c->in;
    err e = call_place(c, in->site, in->visitor, 0);
    return e.code ? e : state_since(c, in->conversation, in->since);
}

err on_visitor_socket(struct call *c)
{
    str origin = c->origin;
    return !origin.len || sites_allow_origin(c->web->sites, origin)
               ? OK
               : ERR(ERR_FORBIDDEN, "origin_unknown");
}

err on_chat_open(struct call *c)
{
    const struct in_chat_open *in = c->in;
    struct conversation v;
    call_place_page(c, in->url, in->title, in->anchor);
    err e = act_open(&c->act, &c->place, &v);
    return e.code ? e : view_state(c, &v, 0);
}

static void said(struct call *c, int64_t number, str key, int64_t at)
{
    json_int(&c->out, "number", number);
    json_str(&c->out, "key", key);
    json_time(&c->out, "at", at);
}

static err say(struct call *c, str key, str text)
{
    struct conversation v;
    int64_t number, at;
    err e = act_visitor_says(&c->act, &c->place, key, text, &v, &number, &at);
    visit_table_touch(c->web->visits, c->place.visitor_id, c->now); /* who writes is not silent */
    if (e.code == ERR_INVALID)
        c->field = "text";
    if (e.code)
        return e;
    c->conversation = v.id;
    c->agent = v.agent_id;
    said(c, number, key, at);
    return OK;
}

err on_chat_say(struct call *c)
{
    const struct in_say *in = c->in;
    return say(c, in->key, in->text);
}

err on_chat_post(struct call *c)
{
    const struct in_chat_post *in = c->in;
    err e = call_place(c, in->site, in->visitor, in->visit);
    if (e.code)
        return e;
    call_place_page(c, in->url, in->title, in->anchor);
    e = say(c, in->key, in->text);
    /* his choice comes along, because there is no socket to tell it by */
    if (!e.code && in->consent != IN_CHAT_POST_CONSENT_UNASKED)
        e = act_consent(&c->act, &c->place,
                        (enum consent)consent_of(str_of(in_chat_post_consent_words[in->consent])));
    return e;
}

static err done(struct call *c, err e)
{
    if (!e.code)
        json_bool(&c->out, "ok", true);
    return e;
}

err on_chat_consent(struct call *c)
{
    const struct in_chat_consent *in = c->in;
    static const enum consent consents[] = {
        [IN_CHAT_CONSENT_CONSENT_GRANTED] = CONSENT_GRANTED,
        [IN_CHAT_CONSENT_CONSENT_REFUSED] = CONSENT_REFUSED,
        [IN_CHAT_CONSENT_CONSENT_WITHDRAWN] = CONSENT_WITHDRAWN,
    };
    return done(c, act_consent(&c->act, &c->place, consents[in->consent]));
}

/* What is being typed, shown to the agent and kept nowhere. */
err on_chat_typing(struct call *c)
{
    const struct in_chat_typing *in = c->in;
    struct live_socket *s = c->socket;
    int64_t conversation, agent;
    live_about(s, &conversation, &agent);
    if (!conversation)
        return OK;
    struct json_out j;
    json_out_init(&j, c->mem);
    json_begin_object(&j, NULL);
    json_str(&j, "t", S("typing"));
    json_id(&j, "conversation", conversation);
    json_str(&j, "text", contacts_mask_preview(call_keep(c, in->text, 2000, NULL), c->mem));
    json_end_object(&j);
    outbox_add(&c->outbox, c->mem,
               str_format(c->mem, "desk.%lld.%lld", (long long)agent, (long long)conversation), 0,
               json_done(&j), true);
    return OK;
}

err on_chat_read(struct call *c)
{
    const struct in_chat_read *in = c->in;
    return done(c, act_visitor_read(&c->act, c->place.visitor_id, in->number));
}

err on_chat_end(struct call *c)
{
    return done(c, act_visitor_ends(&c->act, c->place.visitor_id));
}

err on_left_message(struct call *c)
{
    const struct in_left_message *in = c->in;
    struct left_message m = {.key = in->key,
                             .phone = in->phone,
                             .name = call_keep(c, in->name, 80, NULL),
                             .time = call_keep(c, in->time, 40, NULL),
                             .text = in->text,
                             .consent = in->consent};
    struct conversation v;
    int64_t number;
    err e = call_place(c, in->site, in->visitor, in->visit);
    if (e.code)
        return e;
    call_place_page(c, in->url, in->title, in->anchor);
    e = act_left_message(&c->act, &c->place, &m, &v, &number);
    if (e.code == ERR_INVALID)
        c->field = str_starts(str_of(e.name), S("phone"))     ? "phone"
                   : str_starts(str_of(e.name), S("consent")) ? "consent"
                                                              : "text";
    if (e.code)
        return e;
    said(c, number, in->key, c->now);
    return OK;
}
