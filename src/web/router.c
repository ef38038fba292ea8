#include "web/router.h"

#include "base/id.h"
#include "base/log.h"
#include "base/time.h"
#include "base/url.h"
#include "web/handlers.h"
#include "web/wire_shapes.h"

#include <string.h>

enum { SIDE_VISITOR = 'v', SIDE_DESK = 'd' };
enum {
    LOGIN_COST = 20,   /* of an address's allowance: 5 a second */
    VERIFYING_MAX = 32 /* passwords under way; each takes a worker 60 ms and 64 MB */
};
enum { SMALLEST_BODY = 256 }; /* what a call without a body may carry and have ignored */

#define ROUTE(method_, pattern_, name_, may_, kind_, shape_, limit_, creates_, status_)            \
    {.method = HTTP_##method_##_,                                                                  \
     .pattern = (pattern_),                                                                        \
     .may = MAY_##may_,                                                                            \
     .kind = KIND_##kind_,                                                                         \
     .handle = on_##name_,                                                                         \
     .in = (shape_),                                                                               \
     .body_limit = (limit_),                                                                       \
     .creates = (creates_),                                                                        \
     .status = (status_)},
#define UPGRADE(pattern_, name_, may_, side_)                                                      \
    {.method = HTTP_GET_,                                                                          \
     .pattern = (pattern_),                                                                        \
     .may = MAY_##may_,                                                                            \
     .kind = KIND_LIVE,                                                                            \
     .handle = on_##name_,                                                                         \
     .status = 101,                                                                                \
     .socket = #side_[0]},
static const struct route routes[] = {
#include "web/routes.inc"
};
#undef ROUTE
#undef UPGRADE

#define FRAME(side_, type_, name_, kind_, shape_, may_)                                            \
    {.socket = SIDE_##side_,                                                                       \
     .pattern = (type_),                                                                           \
     .may = MAY_##may_,                                                                            \
     .kind = KIND_##kind_,                                                                         \
     .handle = on_##name_,                                                                         \
     .in = (shape_),                                                                               \
     .status = 200},
static const struct route frames[] = {
#include "web/frames.inc"
};
#undef FRAME

const struct route *web_routes(size_t *count)
{
    *count = COUNT(routes);
    return routes;
}

/* "/api/users/{id}" against "/api/users/123"; one brace a pattern. */
static bool fits(const char *pattern, str path, str *arg)
{
    str p = str_of(pattern);
    ptrdiff_t open = str_find_char(p, '{');
    *arg = S("");
    if (open < 0)
        return str_eq(p, path);
    str before = str_slice(p, 0, open);
    str after = str_slice(p, str_find_char(p, '}') + 1, p.len);
    if (path.len <= before.len + after.len || !str_starts(path, before) || !str_ends(path, after))
        return false;
    *arg = str_slice(path, before.len, path.len - after.len);
    return str_find_char(*arg, '/') < 0;
}

const struct route *router_find(enum http_method method, str path, str *arg, bool *other_method)
{
    *other_method = false;
    enum http_method wanted = method == HTTP_HEAD_ ? HTTP_GET_ : method;
    for (size_t i = 0; i < COUNT(routes); i++) {
        str found;
        if (!fits(routes[i].pattern, path, &found))
            continue;
        if (routes[i].method == wanted) {
            *arg = found;
            return &routes[i];
        }
        *other_method = true;
    }
    return NULL;
}

const struct route *router_frame(char side, str type)
{
    for (size_t i = 0; i < COUNT(frames); i++)
        if (frames[i].socket == side && str_eq(str_of(frames[i].pattern), type))
            return &frames[i];
    return NULL;
}

static enum language language_of(const struct http_request *r)
{
    return str_starts(http_header_get(r, S("accept-language")), S("en")) ? LANGUAGE_EN
                                                                         : LANGUAGE_ZH;
}

static str cookie_of(const struct http_request *r, str name)
{
    str rest = http_header_get(r, S("cookie"));
    while (rest.len) {
        str pair, key, value;
        str_cut(rest, ';', &pair, &rest);
        if (str_cut(str_trim(pair), '=', &key, &value) && str_eq(key, name))
            return value;
    }
    return S("");
}

/* A browser names the page a call came from; ours come from our own host. */
static bool same_host(const struct http_request *r, str origin)
{
    str scheme, rest;
    if (!str_cut(origin, ':', &scheme, &rest) || !str_starts(rest, S("//")))
        return false;
    return str_eq_nocase(str_slice(rest, 2, rest.len), r->host);
}

ptrdiff_t router_admit(void *ctx, struct http_request *r, const char **name)
{
    (void)ctx;
    str arg;
    bool other_method;
    const struct route *route = router_find(r->method, r->path, &arg, &other_method);
    r->app = NULL;
    if (route) {
        r->app = (void *)(uintptr_t)route;
        return route->body_limit > SMALLEST_BODY ? route->body_limit : SMALLEST_BODY;
    }
    if (r->method == HTTP_GET_ || r->method == HTTP_HEAD_)
        return SMALLEST_BODY; /* perhaps an asset */
    *name = other_method ? "method_unknown" : "path_unknown";
    return -(ptrdiff_t)(other_method ? ERR_METHOD : ERR_MISSING);
}

/* Of a head that was not understood the language is not known either: it is told in both. */
static str refusal(struct http_request *r, const char *name)
{
    if (r->header_count)
        return error_body(&r->mem, name, NULL, language_of(r), 0);
    struct json_out j;
    json_out_init(&j, &r->mem);
    json_begin_object(&j, NULL);
    json_str(&j, "code", str_of(name));
    json_str(&j, "message",
             str_format(&r->mem, "%.*s %.*s", STR_ARG(error_text(name, LANGUAGE_ZH)),
                        STR_ARG(error_text(name, LANGUAGE_EN))));
    json_end_object(&j);
    return json_done(&j);
}

void router_refuse(void *ctx, struct http_request *r, int status, const char *name,
                   struct http_answer *out)
{
    (void)ctx;
    *out = (struct http_answer){.status = status,
                                .content_type = S("application/json; charset=utf-8"),
                                .body = refusal(r, name),
                                .headers = S("Cache-Control: no-store\r\n"
                                             "X-Content-Type-Options: nosniff\r\n"),
                                .close = true};
}

static struct call *call_of(struct web *w, struct http_request *r, const struct route *route)
{
    struct call *c = arena_new(&r->mem, struct call, 1);
    c->web = w;
    c->mem = &r->mem;
    c->request = r;
    c->from = r->from;
    c->route = route;
    c->now = time_now_ms();
    c->language = language_of(r);
    c->address = r->address;
    c->token = cookie_of(r, S("laiyu"));
    return c;
}

/* What can be refused before any store is asked. */
static err check(struct call *c)
{
    const struct route *route = c->route;
    struct http_request *r = c->request;
    str origin = http_header_get(r, S("origin"));
    bool own = !origin.len || same_host(r, origin);
    bool widget = str_starts(r->path, S("/w/"));
    if (!own && !widget && (route->method != HTTP_GET_ || route->socket))
        return ERR(ERR_FORBIDDEN, "origin_unknown");
    if (!own)
        c->origin = origin;
    if (route->may & MAY_CONTROL && !r->local)
        return ERR(ERR_MISSING, "path_unknown");
    if (route->may & MAY_PUBLIC && !r->local && route->in &&
        !limits_take(c->web->limits, c->address, c->now,
                     route->handle == on_login ? LOGIN_COST : 1)) {
        c->retry_after_ms = 1000;
        return ERR(ERR_TOO_MANY, "too_many_calls");
    }
    if (strstr(route->pattern, "{id}") && !id_parse(c->arg, &c->id))
        return ERR(ERR_MISSING, "path_unknown");
    bool writes = route->method != HTTP_GET_;
    if (writes && !(route->may & MAY_PUBLIC) && !r->local &&
        !session_csrf_ok(c->web->vault, c->token, http_header_get(r, S("x-csrf-token"))))
        return c->token.len ? ERR(ERR_FORBIDDEN, "csrf_missing") : ERR(ERR_LOGIN, "session_ended");
    if (!route->in)
        return OK;
    if (route->handle == on_login || route->handle == on_password_change) {
        c->verifies = true;
        if (atomic_fetch_add(&c->web->verifying, 1) >= VERIFYING_MAX) {
            count_add(COUNT_OVERLOAD, 1);
            return ERR(ERR_BUSY, "overloaded");
        }
    }
    void *in = arena_alloc(c->mem, 1, route->in->size ? route->in->size : 1, 16);
    c->in = in;
    str body = r->body.len ? r->body : S("{}");
    return json_decode(body, route->in, c->mem, in, &c->field);
}

void router_request(void *ctx, struct http_request *r)
{
    struct web *w = ctx;
    const struct route *route = r->app;
    if (!route && assets_serve(w, r))
        return;
    struct call *c = call_of(w, r, route);
    if (!route) {
        call_finish(c, ERR(ERR_MISSING, "path_unknown"));
        return;
    }
    bool other_method;
    str path = r->path;
    router_find(r->method, path, &c->arg, &other_method);
    err e = check(c);
    if (!e.code && route->socket && !r->wants_websocket)
        e = ERR(ERR_FORMAT, "websocket_wanted");
    if (e.code)
        call_finish(c, e);
    else
        call_start(c);
}
