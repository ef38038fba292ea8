#include "guard/errors.h"

#include <cmocka.h>
#include <string.h>

static const struct row {
    const char *name, *zh, *en;
} rows[] = {
#include "guard/errors.inc"
};

static void every_error_has_one_sentence_in_each_language(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct row *r = &rows[i];
        if (i && strcmp(rows[i - 1].name, r->name) >= 0)
            fail_msg("%s is out of order, or there twice", r->name);
        assert_true(str_eq(error_text(r->name, LANGUAGE_ZH), str_of(r->zh)));
        assert_true(str_eq(error_text(r->name, LANGUAGE_EN), str_of(r->en)));
        if (!str_ends(str_of(r->zh), S("。")) || !str_ends(str_of(r->en), S(".")) ||
            strlen(r->zh) < 6 || strlen(r->en) < 6)
            fail_msg("%s: not a sentence", r->name);
        for (const char *c = r->en; *c; c++)
            if ((unsigned char)*c >= 0x80)
                fail_msg("%s: the English sentence holds other letters", r->name);
    }
}

static void an_unknown_name_is_answered_too(void **state)
{
    (void)state;
    assert_true(error_text("no_such_name", LANGUAGE_ZH).len > 0);
    assert_true(str_eq(error_text("no_such_name", LANGUAGE_EN), S("Something went wrong.")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_has_one_sentence_in_each_language),
        cmocka_unit_test(an_unknown_name_is_answered_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
