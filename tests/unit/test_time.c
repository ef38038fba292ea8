#include "base/time.h"

#include <cmocka.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

static struct arena mem;

static int setup(void **state)
{
    arena_init(&mem, 0);
    return 0;
}

static int teardown(void **state)
{
    arena_release(&mem);
    return 0;
}

static const struct zone *zone(const char *name)
{
    const struct zone *z;
    if (zone_find(str_of(name), &z).code)
        fail_msg("no zone %s", name);
    return z;
}

static int64_t at(const char *text)
{
    int64_t ms;
    if (!time_parse_rfc3339(str_of(text), &ms))
        fail_msg("no time: %s", text);
    return ms;
}

static void assert_time(const struct zone *z, int64_t ms, const char *wanted)
{
    str got = time_rfc3339(&mem, z, ms);
    if (!str_eq(got, str_of(wanted)))
        fail_msg("got %.*s, wanted %s", STR_ARG(got), wanted);
}

static void parsing(void **state)
{
    static const struct {
        const char *text;
        bool good;
        int64_t ms;
    } rows[] = {
        {"1970-01-01T00:00:00Z", true, 0},
        {"2026-11-20T21:46:00.000+08:00", true, 1795182360000},
        {"2026-11-20t13:46:00.123z", true, 1795182360123},
        {"2026-11-20T13:46:00.5Z", true, 1795182360500},
        {"2026-11-20T13:46:00.1239999999Z", true, 1795182360123}, /* cut, not rounded */
        {"1969-12-31T23:59:59.999Z", true, -1},
        {"1970-01-01T00:00:00-00:30", true, 1800000},
        {"2000-02-29T00:00:00Z", true, 951782400000},
        {"2016-12-31T23:59:60Z", true, 1483228800000},
        {"0001-01-01T00:00:00Z", true, -62135596800000},
        {"9999-12-31T23:59:59.999Z", true, 253402300799999},
        {"1900-02-29T00:00:00Z", false, 0},
        {"2026-02-30T00:00:00Z", false, 0},
        {"2026-00-10T00:00:00Z", false, 0},
        {"2026-13-10T00:00:00Z", false, 0},
        {"2026-01-00T00:00:00Z", false, 0},
        {"2026-01-01T24:00:00Z", false, 0},
        {"2026-01-01T00:60:00Z", false, 0},
        {"2026-01-01T00:00:61Z", false, 0},
        {"2026-01-01T00:00:00", false, 0},
        {"2026-01-01 00:00:00Z", false, 0},
        {"2026-01-01T00:00Z", false, 0},
        {"2026-01-01T00:00:00.Z", false, 0},
        {"2026-01-01T00:00:00Z ", false, 0},
        {"2026-01-01T00:00:00+8:00", false, 0},
        {"2026-01-01T00:00:00+0800", false, 0},
        {"2026-01-01T00:00:00+24:00", false, 0},
        {"+026-01-01T00:00:00Z", false, 0},
        {"2026-1-01T00:00:00Z", false, 0},
        {"", false, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t ms = 42;
        if (time_parse_rfc3339(str_of(rows[i].text), &ms) != rows[i].good)
            fail_msg("%s", rows[i].text);
        assert_int_equal(ms, rows[i].good ? rows[i].ms : 42);
    }
}

static void writing(void **state)
{
    assert_time(zone_utc(), 1795182360000, "2026-11-20T13:46:00.000Z");
    assert_time(zone("Asia/Shanghai"), 1795182360000, "2026-11-20T21:46:00.000+08:00");
    assert_time(zone("America/New_York"), at("2026-07-01T00:00:00Z"),
                "2026-06-30T20:00:00.000-04:00");
    assert_time(zone("Asia/Kolkata"), 0, "1970-01-01T05:30:00.000+05:30");
    assert_time(zone_utc(), -1, "1969-12-31T23:59:59.999Z");
    assert_int_equal(time_month_utc(at("2026-11-30T23:59:59.999Z")), 202611);
    assert_int_equal(time_month_utc(at("2026-12-01T00:00:00+08:00")), 202611);
    assert_int_equal(time_month_utc(at("2027-01-01T00:00:00Z")), 202701);
}

static void unknown_zones_are_refused(void **state)
{
    static const char *const names[] = {
        "",
        "/",
        "Mars/Base",
        "../zoneinfo/UTC",
        "Asia/../UTC",
        "/etc/passwd",
        "Asia/",
        "Asia",
        "Asia//Shanghai",
        "zone.tab",
        "asia/shanghai ",
        "tzdata.zi",
        "leapseconds",
        "right/Asia/Shanghai",
        "Asia/Shang\xffhai",
        "A/A/A/A/A/A/A/A/A/A/A/A/A/A/A/A/A/A/A/A/A/A/A/A/A/A/A/A/A/A/A/A/A/A",
    };
    for (size_t i = 0; i < COUNT(names); i++) {
        const struct zone *z = NULL;
        err e = zone_find(str_of(names[i]), &z);
        if (e.code != ERR_INVALID)
            fail_msg("%s was found", names[i]);
        assert_string_equal(e.name, "time_zone_unknown");
    }
    const struct zone *z;
    assert_int_equal(zone_find((str){"UTC\0x", 5}, &z).code, ERR_INVALID);
}

static void a_zone_is_loaded_once(void **state)
{
    assert_ptr_equal(zone("Europe/Berlin"), zone("Europe/Berlin"));
    assert_ptr_equal(zone("UTC"), zone_utc());
    assert_ptr_equal(zone("Etc/UTC"), zone_utc());
}

/* The C library reads the same files: every zone here, at many instants from 1902 to 2200, must
 * agree with it. */
static void offsets_agree_with_the_c_library(void **state)
{
    static const char *const names[] = {
        "Asia/Shanghai",     "Europe/Berlin",     "America/New_York", "Australia/Lord_Howe",
        "America/Sao_Paulo", "Africa/Casablanca", "Europe/Dublin",    "Asia/Kathmandu",
        "America/St_Johns",  "Pacific/Apia",      "Asia/Tehran",      "America/Nuuk",
        "Asia/Gaza",         "Africa/Cairo",      "Pacific/Chatham",  "Antarctica/Troll",
        "Asia/Urumqi",       "EST5EDT",           "Etc/GMT-14",       "America/Scoresbysund",
    };
    for (size_t i = 0; i < COUNT(names); i++) {
        const struct zone *z = zone(names[i]);
        setenv("TZ", names[i], 1);
        tzset();
        for (int64_t t = -2145916800; t < 7258118400; t += 86400 * 3 + 5417) {
            time_t seconds = t;
            struct tm local;
            localtime_r(&seconds, &local);
            struct civil c = zone_civil(z, t * 1000 + 7);
            bool same = c.year == local.tm_year + 1900 && c.month == local.tm_mon + 1 &&
                        c.day == local.tm_mday && c.hour == local.tm_hour &&
                        c.minute == local.tm_min && c.second == local.tm_sec && c.ms == 7 &&
                        c.weekday == (local.tm_wday + 6) % 7;
            if (!same)
                fail_msg("%s at %lld: %04d-%02d-%02d %02d:%02d:%02d", names[i], (long long)t,
                         c.year, c.month, c.day, c.hour, c.minute, c.second);
        }
    }
    unsetenv("TZ");
}

static void transitions_are_exact(void **state)
{
    static const struct {
        const char *zone, *before;
        int minutes_before, minutes_after;
    } rows[] = {
        {"Europe/Berlin", "2026-03-29T00:59:59.999Z", 60, 120},
        {"Europe/Berlin", "2026-10-25T00:59:59.999Z", 120, 60},
        {"America/New_York", "2030-03-10T06:59:59.999Z", -300, -240},
        {"America/New_York", "2099-11-01T05:59:59.999Z", -240, -300},  /* by the footer's rule */
        {"Australia/Sydney", "2060-10-02T15:59:59.999Z", 600, 660},    /* summer over new year */
        {"Australia/Lord_Howe", "2060-10-02T15:29:59.999Z", 630, 660}, /* half an hour */
        {"Asia/Shanghai", "1991-09-14T16:59:59.999Z", 540, 480},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct zone *z = zone(rows[i].zone);
        assert_int_equal(zone_offset_minutes(z, at(rows[i].before)), rows[i].minutes_before);
        assert_int_equal(zone_offset_minutes(z, at(rows[i].before) + 1), rows[i].minutes_after);
    }
}

static void days_begin(void **state)
{
    static const struct {
        const char *zone, *now;
        int days;
        const char *wanted;
    } rows[] = {
        {"UTC", "2026-11-20T13:46:00Z", 0, "2026-11-20T00:00:00.000Z"},
        {"Asia/Shanghai", "2026-11-20T15:59:59.999Z", 0, "2026-11-20T00:00:00.000+08:00"},
        {"Asia/Shanghai", "2026-11-20T16:00:00Z", 0, "2026-11-21T00:00:00.000+08:00"},
        {"Asia/Shanghai", "2026-03-01T00:00:00Z", -1, "2026-02-28T00:00:00.000+08:00"},
        {"Asia/Shanghai", "2028-03-01T00:00:00Z", -1, "2028-02-29T00:00:00.000+08:00"},
        {"Europe/Berlin", "2026-03-29T12:00:00Z", 0, "2026-03-29T00:00:00.000+01:00"},
        {"Europe/Berlin", "2026-03-29T12:00:00Z", 1, "2026-03-30T00:00:00.000+02:00"},
        {"Europe/Berlin", "2026-10-25T22:59:59Z", 0, "2026-10-25T00:00:00.000+02:00"},
        {"Europe/Berlin", "2026-10-25T12:00:00Z", 1, "2026-10-26T00:00:00.000+01:00"},
        {"Europe/Berlin", "2099-03-29T12:00:00Z", 365, "2100-03-29T00:00:00.000+02:00"},
        /* The clock jumped from 0:00 to 1:00: the day began at 1:00. */
        {"America/Sao_Paulo", "2018-11-04T12:00:00Z", 0, "2018-11-04T01:00:00.000-02:00"},
        {"America/Sao_Paulo", "2018-11-03T12:00:00Z", 1, "2018-11-04T01:00:00.000-02:00"},
        /* It went back from 24:00 to 23:00: midnight came once, an hour later. */
        {"America/Sao_Paulo", "2018-02-18T12:00:00Z", 0, "2018-02-18T00:00:00.000-03:00"},
        /* It went back from 1:00 to 0:00: the first midnight counts. */
        {"America/Havana", "2026-11-01T12:00:00Z", 0, "2026-11-01T00:00:00.000-04:00"},
        {"America/Havana", "2026-11-01T05:30:00Z", 0, "2026-11-01T00:00:00.000-04:00"},
        /* A whole day was left out. */
        {"Pacific/Apia", "2011-12-29T12:00:00Z", 1, "2011-12-31T00:00:00.000+14:00"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct zone *z = zone(rows[i].zone);
        assert_time(z, zone_day_start(z, at(rows[i].now), rows[i].days), rows[i].wanted);
    }
}

static void parsing_days(void **state)
{
    int64_t ms;
    assert_true(time_parse_day(S("2026-11-20"), zone("Asia/Shanghai"), &ms));
    assert_time(zone("Asia/Shanghai"), ms, "2026-11-20T00:00:00.000+08:00");
    static const char *const bad[] = {"", "2026-11-31", "2026-11-20T", "2026-1-1", "20261120"};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(time_parse_day(str_of(bad[i]), zone_utc(), &ms));
}

/* One year of days in each zone: every start is at 0:00 of the right date, unless it was skipped. */
static void a_year_of_days_adds_up(void **state)
{
    static const char *const names[] = {"Asia/Shanghai", "Europe/Berlin", "America/Havana",
                                        "Asia/Beirut",   "Pacific/Apia",  "America/Asuncion"};
    for (size_t i = 0; i < COUNT(names); i++) {
        const struct zone *z = zone(names[i]);
        int64_t day = zone_day_start(z, at("2023-01-01T12:00:00Z"), 0);
        for (int n = 0; n < 365; n++) {
            int64_t next = zone_day_start(z, day, 1);
            assert_true(next - day >= 23 * 3600000 && next - day <= 25 * 3600000);
            assert_int_equal(zone_day_start(z, next - 1, 0), day);
            assert_int_equal(zone_day_start(z, next, 0), next);
            assert_int_equal(zone_day_start(z, next, -1), day);
            day = next;
        }
    }
}

static void *find_zones(void *arg)
{
    static const char *const names[] = {"Asia/Tokyo", "Asia/Seoul", "Asia/Manila", "Asia/Dubai"};
    const struct zone **found = arg;
    for (int round = 0; round < 50; round++)
        for (size_t i = 0; i < COUNT(names); i++)
            if (zone_find(str_of(names[i]), &found[i]).code)
                return NULL;
    return arg;
}

static void threads_share_the_table(void **state)
{
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    const struct zone *found[THREADS][4];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, find_zones, found[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        void *result;
        pthread_join(threads[i], &result);
        assert_non_null(result);
        for (int n = 0; n < 4; n++)
            assert_ptr_equal(found[i][n], found[0][n]);
    }
}

static void clocks(void **state)
{
    int64_t wall = time_now_ms(), ms = time_monotonic_ms(), us = time_monotonic_us();
    assert_true(wall > 1700000000000);
    assert_true(us / 1000 - ms >= 0 && us / 1000 - ms < 1000);
    assert_true(time_monotonic_us() >= us);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parsing),
        cmocka_unit_test(writing),
        cmocka_unit_test(unknown_zones_are_refused),
        cmocka_unit_test(a_zone_is_loaded_once),
        cmocka_unit_test(offsets_agree_with_the_c_library),
        cmocka_unit_test(transitions_are_exact),
        cmocka_unit_test(days_begin),
        cmocka_unit_test(parsing_days),
        cmocka_unit_test(a_year_of_days_adds_up),
        cmocka_unit_test(threads_share_the_table),
        cmocka_unit_test(clocks),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
