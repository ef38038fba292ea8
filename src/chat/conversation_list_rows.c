/* The list of conversations with all its filters, as one static text: a filter that is not asked for
 * lets every row pass. Time bounds are always given, so that the index conversation_sort carries
 * both the period and the order. */
#include "base/buf.h"
#include "chat/chat_rows.h"
#include "chat/rows_parts.h"
#include "db/db.h"

#include <string.h>

/* What a list may ask for. The time of a row is its start, or its
 * opening while nobody wrote: the expression of the index conversation_sort, word for word. */
#define SORT "CASE c.started_at WHEN 0 THEN c.opened_at ELSE c.started_at END"
#define ANY  "(CAST($1 AS INT8) = 0 OR c.visitor_id = $1)"
#define FROM_WHERE(visitor)                                                                        \
    " FROM conversation c WHERE " visitor " AND " SORT " BETWEEN $2 AND $3"                        \
    " AND (" SORT " < $4 OR c.id < $5)"                                                            \
    " AND (CAST($6 AS INT8) = 0 OR c.site_id = $6)"                                                \
    " AND (CAST($7 AS INT8) = 0 OR c.agent_id = CASE $7 WHEN -1 THEN 0 ELSE $7 END)"               \
    " AND (CAST($8 AS INT8) = 0 OR c.agent_id = $8 OR (c.agent_id = 0 AND c.state <> 'closed'))"   \
    " AND (CAST($9 AS TEXT) = '' OR c.state = $9)"                                                 \
    " AND (CAST($10 AS TEXT) = '' OR c.channel = $10"                                              \
    "      OR ($10 = 'unknown' AND c.channel = ''))"                                               \
    " AND (CAST($11 AS TEXT) = '' OR c.engine = $11)"                                              \
    " AND (CAST($12 AS INT8) = 0 OR c.started_at > 0)"                                             \
    " AND CASE CAST($13 AS TEXT) WHEN '' THEN 1"                                                   \
    "      WHEN 'answered' THEN CASE WHEN c.agent_count > 0 THEN 1 ELSE 0 END"                     \
    "      WHEN 'lost' THEN CASE WHEN c.visitor_count > 0 AND c.agent_count = 0"                   \
    "           THEN 1 ELSE 0 END"                                                                 \
    "      WHEN 'counted' THEN CASE WHEN c.started_at > 0 THEN 1 ELSE 0 END"                       \
    "      WHEN 'waiting' THEN CASE WHEN c.state = 'waiting' THEN 1 ELSE 0 END"                    \
    "      WHEN 'form' THEN CASE WHEN c.origin = 'form' THEN 1 ELSE 0 END"                         \
    "      WHEN 'phones' THEN (SELECT COUNT(*) FROM mark m JOIN label l ON l.id = m.label_id"      \
    "           JOIN dimension d ON d.id = l.dimension_id WHERE m.conversation_id = c.id"          \
    "           AND d.code = 'conversion' AND l.code IN ('phone', 'booked'))"                      \
    "      WHEN 'booked' THEN (SELECT COUNT(*) FROM mark m JOIN label l ON l.id = m.label_id"      \
    "           JOIN dimension d ON d.id = l.dimension_id WHERE m.conversation_id = c.id"          \
    "           AND d.code = 'conversion' AND l.code = 'booked')"                                  \
    "      ELSE 0 END > 0"                                                                         \
    " AND (CAST($14 AS INT8) = 0"                                                                  \
    "      OR ($14 = -1 AND (SELECT COUNT(*) FROM mark m WHERE m.conversation_id = c.id"           \
    "           AND m.label_id <> 0) < (SELECT COUNT(*) FROM dimension))"                          \
    "      OR ($14 > 0 AND NOT EXISTS (SELECT 1 FROM mark m WHERE m.conversation_id = c.id"        \
    "           AND m.dimension_id = $14 AND m.label_id <> 0)))"                                   \
    " AND (CAST($15 AS TEXT) = '' OR c.id = $16"                                                   \
    "      OR c.visitor_id % 65521 = $17 AND c.visitor_id > 0"                                     \
    "      OR LOWER(c.source_host) LIKE $15 ESCAPE '\\'"                                           \
    "      OR LOWER(c.chat_url) LIKE $15 ESCAPE '\\'"                                              \
    "      OR LOWER(c.chat_title) LIKE $15 ESCAPE '\\'"                                            \
    "      OR LOWER(c.search_term) LIKE $15 ESCAPE '\\'"                                           \
    "      OR LOWER(c.bid_keyword) LIKE $15 ESCAPE '\\'"                                           \
    "      OR LOWER(c.landing_url) LIKE $15 ESCAPE '\\')"                                          \
    " AND (CAST($18 AS INT8) = 0 OR EXISTS (SELECT 1 FROM mark m WHERE m.conversation_id = c.id"   \
    "      AND m.label_id IN ($18, $19, $20, $21, $22, $23, $24, $25)))"                           \
    " AND (CAST($26 AS INT8) = 0 OR EXISTS (SELECT 1 FROM mark m WHERE m.conversation_id = c.id"   \
    "      AND m.label_id IN ($26, $27, $28, $29, $30, $31, $32, $33)))"                           \
    " AND (CAST($34 AS INT8) = 0 OR EXISTS (SELECT 1 FROM mark m WHERE m.conversation_id = c.id"   \
    "      AND m.label_id IN ($34, $35, $36, $37, $38, $39, $40, $41)))"
#define BY_TIME " ORDER BY " SORT " DESC, c.id DESC LIMIT $42"

/* As filter_values gives them. */
#define FILTER_TYPES "iiiiiiiisssisisiiiiiiiiiiiiiiiiiiiiiiiiii"

enum { LIST, LIST_OF_VISITOR, TOTAL, TOTAL_OF_VISITOR };
static const char *const sql[] = {
    [LIST] = "SELECT " CONVERSATION_COLUMNS FROM_WHERE(ANY) BY_TIME,
    [LIST_OF_VISITOR] = "SELECT " CONVERSATION_COLUMNS FROM_WHERE("c.visitor_id = $1") BY_TIME,
    [TOTAL] = "SELECT COUNT(*)" FROM_WHERE(ANY),
    [TOTAL_OF_VISITOR] = "SELECT COUNT(*)" FROM_WHERE("c.visitor_id = $1"),
};
const struct sql_set chat_list_sql = {"chat", sql, COUNT(sql)};

struct filter_values {
    int64_t from, top, before, before_id, id, code;
    str only, like;
    int64_t marks[3][8];
};

/* %text% in lower case, with the signs of LIKE taken as themselves. */
static str like_text(struct arena *mem, str text)
{
    struct buf b;
    buf_init(&b, mem, (size_t)text.len * 2 + 2);
    str lower = str_lower(mem, text);
    buf_add_char(&b, '%');
    for (ptrdiff_t i = 0; i < lower.len; i++) {
        if (strchr("%_\\", lower.ptr[i]))
            buf_add_char(&b, '\\');
        buf_add_char(&b, lower.ptr[i]);
    }
    buf_add_char(&b, '%');
    return buf_str(&b);
}

/* "7C41" is 0x7c41; -1 for what is no code. */
static int64_t code_number(str text)
{
    int64_t n = 0;
    if (text.len != 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        static const char digits[] = "0123456789abcdef";
        char c = text.ptr[i] >= 'A' && text.ptr[i] <= 'F' ? (char)(text.ptr[i] + 32) : text.ptr[i];
        const char *at = c ? strchr(digits, c) : NULL;
        if (!at)
            return -1;
        n = n * 16 + (at - digits);
    }
    return n;
}

static struct filter_values values_of(struct arena *mem, const struct conversation_filter *f)
{
    struct filter_values v = {.from = f->from, .top = INT64_MAX, .before = INT64_MAX, .code = -1};
    if (f->to)
        v.top = f->to - 1;
    if (f->before_started) {
        v.before = f->before_started;
        v.before_id = f->before_id;
        v.top = v.before < v.top ? v.before : v.top;
    }
    v.only = str_of(f->only);
    str search = str_trim(f->search);
    if (search.len) {
        v.like = like_text(mem, search);
        v.code = code_number(search);
        if (!str_int(search, &v.id))
            v.id = 0;
    }
    for (size_t d = 0; d < COUNT(f->marks); d++) {
        for (int i = 0; i < f->marks[d].count && i < 8; i++)
            v.marks[d][i] = f->marks[d].labels[i];
    }
    return v;
}

#define EIGHT(m) (m)[0], (m)[1], (m)[2], (m)[3], (m)[4], (m)[5], (m)[6], (m)[7]
#define FILTER_VALUES(f, v)                                                                        \
    (f)->visitor, (v).from, (v).top, (v).before, (v).before_id, (f)->site, (f)->agent,             \
        (f)->only_agent_or_waiting, (f)->state, (f)->channel, (f)->engine, (int64_t)(f)->counted,  \
        (v).only, (f)->unmarked, (v).like, (v).id, (v).code, EIGHT((v).marks[0]),                  \
        EIGHT((v).marks[1]), EIGHT((v).marks[2])

err conversation_list(struct db *db, struct arena *mem, const struct conversation_filter *f,
                      struct conversation **out, size_t *count)
{
    struct rows r;
    struct filter_values v = values_of(mem, f);
    err e = db_query(db, &r, sql[f->visitor ? LIST_OF_VISITOR : LIST], FILTER_TYPES "n",
                     FILTER_VALUES(f, v), f->limit);
    return conversations_read(&r, e, mem, out, count);
}

err conversation_total(struct db *db, const struct conversation_filter *f, int64_t *out)
{
    struct arena mem;
    bool found;
    struct conversation_filter all = *f;
    all.before_started = all.before_id = 0;
    arena_init(&mem, 0);
    struct filter_values v = values_of(&mem, &all);
    err e = db_get(db, &mem, &found, "i", (void *[]){out},
                   sql[f->visitor ? TOTAL_OF_VISITOR : TOTAL], FILTER_TYPES, FILTER_VALUES(f, v));
    arena_release(&mem);
    return e;
}
