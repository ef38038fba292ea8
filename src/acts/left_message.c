/* The form that is shown when nobody is there: a question and how to call back. It is a conversation
 * like any other, waiting in the queue, in which the visitor wrote one message. */
#include "acts/parts.h"
#include "base/id.h"
#include "base/log.h"
#include "label/contact.h"

enum { NAME_KEPT = 80, TIME_KEPT = 40 };

struct form {
    str digits, name, time, text;
    const char *phone_kind;
};

static err check_form(struct act *a, const struct left_message *m, struct form *out)
{
    if (!m->consent)
        return ERR(ERR_INVALID, "consent_needed");
    err e = contact_phone(m->phone, a->mem, &out->digits, &out->phone_kind);
    if (!e.code)
        e = act_message_text(a, m->text, &out->text);
    out->name = str_trim(act_text(a, m->name, NAME_KEPT));
    out->time = str_trim(act_text(a, m->time, TIME_KEPT));
    return e;
}

/* The first character of a name, and that there was more. */
static str masked_name(struct act *a, str name)
{
    bool well_formed;
    ptrdiff_t first = name.len ? str_utf8_step(name, &well_formed) : 0;
    return str_format(a->mem, "%.*s**", (int)first, name.ptr ? name.ptr : "");
}

static err keep(struct act *a, const struct conversation *c, const char *kind, str value,
                str masked)
{
    if (!value.len)
        return OK;
    const struct contact one = {.id = id_new(a->now),
                                .conversation_id = c->id,
                                .visitor_id = c->visitor_id,
                                .kind = kind,
                                .value = value,
                                .masked = masked,
                                .at = c->last_at};
    return contact_insert(a->db, a->mem, a->vault, &one);
}

static err keep_form(struct act *a, const struct conversation *c, const struct form *f,
                     const struct message *m)
{
    size_t found;
    err e = keep(a, c, f->phone_kind, f->digits, contact_mask(f->digits, a->mem));
    if (!e.code)
        e = keep(a, c, "name", f->name, masked_name(a, f->name));
    if (!e.code)
        e = keep(a, c, "time", f->time, S("")); /* masked when it is shown: it is sealed */
    return e.code ? e : act_keep_contacts(a, c, m, &found);
}

/* Consent and question into *c, not yet told. */
static err fill_in(struct act *a, struct conversation *c, struct message *m)
{
    struct event agrees = act_event(a, EVENT_CONSENT);
    const struct event writes = act_event(a, EVENT_VISITOR_WRITES);
    bool changed;
    agrees.consent = CONSENT_GRANTED;
    err e = act_apply(a, c, &agrees, NULL, &changed);
    if (!e.code)
        e = act_apply(a, c, &writes, m, &changed);
    if (!c->agent_id) /* with an agent there it was a chat all the same */
        c->form = true;
    return e;
}

err act_left_message(struct act *a, const struct chat_place *p, const struct left_message *m,
                     struct conversation *c, int64_t *number)
{
    struct message question = {.key = m->key, .sender = SENDER_VISITOR};
    struct form form = {0};
    int64_t at;
    bool found;
    err e = act_said_before(a, p->visitor_id, m->key, c, number, &at);
    if (e.code || *number)
        return e;
    e = check_form(a, m, &form);
    if (!e.code)
        e = conversation_open_of(a->db, a->mem, p->visitor_id, c, &found);
    if (!e.code && !found)
        e = act_begin(a, p, c);
    if (e.code)
        return e;
    const struct conversation before = *c;
    question.text = form.text;
    e = fill_in(a, c, &question);
    if (!e.code)
        e = keep_form(a, c, &form, &question);
    if (!e.code)
        e = act_tell(a, &before, c, &question, true);
    *number = question.number;
    if (!e.code)
        count_add(COUNT_MESSAGES, 1);
    return e;
}
