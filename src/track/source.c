#include "track/source.h"

#include "base/buf.h"
#include "base/url.h"

#include <xxhash.h>

enum { TERM_KEPT = 200, HOST_KEPT = 253 };

static const struct site {
    str domain;
    const char *channel, *engine;
    const char *terms[3]; /* query keys, the first that holds something counts */
} sites[] = {
#include "track/sites.inc"
};

static const str google_ends[] = {
#include "track/google.inc"
};
/* Other names under google.com are mail, documents, maps: links. */
static const str google_starts[] = {STR(""),    STR("www."),    STR("www2."),     STR("m."),
                                    STR("go."), STR("images."), STR("encrypted.")};
static const struct site google = {STR(""), "search", "google", {"q"}};

/* The names under which one website is commonly reached. */
static const str own_starts[] = {STR("www."), STR("m."), STR("wap.")};

static bool is_google(str host)
{
    ptrdiff_t at = str_find(host, S("google."));
    bool start = false;
    for (size_t i = 0; at >= 0 && i < COUNT(google_starts); i++)
        start = start || str_eq(str_slice(host, 0, at), google_starts[i]);
    if (!start)
        return false;
    str end = str_slice(host, at + S("google.").len, host.len);
    for (size_t i = 0; i < COUNT(google_ends); i++)
        if (str_eq(end, google_ends[i]))
            return true;
    return false;
}

static const struct site *site_of(const struct url *u)
{
    for (size_t i = 0; i < COUNT(sites); i++)
        if (url_under(u, sites[i].domain))
            return &sites[i];
    return is_google(u->host) ? &google : NULL;
}

static str bare_host(str host)
{
    for (size_t i = 0; i < COUNT(own_starts); i++)
        if (str_starts(host, own_starts[i]))
            return str_slice(host, own_starts[i].len, host.len);
    return host;
}

/* A parsed URL whose host is lower case and without the dot that may end it. */
static bool parse(str text, struct arena *mem, struct url *out)
{
    if (url_parse(text, out).code)
        return false;
    str host = str_ends(out->host, S(".")) ? str_slice(out->host, 0, out->host.len - 1) : out->host;
    out->host = str_lower(mem, host);
    return host.len > 0 && host.len <= HOST_KEPT;
}

/* Older pages of some engines say in `ie` that their words are GBK. Some GBK bytes happen to be
 * UTF-8 of other words, so what says it is something else is not even looked at. */
static bool says_other_charset(const struct url *u, struct arena *mem)
{
    str ie = url_get(u, S("ie"), mem);
    return ie.len && !str_eq_nocase(ie, S("utf-8")) && !str_eq_nocase(ie, S("utf8"));
}

static str words_of(str text, struct arena *mem)
{
    if (!str_is_utf8(text))
        return S("");
    return str_trim(str_utf8_cut(str_trim(str_clean(mem, text)), TERM_KEPT));
}

static str term_of(const struct site *site, const struct url *u, struct arena *mem)
{
    const str unknown = S("");
    /* /url and /link lead away from a result: their parameters are addresses. */
    if (str_eq(u->path, S("/url")) || str_eq(u->path, S("/link")) || says_other_charset(u, mem))
        return unknown;
    for (size_t i = 0; i < COUNT(site->terms) && site->terms[i]; i++) {
        str word = url_get(u, str_of(site->terms[i]), mem);
        if (!word.len)
            continue;
        return words_of(word, mem);
    }
    return unknown;
}

/* A click that carries one of these was paid for. */
static const str click_ids[] = {STR("bd_vid"),    STR("gclid"),   STR("msclkid"),
                                STR("qhclickid"), STR("gdt_vid"), STR("clickid")};
static const str tags[] = {STR("utm_source"), STR("utm_medium"), STR("utm_campaign"),
                           STR("utm_term")};
static const str paid_media[] = {STR("cpc"), STR("ppc"), STR("paid")};

static bool carries_any(const struct url *page, const str *names, size_t count, struct arena *mem)
{
    for (size_t i = 0; i < count; i++)
        if (url_get(page, names[i], mem).len)
            return true;
    return false;
}

static bool is_paid(const struct url *page, struct arena *mem)
{
    str medium = url_get(page, S("utm_medium"), mem);
    for (size_t i = 0; i < COUNT(paid_media); i++)
        if (str_eq_nocase(medium, paid_media[i]))
            return true;
    return carries_any(page, click_ids, COUNT(click_ids), mem);
}

/* What the landing says of itself, over what the referrer told. */
static void read_tags(const struct url *page, struct arena *mem, struct source *out)
{
    bool known = out->engine[0] != '\0';
    bool paid = is_paid(page, mem);
    if (paid)
        out->channel = "ad";
    else if (!known && carries_any(page, tags, COUNT(tags), mem))
        out->channel = "campaign";
    else
        return;
    out->bid_keyword = words_of(url_get(page, S("utm_term"), mem), mem);
    out->provenance = "landing";
}

uint64_t campaign_of(str landing, struct arena *mem)
{
    static const struct names {
        const str *list;
        size_t count;
    } all[] = {{tags, COUNT(tags)}, {click_ids, COUNT(click_ids)}};
    struct url page;
    struct buf text;
    if (url_parse(landing, &page).code)
        return 0;
    buf_init(&text, mem, 256);
    for (size_t k = 0; k < COUNT(all); k++) {
        for (size_t i = 0; i < all[k].count; i++) {
            str value = url_get(&page, all[k].list[i], mem);
            if (!value.len)
                continue;
            buf_add(&text, all[k].list[i]);
            buf_add_char(&text, '=');
            buf_add(&text, value);
            buf_add_char(&text, '\n');
        }
    }
    str s = buf_str(&text);
    return s.len ? XXH3_64bits(s.ptr, (size_t)s.len) : 0;
}

static void read_referrer(const struct url *page, str referrer, struct arena *mem,
                          struct source *out)
{
    struct url from;
    if (!parse(referrer, mem, &from))
        return;
    if (page && str_eq(bare_host(page->host), bare_host(from.host)))
        return;
    const struct site *site = site_of(&from);
    out->channel = site ? site->channel : "link";
    out->engine = site ? site->engine : "";
    out->host = from.host;
    out->search_term = site ? term_of(site, &from, mem) : S("");
    out->provenance = "referrer";
}

void source_of(str landing, str referrer, struct arena *mem, struct source *out)
{
    struct url page;
    bool landed = parse(landing, mem, &page);
    *out = (struct source){.channel = "direct",
                           .engine = "",
                           .host = S(""),
                           .search_term = S(""),
                           .bid_keyword = S(""),
                           .provenance = "none"};
    read_referrer(landed ? &page : NULL, referrer, mem, out);
    if (landed)
        read_tags(&page, mem, out);
}
