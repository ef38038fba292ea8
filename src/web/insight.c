/* insight.c - Today: the day's figures against yesterday's, until the same time of day. */
#include "base/time.h"
#include "facts/today_rows.h"
#include "web/call.h"
#include "web/handlers.h"

enum { DEFINITION_VERSION = 1 };

static void int_or_null(struct json_out *j, const char *name, int64_t n)
{
    if (n < 0)
        json_no_value(j, name);
    else
        json_int(j, name, n);
}

static void view_figures(struct json_out *j, const char *name, const struct today_figures *f)
{
    json_begin_object(j, name);
    json_int(j, "conversations", f->conversations);
    json_int(j, "answered", f->answered);
    json_int(j, "lost", f->lost);
    json_int(j, "phones", f->phones);
    json_int(j, "booked", f->booked);
    json_int(j, "unmarked", f->unmarked);
    int_or_null(j, "first_response_avg_ms", f->first_response_avg_ms);
    int_or_null(j, "first_response_p90_ms", f->first_response_p90_ms);
    json_int(j, "within_30s", f->within_30s);
    int_or_null(j, "visitors", f->visitors);
    json_end_object(j);
}

static void view_hours(struct json_out *j, const struct today *t, int hours_done)
{
    json_begin_array(j, "hours");
    for (int h = 0; h < 24; h++) {
        json_begin_object(j, NULL);
        json_int(j, "hour", h);
        int_or_null(j, "now", h < hours_done ? t->hours_now[h] : -1);
        json_int(j, "before", t->hours_before[h]);
        json_int(j, "lost", t->hours_lost[h]);
        json_end_object(j);
    }
    json_end_array(j);
}

static err view_agents(struct call *c, const struct today *t)
{
    err e = OK;
    json_begin_array(&c->out, "agents");
    for (size_t i = 0; i < t->agent_count && !e.code; i++) {
        const struct today_agent *a = &t->agents[i];
        struct user u = {0};
        if (a->agent_id)
            e = user_by_id(c->act.db, c->mem, a->agent_id, &u);
        json_begin_object(&c->out, NULL);
        json_id(&c->out, "agent_id", a->agent_id);
        json_str(&c->out, "name", u.name);
        json_int(&c->out, "conversations", a->conversations);
        json_int(&c->out, "answered", a->answered);
        json_int(&c->out, "lost", a->lost);
        json_int(&c->out, "phones", a->phones);
        json_int(&c->out, "booked", a->booked);
        int_or_null(&c->out, "first_response_avg_ms", a->first_response_avg_ms);
        json_int(&c->out, "unmarked", a->unmarked);
        json_end_object(&c->out);
    }
    json_end_array(&c->out);
    return e;
}

static void view_sources(struct json_out *j, const struct today *t)
{
    json_begin_array(j, "sources");
    for (size_t i = 0; i < t->source_count; i++) {
        const struct today_source *s = &t->sources[i];
        json_begin_object(j, NULL);
        json_str(j, "channel", s->channel);
        json_str(j, "engine", s->engine);
        json_int(j, "conversations", s->conversations);
        json_int(j, "answered", s->answered);
        json_int(j, "lost", s->lost);
        json_int(j, "phones", s->phones);
        json_int(j, "booked", s->booked);
        json_end_object(j);
    }
    json_end_array(j);
}

static void view_marks(struct json_out *j, const struct today *t)
{
    json_begin_array(j, "marks");
    for (size_t i = 0; i < t->mark_count; i++) {
        json_begin_object(j, NULL);
        json_id(j, "dimension_id", t->marks[i].dimension_id);
        json_id(j, "label_id", t->marks[i].label_id);
        json_int(j, "now", t->marks[i].now);
        json_int(j, "before", t->marks[i].before);
        json_end_object(j);
    }
    json_end_array(j);
}

static void view_attention(struct call *c, const struct today *t)
{
    json_begin_object(&c->out, "attention");
    json_int(&c->out, "waiting", t->waiting);
    int_or_null(&c->out, "longest_wait_ms",
                t->longest_wait_since ? c->now - t->longest_wait_since : -1);
    json_int(&c->out, "lost", t->now.lost);
    json_int(&c->out, "unmarked", t->now.unmarked);
    json_int(&c->out, "messages_left", t->messages_left);
    json_end_object(&c->out);
}

/* The zone that days are cut by: the site's, or that of the first site. */
static err zone_of(struct call *c, int64_t site, str *name, const struct zone **zone)
{
    struct site *list;
    size_t count;
    const struct site_entry *one = site ? site_of_id(c->web->sites, site) : NULL;
    *name = S("Asia/Shanghai");
    err e = OK;
    if (site && !one) {
        c->field = "site";
        return ERR(ERR_MISSING, "site_unknown");
    }
    if (one) {
        *name = one->site.time_zone;
    } else {
        e = site_list(c->act.db, c->mem, &list, &count);
        if (!e.code && count)
            *name = list[0].time_zone;
    }
    return e.code ? e : zone_find(*name, zone);
}

static err question_of(struct call *c, struct today_question *q, str *zone_name)
{
    int64_t at = c->now;
    str day = call_query(c, "day");
    q->site = call_query_id(c, "site");
    q->only_agent = c->who.own_only ? c->who.user : 0;
    err e = zone_of(c, q->site, zone_name, &q->zone);
    if (e.code)
        return e;
    if (day.len && !time_parse_day(day, q->zone, &at)) {
        c->field = "day";
        return ERR(ERR_INVALID, "field_range");
    }
    q->from = zone_day_start(q->zone, at, 0);
    int64_t end = zone_day_start(q->zone, at, 1);
    q->until = c->now < end ? c->now : end;
    q->before_from = zone_day_start(q->zone, at, -1);
    q->before_day_until = q->from;
    q->before_until = today_day_earlier(q->zone, q->until);
    if (q->before_until < q->before_from)
        q->before_until = q->before_from;
    if (q->before_until > q->before_day_until || q->until == end)
        q->before_until = q->before_day_until;
    return OK;
}

err on_today(struct call *c)
{
    struct today_question q = {0};
    struct today t;
    str zone_name;
    err e = question_of(c, &q, &zone_name);
    if (!e.code)
        e = today_figures_of(c->act.db, c->mem, &q, &t);
    if (e.code)
        return e;
    struct civil day = zone_civil(q.zone, q.from);
    int hours_done = q.until > q.from ? zone_civil(q.zone, q.until - 1).hour + 1 : 0;
    json_str(&c->out, "day", str_format(c->mem, "%04d-%02d-%02d", day.year, day.month, day.day));
    json_time(&c->out, "until", q.until);
    json_time(&c->out, "before_until", q.before_until);
    json_id(&c->out, "agent_id", q.only_agent);
    json_str(&c->out, "time_zone", zone_name);
    json_int(&c->out, "definition_version", DEFINITION_VERSION);
    view_figures(&c->out, "now", &t.now);
    view_figures(&c->out, "before", &t.before);
    view_hours(&c->out, &t, hours_done);
    view_marks(&c->out, &t);
    e = view_agents(c, &t);
    view_sources(&c->out, &t);
    view_attention(c, &t);
    return e;
}
