#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SMALLEST = 64 };

/* The old bytes stay in the arena: doubling keeps that waste below the final size. */
void buf_reserve(struct buf *b, size_t more)
{
    if (b->cap - b->len >= more)
        return;
    size_t cap = b->cap < SMALLEST ? SMALLEST : b->cap;
    while (cap - b->len < more)
        if (__builtin_mul_overflow(cap, 2, &cap))
            abort(); /* no such memory */
    char *ptr = arena_new(b->mem, char, cap);
    if (b->len)
        memcpy(ptr, b->ptr, b->len);
    b->ptr = ptr;
    b->cap = cap;
}

void buf_init(struct buf *b, struct arena *mem, size_t first_cap)
{
    *b = (struct buf){.mem = mem};
    buf_reserve(b, first_cap);
}

void buf_add(struct buf *b, str s)
{
    if (!s.len)
        return;
    buf_reserve(b, (size_t)s.len);
    memcpy(b->ptr + b->len, s.ptr, (size_t)s.len);
    b->len += (size_t)s.len;
}

void buf_add_char(struct buf *b, char c)
{
    buf_reserve(b, 1);
    b->ptr[b->len++] = c;
}

void buf_add_int(struct buf *b, int64_t n)
{
    char text[20];
    size_t at = sizeof text;
    uint64_t rest = n < 0 ? -(uint64_t)n : (uint64_t)n;
    do {
        text[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (n < 0)
        buf_add_char(b, '-');
    buf_add(b, (str){text + at, (ptrdiff_t)(sizeof text - at)});
}

void buf_format(struct buf *b, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0) /* only a text above INT_MAX or a broken wide string */
        abort();
    buf_reserve(b, (size_t)len + 1);
    vsnprintf(b->ptr + b->len, (size_t)len + 1, format, again);
    va_end(again);
    b->len += (size_t)len;
}

str buf_str(const struct buf *b)
{
    return (str){b->ptr, (ptrdiff_t)b->len};
}
