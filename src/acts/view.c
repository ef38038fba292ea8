#include "acts/view.h"

#include "label/contact.h"
#include "track/visit.h"

#include <stdio.h>

enum { LAST_TEXT_BYTES = 120, CLICKS_SHOWN = 20 };

void visitor_code(int64_t visitor, char out[8])
{
    out[0] = 0;
    if (visitor > 0)
        snprintf(out, 8, "%04X", (unsigned)(visitor % VISITOR_CODES));
}

static void json_word(struct json_out *j, const char *name, const char *word)
{
    json_str(j, name, str_of(word));
}

/* A word of an enum of the wire, where an old row or a lost visit left none. */
static void json_word_or_unknown(struct json_out *j, const char *name, str word)
{
    json_str(j, name, word.len ? word : S("unknown"));
}

static void json_sender(struct json_out *j, const char *name, enum sender s)
{
    if (s == SENDER_NONE)
        json_no_value(j, name);
    else
        json_word(j, name, sender_word(s));
}

/* --- where from and with what: of a visit and of what a conversation copied ------------------- */

static void source_object(struct json_out *j, const char *name, const struct visit *v)
{
    json_begin_object(j, name);
    json_word_or_unknown(j, "channel", str_of(v->source.channel));
    json_word(j, "engine", v->source.engine);
    json_str(j, "host", v->source.host);
    json_str(j, "search_term", contacts_mask_text(v->source.search_term, j->buf.mem));
    json_str(j, "bid_keyword", contacts_mask_text(v->source.bid_keyword, j->buf.mem));
    json_word(j, "provenance", v->source.provenance);
    json_str(j, "landing_url", contacts_mask_url(v->landing_url, j->buf.mem));
    json_bool(j, "landing_cut", v->landing_cut);
    json_str(j, "referrer", contacts_mask_url(v->referrer, j->buf.mem));
    json_bool(j, "referrer_cut", v->referrer_cut);
    json_end_object(j);
}

static void conversation_source(struct json_out *j, const struct conversation *c)
{
    json_begin_object(j, "source");
    json_word_or_unknown(j, "channel", c->channel);
    json_str(j, "engine", c->engine);
    json_str(j, "host", c->source_host);
    json_str(j, "search_term", contacts_mask_text(c->search_term, j->buf.mem));
    json_str(j, "bid_keyword", contacts_mask_text(c->bid_keyword, j->buf.mem));
    json_str(j, "provenance", c->provenance);
    json_str(j, "landing_url", contacts_mask_url(c->landing_url, j->buf.mem));
    json_bool(j, "landing_cut", c->landing_cut);
    json_str(j, "referrer", contacts_mask_url(c->referrer, j->buf.mem));
    json_bool(j, "referrer_cut", c->referrer_cut);
    json_end_object(j);
}

struct device_words {
    str kind, os, browser, language, screen, region;
};

static void device_object(struct json_out *j, const char *name, const struct device_words *d)
{
    json_begin_object(j, name);
    json_word_or_unknown(j, "kind", d->kind);
    json_str(j, "os", d->os);
    json_str(j, "browser", d->browser);
    json_str(j, "language", d->language);
    json_str(j, "screen", d->screen);
    json_str(j, "region", d->region);
    json_end_object(j);
}

void view_source(struct json_out *j, const char *name, const struct visit *v)
{
    source_object(j, name, v);
}

void view_device(struct json_out *j, const char *name, const struct visit *v)
{
    const struct device_words d = {str_of(v->device), str_of(v->os), str_of(v->browser),
                                   v->language,       v->screen,     v->region};
    device_object(j, name, &d);
}

/* --- conversations ---------------------------------------------------------------------------- */

static void conversation_times(struct json_out *j, const struct conversation *c)
{
    json_time(j, "opened_at", c->opened_at);
    json_time(j, "started_at", c->started_at);
    json_time(j, "taken_at", c->taken_at);
    json_time(j, "closed_at", c->closed_at);
    json_sender(j, "ended_by", c->ended_by);
    json_word(j, "end_reason", end_reason_word(c->end_reason));
}

static void conversation_messages(struct json_out *j, const struct conversation_view *v)
{
    const struct conversation *c = v->c;
    int64_t response = conversation_first_response(c);
    json_int(j, "last_number", c->last_number);
    json_time(j, "last_at", c->last_at);
    json_sender(j, "last_from", c->last_from);
    json_str(j, "last_text", v->last_text);
    json_time(j, "unanswered_since", c->unanswered_since);
    json_int(j, "visitor_count", c->visitor_count);
    json_int(j, "agent_count", c->agent_count);
    json_time(j, "first_visitor_at", c->first_visitor_at);
    json_time(j, "first_agent_at", c->first_agent_at);
    if (response < 0)
        json_no_value(j, "first_response_ms");
    else
        json_int(j, "first_response_ms", response);
    json_int(j, "visitor_read", c->visitor_read);
}

static void conversation_marks(struct json_out *j, const struct conversation_view *v)
{
    json_begin_array(j, "marks");
    for (size_t i = 0; i < v->mark_count; i++) {
        const struct mark *m = &v->marks[i];
        json_begin_object(j, NULL);
        json_id(j, "dimension_id", m->dimension_id);
        json_id(j, "label_id", m->label_id);
        json_id(j, "by", m->marked_by);
        json_time(j, "at", m->at);
        json_end_object(j);
    }
    json_end_array(j);
}

void view_conversation_members(struct json_out *j, const struct conversation_view *v)
{
    const struct conversation *c = v->c;
    const struct device_words device = {c->device,   c->os,     c->browser,
                                        c->language, c->screen, c->region};
    char code[8];
    visitor_code(c->visitor_id, code);
    json_id(j, "id", c->id);
    json_int(j, "seq", c->change_seq);
    json_id(j, "site_id", c->site_id);
    json_id(j, "visitor_id", c->visitor_id);
    json_word(j, "visitor_code", code);
    json_str(j, "visitor_name", v->visitor_name);
    json_word(j, "state", conversation_state_word(c->state));
    json_id(j, "agent_id", c->agent_id);
    json_word(j, "origin", c->form ? "form" : "chat");
    conversation_times(j, c);
    conversation_messages(j, v);
    json_word(j, "consent", consent_word(c->consent));
    json_time(j, "consent_at", c->consent_at);
    json_bool(j, "kept", c->bodies_erased_at == 0);
    conversation_source(j, c);
    json_str(j, "chat_url", contacts_mask_url(c->chat_url, j->buf.mem));
    json_bool(j, "chat_cut", c->chat_cut);
    json_str(j, "chat_title", contacts_mask_text(c->chat_title, j->buf.mem));
    json_str(j, "anchor", contacts_mask_text(c->anchor, j->buf.mem));
    device_object(j, "device", &device);
    conversation_marks(j, v);
    json_int(j, "contacts", v->contacts);
    json_bool(j, "online", v->online);
}

void view_conversation(struct json_out *j, const char *name, const struct conversation_view *v)
{
    json_begin_object(j, name);
    view_conversation_members(j, v);
    json_end_object(j);
}

err view_load(struct db *db, struct arena *mem, const struct vault *vault,
              struct visit_table *visits, const struct conversation *c,
              struct conversation_view *out)
{
    struct visitor_card card = {0};
    struct message last = {0};
    struct mark *marks = NULL;
    struct visit visit;
    *out = (struct conversation_view){.c = c};
    err e = c->visitor_id ? visitor_card_get(db, mem, vault, c->visitor_id, &card) : OK;
    if (!e.code && c->last_number && !c->bodies_erased_at)
        e = message_one(db, mem, vault, c->id, c->last_number, &last);
    if (!e.code)
        e = marks_of(db, mem, c->id, &marks, &out->mark_count);
    if (!e.code)
        e = contact_count(db, c->id, &out->contacts);
    if (e.code)
        return e;
    out->visitor_name = contacts_mask_text(card.name, mem);
    /* Masked first: a cut could leave half a number that is none any more. */
    out->last_text = str_utf8_cut(contacts_mask_text(last.text, mem), LAST_TEXT_BYTES);
    out->marks = marks;
    out->online =
        c->visitor_id && visit_table_get(visits, c->visitor_id, mem, &visit) && visit.present > 0;
    return OK;
}

/* --- messages --------------------------------------------------------------------------------- */

void view_message_members(struct json_out *j, const struct message *m, str agent_name, bool mask)
{
    json_int(j, "number", m->number);
    json_str(j, "key", m->key);
    json_word(j, "sender", sender_word(m->sender));
    json_id(j, "agent_id", m->agent_id);
    json_str(j, "name", agent_name);
    json_time(j, "at", m->at);
    json_str(j, "text", mask ? contacts_mask_text(m->text, j->buf.mem) : m->text);
    json_bool(j, "erased", m->erased);
}

void view_message(struct json_out *j, const char *name, const struct message *m, str agent_name,
                  bool mask)
{
    json_begin_object(j, name);
    view_message_members(j, m, agent_name, mask);
    json_end_object(j);
}

void view_agent(struct json_out *j, const char *name, int64_t id, str agent_name, enum role role)
{
    if (!id) {
        json_no_value(j, name);
        return;
    }
    json_begin_object(j, name);
    json_id(j, "id", id);
    json_str(j, "name", agent_name);
    json_word(j, "role", role_code(role));
    json_end_object(j);
}

/* --- visits ----------------------------------------------------------------------------------- */

static void page_object(struct json_out *j, const struct page *p)
{
    json_begin_object(j, NULL);
    json_int(j, "n", p->n);
    json_time(j, "at", p->at);
    json_str(j, "url", contacts_mask_url(p->url, j->buf.mem));
    json_bool(j, "url_cut", p->url_cut);
    json_str(j, "title", contacts_mask_text(p->title, j->buf.mem));
    if (p->dwell_ms < 0)
        json_no_value(j, "dwell_ms");
    else
        json_int(j, "dwell_ms", p->dwell_ms);
    json_begin_array(j, "clicks");
    for (size_t i = 0; i < p->click_count && i < CLICKS_SHOWN; i++)
        json_str(j, NULL, contacts_mask_text(p->clicks[i], j->buf.mem));
    json_end_array(j);
    json_end_object(j);
}

void view_visit(struct json_out *j, const char *name, const struct visit_trail *t)
{
    json_begin_object(j, name);
    json_id(j, "id", t->visit.id);
    json_time(j, "began_at", t->visit.began_at);
    view_source(j, "source", &t->visit);
    view_device(j, "device", &t->visit);
    json_int(j, "visits_before", t->visit.visits_before);
    json_begin_array(j, "pages");
    for (size_t i = 0; i < t->page_count; i++)
        page_object(j, &t->pages[i]);
    json_end_array(j);
    json_end_object(j);
}
