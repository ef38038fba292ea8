/* assets.c - console, widget and demo pages, compressed beforehand and built in. */
#include "web/assets.h"

#include "web/call.h"

#include <string.h>

/* Pages may run only what we serve; nobody may frame the console. */
#define PAGE_POLICY                                                                                \
    "Content-Security-Policy: default-src 'self'; img-src 'self' data:; object-src 'none'; "       \
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'\r\n"                              \
    "X-Frame-Options: DENY\r\nReferrer-Policy: strict-origin-when-cross-origin\r\n"

static const struct asset *asset_find(str path)
{
    size_t low = 0, high = asset_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = str_cmp(path, str_of(assets[middle].path));
        if (!order)
            return &assets[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* "/demo/" is its index page; a path of the console without an extension is one of its screens. */
static const struct asset *resolve(struct http_request *r)
{
    str path = r->path;
    if (str_ends(path, S("/")))
        path = str_format(&r->mem, "%.*sindex.html", STR_ARG(path));
    const struct asset *a = asset_find(path);
    if (!a && str_starts(path, S("/console/")) && str_find_char(path, '.') < 0)
        a = asset_find(S("/console/index.html"));
    return a;
}

static bool takes_gzip(const struct http_request *r)
{
    str rest = http_header_get(r, S("accept-encoding")), one, name, quality;
    while (rest.len) {
        str_cut(rest, ',', &one, &rest);
        bool weighed = str_cut(one, ';', &name, &quality);
        if (str_eq_nocase(str_trim(name), S("gzip")))
            return !weighed || str_find(quality, S("q=0")) < 0 || str_find(quality, S("q=0.")) >= 0;
    }
    return false;
}

static void free_request(void *owner)
{
    http_request_free(owner);
}

static void redirect(struct web *w, struct http_request *r, const char *to)
{
    struct http_answer a = {.status = 302,
                            .headers = str_format(&r->mem, "Location: %s\r\n", to),
                            .release = free_request,
                            .owner = r};
    net_answer(w->net, r->from, &a);
}

bool assets_serve(struct web *w, struct http_request *r)
{
    if (r->method != HTTP_GET_ && r->method != HTTP_HEAD_)
        return false;
    bool demo = str_starts(r->path, S("/demo"));
    if (demo && !w->demo)
        return false;
    static const char *const shortcuts[][2] = {
        {"/", "/console/"}, {"/console", "/console/"}, {"/demo", "/demo/"}};
    for (size_t i = 0; i < COUNT(shortcuts); i++) {
        if (str_eq(r->path, str_of(shortcuts[i][0]))) {
            redirect(w, r, shortcuts[i][1]);
            return true;
        }
    }
    const struct asset *asset = resolve(r);
    if (!asset)
        return false;
    bool gzip = asset->gzip && takes_gzip(r);
    bool page = str_starts(str_of(asset->type), S("text/html"));
    bool same = str_eq(http_header_get(r, S("if-none-match")), str_of(asset->etag));
    bool widget = str_starts(r->path, S("/w"));
    struct http_answer a = {
        .status = same ? 304 : 200,
        .content_type = str_of(asset->type),
        .head_only = r->method == HTTP_HEAD_,
        .release = free_request,
        .owner = r,
    };
    if (!same) {
        a.body = (str){gzip ? (const char *)asset->gzip : (const char *)asset->raw,
                       (ptrdiff_t)(gzip ? asset->gzip_len : asset->raw_len)};
    }
    const char *cache = asset->immutable ? "public, max-age=31536000, immutable"
                        : page           ? "no-cache"
                                         : "public, max-age=300, must-revalidate";
    a.headers = str_format(&r->mem,
                           "ETag: %s\r\nCache-Control: %s\r\nVary: Accept-Encoding\r\n"
                           "X-Content-Type-Options: nosniff\r\n%s%s%s%s",
                           asset->etag, cache, gzip && !same ? "Content-Encoding: gzip\r\n" : "",
                           page ? PAGE_POLICY : "",
                           /* the widget's files are loaded by the institutions' own pages */
                           widget ? "Cross-Origin-Resource-Policy: cross-origin\r\n"
                                    "Access-Control-Allow-Origin: *\r\n"
                                  : "",
                           r->tls ? "Strict-Transport-Security: max-age=31536000\r\n" : "");
    net_answer(w->net, r->from, &a);
    return true;
}
