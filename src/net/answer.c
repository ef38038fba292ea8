#include "net/conn.h"

#include "base/log.h"

#include <assert.h>
#include <string.h>

enum { HEADERS_MAX = 8 * 1024 };

static const struct reason {
    int status;
    str text;
} reasons[] = {
    {200, STR("OK")},
    {201, STR("Created")},
    {202, STR("Accepted")},
    {204, STR("No Content")},
    {206, STR("Partial Content")},
    {301, STR("Moved Permanently")},
    {302, STR("Found")},
    {303, STR("See Other")},
    {304, STR("Not Modified")},
    {307, STR("Temporary Redirect")},
    {308, STR("Permanent Redirect")},
    {400, STR("Bad Request")},
    {401, STR("Unauthorized")},
    {403, STR("Forbidden")},
    {404, STR("Not Found")},
    {405, STR("Method Not Allowed")},
    {406, STR("Not Acceptable")},
    {408, STR("Request Timeout")},
    {409, STR("Conflict")},
    {410, STR("Gone")},
    {412, STR("Precondition Failed")},
    {413, STR("Content Too Large")},
    {414, STR("URI Too Long")},
    {415, STR("Unsupported Media Type")},
    {416, STR("Range Not Satisfiable")},
    {417, STR("Expectation Failed")},
    {422, STR("Unprocessable Content")},
    {426, STR("Upgrade Required")},
    {429, STR("Too Many Requests")},
    {431, STR("Request Header Fields Too Large")},
    {500, STR("Internal Server Error")},
    {501, STR("Not Implemented")},
    {502, STR("Bad Gateway")},
    {503, STR("Service Unavailable")},
    {504, STR("Gateway Timeout")},
    {505, STR("HTTP Version Not Supported")},
};

struct writer {
    char *at;
};

static void put(struct writer *w, str s)
{
    if (s.len)
        memcpy(w->at, s.ptr, (size_t)s.len);
    w->at += s.len;
}

static void put_number(struct writer *w, uint64_t n)
{
    char digits[20];
    int i = 20;
    do {
        digits[--i] = (char)('0' + n % 10);
        n /= 10;
    } while (n);
    put(w, (str){digits + i, 20 - i});
}

static str reason_of(int status)
{
    for (size_t i = 0; i < COUNT(reasons); i++)
        if (reasons[i].status == status)
            return reasons[i].text;
    return S("Status");
}

void answer_write(struct conn *c, const struct http_answer *a)
{
    char head[HEADERS_MAX + 512];
    struct writer w = {head};
    bool bodiless = a->status == 204 || a->status == 304;
    bool silent = bodiless || c->head_only || a->head_only;
    /* Not first when this loop hears of it: a client must not begin another call here. */
    bool stopping = atomic_load(&c->loop->net->stopping);
    bool close = a->close || !c->keep_alive || c->eof || stopping;
    assert(a->headers.len <= HEADERS_MAX && a->content_type.len < 128);
    assert(a->status >= 200 && a->status <= 599);
    put(&w, S("HTTP/1.1 "));
    put_number(&w, (uint64_t)a->status);
    put(&w, S(" "));
    put(&w, reason_of(a->status));
    put(&w, S("\r\nDate: "));
    put(&w, str_of(loop_date(c->loop)));
    if (a->content_type.len) {
        put(&w, S("\r\nContent-Type: "));
        put(&w, a->content_type);
    }
    if (!bodiless) {
        put(&w, S("\r\nContent-Length: "));
        put_number(&w, (uint64_t)a->body.len);
    }
    if (close)
        put(&w, S("\r\nConnection: close"));
    put(&w, S("\r\n"));
    put(&w, a->headers);
    put(&w, S("\r\n"));
    if (a->status >= 500)
        count_add(COUNT_HTTP_5XX, 1);
    struct piece pieces[] = {
        {.bytes = {head, w.at - head}},
        {.bytes = silent ? S("") : a->body,
         .stays = true,
         .release = a->release,
         .owner = a->owner},
    };
    conn_write(c, pieces, COUNT(pieces));
    if (c->closing)
        return;
    serve_wait(c);
    if (close)
        conn_finish(c);
    else if (c->held && !c->busy)
        loop_later(c);
}
