/* How a conversation ends: by the agent, by the visitor, by silence; and what is forgotten in time. */
#include "acts/parts.h"
#include "base/json.h"
#include "base/log.h"
#include "db/db.h"
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

/* --- the sweep: a list of ids, and what is done to each ------------------------------------------ */

typedef err list_fn(struct db *db, struct arena *mem, int64_t site, int64_t before, int limit,
                    int64_t **out, size_t *count);
typedef err step_fn(struct act *a, int64_t id);

static err end_silent(struct act *a, int64_t id)
{
    const struct event ev = act_event(a, EVENT_TIMEOUT);
    struct conversation c;
    err e = conversation_by_id(a->db, a->mem, id, &c);
    return e.code ? e : act_change(a, &c, &ev);
}

static err forget_bodies(struct act *a, int64_t id)
{
    struct conversation c;
    err e = conversation_by_id(a->db, a->mem, id, &c);
    if (!e.code)
        e = conversation_erase_bodies(a->db, id);
    if (e.code)
        return e;
    const struct conversation before = c;
    c.bodies_erased_at = a->now;
    return act_tell(a, &before, &c, NULL, true);
}

/* A left message that nobody took in all that time. */
static err end_untaken(struct act *a, int64_t id)
{
    err e = end_silent(a, id);
    return e.code ? e : forget_bodies(a, id);
}

static err forget_card(struct act *a, int64_t visitor)
{
    struct conversation c;
    bool talked;
    err e = visitor_card_delete(a->db, visitor);
    if (!e.code)
        e = conversation_last_of(a->db, a->mem, visitor, &c, &talked);
    if (e.code || !talked)
        return e;
    const struct conversation before = c;
    return act_tell(a, &before, &c, NULL, true);
}

/* What one of them did is taken back when it fails, and the others go on: a text that cannot be opened
 * stands in nobody's way. What the store itself cannot do fails the whole. */
static err try_step(struct act *a, step_fn *step, int64_t id)
{
    struct bus_outbox told = *a->out;
    err e = db_savepoint(a->db);
    if (e.code)
        return e;
    e = step(a, id);
    if (!e.code)
        return db_release_savepoint(a->db);
    if (e.code == ERR_BUSY || e.code == ERR_FULL || !db_in_transaction(a->db))
        return e;
    db_rollback_savepoint(a->db);
    outbox_take_back(a->out, told);
    log_event(LOG_WARN, "sweep_skipped", {"id", .number = id}, {"error", str_of(e.name)});
    return db_in_transaction(a->db) ? OK : e;
}

static err for_each(struct act *a, list_fn *list, step_fn *step, int64_t site, int64_t age_s,
                    int limit)
{
    int64_t *ids;
    size_t count;
    err e = list(a->db, a->mem, site, a->now - age_s * 1000, limit, &ids, &count);
    for (size_t i = 0; !e.code && i < count; i++)
        e = try_step(a, step, ids[i]);
    return e;
}

static err sweep_site(struct act *a, const struct site *s, int limit)
{
    struct clocks clocks;
    const char *field;
    /* settings that cannot be read have the clocks of a fresh site */
    bool read = !json_decode(s->settings, &clock_shape, a->mem, &clocks, &field).code;
    int64_t silent = read && clocks.has_close_after ? clocks.close_after : CLOSE_AFTER_S;
    int64_t days = read && clocks.has_retention_days ? clocks.retention_days : RETENTION_DAYS;
    err e = for_each(a, conversation_silent, end_silent, s->id, silent, limit);
    if (!e.code)
        e = for_each(a, conversation_untaken, end_untaken, s->id, days * DAY_S, limit);
    if (!e.code)
        e = for_each(a, conversation_expired, forget_bodies, s->id, days * DAY_S, limit);
    if (!e.code)
        e = for_each(a, visitor_card_expired, forget_card, s->id, days * DAY_S, limit);
    return e;
}

err act_sweep(struct act *a, int limit)
{
    struct site *sites;
    size_t count;
    err e = site_list(a->db, a->mem, &sites, &count);
    for (size_t i = 0; !e.code && i < count; i++)
        e = sweep_site(a, &sites[i], limit);
    return e.code ? e : guard_sweep(a->db, a->now);
}
