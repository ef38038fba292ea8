#include "label/label_rows.h"

#include "base/id.h"
#include "db/db.h"

enum {
    DIMENSION_COUNT,
    DIMENSIONS,
    LABELS,
    DIMENSION_KNOWN,
    LABEL_KNOWN,
    MARKS_OF,
    MARK_NOW,
    MARK_PUT,
    MARK_DELETE,
    HISTORY_PUT,
    HISTORY_COUNT,
    HISTORY_OF,
};

static const char *const sql[] = {
    [DIMENSION_COUNT] = "SELECT (SELECT COUNT(*) FROM dimension), (SELECT COUNT(*) FROM label)",
    [DIMENSIONS] = "SELECT id, code, name_zh, name_en FROM dimension ORDER BY position, id",
    [LABELS] = "SELECT l.id, l.dimension_id, l.code, l.name_zh, l.name_en, l.short_zh, l.short_en,"
               " l.color, l.shortcut FROM label l JOIN dimension d ON d.id = l.dimension_id"
               " ORDER BY d.position, d.id, l.position, l.id",
    [DIMENSION_KNOWN] = "SELECT COUNT(*) FROM dimension WHERE id = $1",
    [LABEL_KNOWN] = "SELECT COUNT(*) FROM label WHERE id = $1 AND dimension_id = $2",
    [MARKS_OF] = "SELECT m.conversation_id, m.dimension_id, m.label_id, m.marked_by, m.at"
                 " FROM mark m JOIN dimension d ON d.id = m.dimension_id"
                 " WHERE m.conversation_id = $1 ORDER BY d.position, d.id LIMIT $2",
    [MARK_NOW] = "SELECT COALESCE((SELECT label_id FROM mark WHERE conversation_id = $1"
                 " AND dimension_id = $2), 0)",
    [MARK_PUT] = "INSERT INTO mark (conversation_id, dimension_id, label_id, marked_by, at)"
                 " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (conversation_id, dimension_id)"
                 " DO UPDATE SET label_id = excluded.label_id, marked_by = excluded.marked_by,"
                 " at = excluded.at",
    [MARK_DELETE] = "DELETE FROM mark WHERE conversation_id = $1 AND dimension_id = $2",
    [HISTORY_PUT] = "INSERT INTO mark_history (id, conversation_id, dimension_id, from_label,"
                    " to_label, marked_by, at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    [HISTORY_COUNT] = "SELECT COUNT(*) FROM mark_history WHERE conversation_id = $1",
    [HISTORY_OF] = "SELECT h.dimension_id, h.from_label, h.to_label, h.marked_by, h.at,"
                   " COALESCE(u.name, '') FROM mark_history h LEFT JOIN users u"
                   " ON u.id = h.marked_by WHERE h.conversation_id = $1 ORDER BY h.id LIMIT $2",
};
const struct sql_set label_sql = {"label", sql, COUNT(sql)};

static str text_at(const struct rows *r, struct arena *mem, int column)
{
    return str_copy(mem, rows_text(r, column));
}

/* Labels come grouped in the order of the dimensions, so each dimension's are a run. */
static err read_labels(struct db *db, struct arena *mem, struct label *labels, size_t most,
                       struct dimension *dimensions, size_t count)
{
    struct rows r;
    size_t n = 0, d = 0;
    err e = db_query(db, &r, sql[LABELS], "");
    while (!e.code && db_next(&r, &e)) {
        if (n == most)
            continue;
        struct label *l = &labels[n++];
        *l = (struct label){.id = rows_int(&r, 0),
                            .dimension_id = rows_int(&r, 1),
                            .code = text_at(&r, mem, 2),
                            .name_zh = text_at(&r, mem, 3),
                            .name_en = text_at(&r, mem, 4),
                            .short_zh = text_at(&r, mem, 5),
                            .short_en = text_at(&r, mem, 6),
                            .color = text_at(&r, mem, 7),
                            .shortcut = text_at(&r, mem, 8)};
        while (d < count && dimensions[d].id != l->dimension_id)
            d++;
        if (d == count)
            break;
        if (!dimensions[d].label_count++)
            dimensions[d].labels = l;
    }
    rows_end(&r);
    return e;
}

err dimension_list(struct db *db, struct arena *mem, struct dimension **out, size_t *count)
{
    int64_t dimensions = 0, labels = 0;
    void *const numbers[] = {&dimensions, &labels};
    bool found;
    struct rows r;
    *count = 0;
    err e = db_get(db, mem, &found, "ii", numbers, sql[DIMENSION_COUNT], "");
    if (e.code)
        return e;
    *out = arena_new(mem, struct dimension, (size_t)dimensions);
    e = db_query(db, &r, sql[DIMENSIONS], "");
    while (!e.code && db_next(&r, &e))
        if (*count < (size_t)dimensions)
            (*out)[(*count)++] = (struct dimension){.id = rows_int(&r, 0),
                                                    .code = text_at(&r, mem, 1),
                                                    .name_zh = text_at(&r, mem, 2),
                                                    .name_en = text_at(&r, mem, 3)};
    if (e.code)
        return e;
    return read_labels(db, mem, arena_new(mem, struct label, (size_t)labels), (size_t)labels, *out,
                       *count);
}

static err number(struct db *db, struct arena *mem, int64_t *out, const char *text, int64_t a,
                  int64_t b, const char *types)
{
    void *const to[] = {out};
    bool found;
    *out = 0;
    return db_get(db, mem, &found, "i", to, text, types, a, b);
}

err marks_of(struct db *db, struct arena *mem, int64_t conversation, struct mark **out,
             size_t *count)
{
    int64_t most, labels;
    void *const numbers[] = {&most, &labels};
    bool found;
    struct rows r;
    *count = 0;
    err e = db_get(db, mem, &found, "ii", numbers, sql[DIMENSION_COUNT], "");
    if (e.code)
        return e;
    *out = arena_new(mem, struct mark, (size_t)most);
    e = db_query(db, &r, sql[MARKS_OF], "ii", conversation, most);
    while (!e.code && db_next(&r, &e))
        (*out)[(*count)++] = (struct mark){rows_int(&r, 0), rows_int(&r, 1), rows_int(&r, 2),
                                           rows_int(&r, 3), rows_int(&r, 4)};
    return e;
}

static err check_mark(struct db *db, struct arena *mem, const struct mark *m)
{
    int64_t known;
    err e = number(db, mem, &known, sql[DIMENSION_KNOWN], m->dimension_id, 0, "i");
    if (e.code)
        return e;
    if (!known)
        return ERR(ERR_INVALID, "dimension_unknown");
    if (!m->label_id)
        return OK;
    e = number(db, mem, &known, sql[LABEL_KNOWN], m->label_id, m->dimension_id, "ii");
    if (e.code)
        return e;
    return known ? OK : ERR(ERR_INVALID, "label_unknown");
}

err mark_set(struct db *db, struct arena *mem, const struct mark *m, bool *changed)
{
    int64_t from;
    *changed = false;
    err e = check_mark(db, mem, m);
    if (!e.code)
        e = number(db, mem, &from, sql[MARK_NOW], m->conversation_id, m->dimension_id, "ii");
    if (e.code || from == m->label_id)
        return e;
    if (m->label_id)
        e = db_exec(db, sql[MARK_PUT], "iiiii", m->conversation_id, m->dimension_id, m->label_id,
                    m->marked_by, m->at);
    else
        e = db_exec(db, sql[MARK_DELETE], "ii", m->conversation_id, m->dimension_id);
    if (!e.code)
        e = db_exec(db, sql[HISTORY_PUT], "iiiiiii", id_new(m->at), m->conversation_id,
                    m->dimension_id, from, m->label_id, m->marked_by, m->at);
    *changed = !e.code;
    return e;
}

err mark_history_of(struct db *db, struct arena *mem, int64_t conversation,
                    struct mark_change **out, size_t *count)
{
    int64_t most;
    struct rows r;
    *count = 0;
    err e = number(db, mem, &most, sql[HISTORY_COUNT], conversation, 0, "i");
    if (e.code)
        return e;
    *out = arena_new(mem, struct mark_change, (size_t)most);
    e = db_query(db, &r, sql[HISTORY_OF], "ii", conversation, most);
    while (!e.code && db_next(&r, &e))
        (*out)[(*count)++] = (struct mark_change){.dimension_id = rows_int(&r, 0),
                                                  .from_label = rows_int(&r, 1),
                                                  .to_label = rows_int(&r, 2),
                                                  .by = rows_int(&r, 3),
                                                  .at = rows_int(&r, 4),
                                                  .by_name = text_at(&r, mem, 5)};
    return e;
}
