#include "base/str.h"

#include <cmocka.h>
#include <string.h>

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

static void assert_str(str got, str wanted)
{
    if (!str_eq(got, wanted))
        fail_msg("got \"%.*s\" (%td bytes), wanted \"%.*s\" (%td bytes)", STR_ARG(got), got.len,
                 STR_ARG(wanted), wanted.len);
}

static const str nothing = {NULL, 0};

static void comparing(void **state)
{
    static const struct {
        str a, b;
        int order;
        bool equal_nocase;
    } rows[] = {
        {STR(""), STR(""), 0, true},
        {STR("a"), STR(""), 1, false},
        {STR("a"), STR("A"), 1, true},
        {STR("ab"), STR("abc"), -1, false},
        {STR("\xff"), STR("a"), 1, false},
        {STR("z\0a"), STR("z\0b"), -1, false},
        {STR("K1-z"), STR("k1-Z"), -1, true},
        {STR("[A"), STR("{a"), -1, false},
        {STR("\xc3\x84"), STR("\xc3\xa4"), -1, false}, /* only ASCII folds */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int order = str_cmp(rows[i].a, rows[i].b);
        assert_int_equal((order > 0) - (order < 0), rows[i].order);
        assert_int_equal(str_eq(rows[i].a, rows[i].b), rows[i].order == 0);
        assert_int_equal(str_eq_nocase(rows[i].a, rows[i].b), rows[i].equal_nocase);
    }
    assert_true(str_eq(nothing, S("")));
    assert_true(str_eq(str_of(NULL), S("")));
    assert_int_equal(str_cmp(nothing, S("")), 0);
}

static void finding(void **state)
{
    static const struct {
        str s, part;
        ptrdiff_t at;
    } rows[] = {
        {STR("abcabc"), STR("bc"), 1}, {STR("abc"), STR("abcd"), -1}, {STR("abc"), STR(""), 0},
        {STR(""), STR("a"), -1},       {STR("a\0b"), STR("\0b"), 1},  {STR("abc"), STR("c"), 2},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(str_find(rows[i].s, rows[i].part), rows[i].at);
    assert_int_equal(str_find_char(S("abc"), 'c'), 2);
    assert_int_equal(str_find_char(S("abc"), 'd'), -1);
    assert_int_equal(str_find_char(nothing, 'd'), -1);
    assert_int_equal(str_find(nothing, nothing), 0);
    assert_true(str_starts(S("abc"), S("ab")));
    assert_true(str_starts(S("abc"), S("")));
    assert_false(str_starts(S("a"), S("ab")));
    assert_true(str_ends(S("abc"), S("bc")));
    assert_false(str_ends(S("abc"), S("ab")));
    assert_false(str_ends(S("c"), S("bc")));
}

static void cutting(void **state)
{
    static const struct {
        ptrdiff_t from, to;
        str wanted;
    } slices[] = {
        {0, 3, STR("abc")}, {1, 2, STR("b")}, {-5, 2, STR("ab")},
        {2, 99, STR("c")},  {2, 1, STR("")},  {9, 12, STR("")},
    };
    for (size_t i = 0; i < COUNT(slices); i++)
        assert_str(str_slice(S("abc"), slices[i].from, slices[i].to), slices[i].wanted);
    assert_str(str_slice(nothing, 0, 5), S(""));

    assert_str(str_trim(S(" \t\r\na b\n ")), S("a b"));
    assert_str(str_trim(S(" \n ")), S(""));
    assert_str(str_trim(S("\xc2\xa0x")), S("\xc2\xa0x")); /* only ASCII */
    assert_str(str_trim(nothing), S(""));

    str head, tail;
    assert_true(str_cut(S("a=b=c"), '=', &head, &tail));
    assert_str(head, S("a"));
    assert_str(tail, S("b=c"));
    assert_true(str_cut(S("a="), '=', &head, &tail));
    assert_str(head, S("a"));
    assert_str(tail, S(""));
    assert_false(str_cut(S("abc"), '=', &head, &tail));
    assert_str(head, S("abc"));
    assert_str(tail, S(""));
    str s = S("x,y");
    assert_true(str_cut(s, ',', &head, &s)); /* the input may be the output */
    assert_str(s, S("y"));
}

static void copying(void **state)
{
    char text[] = "abc";
    str copy = str_copy(&mem, (str){text, 3});
    char *z = str_z(&mem, (str){text, 2});
    text[0] = 'x';
    assert_str(copy, S("abc"));
    assert_string_equal(z, "ab");
    assert_string_equal(str_z(&mem, nothing), "");
    assert_str(str_copy(&mem, nothing), S(""));
    assert_str(str_lower(&mem, S("AbZ[\xc3\x84")), S("abz[\xc3\x84"));
    assert_str(str_format(&mem, "%d-%.*s", 7, STR_ARG(S("x"))), S("7-x"));
    assert_str(str_format(&mem, "%s", ""), S(""));
    assert_int_equal(str_format(&mem, "%01000d", 1).len, 1000);
}

static void whole_numbers(void **state)
{
    static const struct {
        str s;
        bool good;
        int64_t n;
    } rows[] = {
        {STR("0"), true, 0},
        {STR("-0"), true, 0},
        {STR("007"), true, 7},
        {STR("9223372036854775807"), true, INT64_MAX},
        {STR("-9223372036854775808"), true, INT64_MIN},
        {STR("9223372036854775808"), false, 0},
        {STR("-9223372036854775809"), false, 0},
        {STR("99999999999999999999999"), false, 0},
        {STR(""), false, 0},
        {STR("-"), false, 0},
        {STR("+1"), false, 0},
        {STR("--1"), false, 0},
        {STR(" 1"), false, 0},
        {STR("1 "), false, 0},
        {STR("1.0"), false, 0},
        {STR("1\0"), false, 0},
        {STR("0x1"), false, 0},
        {STR("\xef\xbc\x91"), false, 0}, /* a fullwidth one */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t n = -77;
        assert_int_equal(str_int(rows[i].s, &n), rows[i].good);
        assert_int_equal(n, rows[i].good ? rows[i].n : -77);
    }
}

/* What is well-formed, and what cleaning makes of it. The ill-formed rows are those of the Unicode
 * standard's table of maximal subparts, among others. */
static void utf8(void **state)
{
#define R "\xef\xbf\xbd"
    static const struct {
        str s;
        bool good;
        str clean;
    } rows[] = {
        {STR(""), true, STR("")},
        {STR("abc"), true, STR("abc")},
        {STR("\xe6\x9d\xa5\xe8\xaf\xad"), true, STR("\xe6\x9d\xa5\xe8\xaf\xad")},
        {STR("\xf0\x9f\x98\x80"), true, STR("\xf0\x9f\x98\x80")},
        {STR("\xf4\x8f\xbf\xbf"), true, STR("\xf4\x8f\xbf\xbf")},
        {STR("\xf4\x90\x80\x80"), false, STR(R R R R)}, /* above U+10FFFF */
        {STR("\xed\xa0\x80"), false, STR(R R R)},       /* a surrogate */
        {STR("\xed\x9f\xbf"), true, STR("\xed\x9f\xbf")},
        {STR("\xc0\xaf"), false, STR(R R)}, /* overlong */
        {STR("\xe0\x80\xaf"), false, STR(R R R)},
        {STR("\xf0\x80\x80\xaf"), false, STR(R R R R)},
        {STR("\x80"), false, STR(R)},
        {STR("a\xff"
             "b"),
         false, STR("a" R "b")},
        {STR("\xe6\x9d"), false, STR(R)}, /* cut off: one for both bytes */
        {STR("\xf0\x9f\x98"), false, STR(R)},
        {STR("\xe6\x9d"
             "A"),
         false, STR(R "A")},
        {STR("\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41"), false, STR(R R R R "A")},
        {STR("a\x01"
             "b\x1b[31m\x7f\r\n\t"),
         true, STR("ab[31m\n\t")},
        {STR("a\0b"), true, STR("ab")},
        {STR("\xc2\x85\xc2\x9bx\xc2\xa0"), true, STR("x\xc2\xa0")}, /* C1 controls */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(str_is_utf8(rows[i].s), rows[i].good);
        assert_str(str_clean(&mem, rows[i].s), rows[i].clean);
    }
    assert_true(str_is_utf8(nothing));
    assert_str(str_clean(&mem, nothing), S(""));
}

/* Every code point against the arithmetic of the encoding. */
static void utf8_of_every_code_point(void **state)
{
    for (uint32_t c = 0; c < 0x120000; c++) {
        char b[4];
        ptrdiff_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        for (ptrdiff_t i = n - 1, rest = c; i >= 0; i--, rest >>= 6)
            b[i] = (char)(i ? 0x80 | (rest & 0x3f) : n == 1 ? rest : (0xf00 >> n & 0xff) | rest);
        bool wanted = c < 0x110000 && (c < 0xd800 || c > 0xdfff);
        if (str_is_utf8((str){b, n}) != wanted)
            fail_msg("U+%04X", c);
    }
}

static void cutting_utf8(void **state)
{
    str s = S("a\xe6\x9d\xa5\xf0\x9f\x98\x80z");
    static const ptrdiff_t wanted[] = {0, 1, 1, 1, 4, 4, 4, 4, 8, 9, 9};
    for (ptrdiff_t max = 0; max < (ptrdiff_t)COUNT(wanted); max++)
        assert_int_equal(str_utf8_cut(s, max).len, wanted[max]);
    assert_int_equal(str_utf8_cut(s, -1).len, 0);
    assert_int_equal(str_utf8_cut(nothing, 3).len, 0);
    assert_int_equal(str_utf8_count(s), 4);
    assert_int_equal(str_utf8_count(nothing), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comparing),     cmocka_unit_test(finding),
        cmocka_unit_test(cutting),       cmocka_unit_test(copying),
        cmocka_unit_test(whole_numbers), cmocka_unit_test(utf8),
        cmocka_unit_test(cutting_utf8),  cmocka_unit_test(utf8_of_every_code_point),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
