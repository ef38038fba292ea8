#include "net/http.h"

#include <string.h>

enum {            /* classes of bytes */
       TOKEN = 1, /* may stand in a method or a header's name */
       TEXT = 2,  /* may stand in a head at all (besides CR LF) */
       SEEN = 4,  /* may stand in a target: visible ASCII but '#' */
       HOST = 8,
};

static unsigned char_class(unsigned char c)
{
    static const char token_marks[] = "!#$%&'*+-.^_`|~";
    bool word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    unsigned is = c == '\t' || (c >= ' ' && c != 127) ? TEXT : 0;
    if (word || (c && strchr(token_marks, c)))
        is |= TOKEN;
    if (c > ' ' && c < 127 && c != '#')
        is |= SEEN;
    if (word || (c && strchr(".-_:[]%~", c)))
        is |= HOST;
    return is;
}

static bool all_of(str s, unsigned class)
{
    for (ptrdiff_t i = 0; i < s.len; i++)
        if (!(char_class((unsigned char)s.ptr[i]) & class))
            return false;
    return true;
}

/* A cheap test for the scan, which looks at every byte of every head. */
static bool is_text(unsigned char c)
{
    return (c >= ' ' && c != 127) || c == '\t';
}

ptrdiff_t http_scan(struct http_scan *s, str bytes)
{
    size_t len = (size_t)bytes.len;
    for (; s->at < len; s->at++) {
        unsigned char c = (unsigned char)bytes.ptr[s->at];
        bool after_cr = s->at > s->line && bytes.ptr[s->at - 1] == '\r';
        if (!s->past_first && s->at - s->line > HTTP_TARGET_MAX + 64)
            return -414;
        if (s->at >= HTTP_HEAD_MAX)
            return -431;
        if (after_cr != (c == '\n'))
            return -400; /* a bare CR or a bare LF */
        if (c == '\n') {
            if (s->at - s->line == 1)
                return s->past_first ? (ptrdiff_t)s->at + 1 : -400;
            s->past_first = true;
            s->line = s->at + 1;
        } else if (c != '\r' && !is_text(c)) {
            return -400;
        }
    }
    return 0;
}

bool http_list_has(str list, str token)
{
    str item;
    for (bool more = true; more;) {
        more = str_cut(list, ',', &item, &list);
        if (str_eq_nocase(str_trim(item), token))
            return true;
    }
    return false;
}

static const struct method_name {
    str name;
    enum http_method method;
} method_names[] = {
    {STR("GET"), HTTP_GET_},         {STR("HEAD"), HTTP_HEAD_},   {STR("POST"), HTTP_POST_},
    {STR("PUT"), HTTP_PUT_},         {STR("PATCH"), HTTP_PATCH_}, {STR("DELETE"), HTTP_DELETE_},
    {STR("OPTIONS"), HTTP_OPTIONS_},
};

static int read_version(str text, int *minor)
{
    if (str_eq(text, S("HTTP/1.1")) || str_eq(text, S("HTTP/1.0"))) {
        *minor = text.ptr[7] - '0';
        return 0;
    }
    bool other = text.len == 8 && str_starts(text, S("HTTP/")) && text.ptr[6] == '.' &&
                 text.ptr[5] >= '0' && text.ptr[5] <= '9' && text.ptr[7] >= '0' &&
                 text.ptr[7] <= '9';
    return other ? 505 : 400;
}

static int read_first_line(str line, struct http_head *h)
{
    str rest, version;
    if (!str_cut(line, ' ', &h->method_text, &rest) || !str_cut(rest, ' ', &h->target, &version))
        return 400;
    if (!h->method_text.len || !all_of(h->method_text, TOKEN))
        return 400;
    int status = read_version(version, &h->minor);
    if (status)
        return status;
    if (h->target.len > HTTP_TARGET_MAX)
        return 414;
    h->method = HTTP_OTHER_;
    for (size_t i = 0; i < COUNT(method_names); i++)
        if (str_eq(h->method_text, method_names[i].name))
            h->method = method_names[i].method;
    /* Only the origin form; a proxy's absolute form would bring a second host beside Host. */
    bool star = h->method == HTTP_OPTIONS_ && str_eq(h->target, S("*"));
    if ((!str_starts(h->target, S("/")) && !star) || !all_of(h->target, SEEN))
        return 400;
    return 0;
}

/* What a head says about its connection, gathered while its lines are read. */
struct head_marks {
    bool close, upgrade, websocket, encoded;
    str version; /* of the WebSocket protocol */
};

static int on_length(struct http_head *h, struct head_marks *m, str value)
{
    if (h->framing.length >= 0 || value.len == 0 || value.len > 15)
        return 400;
    int64_t n = 0;
    for (ptrdiff_t i = 0; i < value.len; i++) {
        if (value.ptr[i] < '0' || value.ptr[i] > '9')
            return 400;
        n = n * 10 + (value.ptr[i] - '0');
    }
    h->framing.length = n;
    return 0;
}

static int on_encoding(struct http_head *h, struct head_marks *m, str value)
{
    if (m->encoded || h->minor == 0 || !str_eq_nocase(value, S("chunked")))
        return 400;
    m->encoded = h->framing.chunked = true;
    return 0;
}

static int on_host(struct http_head *h, struct head_marks *m, str value)
{
    if (h->host.len || !value.len || !all_of(value, HOST))
        return 400;
    h->host = value;
    return 0;
}

static int on_connection(struct http_head *h, struct head_marks *m, str value)
{
    m->close |= http_list_has(value, S("close"));
    m->upgrade |= http_list_has(value, S("upgrade"));
    return 0;
}

static int on_upgrade(struct http_head *h, struct head_marks *m, str value)
{
    m->websocket |= http_list_has(value, S("websocket"));
    return 0;
}

static int on_expect(struct http_head *h, struct head_marks *m, str value)
{
    if (!str_eq_nocase(value, S("100-continue")))
        return 417;
    h->expect_continue = h->minor == 1;
    return 0;
}

static int on_websocket_key(struct http_head *h, struct head_marks *m, str value)
{
    if (h->websocket_key.len)
        return 400;
    h->websocket_key = value;
    return 0;
}

static int on_websocket_version(struct http_head *h, struct head_marks *m, str value)
{
    if (m->version.len)
        return 400;
    m->version = value;
    return 0;
}

/* The headers this room itself obeys. */
static const struct header_rule {
    str name;
    int (*read)(struct http_head *h, struct head_marks *m, str value);
} header_rules[] = {
    {STR("content-length"), on_length},
    {STR("transfer-encoding"), on_encoding},
    {STR("host"), on_host},
    {STR("connection"), on_connection},
    {STR("upgrade"), on_upgrade},
    {STR("expect"), on_expect},
    {STR("sec-websocket-key"), on_websocket_key},
    {STR("sec-websocket-version"), on_websocket_version},
};

static int read_header_line(char *line, ptrdiff_t len, struct http_head *h, struct head_marks *m)
{
    str name, value;
    if (h->header_count == HTTP_HEADERS_MAX)
        return 431;
    if (!str_cut((str){line, len}, ':', &name, &value))
        return 400;
    if (!name.len || !all_of(name, TOKEN)) /* also a folded line and a space before the colon */
        return 400;
    for (ptrdiff_t i = 0; i < name.len; i++)
        if (line[i] >= 'A' && line[i] <= 'Z')
            line[i] = (char)(line[i] + ('a' - 'A'));
    value = str_trim(value);
    h->headers[h->header_count++] = (struct http_header){name, value};
    for (size_t i = 0; i < COUNT(header_rules); i++)
        if (str_eq(name, header_rules[i].name))
            return header_rules[i].read(h, m, value);
    return 0;
}

/* 16 bytes in base64: 22 characters, of which the last carries two bits, and "==". */
static bool is_key(str key)
{
    if (key.len != 24 || !str_ends(key, S("==")))
        return false;
    for (ptrdiff_t i = 0; i < 22; i++) {
        char c = key.ptr[i];
        bool word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!word && c != '+' && c != '/')
            return false;
    }
    char last = key.ptr[21];
    return last == 'A' || last == 'Q' || last == 'g' || last == 'w';
}

/* What no single line shows. */
static int check_whole(struct http_head *h, const struct head_marks *m)
{
    if (h->framing.chunked && h->framing.length >= 0)
        return 400;
    if (h->minor == 1 && !h->host.len)
        return 400;
    h->keep_alive = h->minor == 1 && !m->close;
    if (h->method != HTTP_GET_ || h->minor != 1 || !m->upgrade || !m->websocket)
        return 0;
    if (!str_eq(m->version, S("13")))
        return 426;
    if (!is_key(h->websocket_key) || h->framing.chunked || h->framing.length > 0)
        return 400;
    h->wants_websocket = true;
    return 0;
}

int http_head_read(char *head, size_t len, struct http_head *out)
{
    struct head_marks marks = {0};
    *out = (struct http_head){.framing.length = -1};
    char *line = head, *end = head + len - 2; /* the empty line is not read */
    for (bool first = true; line < end; first = false) {
        char *stop = memchr(line, '\r', (size_t)(end - line)); /* http_scan saw to it */
        int status = first ? read_first_line((str){line, stop - line}, out)
                           : read_header_line(line, stop - line, out, &marks);
        if (status)
            return status;
        line = stop + 2;
    }
    return check_whole(out, &marks);
}
