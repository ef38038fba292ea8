/* Conversations as rows: one at a time, and the short lists the server itself asks for. The long
 * list with its filters stands in conversation_list_rows.c. */
#include "base/buf.h"
#include "chat/chat_rows.h"
#include "chat/rows_parts.h"
#include "db/db.h"

#include <string.h>

enum {
    BY_ID,
    OPEN_OF,
    LAST_OF,
    INSERT,
    UPDATE,
    UPDATE_LAST,
    LARGEST,
    RECEPTION,
    CHANGED,
    SILENT,
    EXPIRED,
    UNTAKEN,
    BAD_NUMBERS,
    ORPHANS,
};
#define SELECT "SELECT " CONVERSATION_COLUMNS " FROM conversation c WHERE "
static const char *const sql[] = {
    [BY_ID] = SELECT "c.id = $1",
    [OPEN_OF] = SELECT "c.visitor_id = $1 AND c.state <> 'closed' ORDER BY c.id DESC LIMIT 1",
    [LAST_OF] = SELECT "c.visitor_id = $1 ORDER BY c.id DESC LIMIT 1",
    [INSERT] = "INSERT INTO conversation (id, site_id, visitor_id, visit_id, medium, state, "
               "agent_id, origin, "
               "opened_at, started_at, taken_at, closed_at, ended_by, end_reason, "
               "last_number, last_at, last_from, unanswered_since, visitor_count, "
               "agent_count, first_visitor_at, first_agent_at, visitor_read, agent_read, "
               "consent, consent_at, bodies_erased_at, channel, engine, source_host, "
               "search_term, bid_keyword, provenance, landing_url, landing_cut, referrer, "
               "referrer_cut, chat_url, chat_cut, chat_title, anchor, device, os, browser, "
               "language, screen, region, visits_before, change_seq)"
               " VALUES ($1, $2, $3, $4, 'chat', $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, "
               "$16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, "
               "$31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, "
               "$46, $47, $48)",
    [UPDATE] = "UPDATE conversation SET state = $1, agent_id = $2, origin = $3, started_at = $4, "
               "taken_at = "
               "$5, closed_at = $6, ended_by = $7, end_reason = $8, last_number = $9, "
               "last_at = $10, last_from = $11, unanswered_since = $12, visitor_count "
               "= $13, agent_count = $14, first_visitor_at = $15, first_agent_at = "
               "$16, visitor_read = $17, agent_read = $18, consent = $19, consent_at = "
               "$20, bodies_erased_at = $21, change_seq = $22 WHERE id = $23",
    [UPDATE_LAST] =
        "UPDATE conversation SET last_number = $1, last_at = $2, last_from = $3, unanswered_since "
        "= $4, visitor_count = $5, agent_count = $6, first_visitor_at = "
        "$7, first_agent_at = $8, visitor_read = $9, agent_read = $10, "
        "change_seq = $11"
        " WHERE id = $12",
    [LARGEST] = "SELECT COALESCE((SELECT MAX(id) FROM conversation), 0),"
                " COALESCE((SELECT MAX(change_seq) FROM conversation), 0)",
    [RECEPTION] = SELECT "c.state <> 'closed' UNION ALL " SELECT
                         "c.closed_at >= $1 AND c.closed_at > 0 AND c.agent_id = $2",
    [CHANGED] = SELECT "c.change_seq > $1 ORDER BY c.change_seq LIMIT $2",
    [SILENT] = "SELECT c.id FROM conversation c WHERE c.state <> 'closed' AND c.site_id = $1"
               " AND c.opened_at < $2 AND c.taken_at < $2 AND c.last_at < $2"
               " AND NOT (c.origin = 'form' AND c.agent_id = 0) ORDER BY c.state, c.id LIMIT $3",
    [EXPIRED] = "SELECT c.id FROM conversation c WHERE c.bodies_erased_at = 0 AND c.closed_at > 0"
                " AND c.site_id = $1 AND c.closed_at < $2 AND c.last_number > 0"
                " ORDER BY c.closed_at, c.id LIMIT $3",
    [UNTAKEN] = "SELECT c.id FROM conversation c WHERE c.state <> 'closed' AND c.site_id = $1"
                " AND c.opened_at < $2 AND c.origin = 'form' AND c.agent_id = 0"
                " ORDER BY c.state, c.id LIMIT $3",
    [BAD_NUMBERS] =
        "SELECT c.id FROM conversation c LEFT JOIN message m ON m.conversation_id = c.id"
        " GROUP BY c.id, c.last_number, c.visitor_count, c.agent_count"
        " HAVING COUNT(m.number) <> c.last_number"
        " OR COALESCE(MAX(m.number), 0) <> c.last_number OR COALESCE(MIN(m.number), 1) <> 1"
        " OR COUNT(CASE WHEN m.sender = 'visitor' THEN 1 END) <> c.visitor_count"
        " OR COUNT(CASE WHEN m.sender = 'agent' THEN 1 END) <> c.agent_count ORDER BY c.id",
    [ORPHANS] = "SELECT 'message', m.conversation_id, COUNT(*) FROM message m WHERE NOT EXISTS"
                " (SELECT 1 FROM conversation c WHERE c.id = m.conversation_id)"
                " GROUP BY m.conversation_id"
                " UNION ALL SELECT 'contact', k.conversation_id, COUNT(*) FROM contact k"
                " WHERE NOT EXISTS (SELECT 1 FROM conversation c WHERE c.id = k.conversation_id)"
                " GROUP BY k.conversation_id"
                " UNION ALL SELECT 'mark', a.conversation_id, COUNT(*) FROM mark a"
                " WHERE NOT EXISTS (SELECT 1 FROM conversation c WHERE c.id = a.conversation_id)"
                " GROUP BY a.conversation_id",
};
const struct sql_set chat_sql = {"chat", sql, COUNT(sql)};

/* The columns of CONVERSATION_COLUMNS and where they go. */
static const struct column {
    size_t offset;
    enum { INT, TEXT, FLAG, FORM, STATE, SENDER, REASON, CONSENT } kind;
} columns[] = {
#define C(kind, field)                                                                             \
    {                                                                                              \
        offsetof(struct conversation, field), kind                                                 \
    }
    C(INT, id),
    C(INT, site_id),
    C(INT, visitor_id),
    C(INT, visit_id),
    C(STATE, state),
    C(INT, agent_id),
    C(FORM, form),
    C(INT, opened_at),
    C(INT, started_at),
    C(INT, taken_at),
    C(INT, closed_at),
    C(SENDER, ended_by),
    C(REASON, end_reason),
    C(INT, last_number),
    C(INT, last_at),
    C(SENDER, last_from),
    C(INT, unanswered_since),
    C(INT, visitor_count),
    C(INT, agent_count),
    C(INT, first_visitor_at),
    C(INT, first_agent_at),
    C(INT, visitor_read),
    C(INT, agent_read),
    C(CONSENT, consent),
    C(INT, consent_at),
    C(INT, bodies_erased_at),
    C(TEXT, channel),
    C(TEXT, engine),
    C(TEXT, source_host),
    C(TEXT, search_term),
    C(TEXT, bid_keyword),
    C(TEXT, provenance),
    C(TEXT, landing_url),
    C(FLAG, landing_cut),
    C(TEXT, referrer),
    C(FLAG, referrer_cut),
    C(TEXT, chat_url),
    C(FLAG, chat_cut),
    C(TEXT, chat_title),
    C(TEXT, anchor),
    C(TEXT, device),
    C(TEXT, os),
    C(TEXT, browser),
    C(TEXT, language),
    C(TEXT, screen),
    C(TEXT, region),
    C(INT, visits_before),
    C(INT, change_seq),
#undef C
};

static const char *origin_of(const struct conversation *c)
{
    return c->form ? "form" : "chat";
}

/* A word the house does not know can only come from a newer laiyu: the first one stands in. */
static int known(int index)
{
    return index < 0 ? 0 : index;
}

void conversation_read(const struct rows *r, struct arena *mem, struct conversation *out)
{
    *out = (struct conversation){0};
    for (int i = 0; i < (int)COUNT(columns); i++) {
        void *field = (char *)out + columns[i].offset;
        switch (columns[i].kind) {
        case INT:
            *(int64_t *)field = rows_int(r, i);
            break;
        case TEXT:
            *(str *)field = str_copy(mem, rows_text(r, i));
            break;
        case FLAG:
            *(bool *)field = rows_int(r, i) != 0;
            break;
        case FORM:
            *(bool *)field = str_eq(rows_text(r, i), S("form"));
            break;
        case STATE:
            *(enum conversation_state *)field =
                (enum conversation_state)known(conversation_state_of(rows_text(r, i)));
            break;
        case SENDER:
            *(enum sender *)field = (enum sender)known(sender_of(rows_text(r, i)));
            break;
        case REASON:
            *(enum end_reason *)field = (enum end_reason)known(end_reason_of(rows_text(r, i)));
            break;
        case CONSENT:
            *(enum consent *)field = (enum consent)known(consent_of(rows_text(r, i)));
            break;
        }
    }
}

err conversations_read(struct rows *r, err begun, struct arena *mem, struct conversation **out,
                       size_t *count)
{
    err e = begun;
    size_t cap = 0;
    *out = NULL;
    *count = 0;
    while (!e.code && db_next(r, &e)) {
        if (*count == cap) {
            cap = cap ? cap * 2 : 16;
            struct conversation *more = arena_new(mem, struct conversation, cap);
            if (*count)
                memcpy(more, *out, *count * sizeof *more);
            *out = more;
        }
        conversation_read(r, mem, &(*out)[(*count)++]);
    }
    return e;
}

static err read_one(struct rows *r, err begun, struct arena *mem, struct conversation *out,
                    bool *found)
{
    err e = begun;
    *found = !e.code && db_next(r, &e);
    if (*found) {
        conversation_read(r, mem, out);
        rows_end(r);
    }
    return e;
}

/* At most `limit` ids: the statements end in LIMIT. */
static err read_ids(struct rows *r, err begun, struct arena *mem, int limit, int64_t **out,
                    size_t *count)
{
    err e = begun;
    *out = arena_new(mem, int64_t, (size_t)limit);
    *count = 0;
    while (!e.code && db_next(r, &e))
        (*out)[(*count)++] = rows_int(r, 0);
    return e;
}

err conversation_by_id(struct db *db, struct arena *mem, int64_t id, struct conversation *out)
{
    struct rows r;
    bool found;
    err e = read_one(&r, db_query(db, &r, sql[BY_ID], "i", id), mem, out, &found);
    return e.code || found ? e : ERR(ERR_MISSING, "conversation_missing");
}

err conversation_open_of(struct db *db, struct arena *mem, int64_t visitor,
                         struct conversation *out, bool *found)
{
    struct rows r;
    return read_one(&r, db_query(db, &r, sql[OPEN_OF], "i", visitor), mem, out, found);
}

err conversation_last_of(struct db *db, struct arena *mem, int64_t visitor,
                         struct conversation *out, bool *found)
{
    struct rows r;
    return read_one(&r, db_query(db, &r, sql[LAST_OF], "i", visitor), mem, out, found);
}

err conversation_insert(struct db *db, const struct conversation *c)
{
    return db_exec(
        db, sql[INSERT], "iiiiziziiiizziiziiiiiiiziisssssssnsnsnssssssssii", c->id, c->site_id,
        c->visitor_id, c->visit_id, conversation_state_word(c->state), c->agent_id, origin_of(c),
        c->opened_at, c->started_at, c->taken_at, c->closed_at, sender_word(c->ended_by),
        end_reason_word(c->end_reason), c->last_number, c->last_at, sender_word(c->last_from),
        c->unanswered_since, c->visitor_count, c->agent_count, c->first_visitor_at,
        c->first_agent_at, c->visitor_read, c->agent_read, consent_word(c->consent), c->consent_at,
        c->bodies_erased_at, c->channel, c->engine, c->source_host, c->search_term, c->bid_keyword,
        c->provenance, c->landing_url, c->landing_cut, c->referrer, c->referrer_cut, c->chat_url,
        c->chat_cut, c->chat_title, c->anchor, c->device, c->os, c->browser, c->language, c->screen,
        c->region, c->visits_before, c->change_seq);
}

err conversation_update(struct db *db, const struct conversation *c)
{
    return db_exec(db, sql[UPDATE], "ziziiizziiziiiiiiiziiii", conversation_state_word(c->state),
                   c->agent_id, origin_of(c), c->started_at, c->taken_at, c->closed_at,
                   sender_word(c->ended_by), end_reason_word(c->end_reason), c->last_number,
                   c->last_at, sender_word(c->last_from), c->unanswered_since, c->visitor_count,
                   c->agent_count, c->first_visitor_at, c->first_agent_at, c->visitor_read,
                   c->agent_read, consent_word(c->consent), c->consent_at, c->bodies_erased_at,
                   c->change_seq, c->id);
}

err conversation_update_last(struct db *db, const struct conversation *c)
{
    return db_exec(db, sql[UPDATE_LAST], "iiziiiiiiiii", c->last_number, c->last_at,
                   sender_word(c->last_from), c->unanswered_since, c->visitor_count, c->agent_count,
                   c->first_visitor_at, c->first_agent_at, c->visitor_read, c->agent_read,
                   c->change_seq, c->id);
}

err conversation_largest(struct db *db, int64_t *id, int64_t *change_seq)
{
    bool found;
    return db_get(db, NULL, &found, "ii", (void *[]){id, change_seq}, sql[LARGEST], "");
}

err conversation_reception(struct db *db, struct arena *mem, int64_t agent, int64_t since_ms,
                           struct conversation **out, size_t *count)
{
    struct rows r;
    err e = db_query(db, &r, sql[RECEPTION], "ii", since_ms, agent);
    return conversations_read(&r, e, mem, out, count);
}

err conversation_changed(struct db *db, struct arena *mem, int64_t seq, int limit,
                         struct conversation **out, size_t *count)
{
    struct rows r;
    err e = db_query(db, &r, sql[CHANGED], "in", seq, limit);
    return conversations_read(&r, e, mem, out, count);
}

err conversation_silent(struct db *db, struct arena *mem, int64_t site, int64_t silent_before,
                        int limit, int64_t **out, size_t *count)
{
    struct rows r;
    err e = db_query(db, &r, sql[SILENT], "iin", site, silent_before, limit);
    return read_ids(&r, e, mem, limit, out, count);
}

err conversation_expired(struct db *db, struct arena *mem, int64_t site, int64_t closed_before,
                         int limit, int64_t **out, size_t *count)
{
    struct rows r;
    err e = db_query(db, &r, sql[EXPIRED], "iin", site, closed_before, limit);
    return read_ids(&r, e, mem, limit, out, count);
}

err conversation_untaken(struct db *db, struct arena *mem, int64_t site, int64_t opened_before,
                         int limit, int64_t **out, size_t *count)
{
    struct rows r;
    err e = db_query(db, &r, sql[UNTAKEN], "iin", site, opened_before, limit);
    return read_ids(&r, e, mem, limit, out, count);
}

err chat_check(struct db *db, struct arena *mem, str *report)
{
    struct rows r;
    struct buf b;
    buf_init(&b, mem, 256);
    err e = db_query(db, &r, sql[BAD_NUMBERS], "");
    while (!e.code && db_next(&r, &e))
        buf_format(&b, "conversation %lld: message numbers or counts do not fit\n",
                   (long long)rows_int(&r, 0));
    if (!e.code)
        e = db_query(db, &r, sql[ORPHANS], "");
    while (!e.code && db_next(&r, &e))
        buf_format(&b, "%.*s: %lld rows of a missing conversation %lld\n",
                   STR_ARG(rows_text(&r, 0)), (long long)rows_int(&r, 2),
                   (long long)rows_int(&r, 1));
    *report = buf_str(&b);
    return e;
}
