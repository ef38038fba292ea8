/* live_push.c - news out: from the bus to the sockets they are for, and the once-a-second round. */
#include "web/live.h"

#include "base/log.h"
#include "base/time.h"

#include <stdlib.h>

enum {
    HELD_LIMIT = 2048, /* pushes held back during one hello */
    HELLO_WITHIN_MS = 15000,
    RECHECK_MS = 60000, /* how often a console's session is looked up again */
    WALK_MS = 5000,
};

void live_hold_end(struct live_loop *l, struct live_socket *s, int64_t upto)
{
    if (upto > s->upto)
        s->upto = upto;
    for (int i = 0; i < s->held_count; i++) {
        struct held *h = &s->held[i];
        if (!h->sequence || h->sequence > upto) /* these belong to the answer */
            net_send_here(l->live->web->net, s->ref, h->frame, h->weak ? FRAME_WEAK : FRAME_ANSWER);
        frame_unref(h->frame);
    }
    free(s->held);
    s->held = NULL;
    s->held_count = 0;
    s->holding = false;
}

/* --- news out ------------------------------------------------------------------------------------- */

/* What is committed may be read, and answered to hello, before the writer comes to publish it: so
 * news that hello has told may also arrive after its answer. */
static void push(struct live_loop *l, struct live_socket *s, struct bus_message *m,
                 struct frame **f)
{
    if (m->sequence && m->sequence <= s->upto)
        return;
    if (!*f)
        *f = frame_text(m->payload);
    if (!s->holding) {
        net_send_here(l->live->web->net, s->ref, *f, m->weak ? FRAME_WEAK : FRAME_FIRM);
        return;
    }
    if (s->held_count == HELD_LIMIT) {
        net_close_ws(l->live->web->net, s->ref, 1013, S("too slow"));
        return;
    }
    if ((s->held_count & (s->held_count - 1)) == 0) {
        size_t cap = s->held_count ? (size_t)s->held_count * 2 : 1;
        struct held *more = realloc(s->held, cap * sizeof(*more));
        if (!more)
            abort();
        s->held = more;
    }
    s->held[s->held_count++] = (struct held){m->sequence, frame_ref(*f), m->weak};
}

/* The dotted words of a topic after the first; -1 where one is missing. */
static void topic_numbers(str rest, int64_t out[3])
{
    for (int i = 0; i < 3; i++) {
        str word;
        str_cut(rest, '.', &word, &rest);
        if (!str_int(word, &out[i]))
            out[i] = -1;
    }
}

static void to_visitor(struct live_loop *l, struct bus_message *m, const int64_t n[3])
{
    struct frame *f = NULL;
    for (struct live_socket *s = map_get_int(&l->by_visitor, n[0]); s; s = s->next_tab) {
        if (n[1] > 0) {
            s->conversation = n[1];
            s->agent = n[2];
        }
        push(l, s, m, &f);
    }
    if (f)
        frame_unref(f);
}

static void to_desk(struct live_loop *l, struct bus_message *m, const int64_t n[3], bool gone)
{
    struct frame *f = NULL;
    for (struct live_socket *s = l->desk; s; s = s->next_desk) {
        const struct who *who = &s->desk->who;
        bool of_theirs = !n[0] || n[0] == who->user;
        bool theirs =
            gone ? who->own_only && of_theirs && n[2] != who->user : !who->own_only || of_theirs;
        if (theirs && who->may & MAY_SEE_CONVERSATIONS)
            push(l, s, m, &f);
    }
    if (f)
        frame_unref(f);
}

static void to_everyone(struct live_loop *l, struct bus_message *m)
{
    struct frame *f = NULL;
    size_t at = 0;
    struct live_socket *s;
    while ((s = map_next(&l->by_visitor, &at)))
        for (; s; s = s->next_tab)
            push(l, s, m, &f);
    if (f)
        frame_unref(f);
}

/* session.USER.SESSION: signed out; SESSION 0 means all of the user's. session.USER.0.OWN: but for
 * the console that has a fresh cookie now; it comes back with that. */
static void sign_out(struct live_loop *l, struct bus_message *m, const int64_t n[3])
{
    struct frame *f = NULL;
    struct live_socket *next;
    for (struct live_socket *s = l->desk; s; s = next) {
        next = s->next_desk;
        const struct who *who = &s->desk->who;
        if (who->user != n[0] || (n[1] && who->session != n[1]))
            continue;
        if (n[2] > 0 && who->session == n[2]) {
            net_close_ws(l->live->web->net, s->ref, 1012, S("password changed"));
            continue;
        }
        push(l, s, m, &f);
        net_close_ws(l->live->web->net, s->ref, 1008, S("signed out"));
    }
    if (f)
        frame_unref(f);
}

/* role.ROLE.OWN_ONLY: from now on its consoles see more, or less. */
static void change_rights(struct live_loop *l, const int64_t n[3])
{
    size_t at = 0;
    struct live_socket *s;
    while ((s = map_next(&l->by_ref, &at))) {
        if (!s->desk || s->desk->who.role != (enum role)n[0])
            continue;
        s->desk->who.own_only = n[1] != 0;
        net_close_ws(l->live->web->net, s->ref, 1012, S("rights changed"));
    }
}

static void deliver(struct live_loop *l, struct bus_message *m)
{
    str kind, rest;
    int64_t n[3];
    str_cut(m->topic, '.', &kind, &rest);
    topic_numbers(rest, n);
    if (str_eq(kind, S("visitor")))
        to_visitor(l, m, n);
    else if (str_eq(kind, S("desk")))
        to_desk(l, m, n, false);
    else if (str_eq(kind, S("gone")))
        to_desk(l, m, n, true);
    else if (str_eq(kind, S("session")))
        sign_out(l, m, n);
    else if (str_eq(kind, S("role")))
        change_rights(l, n);
    else if (str_eq(kind, S("agents")))
        to_everyone(l, m);
}

static void drain_inbox(void *arg)
{
    struct live_loop *l = arg;
    pthread_mutex_lock(&l->lock);
    struct inbox_entry *e = l->first;
    l->first = l->last = NULL;
    pthread_mutex_unlock(&l->lock);
    while (e) {
        struct inbox_entry *next = e->next;
        deliver(l, e->message);
        bus_message_unref(e->message);
        free(e);
        e = next;
    }
}

static void heard(void *arg, struct bus_message *m)
{
    struct live *live = arg;
    for (int i = 0; i < live->count; i++) {
        struct live_loop *l = &live->loops[i];
        struct inbox_entry *e = malloc(sizeof(*e));
        if (!e)
            abort();
        *e = (struct inbox_entry){NULL, bus_message_ref(m)};
        pthread_mutex_lock(&l->lock);
        bool was_empty = !l->first;
        if (was_empty)
            l->first = e;
        else
            l->last->next = e;
        l->last = e;
        pthread_mutex_unlock(&l->lock);
        if (was_empty)
            net_post(live->web->net, i, drain_inbox, l);
    }
}

/* --- once a second ---------------------------------------------------------------------------------- */

static void tell_desk(struct live_loop *l)
{
    uint64_t version = visit_table_version(l->live->web->visits);
    if (version == l->visits_seen || !l->desk)
        return;
    l->visits_seen = version;
    struct frame *f = frame_text(S("{\"t\":\"visitors\",\"changed\":true}"));
    for (struct live_socket *s = l->desk; s; s = s->next_desk)
        if (!s->holding)
            net_send_here(l->live->web->net, s->ref, f, FRAME_WEAK);
    frame_unref(f);
}

static void tell_agents(struct live *live)
{
    bool online = live_agents_online(live) > 0;
    if (online == live->agents_told)
        return;
    live->agents_told = online;
    str text =
        online ? S("{\"t\":\"agents\",\"online\":true}") : S("{\"t\":\"agents\",\"online\":false}");
    struct bus_message *m = bus_message_new(S("agents"), 0, text, false);
    bus_publish(live->web->bus, m);
    bus_message_unref(m);
}

/* A console outlives its session only until this has run. */
struct recheck {
    struct job job;
    struct web *web;
    conn_ref ref;
    unsigned char hash[32];
    int64_t stale; /* the session whose last use is to be renewed: an open console is one */
};

static err recheck_run(struct job *job, struct session *s)
{
    struct recheck *r = (struct recheck *)job;
    struct arena mem;
    struct who who;
    bool stale;
    arena_init(&mem, 0);
    err e = session_find(s->main, &mem, r->hash, time_now_ms(), &who, &stale);
    arena_release(&mem);
    r->stale = !e.code && stale ? who.session : 0;
    return e;
}

static void recheck_done(struct job *job, err result)
{
    struct recheck *r = (struct recheck *)job;
    if (result.code == ERR_LOGIN) {
        struct frame *f = frame_text(S("{\"t\":\"signed_out\",\"reason\":\"session_ended\"}"));
        net_send(r->web->net, r->ref, f, FRAME_FIRM);
        frame_unref(f);
        net_close_ws(r->web->net, r->ref, 1008, S("signed out"));
    }
    if (r->stale)
        call_renew(r->web, r->stale, time_now_ms());
    free(r);
}

static void recheck(struct web *w, struct live_socket *s)
{
    struct recheck *r = calloc(1, sizeof(*r));
    if (!r)
        return;
    *r = (struct recheck){{.run = recheck_run, .done = recheck_done}, w, s->ref, {0}, 0};
    if (!session_hash((str){s->text, s->text_len}, r->hash) ||
        !store_submit(w->store, QUEUE_READ, &r->job))
        free(r);
}

/* Sockets that never said hello, and consoles whose session may have ended by itself. */
static void walk(struct live_loop *l, int64_t now)
{
    size_t at = 0;
    struct live_socket *s;
    while ((s = map_next(&l->by_ref, &at))) {
        if (!s->joined && now - s->since > HELLO_WITHIN_MS)
            net_close_ws(l->live->web->net, s->ref, 1008, S("no hello"));
        if (s->desk && s->joined && now - s->since > RECHECK_MS) {
            s->since = now;
            recheck(l->live->web, s);
        }
    }
}

static void forget_rates(struct live_loop *l, int64_t now)
{
    size_t at = 0;
    struct kept_rate *kept;
    while ((kept = map_next(&l->rates, &at))) {
        if (now - kept->rate.filled_at < RATE_FILL_MS)
            continue;
        map_remove_int(&l->rates, kept->visitor);
        free(kept);
    }
}

void live_tick(struct live *live, int loop)
{
    struct live_loop *l = &live->loops[loop];
    int64_t now = time_monotonic_ms();
    tell_desk(l);
    if (loop == 0)
        tell_agents(live);
    if (now - l->last_walk > 5000) {
        l->last_walk = now;
        walk(l, now);
        forget_rates(l, now);
    }
}

err live_push_attach(struct live *l)
{
    return bus_listen(l->web->bus, heard, l);
}
