/* The first byte cuts the rest into steps; head and body must come out as they do in one piece. */
#include "net/http.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BODY_MAX = 1000 };

struct outcome {
    int status; /* 0: a whole request, -1: wants more */
    size_t used, headers;
    char body[BODY_MAX];
    size_t body_len;
};

static void check_head(const struct http_head *h, const char *head, size_t len)
{
    assert(h->target.len > 0 && h->target.len <= HTTP_TARGET_MAX);
    assert(h->header_count <= HTTP_HEADERS_MAX);
    assert(h->minor == 0 || h->host.len > 0);
    assert(!h->framing.chunked || h->framing.length < 0);
    for (size_t i = 0; i < h->header_count; i++) {
        str n = h->headers[i].name, v = h->headers[i].value;
        assert(n.len > 0 && n.ptr >= head && v.ptr + v.len <= head + len);
        assert(!memchr(v.ptr, '\r', (size_t)v.len) && !memchr(v.ptr, '\n', (size_t)v.len));
        assert(!memchr(v.ptr, 0, (size_t)v.len));
    }
}

static int read_body(struct outcome *o, const struct http_head *h, char *head, size_t head_len,
                     const uint8_t *data, size_t size, size_t step)
{
    struct arena mem;
    struct http_body b;
    arena_init(&mem, 256);
    int status = http_body_begin(&b, (str){head, (ptrdiff_t)head_len}, &h->framing, BODY_MAX, &mem);
    while (!status && !b.done && o->used < size) {
        size_t n = size - o->used < step ? size - o->used : step, took;
        status = http_body_feed(&b, (str){(const char *)data + o->used, (ptrdiff_t)n}, &took);
        assert(took <= n && b.len <= BODY_MAX);
        o->used += took;
    }
    if (!status) {
        o->body_len = b.len;
        if (b.len)
            memcpy(o->body, b.bytes, b.len);
        status = b.done ? 0 : -1;
    }
    http_body_release(&b);
    arena_release(&mem);
    return status;
}

static struct outcome read_request(const uint8_t *data, size_t size, size_t step)
{
    struct outcome o = {.status = -1};
    struct http_scan scan = {0};
    struct http_head h;
    ptrdiff_t end = 0;
    for (size_t have = 0; have < size && !end;) {
        have = size - have < step ? size : have + step;
        end = http_scan(&scan, (str){(const char *)data, (ptrdiff_t)have});
    }
    if (end <= 0) {
        o.status = end ? (int)-end : -1;
        return o;
    }
    char *head = malloc((size_t)end); /* exactly, so that ASan sees a step beyond */
    memcpy(head, data, (size_t)end);
    o.status = http_head_read(head, (size_t)end, &h);
    if (!o.status) {
        check_head(&h, head, (size_t)end);
        o.headers = h.header_count;
        o.used = (size_t)end;
        o.status = read_body(&o, &h, head, (size_t)end, data, size, step);
    }
    if (o.status > 0)
        o.used = o.body_len = o.headers = 0;
    free(head);
    return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct outcome whole = read_request(data + 1, size - 1, size);
    struct outcome cut = read_request(data + 1, size - 1, 1u + data[0] % 61);
    assert(whole.status == cut.status && whole.used == cut.used && whole.headers == cut.headers);
    assert(whole.body_len == cut.body_len && !memcmp(whole.body, cut.body, whole.body_len));
    return 0;
}
