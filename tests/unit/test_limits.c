/* Allowances by address: bounded, refilled, shared by what belongs to one holder. */
#include "web/call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { NOW = 1000000, ENOUGH = 2000 };

static int granted(struct limits *l, const char *address, int64_t now)
{
    int n = 0;
    while (n < ENOUGH && limits_take(l, address, now, 1))
        n++;
    return n;
}

static void an_allowance_ends_and_comes_back(void **state)
{
    (void)state;
    struct limits *l = limits_new();
    int burst = granted(l, "203.0.113.7", NOW);
    assert_in_range(burst, 1, ENOUGH - 1);
    assert_int_equal(granted(l, "203.0.113.7", NOW), 0);
    assert_true(granted(l, "203.0.113.7", NOW + 1000) > 0);
    assert_int_equal(granted(l, "203.0.113.7", NOW + 3600000), burst);
    limits_free(l);
}

static void who_shares_one(void **state)
{
    static const struct {
        const char *first, *second;
        bool shared;
    } cases[] = {
        {"203.0.113.7", "203.0.113.8", false},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2:ffff::1", true},
        {"2001:db8:1:2::1", "2001:db8:1:3::1", false},
        {"2001:db8::1", "2001:db8::2", true},
        {"::ffff:203.0.113.7", "::ffff:203.0.113.8", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct limits *l = limits_new();
        assert_true(granted(l, cases[i].first, NOW) > 0);
        if ((granted(l, cases[i].second, NOW) == 0) != cases[i].shared)
            fail_msg("%s and %s", cases[i].first, cases[i].second);
        limits_free(l);
    }
}

static void loopback_is_free(void **state)
{
    (void)state;
    struct limits *l = limits_new();
    assert_int_equal(granted(l, "127.0.0.1", NOW), ENOUGH);
    assert_int_equal(granted(l, "::1", NOW), ENOUGH);
    limits_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_allowance_ends_and_comes_back),
        cmocka_unit_test(who_shares_one),
        cmocka_unit_test(loopback_is_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
