/* collect.c - page views and beacons from the widget: the first walk of docs/ARCHITECTURE.md. */
#include "base/id.h"
#include "base/log.h"
#include "base/time.h"
#include "base/url.h"
#include "track/track_rows.h"
#include "web/call.h"
#include "web/handlers.h"
#include "web/wire_shapes.h"

#include <xxhash.h>

enum { MONTHS_BACK = 3 }; /* how far "new or returning" looks: files that the writer opens */

static int month_of(int64_t visit)
{
    return time_month_utc(id_ms(visit));
}

/* How many visits of this visitor came before now: one more than before his last one. It is looked
 * for in the newest months, and not before the visitor was made; who was made before them all has
 * been here once at least. */
static err visits_before(struct call *c, int64_t visitor, int *out)
{
    int months[MONTHS_BACK];
    size_t count = store_months(c->web->store, months, COUNT(months));
    int64_t n = 0;
    size_t i = 0;
    for (; i < count && !n && months[i] >= month_of(visitor); i++) {
        struct db *trail;
        err e = session_trail(c->session, months[i], &trail);
        if (!e.code)
            e = visits_up_to_now(trail, visitor, &n);
        if (e.code)
            return e;
    }
    if (!n && count == COUNT(months) && month_of(visitor) < months[count - 1])
        n = 1;
    *out = n > 100000 ? 100000 : (int)n;
    return OK;
}

static bool is_outside(str referrer, const struct url *page)
{
    struct url from;
    return !url_parse(referrer, &from).code && !str_eq_nocase(from.host, page->host);
}

static err begin_visit(struct call *c, struct visit *v, bool returning)
{
    struct db *trail;
    v->id = id_new(c->now);
    v->began_at = c->now;
    err e = returning ? visits_before(c, v->visitor_id, &v->visits_before) : OK;
    if (!e.code)
        e = session_trail(c->session, month_of(v->id), &trail);
    return e.code ? e : visit_insert(trail, v);
}

static void answer_view(struct call *c, const struct visit *v, int n)
{
    buf_reserve(&c->out.buf, (size_t)c->site->widget.len + 512);
    json_str(&c->out, "visitor",
             visitor_token(c->web->vault, c->mem, v->visitor_id, v->site_id, c->now));
    json_id(&c->out, "visit", v->id);
    json_int(&c->out, "n", n);
    bool online = live_agents_online(c->web->live) > 0;
    json_begin_object(&c->out, "widget");
    buf_add(&c->out.buf, c->site->widget); /* its members, as JSON already */
    buf_add(&c->out.buf, online ? S(",\"agents_online\":true") : S(",\"agents_online\":false"));
    json_end_object(&c->out);
}

static void describe(struct call *c, const struct in_page_view *in, struct visit *v)
{
    v->url = call_keep(c, in->url, URL_KEPT, &v->url_cut);
    v->title = call_keep(c, in->title, TITLE_KEPT, NULL);
    v->page_at = c->now;
    v->last_at = c->now;
}

/* The visit this page view begins, were it the first of one. */
static struct visit fresh_visit(struct call *c, const struct in_page_view *in,
                                const struct device *device)
{
    struct visit v = {
        .site_id = c->place.site_id, .visitor_id = c->place.visitor_id, .invited = "no"};
    v.referrer = call_keep(c, in->referrer, URL_KEPT, &v.referrer_cut);
    v.language = call_keep(c, in->language, 20, NULL);
    v.screen = call_keep(c, in->screen, 20, NULL);
    v.device = device->kind;
    v.os = device->os;
    v.browser = device->browser;
    describe(c, in, &v);
    v.landing_url = v.url;
    v.landing_cut = v.url_cut;
    source_of(v.landing_url, v.referrer, c->mem, &v.source);
    v.campaign = campaign_of(v.landing_url, c->mem);
    return v;
}

static err place_of_view(struct call *c, const struct in_page_view *in, bool *returning)
{
    err e = call_place(c, in->site, in->visitor, 0);
    *returning = !e.code;
    if (e.code != ERR_LOGIN)
        return e;
    /* No token, a forged one, or one of another site: a new visitor. */
    c->field = NULL;
    c->place.visitor_id = id_new(c->now);
    return OK;
}

err on_page_view(struct call *c)
{
    const struct in_page_view *in = c->in;
    struct url page;
    struct device device;
    bool returning, bot;
    err e = place_of_view(c, in, &returning);
    if (e.code)
        return e;
    device_of(http_header_get(c->request, S("user-agent")), &device, &bot);
    if (bot)
        return ERR(ERR_FORBIDDEN, "crawler");
    if (url_parse(in->url, &page).code) {
        c->field = "url";
        return ERR(ERR_INVALID, "url_format");
    }
    struct visit old, v = fresh_visit(c, in, &device);
    bool known =
        visit_table_get(c->web->visits, v.visitor_id, c->mem, &old) && old.site_id == v.site_id;
    uint64_t key = in->key.len ? XXH3_64bits(in->key.ptr, (size_t)in->key.len) : 0;
    int repeated = known ? visit_view_of_key(&old, key) : 0;
    if (repeated) {
        answer_view(c, &old, repeated);
        return OK;
    }
    bool outside = is_outside(v.referrer, &page);
    if (!known || visit_is_new(&old, &v.source, v.campaign, outside, c->now)) {
        e = begin_visit(c, &v, returning);
    } else {
        describe(c, in, &old);
        v = old;
    }
    struct db *trail;
    visit_keep_key(&v, key, ++v.pages);
    if (!e.code)
        e = session_trail(c->session, month_of(v.id), &trail);
    if (!e.code)
        e = page_view_insert(trail, v.id, v.pages, c->now, v.url, v.url_cut, v.title);
    if (e.code)
        return e;
    visit_table_put(c->web->visits, &v);
    count_add(COUNT_PAGE_VIEWS, 1);
    answer_view(c, &v, v.pages);
    return OK;
}

/* The visit a beacon speaks of must be this visitor's. */
static err own_visit(struct call *c, int64_t id, struct db **trail, struct visit *v)
{
    err e = ERR(ERR_MISSING, "visit_missing");
    int64_t made = id_ms(id);
    if (made > c->now + 60000 || made < c->now - 3 * 86400000LL)
        return e;
    if (visit_table_get(c->web->visits, c->place.visitor_id, c->mem, v) && v->id == id)
        return session_trail(c->session, month_of(id), trail);
    e = session_trail(c->session, month_of(id), trail);
    if (!e.code)
        e = visit_by_id(*trail, c->mem, id, v);
    if (!e.code && v->visitor_id != c->place.visitor_id)
        e = ERR(ERR_MISSING, "visit_missing");
    return e;
}

err on_beacon(struct call *c)
{
    const struct in_beacon *in = c->in;
    struct db *trail;
    struct visit v;
    err e = call_place(c, in->site, in->visitor, in->visit);
    if (!e.code)
        e = own_visit(c, in->visit, &trail, &v);
    if (e.code)
        return e;
    int64_t longest = c->now - v.began_at; /* nobody reads longer than the visit has lasted */
    int64_t dwell = in->dwell_ms > longest ? longest : in->dwell_ms;
    if (dwell > 0)
        e = dwell_insert(trail, v.id, (int)in->n, c->now, dwell);
    str anchor = call_keep(c, in->anchor, 120, NULL);
    if (!e.code && anchor.len)
        e = click_insert(trail, v.id, (int)in->n, c->now, anchor);
    if (e.code)
        return e;
    if (in->invite != IN_BEACON_INVITE_NONE)
        visit_table_invited(c->web->visits, c->place.visitor_id,
                            in_beacon_invite_words[in->invite]);
    visit_table_touch(c->web->visits, c->place.visitor_id, c->now);
    json_bool(&c->out, "ok", true);
    return OK;
}
