#include "base/arena.h"
#include "guard/session.h"
#include "guard/vault.h"
#include "temp_dir.h"

#include <cmocka.h>
#include <string.h>

struct place {
    char dir[TEMP_PATH];
    struct vault *vault;
    struct arena mem;
};

static int setup(void **state)
{
    static struct place p;
    char path[TEMP_PATH];
    temp_dir_make(p.dir);
    temp_dir_file(path, p.dir, "keys");
    arena_init(&p.mem, 0);
    assert_int_equal(vault_open(path, true, &p.vault).code, 0);
    *state = &p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    vault_close(p->vault);
    arena_release(&p->mem);
    temp_dir_remove(p->dir);
    return 0;
}

static void tokens_are_random_and_hashed(void **state)
{
    struct session_token a, b;
    unsigned char one[32], two[32];
    session_token_new(&a);
    session_token_new(&b);
    assert_int_equal(strlen(a.text), 43);
    assert_string_not_equal(a.text, b.text);
    assert_true(session_hash(str_of(a.text), one));
    assert_true(session_hash(str_of(a.text), two));
    assert_memory_equal(one, two, 32);
    assert_true(session_hash(str_of(b.text), two));
    assert_memory_not_equal(one, two, 32);
}

static void tokens_of_another_shape_are_refused(void **state)
{
    unsigned char hash[32];
    static const str bad[] = {
        STR(""),
        STR("short"),
        STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), /* 44 */
        STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),   /* 42 */
        STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa="),
        STR("aaaaaaaaaaaaaaaaaaaaa+aaaaaaaaaaaaaaaaaaaaa"),
        STR("aaaaaaaaaaaaaaaaaaaaa'aaaaaaaaaaaaaaaaaaaaa"),
        STR("aaaaaaaaaaaaaaaaaaaaa\0aaaaaaaaaaaaaaaaaaaaa"),
    };
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(session_hash(bad[i], hash));
}

static void csrf_belongs_to_one_session(void **state)
{
    struct place *p = *state;
    struct session_token a, b;
    session_token_new(&a);
    session_token_new(&b);
    str csrf = session_csrf(p->vault, &p->mem, str_of(a.text));
    assert_int_equal(csrf.len, 32);
    assert_true(session_csrf_ok(p->vault, str_of(a.text), csrf));
    assert_false(session_csrf_ok(p->vault, str_of(b.text), csrf));
    assert_false(session_csrf_ok(p->vault, str_of(a.text), S("")));
    assert_false(session_csrf_ok(p->vault, str_of(a.text), str_slice(csrf, 0, 31)));
    assert_false(session_csrf_ok(p->vault, S(""), csrf));
    assert_false(session_csrf_ok(p->vault, str_of(a.text), S("zz000000000000000000000000000000")));
}

static void passwords_verify(void **state)
{
    struct place *p = *state;
    str stored;
    assert_int_equal(password_hash(&p->mem, S("correct horse \xe6\x9d\xa5"), &stored).code, 0);
    assert_true(str_starts(stored, S("$argon2id$")));
    assert_true(password_verify(stored, S("correct horse \xe6\x9d\xa5")));
    assert_false(password_verify(stored, S("correct horse")));
    assert_false(password_verify(stored, S("")));
    assert_false(password_verify(S(""), S("")));
    assert_false(password_verify(S("$argon2id$nonsense"), S("x")));
}

static void passwords_that_are_taken_and_not(void **state)
{
    static const struct {
        str password;
        const char *want;
    } cases[] = {
        {STR("fern-otter-77"), ""},
        {STR("\xe6\x9d\xa5\xe8\xaf\xad\xe6\x9d\xa5\xe6\x97\xa5\xe5\xb7\xa5\xe4\xbd\x9c"
             "\xe7\xb3\xbb\xe7\xbb\x9f\xe5\xa5\xbd\xe7\x94\xa8"),
         ""}, /* ten characters */
        {STR("123456789"), "password_short"},
        {STR(""), "password_short"},
        {STR("\xe6\x9d\xa5\xe8\xaf\xad\xe6\x9d\xa5\xe8\xaf\xad"), "password_short"},
        {STR("longenough\xff\xfe"), "password_short"}, /* no text */
        {STR("1234567890"), "password_common"},
        {STR("0987654321"), "password_common"},
        {STR("Password123"), "password_common"},
        {STR("qwertyuiop"), "password_common"},
        {STR("aaaaaaaaaaaa"), "password_common"},
        {STR("abababababab"), "password_common"},
        {STR("wangxiaoming"), "password_is_login"},
        {STR("WangXiaoMing"), "password_is_login"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        err e = password_acceptable(cases[i].password, S("wangxiaoming"));
        if (strcmp(e.name, cases[i].want) != 0)
            fail_msg("%.*s: %s, not %s", STR_ARG(cases[i].password), e.name, cases[i].want);
    }
    char longest[201];
    for (int i = 0; i < 201; i++)
        longest[i] = (char)('a' + i % 26);
    assert_int_equal(password_acceptable((str){longest, 200}, S("x")).code, 0);
    assert_string_equal(password_acceptable((str){longest, 201}, S("x")).name, "password_long");
}

static void first_passwords_can_be_read_aloud(void **state)
{
    struct place *p = *state;
    str before = S("");
    for (int i = 0; i < 100; i++) {
        str one = password_random(&p->mem);
        assert_int_equal(one.len, 10);
        assert_int_equal(password_acceptable(one, S("admin")).code, 0);
        for (ptrdiff_t k = 0; k < one.len; k++)
            assert_null(memchr("0O1lIioB8S5Z2", one.ptr[k], 13));
        assert_false(str_eq(one, before));
        before = one;
    }
}

static void waiting_grows(void **state)
{
    static const int64_t want[] = {0,     0,     0,      0,      2000,   4000,   8000,  16000,
                                   32000, 64000, 128000, 256000, 512000, 900000, 900000};
    for (size_t i = 0; i < COUNT(want); i++)
        assert_int_equal(login_backoff_ms((int)i), want[i]);
    assert_int_equal(login_backoff_ms(1000000), 900000);
    assert_int_equal(login_backoff_ms(-1), 0);
}

static void visitors_are_who_we_said(void **state)
{
    struct place *p = *state;
    int64_t visitor = 0;
    str token = visitor_token(p->vault, &p->mem, 7012345, 42, 1700000000000);
    assert_int_equal(token.len, 54);
    assert_true(visitor_token_read(p->vault, token, 42, &visitor));
    assert_int_equal(visitor, 7012345);
    assert_false(visitor_token_read(p->vault, token, 43, &visitor));
    for (ptrdiff_t i = 0; i < token.len; i++) {
        char forged[54];
        memcpy(forged, token.ptr, 54);
        forged[i] = forged[i] == 'A' ? 'E' : 'A';
        assert_false(visitor_token_read(p->vault, (str){forged, 54}, 42, &visitor));
        assert_false(visitor_token_read(p->vault, str_slice(token, 0, i), 42, &visitor));
    }
    assert_false(visitor_token_read(p->vault, S("' OR 1=1 --"), 42, &visitor));
    /* A token for nobody is none, however well signed. */
    str none = visitor_token(p->vault, &p->mem, 0, 42, 1);
    assert_false(visitor_token_read(p->vault, none, 42, &visitor));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(tokens_are_random_and_hashed),
        TEST(tokens_of_another_shape_are_refused),
        TEST(csrf_belongs_to_one_session),
        TEST(passwords_verify),
        TEST(passwords_that_are_taken_and_not),
        TEST(first_passwords_can_be_read_aloud),
        TEST(waiting_grows),
        TEST(visitors_are_who_we_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
