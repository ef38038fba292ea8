/* desk.c - the consultants' side: reception, taking, answering, marking, closing. */
#include "acts/view.h"
#include "label/contact.h"
#include "label/label_rows.h"
#include "web/call.h"
#include "web/handlers.h"
#include "web/wire_shapes.h"

#include <stdatomic.h>

enum { CHANGED_LIMIT = 500, LIVE_VISITORS = 200, RECENT_MS = 60 * 60 * 1000 };

err on_desk_socket(struct call *c)
{
    return c->who.may & MAY_CHAT ? OK : ERR(ERR_FORBIDDEN, "not_permitted");
}

err view_one(struct call *c, const char *name, const struct conversation *v)
{
    struct conversation_view view;
    err e = view_load(c->act.db, c->mem, c->web->vault, c->web->visits, v, &view);
    if (!e.code)
        view_conversation(&c->out, name, &view);
    return e;
}

static err view_seen(struct call *c, const struct conversation *list, size_t count)
{
    err e = OK;
    json_begin_array(&c->out, "conversations");
    for (size_t i = 0; i < count && !e.code; i++)
        if (act_may_see(&c->who, &list[i]))
            e = view_one(c, NULL, &list[i]);
    json_end_array(&c->out);
    return e;
}

static bool sees_all(const struct call *c, const struct conversation *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!act_may_see(&c->who, &list[i]))
            return false;
    return true;
}

/* The whole of it where a list of changes does not say what has gone out of the caller's sight. */
static err reception(struct call *c, int64_t since)
{
    struct conversation *list = NULL;
    size_t count = 0;
    int64_t largest_id;
    err e = conversation_largest(c->act.db, &largest_id, &c->upto);
    if (!e.code && since > 0 && since <= c->upto)
        e = conversation_changed(c->act.db, c->mem, since, CHANGED_LIMIT, &list, &count);
    bool whole = since <= atomic_load(&c->web->rights_seq) || since > c->upto ||
                 count == CHANGED_LIMIT || !sees_all(c, list, count);
    if (!e.code && whole)
        e = conversation_reception(c->act.db, c->mem, c->who.user, c->now - RECENT_MS, &list,
                                   &count);
    if (e.code)
        return e;
    json_int(&c->out, "seq", c->upto);
    json_bool(&c->out, "whole", whole);
    json_time(&c->out, "server_time", c->now);
    return view_seen(c, list, count);
}

err on_reception(struct call *c)
{
    return reception(c, 0);
}

err on_desk_hello(struct call *c)
{
    const struct in_desk_hello *in = c->in;
    return reception(c, in->since);
}

static void view_live_visitor(struct json_out *j, const struct visit *v, str name,
                              int64_t conversation)
{
    char code[8];
    visitor_code(v->visitor_id, code);
    json_begin_object(j, NULL);
    json_id(j, "visitor_id", v->visitor_id);
    json_id(j, "visit_id", v->id);
    json_str(j, "code", str_of(code));
    json_id(j, "site_id", v->site_id);
    json_str(j, "name", name);
    json_bool(j, "online", v->present > 0);
    json_id(j, "conversation_id", conversation);
    json_str(j, "url", contacts_mask_url(v->url, j->buf.mem));
    json_str(j, "title", contacts_mask_text(v->title, j->buf.mem));
    json_time(j, "page_since", v->page_at);
    json_time(j, "began_at", v->began_at);
    json_int(j, "pages", v->pages);
    json_int(j, "visits_before", v->visits_before);
    view_source(j, "source", v);
    json_begin_object(j, "device");
    json_str(j, "kind", str_of(v->device));
    json_str(j, "os", str_of(v->os));
    json_str(j, "browser", str_of(v->browser));
    json_str(j, "language", v->language);
    json_str(j, "screen", v->screen);
    json_str(j, "region", v->region);
    json_end_object(j);
    json_str(j, "invited", str_of(v->invited));
    json_end_object(j);
}

err on_live_visitors(struct call *c)
{
    struct visit *list;
    size_t total;
    struct conversation v;
    bool found;
    int64_t limit = LIVE_VISITORS;
    err e = call_query_limit(c, LIVE_VISITORS, &limit);
    if (e.code)
        return e;
    size_t count = visit_table_live(c->web->visits, call_query_id(c, "site"), c->now, (size_t)limit,
                                    c->mem, &list, &total);
    json_begin_array(&c->out, "visitors");
    for (size_t i = 0; i < count && !e.code; i++) {
        struct visitor_card card;
        e = conversation_open_of(c->act.db, c->mem, list[i].visitor_id, &v, &found);
        if (!e.code)
            e = visitor_card_get(c->act.db, c->mem, c->web->vault, list[i].visitor_id, &card);
        if (!e.code && (!found || act_may_see(&c->who, &v)))
            view_live_visitor(&c->out, &list[i], contacts_mask_text(card.name, c->mem),
                              found ? v.id : 0);
    }
    json_end_array(&c->out);
    json_int(&c->out, "total", (int64_t)total);
    return e;
}

/* One invitation a visit; it can be declined, and then it is not repeated. */
err on_invite(struct call *c)
{
    struct visit v;
    if (!visit_table_get(c->web->visits, c->id, c->mem, &v) || !v.present)
        return ERR(ERR_MISSING, "visitor_gone");
    if (!str_eq(str_of(v.invited), S("no")))
        return ERR(ERR_CONFLICT, "invited_already");
    const struct site_entry *site = site_of_id(c->web->sites, v.site_id);
    if (!site)
        return ERR(ERR_MISSING, "site_unknown");
    struct json_out j;
    json_out_init(&j, c->mem);
    json_begin_object(&j, NULL);
    json_str(&j, "t", S("invite"));
    json_str(&j, "text_zh", site->settings->invitation_zh);
    json_str(&j, "text_en", site->settings->invitation_en);
    json_end_object(&j);
    outbox_add(&c->outbox, c->mem, str_format(c->mem, "visitor.%lld.0.0", (long long)c->id), 0,
               json_done(&j), false);
    visit_table_invited(c->web->visits, c->id, "shown");
    json_bool(&c->out, "ok", true);
    return OK;
}

static err answer_conversation(struct call *c, err e, const struct conversation *v)
{
    struct conversation_view view;
    if (!e.code)
        e = view_load(c->act.db, c->mem, c->web->vault, c->web->visits, v, &view);
    if (e.code)
        return e;
    struct json_out j;
    json_out_init(&j, c->mem);
    view_conversation(&j, NULL, &view);
    call_json(c, &j);
    return OK;
}

err on_take(struct call *c)
{
    struct conversation v;
    return answer_conversation(c, act_take(&c->act, c->id, &v), &v);
}

err on_close(struct call *c)
{
    struct conversation v;
    return answer_conversation(c, act_close(&c->act, c->id, &v), &v);
}

err on_mark_set(struct call *c)
{
    const struct in_mark_set *in = c->in;
    struct conversation v;
    err e = act_mark(&c->act, c->id, in->dimension_id, in->label_id, &v);
    if (e.code == ERR_INVALID)
        c->field = str_eq(str_of(e.name), S("label_unknown")) ? "label_id" : "dimension_id";
    return answer_conversation(c, e, &v);
}

static err say(struct call *c, int64_t conversation, str key, str text)
{
    int64_t number, at;
    err e = act_agent_says(&c->act, conversation, key, text, &number, &at);
    if (e.code == ERR_INVALID)
        c->field = "text";
    if (e.code)
        return e;
    json_int(&c->out, "number", number);
    json_str(&c->out, "key", key);
    json_time(&c->out, "at", at);
    return OK;
}

err on_say(struct call *c)
{
    const struct in_say *in = c->in;
    return say(c, c->id, in->key, in->text);
}

err on_desk_say(struct call *c)
{
    const struct in_desk_say *in = c->in;
    return say(c, in->conversation, in->key, in->text);
}

err on_desk_typing(struct call *c)
{
    const struct in_desk_typing *in = c->in;
    struct conversation v;
    err e = conversation_by_id(c->act.db, c->mem, in->conversation, &v);
    if (e.code)
        return e;
    if (v.agent_id != c->who.user || v.state != CONVERSATION_ACTIVE)
        return ERR(ERR_FORBIDDEN, "not_your_conversation");
    outbox_add(
        &c->outbox, c->mem,
        str_format(c->mem, "visitor.%lld.%lld.%lld", (long long)v.visitor_id, (long long)v.id,
                   (long long)v.agent_id),
        0, in->typing ? S("{\"t\":\"typing\",\"on\":true}") : S("{\"t\":\"typing\",\"on\":false}"),
        true);
    json_bool(&c->out, "ok", true);
    return OK;
}

err on_desk_read(struct call *c)
{
    const struct in_desk_read *in = c->in;
    err e = act_agent_read(&c->act, in->conversation, in->number);
    if (!e.code)
        json_bool(&c->out, "ok", true);
    return e;
}

err on_desk_presence(struct call *c)
{
    const struct in_desk_presence *in = c->in;
    live_presence(c, in->available);
    return OK;
}
