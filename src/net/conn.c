#include "net/conn.h"

#include "base/log.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    BATCH = 16,          /* pieces given to the kernel at a time */
    REQUESTS_A_TURN = 32 /* pipelined; counted in steps of two */
};

/* What libuv was given to write: the first `nodes` of the queue. */
struct sending {
    uv_write_t req;
    struct conn *conn;
    unsigned nodes;
    size_t bytes;
};

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

/* --- writing --- */

static void drop_first(struct conn *c)
{
    struct out *o = c->out_first;
    c->out_first = o->next;
    if (!c->out_first)
        c->out_last = &c->out_first;
    if (o->release)
        o->release(o->owner);
    free(o);
}

static void after_writing(struct conn *c)
{
    if (c->finishing && !c->out_first) {
        conn_finish(c);
    } else if (c->held && c->unsent <= QUEUE_WEAK / 2) {
        loop_later(c);
    }
}

static void on_written(uv_write_t *req, int status)
{
    struct sending *s = (struct sending *)req;
    struct conn *c = s->conn;
    c->sending = NULL;
    c->unsent -= s->bytes;
    for (unsigned i = 0; i < s->nodes; i++)
        drop_first(c);
    free(s);
    if (c->closing)
        return;
    if (status < 0) {
        conn_close(c);
        return;
    }
    conn_flush(c);
    after_writing(c);
}

/* Hand the front of the queue to libuv, unless it still has an earlier one. */
void conn_flush(struct conn *c)
{
    if (c->sending || c->closing || !c->out_first)
        return;
    uv_buf_t bufs[BATCH];
    unsigned n = 0;
    size_t bytes = 0;
    for (struct out *o = c->out_first; o && n < BATCH; o = o->next) {
        bufs[n++] = (uv_buf_t){(char *)(uintptr_t)o->ptr, o->len};
        bytes += o->len;
    }
    struct sending *s = must(malloc(sizeof *s));
    *s = (struct sending){.conn = c, .nodes = n, .bytes = bytes};
    c->sending = s;
    if (uv_write(&s->req, (uv_stream_t *)&c->tcp, bufs, n, on_written) < 0) {
        c->sending = NULL;
        free(s);
        conn_close(c);
        return;
    }
    slot_due_at_most(c, WRITES_MS); /* is it taken? */
}

/* Queue what is left of a piece after `skip` bytes. */
static void queue_piece(struct conn *c, const struct piece *p, size_t skip)
{
    size_t len = (size_t)p->bytes.len - skip;
    bool copy = !p->stays && !p->release;
    struct out *o = must(malloc(sizeof *o + (copy ? len : 0)));
    *o = (struct out){
        .ptr = p->bytes.ptr + skip, .len = len, .release = p->release, .owner = p->owner};
    if (copy) {
        memcpy(o + 1, o->ptr, len);
        o->ptr = (const char *)(o + 1);
    }
    if (!c->out_first) {
        c->progress = loop_tenths(c->loop);
        c->unsent_seen = SIZE_MAX;
    }
    *c->out_last = o;
    c->out_last = &o->next;
    c->unsent += len;
}

/* Try at once what no queue stands before: the bytes the kernel took, -1 if the peer is gone. */
static ptrdiff_t write_now(struct conn *c, const struct piece *pieces, size_t count)
{
    uv_buf_t bufs[4] = {0};
    assert(count <= COUNT(bufs));
    if (c->out_first || c->corked || c->sending)
        return 0;
    for (size_t i = 0; i < count; i++)
        bufs[i] = (uv_buf_t){(char *)(uintptr_t)pieces[i].bytes.ptr, (size_t)pieces[i].bytes.len};
    int n = uv_try_write((uv_stream_t *)&c->tcp, bufs, (unsigned)count);
    return n == UV_EAGAIN ? 0 : n < 0 ? -1 : n;
}

void conn_write_raw(struct conn *c, const struct piece *pieces, size_t count)
{
    ptrdiff_t sent = c->closing ? -1 : write_now(c, pieces, count);
    bool gone = sent < 0;
    for (size_t i = 0; i < count; i++) {
        ptrdiff_t skip = sent < pieces[i].bytes.len ? sent : pieces[i].bytes.len;
        sent -= gone ? 0 : skip;
        if (!gone && skip < pieces[i].bytes.len)
            queue_piece(c, &pieces[i], (size_t)skip);
        else if (pieces[i].release)
            pieces[i].release(pieces[i].owner);
    }
    if (gone)
        conn_close(c);
    else if (!c->corked)
        conn_flush(c);
}

void conn_write(struct conn *c, const struct piece *pieces, size_t count)
{
    if (c->ssl && !c->closing)
        tls_write(c, pieces, count);
    else
        conn_write_raw(c, pieces, count);
}

void conn_drop_queue(struct conn *c)
{
    struct out **at = &c->out_first;
    for (unsigned i = 0; c->sending && i < c->sending->nodes; i++)
        at = &(*at)->next;
    struct out *o = *at;
    *at = NULL;
    c->out_last = at;
    while (o) {
        struct out *next = o->next;
        c->unsent -= o->len;
        if (o->release)
            o->release(o->owner);
        free(o);
        o = next;
    }
}

size_t conn_unsent(const struct conn *c)
{
    size_t with_libuv = uv_stream_get_write_queue_size((const uv_stream_t *)&c->tcp);
    return c->unsent - (c->sending ? c->sending->bytes - with_libuv : 0);
}

/* --- reading --- */

static void pause_reading(struct conn *c)
{
    if (!c->paused && !c->closing)
        uv_read_stop((uv_stream_t *)&c->tcp);
    c->paused = true;
}

static void hold(struct conn *c, const char *bytes, size_t len)
{
    if (!len)
        return;
    size_t old = c->held ? c->held->len - c->held->off : 0;
    struct held *h = must(malloc(sizeof *h + old + len));
    *h = (struct held){.len = old + len};
    if (old)
        memcpy(h->bytes, c->held->bytes + c->held->off, old);
    memcpy(h->bytes + old, bytes, len);
    free(c->held);
    c->held = h;
    pause_reading(c);
}

static bool may_read(const struct conn *c)
{
    if (c->closing || c->spent || c->phase == PHASE_RUNNING)
        return false;
    return c->finishing ? c->phase == PHASE_LINGER : c->unsent <= QUEUE_WEAK;
}

/* Let the protocol look at the bytes as long as it may; returns how many it used. */
static size_t consume(struct conn *c, char *bytes, size_t len)
{
    size_t at = 0;
    unsigned steps = 0;
    c->busy = true;
    c->spent = false;
    while (at < len && may_read(c)) {
        if (c->phase == PHASE_LINGER)
            at = len;
        else if (c->socket)
            at += socket_input(c, bytes + at, len - at);
        else
            at += serve_input(c, bytes + at, len - at);
        if (++steps == REQUESTS_A_TURN)
            c->spent = true;
    }
    c->busy = false;
    if (c->corked) {
        c->corked = false;
        conn_flush(c);
    }
    if (c->spent && at < len)
        loop_later(c);
    c->spent = false;
    return c->closing ? len : at;
}

void conn_input(struct conn *c, char *bytes, size_t len)
{
    size_t used = c->held ? 0 : consume(c, bytes, len);
    hold(c, bytes + used, len - used);
}

static void take_input(struct conn *c, char *bytes, size_t len)
{
    if (c->handshaking && !c->loop->handshakes) {
        hold(c, bytes, len);
        loop_later(c);
    } else if (c->ssl) {
        tls_input(c, bytes, len);
    } else {
        conn_input(c, bytes, len);
    }
}

/* The peer said its last: an answer still on its way may go out, everything else ends. */
void conn_peer_done(struct conn *c)
{
    if (c->closing)
        return;
    c->eof = true;
    pause_reading(c);
    if (c->phase == PHASE_RUNNING || (c->finishing && c->out_first))
        c->keep_alive = false;
    else if (c->phase == PHASE_LINGER || c->socket || !c->out_first)
        conn_close(c);
    else
        conn_finish(c);
}

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
    struct conn *c = (struct conn *)h;
    *buf = (uv_buf_t){c->loop->buffer, READ_BUFFER};
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
    struct conn *c = (struct conn *)s;
    if (n > 0)
        take_input(c, buf->base, (size_t)n);
    else if (n == UV_EOF)
        conn_peer_done(c);
    else if (n < 0)
        conn_close(c);
}

static void continue_reading(struct conn *c)
{
    if (!c->paused || c->closing || c->eof)
        return;
    c->paused = false;
    if (uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read) < 0)
        conn_close(c);
}

void conn_resume(struct conn *c)
{
    if (c->closing || c->busy)
        return;
    struct held *h = c->held;
    if (h && c->handshaking) {
        c->held = NULL;
        take_input(c, h->bytes + h->off, h->len - h->off);
        free(h);
    } else if (h && may_read(c)) {
        /* c keeps it meanwhile: what comes out of TLS queues up behind it */
        h->off += consume(c, h->bytes + h->off, h->len - h->off);
        if (h->off == h->len || c->closing) {
            free(h);
            c->held = NULL;
        }
    }
    if (!c->held)
        continue_reading(c);
}

/* --- life --- */

struct conn *conn_new(struct loop *l)
{
    struct conn *c = must(calloc(1, sizeof *c));
    c->loop = l;
    c->out_last = &c->out_first;
    c->paused = true;
    c->since = loop_tenths(l);
    if (uv_tcp_init(&l->uv, &c->tcp) < 0)
        abort();
    slot_take(l, c);
    l->conns++;
    atomic_fetch_add(&l->net->connections, 1);
    count_add(COUNT_CONNECTIONS, 1);
    return c;
}

bool conn_start(struct conn *c)
{
    continue_reading(c);
    return !c->closing;
}

static void on_closed(uv_handle_t *h)
{
    struct conn *c = (struct conn *)h;
    struct loop *l = c->loop;
    conn_ref name = conn_name(c);
    while (c->out_first)
        drop_first(c);
    if (c->socket)
        l->net->app.closed(l->net->app.ctx, name, c->socket->user);
    socket_release(c);
    serve_release(c);
    tls_release(c);
    free(c->held);
    slot_free(c);
    accept_forget(c);
    l->conns--;
    atomic_fetch_sub(&l->net->connections, 1);
    count_add(COUNT_CONNECTIONS, -1);
    free(c);
}

void conn_close(struct conn *c)
{
    if (c->closing)
        return;
    c->closing = true;
    uv_close((uv_handle_t *)&c->tcp, on_closed);
}

void conn_finish(struct conn *c)
{
    if (c->closing)
        return;
    if (!c->finishing) {
        c->finishing = true;
        tls_goodbye(c);
    }
    if (c->out_first) {
        conn_flush(c);
        return;
    }
    if (c->eof) {
        conn_close(c);
        return;
    }
    if (c->phase == PHASE_LINGER)
        return;
    /* Closing with unread input would make the kernel take back what it has not delivered: say that
     * no more comes, and read on for a moment. */
    uv_os_fd_t fd;
    if (uv_fileno((uv_handle_t *)&c->tcp, &fd) == 0)
        shutdown(fd, SHUT_WR);
    c->phase = PHASE_LINGER;
    slot_due(c, LINGER_MS);
    if (c->paused)
        loop_later(c);
}

/* Is the peer taking what we send? */
static bool is_stalled(struct conn *c)
{
    uint32_t now = loop_tenths(c->loop);
    size_t left = conn_unsent(c);
    if (!left || left < c->unsent_seen)
        c->progress = now;
    c->unsent_seen = left;
    return left && (now - c->progress) * 100 >= (uint32_t)c->loop->net->o.stall_ms;
}

void conn_due(struct conn *c)
{
    slot_due(c, 60 * 1000); /* shorter ones are set below */
    if (c->out_first && is_stalled(c)) {
        conn_close(c); /* it would not read a farewell either */
        return;
    }
    if (c->phase == PHASE_LINGER) {
        conn_close(c);
        return;
    }
    if (c->socket)
        socket_due(c);
    else
        serve_due(c);
}

void conn_drain(struct conn *c)
{
    if (c->phase == PHASE_SOCKET)
        socket_close(c, 1001, S(""));
    else if (c->phase == PHASE_RUNNING || c->phase == PHASE_BODY)
        c->keep_alive = false;
    else if (c->phase == PHASE_WAIT && !c->out_first)
        conn_close(c);
    else if (c->phase == PHASE_WAIT || c->phase == PHASE_HEAD)
        conn_finish(c);
}
