#include "guard/site.h"

#include "web/site_settings.h"

#include <cmocka.h>
#include <string.h>

static const struct origins_case {
    const char *what;
    str given[3];
    size_t count;
    const char *lines; /* NULL: refused */
} cases[] = {
    {"none", {STR("")}, 0, ""},
    {"as browsers write it", {STR("https://A.Example.cn/path?x=1")}, 1, "https://a.example.cn"},
    {"a default port is left out", {STR("http://a.cn:80")}, 1, "http://a.cn"},
    {"another port stays", {STR(" http://a.cn:8080/ ")}, 1, "http://a.cn:8080"},
    {"one a line", {STR("https://a.cn"), STR("https://b.cn")}, 2, "https://a.cn\nhttps://b.cn"},
    {"no scheme", {STR("a.cn")}, 1, NULL},
    {"another scheme", {STR("ftp://a.cn")}, 1, NULL},
    {"one bad among good ones", {STR("https://a.cn"), STR(""), STR("https://b.cn")}, 3, NULL},
};

static void origins_are_as_browsers_write_them(void **state)
{
    struct arena mem;
    (void)state;
    arena_init(&mem, 0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        str lines = S("untouched");
        err e = site_origins(&mem, cases[i].given, cases[i].count, &lines);
        if (!cases[i].lines) {
            assert_string_equal(e.name, "origin_format");
            continue;
        }
        assert_int_equal(e.code, 0);
        if (!str_eq(lines, str_of(cases[i].lines)))
            fail_msg("%s: %.*s", cases[i].what, STR_ARG(lines));
    }
    arena_release(&mem);
}

static void keys_differ_and_can_be_read_aloud(void **state)
{
    struct arena mem;
    (void)state;
    arena_init(&mem, 0);
    str one = site_key_new(&mem), two = site_key_new(&mem);
    assert_int_equal(one.len, 16);
    assert_false(str_eq(one, two));
    for (int n = 0; n < 200; n++) {
        str key = site_key_new(&mem);
        for (ptrdiff_t i = 0; i < key.len; i++)
            assert_null(memchr("01ilo", key.ptr[i], 5));
    }
    arena_release(&mem);
}

/* What is written here is read by web: every member is there, and within its limits. */
static void first_settings_are_whole(void **state)
{
    struct arena mem;
    struct in_site_settings_change s;
    (void)state;
    arena_init(&mem, 0);
    str json = site_first_settings(&mem, S("松泉 \"皮肤\" 门诊部"), S("https://a.cn/privacy"));
    assert_int_equal(site_settings_read(json, &mem, &s).code, 0);
    assert_true(str_eq(s.institution, S("松泉 \"皮肤\" 门诊部")));
    assert_true(str_eq(s.privacy_url, S("https://a.cn/privacy")));
    const str texts[] = {s.greeting_zh,  s.greeting_en, s.invitation_zh, s.invitation_en,
                         s.purpose_zh,   s.purpose_en,  s.hours_zh,      s.hours_en,
                         s.emergency_zh, s.emergency_en};
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_true(texts[i].len > 0);
    assert_true(s.has_invite_after && s.has_retention_days && s.has_close_after);
    arena_release(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(origins_are_as_browsers_write_them),
        cmocka_unit_test(keys_differ_and_can_be_read_aloud),
        cmocka_unit_test(first_settings_are_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
