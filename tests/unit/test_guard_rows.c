#include "base/arena.h"
#include "base/id.h"
#include "db/db.h"
#include "guard/guard_rows.h"
#include "temp_dir.h"

#include <cmocka.h>
#include <string.h>

enum { MINUTE = 60000, HOUR = 60 * MINUTE };
static const int64_t NOW = 1763600000000;

struct place {
    char dir[TEMP_PATH];
    struct db *db;
    struct arena mem;
};

static int setup(void **state)
{
    static struct place p;
    char path[TEMP_PATH];
    temp_dir_make(p.dir);
    temp_dir_file(path, p.dir, "main.db");
    arena_init(&p.mem, 0);
    assert_int_equal(sqlite_open(path, &(struct sqlite_options){.create = true}, &p.db).code, 0);
    assert_int_equal(db_migrate(p.db, main_migrations, main_migration_count, NOW).code, 0);
    *state = &p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    db_close(p->db);
    arena_release(&p->mem);
    temp_dir_remove(p->dir);
    return 0;
}

static struct user a_user(int64_t id, str login, enum role role)
{
    return (struct user){.id = id,
                         .login = login,
                         .name = login,
                         .role = role,
                         .language = LANGUAGE_EN,
                         .password = S("$argon2id$..."),
                         .created_at = NOW};
}

static void add(struct place *p, int64_t id, str login, enum role role)
{
    struct user u = a_user(id, login, role);
    assert_int_equal(user_insert(p->db, &u).code, 0);
}

static void every_statement_prepares(void **state)
{
    struct place *p = *state;
    const struct sql_set *sets[] = {&guard_sql, &record_sql};
    for (size_t s = 0; s < COUNT(sets); s++) {
        for (size_t i = 0; i < sets[s]->count; i++) {
            assert_non_null(sets[s]->texts[i]);
            str text = str_format(&p->mem, "EXPLAIN %s", sets[s]->texts[i]);
            err e = p->db->driver->simple(p->db, str_z(&p->mem, text));
            if (e.code)
                fail_msg("%s", sets[s]->texts[i]);
        }
    }
}

static void users_come_back(void **state)
{
    struct place *p = *state;
    struct user u = a_user(5, S("wang"), ROLE_SUPERVISOR), got;
    u.name = S("\xe7\x8e\x8b\xe6\x95\x8f");
    u.must_change = true;
    assert_int_equal(user_insert(p->db, &u).code, 0);
    assert_int_equal(user_by_login(p->db, &p->mem, S("wang"), &got).code, 0);
    assert_true(got.id == 5 && got.role == ROLE_SUPERVISOR && got.language == LANGUAGE_EN);
    assert_true(got.must_change && !got.disabled && got.created_at == NOW);
    assert_true(str_eq(got.name, u.name) && str_eq(got.password, u.password));
    got.failures = 4;
    got.retry_at = NOW + 1;
    got.must_change = false;
    got.language = LANGUAGE_ZH;
    assert_int_equal(user_update(p->db, &got).code, 0);
    assert_int_equal(user_by_id(p->db, &p->mem, 5, &got).code, 0);
    assert_true(got.failures == 4 && got.retry_at == NOW + 1 && !got.must_change);
    assert_int_equal(got.language, LANGUAGE_ZH);
    assert_string_equal(user_by_id(p->db, &p->mem, 6, &got).name, "user_missing");
    assert_string_equal(user_by_login(p->db, &p->mem, S("WANG"), &got).name, "user_missing");
    assert_string_equal(user_insert(p->db, &(struct user){.id = 9, .login = S("wang")}).name,
                        "login_taken");
    got.id = 77;
    assert_string_equal(user_update(p->db, &got).name, "user_missing");
}

static void users_are_listed_by_name(void **state)
{
    struct place *p = *state;
    struct user *list;
    size_t count = 9;
    int64_t n = 9;
    assert_int_equal(user_list(p->db, &p->mem, &list, &count).code, 0);
    assert_int_equal(count, 0);
    add(p, 1, S("b"), ROLE_AGENT);
    add(p, 2, S("a"), ROLE_ADMIN);
    add(p, 3, S("c"), ROLE_DESK);
    assert_int_equal(user_list(p->db, &p->mem, &list, &count).code, 0);
    assert_int_equal(count, 3);
    assert_true(list[0].id == 2 && list[1].id == 1 && list[2].id == 3);
    assert_int_equal(user_count(p->db, &n).code, 0);
    assert_int_equal(n, 3);
}

static void one_admin_always_stays(void **state)
{
    struct place *p = *state;
    struct user u;
    add(p, 1, S("root"), ROLE_ADMIN);
    add(p, 2, S("agent"), ROLE_AGENT);
    assert_int_equal(user_by_id(p->db, &p->mem, 2, &u).code, 0);
    u.disabled = true;
    assert_int_equal(user_update(p->db, &u).code, 0); /* no admin: may go */
    assert_int_equal(user_by_id(p->db, &p->mem, 1, &u).code, 0);
    u.disabled = true;
    assert_string_equal(user_update(p->db, &u).name, "last_admin");
    u.disabled = false;
    u.role = ROLE_MANAGER;
    assert_string_equal(user_update(p->db, &u).name, "last_admin");
    add(p, 3, S("second"), ROLE_ADMIN);
    assert_int_equal(user_update(p->db, &u).code, 0);
}

static void roles_may_be_bound_to_their_own(void **state)
{
    struct place *p = *state;
    bool own = true;
    for (int r = ROLE_AGENT; r < ROLES; r++) {
        assert_int_equal(role_own_only(p->db, (enum role)r, &own).code, 0);
        assert_false(own);
        assert_int_equal(role_set_own_only(p->db, (enum role)r, true).code, 0);
        assert_int_equal(role_own_only(p->db, (enum role)r, &own).code, 0);
        assert_true(own);
    }
    assert_string_equal(role_set_own_only(p->db, ROLE_NONE, true).name, "role_missing");
}

static void sessions_end(void **state)
{
    struct place *p = *state;
    static const struct {
        int64_t created, used; /* before now */
        bool good, stale;
    } cases[] = {
        {0, 0, true, false},
        {HOUR, 4 * MINUTE, true, false},
        {HOUR, 6 * MINUTE, true, true},
        {13 * HOUR, 12 * HOUR - 1, true, true},
        {13 * HOUR, 12 * HOUR, false, false},
        {7 * 24 * HOUR - 1, 1, true, false},
        {7 * 24 * HOUR, 1, false, false},
    };
    add(p, 1, S("wang"), ROLE_AGENT);
    assert_int_equal(role_set_own_only(p->db, ROLE_AGENT, true).code, 0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        unsigned char hash[32] = {(unsigned char)(i + 1)};
        struct who who;
        bool stale;
        assert_int_equal(session_insert(p->db, hash, 1, NOW - cases[i].created).code, 0);
        err e = db_exec(p->db, "UPDATE session SET used_at = $1 WHERE hash = $2", "ib",
                        NOW - cases[i].used, (str){(char *)hash, 32});
        assert_int_equal(e.code, 0);
        e = session_find(p->db, &p->mem, hash, NOW, &who, &stale);
        if (!cases[i].good) {
            assert_string_equal(e.name, "session_ended");
            assert_int_equal(who.user, 0);
            continue;
        }
        assert_int_equal(e.code, 0);
        assert_int_equal(stale, cases[i].stale);
        assert_true(who.user == 1 && who.role == ROLE_AGENT && who.own_only && !who.control);
        assert_int_equal(who.may, role_permissions(ROLE_AGENT));
        assert_true(str_eq(who.name, S("wang")) && who.session > 0);
        assert_int_equal(session_touch(p->db, who.session, NOW).code, 0);
        assert_int_equal(session_find(p->db, &p->mem, hash, NOW, &who, &stale).code, 0);
        assert_false(stale);
    }
    assert_int_equal(guard_sweep(p->db, NOW).code, 0);
    bool found;
    int64_t left = 0;
    err e = db_get(p->db, NULL, &found, "i", (void *[]){&left}, "SELECT COUNT(*) FROM session", "");
    assert_int_equal(e.code, 0);
    assert_int_equal(left, 5);
}

static void sessions_are_ended(void **state)
{
    struct place *p = *state;
    unsigned char hash[4][32] = {{1}, {2}, {3}, {4}};
    struct who who;
    struct user u;
    bool stale;
    add(p, 1, S("wang"), ROLE_AGENT);
    for (int i = 0; i < 3; i++)
        assert_int_equal(session_insert(p->db, hash[i], 1, NOW).code, 0);
    assert_int_equal(session_find(p->db, &p->mem, hash[0], NOW, &who, &stale).code, 0);
    int64_t first = who.session;
    assert_int_equal(session_find(p->db, &p->mem, hash[1], NOW, &who, &stale).code, 0);
    assert_int_equal(session_end(p->db, who.session).code, 0);
    assert_int_equal(session_find(p->db, &p->mem, hash[1], NOW, &who, &stale).code, ERR_LOGIN);
    assert_int_equal(session_end_all(p->db, 1, first).code, 0);
    assert_int_equal(session_find(p->db, &p->mem, hash[2], NOW, &who, &stale).code, ERR_LOGIN);
    assert_int_equal(session_find(p->db, &p->mem, hash[0], NOW, &who, &stale).code, 0);
    assert_int_equal(user_by_id(p->db, &p->mem, 1, &u).code, 0);
    u.disabled = true;
    assert_int_equal(user_update(p->db, &u).code, 0);
    assert_int_equal(session_find(p->db, &p->mem, hash[0], NOW, &who, &stale).code, ERR_LOGIN);
    assert_int_equal(session_find(p->db, &p->mem, hash[3], NOW, &who, &stale).code, ERR_LOGIN);
}

static void write_three(struct place *p)
{
    static const str acts[] = {STR("login"), STR("user.change"), STR("contact.reveal")};
    for (size_t i = 0; i < COUNT(acts); i++) {
        err e = audit_write(p->db, &p->mem, NOW + (int64_t)i, S("user:1"), acts[i], S("user:2"),
                            S("{}"));
        assert_int_equal(e.code, 0);
    }
}

static void the_record_is_chained(void **state)
{
    struct place *p = *state;
    struct audit_row *list;
    size_t count;
    int64_t rows = -1, broken = -1;
    assert_int_equal(audit_verify(p->db, &rows, &broken).code, 0);
    assert_true(rows == 0 && broken == 0);
    write_three(p);
    assert_int_equal(audit_verify(p->db, &rows, &broken).code, 0);
    assert_true(rows == 3 && broken == 0);
    assert_int_equal(audit_list(p->db, &p->mem, 0, 2, &list, &count).code, 0);
    assert_int_equal(count, 2);
    assert_true(list[0].n == 3 && str_eq(list[0].act, S("contact.reveal")));
    assert_int_equal(audit_list(p->db, &p->mem, list[1].n, 50, &list, &count).code, 0);
    assert_int_equal(count, 1);
    assert_true(list[0].n == 1 && list[0].at == NOW && str_eq(list[0].actor, S("user:1")));
}

static void every_meddling_shows(void **state)
{
    static const struct {
        const char *sql;
        int64_t broken;
    } cases[] = {
        {"UPDATE audit SET act = 'logout' WHERE n = 1", 1},
        {"UPDATE audit SET at = at + 1 WHERE n = 2", 2},
        {"DELETE FROM audit WHERE n = 2", 3},
        {"DELETE FROM audit WHERE n = 1", 2},
        {"UPDATE audit SET hash = x'00' WHERE n = 3", 3},
        {"UPDATE audit SET actor = 'user:1u', act = 'ser.change' WHERE n = 2", 2},
    };
    struct place *p = *state;
    write_three(p);
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t rows, broken = 0;
        assert_int_equal(db_begin(p->db).code, 0);
        assert_int_equal(db_exec(p->db, cases[i].sql, "").code, 0);
        assert_int_equal(audit_verify(p->db, &rows, &broken).code, 0);
        assert_int_equal(broken, cases[i].broken);
        db_rollback(p->db);
    }
}

static void sites_come_back(void **state)
{
    struct place *p = *state;
    struct site *list, got;
    size_t count;
    struct site s = {.id = 42,
                     .key = S("k123456789abcdef"),
                     .name = S("\xe8\xaf\x8a\xe6\x89\x80"),
                     .origins = S("https://a.cn\nhttps://b.cn"),
                     .time_zone = S("Asia/Shanghai"),
                     .settings = S("{}"),
                     .created_at = NOW};
    assert_int_equal(site_insert(p->db, &s).code, 0);
    assert_string_equal(site_insert(p->db, &s).name, "already_exists");
    assert_int_equal(site_by_key(p->db, &p->mem, s.key, &got).code, 0);
    assert_true(got.id == 42 && str_eq(got.name, s.name) && str_eq(got.origins, s.origins));
    got.time_zone = S("Asia/Urumqi");
    got.retired_at = NOW;
    assert_int_equal(site_update(p->db, &got).code, 0);
    assert_int_equal(site_by_id(p->db, &p->mem, 42, &got).code, 0);
    assert_true(str_eq(got.time_zone, S("Asia/Urumqi")) && got.retired_at == NOW);
    assert_int_equal(site_list(p->db, &p->mem, &list, &count).code, 0);
    assert_int_equal(count, 1);
    assert_string_equal(site_by_key(p->db, &p->mem, S("' OR 1=1 --"), &got).name, "site_missing");
    got.id = 1;
    assert_string_equal(site_update(p->db, &got).name, "site_missing");
}

static void a_repeated_call_finds_its_answer(void **state)
{
    struct place *p = *state;
    static const unsigned char one[16] = {1}, other[16] = {2};
    bool found = true;
    int status = 0;
    str body;
    err e = idempotency_find(p->db, &p->mem, 1, S("key"), one, &found, &status, &body);
    assert_true(!e.code && !found);
    e = idempotency_keep(p->db, 1, S("key"), one, 201, S("{\"id\":\"7\"}"), NOW);
    assert_int_equal(e.code, 0);
    e = idempotency_find(p->db, &p->mem, 1, S("key"), one, &found, &status, &body);
    assert_true(!e.code && found && status == 201 && str_eq(body, S("{\"id\":\"7\"}")));
    e = idempotency_find(p->db, &p->mem, 1, S("key"), other, &found, &status, &body);
    assert_string_equal(e.name, "key_reused");
    e = idempotency_find(p->db, &p->mem, 2, S("key"), one, &found, &status, &body);
    assert_true(!e.code && !found); /* somebody else's key */
    e = idempotency_keep(p->db, 1, S("key"), one, 201, S("{}"), NOW);
    assert_int_equal(e.code, ERR_CONFLICT);
    assert_int_equal(guard_sweep(p->db, NOW + 24 * HOUR).code, 0);
    e = idempotency_find(p->db, &p->mem, 1, S("key"), one, &found, &status, &body);
    assert_true(!e.code && found);
    assert_int_equal(guard_sweep(p->db, NOW + 24 * HOUR + 1).code, 0);
    e = idempotency_find(p->db, &p->mem, 1, S("key"), one, &found, &status, &body);
    assert_true(!e.code && !found);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_statement_prepares),
        TEST(users_come_back),
        TEST(users_are_listed_by_name),
        TEST(one_admin_always_stays),
        TEST(roles_may_be_bound_to_their_own),
        TEST(sessions_end),
        TEST(sessions_are_ended),
        TEST(the_record_is_chained),
        TEST(every_meddling_shows),
        TEST(sites_come_back),
        TEST(a_repeated_call_finds_its_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
