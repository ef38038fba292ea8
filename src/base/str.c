#include "base/str.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const str ill_formed = STR("\xef\xbf\xbd"); /* U+FFFD */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

str str_of(const char *zero_terminated)
{
    return (str){zero_terminated, zero_terminated ? (ptrdiff_t)strlen(zero_terminated) : 0};
}

bool str_eq(str a, str b)
{
    if (a.len != b.len || a.len == 0)
        return a.len == b.len;
    assert(a.ptr && b.ptr);
    return memcmp(a.ptr, b.ptr, (size_t)a.len) == 0;
}

bool str_eq_nocase(str a, str b)
{
    if (a.len != b.len)
        return false;
    for (ptrdiff_t i = 0; i < a.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    return true;
}

int str_cmp(str a, str b)
{
    ptrdiff_t n = a.len < b.len ? a.len : b.len;
    int order = n ? memcmp(a.ptr, b.ptr, (size_t)n) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

bool str_starts(str s, str prefix)
{
    return s.len >= prefix.len && str_eq((str){s.ptr, prefix.len}, prefix);
}

bool str_ends(str s, str suffix)
{
    return s.len >= suffix.len && str_eq(str_slice(s, s.len - suffix.len, s.len), suffix);
}

ptrdiff_t str_find(str s, str part)
{
    if (part.len == 0)
        return 0;
    if (part.len > s.len)
        return -1;
    const char *at = memmem(s.ptr, (size_t)s.len, part.ptr, (size_t)part.len);
    return at ? at - s.ptr : -1;
}

ptrdiff_t str_find_char(str s, char c)
{
    const char *at = s.len ? memchr(s.ptr, c, (size_t)s.len) : NULL;
    return at ? at - s.ptr : -1;
}

str str_slice(str s, ptrdiff_t from, ptrdiff_t to)
{
    from = from < 0 ? 0 : from > s.len ? s.len : from;
    to = to < from ? from : to > s.len ? s.len : to;
    return (str){s.ptr ? s.ptr + from : NULL, to - from};
}

str str_trim(str s)
{
    while (s.len && is_space(s.ptr[0]))
        s = (str){s.ptr + 1, s.len - 1};
    while (s.len && is_space(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

bool str_cut(str s, char sep, str *head, str *tail)
{
    ptrdiff_t at = str_find_char(s, sep);
    *head = at < 0 ? s : str_slice(s, 0, at);
    *tail = at < 0 ? (str){NULL, 0} : str_slice(s, at + 1, s.len);
    return at >= 0;
}

str str_copy(struct arena *mem, str s)
{
    if (!s.len)
        return (str){"", 0};
    return (str){memcpy(arena_new(mem, char, (size_t)s.len), s.ptr, (size_t)s.len), s.len};
}

char *str_z(struct arena *mem, str s)
{
    char *copy = arena_new(mem, char, (size_t)s.len + 1);
    if (s.len)
        memcpy(copy, s.ptr, (size_t)s.len);
    copy[s.len] = '\0';
    return copy;
}

str str_lower(struct arena *mem, str s)
{
    char *copy = arena_new(mem, char, (size_t)s.len);
    for (ptrdiff_t i = 0; i < s.len; i++)
        copy[i] = lower(s.ptr[i]);
    return (str){copy, s.len};
}

str str_format(struct arena *mem, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0) /* only a text above INT_MAX or a broken wide string */
        abort();
    char *out = arena_new(mem, char, (size_t)len + 1);
    vsnprintf(out, (size_t)len + 1, format, again);
    va_end(again);
    return (str){out, len};
}

bool str_int(str s, int64_t *out)
{
    bool minus = s.len && s.ptr[0] == '-';
    int64_t n = 0;
    if (s.len == (minus ? 1 : 0))
        return false;
    for (ptrdiff_t i = minus; i < s.len; i++) {
        int digit = s.ptr[i] - '0';
        if (digit < 0 || digit > 9 || __builtin_mul_overflow(n, 10, &n) ||
            __builtin_add_overflow(n, minus ? -digit : digit, &n))
            return false;
    }
    *out = n;
    return true;
}

ptrdiff_t str_utf8_step(str s, bool *well_formed)
{
    const unsigned char *p = (const unsigned char *)s.ptr;
    unsigned char c = p[0];
    *well_formed = c < 0x80;
    if (c < 0xc2 || c > 0xf4)
        return 1;
    ptrdiff_t len = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    /* The second byte is what rules out overlong forms, surrogates and what is above U+10FFFF. */
    unsigned char low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
    unsigned char high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
    for (ptrdiff_t i = 1; i < len; i++) {
        if (i >= s.len || p[i] < low || p[i] > high)
            return i;
        low = 0x80;
        high = 0xbf;
    }
    *well_formed = true;
    return len;
}

bool str_is_utf8(str s)
{
    bool good = true;
    while (s.len && good) {
        ptrdiff_t len = str_utf8_step(s, &good);
        s = (str){s.ptr + len, s.len - len};
    }
    return good;
}

str str_utf8_cut(str s, ptrdiff_t max)
{
    if (s.len <= max)
        return s;
    ptrdiff_t at = max < 0 ? 0 : max;
    /* Back over the continuation bytes of a sequence that would be split: at most three. */
    for (int back = 0; back < 3 && at > 0 && ((unsigned char)s.ptr[at] & 0xc0) == 0x80; back++)
        at--;
    return (str){s.ptr, at};
}

ptrdiff_t str_utf8_count(str s)
{
    ptrdiff_t n = 0;
    for (ptrdiff_t i = 0; i < s.len; i++)
        n += ((unsigned char)s.ptr[i] & 0xc0) != 0x80;
    return n;
}

/* How much of s stands as it is: plain ASCII is by far the most of it. */
static ptrdiff_t clean_prefix(str s)
{
    ptrdiff_t n = 0;
    while (n < s.len) {
        unsigned char c = (unsigned char)s.ptr[n];
        bool good = c >= 0x20 && c < 0x7f;
        ptrdiff_t len = 1;
        if (c >= 0x80) {
            len = str_utf8_step((str){s.ptr + n, s.len - n}, &good);
            good = good && !(c == 0xc2 && (unsigned char)s.ptr[n + 1] < 0xa0);
        } else if (c == '\n' || c == '\t') {
            good = true;
        }
        if (!good)
            break;
        n += len;
    }
    return n;
}

str str_clean(struct arena *mem, str s)
{
    ptrdiff_t n = clean_prefix(s);
    if (n == s.len)
        return str_copy(mem, s);
    char *out = arena_new(mem, char, (size_t)s.len * 3); /* at worst each byte becomes U+FFFD */
    memcpy(out, s.ptr, (size_t)n);
    s = (str){s.ptr + n, s.len - n};
    while (s.len) {
        bool good;
        ptrdiff_t len = str_utf8_step(s, &good);
        unsigned char c = (unsigned char)s.ptr[0];
        bool control = ((c < 0x20 || c == 0x7f) && c != '\n' && c != '\t') ||
                       (good && c == 0xc2 && (unsigned char)s.ptr[1] < 0xa0);
        if (!good) {
            memcpy(out + n, ill_formed.ptr, 3);
            n += 3;
        } else if (!control) {
            memcpy(out + n, s.ptr, (size_t)len);
            n += len;
        }
        s = (str){s.ptr + len, s.len - len};
    }
    return (str){out, n};
}
