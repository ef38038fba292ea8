/* A stream of frames: byte by byte gives the same events as in one piece; and where both accept,
 * the same as wslay's frame parser. */
#include "net/ws.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <wslay/wslay.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_MESSAGE = 3000 };

/* Events as bytes: kind, code, length, text, one after the other. */
struct tale {
    char *bytes;
    size_t len, cap;
    bool broken, in_head; /* refused; the last head is not whole, so not judged yet */
};

static void tell(struct tale *t, int kind, int code, str text)
{
    size_t need = t->len + 3 * sizeof(int) + (size_t)text.len;
    if (need > t->cap) {
        t->cap = need * 2;
        t->bytes = realloc(t->bytes, t->cap);
    }
    int head[3] = {kind, code, (int)text.len};
    memcpy(t->bytes + t->len, head, sizeof head);
    if (text.len)
        memcpy(t->bytes + t->len + sizeof head, text.ptr, (size_t)text.len);
    t->len = need;
}

static struct tale ours(const uint8_t *data, size_t size, size_t step)
{
    struct tale t = {0};
    struct ws_parser p;
    ws_init(&p, MAX_MESSAGE);
    for (size_t at = 0; at < size && !t.broken; at += step) {
        size_t n = size - at < step ? size - at : step, used = 0;
        char *bytes = malloc(n);
        memcpy(bytes, data + at, n);
        while (used < n && !t.broken) {
            struct ws_event e;
            size_t took = ws_feed(&p, bytes + used, n - used, &e);
            assert(took > 0 && took <= n - used);
            used += took;
            if (e.kind == WS_GOT_TEXT)
                assert(str_is_utf8(e.text) && e.text.len <= MAX_MESSAGE);
            if (e.kind == WS_BROKEN)
                t.broken = true;
            else if (e.kind != WS_MORE)
                tell(&t, e.kind, e.code, e.text);
            assert(p.message.cap <= MAX_MESSAGE && p.control.cap <= 128);
        }
        ws_rest(&p);
        free(bytes);
    }
    t.in_head = p.have > 0;
    ws_release(&p);
    return t;
}

struct source {
    const uint8_t *at;
    size_t left;
};

static ssize_t give(uint8_t *to, size_t len, int flags, void *user)
{
    struct source *s = user;
    if (!s->left)
        return -1;
    size_t n = len < s->left ? len : s->left;
    memcpy(to, s->at, n);
    s->at += n;
    s->left -= n;
    return (ssize_t)n;
}

static void wslay_frame_done(struct tale *t, int opcode, str payload)
{
    static const int kinds[] = {[WS_PING] = WS_GOT_PING, [WS_PONG] = WS_GOT_PONG};
    if (opcode == WS_CLOSE && payload.len >= 2) {
        int code = (uint8_t)payload.ptr[0] << 8 | (uint8_t)payload.ptr[1];
        tell(t, WS_GOT_CLOSE, code, str_slice(payload, 2, payload.len));
    } else if (opcode == WS_CLOSE) {
        tell(t, WS_GOT_CLOSE, 0, S(""));
    } else {
        tell(t, kinds[opcode], 0, payload);
    }
}

static struct tale theirs(const uint8_t *data, size_t size)
{
    struct tale t = {0};
    struct source source = {data, size};
    struct wslay_frame_callbacks callbacks = {.recv_callback = give};
    wslay_frame_context_ptr ctx;
    struct wslay_frame_iocb frame;
    char *message = malloc(size + 1), control[125];
    size_t message_len = 0, control_len = 0;
    uint64_t got = 0;
    assert(wslay_frame_context_init(&ctx, &callbacks, &source) == 0);
    for (;;) {
        memset(&frame, 0, sizeof frame);
        ssize_t n = wslay_frame_recv(ctx, &frame);
        if (n < 0) {
            t.broken = n == WSLAY_ERR_PROTO;
            break;
        }
        bool is_control = frame.opcode >= WS_CLOSE;
        if (is_control && control_len + frame.data_length > sizeof control)
            break;
        memcpy(is_control ? control + control_len : message + message_len, frame.data,
               frame.data_length);
        *(is_control ? &control_len : &message_len) += frame.data_length;
        got += frame.data_length;
        if (got < frame.payload_length)
            continue;
        got = 0;
        if (is_control) {
            if (frame.opcode > WS_PONG)
                break;
            wslay_frame_done(&t, frame.opcode, (str){control, (ptrdiff_t)control_len});
            control_len = 0;
        } else if (frame.fin) {
            tell(&t, WS_GOT_TEXT, 0, (str){message, (ptrdiff_t)message_len});
            message_len = 0;
        }
    }
    wslay_frame_context_free(ctx);
    free(message);
    return t;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct tale whole = ours(data, size, size), cut = ours(data, size, 1);
    assert(whole.broken == cut.broken && whole.len == cut.len);
    assert(!whole.len || memcmp(whole.bytes, cut.bytes, whole.len) == 0);
    struct tale other = theirs(data, size);
    /* We refuse more; what we made events of, wslay must have seen the same way. */
    assert(whole.len <= other.len);
    assert(whole.broken || whole.len == other.len);
    assert(whole.broken || whole.in_head || !other.broken);
    assert(!whole.len || memcmp(whole.bytes, other.bytes, whole.len) == 0);
    free(whole.bytes);
    free(cut.bytes);
    free(other.bytes);
    return 0;
}
