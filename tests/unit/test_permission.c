#include "guard/permission.h"

#include <cmocka.h>
#include <string.h>

/* What each role may, in words: the table of product.md once more, written the other way round. */
static const struct role_case {
    const char *code;
    const char *may;
} cases[] = {
    {"agent", "chat mark see_conversations see_today see_contacts"},
    {"supervisor",
     "chat mark see_conversations see_today see_contacts export supervise edit_texts"},
    {"marketing", "see_conversations see_today export"},
    {"desk", "see_conversations see_contacts"},
    {"onsite", "see_conversations see_contacts"},
    {"care", "see_conversations see_contacts"},
    {"manager", "see_conversations see_today export"},
    {"admin", "chat mark see_conversations see_today see_contacts export supervise edit_texts admin"
              " erase audit"},
};

static void each_role_may_what_its_work_needs(void **state)
{
    assert_int_equal(COUNT(cases), ROLES - 1);
    for (size_t i = 0; i < COUNT(cases); i++) {
        char words[300] = "";
        const char *name;
        unsigned bit, known = 0;
        enum role r = role_of(str_of(cases[i].code));
        assert_string_equal(role_code(r), cases[i].code);
        for (size_t k = 0; (name = permission_name(k, &bit)); k++) {
            if (role_permissions(r) & bit) {
                if (*words)
                    strcat(words, " ");
                strcat(words, name);
            }
            known |= bit;
        }
        assert_string_equal(words, cases[i].may);
        assert_int_equal(role_permissions(r) & ~known, 0);
    }
}

static void unknown_roles_may_nothing(void **state)
{
    static const str unknown[] = {STR(""), STR("Agent"), STR("agent "), STR("root"),
                                  STR("control")};
    for (size_t i = 0; i < COUNT(unknown); i++)
        assert_int_equal(role_of(unknown[i]), ROLE_NONE);
    assert_int_equal(role_permissions(ROLE_NONE), 0);
    assert_int_equal(role_permissions(ROLES), 0);
    assert_string_equal(role_code(ROLE_NONE), "");
}

static void each_permission_has_one_name(void **state)
{
    unsigned bit, seen = 0;
    size_t n = 0;
    while (permission_name(n, &bit)) {
        assert_int_equal(seen & bit, 0);
        seen |= bit;
        n++;
    }
    assert_int_equal(seen, (MAY_CONTROL << 1) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_role_may_what_its_work_needs),
        cmocka_unit_test(unknown_roles_may_nothing),
        cmocka_unit_test(each_permission_has_one_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
