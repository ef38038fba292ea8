/* Messages as rows. A body is sealed to its place, conversation and number, and kept empty once
 * erased: no message is ever written empty. */
#include "chat/chat_rows.h"
#include "db/db.h"
#include "guard/vault.h"

#include <stdio.h>

enum { INSERT, BY_KEY, BY_VISITOR_KEY, LIST, ONE, ERASE, ERASE_CONTACTS };
static const char *const sql[] = {
    /* A number that is there already is no repeat but a bug, and fails. */
    [INSERT] = "INSERT INTO message (conversation_id, number, key, sender, agent_id, at, body)"
               " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (conversation_id, key) DO NOTHING",
    [BY_KEY] = "SELECT number, at FROM message WHERE conversation_id = $1 AND key = $2",
    [BY_VISITOR_KEY] = "SELECT c.id, m.number, m.at FROM conversation c"
                       " JOIN message m ON m.conversation_id = c.id"
                       " WHERE c.visitor_id = $1 AND m.key = $2 ORDER BY c.id DESC LIMIT 1",
    [LIST] = "SELECT number, key, sender, agent_id, at, body FROM message"
             " WHERE conversation_id = $1 AND number > $2 ORDER BY number LIMIT $3",
    [ONE] = "SELECT number, key, sender, agent_id, at, body FROM message"
            " WHERE conversation_id = $1 AND number = $2",
    [ERASE] = "UPDATE message SET body = $1 WHERE conversation_id = $2",
    [ERASE_CONTACTS] = "UPDATE contact SET value = $1, masked = '', blind = $1, tail = $1"
                       " WHERE conversation_id = $2",
};
const struct sql_set chat_message_sql = {"chat", sql, COUNT(sql)};

/* The place of a body for the vault: row is the conversation, the number stands in the column. */
struct place {
    char column[32];
};

static struct place place_of(int64_t number)
{
    struct place p;
    snprintf(p.column, sizeof p.column, "body.%lld", (long long)number);
    return p;
}

static err read_row(const struct rows *r, struct arena *mem, const struct vault *v,
                    int64_t conversation, struct message *m)
{
    *m = (struct message){.number = rows_int(r, 0),
                          .key = str_copy(mem, rows_text(r, 1)),
                          .agent_id = rows_int(r, 3),
                          .at = rows_int(r, 4)};
    int sender = sender_of(rows_text(r, 2));
    m->sender = sender < 0 ? SENDER_SYSTEM : (enum sender)sender;
    str body = rows_bytes(r, 5);
    m->erased = body.len == 0;
    struct place p = place_of(m->number);
    return m->erased ? OK : vault_unseal(v, mem, "message", conversation, p.column, body, &m->text);
}

err message_insert(struct db *db, struct arena *mem, const struct vault *v, int64_t conversation,
                   const struct message *m)
{
    int64_t changed;
    struct place p = place_of(m->number);
    str body = vault_seal(v, mem, "message", conversation, p.column, m->text);
    err e = db_change(db, &changed, sql[INSERT], "iisziib", conversation, m->number, m->key,
                      sender_word(m->sender), m->agent_id, m->at, body);
    return e.code || changed ? e : ERR(ERR_CONFLICT, "already_exists");
}

err message_by_key(struct db *db, struct arena *mem, int64_t conversation, str key, int64_t *number,
                   int64_t *at)
{
    bool found;
    *number = *at = 0;
    return db_get(db, mem, &found, "ii", (void *[]){number, at}, sql[BY_KEY], "is", conversation,
                  key);
}

err message_by_visitor_key(struct db *db, struct arena *mem, int64_t visitor, str key,
                           int64_t *conversation, int64_t *number, int64_t *at)
{
    bool found;
    *conversation = *number = *at = 0;
    return db_get(db, mem, &found, "iii", (void *[]){conversation, number, at}, sql[BY_VISITOR_KEY],
                  "is", visitor, key);
}

err message_list(struct db *db, struct arena *mem, const struct vault *v, int64_t conversation,
                 int64_t after, int limit, struct message **out, size_t *count)
{
    struct rows r;
    size_t cap = 0;
    *out = NULL;
    *count = 0;
    err e = db_query(db, &r, sql[LIST], "iin", conversation, after, limit);
    while (!e.code && db_next(&r, &e)) {
        if (*count == cap) {
            struct message *more = arena_new(mem, struct message, cap ? cap * 2 : 16);
            for (size_t i = 0; i < *count; i++)
                more[i] = (*out)[i];
            cap = cap ? cap * 2 : 16;
            *out = more;
        }
        e = read_row(&r, mem, v, conversation, &(*out)[(*count)++]);
        if (e.code)
            rows_end(&r);
    }
    return e;
}

err message_one(struct db *db, struct arena *mem, const struct vault *v, int64_t conversation,
                int64_t number, struct message *out)
{
    struct rows r;
    err e = db_query(db, &r, sql[ONE], "ii", conversation, number);
    if (e.code)
        return e;
    if (!db_next(&r, &e))
        return e.code ? e : ERR(ERR_MISSING, "message_missing");
    e = read_row(&r, mem, v, conversation, out);
    rows_end(&r);
    return e;
}

err conversation_erase_bodies(struct db *db, int64_t conversation)
{
    err e = db_exec(db, sql[ERASE], "bi", S(""), conversation);
    if (!e.code)
        e = db_exec(db, sql[ERASE_CONTACTS], "bi", S(""), conversation);
    return e;
}
