#include "base/buf.h"

#include <cmocka.h>
#include <math.h>

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
        fail_msg("got %.*s, wanted %.*s", STR_ARG(got), STR_ARG(wanted));
}

static void a_buffer_grows_from_any_size(void **state)
{
    for (size_t first = 0; first < 200; first += 33) {
        struct buf b;
        buf_init(&b, &mem, first);
        assert_int_equal(buf_str(&b).len, 0);
        for (int i = 0; i < 1000; i++) {
            buf_add(&b, S("ab"));
            buf_add(&b, (str){NULL, 0});
            buf_add_char(&b, (char)('0' + i % 10));
        }
        assert_int_equal(b.len, 3000);
        for (int i = 0; i < 1000; i++)
            assert_int_equal(b.ptr[i * 3 + 2], '0' + i % 10);
    }
}

static void numbers_and_formats(void **state)
{
    struct buf b;
    buf_init(&b, &mem, 0);
    buf_add_int(&b, INT64_MIN);
    buf_add_char(&b, ' ');
    buf_add_int(&b, INT64_MAX);
    buf_format(&b, " %s%c %0100d", "x", 'y', 7);
    buf_add(&b, S("!"));
    assert_true(str_starts(buf_str(&b), S("-9223372036854775808 9223372036854775807 xy 000")));
    assert_true(str_ends(buf_str(&b), S("07!"))); /* no zero byte stays behind */
}

static void a_whole_document(void **state)
{
    struct json_out j;
    json_out_init(&j, &mem);
    json_begin_object(&j, NULL);
    json_int(&j, "n", -5);
    json_begin_array(&j, "list");
    json_str(&j, NULL, S("a"));
    json_bool(&j, NULL, true);
    json_no_value(&j, NULL);
    json_begin_object(&j, NULL);
    json_end_object(&j);
    json_begin_array(&j, NULL);
    json_end_array(&j);
    json_end_array(&j);
    json_id(&j, "id", 1234567890123456789);
    json_id(&j, "none", 0);
    json_time(&j, "at", 1795182360123);
    json_time(&j, "never", 0);
    json_raw(&j, "raw", S("{\"x\":1}"));
    json_bool(&j, "last\"", false);
    json_end_object(&j);
    assert_str(json_done(&j),
               S("{\"n\":-5,\"list\":[\"a\",true,null,{},[]],\"id\":\"1234567890123456789\","
                 "\"none\":null,\"at\":\"2026-11-20T13:46:00.123Z\",\"never\":null,"
                 "\"raw\":{\"x\":1},\"last\\\"\":false}"));
}

static void text_stays_text(void **state)
{
    static const struct {
        str in, out;
    } rows[] = {
        {STR(""), STR("\"\"")},
        {STR("abc \xe6\x9d\xa5"), STR("\"abc \xe6\x9d\xa5\"")},
        {STR("\"\\/"), STR("\"\\\"\\\\/\"")},
        {STR("\b\f\n\r\t"), STR("\"\\b\\f\\n\\r\\t\"")},
        {STR("\0\x01\x1f\x7f"), STR("\"\\u0000\\u0001\\u001f\\u007f\"")},
        {STR("</script>&"), STR("\"\\u003c/script\\u003e\\u0026\"")},
        {STR("\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa"), STR("\"\\u2028\\u2029\xe2\x80\xaa\"")},
        {STR("a\xff\xe6\x9d"), STR("\"a\xef\xbf\xbd\xef\xbf\xbd\"")},
        {STR("\xed\xa0\x80"), STR("\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"")},
        {STR("\xf0\x9f\x98\x80"), STR("\"\xf0\x9f\x98\x80\"")},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct json_out j;
        json_out_init(&j, &mem);
        json_str(&j, NULL, rows[i].in);
        assert_str(json_done(&j), rows[i].out);
    }
    struct json_out j;
    json_out_init(&j, &mem);
    json_str(&j, NULL, (str){NULL, 0});
    assert_str(json_done(&j), S("\"\""));
}

static void reals_are_short_and_come_back(void **state)
{
    static const struct {
        double in;
        str out;
    } rows[] = {
        {0, STR("0")},
        {0.1, STR("0.1")},
        {-2.5, STR("-2.5")},
        {1e21, STR("1e+21")},
        {0.1 + 0.2, STR("0.30000000000000004")},
        {1.0 / 3, STR("0.33333333333333331")},
        {(double)INFINITY, STR("null")},
        {(double)NAN, STR("null")},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct json_out j;
        json_out_init(&j, &mem);
        json_begin_array(&j, NULL);
        json_number(&j, NULL, rows[i].in);
        json_end_array(&j);
        assert_str(str_slice(json_done(&j), 1, json_done(&j).len - 1), rows[i].out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_buffer_grows_from_any_size),
        cmocka_unit_test(numbers_and_formats),
        cmocka_unit_test(a_whole_document),
        cmocka_unit_test(text_stays_text),
        cmocka_unit_test(reals_are_short_and_come_back),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
