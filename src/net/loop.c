#include "net/conn.h"

#include "base/log.h"
#include "base/time.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define NO_SLOT UINT32_MAX

/* --- names and slots --- */

uint32_t loop_tenths(struct loop *l)
{
    return (uint32_t)(uv_now(&l->uv) / 100);
}

bool loop_is_here(struct loop *l)
{
    return atomic_load_explicit(&l->runs_on, memory_order_relaxed) == (unsigned long)pthread_self();
}

int conn_loop(conn_ref c)
{
    return (int)(c >> 56);
}

conn_ref conn_name(const struct conn *c)
{
    return (conn_ref)c->loop->index << 56 | (conn_ref)c->generation << 32 | c->slot;
}

struct conn *loop_find(struct loop *l, conn_ref ref)
{
    uint32_t at = (uint32_t)ref, generation = (uint32_t)(ref >> 32) & 0xffffff;
    if (!ref || at >= l->slot_count || l->slots[at].generation != generation)
        return NULL;
    struct conn *c = l->slots[at].conn;
    return c && !c->closing ? c : NULL;
}

static void grow_slots(struct loop *l)
{
    uint32_t count = l->slot_count ? l->slot_count * 2 : 64;
    l->slots = realloc(l->slots, count * sizeof *l->slots);
    if (!l->slots)
        abort();
    for (uint32_t i = count; i-- > l->slot_count;) {
        l->slots[i] = (struct slot){.generation = 1, .due = l->free_slot};
        l->free_slot = i;
    }
    l->slot_count = count;
}

void slot_take(struct loop *l, struct conn *c)
{
    if (l->free_slot == NO_SLOT)
        grow_slots(l);
    c->slot = l->free_slot;
    struct slot *s = &l->slots[c->slot];
    l->free_slot = s->due;
    c->generation = s->generation;
    s->conn = c;
    slot_due(c, (uint32_t)l->net->o.head_ms);
}

void slot_free(struct conn *c)
{
    struct slot *s = &c->loop->slots[c->slot];
    s->conn = NULL;
    s->generation = (s->generation + 1) & 0xffffff;
    if (!s->generation)
        s->generation = 1;
    s->due = c->loop->free_slot;
    c->loop->free_slot = c->slot;
}

void slot_due(struct conn *c, uint32_t after_ms)
{
    if (c->out_first && after_ms > WRITES_MS)
        after_ms = WRITES_MS;
    c->loop->slots[c->slot].due = loop_tenths(c->loop) + (after_ms + 99) / 100;
}

void slot_due_at_most(struct conn *c, uint32_t after_ms)
{
    uint32_t *due = &c->loop->slots[c->slot].due, at = loop_tenths(c->loop) + (after_ms + 99) / 100;
    if (at < *due)
        *due = at;
}

const char *loop_date(struct loop *l)
{
    static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    uint32_t now = loop_tenths(l) / 10;
    if (l->date_second == now && l->date[0])
        return l->date;
    time_t second = (time_t)(time_now_ms() / 1000);
    struct tm t;
    gmtime_r(&second, &t);
    snprintf(l->date, sizeof l->date, "%s, %02u %s %04u %02u:%02u:%02u GMT", days[t.tm_wday],
             (unsigned)t.tm_mday % 100u, months[t.tm_mon], (unsigned)(t.tm_year + 1900) % 10000u,
             (unsigned)t.tm_hour % 100u, (unsigned)t.tm_min % 100u, (unsigned)t.tm_sec % 100u);
    l->date_second = now;
    return l->date;
}

/* --- what is left for the next turn --- */

static void on_again(uv_idle_t *idle)
{
    struct loop *l = idle->data;
    size_t n = l->later_count;
    for (size_t i = 0; i < n; i++) {
        struct conn *c = loop_find(l, l->later[i]);
        if (c)
            conn_resume(c);
    }
    memmove(l->later, l->later + n, (l->later_count - n) * sizeof *l->later);
    l->later_count -= n;
    if (!l->later_count)
        uv_idle_stop(idle);
}

void loop_later(struct conn *c)
{
    struct loop *l = c->loop;
    if (l->later_count == l->later_cap) {
        l->later_cap = l->later_cap ? l->later_cap * 2 : 64;
        l->later = realloc(l->later, l->later_cap * sizeof *l->later);
        if (!l->later)
            abort();
    }
    l->later[l->later_count++] = conn_name(c);
    uv_idle_start(&l->again, on_again);
}

static void on_turn(uv_prepare_t *turn)
{
    struct loop *l = turn->data;
    l->handshakes = HANDSHAKES_A_TURN;
}

/* --- draining and deadlines --- */

static void on_quiet_close(uv_handle_t *h)
{
}

static void stop_listening(struct loop *l)
{
    if (l->listening)
        uv_close((uv_handle_t *)&l->listener, on_quiet_close);
    if (l->controlled)
        uv_close((uv_handle_t *)&l->control, on_quiet_close);
    l->listening = l->controlled = false;
}

static void drain(struct loop *l)
{
    bool force = l->draining && loop_tenths(l) >= l->drain_end;
    if (!l->draining) {
        l->draining = true;
        l->drain_end = loop_tenths(l) + DRAIN_MS / 100;
        stop_listening(l);
        for (uint32_t i = 0; i < l->slot_count; i++)
            if (l->slots[i].conn)
                conn_drain(l->slots[i].conn);
    }
    for (uint32_t i = 0; force && i < l->slot_count; i++)
        if (l->slots[i].conn)
            conn_close(l->slots[i].conn);
    if (!l->conns)
        uv_stop(&l->uv);
}

static void on_sweep(uv_timer_t *timer)
{
    struct loop *l = timer->data;
    uint32_t now = loop_tenths(l);
    for (uint32_t i = 0; i < l->slot_count; i++) {
        struct slot *s = &l->slots[i];
        if (s->conn && s->due <= now && !s->conn->closing)
            conn_due(s->conn);
    }
    if (l->net->app.tick && now >= l->tick_at) {
        l->tick_at = now + 10;
        l->net->app.tick(l->net->app.ctx, l->index);
    }
    if (atomic_load(&l->net->stopping))
        drain(l);
}

static void on_wake(uv_async_t *wake)
{
    struct loop *l = wake->data;
    mailbox_deliver(l);
    if (atomic_load(&l->net->stopping))
        drain(l);
}

/* --- the whole --- */

static void fill_defaults(struct net_options *o)
{
    struct rlimit files;
    if (o->max_connections <= 0 && getrlimit(RLIMIT_NOFILE, &files) == 0)
        o->max_connections = files.rlim_cur > 512 ? (int)files.rlim_cur - 256 : 256;
    int *const limits[] = {&o->head_ms, &o->idle_ms, &o->body_rate, &o->ping_ms, &o->stall_ms};
    static const int defaults[] = {10000, 60000, 500, 30000, 10000};
    for (size_t i = 0; i < COUNT(limits); i++)
        if (*limits[i] <= 0)
            *limits[i] = defaults[i];
    if (o->loops <= 0)
        o->loops = (int)uv_available_parallelism();
    if (o->loops > 255)
        o->loops = 255;
}

static struct loop *loop_new(struct net *n, int index)
{
    struct loop *l = calloc(1, sizeof *l);
    if (!l)
        abort();
    l->net = n;
    l->index = index;
    l->free_slot = NO_SLOT;
    l->mail_last = &l->mail_first;
    l->handshakes = HANDSHAKES_A_TURN;
    l->wake.data = l->sweep.data = l->again.data = l->turn.data = l;
    pthread_mutex_init(&l->lock, NULL);
    if (uv_loop_init(&l->uv) < 0 || uv_async_init(&l->uv, &l->wake, on_wake) < 0)
        abort();
    uv_timer_init(&l->uv, &l->sweep);
    uv_timer_start(&l->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
    uv_idle_init(&l->uv, &l->again);
    uv_prepare_init(&l->uv, &l->turn);
    if (n->tls) {
        uv_prepare_start(&l->turn, on_turn);
        tls_loop_init(l);
    }
    return l;
}

static void loop_free(struct loop *l)
{
    assert(l);
    stop_listening(l);
    uv_handle_t *const own[] = {(uv_handle_t *)&l->wake, (uv_handle_t *)&l->sweep,
                                (uv_handle_t *)&l->again, (uv_handle_t *)&l->turn};
    for (size_t i = 0; i < COUNT(own); i++)
        uv_close(own[i], on_quiet_close);
    for (uint32_t i = 0; i < l->slot_count; i++)
        if (l->slots[i].conn)
            conn_close(l->slots[i].conn);
    uv_run(&l->uv, UV_RUN_DEFAULT);
    if (uv_loop_close(&l->uv) < 0)
        abort();
    tls_loop_release(l);
    pthread_mutex_destroy(&l->lock);
    free(l->slots);
    free(l->later);
    free(l);
}

err net_open(const struct net_options *o, const struct net_app *app, struct net **out)
{
    struct net *n = calloc(1, sizeof *n);
    if (!n)
        abort();
    n->o = *o;
    n->app = *app;
    fill_defaults(&n->o);
    accept_init(n);
    err e = accept_proxies(n, o->trusted_proxies ? o->trusted_proxies : "127.0.0.1,::1");
    if (!e.code && o->tls_cert)
        e = tls_open(n, o->tls_cert, o->tls_key);
    n->loops = calloc((size_t)n->o.loops, sizeof(struct loop *));
    if (!n->loops)
        abort();
    for (int i = 0; !e.code && i < n->o.loops; i++, n->loop_count++)
        n->loops[i] = loop_new(n, i);
    if (!e.code)
        e = accept_listen(n, o->listen);
    if (!e.code && o->control_path)
        e = accept_control(n);
    if (e.code) {
        net_close(n);
        n = NULL;
    }
    *out = n;
    return e;
}

int net_port(const struct net *n)
{
    return n->port;
}

int net_loops(const struct net *n)
{
    return n->loop_count;
}

static void *run_loop(void *arg)
{
    struct loop *l = arg;
    atomic_store(&l->runs_on, (unsigned long)pthread_self());
    uv_run(&l->uv, UV_RUN_DEFAULT);
    atomic_store(&l->runs_on, 0);
    return NULL;
}

void net_run(struct net *n)
{
    for (int i = 1; i < n->loop_count; i++)
        if (pthread_create(&n->loops[i]->thread, NULL, run_loop, n->loops[i]))
            abort();
    run_loop(n->loops[0]);
    for (int i = 1; i < n->loop_count; i++)
        pthread_join(n->loops[i]->thread, NULL);
}

void net_stop(struct net *n)
{
    atomic_store(&n->stopping, true);
    for (int i = 0; i < n->loop_count; i++)
        uv_async_send(&n->loops[i]->wake);
}

void net_close(struct net *n)
{
    /* What came after the end: let its owners have their memory back. Mail may bring mail. */
    for (bool any = true; any;) {
        any = false;
        for (int i = 0; i < n->loop_count; i++)
            any |= mailbox_deliver(n->loops[i]);
    }
    for (int i = 0; i < n->loop_count; i++)
        loop_free(n->loops[i]);
    accept_release(n);
    tls_close(n);
    free(n->loops);
    free(n);
}
