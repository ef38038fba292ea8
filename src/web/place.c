/* place.c - where a visitor's call comes from, checked before it is believed. */
#include "base/url.h"
#include "track/visit.h"
#include "web/call.h"

err call_place(struct call *c, str site_key, str token, int64_t visit)
{
    c->site = site_of_key(c->web->sites, site_key);
    if (!c->site) {
        c->field = "site";
        return ERR(ERR_MISSING, "site_unknown");
    }
    if (c->origin.len && !site_allows_origin(c->site, c->origin))
        return ERR(ERR_FORBIDDEN, "origin_unknown");
    c->place.site_id = c->site->site.id;
    c->place.visit_id = visit;
    if (visitor_token_read(c->web->vault, token, c->place.site_id, &c->place.visitor_id))
        return OK;
    c->field = "visitor";
    return ERR(ERR_LOGIN, "visitor_unknown");
}

str call_keep(struct call *c, str text, ptrdiff_t max, bool *cut)
{
    str clean = str_clean(c->mem, text);
    str kept = str_utf8_cut(clean, max);
    if (cut)
        *cut = kept.len < clean.len;
    return kept;
}

void call_place_page(struct call *c, str url, str title, str anchor)
{
    struct url parts;
    c->place.url = call_keep(c, url, URL_KEPT + 1, NULL); /* one more, so that a cut is seen */
    if (url_parse(c->place.url, &parts).code)
        c->place.url = S("");
    c->place.title = call_keep(c, title, TITLE_KEPT, NULL);
    c->place.anchor = call_keep(c, anchor, 120, NULL);
}
