/* "Against yesterday same time" where clocks change: 08:30 is compared with 08:30. */
#include "base/time.h"
#include "facts/today_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
    const char *what;
    str zone, at, earlier;
} cases[] = {
    {"no change", STR("Asia/Shanghai"), STR("2026-11-20T08:30:00+08:00"),
     STR("2026-11-19T08:30:00+08:00")},
    {"the day the clocks go forward", STR("Europe/Berlin"), STR("2026-03-29T08:30:00+02:00"),
     STR("2026-03-28T08:30:00+01:00")},
    {"before they go forward that day", STR("Europe/Berlin"), STR("2026-03-29T01:30:00+01:00"),
     STR("2026-03-28T01:30:00+01:00")},
    {"the day they go back", STR("Europe/Berlin"), STR("2026-10-25T08:30:00+01:00"),
     STR("2026-10-24T08:30:00+02:00")},
    {"the day after", STR("Europe/Berlin"), STR("2026-10-26T08:30:00+01:00"),
     STR("2026-10-25T08:30:00+01:00")},
};

static void same_time_of_day(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct zone *zone;
        int64_t at, earlier;
        assert_int_equal(zone_find(cases[i].zone, &zone).code, ERR_NONE);
        assert_true(time_parse_rfc3339(cases[i].at, &at));
        assert_true(time_parse_rfc3339(cases[i].earlier, &earlier));
        if (today_day_earlier(zone, at) != earlier)
            fail_msg("%s: %lld ms off", cases[i].what,
                     (long long)(today_day_earlier(zone, at) - earlier));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(same_time_of_day)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
