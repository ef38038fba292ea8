/* One query walks the conversations of both periods, each with its marks beside it; today.c counts
 * them as they come, so that the parts of every breakdown are the very rows of its total. */
#include "facts/today_rows.h"

#include "db/db.h"
#include "facts/today.h"

enum { LABELS, CONVERSATIONS, WAITING };

static const char *const sql[] = {
    [LABELS] = "SELECT d.id, d.code, COALESCE(l.id, 0), COALESCE(l.code, '')"
               " FROM dimension d LEFT JOIN label l ON l.dimension_id = d.id"
               " ORDER BY d.position, d.id, l.position, l.id",
    /* Both periods lie within $1 to $2, so one range of the index serves. */
    [CONVERSATIONS] =
        "SELECT c.id, c.started_at, c.agent_id, c.visitor_id, c.visitor_count, c.agent_count,"
        " c.first_visitor_at, c.first_agent_at, c.origin, c.channel, c.engine,"
        " COALESCE(m.dimension_id, 0), COALESCE(m.label_id, 0)"
        " FROM conversation c LEFT JOIN mark m ON m.conversation_id = c.id"
        " WHERE c.started_at >= $1 AND c.started_at < $2 AND c.started_at > 0"
        " AND ((c.started_at >= $3 AND c.started_at < $4)"
        "      OR (c.started_at >= $5 AND c.started_at < $6))"
        " AND (c.site_id = $7 OR CAST($7 AS INT8) = 0)"
        " AND (c.agent_id = $8 OR CAST($8 AS INT8) = 0)"
        " ORDER BY c.started_at, c.id",
    [WAITING] = "SELECT COUNT(*), COALESCE(MIN(CASE WHEN origin = 'form' THEN NULL"
                " WHEN unanswered_since > 0 THEN unanswered_since ELSE started_at END), 0)"
                " FROM conversation WHERE state <> 'closed' AND state = 'waiting'"
                " AND (site_id = $1 OR CAST($1 AS INT8) = 0)",
};
const struct sql_set facts_sql = {"facts", sql, COUNT(sql)};

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static err read_labels(struct db *db, struct tally *t)
{
    struct rows r;
    err e = db_query(db, &r, sql[LABELS], "");
    while (!e.code && db_next(&r, &e))
        tally_label(t, rows_int(&r, 0), rows_int(&r, 2), rows_text(&r, 1), rows_text(&r, 3));
    return e;
}

/* All but its words and marks. */
static struct fact read_fact(const struct rows *r)
{
    return (struct fact){
        .started_at = rows_int(r, 1),
        .agent_id = rows_int(r, 2),
        .visitor_id = rows_int(r, 3),
        .visitor_count = rows_int(r, 4),
        .agent_count = rows_int(r, 5),
        .first_visitor_at = rows_int(r, 6),
        .first_agent_at = rows_int(r, 7),
        .form = str_eq(rows_text(r, 8), S("form")),
    };
}

/* The words of the rows so far, so that a conversation's outlive its first row. */
struct words {
    str seen[64];
    size_t count;
};

static str keep_word(struct words *w, struct arena *mem, str word)
{
    for (size_t i = 0; i < w->count; i++)
        if (str_eq(w->seen[i], word))
            return w->seen[i];
    word = str_copy(mem, word);
    if (w->count < COUNT(w->seen))
        w->seen[w->count++] = word;
    return word;
}

static err read_conversations(struct db *db, struct tally *t)
{
    const struct today_question *q = t->q;
    int64_t before_until = later(q->before_until, q->before_day_until);
    int64_t first = q->before_from < q->from ? q->before_from : q->from;
    struct words words = {.count = 0};
    struct fact f = {.mark_count = 0};
    struct rows r;
    int64_t id = 0;
    err e = db_query(db, &r, sql[CONVERSATIONS], "iiiiiiii", first, later(q->until, before_until),
                     q->from, q->until, q->before_from, before_until, q->site, q->only_agent);
    while (!e.code && db_next(&r, &e)) {
        if (id != rows_int(&r, 0)) {
            if (id)
                tally_add(t, &f);
            id = rows_int(&r, 0);
            f = read_fact(&r);
            f.channel = keep_word(&words, t->mem, rows_text(&r, 9));
            f.engine = keep_word(&words, t->mem, rows_text(&r, 10));
        }
        if (rows_int(&r, 12) && f.mark_count < FACT_MARKS) {
            f.marks[f.mark_count].dimension_id = rows_int(&r, 11);
            f.marks[f.mark_count++].label_id = rows_int(&r, 12);
        }
    }
    if (id)
        tally_add(t, &f);
    return e;
}

err today_figures_of(struct db *db, struct arena *mem, const struct today_question *q,
                     struct today *out)
{
    struct tally t;
    bool found;
    tally_init(&t, mem, q, out);
    void *const waiting[] = {&out->waiting, &out->longest_wait_since};
    err e = read_labels(db, &t);
    if (!e.code)
        e = read_conversations(db, &t);
    if (!e.code)
        e = db_get(db, mem, &found, "ii", waiting, sql[WAITING], "i", q->site);
    if (!e.code)
        tally_done(&t);
    return e;
}
