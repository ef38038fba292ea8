/* chat_rows.h - conversations, messages, contacts, visitors' cards and canned replies in the store.
 * Bodies, contact values, names and notes are sealed here and nowhere else. */
#ifndef CHAT_CHAT_ROWS_H
#define CHAT_CHAT_ROWS_H

#include "base/err.h"
#include "chat/conversation.h"

struct db;
struct vault;
struct sql_set;
extern const struct sql_set chat_sql, chat_list_sql, chat_message_sql, chat_visitor_sql;

/* ERR_MISSING "conversation_missing". */
MUST_USE err conversation_by_id(struct db *db, struct arena *mem, int64_t id,
                                struct conversation *out);
/* The visitor's conversation that is not closed; *found. */
MUST_USE err conversation_open_of(struct db *db, struct arena *mem, int64_t visitor,
                                  struct conversation *out, bool *found);
/* The visitor's newest one, open or closed; *found. */
MUST_USE err conversation_last_of(struct db *db, struct arena *mem, int64_t visitor,
                                  struct conversation *out, bool *found);
MUST_USE err conversation_insert(struct db *db, const struct conversation *c);
/* What can change after the start. */
MUST_USE err conversation_update(struct db *db, const struct conversation *c);
/* Only what a further message and reading change; leaves the indexes of state and times alone. */
MUST_USE err conversation_update_last(struct db *db, const struct conversation *c);
MUST_USE err conversation_largest(struct db *db, int64_t *id, int64_t *change_seq);

struct conversation_filter {
    int64_t from, to; /* on started_at (opened_at when never started); 0: open end */
    int64_t site;     /* 0 any */
    int64_t agent;    /* 0 any, -1 none */
    int64_t visitor;  /* 0 any */
    /* "own conversations only": this user's, and those nobody has that are not closed; 0 all */
    int64_t only_agent_or_waiting;
    str state, channel, engine; /* empty any; channel "unknown" also finds "" */
    /* label ids by dimension: rows must bear one of each non-empty group; at most 3 dimensions
     * and 8 labels each in this version */
    struct {
        int64_t labels[8];
        int count;
    } marks[3];
    int64_t unmarked; /* dimension id without a mark; -1: any dimension without one; 0 no filter */
    const char *only; /* "", "answered", "lost", "phones", "booked", "form", "waiting",
                       * "counted" */
    bool counted;     /* only what the figures count (conversation_counts) */
    str search;       /* conversation id, visitor code, host, chat URL or title, term or keyword */
    int64_t before_started, before_id; /* cursor: strictly older than this; 0 first page */
    int limit;
};
/* Newest start first. */
MUST_USE err conversation_list(struct db *db, struct arena *mem,
                               const struct conversation_filter *f, struct conversation **out,
                               size_t *count);
MUST_USE err conversation_total(struct db *db, const struct conversation_filter *f, int64_t *out);
/* For reception: everything not closed, and what `agent` closed or had closed since `since_ms`. */
MUST_USE err conversation_reception(struct db *db, struct arena *mem, int64_t agent,
                                    int64_t since_ms, struct conversation **out, size_t *count);
/* Changed after seq, oldest change first, at most limit. */
MUST_USE err conversation_changed(struct db *db, struct arena *mem, int64_t seq, int limit,
                                  struct conversation **out, size_t *count);
/* Of a site, not closed and silent since before `silent_before`; ids only. A left message that
 * nobody has is not silent: it waits for an agent. */
MUST_USE err conversation_silent(struct db *db, struct arena *mem, int64_t site,
                                 int64_t silent_before, int limit, int64_t **out, size_t *count);
/* Closed before `closed_before` with bodies still there; ids only (retention). */
MUST_USE err conversation_expired(struct db *db, struct arena *mem, int64_t site,
                                  int64_t closed_before, int limit, int64_t **out, size_t *count);
/* Of a site, left messages opened before `opened_before` that nobody has taken; ids only (retention). */
MUST_USE err conversation_untaken(struct db *db, struct arena *mem, int64_t site,
                                  int64_t opened_before, int limit, int64_t **out, size_t *count);

struct message {
    int64_t number;
    str key;
    enum sender sender;
    int64_t agent_id, at;
    str text; /* opened; "" when erased */
    bool erased;
};
/* ERR_CONFLICT "already_exists" when the key is known. */
MUST_USE err message_insert(struct db *db, struct arena *mem, const struct vault *v,
                            int64_t conversation, const struct message *m);
/* *number 0 when the key is new; otherwise the one it got first, and when. */
MUST_USE err message_by_key(struct db *db, struct arena *mem, int64_t conversation, str key,
                            int64_t *number, int64_t *at);
/* The same over all conversations of a visitor, the newest first; *conversation says which. */
MUST_USE err message_by_visitor_key(struct db *db, struct arena *mem, int64_t visitor, str key,
                                    int64_t *conversation, int64_t *number, int64_t *at);
/* Numbers above `after`, in order, at most limit. */
MUST_USE err message_list(struct db *db, struct arena *mem, const struct vault *v,
                          int64_t conversation, int64_t after, int limit, struct message **out,
                          size_t *count);
MUST_USE err message_one(struct db *db, struct arena *mem, const struct vault *v,
                         int64_t conversation, int64_t number, struct message *out);
/* Overwrite every body and contact value of a conversation. */
MUST_USE err conversation_erase_bodies(struct db *db, int64_t conversation);

struct contact {
    int64_t id, conversation_id, visitor_id;
    int64_t number;   /* the message it stood in, 0: a form */
    const char *kind; /* "phone", "landline", "name", "time", "other" */
    str value;        /* empty unless asked for in full */
    str masked;
    int64_t at;
};
/* Seals value, and keeps blind indexes of phones (normalised: digits only). A phone the
 * conversation already has is not kept twice. */
MUST_USE err contact_insert(struct db *db, struct arena *mem, const struct vault *v,
                            const struct contact *c);
MUST_USE err contact_list(struct db *db, struct arena *mem, const struct vault *v,
                          int64_t conversation, bool in_full, struct contact **out, size_t *count);
MUST_USE err contact_count(struct db *db, int64_t conversation, int64_t *out);

struct visitor_card {
    int64_t visitor_id, site_id;
    str name, note;
    int64_t erased_at, changed_by, changed_at;
};
/* An unknown visitor gives an empty card. */
MUST_USE err visitor_card_get(struct db *db, struct arena *mem, const struct vault *v,
                              int64_t visitor, struct visitor_card *out);
MUST_USE err visitor_card_put(struct db *db, struct arena *mem, const struct vault *v,
                              const struct visitor_card *card);
/* Of a site, not changed since `before`, and their visitors' conversations closed before it; visitor
 * ids only (retention). */
MUST_USE err visitor_card_expired(struct db *db, struct arena *mem, int64_t site, int64_t before,
                                  int limit, int64_t **out, size_t *count);
MUST_USE err visitor_card_delete(struct db *db, int64_t visitor);
/* Erase: card, bodies, contacts, raw URLs, terms; conversations stay with visitor 0. */
MUST_USE err visitor_erase_rows(struct db *db, int64_t visitor, int64_t now,
                                int64_t *conversations);

struct canned {
    int64_t id, site_id;
    str title, shortcut, body;
    int64_t position, changed_by, changed_at;
};
MUST_USE err canned_list(struct db *db, struct arena *mem, struct canned **out, size_t *count);
MUST_USE err canned_by_id(struct db *db, struct arena *mem, int64_t id, struct canned *out);
MUST_USE err canned_put(struct db *db, const struct canned *c); /* insert or replace */
MUST_USE err canned_delete(struct db *db, int64_t id);

/* For `laiyu check`: conversations whose message numbers have gaps or whose counts disagree, and
 * rows whose parent is missing. One line a finding. */
MUST_USE err chat_check(struct db *db, struct arena *mem, str *report);

#endif
