#include "cli/check_rows.h"

#include "db/db.h"
#include "guard/guard_rows.h"
#include "guard/vault.h"

#include <stdio.h>

enum { SAID_MOST = 100 };

enum { MAIN_ORPHANS, TRAIL_ORPHANS, BODIES, CONTACTS, NAMES, NOTES };
static const char *const sql[] = {
    [MAIN_ORPHANS] =
        "SELECT 'session', 'user', s.user_id, COUNT(*) FROM session s WHERE NOT EXISTS"
        " (SELECT 1 FROM users u WHERE u.id = s.user_id) GROUP BY s.user_id"
        " UNION ALL SELECT 'conversation', 'site', c.site_id, COUNT(*) FROM conversation c"
        " WHERE NOT EXISTS (SELECT 1 FROM site s WHERE s.id = c.site_id) GROUP BY c.site_id"
        " UNION ALL SELECT 'conversation', 'user', c.agent_id, COUNT(*) FROM conversation c"
        " WHERE c.agent_id <> 0 AND NOT EXISTS (SELECT 1 FROM users u WHERE u.id = c.agent_id)"
        " GROUP BY c.agent_id"
        " UNION ALL SELECT 'mark', 'label', m.label_id, COUNT(*) FROM mark m WHERE NOT EXISTS"
        " (SELECT 1 FROM label l WHERE l.id = m.label_id AND l.dimension_id = m.dimension_id)"
        " GROUP BY m.label_id"
        " UNION ALL SELECT 'mark_history', 'conversation', h.conversation_id, COUNT(*)"
        " FROM mark_history h WHERE NOT EXISTS"
        " (SELECT 1 FROM conversation c WHERE c.id = h.conversation_id) GROUP BY h.conversation_id"
        " UNION ALL SELECT 'canned', 'site', r.site_id, COUNT(*) FROM canned r"
        " WHERE r.site_id <> 0 AND NOT EXISTS (SELECT 1 FROM site s WHERE s.id = r.site_id)"
        " GROUP BY r.site_id",
    [TRAIL_ORPHANS] =
        "SELECT 'page_view', 'visit', p.visit_id, COUNT(*) FROM page_view p WHERE NOT EXISTS"
        " (SELECT 1 FROM visit v WHERE v.id = p.visit_id) GROUP BY p.visit_id"
        " UNION ALL SELECT 'dwell', 'visit', d.visit_id, COUNT(*) FROM dwell d WHERE NOT EXISTS"
        " (SELECT 1 FROM visit v WHERE v.id = d.visit_id) GROUP BY d.visit_id"
        " UNION ALL SELECT 'click', 'visit', k.visit_id, COUNT(*) FROM click k WHERE NOT EXISTS"
        " (SELECT 1 FROM visit v WHERE v.id = k.visit_id) GROUP BY k.visit_id",
    /* row, number within it, sealed bytes */
    [BODIES] = "SELECT conversation_id, number, body FROM message",
    [CONTACTS] = "SELECT id, 0, value FROM contact",
    [NAMES] = "SELECT visitor_id, 0, name FROM visitor_card",
    [NOTES] = "SELECT visitor_id, 0, note FROM visitor_card",
};
const struct sql_set check_sql = {"cli", sql, COUNT(sql)};

/* Where sealed texts stand, as chat's rows bind them to their places. */
static const struct sealed {
    int statement;
    const char *table, *column; /* "body.%lld" takes the number */
} sealed_columns[] = {
    {BODIES, "message", NULL},
    {CONTACTS, "contact", "value"},
    {NAMES, "visitor_card", "name"},
    {NOTES, "visitor_card", "note"},
};

static err orphans(struct db *db, const char *text, const char *file, struct buf *findings)
{
    struct rows r;
    err e = db_query(db, &r, text, "");
    while (!e.code && db_next(&r, &e))
        buf_format(findings, "%s: %lld %.*s of missing %.*s %lld\n", file,
                   (long long)rows_int(&r, 3), STR_ARG(rows_text(&r, 0)), STR_ARG(rows_text(&r, 1)),
                   (long long)rows_int(&r, 2));
    return e;
}

err check_main_orphans(struct db *main, struct buf *findings)
{
    return orphans(main, sql[MAIN_ORPHANS], "main.db", findings);
}

err check_trail_orphans(struct db *trail, int month, struct buf *findings)
{
    char file[32];
    snprintf(file, sizeof file, "trail-%06d.db", month);
    return orphans(trail, sql[TRAIL_ORPHANS], file, findings);
}

static err open_column(struct db *main, const struct vault *v, const struct sealed *s,
                       struct buf *findings, int64_t *opened, int64_t *damaged)
{
    struct rows r;
    struct arena mem;
    arena_init(&mem, 0);
    err e = db_query(main, &r, sql[s->statement], "");
    while (!e.code && db_next(&r, &e)) {
        char column[32];
        str plain;
        str bytes = rows_bytes(&r, 2);
        if (!bytes.len)
            continue; /* erased, or never there */
        snprintf(column, sizeof column, "body.%lld", (long long)rows_int(&r, 1));
        arena_clear(&mem);
        ++*opened;
        if (!vault_unseal(v, &mem, s->table, rows_int(&r, 0), s->column ? s->column : column, bytes,
                          &plain)
                 .code)
            continue;
        if (++*damaged <= SAID_MOST)
            buf_format(findings, "main.db: %s %lld: %s does not open\n", s->table,
                       (long long)rows_int(&r, 0), s->column ? s->column : column);
    }
    arena_release(&mem);
    return e;
}

err check_sealed(struct db *main, const char *keys, struct buf *findings, int64_t *opened,
                 int64_t *damaged)
{
    struct vault *v;
    *opened = *damaged = 0;
    err e = vault_open(keys, false, &v);
    if (e.code)
        return e;
    e = house_keys_fit(main, v);
    for (size_t i = 0; i < COUNT(sealed_columns) && !e.code; i++)
        e = open_column(main, v, &sealed_columns[i], findings, opened, damaged);
    vault_close(v);
    return e;
}
