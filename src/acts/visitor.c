/* Acts on what is known of a visitor: looked at in full, written down, erased. All are on record. */
#include "acts/parts.h"
#include "label/contact.h"

enum { ALL_MESSAGES = 10000, ALL_CONVERSATIONS = 10000, NAME_KEPT = 80, NOTE_KEPT = 1000 };

err act_reveal(struct act *a, int64_t conversation, struct revealed *out)
{
    struct conversation c;
    *out = (struct revealed){0};
    err e = act_find(a, conversation, &c);
    if (e.code)
        return e;
    if (a->who.own_only && c.agent_id != a->who.user)
        return ERR(ERR_FORBIDDEN, "not_your_conversation");
    e = message_list(a->db, a->mem, a->vault, c.id, 0, ALL_MESSAGES, &out->messages,
                     &out->message_count);
    if (!e.code)
        e = contact_list(a->db, a->mem, a->vault, c.id, true, &out->contacts, &out->contact_count);
    struct visitor_card card = {0};
    if (!e.code && c.visitor_id)
        e = visitor_card_get(a->db, a->mem, a->vault, c.visitor_id, &card);
    if (e.code)
        return e;
    out->name = card.name;
    out->note = card.note;
    str detail = str_format(a->mem, "{\"messages\":%zu,\"contacts\":%zu}", out->message_count,
                            out->contact_count);
    return act_audit(a, "contact.reveal", "conversation", c.id, detail);
}

/* His open conversation, or the last one: the one whose card is on a desk. */
static err tell_card(struct act *a, struct conversation *c)
{
    const struct conversation before = *c;
    return act_tell(a, &before, c, NULL, true);
}

static str unless_shown(struct act *a, str old, str typed)
{
    return str_eq(typed, contacts_mask_text(old, a->mem)) ? old : typed;
}

err act_visitor_card(struct act *a, int64_t visitor, int64_t site, const str *name, const str *note)
{
    struct visitor_card card;
    struct conversation c;
    bool talked;
    err e = conversation_last_of(a->db, a->mem, visitor, &c, &talked);
    if (!e.code && a->who.own_only && !(talked && act_may_see(&a->who, &c)))
        return ERR(ERR_MISSING, "visitor_missing");
    if (!e.code)
        e = visitor_card_get(a->db, a->mem, a->vault, visitor, &card);
    if (e.code)
        return e;
    card.site_id = site;
    card.name =
        name ? unless_shown(a, card.name, str_trim(act_text(a, *name, NAME_KEPT))) : card.name;
    card.note = note ? unless_shown(a, card.note, act_text(a, *note, NOTE_KEPT)) : card.note;
    card.erased_at = 0; /* who comes back after an erasure begins anew */
    card.changed_by = a->who.user;
    card.changed_at = a->now;
    e = visitor_card_put(a->db, a->mem, a->vault, &card);
    if (!e.code)
        e = act_audit(a, "visitor.change", "visitor", visitor,
                      str_format(a->mem, "{\"name\":%s,\"note\":%s}", name ? "true" : "false",
                                 note ? "true" : "false"));
    return e.code || !talked ? e : tell_card(a, &c);
}

/* Nobody goes on writing into a conversation whose visitor is gone. */
static err close_open(struct act *a, int64_t visitor)
{
    const struct event ev = act_event(a, EVENT_TIMEOUT);
    struct conversation c;
    bool found;
    err e = conversation_open_of(a->db, a->mem, visitor, &c, &found);
    return e.code || !found ? e : act_change(a, &c, &ev);
}

static err tell_erased(struct act *a, const struct conversation *list, size_t count)
{
    err e = OK;
    for (size_t i = 0; !e.code && i < count; i++) {
        struct conversation c;
        e = conversation_by_id(a->db, a->mem, list[i].id, &c);
        if (!e.code)
            e = act_tell(a, &list[i], &c, NULL, true);
    }
    return e;
}

err act_erase_visitor(struct act *a, int64_t visitor, int64_t *conversations)
{
    const struct conversation_filter his = {
        .visitor = visitor, .only = "", .limit = ALL_CONVERSATIONS};
    struct conversation *list;
    size_t count;
    *conversations = 0;
    if (visitor <= 0) /* the number that erased ones share */
        return ERR(ERR_MISSING, "visitor_missing");
    err e = close_open(a, visitor);
    if (!e.code)
        e = conversation_list(a->db, a->mem, &his, &list, &count);
    if (!e.code)
        e = visitor_erase_rows(a->db, visitor, a->now, conversations);
    if (e.code)
        return e;
    const struct visitor_card gone = {.visitor_id = visitor,
                                      .site_id = count ? list[0].site_id : 0,
                                      .erased_at = a->now,
                                      .changed_by = a->who.user,
                                      .changed_at = a->now};
    e = visitor_card_put(a->db, a->mem, a->vault, &gone);
    if (!e.code)
        e = tell_erased(a, list, count);
    if (!e.code)
        e = act_audit(a, "visitor.erase", "visitor", visitor,
                      str_format(a->mem, "{\"conversations\":%lld}", (long long)*conversations));
    if (!e.code)
        visit_table_forget(a->visits, visitor);
    return e;
}
