#include "web/call.h"

#include "base/log.h"

#include <xxhash.h>

static void error_members(struct json_out *j, const char *name, const char *field,
                          enum language language, int64_t retry_after_ms)
{
    json_str(j, "code", str_of(name));
    json_str(j, "message", error_text(name, language));
    if (field && *field)
        json_str(j, "field", str_of(field));
    if (retry_after_ms > 0)
        json_int(j, "retry_after", (retry_after_ms + 999) / 1000);
}

str error_body(struct arena *mem, const char *name, const char *field, enum language language,
               int64_t retry_after_ms)
{
    struct json_out j;
    json_out_init(&j, mem);
    json_begin_object(&j, NULL);
    error_members(&j, name, field, language, retry_after_ms);
    json_end_object(&j);
    return json_done(&j);
}

static void add_lines(struct call *c, str lines)
{
    struct buf all;
    buf_init(&all, c->mem, (size_t)(c->headers.len + lines.len));
    buf_add(&all, c->headers);
    buf_add(&all, lines);
    c->headers = buf_str(&all);
}

void call_header(struct call *c, const char *name, str value)
{
    struct buf line;
    buf_init(&line, c->mem, 128);
    buf_add(&line, str_of(name));
    buf_add(&line, S(": "));
    buf_add(&line, value);
    buf_add(&line, S("\r\n"));
    add_lines(c, buf_str(&line));
}

void call_json(struct call *c, struct json_out *j)
{
    c->body = json_done(j);
    c->content_type = S("application/json; charset=utf-8");
}

static void free_request(void *owner)
{
    http_request_free(owner);
}

static void error_headers(struct call *c, err e)
{
    if (e.code == ERR_BUSY || e.code == ERR_FULL)
        c->retry_after_ms = c->retry_after_ms ? c->retry_after_ms : 1000;
    if (c->retry_after_ms)
        call_header(c, "Retry-After",
                    str_format(c->mem, "%lld", (long long)(c->retry_after_ms + 999) / 1000));
}

/* A caller who holds this very answer already is told so. */
static void name_version(struct call *c, struct http_answer *a)
{
    str etag = str_format(c->mem, "\"%016llx\"",
                          (unsigned long long)XXH3_64bits(a->body.ptr, (size_t)a->body.len));
    call_header(c, "ETag", etag);
    if (!str_eq(http_header_get(c->request, S("if-none-match")), etag))
        return;
    a->status = 304;
    a->body = S("");
    a->content_type = S("");
}

static void answer_request(struct call *c, err e)
{
    struct http_answer a = {.status = c->status  ? c->status
                                      : c->route ? c->route->status
                                                 : 404,
                            .content_type = S("application/json; charset=utf-8"),
                            .release = free_request,
                            .owner = c->request};
    if (e.code) {
        error_headers(c, e);
        a.status = err_status(e.code);
        a.body = error_body(c->mem, e.name, c->field, c->language, c->retry_after_ms);
    } else if (c->content_type.len) {
        a.content_type = c->content_type;
        a.body = c->body;
    } else {
        json_end_object(&c->out);
        a.body = json_done(&c->out);
    }
    if (!e.code && c->request->method == HTTP_GET_ && a.status == 200)
        name_version(c, &a);
    add_lines(c, S("Cache-Control: no-store\r\n"
                   "X-Content-Type-Options: nosniff\r\n"
                   "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"));
    bool known = c->site ? site_allows_origin(c->site, c->origin)
                         : sites_allow_origin(c->web->sites, c->origin);
    if (c->origin.len && known) {
        call_header(c, "Access-Control-Allow-Origin", c->origin);
        call_header(c, "Vary", S("Origin"));
    }
    a.headers = c->headers;
    a.head_only = c->request->method == HTTP_HEAD_;
    net_answer(c->web->net, c->from, &a);
}

/* {"t":"ok"|"error"|..., "re":..., members} */
static void answer_frame(struct call *c, err e)
{
    struct json_out j;
    json_out_init(&j, c->mem);
    json_begin_object(&j, NULL);
    json_str(&j, "t", e.code ? S("error") : str_of(c->frame_type ? c->frame_type : "ok"));
    if (c->re.len)
        json_str(&j, "re", c->re);
    if (e.code) {
        error_members(&j, e.name, c->field, c->language, c->retry_after_ms);
    } else {
        json_end_object(&c->out);
        str members = json_done(&c->out);
        if (members.len > 2) { /* splice: "{...}" without its braces */
            buf_add_char(&j.buf, ',');
            buf_add(&j.buf, str_slice(members, 1, members.len - 1));
        }
    }
    json_end_object(&j);
    c->body = json_done(&j);
    live_answer(c);
}

void call_publish(struct call *c)
{
    if (!c->result.code)
        outbox_publish(&c->outbox, c->web->bus);
    c->outbox = (struct bus_outbox){0};
}

void call_finish(struct call *c, err result)
{
    c->result = result;
    if (c->verifies)
        atomic_fetch_sub(&c->web->verifying, 1);
    call_publish(c);
    if (result.code == ERR_STORE || result.code == ERR_IO)
        log_event(LOG_ERROR, "call_failed", {"route", str_of(c->route ? c->route->pattern : "")},
                  {"code", str_of(result.name)});
    if (!result.code && c->request && c->route->socket)
        live_upgrade(c, c->route->socket);
    else if (c->request)
        answer_request(c, result);
    else
        answer_frame(c, result);
}
