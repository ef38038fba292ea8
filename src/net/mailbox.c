#include "net/conn.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* One thing for a loop to do, from any thread. Texts stand behind it. */
struct mail {
    struct mail *next;
    void (*act)(struct loop *l, struct mail *m);
    conn_ref to;
    union {
        struct {
            void (*fn)(void *arg);
            void *arg;
        } post;
        struct http_answer answer;
        struct {
            struct frame *frame;
            enum frame_weight weight;
        } send;
        struct {
            size_t max_message;
            void *user;
            char accept[29];
        } upgrade;
        struct {
            int code;
            str reason;
        } close;
    };
};

bool mailbox_deliver(struct loop *l)
{
    pthread_mutex_lock(&l->lock);
    struct mail *m = l->mail_first;
    l->mail_first = NULL;
    l->mail_last = &l->mail_first;
    pthread_mutex_unlock(&l->lock);
    bool any = m != NULL;
    while (m) {
        struct mail *next = m->next;
        m->act(l, m);
        free(m);
        m = next;
    }
    return any;
}

static struct mail *mail_new(size_t extra)
{
    struct mail *m = malloc(sizeof *m + extra);
    if (!m)
        abort();
    memset(m, 0, sizeof *m);
    return m;
}

static void mail_send(struct loop *l, struct mail *m)
{
    pthread_mutex_lock(&l->lock);
    bool first = !l->mail_first;
    *l->mail_last = m;
    l->mail_last = &m->next;
    pthread_mutex_unlock(&l->lock);
    if (first)
        uv_async_send(&l->wake);
}

static str put(char **at, str s)
{
    char *here = *at;
    if (s.len)
        memcpy(here, s.ptr, (size_t)s.len);
    *at += s.len;
    return (str){here, s.len};
}

static struct loop *loop_of(struct net *n, conn_ref to)
{
    assert(conn_loop(to) < n->loop_count);
    return n->loops[conn_loop(to)];
}

static void act_post(struct loop *l, struct mail *m)
{
    m->post.fn(m->post.arg);
}

void net_post(struct net *n, int loop, void (*fn)(void *arg), void *arg)
{
    struct mail *m = mail_new(0);
    m->act = act_post;
    m->post.fn = fn;
    m->post.arg = arg;
    mail_send(n->loops[loop], m);
}

static void answer_here(struct loop *l, conn_ref to, const struct http_answer *a)
{
    struct conn *c = loop_find(l, to);
    if (c && c->phase == PHASE_RUNNING)
        answer_write(c, a);
    else if (a->release)
        a->release(a->owner);
}

static void act_answer(struct loop *l, struct mail *m)
{
    answer_here(l, m->to, &m->answer);
}

void net_answer(struct net *n, conn_ref to, struct http_answer *a)
{
    struct loop *l = loop_of(n, to);
    if (loop_is_here(l)) {
        answer_here(l, to, a);
        return;
    }
    struct mail *m = mail_new((size_t)a->headers.len + (size_t)a->content_type.len);
    char *at = (char *)(m + 1);
    m->act = act_answer;
    m->to = to;
    m->answer = *a;
    m->answer.headers = put(&at, a->headers);
    m->answer.content_type = put(&at, a->content_type);
    mail_send(l, m);
}

static void act_upgrade(struct loop *l, struct mail *m)
{
    struct conn *c = loop_find(l, m->to);
    if (c && c->phase == PHASE_RUNNING)
        socket_open(c, m->upgrade.accept, (uint32_t)m->upgrade.max_message, m->upgrade.user);
    else
        l->net->app.closed(l->net->app.ctx, m->to, m->upgrade.user);
}

void net_upgrade(struct net *n, struct http_request *r, size_t max_message, void *user)
{
    assert(r->wants_websocket && max_message < UINT32_MAX);
    struct loop *l = loop_of(n, r->from);
    struct mail *m = mail_new(0);
    m->act = act_upgrade;
    m->to = r->from;
    m->upgrade.max_message = max_message;
    m->upgrade.user = user;
    ws_accept(http_header_get(r, S("sec-websocket-key")), m->upgrade.accept);
    mail_send(l, m);
}

static void act_send(struct loop *l, struct mail *m)
{
    struct conn *c = loop_find(l, m->to);
    if (c && c->phase == PHASE_SOCKET)
        socket_send(c, m->send.frame, m->send.weight);
    frame_unref(m->send.frame);
}

void net_send(struct net *n, conn_ref to, struct frame *f, enum frame_weight weight)
{
    struct mail *m = mail_new(0);
    m->act = act_send;
    m->to = to;
    m->send.frame = frame_ref(f);
    m->send.weight = weight;
    mail_send(loop_of(n, to), m);
}

void net_send_here(struct net *n, conn_ref to, struct frame *f, enum frame_weight weight)
{
    struct conn *c = loop_find(loop_of(n, to), to);
    if (c && c->phase == PHASE_SOCKET)
        socket_send(c, f, weight);
}

static void act_close(struct loop *l, struct mail *m)
{
    struct conn *c = loop_find(l, m->to);
    if (c && c->phase == PHASE_SOCKET)
        socket_close(c, m->close.code, m->close.reason);
}

void net_close_ws(struct net *n, conn_ref to, int code, str reason)
{
    reason = str_utf8_cut(reason, 120);
    struct mail *m = mail_new((size_t)reason.len);
    char *at = (char *)(m + 1);
    m->act = act_close;
    m->to = to;
    m->close.code = code;
    m->close.reason = put(&at, reason);
    mail_send(loop_of(n, to), m);
}
