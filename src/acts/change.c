/* The words the acts are made of: see parts.h. */
#include "acts/parts.h"
#include "base/id.h"
#include "base/log.h"
#include "guard/guard_rows.h"
#include "label/contact.h"

enum { MESSAGE_CHARACTERS = 4000, ANCHOR_KEPT = 120, CONTACTS_A_MESSAGE = 16 };

bool act_may_see(const struct who *who, const struct conversation *c)
{
    if (!who->own_only || who->control)
        return true;
    return c->agent_id ? c->agent_id == who->user : c->state != CONVERSATION_CLOSED;
}

err act_find(struct act *a, int64_t id, struct conversation *out)
{
    err e = conversation_by_id(a->db, a->mem, id, out);
    if (!e.code && !act_may_see(&a->who, out))
        return ERR(ERR_MISSING, "conversation_missing");
    return e;
}

struct event act_event(const struct act *a, enum event_kind kind)
{
    return (struct event){.kind = kind,
                          .now = a->now,
                          .agent = a->who.user,
                          .supervises = (a->who.may & MAY_SUPERVISE) && !a->who.own_only};
}

err act_apply(struct act *a, struct conversation *c, const struct event *ev, struct message *m,
              bool *changed)
{
    struct conversation next = *c;
    struct effects fx;
    *changed = false;
    err e = conversation_apply(&next, ev, &fx);
    if (!e.code && fx.message && m) {
        m->number = next.last_number;
        m->at = next.last_at;
        e = message_insert(a->db, a->mem, a->vault, c->id, m);
    }
    if (!e.code && fx.erase_bodies)
        e = conversation_erase_bodies(a->db, c->id);
    if (e.code)
        return e;
    *c = next;
    *changed = fx.changed;
    return OK;
}

err act_change(struct act *a, struct conversation *c, const struct event *ev)
{
    const struct conversation before = *c;
    bool changed;
    err e = act_apply(a, c, ev, NULL, &changed);
    return e.code || !changed ? e : act_tell(a, &before, c, NULL, false);
}

str act_text(struct act *a, str typed, ptrdiff_t max)
{
    return str_utf8_cut(str_clean(a->mem, typed), max);
}

err act_message_text(struct act *a, str typed, str *out)
{
    *out = str_clean(a->mem, typed);
    if (!str_trim(*out).len)
        return ERR(ERR_INVALID, "message_empty");
    if (str_utf8_count(*out) > MESSAGE_CHARACTERS)
        return ERR(ERR_INVALID, "message_long");
    return OK;
}

static void copy_visit(struct conversation *c, const struct visit *v)
{
    c->visit_id = v->id;
    c->channel = str_of(v->source.channel);
    c->engine = str_of(v->source.engine);
    c->source_host = v->source.host;
    c->search_term = v->source.search_term;
    c->bid_keyword = v->source.bid_keyword;
    c->provenance = str_of(v->source.provenance);
    c->landing_url = v->landing_url;
    c->landing_cut = v->landing_cut;
    c->referrer = v->referrer;
    c->referrer_cut = v->referrer_cut;
    c->chat_url = v->url;
    c->chat_cut = v->url_cut;
    c->chat_title = v->title;
    c->anchor = v->anchor;
    c->device = str_of(v->device);
    c->os = str_of(v->os);
    c->browser = str_of(v->browser);
    c->language = v->language;
    c->screen = v->screen;
    c->region = v->region;
    c->visits_before = v->visits_before;
}

err act_begin(struct act *a, const struct chat_place *p, struct conversation *out)
{
    struct visit v;
    *out = (struct conversation){.id = id_new(a->now),
                                 .site_id = p->site_id,
                                 .visitor_id = p->visitor_id,
                                 .visit_id = p->visit_id,
                                 .opened_at = a->now,
                                 .channel = S("unknown"),
                                 .provenance = S("none"),
                                 .device = S("unknown")};
    if (visit_table_get(a->visits, p->visitor_id, a->mem, &v) && v.site_id == p->site_id)
        copy_visit(out, &v);
    /* What the frame says of its own page is nearer than the last page view. */
    if (p->url.len) {
        str url = str_clean(a->mem, p->url);
        out->chat_url = str_utf8_cut(url, URL_KEPT);
        out->chat_cut = out->chat_url.len < url.len;
        out->chat_title = act_text(a, p->title, TITLE_KEPT);
    }
    if (p->anchor.len)
        out->anchor = act_text(a, p->anchor, ANCHOR_KEPT);
    out->change_seq = ++*a->change_seq;
    count_add(COUNT_CONVERSATIONS, 1);
    return conversation_insert(a->db, out);
}

err act_said_before(struct act *a, int64_t visitor, str key, struct conversation *c,
                    int64_t *number, int64_t *at)
{
    int64_t id;
    err e = message_by_visitor_key(a->db, a->mem, visitor, key, &id, number, at);
    return e.code || !*number ? e : conversation_by_id(a->db, a->mem, id, c);
}

err act_keep_contacts(struct act *a, const struct conversation *c, const struct message *m,
                      size_t *found)
{
    struct found_contact contacts[CONTACTS_A_MESSAGE];
    err e = OK;
    *found = contacts_find(m->text, a->mem, contacts, COUNT(contacts));
    for (size_t i = 0; !e.code && i < *found; i++) {
        const struct contact one = {.id = id_new(a->now),
                                    .conversation_id = c->id,
                                    .visitor_id = c->visitor_id,
                                    .number = m->number,
                                    .kind = contacts[i].kind,
                                    .value = contacts[i].digits,
                                    .masked = contact_mask(contacts[i].digits, a->mem),
                                    .at = m->at};
        e = contact_insert(a->db, a->mem, a->vault, &one);
    }
    return e;
}

err act_audit(struct act *a, const char *what, const char *kind, int64_t id, str detail)
{
    str actor = audit_actor(a->mem, a->who.user, a->who.control);
    return audit_write(a->db, a->mem, a->now, actor, str_of(what),
                       str_format(a->mem, "%s:%lld", kind, (long long)id), detail);
}
