#include "track/track_rows.h"

#include "base/id.h"
#include "db/db.h"

#include <assert.h>

enum { PAGES_SHOWN = 200, CLICKS_SHOWN = 20, ID_SPARE_BITS = 22 };

/* A visit that has gone on for longer than this is not looked for at start. */
static const int64_t longest_ms = INT64_C(12) * 3600 * 1000;

/* A visit with its last page, the time it was last heard of, and the anchor clicked last. Every
 * part of the inner joins walks the visit's own few rows. */
#define VISIT                                                                                      \
    "SELECT v.id, v.site_id, v.visitor_id, v.began_at, v.visits_before, v.landing_url,"            \
    " v.landing_cut, v.referrer, v.referrer_cut, v.channel, v.engine, v.source_host,"              \
    " v.search_term, v.bid_keyword, v.provenance, v.device, v.os, v.browser, v.language,"          \
    " v.screen, v.region,"                                                                         \
    " (SELECT COUNT(*) FROM page_view c WHERE c.visit_id = v.id) AS pages,"                        \
    " p.url, p.title, p.url_cut, p.at,"                                                            \
    " COALESCE((SELECT MAX(d.at) FROM dwell d WHERE d.visit_id = v.id), 0) AS dwell_at,"           \
    " COALESCE((SELECT k.anchor FROM click k WHERE k.visit_id = v.id"                              \
    "           ORDER BY k.at DESC, k.n DESC LIMIT 1), '') AS anchor"                              \
    " FROM visit v LEFT JOIN page_view p ON p.visit_id = v.id AND p.n ="                           \
    " (SELECT MAX(m.n) FROM page_view m WHERE m.visit_id = v.id)"

enum {
    VISIT_INSERT,
    PAGE_VIEW_INSERT,
    DWELL_INSERT,
    CLICK_INSERT,
    VISITS_OF,
    PAGES_OF,
    CLICKS_OF,
    VISIT_BY_ID,
    VISITS_BEFORE,
    VISITS_SINCE,
    ERASE_PAGES,
    ERASE_VISITS,
    LARGEST_ID,
};

static const char *const sql[] = {
    [VISIT_INSERT] =
        "INSERT INTO visit (id, site_id, visitor_id, began_at, visits_before, landing_url,"
        " landing_cut, referrer, referrer_cut, channel, engine, source_host, search_term,"
        " bid_keyword, provenance, device, os, browser, language, screen, region)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,"
        " $19, $20, $21)",
    [PAGE_VIEW_INSERT] = "INSERT INTO page_view (visit_id, n, at, url, url_cut, title)"
                         " VALUES ($1, $2, $3, $4, $5, $6)",
    [DWELL_INSERT] = "INSERT INTO dwell (visit_id, n, at, ms) VALUES ($1, $2, $3, $4)",
    [CLICK_INSERT] = "INSERT INTO click (visit_id, n, at, anchor) VALUES ($1, $2, $3, $4)",
    [VISITS_OF] = VISIT " WHERE v.visitor_id = $1 ORDER BY v.id DESC LIMIT $2",
    [PAGES_OF] = "SELECT p.n, p.at, p.url, p.url_cut, p.title, COALESCE((SELECT"
                 " CAST(SUM(d.ms) AS INT8) FROM dwell d WHERE d.visit_id = p.visit_id"
                 " AND d.n = p.n), -1)"
                 " FROM page_view p WHERE p.visit_id = $1 ORDER BY p.n DESC LIMIT $2",
    [CLICKS_OF] = "SELECT n, anchor FROM click WHERE visit_id = $1 ORDER BY n, at, anchor",
    [VISIT_BY_ID] = VISIT " WHERE v.id = $1",
    [VISITS_BEFORE] = "SELECT visits_before + 1 FROM visit WHERE visitor_id = $1"
                      " ORDER BY id DESC LIMIT 1",
    [VISITS_SINCE] = "SELECT * FROM (" VISIT " WHERE v.id >= $1) t"
                     " WHERE t.at > $2 OR t.dwell_at > $2 OR t.began_at > $2"
                     " ORDER BY CASE WHEN t.dwell_at > t.at THEN t.dwell_at ELSE t.at END, t.id",
    [ERASE_PAGES] = "UPDATE page_view SET url = '', title = ''"
                    " WHERE visit_id IN (SELECT id FROM visit WHERE visitor_id = $1)",
    [ERASE_VISITS] = "UPDATE visit SET landing_url = '', referrer = '', search_term = '',"
                     " source_host = '', language = '', screen = '', region = '',"
                     " visitor_id = 0 WHERE visitor_id = $1",
    [LARGEST_ID] = "SELECT COALESCE(MAX(id), 0) FROM visit",
};
const struct sql_set track_sql = {"track", sql, COUNT(sql)};

static str text_at(const struct rows *r, struct arena *mem, int column)
{
    return str_copy(mem, rows_text(r, column));
}

static const char *word_at(const struct rows *r, struct arena *mem, int column)
{
    return str_z(mem, rows_text(r, column));
}

/* The columns of VISIT. */
static void read_visit(const struct rows *r, struct arena *mem, struct visit *v)
{
    *v = (struct visit){
        .id = rows_int(r, 0),
        .site_id = rows_int(r, 1),
        .visitor_id = rows_int(r, 2),
        .began_at = rows_int(r, 3),
        .visits_before = (int)rows_int(r, 4),
        .landing_url = text_at(r, mem, 5),
        .landing_cut = rows_int(r, 6) != 0,
        .referrer = text_at(r, mem, 7),
        .referrer_cut = rows_int(r, 8) != 0,
        .source = {.channel = word_at(r, mem, 9),
                   .engine = word_at(r, mem, 10),
                   .host = text_at(r, mem, 11),
                   .search_term = text_at(r, mem, 12),
                   .bid_keyword = text_at(r, mem, 13),
                   .provenance = word_at(r, mem, 14)},
        .device = word_at(r, mem, 15),
        .os = word_at(r, mem, 16),
        .browser = word_at(r, mem, 17),
        .language = text_at(r, mem, 18),
        .screen = text_at(r, mem, 19),
        .region = text_at(r, mem, 20),
        .pages = (int)rows_int(r, 21),
        .url = text_at(r, mem, 22),
        .title = text_at(r, mem, 23),
        .url_cut = rows_int(r, 24) != 0,
        .page_at = rows_int(r, 25),
        .anchor = text_at(r, mem, 27),
        .invited = "no",
    };
    int64_t dwell_at = rows_int(r, 26);
    v->last_at = v->began_at > v->page_at ? v->began_at : v->page_at;
    v->last_at = dwell_at > v->last_at ? dwell_at : v->last_at;
    v->campaign = campaign_of(v->landing_url, mem);
}

err visit_insert(struct db *trail, const struct visit *v)
{
    const struct source *s = &v->source;
    return db_exec(trail, sql[VISIT_INSERT], "iiiinsnsnzzssszzzzsss", v->id, v->site_id,
                   v->visitor_id, v->began_at, v->visits_before, v->landing_url,
                   (int)v->landing_cut, v->referrer, (int)v->referrer_cut, s->channel, s->engine,
                   s->host, s->search_term, s->bid_keyword, s->provenance, v->device, v->os,
                   v->browser, v->language, v->screen, v->region);
}

err page_view_insert(struct db *trail, int64_t visit, int n, int64_t at, str url, bool cut,
                     str title)
{
    return db_exec(trail, sql[PAGE_VIEW_INSERT], "inisns", visit, n, at, url, (int)cut, title);
}

err dwell_insert(struct db *trail, int64_t visit, int n, int64_t at, int64_t ms)
{
    return db_exec(trail, sql[DWELL_INSERT], "inii", visit, n, at, ms);
}

err click_insert(struct db *trail, int64_t visit, int n, int64_t at, str anchor)
{
    return db_exec(trail, sql[CLICK_INSERT], "inis", visit, n, at, anchor);
}

/* Newest first out of the store, so that a long visit shows its end; in order of n from here on. */
static err read_pages(struct db *trail, struct arena *mem, struct visit_trail *t)
{
    struct rows r;
    struct page *newest_first;
    err e = db_query(trail, &r, sql[PAGES_OF], "in", t->visit.id, PAGES_SHOWN);
    newest_first = arena_new(mem, struct page, PAGES_SHOWN);
    while (!e.code && db_next(&r, &e))
        newest_first[t->page_count++] = (struct page){.n = (int)rows_int(&r, 0),
                                                      .at = rows_int(&r, 1),
                                                      .url = text_at(&r, mem, 2),
                                                      .url_cut = rows_int(&r, 3) != 0,
                                                      .title = text_at(&r, mem, 4),
                                                      .dwell_ms = rows_int(&r, 5)};
    t->pages = arena_new(mem, struct page, PAGES_SHOWN);
    for (size_t i = 0; i < t->page_count; i++)
        t->pages[i] = newest_first[t->page_count - 1 - i];
    return e;
}

/* Clicks and pages both come in order of n. */
static err read_clicks(struct db *trail, struct arena *mem, struct visit_trail *t)
{
    struct rows r;
    size_t i = 0;
    err e = db_query(trail, &r, sql[CLICKS_OF], "i", t->visit.id);
    while (!e.code && db_next(&r, &e)) {
        while (i < t->page_count && t->pages[i].n < rows_int(&r, 0))
            i++;
        if (i == t->page_count || t->pages[i].n != rows_int(&r, 0))
            continue;
        struct page *p = &t->pages[i];
        if (!p->clicks)
            p->clicks = arena_new(mem, str, CLICKS_SHOWN);
        if (p->click_count < CLICKS_SHOWN)
            p->clicks[p->click_count++] = text_at(&r, mem, 1);
    }
    return e;
}

err visits_of(struct db *trail, struct arena *mem, int64_t visitor, int max,
              struct visit_trail **out, size_t *count)
{
    struct rows r;
    assert(max >= 0);
    *out = arena_new(mem, struct visit_trail, (size_t)max);
    *count = 0;
    err e = db_query(trail, &r, sql[VISITS_OF], "in", visitor, max);
    while (!e.code && db_next(&r, &e))
        read_visit(&r, mem, &(*out)[(*count)++].visit);
    for (size_t i = 0; i < *count && !e.code; i++) {
        e = read_pages(trail, mem, &(*out)[i]);
        if (!e.code)
            e = read_clicks(trail, mem, &(*out)[i]);
    }
    return e;
}

err visit_by_id(struct db *trail, struct arena *mem, int64_t id, struct visit *out)
{
    struct rows r;
    err e = db_query(trail, &r, sql[VISIT_BY_ID], "i", id);
    if (e.code)
        return e;
    if (!db_next(&r, &e))
        return e.code ? e : ERR(ERR_MISSING, "visit_missing");
    read_visit(&r, mem, out);
    rows_end(&r);
    return OK;
}

static err one_number(struct db *db, const char *text, const char *types, int64_t value,
                      int64_t *out)
{
    struct rows r;
    *out = 0;
    err e = db_query(db, &r, text, types, value);
    while (!e.code && db_next(&r, &e))
        *out = rows_int(&r, 0);
    return e;
}

err visits_up_to_now(struct db *trail, int64_t visitor, int64_t *out)
{
    return one_number(trail, sql[VISITS_BEFORE], "i", visitor, out);
}

/* The smallest id that could have been made at ms. */
static int64_t first_id_at(int64_t ms)
{
    int64_t since = ms - id_ms(0);
    return since > 0 ? since << ID_SPARE_BITS : 0;
}

err visits_reload(struct db *trail, int64_t now, struct visit_table *t)
{
    struct arena mem;
    struct rows r;
    arena_init(&mem, 0);
    err e = db_query(trail, &r, sql[VISITS_SINCE], "ii", first_id_at(now - longest_ms),
                     now - VISIT_SILENCE_MS);
    while (!e.code && db_next(&r, &e)) {
        struct visit v;
        arena_clear(&mem);
        read_visit(&r, &mem, &v);
        if (v.visitor_id) /* erased ones are nobody's */
            visit_table_put(t, &v);
    }
    arena_release(&mem);
    return e;
}

err visits_erase(struct db *trail, int64_t visitor, int64_t *rows)
{
    int64_t visits;
    err e = db_exec(trail, sql[ERASE_PAGES], "i", visitor);
    if (!e.code)
        e = db_change(trail, &visits, sql[ERASE_VISITS], "i", visitor);
    if (!e.code)
        *rows += visits;
    return e;
}

err trail_largest_id(struct db *trail, int64_t *out)
{
    return one_number(trail, sql[LARGEST_ID], "", 0, out);
}
