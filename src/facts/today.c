#include "facts/today.h"

#include "base/time.h"

#include <stdlib.h>
#include <string.h>

enum { WITHIN_MS = 30000, FIRST_CAP = 32, HOURS = 24 };

/* What a conversation adds, found once and counted in every breakdown alike. */
struct score {
    bool answered, lost, phone, booked, unmarked;
    int64_t response; /* -1: none */
};

/* Room for one more of them, zeroed; what stood there is moved. */
static void *grown(struct arena *mem, void *items, size_t count, size_t *cap, size_t size)
{
    if (count < *cap)
        return items;
    *cap = *cap ? *cap * 2 : FIRST_CAP;
    void *more = arena_alloc(mem, *cap, size, _Alignof(max_align_t));
    if (count)
        memcpy(more, items, count * size);
    return more;
}

static void gather(struct arena *mem, int64_t **items, size_t *count, size_t *cap, int64_t value)
{
    *items = grown(mem, *items, *count, cap, sizeof **items);
    (*items)[(*count)++] = value;
}

static bool within(int64_t at, int64_t from, int64_t until)
{
    return at >= from && at < until;
}

static bool has_mark(const struct fact *f, const struct today_mark *m)
{
    bool any = false; /* of the dimension */
    for (size_t i = 0; i < f->mark_count; i++)
        if (f->marks[i].dimension_id == m->dimension_id && f->marks[i].label_id) {
            if (f->marks[i].label_id == m->label_id)
                return true;
            any = true;
        }
    return m->label_id == 0 && !any;
}

static struct score score_of(const struct tally *t, const struct fact *f)
{
    bool first = f->first_visitor_at && f->first_agent_at >= f->first_visitor_at;
    struct score s = {.answered = f->agent_count > 0,
                      .lost = f->visitor_count > 0 && f->agent_count == 0,
                      .response = first ? f->first_agent_at - f->first_visitor_at : -1};
    for (size_t i = 0; i < t->out->mark_count; i++) {
        if (!has_mark(f, &t->out->marks[i]))
            continue;
        s.unmarked = s.unmarked || t->out->marks[i].label_id == 0;
        s.phone = s.phone || t->worths[i] != WORTH_NOTHING;
        s.booked = s.booked || t->worths[i] == WORTH_BOOKED;
    }
    return s;
}

static void count_figures(struct tally *t, struct today_figures *out, struct gathered *g,
                          const struct fact *f, const struct score *s)
{
    out->conversations++;
    out->answered += s->answered;
    out->lost += s->lost;
    out->phones += s->phone;
    out->booked += s->booked;
    out->unmarked += s->unmarked;
    if (f->visitor_id) /* erased visitors are no one in particular */
        gather(t->mem, &g->visitors, &g->visitor_count, &g->visitor_cap, f->visitor_id);
    if (s->response >= 0) {
        out->within_30s += s->response <= WITHIN_MS;
        g->response_sum += s->response;
        gather(t->mem, &g->responses, &g->response_count, &g->response_cap, s->response);
    }
}

static void count_agent(struct tally *t, const struct fact *f, const struct score *s)
{
    struct today *o = t->out;
    size_t i = 0;
    while (i < o->agent_count && o->agents[i].agent_id != f->agent_id)
        i++;
    if (i == o->agent_count) {
        o->agents = grown(t->mem, o->agents, i, &t->agent_cap, sizeof *o->agents);
        t->responses = grown(t->mem, t->responses, i, &t->response_cap, sizeof *t->responses);
        o->agents[i] = (struct today_agent){.agent_id = f->agent_id};
        t->responses[i] = (struct agent_responses){0, 0};
        o->agent_count++;
    }
    struct today_agent *a = &o->agents[i];
    a->conversations++;
    a->answered += s->answered;
    a->lost += s->lost;
    a->phones += s->phone;
    a->booked += s->booked;
    a->unmarked += s->unmarked;
    if (s->response >= 0) {
        t->responses[i].sum += s->response;
        t->responses[i].count++;
    }
}

static void count_source(struct tally *t, const struct fact *f, const struct score *s)
{
    struct today *o = t->out;
    str channel = f->channel.len ? f->channel : S("unknown");
    size_t i = 0;
    while (i < o->source_count &&
           !(str_eq(o->sources[i].channel, channel) && str_eq(o->sources[i].engine, f->engine)))
        i++;
    if (i == o->source_count) {
        o->sources = grown(t->mem, o->sources, i, &t->source_cap, sizeof *o->sources);
        o->sources[i] = (struct today_source){.channel = str_copy(t->mem, channel),
                                              .engine = str_copy(t->mem, f->engine)};
        o->source_count++;
    }
    struct today_source *row = &o->sources[i];
    row->conversations++;
    row->answered += s->answered;
    row->lost += s->lost;
    row->phones += s->phone;
    row->booked += s->booked;
}

static void count_marks(struct tally *t, const struct fact *f, bool now)
{
    for (size_t i = 0; i < t->out->mark_count; i++) {
        struct today_mark *m = &t->out->marks[i];
        if (has_mark(f, m))
            ++*(now ? &m->now : &m->before);
    }
}

static int more_first(int64_t a, int64_t b)
{
    return (a < b) - (a > b);
}

static int agent_order(const void *pa, const void *pb)
{
    const struct today_agent *a = pa, *b = pb;
    if (!a->agent_id != !b->agent_id) /* nobody comes last */
        return a->agent_id ? -1 : 1;
    int order = more_first(a->conversations, b->conversations);
    return order ? order : more_first(b->agent_id, a->agent_id);
}

static int source_order(const void *pa, const void *pb)
{
    const struct today_source *a = pa, *b = pb;
    int order = more_first(a->conversations, b->conversations);
    order = order ? order : str_cmp(a->channel, b->channel);
    return order ? order : str_cmp(a->engine, b->engine);
}

static int ascending(const void *pa, const void *pb)
{
    return more_first(*(const int64_t *)pb, *(const int64_t *)pa);
}

static int64_t average(int64_t sum, int64_t count)
{
    return count ? (sum + count / 2) / count : -1;
}

static void sort(void *items, size_t count, size_t size, int (*order)(const void *, const void *))
{
    if (count)
        qsort(items, count, size, order);
}

static void finish_figures(struct today_figures *out, struct gathered *g)
{
    size_t n = g->response_count;
    sort(g->responses, n, sizeof *g->responses, ascending);
    sort(g->visitors, g->visitor_count, sizeof *g->visitors, ascending);
    out->first_response_avg_ms = average(g->response_sum, (int64_t)n);
    out->first_response_p90_ms = n ? g->responses[(9 * n + 9) / 10 - 1] : -1;
    for (size_t i = 0; i < g->visitor_count; i++)
        out->visitors += i == 0 || g->visitors[i] != g->visitors[i - 1];
}

void tally_init(struct tally *t, struct arena *mem, const struct today_question *q,
                struct today *out)
{
    *t = (struct tally){.mem = mem, .q = q, .out = out};
    *out = (struct today){.waiting = 0};
}

static void add_row(struct tally *t, int64_t dimension, int64_t label, enum worth worth)
{
    struct today *o = t->out;
    o->marks = grown(t->mem, o->marks, o->mark_count, &t->mark_cap, sizeof *o->marks);
    t->worths = grown(t->mem, t->worths, o->mark_count, &t->worth_cap, sizeof *t->worths);
    t->worths[o->mark_count] = worth;
    o->marks[o->mark_count++] = (struct today_mark){dimension, label, 0, 0};
}

void tally_label(struct tally *t, int64_t dimension, int64_t label, str dimension_code,
                 str label_code)
{
    const struct today *o = t->out;
    bool conversion = str_eq(dimension_code, S("conversion"));
    bool booked = conversion && str_eq(label_code, S("booked"));
    bool phone = conversion && str_eq(label_code, S("phone"));
    if (!o->mark_count || o->marks[o->mark_count - 1].dimension_id != dimension)
        add_row(t, dimension, 0, WORTH_NOTHING);
    if (label)
        add_row(t, dimension, label, booked ? WORTH_BOOKED : phone ? WORTH_PHONE : WORTH_NOTHING);
}

void tally_add(struct tally *t, const struct fact *f)
{
    const struct today_question *q = t->q;
    struct today *o = t->out;
    bool now = within(f->started_at, q->from, q->until);
    bool before = within(f->started_at, q->before_from, q->before_until);
    struct score s = score_of(t, f);
    size_t hour = (size_t)zone_civil(q->zone, f->started_at).hour % HOURS;
    if (now) {
        count_figures(t, &o->now, &t->now, f, &s);
        count_marks(t, f, true);
        count_agent(t, f, &s);
        count_source(t, f, &s);
        o->hours_now[hour]++;
        o->hours_lost[hour] += s.lost;
        o->messages_left += f->form;
    }
    if (before) {
        count_figures(t, &o->before, &t->before, f, &s);
        count_marks(t, f, false);
    }
    if (within(f->started_at, q->before_from, q->before_day_until))
        o->hours_before[hour]++;
}

void tally_done(struct tally *t)
{
    struct today *o = t->out;
    finish_figures(&o->now, &t->now);
    finish_figures(&o->before, &t->before);
    for (size_t i = 0; i < o->agent_count; i++)
        o->agents[i].first_response_avg_ms = average(t->responses[i].sum, t->responses[i].count);
    sort(o->agents, o->agent_count, sizeof *o->agents, agent_order);
    sort(o->sources, o->source_count, sizeof *o->sources, source_order);
}

int64_t today_day_earlier(const struct zone *z, int64_t at)
{
    int64_t then = at - INT64_C(86400000);
    return then + (zone_offset_minutes(z, at) - zone_offset_minutes(z, then)) * INT64_C(60000);
}
