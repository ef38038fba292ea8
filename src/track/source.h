/* source.h - where a visit came from, in a first plain form.
 *
 * Text in, struct out: no clock, no database. This version tells direct, search engine by host, a
 * known social site or AI assistant by host, and any other link; of the landing's own tags only that
 * a click was paid for, that it belongs to a campaign, and the keyword bought. The rules for all else
 * come with the attribution work, which is why the raw URLs are kept in full. */
#ifndef TRACK_SOURCE_H
#define TRACK_SOURCE_H

#include "base/arena.h"
#include "base/str.h"

struct source {
    const char *channel;    /* a word of wire.yaml's `channel` */
    const char *engine;     /* "baidu", "weixin", "deepseek"; "" for direct and link */
    str host;               /* the referrer's host, lower case; empty for direct */
    str search_term;        /* typed by the visitor; only ever from a referrer; empty: unknown */
    str bid_keyword;        /* what was bought; empty: unknown */
    const char *provenance; /* "referrer", "landing", "none" */
};

/* Broken, non-http or own-host referrers count as empty: direct. A paid click (its id, or a
 * utm_medium that says so) is an "ad" wherever it was clicked; other tags are a "campaign" unless the
 * referrer is a site we know. Never fails. Borrows from mem. */
void source_of(str landing, str referrer, struct arena *mem, struct source *out);
/* What tells one campaign from another: a hash of the landing's tags and click ids; 0 without any.
 * Borrows from mem while it runs. */
uint64_t campaign_of(str landing, struct arena *mem);

#endif
