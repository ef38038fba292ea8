#include "guard/guard_rows.h"

#include "base/id.h"
#include "db/db.h"
#include "guard/vault.h"

enum {
    SESSION_IDLE_MS = 12 * 60 * 60 * 1000,
    SESSION_LONGEST_MS = 7 * 24 * 60 * 60 * 1000,
    SESSION_STALE_MS = 5 * 60 * 1000,
};

#define USER_COLUMNS                                                                               \
    "id, login, name, role, language, password, disabled, must_change, failures, retry_at,"        \
    " created_at"

enum {
    USER_BY_LOGIN,
    USER_BY_ID,
    USER_INSERT,
    USER_UPDATE,
    USER_COUNT,
    USER_LIST,
    ADMINS,
    ROLE_OWN_ONLY,
    ROLE_SET_OWN_ONLY,
    SESSION_INSERT,
    SESSION_FIND,
    SESSION_TOUCH,
    SESSION_END,
    SESSION_END_ALL,
    SESSION_SWEEP,
    HOUSE_GET,
    HOUSE_PUT,
};
static const char *const sql[] = {
    [USER_BY_LOGIN] = "SELECT " USER_COLUMNS " FROM users WHERE login = $1",
    [USER_BY_ID] = "SELECT " USER_COLUMNS " FROM users WHERE id = $1",
    [USER_INSERT] = "INSERT INTO users (" USER_COLUMNS ")"
                    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    [USER_UPDATE] = "UPDATE users SET name = $1, role = $2, language = $3, password = $4,"
                    " disabled = $5, must_change = $6, failures = $7, retry_at = $8 WHERE id = $9",
    [USER_COUNT] = "SELECT COUNT(*) FROM users",
    [USER_LIST] = "SELECT " USER_COLUMNS " FROM users ORDER BY name, id",
    [ADMINS] = "SELECT COUNT(*), COUNT(CASE WHEN id = $1 THEN 1 END) FROM users"
               " WHERE role = 'admin' AND disabled = 0",
    [ROLE_OWN_ONLY] = "SELECT own_only FROM role WHERE code = $1",
    [ROLE_SET_OWN_ONLY] = "UPDATE role SET own_only = $1 WHERE code = $2",
    [SESSION_INSERT] = "INSERT INTO session (id, hash, user_id, created_at, used_at)"
                       " VALUES ($1, $2, $3, $4, $4)",
    [SESSION_FIND] = "SELECT session.id, session.created_at, session.used_at, users.id, users.role,"
                     " users.language, users.name, COALESCE(role.own_only, 0), users.must_change"
                     " FROM session"
                     " JOIN users ON users.id = session.user_id"
                     " LEFT JOIN role ON role.code = users.role"
                     " WHERE session.hash = $1 AND users.disabled = 0",
    [SESSION_TOUCH] = "UPDATE session SET used_at = $1 WHERE id = $2",
    [SESSION_END] = "DELETE FROM session WHERE id = $1",
    [SESSION_END_ALL] = "DELETE FROM session WHERE user_id = $1 AND id <> $2",
    [SESSION_SWEEP] = "DELETE FROM session WHERE used_at <= $1 OR created_at <= $2",
    [HOUSE_GET] = "SELECT value FROM house WHERE name = $1",
    [HOUSE_PUT] = "INSERT INTO house (name, value) VALUES ($1, $2)"
                  " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
};
const struct sql_set guard_sql = {"guard", sql, COUNT(sql)};

static const char *const languages[] = {[LANGUAGE_ZH] = "zh", [LANGUAGE_EN] = "en"};

static enum language language_of(str code)
{
    return str_eq(code, str_of(languages[LANGUAGE_EN])) ? LANGUAGE_EN : LANGUAGE_ZH;
}

static struct user user_of(const struct rows *r, struct arena *mem)
{
    return (struct user){
        .id = rows_int(r, 0),
        .login = str_copy(mem, rows_text(r, 1)),
        .name = str_copy(mem, rows_text(r, 2)),
        .role = role_of(rows_text(r, 3)),
        .language = language_of(rows_text(r, 4)),
        .password = str_copy(mem, rows_text(r, 5)),
        .disabled = rows_int(r, 6) != 0,
        .must_change = rows_int(r, 7) != 0,
        .failures = (int)rows_int(r, 8),
        .retry_at = rows_int(r, 9),
        .created_at = rows_int(r, 10),
    };
}

static err one_user(struct rows *r, struct arena *mem, struct user *out)
{
    err e;
    if (!db_next(r, &e))
        return e.code ? e : ERR(ERR_MISSING, "user_missing");
    *out = user_of(r, mem);
    rows_end(r);
    return OK;
}

/* Would nobody be left who can let others in? */
static err check_last_admin(struct db *db, const struct user *u)
{
    int64_t admins = 0, this_one = 0;
    bool found;
    if (u->role == ROLE_ADMIN && !u->disabled)
        return OK;
    err e = db_get(db, NULL, &found, "ii", (void *[]){&admins, &this_one}, sql[ADMINS], "i", u->id);
    if (e.code)
        return e;
    return admins == 1 && this_one == 1 ? ERR(ERR_CONFLICT, "last_admin") : OK;
}

err user_by_login(struct db *db, struct arena *mem, str login, struct user *out)
{
    struct rows r;
    err e = db_query(db, &r, sql[USER_BY_LOGIN], "s", login);
    return e.code ? e : one_user(&r, mem, out);
}

err user_by_id(struct db *db, struct arena *mem, int64_t id, struct user *out)
{
    struct rows r;
    err e = db_query(db, &r, sql[USER_BY_ID], "i", id);
    return e.code ? e : one_user(&r, mem, out);
}

err user_insert(struct db *db, const struct user *u)
{
    err e = db_exec(db, sql[USER_INSERT], "isszzsnnnii", u->id, u->login, u->name,
                    role_code(u->role), languages[u->language], u->password, (int)u->disabled,
                    (int)u->must_change, u->failures, u->retry_at, u->created_at);
    return e.code == ERR_CONFLICT ? ERR(ERR_CONFLICT, "login_taken") : e;
}

err user_update(struct db *db, const struct user *u)
{
    int64_t changed = 0;
    err e = check_last_admin(db, u);
    if (!e.code)
        e = db_change(db, &changed, sql[USER_UPDATE], "szzsnnnii", u->name, role_code(u->role),
                      languages[u->language], u->password, (int)u->disabled, (int)u->must_change,
                      u->failures, u->retry_at, u->id);
    return !e.code && !changed ? ERR(ERR_MISSING, "user_missing") : e;
}

err user_count(struct db *db, int64_t *out)
{
    bool found;
    *out = 0;
    return db_get(db, NULL, &found, "i", (void *[]){out}, sql[USER_COUNT], "");
}

err user_list(struct db *db, struct arena *mem, struct user **out, size_t *count)
{
    struct rows r;
    int64_t all = 0;
    *count = 0;
    err e = user_count(db, &all);
    *out = arena_new(mem, struct user, (size_t)all + 1);
    if (!e.code)
        e = db_query(db, &r, sql[USER_LIST], "");
    while (!e.code && db_next(&r, &e)) {
        if ((int64_t)*count == all) {
            rows_end(&r); /* one has come between the two statements */
            break;
        }
        (*out)[(*count)++] = user_of(&r, mem);
    }
    return e;
}

err role_own_only(struct db *db, enum role role, bool *out)
{
    bool found;
    int64_t own_only = 0;
    err e = db_get(db, NULL, &found, "i", (void *[]){&own_only}, sql[ROLE_OWN_ONLY], "z",
                   role_code(role));
    *out = own_only != 0;
    return e;
}

err role_set_own_only(struct db *db, enum role role, bool own_only)
{
    int64_t changed = 0;
    err e = db_change(db, &changed, sql[ROLE_SET_OWN_ONLY], "nz", (int)own_only, role_code(role));
    return !e.code && !changed ? ERR(ERR_MISSING, "role_missing") : e;
}

err session_insert(struct db *db, const unsigned char hash[32], int64_t user, int64_t now)
{
    return db_exec(db, sql[SESSION_INSERT], "ibii", id_new(now), (str){(const char *)hash, 32},
                   user, now);
}

err session_find(struct db *db, struct arena *mem, const unsigned char hash[32], int64_t now,
                 struct who *out, bool *stale)
{
    struct rows r;
    err none = ERR(ERR_LOGIN, "session_ended");
    *out = (struct who){0};
    *stale = false;
    err e = db_query(db, &r, sql[SESSION_FIND], "b", (str){(const char *)hash, 32});
    if (e.code)
        return e;
    if (!db_next(&r, &e))
        return e.code ? e : none;
    int64_t created = rows_int(&r, 1), used = rows_int(&r, 2);
    enum role role = role_of(rows_text(&r, 4));
    if (now - used < SESSION_IDLE_MS && now - created < SESSION_LONGEST_MS && role != ROLE_NONE) {
        *out = (struct who){.user = rows_int(&r, 3),
                            .role = role,
                            .may = role_permissions(role),
                            .own_only = rows_int(&r, 7) != 0,
                            .must_change = rows_int(&r, 8) != 0,
                            .language = language_of(rows_text(&r, 5)),
                            .name = str_copy(mem, rows_text(&r, 6)),
                            .session = rows_int(&r, 0)};
        *stale = now - used > SESSION_STALE_MS;
        none = OK;
    }
    rows_end(&r);
    return none;
}

err session_touch(struct db *db, int64_t session, int64_t now)
{
    return db_exec(db, sql[SESSION_TOUCH], "ii", now, session);
}

err session_end(struct db *db, int64_t session)
{
    return db_exec(db, sql[SESSION_END], "i", session);
}

err session_end_all(struct db *db, int64_t user, int64_t but_session)
{
    return db_exec(db, sql[SESSION_END_ALL], "ii", user, but_session);
}

err guard_sweep(struct db *db, int64_t now)
{
    err e = db_exec(db, sql[SESSION_SWEEP], "ii", now - SESSION_IDLE_MS, now - SESSION_LONGEST_MS);
    return e.code ? e : idempotency_sweep(db, now);
}

err house_keys_keep(struct db *db, const struct vault *v)
{
    unsigned char mark[VAULT_MAC];
    vault_fingerprint(v, mark);
    return db_exec(db, sql[HOUSE_PUT], "zb", "keys", (str){(const char *)mark, sizeof mark});
}

err house_keys_fit(struct db *db, const struct vault *v)
{
    unsigned char mark[VAULT_MAC];
    struct rows r;
    int64_t users;
    err e = user_count(db, &users);
    if (e.code || !users)
        return e;
    e = db_query(db, &r, sql[HOUSE_GET], "z", "keys");
    if (e.code)
        return e;
    if (!db_next(&r, &e))
        return e.code ? e : ERR(ERR_IO, "keys_other");
    vault_fingerprint(v, mark);
    bool fits = str_eq(rows_bytes(&r, 0), (str){(const char *)mark, sizeof mark});
    rows_end(&r);
    return fits ? OK : ERR(ERR_IO, "keys_other");
}

err house_login_failed(struct db *db, int64_t now)
{
    unsigned char at[8];
    for (int i = 0; i < 8; i++)
        at[i] = (unsigned char)((uint64_t)now >> (56 - 8 * i));
    return db_exec(db, sql[HOUSE_PUT], "zb", "login_failed", (str){(const char *)at, sizeof at});
}
