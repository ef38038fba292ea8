#include "web/rate.h"

#include <cmocka.h>

static const int64_t now = 1000000;

static int taken_of(struct rate *r, int frames, int64_t at)
{
    int taken = 0;
    for (int i = 0; i < frames; i++)
        taken += rate_take(r, at) == RATE_TAKEN;
    return taken;
}

static void a_bucket_refills_in_six_seconds(void **state)
{
    struct rate r = rate_new(300, now);
    assert_int_equal(taken_of(&r, 400, now), 300);
    assert_int_equal(taken_of(&r, 400, now + 1000), 50);
    assert_int_equal(taken_of(&r, 400, now + 60000), 300);
}

static void refusals_are_told_once_a_second(void **state)
{
    struct rate r = rate_new(60, now);
    (void)taken_of(&r, 60, now);
    assert_int_equal(rate_take(&r, now), RATE_TOLD);
    assert_int_equal(rate_take(&r, now + 1), RATE_SILENT);
    (void)taken_of(&r, 10, now + 1000);
    assert_int_equal(rate_take(&r, now + 1001), RATE_TOLD);
    assert_int_equal(rate_take(&r, now + 1002), RATE_SILENT);
    assert_int_equal(taken_of(&r, 30, now + 2001), 10);
    assert_int_equal(rate_take(&r, now + 2002), RATE_SILENT);
}

static void only_refusals_without_a_rest_close(void **state)
{
    struct rate r = rate_new(300, now);
    for (int64_t minute = 0; minute < 5; minute++)
        for (int i = 0; i < 300 + 1000; i++)
            assert_int_not_equal(rate_take(&r, now + minute * 60000), RATE_CLOSED);
    for (int i = 0; i < 1000; i++)
        assert_int_not_equal(rate_take(&r, now + 240000), RATE_CLOSED);
    assert_int_equal(rate_take(&r, now + 240000), RATE_CLOSED);
}

static void coming_back_refills_nothing(void **state)
{
    struct rate before = rate_new(300, now), r = rate_new(300, now + 1000);
    assert_int_equal(taken_of(&before, 400, now), 300);
    assert_int_equal(rate_take(&r, now + 1000), RATE_TAKEN); /* its hello */
    rate_carry(&r, &before, now + 1000);
    assert_int_equal(taken_of(&r, 400, now + 1000), 49);
    r = rate_new(300, now + 6000);
    rate_carry(&r, &before, now + 6000);
    assert_int_equal(taken_of(&r, 400, now + 6000), 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bucket_refills_in_six_seconds),
        cmocka_unit_test(refusals_are_told_once_a_second),
        cmocka_unit_test(only_refusals_without_a_rest_close),
        cmocka_unit_test(coming_back_refills_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
