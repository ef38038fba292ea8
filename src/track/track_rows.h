/* track_rows.h - visits, page views, dwell and clicks in the trail files. */
#ifndef TRACK_TRACK_ROWS_H
#define TRACK_TRACK_ROWS_H

#include "base/err.h"
#include "track/visit.h"

struct db;
struct sql_set;
extern const struct sql_set track_sql;

MUST_USE err visit_insert(struct db *trail, const struct visit *v);
MUST_USE err page_view_insert(struct db *trail, int64_t visit, int n, int64_t at, str url, bool cut,
                              str title);
MUST_USE err dwell_insert(struct db *trail, int64_t visit, int n, int64_t at, int64_t ms);
MUST_USE err click_insert(struct db *trail, int64_t visit, int n, int64_t at, str anchor);

struct page {
    int n;
    int64_t at, dwell_ms; /* sum of its dwell rows; -1 none yet */
    str url, title;
    bool url_cut;
    str *clicks;
    size_t click_count;
};
struct visit_trail {
    struct visit visit;
    struct page *pages;
    size_t page_count;
};
/* Visits of a visitor in one month's file, newest first, each with its pages in order (the
 * newest 200). */
MUST_USE err visits_of(struct db *trail, struct arena *mem, int64_t visitor, int max,
                       struct visit_trail **out, size_t *count);
/* ERR_MISSING "visit_missing". */
MUST_USE err visit_by_id(struct db *trail, struct arena *mem, int64_t id, struct visit *out);
/* How many visits came before a next one of this visitor, as the newest in one month's file counts;
 * 0 if there is none. */
MUST_USE err visits_up_to_now(struct db *trail, int64_t visitor, int64_t *out);
/* Refill the table from rows younger than 30 minutes. */
MUST_USE err visits_reload(struct db *trail, int64_t now, struct visit_table *t);
/* Overwrite raw URLs, referrers, titles, search terms and the visitor id of every visit; *rows adds
 * up the visits touched. */
MUST_USE err visits_erase(struct db *trail, int64_t visitor, int64_t *rows);
MUST_USE err trail_largest_id(struct db *trail, int64_t *out);

#endif
