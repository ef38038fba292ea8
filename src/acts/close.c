/* How a conversation ends: by the agent, by the visitor, by silence; and what is forgotten in time. */
#include "acts/parts.h"
#include "base/json.h"
#include "guard/guard_rows.h"

enum { CLOSE_AFTER_S = 1800, RETENTION_DAYS = 180, DAY_S = 86400 };

/* What the sweep reads of a site's settings. */
struct clocks {
    int64_t close_after, retention_days;
    bool has_close_after, has_retention_days;
};
static const struct json_field clock_fields[] = {
    {.name = "close_after",
     .type = JSON_INT,
     .offset = offsetof(struct clocks, close_after),
     .has = offsetof(struct clocks, has_close_after),
     .min = 60,
     .max = DAY_S},
    {.name = "retention_days",
     .type = JSON_INT,
     .offset = offsetof(struct clocks, retention_days),
     .has = offsetof(struct clocks, has_retention_days),
     .min = 1,
     .max = 3650},
};
static const struct json_shape clock_shape = {"site_clocks", sizeof(struct clocks), clock_fields,
                                              COUNT(clock_fields)};

err act_close(struct act *a, int64_t conversation, struct conversation *out)
{
    const struct event ev = act_event(a, EVENT_CLOSE_BY_AGENT);
    err e = act_find(a, conversation, out);
    return e.code ? e : act_change(a, out, &ev);
}

err act_visitor_ends(struct act *a, int64_t visitor)
{
    const struct event ev = act_event(a, EVENT_CLOSE_BY_VISITOR);
    struct conversation c;
    bool found;
    err e = conversation_open_of(a->db, a->mem, visitor, &c, &found);
    return e.code || !found ? e : act_change(a, &c, &ev);
}

static err end_silent(struct act *a, const struct site *s, int64_t after_s, int limit)
{
    const struct event ev = act_event(a, EVENT_TIMEOUT);
    int64_t *ids;
    size_t count;
    err e = conversation_silent(a->db, a->mem, s->id, a->now - after_s * 1000, limit, &ids, &count);
    for (size_t i = 0; !e.code && i < count; i++) {
        struct conversation c;
        e = conversation_by_id(a->db, a->mem, ids[i], &c);
        if (!e.code)
            e = act_change(a, &c, &ev);
    }
    return e;
}

static err forget_expired(struct act *a, const struct site *s, int64_t days, int limit)
{
    int64_t *ids;
    size_t count;
    err e = conversation_expired(a->db, a->mem, s->id, a->now - days * DAY_S * 1000, limit, &ids,
                                 &count);
    for (size_t i = 0; !e.code && i < count; i++) {
        struct conversation c;
        e = conversation_by_id(a->db, a->mem, ids[i], &c);
        if (!e.code)
            e = conversation_erase_bodies(a->db, ids[i]);
        if (e.code)
            return e;
        const struct conversation before = c;
        c.bodies_erased_at = a->now;
        e = act_tell(a, &before, &c, NULL, true);
    }
    return e;
}

err act_sweep(struct act *a, int limit)
{
    struct site *sites;
    size_t count;
    err e = site_list(a->db, a->mem, &sites, &count);
    for (size_t i = 0; !e.code && i < count; i++) {
        struct clocks clocks;
        const char *field;
        err bad = json_decode(sites[i].settings, &clock_shape, a->mem, &clocks, &field);
        bool read = !bad.code; /* settings that cannot be read have the clocks of a fresh site */
        e = end_silent(a, &sites[i],
                       read && clocks.has_close_after ? clocks.close_after : CLOSE_AFTER_S, limit);
        if (!e.code)
            e = forget_expired(
                a, &sites[i],
                read && clocks.has_retention_days ? clocks.retention_days : RETENTION_DAYS, limit);
    }
    return e.code ? e : guard_sweep(a->db, a->now);
}
