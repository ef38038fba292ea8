#include "net/body.h"

#include <http_parser.h>
#include <stdlib.h>
#include <string.h>

/* Chunk framing, looked at before http-parser, which takes anything for a line's end. Neither
 * extensions nor trailers are taken: nobody who talks to us sends them. */
enum chunk_step {
    CHUNK_SIZE,
    CHUNK_SIZE_LF,
    CHUNK_DATA,
    CHUNK_DATA_CR,
    CHUNK_DATA_LF,
    CHUNK_LAST_CR,
    CHUNK_LAST_LF,
};

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int chunk_size_byte(struct http_body *b, char c)
{
    int digit = hex_value(c);
    if (digit >= 0) {
        b->left = b->left * 16 + digit;
        return ++b->digits > 8 ? 400 : 0;
    }
    b->step = CHUNK_SIZE_LF;
    return c == '\r' && b->digits ? 0 : 400;
}

/* One byte of framing: 0, or the status of the refusal. */
static int chunk_byte(struct http_body *b, char c)
{
    switch ((enum chunk_step)b->step) {
    case CHUNK_SIZE:
        return chunk_size_byte(b, c);
    case CHUNK_SIZE_LF:
        b->step = b->left ? CHUNK_DATA : CHUNK_LAST_CR;
        b->digits = 0;
        if (c != '\n')
            return 400;
        b->declared += (size_t)b->left; /* too large as soon as it is said, not once it is sent */
        return b->declared > b->max ? 413 : 0;
    case CHUNK_DATA_CR:
        b->step = CHUNK_DATA_LF;
        return c == '\r' ? 0 : 400;
    case CHUNK_DATA_LF:
        b->step = CHUNK_SIZE;
        return c == '\n' ? 0 : 400;
    case CHUNK_LAST_CR:
        b->step = CHUNK_LAST_LF;
        return c == '\r' ? 0 : 400;
    case CHUNK_LAST_LF:
        b->done = true;
        return c == '\n' ? 0 : 400;
    case CHUNK_DATA:
        break;
    }
    return 0;
}

/* How many of the bytes may go to http-parser; the framing among them is checked. */
static int chunk_walk(struct http_body *b, str bytes, size_t *used)
{
    size_t at = 0, len = (size_t)bytes.len;
    while (at < len && !b->done) {
        if (b->step == CHUNK_DATA) {
            size_t n = len - at < (size_t)b->left ? len - at : (size_t)b->left;
            at += n;
            b->left -= (int64_t)n;
            if (!b->left)
                b->step = CHUNK_DATA_CR;
            continue;
        }
        int status = chunk_byte(b, bytes.ptr[at++]);
        if (status)
            return status;
    }
    *used = at;
    return 0;
}

static int on_body(http_parser *parser, const char *at, size_t n)
{
    struct http_body *b = parser->data;
    if (n > b->max - b->len)
        return 1; /* the framing was checked against max: the two parsers disagree */
    if (b->len + n > b->cap) {
        size_t cap = b->cap ? b->cap * 2 : 512;
        while (cap < b->len + n)
            cap *= 2;
        if (cap > b->max)
            cap = b->max;
        char *grown = realloc(b->bytes, cap);
        if (!grown)
            abort();
        b->bytes = grown;
        b->cap = cap;
    }
    memcpy(b->bytes + b->len, at, n);
    b->len += n;
    return 0;
}

int http_body_begin(struct http_body *b, str head, const struct http_framing *f, size_t max,
                    struct arena *mem)
{
    static const http_parser_settings no_callbacks = {0};
    *b = (struct http_body){.max = max, .chunked = f->chunked};
    b->parser = arena_new(mem, http_parser, 1);
    http_parser_init(b->parser, HTTP_REQUEST);
    size_t taken = http_parser_execute(b->parser, &no_callbacks, head.ptr, (size_t)head.len);
    if (b->parser->http_errno == HPE_INVALID_METHOD)
        return 501;
    if (taken != (size_t)head.len || b->parser->http_errno != HPE_OK)
        return 400;
    b->left = f->chunked ? 0 : f->length > 0 ? f->length : 0;
    b->done = !f->chunked && !b->left;
    return (uint64_t)b->left > max ? 413 : 0;
}

int http_body_feed(struct http_body *b, str bytes, size_t *used)
{
    static const http_parser_settings settings = {.on_body = on_body};
    *used = 0;
    if (b->chunked) {
        int status = chunk_walk(b, bytes, used);
        if (status)
            return status;
    } else {
        *used = (size_t)bytes.len < (size_t)b->left ? (size_t)bytes.len : (size_t)b->left;
        b->left -= (int64_t)*used;
        b->done = !b->left;
    }
    b->parser->data = b;
    size_t taken = http_parser_execute(b->parser, &settings, bytes.ptr, *used);
    return taken == *used && b->parser->http_errno == HPE_OK ? 0 : 400;
}

void http_body_release(struct http_body *b)
{
    free(b->bytes);
    b->bytes = NULL;
    b->len = b->cap = 0;
}
