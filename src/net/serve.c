#include "net/conn.h"

#include "base/log.h"

#include <stdlib.h>
#include <string.h>

enum {
    FIRST_CHUNK = 4000,   /* of a request's arena: the common request takes one malloc */
    BODY_GRACE_MS = 5000, /* before the rate of a body is looked at */
    RUNNING_LOOK_MS = 60000,
};

/* The names of what this room refuses by itself. */
static const struct refusal {
    int status;
    const char *name, *header;
} refusals[] = {
    {400, "request_format", ""},
    {408, "request_slow", ""},
    {413, "request_too_large", ""},
    {414, "target_too_long", ""},
    {417, "expectation_unknown", ""},
    {426, "websocket_version", "Sec-WebSocket-Version: 13\r\n"},
    {431, "head_too_large", ""},
    {501, "method_unknown", ""},
    {503, "connections_too_many", "Retry-After: 1\r\n"},
    {505, "http_version", ""},
};

static const struct refusal *refusal_of(int status)
{
    for (size_t i = 0; i < COUNT(refusals); i++)
        if (refusals[i].status == status)
            return &refusals[i];
    return &refusals[0];
}

/* --- requests --- */

static struct request *request_new(void)
{
    struct arena mem;
    arena_init(&mem, FIRST_CHUNK);
    struct request *r = arena_new(&mem, struct request, 1);
    r->http.mem = mem;
    return r;
}

void http_request_free(struct http_request *r)
{
    struct arena mem = r->mem; /* r itself lives in it */
    http_body_release(&((struct request *)r)->body);
    arena_release(&mem);
}

static void release_request(void *owner)
{
    http_request_free(owner);
}

str http_header_get(const struct http_request *r, str lower_name)
{
    for (size_t i = 0; i < r->header_count; i++)
        if (str_eq(r->headers[i].name, lower_name))
            return r->headers[i].value;
    return S("");
}

static void fill(struct conn *c, struct request *r, const struct http_head *h)
{
    struct http_request *q = &r->http;
    struct http_header *headers = arena_new(&q->mem, struct http_header, h->header_count);
    memcpy(headers, h->headers, h->header_count * sizeof *headers);
    q->from = conn_name(c);
    q->method = h->method;
    q->method_text = h->method_text;
    q->target = h->target;
    str_cut(h->target, '?', &q->path, &q->query);
    q->headers = headers;
    q->header_count = h->header_count;
    q->host = h->host;
    q->wants_websocket = h->wants_websocket;
    q->keep_alive = h->keep_alive;
    accept_origin(c, q);
}

void serve_wait(struct conn *c)
{
    c->phase = PHASE_WAIT;
    c->since = loop_tenths(c->loop);
    slot_due(c, (uint32_t)c->loop->net->o.idle_ms);
}

static void run(struct conn *c, struct request *r)
{
    c->reading = NULL;
    c->phase = PHASE_RUNNING;
    c->keep_alive = r->http.keep_alive && !c->loop->draining;
    c->head_only = r->http.method == HTTP_HEAD_;
    slot_due(c, RUNNING_LOOK_MS);
    r->http.body = (str){r->body.bytes, (ptrdiff_t)r->body.len};
    count_add(COUNT_HTTP_REQUESTS, 1);
    c->loop->net->app.request(c->loop->net->app.ctx, &r->http);
}

/* Answer with a refusal; r is freed with it. */
static void refuse(struct conn *c, struct request *r, int status, const char *name, bool close)
{
    const struct net_app *app = &c->loop->net->app;
    struct http_answer a = {.status = status};
    app->refuse(app->ctx, &r->http, status, name, &a);
    str own = str_of(refusal_of(status)->header), said = str_lower(&r->http.mem, a.headers);
    str field = str_slice(own, 0, str_find_char(own, ':'));
    if (own.len && refusal_of(status)->status == status &&
        str_find(said, str_lower(&r->http.mem, field)) < 0)
        a.headers = str_format(&r->http.mem, "%.*s%.*s", STR_ARG(own), STR_ARG(a.headers));
    a.close |= close;
    c->reading = NULL;
    c->phase = PHASE_RUNNING;
    c->keep_alive = r->http.keep_alive && !close;
    c->head_only = r->http.method == HTTP_HEAD_;
    count_add(COUNT_HTTP_REFUSED, 1);
    bool ours = !a.release;
    if (ours) {
        a.release = release_request;
        a.owner = r;
    }
    answer_write(c, &a);
    if (!ours)
        http_request_free(&r->http);
}

void serve_refuse(struct conn *c, struct request *r, int status)
{
    if (!r) {
        r = request_new();
        r->http.from = conn_name(c);
        accept_origin(c, &r->http);
    }
    refuse(c, r, status, refusal_of(status)->name, true);
}

/* --- reading --- */

static void drop_partial(struct conn *c)
{
    if (c->partial)
        free(c->partial->bytes);
    free(c->partial);
    c->partial = NULL;
}

/* The head is whole: read it, ask the app, and go on to the body or to the app. */
static void begin(struct conn *c, const char *bytes, size_t len)
{
    const struct net_app *app = &c->loop->net->app;
    struct http_head h;
    struct request *r = request_new();
    char *head = arena_new(&r->http.mem, char, len);
    memcpy(head, bytes, len);
    drop_partial(c);
    int status = http_head_read(head, len, &h);
    if (status) {
        r->http.from = conn_name(c);
        accept_origin(c, &r->http);
        serve_refuse(c, r, status);
        return;
    }
    fill(c, r, &h);
    const char *name = "request_format";
    ptrdiff_t max = app->admit(app->ctx, &r->http, &name);
    bool has_body = h.framing.chunked || h.framing.length > 0;
    if (max < 0) {
        refuse(c, r, err_status((enum err_code)(-max)), name, has_body || !h.keep_alive);
        return;
    }
    status = http_body_begin(&r->body, (str){head, (ptrdiff_t)len}, &h.framing, (size_t)max,
                             &r->http.mem);
    if (status) {
        serve_refuse(c, r, status);
        return;
    }
    if (r->body.done) {
        run(c, r);
        return;
    }
    c->reading = r;
    c->phase = PHASE_BODY;
    c->since = loop_tenths(c->loop);
    slot_due(c, BODY_GRACE_MS);
    if (h.expect_continue) {
        struct piece go_on = {.bytes = STR("HTTP/1.1 100 Continue\r\n\r\n"), .stays = true};
        conn_write(c, &go_on, 1);
    }
}

static struct partial *partial_of(struct conn *c)
{
    if (!c->partial) {
        c->partial = calloc(1, sizeof *c->partial);
        if (!c->partial)
            abort();
    }
    return c->partial;
}

static void partial_add(struct partial *p, const char *bytes, size_t len)
{
    if (!len)
        return;
    if (p->len + len > p->cap) {
        p->cap = p->len + len < 512 ? 512 : (p->len + len) * 2;
        p->bytes = realloc(p->bytes, p->cap);
        if (!p->bytes)
            abort();
    }
    memcpy(p->bytes + p->len, bytes, len);
    p->len += len;
}

static size_t head_input(struct conn *c, const char *bytes, size_t len)
{
    struct http_scan fresh = {0};
    struct http_scan *scan = &fresh;
    size_t before = 0, take = len > HTTP_HEAD_MAX + 1 ? HTTP_HEAD_MAX + 1 : len;
    const char *all = bytes;
    if (c->partial) {
        before = c->partial->len;
        partial_add(c->partial, bytes, take);
        scan = &c->partial->scan;
        all = c->partial->bytes;
    }
    ptrdiff_t end = http_scan(scan, (str){all, (ptrdiff_t)(before + take)});
    if (end < 0) {
        drop_partial(c);
        serve_refuse(c, NULL, (int)-end);
        return len;
    }
    if (end > 0) {
        begin(c, all, (size_t)end);
        return (size_t)end - before;
    }
    if (!c->partial) {
        partial_add(partial_of(c), bytes, take);
        c->partial->scan = fresh;
    }
    return take;
}

static size_t body_input(struct conn *c, const char *bytes, size_t len)
{
    struct request *r = c->reading;
    size_t used;
    int status = http_body_feed(&r->body, (str){bytes, (ptrdiff_t)len}, &used);
    if (status) {
        serve_refuse(c, r, status);
        return len;
    }
    if (r->body.done)
        run(c, r);
    return used;
}

size_t serve_input(struct conn *c, char *bytes, size_t len)
{
    if (c->phase == PHASE_BODY)
        return body_input(c, bytes, len);
    if (c->phase == PHASE_WAIT) {
        c->phase = PHASE_HEAD;
        if (c->keep_alive)
            c->since = loop_tenths(c->loop);
        slot_due_at_most(c, (uint32_t)c->loop->net->o.head_ms);
    }
    return head_input(c, bytes, len);
}

/* Is the body coming too slowly? */
static bool body_is_slow(const struct conn *c)
{
    uint64_t tenths = loop_tenths(c->loop) - c->since;
    uint64_t least = (uint64_t)c->loop->net->o.body_rate * tenths / 10;
    return tenths >= BODY_GRACE_MS / 100 && c->reading->body.len < least;
}

/* Milliseconds until the phase has lasted too long, 0 if it has. */
static uint32_t time_left(const struct conn *c)
{
    const struct net_options *o = &c->loop->net->o;
    bool between = c->phase == PHASE_WAIT && c->keep_alive; /* requests; the first has less time */
    uint32_t limit = (uint32_t)(between ? o->idle_ms : o->head_ms);
    uint32_t lasted = (loop_tenths(c->loop) - c->since) * 100;
    return lasted < limit ? limit - lasted : 0;
}

void serve_due(struct conn *c)
{
    if (c->finishing || c->phase == PHASE_RUNNING)
        return;
    if (c->phase == PHASE_BODY) {
        slot_due(c, 1000);
        if (body_is_slow(c))
            serve_refuse(c, c->reading, 408);
    } else if (time_left(c) > 0) {
        slot_due(c, time_left(c));
    } else if (c->phase == PHASE_WAIT) {
        conn_finish(c);
    } else {
        drop_partial(c);
        serve_refuse(c, NULL, 408);
    }
}

void serve_release(struct conn *c)
{
    drop_partial(c);
    if (c->reading)
        http_request_free(&c->reading->http);
    c->reading = NULL;
}
