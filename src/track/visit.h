/* visit.h - one visitor's session of page views, and the table of those now open. */
#ifndef TRACK_VISIT_H
#define TRACK_VISIT_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "track/device.h"
#include "track/source.h"

enum { VISIT_SILENCE_MS = 30 * 60 * 1000, URL_KEPT = 2048, TITLE_KEPT = 200, KEYS_KEPT = 4 };

/* A page view's client key, hashed, and the number the page view got. */
struct view_key {
    uint64_t hash; /* 0: none */
    int n;
};

/* Everything a conversation copies from its visit, and the reception shows of a live visitor. */
struct visit {
    int64_t id, site_id, visitor_id, began_at;
    int64_t last_at; /* last page view, dwell or presence; what comes after the silence that ends
                      * the visit does not move it */
    int visits_before;
    int pages;
    str landing_url, referrer;
    bool landing_cut, referrer_cut;
    struct source source;
    uint64_t campaign;                 /* of the landing: campaign_of */
    const char *device, *os, *browser; /* static words of device.c */
    str language, screen, region;
    /* the page now looked at */
    str url, title;
    bool url_cut;
    int64_t page_at;
    str anchor;                      /* the last consult anchor clicked, "" if none */
    int present;                     /* sockets of this visitor now connected */
    struct view_key keys[KEYS_KEPT]; /* of its last page views, newest first: a repeat is not
                                      * counted again */
    const char *invited;             /* "no", "shown", "refused", "accepted" */
};

/* Is a page view at `now`, landed with `next`, a new visit after `last`? True after 30 minutes of
 * silence, or when it comes from elsewhere than the visit did: its landing carries another campaign
 * (campaign_of), or its referrer is an outside host and its source differs from the visit's (channel,
 * engine, host or bid keyword). Pure. */
bool visit_is_new(const struct visit *last, const struct source *next, uint64_t campaign,
                  bool outside_referrer, int64_t now);
/* The number of the page view that came with this key, 0 if none of the last did. */
int visit_view_of_key(const struct visit *v, uint64_t hash);
void visit_keep_key(struct visit *v, uint64_t hash, int n);

/* The open visits of all sites: written by the trail writer and by presence, read by anyone; a
 * mutex inside, held for microseconds. Never more than 200,000: the longest silent one goes first,
 * of those not present while there are any. (visit_table.c) */
struct visit_table;
struct visit_table *visit_table_new(void);
void visit_table_free(struct visit_table *t);

/* A deep copy into mem. False if the visitor has no open visit. */
bool visit_table_get(struct visit_table *t, int64_t visitor, struct arena *mem, struct visit *out);
/* Insert or replace; texts are copied. `present` and `invited` of an existing entry of the same
 * visit are kept; `present` is kept also across visits, and while the visitor has no entry. */
void visit_table_put(struct visit_table *t, const struct visit *v);
void visit_table_present(struct visit_table *t, int64_t visitor, int change, int64_t now);
void visit_table_touch(struct visit_table *t, int64_t visitor, int64_t now);
void visit_table_invited(struct visit_table *t, int64_t visitor, const char *word);
void visit_table_forget(struct visit_table *t, int64_t visitor); /* erased */
/* Those of a site (0: all) that are present, or were within 5 minutes, newest page first. Costs what
 * it shows, not what is there. */
size_t visit_table_live(struct visit_table *t, int64_t site, int64_t now, size_t max,
                        struct arena *mem, struct visit **out, size_t *total);
/* Drop what has been silent for 30 minutes and is not present. */
void visit_table_sweep(struct visit_table *t, int64_t now);
void visit_table_clear(struct visit_table *t);
/* Grows by one with every change: for "something changed since". */
uint64_t visit_table_version(struct visit_table *t);

#endif
