/* What is known of visitors beside their messages: contacts, cards, and their erasing; and the
 * canned replies agents answer with. */
#include "chat/chat_rows.h"
#include "db/db.h"
#include "guard/vault.h"

enum {
    CONTACT_INSERT,
    CONTACT_KNOWN,
    CONTACT_LIST,
    CONTACT_COUNT,
    CARD_GET,
    CARD_PUT,
    CARD_EXPIRED,
    CARD_DELETE,
    ERASE_BODIES,
    ERASE_CONTACTS,
    ERASE_CARD,
    ERASE_CONVERSATIONS,
    CANNED_LIST,
    CANNED_BY_ID,
    CANNED_PUT,
    CANNED_DELETE,
};
static const char *const sql[] = {
    [CONTACT_INSERT] = "INSERT INTO contact (id, conversation_id, visitor_id, number, kind, value,"
                       " masked, blind, tail, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    [CONTACT_KNOWN] = "SELECT id FROM contact WHERE conversation_id = $1 AND blind = $2 LIMIT 1",
    [CONTACT_LIST] = "SELECT id, conversation_id, visitor_id, number, kind, value, masked, at"
                     " FROM contact WHERE conversation_id = $1 ORDER BY id",
    [CONTACT_COUNT] = "SELECT COUNT(*) FROM contact WHERE conversation_id = $1",
    [CARD_GET] = "SELECT site_id, name, note, erased_at, changed_by, changed_at FROM visitor_card"
                 " WHERE visitor_id = $1",
    [CARD_PUT] = "INSERT INTO visitor_card (visitor_id, site_id, name, note, erased_at, changed_by,"
                 " changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7)"
                 " ON CONFLICT (visitor_id) DO UPDATE SET site_id = excluded.site_id,"
                 " name = excluded.name, note = excluded.note, erased_at = excluded.erased_at,"
                 " changed_by = excluded.changed_by, changed_at = excluded.changed_at",
    [CARD_EXPIRED] = "SELECT v.visitor_id FROM visitor_card v WHERE v.erased_at = 0"
                     " AND v.site_id = $1 AND v.changed_at < $2 AND NOT EXISTS"
                     " (SELECT 1 FROM conversation c WHERE c.visitor_id = v.visitor_id"
                     "  AND (c.state <> 'closed' OR c.closed_at >= $2))"
                     " ORDER BY v.changed_at, v.visitor_id LIMIT $3",
    [CARD_DELETE] = "DELETE FROM visitor_card WHERE visitor_id = $1",
    [ERASE_BODIES] = "UPDATE message SET body = $1 WHERE conversation_id IN"
                     " (SELECT id FROM conversation WHERE visitor_id = $2)",
    [ERASE_CONTACTS] = "UPDATE contact SET value = $1, masked = '', blind = $1, tail = $1,"
                       " visitor_id = 0 WHERE visitor_id = $2",
    [ERASE_CARD] = "UPDATE visitor_card SET name = $1, note = $1, erased_at = $2"
                   " WHERE visitor_id = $3",
    /* What the institution bought (bid_keyword) and named (anchor) is not the visitor's. */
    [ERASE_CONVERSATIONS] =
        "UPDATE conversation SET visitor_id = 0, visit_id = 0, search_term = '', landing_url = '',"
        " source_host = '', referrer = '', chat_url = '', chat_title = '', language = '',"
        " screen = '', region = '',"
        " bodies_erased_at = CASE bodies_erased_at WHEN 0 THEN CAST($1 AS INT8)"
        " ELSE bodies_erased_at END WHERE visitor_id = $2",
    [CANNED_LIST] = "SELECT id, site_id, title, shortcut, body, position, changed_by, changed_at"
                    " FROM canned ORDER BY position, id",
    [CANNED_BY_ID] = "SELECT id, site_id, title, shortcut, body, position, changed_by, changed_at"
                     " FROM canned WHERE id = $1",
    [CANNED_PUT] = "INSERT INTO canned (id, site_id, title, shortcut, body, position, changed_by,"
                   " changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
                   " ON CONFLICT (id) DO UPDATE SET site_id = excluded.site_id,"
                   " title = excluded.title, shortcut = excluded.shortcut, body = excluded.body,"
                   " position = excluded.position, changed_by = excluded.changed_by,"
                   " changed_at = excluded.changed_at",
    [CANNED_DELETE] = "DELETE FROM canned WHERE id = $1",
};
const struct sql_set chat_visitor_sql = {"chat", sql, COUNT(sql)};

/* --- contacts --------------------------------------------------------------------------------- */

/* By the kind's word: can it be called, and so found again by its number? */
static bool is_phone(const char *kind)
{
    return str_eq(str_of(kind), S("phone")) || str_eq(str_of(kind), S("landline"));
}

static const char *kind_of(str word)
{
    static const char *const kinds[] = {"phone", "landline", "name", "time"};
    for (size_t i = 0; i < COUNT(kinds); i++) {
        if (str_eq(word, str_of(kinds[i])))
            return kinds[i];
    }
    return "other";
}

err contact_insert(struct db *db, struct arena *mem, const struct vault *v, const struct contact *c)
{
    str blind = S(""), tail = S("");
    if (is_phone(c->kind)) {
        bool known;
        int64_t id;
        blind = vault_blind(v, mem, BLIND_PHONE, c->value);
        tail = vault_blind(v, mem, BLIND_PHONE_TAIL,
                           str_slice(c->value, c->value.len - 4, c->value.len));
        err e = db_get(db, mem, &known, "i", (void *[]){&id}, sql[CONTACT_KNOWN], "ib",
                       c->conversation_id, blind);
        if (e.code || known)
            return e;
    }
    str value = vault_seal(v, mem, "contact", c->id, "value", c->value);
    return db_exec(db, sql[CONTACT_INSERT], "iiiizbsbbi", c->id, c->conversation_id, c->visitor_id,
                   c->number, c->kind, value.ptr ? value : S(""), c->masked, blind, tail, c->at);
}

static err read_contact(const struct rows *r, struct arena *mem, const struct vault *v,
                        bool in_full, struct contact *c)
{
    *c = (struct contact){.id = rows_int(r, 0),
                          .conversation_id = rows_int(r, 1),
                          .visitor_id = rows_int(r, 2),
                          .number = rows_int(r, 3),
                          .kind = kind_of(rows_text(r, 4)),
                          .masked = str_copy(mem, rows_text(r, 6)),
                          .at = rows_int(r, 7)};
    str value = rows_bytes(r, 5);
    return in_full && value.len ? vault_unseal(v, mem, "contact", c->id, "value", value, &c->value)
                                : OK;
}

err contact_list(struct db *db, struct arena *mem, const struct vault *v, int64_t conversation,
                 bool in_full, struct contact **out, size_t *count)
{
    struct rows r;
    int64_t n;
    *out = NULL;
    *count = 0;
    err e = contact_count(db, conversation, &n);
    if (e.code)
        return e;
    *out = arena_new(mem, struct contact, (size_t)n);
    e = db_query(db, &r, sql[CONTACT_LIST], "i", conversation);
    while (!e.code && (int64_t)*count < n && db_next(&r, &e)) {
        e = read_contact(&r, mem, v, in_full, &(*out)[(*count)++]);
    }
    rows_end(&r);
    return e;
}

err contact_count(struct db *db, int64_t conversation, int64_t *out)
{
    bool found;
    *out = 0;
    return db_get(db, NULL, &found, "i", (void *[]){out}, sql[CONTACT_COUNT], "i", conversation);
}

/* --- cards ------------------------------------------------------------------------------------ */

err visitor_card_get(struct db *db, struct arena *mem, const struct vault *v, int64_t visitor,
                     struct visitor_card *out)
{
    bool found;
    str name, note;
    *out = (struct visitor_card){.visitor_id = visitor};
    err e = db_get(db, mem, &found, "ibbiii",
                   (void *[]){&out->site_id, &name, &note, &out->erased_at, &out->changed_by,
                              &out->changed_at},
                   sql[CARD_GET], "i", visitor);
    if (e.code || !found)
        return e;
    if (name.len)
        e = vault_unseal(v, mem, "visitor_card", visitor, "name", name, &out->name);
    if (!e.code && note.len)
        e = vault_unseal(v, mem, "visitor_card", visitor, "note", note, &out->note);
    return e;
}

err visitor_card_put(struct db *db, struct arena *mem, const struct vault *v,
                     const struct visitor_card *card)
{
    str name = vault_seal(v, mem, "visitor_card", card->visitor_id, "name", card->name);
    str note = vault_seal(v, mem, "visitor_card", card->visitor_id, "note", card->note);
    return db_exec(db, sql[CARD_PUT], "iibbiii", card->visitor_id, card->site_id,
                   name.ptr ? name : S(""), note.ptr ? note : S(""), card->erased_at,
                   card->changed_by, card->changed_at);
}

err visitor_card_expired(struct db *db, struct arena *mem, int64_t site, int64_t before, int limit,
                         int64_t **out, size_t *count)
{
    struct rows r;
    *out = arena_new(mem, int64_t, (size_t)limit);
    *count = 0;
    err e = db_query(db, &r, sql[CARD_EXPIRED], "iin", site, before, limit);
    while (!e.code && db_next(&r, &e))
        (*out)[(*count)++] = rows_int(&r, 0);
    return e;
}

err visitor_card_delete(struct db *db, int64_t visitor)
{
    return db_exec(db, sql[CARD_DELETE], "i", visitor);
}

err visitor_erase_rows(struct db *db, int64_t visitor, int64_t now, int64_t *conversations)
{
    const str nothing = S("");
    *conversations = 0;
    err e = db_exec(db, sql[ERASE_BODIES], "bi", nothing, visitor);
    if (!e.code)
        e = db_exec(db, sql[ERASE_CONTACTS], "bi", nothing, visitor);
    if (!e.code)
        e = db_exec(db, sql[ERASE_CARD], "bii", nothing, now, visitor);
    if (!e.code)
        e = db_change(db, conversations, sql[ERASE_CONVERSATIONS], "ii", now, visitor);
    return e;
}

/* --- canned replies --------------------------------------------------------------------------- */

static void read_canned(const struct rows *r, struct arena *mem, struct canned *c)
{
    *c = (struct canned){.id = rows_int(r, 0),
                         .site_id = rows_int(r, 1),
                         .title = str_copy(mem, rows_text(r, 2)),
                         .shortcut = str_copy(mem, rows_text(r, 3)),
                         .body = str_copy(mem, rows_text(r, 4)),
                         .position = rows_int(r, 5),
                         .changed_by = rows_int(r, 6),
                         .changed_at = rows_int(r, 7)};
}

err canned_list(struct db *db, struct arena *mem, struct canned **out, size_t *count)
{
    struct rows r;
    size_t cap = 0;
    *out = NULL;
    *count = 0;
    err e = db_query(db, &r, sql[CANNED_LIST], "");
    while (!e.code && db_next(&r, &e)) {
        if (*count == cap) {
            struct canned *more = arena_new(mem, struct canned, cap ? cap * 2 : 16);
            for (size_t i = 0; i < *count; i++)
                more[i] = (*out)[i];
            cap = cap ? cap * 2 : 16;
            *out = more;
        }
        read_canned(&r, mem, &(*out)[(*count)++]);
    }
    return e;
}

err canned_by_id(struct db *db, struct arena *mem, int64_t id, struct canned *out)
{
    struct rows r;
    err e = db_query(db, &r, sql[CANNED_BY_ID], "i", id);
    if (e.code)
        return e;
    if (!db_next(&r, &e))
        return e.code ? e : ERR(ERR_MISSING, "canned_missing");
    read_canned(&r, mem, out);
    rows_end(&r);
    return OK;
}

err canned_put(struct db *db, const struct canned *c)
{
    return db_exec(db, sql[CANNED_PUT], "iisssiii", c->id, c->site_id, c->title, c->shortcut,
                   c->body, c->position, c->changed_by, c->changed_at);
}

err canned_delete(struct db *db, int64_t id)
{
    int64_t gone;
    err e = db_change(db, &gone, sql[CANNED_DELETE], "i", id);
    return e.code || gone ? e : ERR(ERR_MISSING, "canned_missing");
}
