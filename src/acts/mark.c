#include "acts/parts.h"
#include "label/label_rows.h"

err act_mark(struct act *a, int64_t conversation, int64_t dimension, int64_t label,
             struct conversation *out)
{
    bool changed;
    const struct mark m = {.conversation_id = conversation,
                           .dimension_id = dimension,
                           .label_id = label,
                           .marked_by = a->who.user,
                           .at = a->now};
    err e = act_find(a, conversation, out);
    if (e.code)
        return e;
    if (out->agent_id && out->agent_id != a->who.user && !(a->who.may & MAY_SUPERVISE))
        return ERR(ERR_FORBIDDEN, "not_your_conversation");
    e = mark_set(a->db, a->mem, &m, &changed);
    if (e.code || !changed)
        return e;
    const struct conversation before = *out;
    return act_tell(a, &before, out, NULL, true);
}
