/* live.c - the open WebSockets: frames in become calls, news from the bus goes out.
 *
 * Each loop keeps its own sockets in two maps, by connection and (visitors) by visitor id, and is
 * the only thread that touches them. The bus calls from a writer's thread: the message goes into
 * the inbox of every loop, which is drained on that loop.
 *
 * A stream resumes like this: hello subscribes at once and holds back what is told from then on;
 * the reader answers with committed rows up to a change number; then what was held is sent, but for
 * what the answer already contains. So nothing is missed and nothing comes twice. */
#include "web/live.h"

#include "base/log.h"
#include "base/map.h"
#include "base/time.h"
#include "web/router.h"
#include "web/wire_shapes.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    PENDING_LIMIT = 64,   /* calls of one socket under way */
    CREDIT_VISITOR = 300, /* frames in a burst */
    CREDIT_DESK = 1500,
    SOCKET_MESSAGE_LIMIT = 64 * 1024,
};

/* --- sockets ---------------------------------------------------------------------------------- */

static struct live_socket *socket_new(struct call *c, char side)
{
    struct live_socket *s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    s->ref = c->from;
    s->side = side;
    s->language = c->language;
    s->since = time_monotonic_ms();
    s->rate = rate_new(side == 'v' ? CREDIT_VISITOR : CREDIT_DESK, s->since);
    str kept = side == 'v' ? c->origin : c->token;
    s->text = malloc((size_t)kept.len + 1);
    if (s->text && kept.len)
        memcpy(s->text, kept.ptr, (size_t)kept.len);
    s->text_len = s->text ? kept.len : 0;
    if (side == 'd') {
        s->desk = calloc(1, sizeof(*s->desk) + (size_t)c->who.name.len);
        if (!s->desk) {
            free(s->text);
            free(s);
            return NULL;
        }
        s->desk->who = c->who;
        if (c->who.name.len)
            memcpy(s->desk->name, c->who.name.ptr, (size_t)c->who.name.len);
        s->desk->who.name.ptr = s->desk->name;
    }
    return s;
}

static void socket_free(struct live_socket *s)
{
    for (int i = 0; i < s->held_count; i++)
        frame_unref(s->held[i].frame);
    free(s->held);
    free(s->text);
    free(s->desk);
    free(s);
}

struct newcomer {
    struct live *live;
    struct live_socket *socket;
};

static void enter(void *arg)
{
    struct newcomer *n = arg;
    struct live_loop *l = &n->live->loops[conn_loop(n->socket->ref)];
    map_put_int(&l->by_ref, (int64_t)n->socket->ref, n->socket);
    free(n);
}

/* Posted in this order, so that the loop knows the socket before its first frame or its end. */
void live_upgrade(struct call *c, char side)
{
    struct newcomer *n = malloc(sizeof(*n));
    struct live_socket *s = socket_new(c, side);
    if (!n || !s)
        abort();
    *n = (struct newcomer){c->web->live, s};
    net_post(c->web->net, conn_loop(c->from), enter, n);
    struct http_request *r = c->request;
    net_upgrade(c->web->net, r, SOCKET_MESSAGE_LIMIT, s);
    http_request_free(r); /* and with it the call */
}

/* Connecting again does not fill the bucket. */
static void keep_rate(struct live_loop *l, const struct live_socket *s)
{
    struct kept_rate *kept = map_get_int(&l->rates, s->visitor);
    if (!kept) {
        kept = calloc(1, sizeof(*kept));
        if (!kept)
            abort();
        kept->visitor = s->visitor;
        map_put_int(&l->rates, s->visitor, kept);
    }
    kept->rate = s->rate;
}

static void resume_rate(struct live_loop *l, struct live_socket *s)
{
    struct kept_rate *kept = map_remove_int(&l->rates, s->visitor);
    if (kept)
        rate_carry(&s->rate, &kept->rate, time_monotonic_ms());
    free(kept);
}

static void visitor_join(struct live_loop *l, struct live_socket *s)
{
    resume_rate(l, s);
    s->next_tab = map_get_int(&l->by_visitor, s->visitor);
    map_put_int(&l->by_visitor, s->visitor, s);
    visit_table_present(l->live->web->visits, s->visitor, 1, time_now_ms());
}

static void visitor_part(struct live_loop *l, struct live_socket *s)
{
    keep_rate(l, s);
    struct live_socket *first = map_get_int(&l->by_visitor, s->visitor);
    if (first == s) {
        if (s->next_tab)
            map_put_int(&l->by_visitor, s->visitor, s->next_tab);
        else
            map_remove_int(&l->by_visitor, s->visitor);
    } else {
        for (; first; first = first->next_tab)
            if (first->next_tab == s)
                first->next_tab = s->next_tab;
    }
    visit_table_present(l->live->web->visits, s->visitor, -1, time_now_ms());
}

static void desk_part(struct live_loop *l, struct live_socket *s)
{
    for (struct live_socket **at = &l->desk; *at; at = &(*at)->next_desk) {
        if (*at == s) {
            *at = s->next_desk;
            break;
        }
    }
    live_set_available(l->live, s, false);
}

void live_set_available(struct live *l, struct live_socket *s, bool available)
{
    if (s->desk->available == available)
        return;
    s->desk->available = available;
    atomic_fetch_add(&l->agents, available ? 1 : -1);
}

void live_closed(struct live *live, conn_ref from, struct live_socket *s)
{
    struct live_loop *l = &live->loops[conn_loop(from)];
    map_remove_int(&l->by_ref, (int64_t)from);
    if (s->joined && s->side == 'v')
        visitor_part(l, s);
    if (s->joined && s->side == 'd')
        desk_part(l, s);
    socket_free(s);
}

void live_presence(struct call *c, bool available)
{
    live_set_available(c->web->live, c->socket, available);
}

void live_about(const struct live_socket *s, int64_t *conversation, int64_t *agent)
{
    *conversation = s->conversation;
    *agent = s->agent;
}

int live_agents_online(struct live *l)
{
    return atomic_load(&l->agents);
}

/* --- frames in ---------------------------------------------------------------------------------- */

struct envelope {
    str t, re;
};
static const struct json_field envelope_fields[] = {
    {.name = "t",
     .type = JSON_TEXT,
     .offset = offsetof(struct envelope, t),
     .has = -1,
     .required = true,
     .min = 1,
     .max = 32},
    {.name = "re",
     .type = JSON_TEXT,
     .offset = offsetof(struct envelope, re),
     .has = -1,
     .max = 64},
};
static const struct json_shape envelope_shape = {"frame", sizeof(struct envelope), envelope_fields,
                                                 COUNT(envelope_fields)};

static struct call *frame_call(struct live *l, conn_ref from, struct live_socket *s)
{
    struct call *c = calloc(1, sizeof(*c));
    if (!c)
        abort();
    arena_init(&c->frame_mem, 2048);
    c->mem = &c->frame_mem;
    c->web = l->web;
    c->from = from;
    c->now = time_now_ms();
    c->language = s->language;
    c->place.site_id = s->site;
    c->place.visitor_id = s->visitor;
    c->place.visit_id = s->visit;
    if (s->desk) {
        c->who = s->desk->who;
        c->who.name = str_copy(c->mem, c->who.name);
        c->token = str_copy(c->mem, (str){s->text, s->text_len});
    } else {
        c->origin = str_copy(c->mem, (str){s->text, s->text_len});
    }
    c->socket = s;
    return c;
}

static void tell_too_many(struct live *l, conn_ref from, enum language language)
{
    struct arena mem;
    arena_init(&mem, 0);
    str text = error_body(&mem, "too_many_calls", NULL, language, 1000);
    text = str_format(&mem, "{\"t\":\"error\",%.*s", (int)text.len - 1, text.ptr + 1);
    struct frame *f = frame_text(text);
    net_send_here(l->web->net, from, f, FRAME_WEAK);
    frame_unref(f);
    arena_release(&mem);
}

/* A frame within its rate? What comes over it is refused unread. */
static bool take_credit(struct live *l, conn_ref from, struct live_socket *s)
{
    switch (rate_take(&s->rate, time_monotonic_ms())) {
    case RATE_TAKEN:
        return true;
    case RATE_TOLD:
        tell_too_many(l, from, s->language);
        break;
    case RATE_CLOSED:
        net_close_ws(l->web->net, from, 1008, S("too many frames"));
        break;
    case RATE_SILENT:
        break;
    }
    return false;
}

static err decode(struct call *c, str text)
{
    struct envelope head;
    err e = json_decode(text, &envelope_shape, c->mem, &head, &c->field);
    if (e.code)
        return e;
    c->re = head.re;
    c->route = router_frame(c->socket->side, head.t);
    if (!c->route) {
        c->field = "t";
        return ERR(ERR_MISSING, "frame_unknown");
    }
    unsigned wanted = c->route->may & ~(unsigned)(MAY_ANY | MAY_PUBLIC);
    if ((c->who.may & wanted) != wanted)
        return ERR(ERR_FORBIDDEN, "not_permitted");
    void *in = arena_alloc(c->mem, 1, c->route->in->size, 16);
    c->in = in;
    return json_decode(text, c->route->in, c->mem, in, &c->field);
}

static err visitor_hello(struct live *l, struct live_loop *loop, struct call *c)
{
    const struct in_hello *in = c->in;
    struct live_socket *s = c->socket;
    err e = call_place(c, in->site, in->visitor, in->visit);
    if (e.code)
        return e;
    if (s->joined && s->visitor != c->place.visitor_id)
        return ERR(ERR_CONFLICT, "frame_order");
    s->site = c->place.site_id;
    s->visitor = c->place.visitor_id;
    s->visit = c->place.visit_id;
    if (!s->joined) {
        s->joined = true;
        visitor_join(loop, s);
    }
    visit_table_touch(l->web->visits, s->visitor, c->now);
    return OK;
}

static err desk_hello(struct live *l, struct live_loop *loop, struct call *c)
{
    const struct in_desk_hello *in = c->in;
    struct live_socket *s = c->socket;
    if (!session_csrf_ok(l->web->vault, c->token, in->csrf))
        return ERR(ERR_FORBIDDEN, "csrf_missing");
    if (!s->joined) {
        s->joined = true;
        s->next_desk = loop->desk;
        loop->desk = s;
        live_set_available(l, s, (s->desk->who.may & MAY_CHAT) != 0);
    }
    return OK;
}

/* Frames must begin with hello; it joins the streams before its rows are read. */
static err order(struct live *l, struct live_loop *loop, struct call *c)
{
    struct live_socket *s = c->socket;
    if (!str_eq(str_of(c->route->pattern), S("hello")))
        return s->joined ? OK : ERR(ERR_CONFLICT, "frame_order");
    err e = s->side == 'v' ? visitor_hello(l, loop, c) : desk_hello(l, loop, c);
    if (e.code)
        return e;
    c->is_hello = true;
    s->holding = true;
    return OK;
}

void live_message(struct live *live, conn_ref from, struct live_socket *s, str text)
{
    struct live_loop *l = &live->loops[conn_loop(from)];
    if (!take_credit(live, from, s))
        return;
    struct call *c = frame_call(live, from, s);
    err e = decode(c, text);
    if (!e.code)
        e = order(live, l, c);
    if (!e.code && s->pending >= PENDING_LIMIT)
        e = ERR(ERR_TOO_MANY, "too_many_calls");
    s->pending++;
    if (e.code)
        call_finish(c, e);
    else
        call_start(c);
}

/* --- answers out ---------------------------------------------------------------------------------- */

static void call_free(struct call *c)
{
    arena_release(&c->frame_mem);
    free(c);
}

void live_answer(struct call *c)
{
    struct live_loop *l = &c->web->live->loops[conn_loop(c->from)];
    struct live_socket *s = map_get_int(&l->by_ref, (int64_t)c->from);
    if (s) {
        s->pending--;
        bool silent = !c->re.len && !c->result.code; /* nobody asked for an answer */
        if (!silent) {
            struct frame *f = frame_text(c->body);
            net_send_here(c->web->net, c->from, f, FRAME_ANSWER);
            frame_unref(f);
        }
        if (c->conversation) {
            s->conversation = c->conversation;
            s->agent = c->agent;
        }
        if (c->is_hello && c->result.code)
            live_hold_end(l, s, 0);
        else if (c->is_hello)
            live_hold_end(l, s, c->upto);
    }
    call_free(c);
}

/* --- life --------------------------------------------------------------------------------------------- */

struct live *live_new(struct web *w)
{
    struct live *l = calloc(1, sizeof(*l));
    if (!l)
        abort();
    l->web = w;
    return l;
}

err live_attach(struct live *l, int loops)
{
    l->loops = calloc((size_t)loops, sizeof(*l->loops));
    if (!l->loops)
        abort();
    l->count = loops;
    for (int i = 0; i < loops; i++) {
        struct live_loop *one = &l->loops[i];
        one->live = l;
        one->number = i;
        map_init(&one->by_ref);
        map_init(&one->by_visitor);
        map_init(&one->rates);
        pthread_mutex_init(&one->lock, NULL);
    }
    return live_push_attach(l);
}

void live_free(struct live *l)
{
    for (int i = 0; i < l->count; i++) {
        struct live_loop *one = &l->loops[i];
        for (struct inbox_entry *e = one->first, *next; e; e = next) {
            next = e->next;
            bus_message_unref(e->message);
            free(e);
        }
        map_release(&one->by_ref);
        map_release(&one->by_visitor);
        size_t at = 0;
        struct kept_rate *kept;
        while ((kept = map_next(&one->rates, &at)))
            free(kept);
        map_release(&one->rates);
        pthread_mutex_destroy(&one->lock);
    }
    free(l->loops);
    free(l);
}
