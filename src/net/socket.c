#include "net/conn.h"

#include "base/log.h"

#include <stdlib.h>
#include <string.h>

struct frame {
    atomic_int refs;
    size_t size;
    char bytes[];
};

enum { PINGS_UNANSWERED = 2 };

/* --- shared frames --- */

struct frame *frame_text(str text)
{
    uint8_t head[WS_HEAD_MAX];
    size_t n = ws_head(head, WS_TEXT, (size_t)text.len);
    struct frame *f = malloc(sizeof *f + n + (size_t)text.len);
    if (!f)
        abort();
    atomic_init(&f->refs, 1);
    f->size = n + (size_t)text.len;
    memcpy(f->bytes, head, n);
    if (text.len)
        memcpy(f->bytes + n, text.ptr, (size_t)text.len);
    return f;
}

struct frame *frame_ref(struct frame *f)
{
    atomic_fetch_add_explicit(&f->refs, 1, memory_order_relaxed);
    return f;
}

void frame_unref(struct frame *f)
{
    if (f && atomic_fetch_sub_explicit(&f->refs, 1, memory_order_acq_rel) == 1)
        free(f);
}

size_t frame_size(const struct frame *f)
{
    return f->size;
}

static void release_frame(void *owner)
{
    frame_unref(owner);
}

/* --- sending --- */

static void send_control(struct conn *c, enum ws_opcode opcode, str payload)
{
    uint8_t bytes[WS_HEAD_MAX + 125];
    size_t n = ws_head(bytes, opcode, (size_t)payload.len);
    if (payload.len)
        memcpy(bytes + n, payload.ptr, (size_t)payload.len);
    struct piece p = {.bytes = {(char *)bytes, (ptrdiff_t)n + payload.len}};
    conn_write(c, &p, 1);
}

/* code 0 sends an empty close frame. */
static void send_close(struct conn *c, int code, str reason)
{
    char payload[125] = {(char)(code >> 8), (char)code};
    reason = str_slice(reason, 0, 123);
    if (reason.len)
        memcpy(payload + 2, reason.ptr, (size_t)reason.len);
    send_control(c, WS_CLOSE, (str){payload, code ? 2 + reason.len : 0});
}

/* The peer takes less than it is sent. Its queue is given up, it may connect again. */
static void give_up(struct conn *c)
{
    count_add(COUNT_OVERLOAD, 1);
    if (c->ssl) { /* records cannot be left out of a TLS stream */
        conn_close(c);
        return;
    }
    conn_drop_queue(c);
    socket_close(c, 1013, S("too slow"));
}

void socket_send(struct conn *c, struct frame *f, enum frame_weight weight)
{
    size_t left = conn_unsent(c);
    if (c->corked && left > QUEUE_WEAK / 2) {
        conn_flush(c);
        left = conn_unsent(c);
    }
    if (c->closing || c->finishing)
        return;
    size_t pushed = c->socket->pushed < left ? c->socket->pushed : left; /* still queued of them */
    if (pushed > QUEUE_FIRM && weight != FRAME_ANSWER) {
        give_up(c);
    } else if (left > QUEUE_WEAK && weight == FRAME_WEAK) {
        count_add(COUNT_WS_DROPPED, 1);
    } else {
        struct piece p = {.bytes = {f->bytes, (ptrdiff_t)f->size},
                          .release = release_frame,
                          .owner = frame_ref(f)};
        count_add(COUNT_WS_FRAMES_OUT, 1);
        c->socket->pushed = weight == FRAME_ANSWER ? 0 : c->socket->pushed + f->size;
        conn_write(c, &p, 1);
    }
}

void socket_close(struct conn *c, int code, str reason)
{
    if (c->phase != PHASE_SOCKET || c->closing)
        return;
    send_close(c, code, reason);
    c->phase = PHASE_CLOSING;
    slot_due(c, LINGER_MS);
}

/* --- receiving --- */

static void last_words(struct conn *c, int code)
{
    if (c->phase == PHASE_SOCKET)
        send_close(c, code, S(""));
    c->phase = PHASE_CLOSING;
    slot_due(c, LINGER_MS);
    conn_finish(c);
}

static void on_event(struct conn *c, const struct ws_event *e)
{
    const struct net_app *app = &c->loop->net->app;
    switch (e->kind) {
    case WS_GOT_TEXT:
        count_add(COUNT_WS_FRAMES_IN, 1);
        if (c->phase == PHASE_SOCKET)
            app->message(app->ctx, conn_name(c), c->socket->user, e->text);
        break;
    case WS_GOT_PING:
        if (c->phase == PHASE_SOCKET)
            send_control(c, WS_PONG, e->text);
        break;
    case WS_GOT_CLOSE:
    case WS_BROKEN:
        last_words(c, e->code);
        break;
    case WS_GOT_PONG:
    case WS_MORE:
        break;
    }
}

size_t socket_input(struct conn *c, char *bytes, size_t len)
{
    size_t at = 0;
    struct socket *s = c->socket;
    s->heard = loop_tenths(c->loop);
    s->pings = 0;
    c->corked = true; /* answers to these frames leave together */
    for (unsigned frames = 0; at < len && !c->finishing && !c->closing; frames++) {
        struct ws_event event;
        if (frames == FRAMES_A_TURN) {
            c->spent = true;
            break;
        }
        at += ws_feed(&s->parser, bytes + at, len - at, &event);
        on_event(c, &event);
    }
    ws_rest(&s->parser);
    return at;
}

void socket_due(struct conn *c)
{
    struct socket *s = c->socket;
    uint32_t now = loop_tenths(c->loop), ping = ((uint32_t)c->loop->net->o.ping_ms + 99) / 100;
    if (c->phase == PHASE_CLOSING) {
        if (!c->out_first) /* otherwise it lasts as long as the peer takes bytes */
            conn_close(c);
        return;
    }
    if (now >= s->heard + ping * (s->pings + 1u)) {
        if (s->pings == PINGS_UNANSWERED) {
            conn_close(c);
            return;
        }
        s->pings++;
        send_control(c, WS_PING, S(""));
    }
    slot_due(c, (s->heard + ping * (s->pings + 1u) - now) * 100);
}

void socket_open(struct conn *c, const char *accept, uint32_t max_message, void *user)
{
    char answer[160] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                       "Connection: Upgrade\r\nSec-WebSocket-Accept: ";
    struct socket *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    memcpy(stpcpy(answer + strlen(answer), accept), "\r\n\r\n", 5);
    ws_init(&s->parser, max_message);
    s->user = user;
    s->heard = loop_tenths(c->loop);
    c->socket = s;
    c->phase = PHASE_SOCKET;
    slot_due(c, (uint32_t)c->loop->net->o.ping_ms);
    count_add(COUNT_WEBSOCKETS, 1);
    struct piece p = {.bytes = str_of(answer)};
    conn_write(c, &p, 1);
    if (c->eof)
        conn_close(c);
    else if (c->loop->draining)
        socket_close(c, 1001, S(""));
    if (c->held && !c->busy)
        loop_later(c);
}

void socket_release(struct conn *c)
{
    if (!c->socket)
        return;
    count_add(COUNT_WEBSOCKETS, -1);
    ws_release(&c->socket->parser);
    free(c->socket);
    c->socket = NULL;
}
