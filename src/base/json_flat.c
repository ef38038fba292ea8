/* A reader for one flat object of texts, whole numbers, true, false and null, which is what the widget
 * and the console send all day: a tree of small allocations for each would cost ten times the rest.
 * It never refuses: whatever is nested, fractional, malformed or merely unusual is left to jansson,
 * which then also finds the words for what is wrong. */
#include "base/json_parts.h"

#include <string.h>

enum { UNKNOWN_MAX = 8, DIGITS_MAX = 18 /* always fit */ };

struct reader {
    const char *at, *end;
    struct arena *mem;
};

static void skip_space(struct reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r'))
        r->at++;
}

static bool take(struct reader *r, char wanted)
{
    skip_space(r);
    if (r->at == r->end || *r->at != wanted)
        return false;
    r->at++;
    return true;
}

static bool take_word(struct reader *r, str word)
{
    if (!str_starts((str){r->at, r->end - r->at}, word))
        return false;
    r->at += word.len;
    return true;
}

/* What stands for itself: to the quote that ends the text, a backslash, or something wrong. */
static bool skip_plain(struct reader *r)
{
    while (r->at < r->end) {
        unsigned char c = (unsigned char)*r->at;
        if (c == '"' || c == '\\')
            return true;
        if (c < 0x20)
            return false;
        if (c < 0x80) {
            r->at++;
            continue;
        }
        bool good;
        ptrdiff_t len = str_utf8_step((str){r->at, r->end - r->at}, &good);
        if (!good)
            return false;
        r->at += len;
    }
    return false;
}

/* \uXXXX is rare and has rules of its own: left to jansson. */
static char unescaped(char c)
{
    static const char *const from = "\"\\/bfnrt", *const to = "\"\\/\b\f\n\r\t";
    const char *found = c ? strchr(from, c) : NULL;
    return found ? to[found - from] : 0;
}

/* After the opening quote; takes the closing one along. */
static bool take_text(struct reader *r, str *out)
{
    const char *start = r->at;
    if (!skip_plain(r))
        return false;
    *out = (str){start, r->at - start};
    if (*r->at == '"') {
        r->at++;
        return true;
    }
    char *copy = arena_new(r->mem, char, (size_t)(r->end - start));
    ptrdiff_t n = 0;
    for (;;) {
        memcpy(copy + n, start, (size_t)(r->at - start));
        n += r->at - start;
        if (*r->at == '"')
            break;
        char c = r->at + 1 < r->end ? unescaped(r->at[1]) : 0;
        if (!c)
            return false;
        copy[n++] = c;
        r->at += 2;
        start = r->at;
        if (!skip_plain(r))
            return false;
    }
    r->at++;
    *out = (str){copy, n};
    return true;
}

static bool take_int(struct reader *r, int64_t *out)
{
    bool minus = *r->at == '-';
    r->at += minus;
    const char *start = r->at;
    int64_t n = 0;
    while (r->at < r->end && *r->at >= '0' && *r->at <= '9' && r->at - start < DIGITS_MAX)
        n = n * 10 + (*r->at++ - '0');
    if (r->at == start || (*start == '0' && (minus || r->at - start > 1)))
        return false;
    if (r->at < r->end && strchr("0123456789.eE", *r->at))
        return false;
    *out = minus ? -n : n;
    return true;
}

static bool take_value(struct reader *r, struct json_value *v)
{
    skip_space(r);
    if (r->at == r->end)
        return false;
    switch (*r->at) {
    case '"':
        r->at++;
        v->kind = VALUE_TEXT;
        return take_text(r, &v->text);
    case 't':
        v->kind = VALUE_TRUE;
        return take_word(r, S("true"));
    case 'f':
        v->kind = VALUE_FALSE;
        return take_word(r, S("false"));
    case 'n':
        v->kind = VALUE_NULL;
        return take_word(r, S("null"));
    default:
        v->kind = VALUE_INT;
        return take_int(r, &v->integer);
    }
}

static size_t find_field(const struct json_shape *shape, str name)
{
    size_t i = 0;
    while (i < shape->count && !str_eq(str_of(shape->fields[i].name), name))
        i++;
    return i;
}

/* Members that the shape does not know: remembered, because no name may come twice. */
struct unknown {
    str names[UNKNOWN_MAX];
    size_t count;
};

static bool is_new(struct unknown *u, str name)
{
    for (size_t i = 0; i < u->count; i++)
        if (str_eq(u->names[i], name))
            return false;
    if (u->count == UNKNOWN_MAX)
        return false;
    u->names[u->count++] = name;
    return true;
}

static bool take_member(struct reader *r, const struct json_shape *shape, struct unknown *unknown,
                        struct json_value *values)
{
    struct json_value other = {0}, *v = &other;
    str name;
    if (!take(r, '"') || !take_text(r, &name) || !take(r, ':'))
        return false;
    size_t i = find_field(shape, name);
    if (i < shape->count) {
        enum json_type type = shape->fields[i].type;
        v = &values[i];
        if (v->kind != VALUE_NONE || type == JSON_ANY || type == JSON_TEXTS)
            return false;
    } else if (!is_new(unknown, name)) {
        return false;
    }
    return take_value(r, v);
}

bool json_flat(str text, const struct json_shape *shape, struct arena *mem,
               struct json_value values[FLAT_FIELDS])
{
    struct reader r = {text.ptr, text.ptr + text.len, mem};
    struct unknown unknown = {.count = 0};
    if (shape->count > FLAT_FIELDS || !take(&r, '{'))
        return false;
    memset(values, 0, shape->count * sizeof *values);
    if (!take(&r, '}')) {
        do {
            if (!take_member(&r, shape, &unknown, values))
                return false;
        } while (take(&r, ','));
        if (!take(&r, '}'))
            return false;
    }
    skip_space(&r);
    return r.at == r.end;
}
