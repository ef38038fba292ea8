/* guard_rows.h - people, sessions, sites, audit and idempotency in the store. */
#ifndef GUARD_GUARD_ROWS_H
#define GUARD_GUARD_ROWS_H

#include "base/err.h"
#include "base/str.h"
#include "guard/audit.h"
#include "guard/session.h"

struct db;
struct sql_set;
struct vault;
extern const struct sql_set guard_sql;  /* guard_rows.c: people, roles, sessions */
extern const struct sql_set record_sql; /* record_rows.c: audit, sites, idempotency */

struct user {
    int64_t id;
    str login, name;
    enum role role;
    enum language language;
    str password; /* Argon2id text */
    bool disabled, must_change;
    int failures;
    int64_t retry_at, created_at;
};
/* ERR_MISSING "user_missing", here and in user_update. */
MUST_USE err user_by_login(struct db *db, struct arena *mem, str login, struct user *out);
MUST_USE err user_by_id(struct db *db, struct arena *mem, int64_t id, struct user *out);
/* ERR_CONFLICT "login_taken". */
MUST_USE err user_insert(struct db *db, const struct user *u);
/* Everything but id, login and created_at. ERR_CONFLICT "last_admin" when no enabled admin would
 * be left. */
MUST_USE err user_update(struct db *db, const struct user *u);
MUST_USE err user_count(struct db *db, int64_t *out);
/* All, by name. */
MUST_USE err user_list(struct db *db, struct arena *mem, struct user **out, size_t *count);

MUST_USE err role_own_only(struct db *db, enum role role, bool *out);
MUST_USE err role_set_own_only(struct db *db, enum role role, bool own_only);

MUST_USE err session_insert(struct db *db, const unsigned char hash[32], int64_t user, int64_t now);
/* The whole of who; ERR_LOGIN "session_ended" when there is none, it has ended, or the user is
 * disabled. stale: the "last used" stamp is older than 5 minutes and wants session_touch. */
MUST_USE err session_find(struct db *db, struct arena *mem, const unsigned char hash[32],
                          int64_t now, struct who *out, bool *stale);
MUST_USE err session_touch(struct db *db, int64_t session, int64_t now);
MUST_USE err session_end(struct db *db, int64_t session);
MUST_USE err session_end_all(struct db *db, int64_t user, int64_t but_session); /* 0: all */

/* What the keys of this data are known by: kept with the first user. */
MUST_USE err house_keys_keep(struct db *db, const struct vault *v);
/* ERR_IO "keys_other" when the data was made with other keys; data without users fits all. */
MUST_USE err house_keys_fit(struct db *db, const struct vault *v);

/* When somebody last tried a name that nobody has. */
MUST_USE err house_login_failed(struct db *db, int64_t now);

/* Append one row to the chain. */
MUST_USE err audit_write(struct db *db, struct arena *mem, int64_t now, str actor, str act,
                         str subject, str detail);
/* Rows before `before` (0: from the newest), newest first, at most 1,000. */
MUST_USE err audit_list(struct db *db, struct arena *mem, int64_t before, int limit,
                        struct audit_row **out, size_t *count);
/* Walk the whole chain; *broken_at is the first row that does not fit, 0 when sound. */
MUST_USE err audit_verify(struct db *db, int64_t *rows, int64_t *broken_at);

struct site {
    int64_t id;
    str key;       /* public, 16 characters, stands in the install line */
    str name;      /* shown in the console */
    str origins;   /* one a line, "https://www.example.cn"; empty: none registered */
    str time_zone; /* "Asia/Shanghai" */
    str settings;  /* JSON: see SCHEMA.md */
    int64_t created_at, retired_at;
};
/* Retired ones too: the caller looks at retired_at. ERR_MISSING "site_missing". */
MUST_USE err site_by_key(struct db *db, struct arena *mem, str key, struct site *out);
MUST_USE err site_by_id(struct db *db, struct arena *mem, int64_t id, struct site *out);
MUST_USE err site_insert(struct db *db, const struct site *s);
/* Everything but id, key and created_at. */
MUST_USE err site_update(struct db *db, const struct site *s);
MUST_USE err site_list(struct db *db, struct arena *mem, struct site **out, size_t *count);

/* A creating call seen before? *found with its answer. Kept 24 hours (swept). */
MUST_USE err idempotency_find(struct db *db, struct arena *mem, int64_t user, str key,
                              const unsigned char request_hash[16], bool *found, int *status,
                              str *body); /* ERR_CONFLICT "key_reused": same key, other request */
MUST_USE err idempotency_keep(struct db *db, int64_t user, str key,
                              const unsigned char request_hash[16], int status, str body,
                              int64_t now);
MUST_USE err idempotency_sweep(struct db *db, int64_t now);
MUST_USE err guard_sweep(struct db *db, int64_t now); /* old sessions and idempotency keys */

#endif
