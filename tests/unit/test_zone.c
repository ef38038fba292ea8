/* Files as nobody ships them today but the format allows; the zones of the system are in
 * test_time.c. */
#include "base/zone.h"

#include "base/buf.h"

#include <cmocka.h>
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

/* Where the parts of the files below stand. */
enum {
    HEADER = 44,
    VERSION = HEADER + 4,
    LEAPS = HEADER + 28,
    TRANSITIONS = HEADER + 32,
    TYPES = HEADER + 36,
    TYPE_OF_FIRST = 2 * HEADER + 8,
    LAST_OF_BLOCK = 2 * HEADER + 9 + 6 + 4
};

static void add_header(struct buf *b, char transitions, char types, char letters)
{
    char header[HEADER] = "TZif2";
    header[20 + 15] = transitions;
    header[20 + 19] = types;
    header[20 + 23] = letters;
    buf_add(b, (str){header, sizeof header});
}

/* One transition, to UTC, long before all times that are asked for; then the footer rules. */
static str file_with(const char *footer)
{
    static const char block[] = "\xff\xff\xff\xf0\0\0\0\0" /* the transition */
                                "\0"                       /* its type */
                                "\0\0\0\0\0\0"             /* type 0: offset, summer, name */
                                "UTC";
    struct buf b;
    buf_init(&b, &mem, 256);
    add_header(&b, 0, 0, 0);
    add_header(&b, 1, 1, 4);
    buf_add(&b, (str){block, sizeof block});
    buf_add_char(&b, '\n');
    buf_add(&b, str_of(footer));
    buf_add_char(&b, '\n');
    return buf_str(&b);
}

/* The C library takes the same texts in TZ. Its years begin in UTC, ours where the clock hangs, so
 * no rule here strikes near the new year. */
static void rules_agree_with_the_c_library(void **state)
{
    static const char *const footers[] = {
        "UTC0",
        "<+0530>-5:30",
        "<-03>+3",
        "LMT-8:05:43",
        "CET-1CEST,M3.5.0,M10.5.0/3",
        "NZST-12NZDT,M9.5.0,M4.1.0/3",
        "LHST-10:30LHDT-11,M10.1.0,M4.1.0",
        "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
        "AAA3BBB,J59,J60/3",
        "AAA3BBB,J60/1:30,J300/2:00:30",
        "AAA3BBB,59/1:30,299",
        "AAA-3BBB,J300,J60",
        "AAA-3BBB-3:20:10,M2.4.6/24,M11.2.1",
    };
    for (size_t i = 0; i < COUNT(footers); i++) {
        struct zone *z = zone_of_tzif(file_with(footers[i]), S("Own/Zone"));
        if (!z)
            fail_msg("%s was refused", footers[i]);
        setenv("TZ", footers[i], 1);
        tzset();
        for (int64_t t = 5; t < 40LL * 366 * 86400; t += 1800) {
            time_t seconds = t;
            struct tm local;
            localtime_r(&seconds, &local);
            if (zone_offset_seconds(z, t) != local.tm_gmtoff)
                fail_msg("%s at %lld: %d, the C library says %ld", footers[i], (long long)t,
                         zone_offset_seconds(z, t), local.tm_gmtoff);
        }
        free(z);
    }
    unsetenv("TZ");
}

static void without_a_rule_the_last_transition_holds(void **state)
{
    struct zone *z = zone_of_tzif(file_with(""), S("Own/Zone"));
    assert_non_null(z);
    assert_int_equal(zone_offset_seconds(z, 4102444800), 0);
    free(z);
}

static void broken_rules_are_refused(void **state)
{
    static const char *const footers[] = {
        "1",
        "A1",
        "AB1",
        "CET",
        "<+08-8",
        "<>8",
        "CET168",
        "CET1:60",
        "CET1:00:60",
        "CET1:",
        "CET-1 ",
        "CET-1CE,M3.5.0,M10.5.0",
        "CET-1CEST",
        "CET-1CEST-,M3.5.0,M10.5.0",
        "CET-1CEST,M3.5.0",
        "CET-1CEST,M3.5.0,",
        "CET-1CEST,M3.5.0,M10.5.0,",
        "CET-1CEST,M0.5.0,M10.5.0",
        "CET-1CEST,M13.5.0,M10.5.0",
        "CET-1CEST,M3.0.0,M10.5.0",
        "CET-1CEST,M3.6.0,M10.5.0",
        "CET-1CEST,M3.5.7,M10.5.0",
        "CET-1CEST,M3,M10.5.0",
        "CET-1CEST,J0,J300",
        "CET-1CEST,J366,J300",
        "CET-1CEST,60,366",
        "CET-1CEST,x,J300",
        "CET-1CEST,M3.5.0/,M10.5.0",
        "CET-1CEST,M3.5.0/168,M10.5.0",
    };
    for (size_t i = 0; i < COUNT(footers); i++)
        if (zone_of_tzif(file_with(footers[i]), S("Own/Zone")))
            fail_msg("%s was taken", footers[i]);
}

static void broken_files_are_refused(void **state)
{
    static const struct {
        const char *name;
        ptrdiff_t at;
        char byte;
    } rows[] = {
        {"no TZif", 0, 't'},
        {"version 1 alone", 4, 0},
        {"the second part of version 1", VERSION, 0},
        {"leap seconds", LEAPS + 3, 1},
        {"more transitions than bytes", TRANSITIONS + 3, 100},
        {"more transitions than a size can count", TRANSITIONS, 0x7f},
        {"no types", TYPES + 3, 0},
        {"a type that is not there", TYPE_OF_FIRST, 1},
        {"no line before the footer", LAST_OF_BLOCK, ' '},
    };
    str good = file_with("UTC0");
    assert_null(zone_of_tzif((str){NULL, 0}, S("Own/Zone")));
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *bytes = (char *)(uintptr_t)str_copy(&mem, good).ptr;
        bytes[rows[i].at] = rows[i].byte;
        if (zone_of_tzif((str){bytes, good.len}, S("Own/Zone")))
            fail_msg("%s was taken", rows[i].name);
    }
    for (ptrdiff_t len = 0; len < good.len; len++)
        if (zone_of_tzif(str_slice(good, 0, len), S("Own/Zone")))
            fail_msg("%td bytes of it were taken", len);
    struct zone *z = zone_of_tzif(good, S("Own/Zone"));
    assert_non_null(z);
    free(z);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_agree_with_the_c_library),
        cmocka_unit_test(without_a_rule_the_last_transition_holds),
        cmocka_unit_test(broken_rules_are_refused),
        cmocka_unit_test(broken_files_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
