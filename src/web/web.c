/* web.c - the room as a whole: opened with the store, attached to the sockets, closed last. */
#include "base/id.h"
#include "base/log.h"
#include "base/time.h"
#include "track/track_rows.h"
#include "web/call.h"
#include "web/router.h"

#include <stdlib.h>

enum { SWEEP_EVERY_MS = 10000, SWEEP_LIMIT = 200 };

/* --- what mirrors the store, read at the start and again after a lost batch ------------------------- */

static err load_main(void *arg, struct session *s)
{
    struct web *w = arg;
    int64_t largest;
    err e = conversation_largest(s->main, &largest, &w->change_seq);
    if (e.code)
        return e;
    id_floor(largest);
    return sites_reload(w->sites, s->main);
}

static void main_lost(void *arg, struct session *s)
{
    err e = load_main(arg, s);
    if (e.code)
        log_event(LOG_ERROR, "reload_failed", {"code", str_of(e.name)});
}

static err load_trail(void *arg, struct session *s)
{
    struct web *w = arg;
    int months[2];
    int64_t now = time_now_ms(), largest;
    size_t count = store_months(w->store, months, COUNT(months));
    for (size_t i = 0; i < count; i++) {
        struct db *trail;
        err e = session_trail(s, months[i], &trail);
        if (!e.code)
            e = visits_reload(trail, now, w->visits);
        if (!e.code)
            e = trail_largest_id(trail, &largest);
        if (e.code)
            return e;
        id_floor(largest);
    }
    return OK;
}

static void trail_lost(void *arg, struct session *s)
{
    struct web *w = arg;
    visit_table_clear(w->visits);
    err e = load_trail(arg, s);
    if (e.code)
        log_event(LOG_ERROR, "reload_failed", {"code", str_of(e.name)});
}

/* --- the sweep: ends what fell silent, erases what is past its time --------------------------------- */

struct sweep {
    struct job job;
    struct web *web;
    struct arena mem;
    struct bus_outbox outbox;
};

static err sweep_run(struct job *job, struct session *s)
{
    struct sweep *w = (struct sweep *)job;
    struct act a = {.mem = &w->mem,
                    .db = s->main,
                    .vault = w->web->vault,
                    .visits = w->web->visits,
                    .now = time_now_ms(),
                    .out = &w->outbox,
                    .change_seq = &w->web->change_seq};
    return act_sweep(&a, SWEEP_LIMIT);
}

static void sweep_done(struct job *job, err result)
{
    struct sweep *w = (struct sweep *)job;
    if (!result.code)
        outbox_publish(&w->outbox, w->web->bus);
    else
        log_event(LOG_WARN, "sweep_failed", {"code", str_of(result.name)});
    arena_release(&w->mem);
    free(w);
}

static void sweep(struct web *w)
{
    struct sweep *s = calloc(1, sizeof(*s));
    if (!s)
        return;
    s->job = (struct job){.run = sweep_run, .done = sweep_done};
    s->web = w;
    arena_init(&s->mem, 0);
    if (!store_submit(w->store, QUEUE_MAIN, &s->job)) {
        arena_release(&s->mem);
        free(s);
    }
    visit_table_sweep(w->visits, time_now_ms());
}

/* --- the app of the sockets ------------------------------------------------------------------------- */

static void on_frame(void *ctx, conn_ref from, void *user, str text)
{
    struct web *w = ctx;
    live_message(w->live, from, user, text);
}

static void on_gone(void *ctx, conn_ref from, void *user)
{
    struct web *w = ctx;
    live_closed(w->live, from, user);
}

static void on_tick(void *ctx, int loop)
{
    struct web *w = ctx;
    int64_t now = time_monotonic_ms();
    live_tick(w->live, loop);
    if (loop == 0 && now - w->last_sweep >= SWEEP_EVERY_MS) {
        w->last_sweep = now;
        sweep(w);
    }
}

struct net_app web_app(struct web *w)
{
    return (struct net_app){.ctx = w,
                            .admit = router_admit,
                            .refuse = router_refuse,
                            .request = router_request,
                            .message = on_frame,
                            .closed = on_gone,
                            .tick = on_tick};
}

err web_open(const struct web_options *o, struct web **out)
{
    struct web *w = calloc(1, sizeof(*w));
    if (!w)
        abort();
    w->store = o->store;
    w->vault = o->vault;
    w->bus = o->bus;
    w->visits = o->visits;
    w->version = o->version;
    w->demo = o->demo;
    w->sites = sites_new();
    w->limits = limits_new();
    w->live = live_new(w);
    err e = store_wait(w->store, QUEUE_MAIN, load_main, w);
    if (!e.code)
        e = store_wait(w->store, QUEUE_TRAIL, load_trail, w);
    store_on_lost(w->store, QUEUE_MAIN, main_lost, w);
    store_on_lost(w->store, QUEUE_TRAIL, trail_lost, w);
    *out = w;
    return e;
}

err web_attach(struct web *w, struct net *n)
{
    w->net = n;
    return live_attach(w->live, net_loops(n));
}

void web_close(struct web *w)
{
    live_free(w->live);
    limits_free(w->limits);
    sites_free(w->sites);
    free(w);
}
