#include "base/buf.h"

#include "base/time.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Bytes that stand as they are inside a JSON string; everything else goes through escape_one. */
static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&';
}

static void escape_one(struct buf *b, str sequence, bool good)
{
    static const char short_for[0x20] = {
        ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    unsigned char c = (unsigned char)sequence.ptr[0];
    if (!good) {
        buf_add(b, S("\xef\xbf\xbd"));
    } else if (c == '"' || c == '\\') {
        buf_add_char(b, '\\');
        buf_add_char(b, (char)c);
    } else if (c < 0x20 && short_for[c]) {
        buf_add_char(b, '\\');
        buf_add_char(b, short_for[c]);
    } else if (c < 0x80) {
        buf_format(b, "\\u%04x", c);
    } else if (str_eq(sequence, S("\xe2\x80\xa8"))) {
        buf_add(b, S("\\u2028"));
    } else if (str_eq(sequence, S("\xe2\x80\xa9"))) {
        buf_add(b, S("\\u2029"));
    } else {
        buf_add(b, sequence);
    }
}

static void quote(struct buf *b, str s)
{
    buf_add_char(b, '"');
    while (s.len) {
        ptrdiff_t plain = 0;
        while (plain < s.len && is_plain((unsigned char)s.ptr[plain]))
            plain++;
        buf_add(b, str_slice(s, 0, plain));
        s = str_slice(s, plain, s.len);
        if (s.len) {
            bool good;
            ptrdiff_t len = str_utf8_step(s, &good);
            escape_one(b, str_slice(s, 0, len), good);
            s = str_slice(s, len, s.len);
        }
    }
    buf_add_char(b, '"');
}

/* The comma and the name before a value. */
static void lead(struct json_out *j, const char *name)
{
    if (j->need_comma[j->depth])
        buf_add_char(&j->buf, ',');
    j->need_comma[j->depth] = true;
    if (name) {
        quote(&j->buf, str_of(name));
        buf_add_char(&j->buf, ':');
    }
}

static void begin(struct json_out *j, const char *name, char bracket)
{
    lead(j, name);
    buf_add_char(&j->buf, bracket);
    assert(j->depth + 1 < JSON_DEPTH);
    j->need_comma[++j->depth] = false;
}

static void end(struct json_out *j, char bracket)
{
    assert(j->depth > 0);
    j->depth--;
    buf_add_char(&j->buf, bracket);
}

void json_out_init(struct json_out *j, struct arena *mem)
{
    *j = (struct json_out){.depth = 0};
    buf_init(&j->buf, mem, 512);
}

str json_done(struct json_out *j)
{
    assert(j->depth == 0);
    return buf_str(&j->buf);
}

void json_begin_object(struct json_out *j, const char *name)
{
    begin(j, name, '{');
}

void json_end_object(struct json_out *j)
{
    end(j, '}');
}

void json_begin_array(struct json_out *j, const char *name)
{
    begin(j, name, '[');
}

void json_end_array(struct json_out *j)
{
    end(j, ']');
}

void json_str(struct json_out *j, const char *name, str value)
{
    lead(j, name);
    quote(&j->buf, value);
}

void json_int(struct json_out *j, const char *name, int64_t value)
{
    lead(j, name);
    buf_add_int(&j->buf, value);
}

void json_number(struct json_out *j, const char *name, double value)
{
    char text[40];
    if (!isfinite(value)) { /* JSON has no word for it */
        json_no_value(j, name);
        return;
    }
    int len = snprintf(text, sizeof text, "%.15g", value);
    double back = strtod(text, NULL);
    if (back < value || back > value)
        len = snprintf(text, sizeof text, "%.17g", value);
    lead(j, name);
    buf_add(&j->buf, (str){text, len});
}

void json_bool(struct json_out *j, const char *name, bool value)
{
    lead(j, name);
    buf_add(&j->buf, value ? S("true") : S("false"));
}

void json_no_value(struct json_out *j, const char *name)
{
    lead(j, name);
    buf_add(&j->buf, S("null"));
}

void json_id(struct json_out *j, const char *name, int64_t id)
{
    if (!id) {
        json_no_value(j, name);
        return;
    }
    lead(j, name);
    buf_add_char(&j->buf, '"');
    buf_add_int(&j->buf, id);
    buf_add_char(&j->buf, '"');
}

void json_time(struct json_out *j, const char *name, int64_t ms)
{
    if (!ms) {
        json_no_value(j, name);
        return;
    }
    lead(j, name);
    quote(&j->buf, time_rfc3339(j->buf.mem, zone_utc(), ms));
}

void json_raw(struct json_out *j, const char *name, str json)
{
    lead(j, name);
    buf_add(&j->buf, json);
}
