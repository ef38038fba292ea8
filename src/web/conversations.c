/* conversations.c - the list of conversations, one of them in full, and the list as CSV. */
#include "web/conversations.h"
#include "acts/view.h"
#include "base/id.h"
#include "base/time.h"
#include "label/contact.h"
#include "label/label_rows.h"
#include "track/track_rows.h"
#include "web/call.h"
#include "web/handlers.h"
#include "web/wire_shapes.h"

#include <string.h>

enum {
    PAGE_SIZE = 50,
    PAGE_LARGEST = 200,
    ALL_MESSAGES = 5000,
    MONTHS = 24,
    VISITS_SHOWN = 10,
    EARLIER_SHOWN = 20
};

/* --- filters ------------------------------------------------------------------------------------ */

static err label_filter(struct call *c, struct conversation_filter *f)
{
    str rest = call_query(c, "label"), one;
    struct dimension *dimensions;
    size_t count;
    if (!rest.len)
        return OK;
    err e = dimension_list(c->act.db, c->mem, &dimensions, &count);
    while (!e.code && rest.len) {
        int64_t id;
        size_t group = COUNT(f->marks);
        str_cut(rest, ',', &one, &rest);
        for (size_t d = 0; id_parse(one, &id) && d < count && d < COUNT(f->marks); d++)
            for (size_t l = 0; l < dimensions[d].label_count; l++)
                if (dimensions[d].labels[l].id == id)
                    group = d;
        if (group == COUNT(f->marks) || f->marks[group].count == (int)COUNT(f->marks[0].labels)) {
            c->field = "label";
            return ERR(ERR_INVALID, "label_unknown");
        }
        f->marks[group].labels[f->marks[group].count++] = id;
    }
    return e;
}

static err word_filter(struct call *c, const char *name, const char *const *words, const char **out)
{
    str given = call_query(c, name);
    *out = "";
    for (; given.len && *words; words++)
        if (str_eq(given, str_of(*words)))
            *out = *words;
    if (!given.len || **out)
        return OK;
    c->field = name;
    return ERR(ERR_INVALID, "field_word");
}

/* "started_at.id" of the last row of the page before. */
static err cursor_filter(struct call *c, struct conversation_filter *f)
{
    str cursor = call_query(c, "cursor"), at, id;
    if (!cursor.len)
        return OK;
    str_cut(cursor, '.', &at, &id);
    if (str_int(at, &f->before_started) && id_parse(id, &f->before_id))
        return OK;
    c->field = "cursor";
    return ERR(ERR_INVALID, "field_range");
}

err conversations_filter(struct call *c, struct conversation_filter *f)
{
    static const char *const onlys[] = {"answered", "lost",    "phones",  "booked",
                                        "form",     "waiting", "counted", NULL};
    static const char *const states[] = {"opened", "waiting", "active", "closed", NULL};
    const char *only, *state;
    *f = (struct conversation_filter){.site = call_query_id(c, "site"),
                                      .visitor = call_query_id(c, "visitor"),
                                      .channel = call_query(c, "channel"),
                                      .engine = call_query(c, "engine"),
                                      .search = str_utf8_cut(call_query(c, "search"), 100)};
    str agent = call_query(c, "agent"), unmarked = call_query(c, "unmarked");
    f->agent = str_eq(agent, S("none")) ? -1 : call_query_id(c, "agent");
    f->unmarked = str_eq(unmarked, S("any")) ? -1 : call_query_id(c, "unmarked");
    err e = call_query_time(c, "from", &f->from);
    if (!e.code)
        e = call_query_time(c, "to", &f->to);
    if (!e.code)
        e = word_filter(c, "only", onlys, &only);
    if (!e.code)
        e = word_filter(c, "state", states, &state);
    if (!e.code)
        e = label_filter(c, f);
    if (!e.code)
        e = cursor_filter(c, f);
    if (e.code)
        return e;
    f->counted = str_eq(str_of(only), S("counted"));
    f->only = f->counted ? "" : only;
    f->state = str_of(state);
    if (c->who.own_only)
        f->only_agent_or_waiting = c->who.user;
    return OK;
}

err on_conversations(struct call *c)
{
    struct conversation_filter f;
    struct conversation *list;
    size_t count;
    int64_t limit = PAGE_SIZE, total;
    err e = conversations_filter(c, &f);
    if (!e.code)
        e = call_query_limit(c, PAGE_LARGEST, &limit);
    f.limit = (int)limit + 1;
    if (!e.code)
        e = conversation_list(c->act.db, c->mem, &f, &list, &count);
    if (e.code)
        return e;
    bool more = count > (size_t)limit;
    count = more ? (size_t)limit : count;
    json_begin_array(&c->out, "conversations");
    for (size_t i = 0; i < count && !e.code; i++)
        e = view_one(c, NULL, &list[i]);
    json_end_array(&c->out);
    if (more) {
        const struct conversation *last = &list[count - 1];
        int64_t at = last->started_at ? last->started_at : last->opened_at;
        json_str(&c->out, "next",
                 str_format(c->mem, "%lld.%lld", (long long)at, (long long)last->id));
    } else {
        json_no_value(&c->out, "next");
    }
    if (!e.code && call_query(c, "total").len) {
        e = conversation_total(c->act.db, &f, &total);
        if (!e.code)
            json_int(&c->out, "total", total);
    }
    return e;
}

/* --- one conversation ------------------------------------------------------------------------------ */

static err seen(struct call *c, struct conversation *v)
{
    err e = conversation_by_id(c->act.db, c->mem, c->id, v);
    if (!e.code && !act_may_see(&c->who, v))
        e = ERR(ERR_MISSING, "conversation_missing");
    return e;
}

static err names_of(struct call *c, int64_t agent, int64_t *last, str *name)
{
    struct user u = {0};
    if (agent == *last)
        return OK;
    err e = agent ? user_by_id(c->act.db, c->mem, agent, &u) : OK;
    *last = agent;
    *name = u.name;
    return e;
}

err view_messages(struct call *c, const struct message *list, size_t count, bool mask)
{
    int64_t last = -1;
    str name = S("");
    err e = OK;
    json_begin_array(&c->out, "messages");
    for (size_t i = 0; i < count && !e.code; i++) {
        e = names_of(c, list[i].agent_id, &last, &name);
        view_message(&c->out, NULL, &list[i], name, mask);
    }
    json_end_array(&c->out);
    return e;
}

static err read_messages(struct call *c, int64_t conversation, int64_t after, int limit)
{
    struct message *list;
    size_t count;
    err e =
        message_list(c->act.db, c->mem, c->web->vault, conversation, after, limit, &list, &count);
    return e.code ? e : view_messages(c, list, count, true);
}

static err view_contacts(struct call *c, int64_t conversation)
{
    struct contact *list;
    size_t count;
    err e = contact_list(c->act.db, c->mem, c->web->vault, conversation, true, &list, &count);
    if (e.code)
        return e;
    json_begin_array(&c->out, "contacts");
    for (size_t i = 0; i < count; i++) {
        json_begin_object(&c->out, NULL);
        json_id(&c->out, "id", list[i].id);
        json_str(&c->out, "kind", str_of(list[i].kind));
        bool time = str_eq(str_of(list[i].kind), S("time")); /* free words, to be seen by all */
        json_str(&c->out, "masked",
                 time ? contacts_mask_text(list[i].value, c->mem) : list[i].masked);
        json_int(&c->out, "number", list[i].number);
        json_time(&c->out, "at", list[i].at);
        json_end_object(&c->out);
    }
    json_end_array(&c->out);
    return OK;
}

static err view_visits(struct call *c, int64_t visitor)
{
    int months[MONTHS];
    size_t have = store_months(c->web->store, months, COUNT(months));
    int left = VISITS_SHOWN;
    json_begin_array(&c->out, "visits");
    for (size_t i = 0; i < have && left > 0; i++) {
        struct db *trail;
        struct visit_trail *list;
        size_t count = 0;
        err e = session_trail(c->session, months[i], &trail);
        if (!e.code)
            e = visits_of(trail, c->mem, visitor, left, &list, &count);
        if (e.code && e.code != ERR_MISSING)
            return e;
        for (size_t k = 0; k < count; k++)
            view_visit(&c->out, NULL, &list[k]);
        left -= (int)count;
    }
    json_end_array(&c->out);
    return OK;
}

static err view_visitor(struct call *c, int64_t visitor)
{
    struct visitor_card card = {0};
    struct conversation *list;
    size_t count = 0;
    char code[8];
    struct conversation_filter f = {.visitor = visitor, .limit = EARLIER_SHOWN, .only = ""};
    if (c->who.own_only)
        f.only_agent_or_waiting = c->who.user;
    visitor_code(visitor, code);
    err e = visitor_card_get(c->act.db, c->mem, c->web->vault, visitor, &card);
    if (e.code)
        return e;
    json_id(&c->out, "id", visitor);
    json_str(&c->out, "code", str_of(code));
    json_str(&c->out, "name", contacts_mask_text(card.name, c->mem));
    json_str(&c->out, "note", contacts_mask_text(card.note, c->mem));
    json_bool(&c->out, "erased", card.erased_at != 0 || !visitor);
    e = visitor ? view_visits(c, visitor) : OK;
    if (!visitor) {
        json_begin_array(&c->out, "visits");
        json_end_array(&c->out);
    }
    if (!e.code && visitor)
        e = conversation_list(c->act.db, c->mem, &f, &list, &count);
    json_begin_array(&c->out, "conversations");
    for (size_t i = 0; i < count && !e.code; i++)
        e = view_one(c, NULL, &list[i]);
    json_end_array(&c->out);
    return e;
}

err on_conversation(struct call *c)
{
    struct conversation v;
    err e = seen(c, &v);
    if (!e.code)
        e = view_one(c, "conversation", &v);
    if (!e.code)
        e = read_messages(c, v.id, 0, ALL_MESSAGES);
    if (!e.code)
        e = view_contacts(c, v.id);
    if (e.code)
        return e;
    json_begin_object(&c->out, "visitor");
    e = view_visitor(c, v.visitor_id);
    json_end_object(&c->out);
    return e;
}

err on_messages(struct call *c)
{
    struct conversation v;
    int64_t after = 0, limit = PAGE_LARGEST;
    err e = seen(c, &v);
    str asked = call_query(c, "after");
    if (!e.code && asked.len && !str_int(asked, &after)) {
        c->field = "after";
        e = ERR(ERR_INVALID, "field_range");
    }
    if (!e.code)
        e = call_query_limit(c, PAGE_LARGEST, &limit);
    if (!e.code)
        e = read_messages(c, v.id, after, (int)limit);
    if (e.code)
        return e;
    json_int(&c->out, "last_number", v.last_number);
    json_int(&c->out, "seq", v.change_seq);
    return OK;
}

err on_visitor(struct call *c)
{
    struct visitor_card card;
    struct visit open;
    struct conversation last;
    bool found;
    err e = visitor_card_get(c->act.db, c->mem, c->web->vault, c->id, &card);
    if (!e.code)
        e = conversation_last_of(c->act.db, c->mem, c->id, &last, &found);
    if (e.code)
        return e;
    bool known = found || card.changed_at || card.erased_at ||
                 visit_table_get(c->web->visits, c->id, c->mem, &open);
    if (!known || (found && !act_may_see(&c->who, &last)))
        return ERR(ERR_MISSING, "visitor_missing");
    return view_visitor(c, c->id);
}

err on_mark_history(struct call *c)
{
    struct conversation v;
    struct mark_change *list;
    size_t count;
    err e = seen(c, &v);
    if (!e.code)
        e = mark_history_of(c->act.db, c->mem, c->id, &list, &count);
    if (e.code)
        return e;
    json_begin_array(&c->out, "history");
    for (size_t i = 0; i < count; i++) {
        json_begin_object(&c->out, NULL);
        json_id(&c->out, "dimension_id", list[i].dimension_id);
        json_id(&c->out, "from_label", list[i].from_label);
        json_id(&c->out, "to_label", list[i].to_label);
        json_id(&c->out, "by", list[i].by);
        json_str(&c->out, "by_name", list[i].by_name);
        json_time(&c->out, "at", list[i].at);
        json_end_object(&c->out);
    }
    json_end_array(&c->out);
    return OK;
}

err on_reveal(struct call *c)
{
    struct revealed r;
    err e = act_reveal(&c->act, c->id, &r);
    if (e.code)
        return e;
    json_str(&c->out, "name", r.name);
    json_str(&c->out, "note", r.note);
    e = view_messages(c, r.messages, r.message_count, false);
    json_begin_array(&c->out, "contacts");
    for (size_t i = 0; i < r.contact_count; i++) {
        json_begin_object(&c->out, NULL);
        json_id(&c->out, "id", r.contacts[i].id);
        json_str(&c->out, "kind", str_of(r.contacts[i].kind));
        json_str(&c->out, "value", r.contacts[i].value);
        json_int(&c->out, "number", r.contacts[i].number);
        json_time(&c->out, "at", r.contacts[i].at);
        json_end_object(&c->out);
    }
    json_end_array(&c->out);
    return e;
}

err on_visitor_change(struct call *c)
{
    const struct in_visitor_change *in = c->in;
    str name = call_keep(c, in->name, 80, NULL), note = call_keep(c, in->note, 1000, NULL);
    struct conversation last;
    struct visit open;
    bool found;
    err e = conversation_last_of(c->act.db, c->mem, c->id, &last, &found);
    if (e.code)
        return e;
    bool live = visit_table_get(c->web->visits, c->id, c->mem, &open);
    if ((!found && !live) || (found && !act_may_see(&c->who, &last)))
        return ERR(ERR_MISSING, "visitor_missing");
    e = act_visitor_card(&c->act, c->id, found ? last.site_id : open.site_id,
                         in->has_name ? &name : NULL, in->has_note ? &note : NULL);
    if (!e.code)
        json_bool(&c->out, "ok", true);
    return e;
}
