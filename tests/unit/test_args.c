#include "cli/args.h"

#include <cmocka.h>
#include <string.h>

static const struct verb verbs[] = {
    {"go", "PLACE...", 1, 2, NULL, "somewhere"},
    {"rest", "", 0, 0, NULL, "here"},
};
static const struct option options[] = {
    OPTION_DATA,
    {"--origin", OPTION_LIST, offsetof(struct args, origins), "URL", "several"},
    OPTION_JSON,
    OPTION_HELP,
};
static const struct command walk = {"walk", verbs, COUNT(verbs), options, COUNT(options)};

static const struct args_case {
    const char *what;
    const char *argv[6];
    const char *verb; /* NULL: nothing to run */
    int status;
} cases[] = {
    {"a verb and its word", {"go", "home"}, "go", 0},
    {"two words", {"go", "home", "away"}, "go", 0},
    {"too many", {"go", "a", "b", "c"}, NULL, 2},
    {"too few", {"go"}, NULL, 2},
    {"a verb alone", {"rest"}, "rest", 0},
    {"no verb", {NULL}, NULL, 2},
    {"an unknown verb", {"fly"}, NULL, 2},
    {"options anywhere", {"--json", "go", "--data", "d", "home"}, "go", 0},
    {"a value after =", {"rest", "--data=d"}, "rest", 0},
    {"a value that is missing", {"rest", "--data"}, NULL, 2},
    {"an empty value", {"rest", "--data="}, NULL, 2},
    {"a flag with a value", {"rest", "--json=1"}, NULL, 2},
    {"an unknown option", {"rest", "--fast"}, NULL, 2},
    {"the beginning of an option", {"rest", "--dat", "d"}, NULL, 2},
    {"a word that looks like an option", {"go", "--", "--data"}, "go", 0},
    {"a dash is a word", {"go", "-"}, "go", 0},
};

static void words_and_options_by_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *argv[6] = {0};
        struct args a;
        int argc = 0, status = 0;
        for (; argc < 6 && cases[i].argv[argc]; argc++)
            argv[argc] = (char *)(uintptr_t)cases[i].argv[argc];
        const struct verb *v = args_read(&walk, argc, argv, &a, &status);
        const char *got = v ? v->name : NULL;
        if ((got == NULL) != (cases[i].verb == NULL) || (got && strcmp(got, cases[i].verb) != 0))
            fail_msg("%s: %s", cases[i].what, got ? got : "nothing");
        if (!v)
            assert_int_equal(status, cases[i].status);
    }
}

static void values_arrive(void **state)
{
    char *argv[] = {(char[]){"go"},       (char[]){"--origin"}, (char[]){"a"},     (char[]){"home"},
                    (char[]){"--origin"}, (char[]){"b"},        (char[]){"--json"}};
    struct args a;
    int status;
    (void)state;
    assert_non_null(args_read(&walk, COUNT(argv), argv, &a, &status));
    assert_string_equal(a.data, "data");
    assert_string_equal(a.origins[0], "a");
    assert_string_equal(a.origins[1], "b");
    assert_null(a.origins[2]);
    assert_int_equal(a.word_count, 1);
    assert_string_equal(a.words[0], "home");
    assert_true(a.json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_and_options_by_table),
        cmocka_unit_test(values_arrive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
