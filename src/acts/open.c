#include "acts/parts.h"

err act_open(struct act *a, const struct chat_place *p, struct conversation *out)
{
    bool found;
    err e = conversation_open_of(a->db, a->mem, p->visitor_id, out, &found);
    if (e.code || found)
        return e;
    e = act_begin(a, p, out);
    if (e.code)
        return e;
    const struct conversation before = *out;
    return act_tell(a, &before, out, NULL, true);
}

err act_consent(struct act *a, const struct chat_place *p, enum consent consent)
{
    struct conversation c;
    struct event ev = act_event(a, EVENT_CONSENT);
    bool found;
    ev.consent = consent;
    err e = conversation_open_of(a->db, a->mem, p->visitor_id, &c, &found);
    if (!e.code && !found && consent == CONSENT_WITHDRAWN) {
        e = conversation_last_of(a->db, a->mem, p->visitor_id, &c, &found);
        if (!e.code && !found)
            return OK; /* nothing was ever kept */
    }
    if (!e.code && !found)
        e = act_open(a, p, &c);
    return e.code ? e : act_change(a, &c, &ev);
}

err act_visitor_read(struct act *a, int64_t visitor, int64_t number)
{
    struct conversation c;
    struct event ev = act_event(a, EVENT_VISITOR_READ);
    bool found;
    ev.number = number;
    err e = conversation_last_of(a->db, a->mem, visitor, &c, &found);
    return e.code || !found ? e : act_change(a, &c, &ev);
}

err act_agent_read(struct act *a, int64_t conversation, int64_t number)
{
    struct conversation c;
    struct event ev = act_event(a, EVENT_AGENT_READ);
    ev.number = number;
    err e = act_find(a, conversation, &c);
    return e.code ? e : act_change(a, &c, &ev);
}
