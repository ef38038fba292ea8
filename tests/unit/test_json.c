#include "base/json_parts.h"

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
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

struct thing {
    str text, any, raw;
    int64_t count, id, at;
    bool flag, has_text, has_id, has_any;
    int color;
    struct str_list list;
};

static const char *const colors[] = {"red", "blue", NULL};

#define AT(member) .offset = offsetof(struct thing, member)
#define NO_HAS     .has = -1

static const struct json_field fields[] = {
    {"text", JSON_TEXT, AT(text), .has = offsetof(struct thing, has_text), .min = 1, .max = 6},
    {"raw", JSON_TEXT, AT(raw), NO_HAS, .raw = true, .max = 100},
    {"count", JSON_INT, AT(count), NO_HAS, .required = true, .min = -1, .max = 9},
    {"id", JSON_ID, AT(id), .has = offsetof(struct thing, has_id)},
    {"flag", JSON_FLAG, AT(flag), NO_HAS},
    {"at", JSON_TIME, AT(at), NO_HAS},
    {"color", JSON_ENUM, AT(color), NO_HAS, .words = colors},
    {"list", JSON_TEXTS, AT(list), NO_HAS, .min = 1, .max = 3, .max_items = 2},
    {"any", JSON_ANY, AT(any), .has = offsetof(struct thing, has_any), .max = 22},
};
static const struct json_shape shape = {"thing", sizeof(struct thing), fields, COUNT(fields)};

static void assert_str(str got, str wanted)
{
    if (!str_eq(got, wanted))
        fail_msg("got \"%.*s\", wanted \"%.*s\"", STR_ARG(got), STR_ARG(wanted));
}

static void all_kinds(void **state)
{
    struct thing t;
    const char *field;
    err e = json_decode(
        S(" {\"text\":\"a\\n\\u6765\",\"raw\":\"\\u0001\\u007f\",\"count\":-1,\"other\":[{}],"
          "\"id\":\"1234567890123456789\",\"flag\":true,\"at\":\"2026-11-20T21:46:00+08:00\","
          "\"color\":\"blue\",\"list\":[\"a\",\"bcd\"],\"any\": { \"b\" : [1, null],\"a\":1.5} "
          "}\n"),
        &shape, &mem, &t, &field);
    assert_string_equal(e.name, "");
    assert_string_equal(field, "");
    assert_str(t.text, S("a\n\xe6\x9d\xa5"));
    assert_str(t.raw, S("\x01\x7f"));
    assert_int_equal(t.count, -1);
    assert_int_equal(t.id, 1234567890123456789);
    assert_true(t.flag && t.has_text && t.has_id && t.has_any);
    assert_int_equal(t.at, 1795182360000);
    assert_int_equal(t.color, 1);
    assert_int_equal(t.list.count, 2);
    assert_str(t.list.items[0], S("a"));
    assert_str(t.list.items[1], S("bcd"));
    assert_str(t.any, S("{\"b\":[1,null],\"a\":1.5}"));
}

static void what_was_not_given(void **state)
{
    static const str texts[] = {
        STR("{\"count\":1}"),
        STR("{\"count\":1,\"text\":null,\"flag\":null,\"at\":null,\"color\":null,\"list\":null}"),
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct thing t;
        const char *field;
        memset(&t, 0xee, sizeof t);
        assert_int_equal(json_decode(texts[i], &shape, &mem, &t, &field).code, ERR_NONE);
        assert_int_equal(t.text.len | (int64_t)t.list.count | t.id | t.at | t.color | t.flag, 0);
        assert_false(t.has_text || t.has_id || t.has_any);
    }
    struct thing t;
    const char *field;
    err e = json_decode(S("{\"count\":1,\"id\":null,\"any\":null}"), &shape, &mem, &t, &field);
    assert_int_equal(e.code, ERR_NONE);
    assert_true(t.has_id && t.has_any);
    assert_int_equal(t.id, 0);
    assert_str(t.any, S("null"));
    e = json_decode(S("{\"count\":1,\"id\":\"\"}"), &shape, &mem, &t, &field);
    assert_int_equal(e.code, ERR_NONE);
    assert_true(t.has_id && t.id == 0);
}

static void refused_members(void **state)
{
    static const struct {
        str text;
        const char *name, *field;
    } rows[] = {
        {STR("{}"), "field_required", "count"},
        {STR("{\"count\":null}"), "field_required", "count"},
        {STR("{\"count\":\"1\"}"), "field_type", "count"},
        {STR("{\"count\":1.0}"), "field_type", "count"},
        {STR("{\"count\":10}"), "field_range", "count"},
        {STR("{\"count\":-2}"), "field_range", "count"},
        {STR("{\"count\":1,\"text\":1}"), "field_type", "text"},
        {STR("{\"count\":1,\"text\":\"\"}"), "field_short", "text"},
        {STR("{\"count\":1,\"text\":\"1234567\"}"), "field_long", "text"},
        {STR("{\"count\":1,\"text\":\"\xe6\x9d\xa5\xe6\x9d\xa5.\"}"), "field_long", "text"},
        {STR("{\"count\":1,\"text\":\"a\\r\"}"), "field_control", "text"},
        {STR("{\"count\":1,\"text\":\"\\u001b\"}"), "field_control", "text"},
        {STR("{\"count\":1,\"text\":\"\\u007f\"}"), "field_control", "text"},
        {STR("{\"count\":1,\"text\":\"\\u009b\"}"), "field_control", "text"},
        {STR("{\"count\":1,\"text\":\"a\\u0000b\"}"), "field_control", ""},
        {STR("{\"count\":1,\"id\":5}"), "field_type", "id"},
        {STR("{\"count\":1,\"id\":\"-5\"}"), "field_type", "id"},
        {STR("{\"count\":1,\"id\":\"05\"}"), "field_type", "id"},
        {STR("{\"count\":1,\"id\":\"9223372036854775808\"}"), "field_type", "id"},
        {STR("{\"count\":1,\"flag\":1}"), "field_type", "flag"},
        {STR("{\"count\":1,\"flag\":\"true\"}"), "field_type", "flag"},
        {STR("{\"count\":1,\"at\":\"2026-11-20\"}"), "field_type", "at"},
        {STR("{\"count\":1,\"at\":1795182360000}"), "field_type", "at"},
        {STR("{\"count\":1,\"color\":\"green\"}"), "field_word", "color"},
        {STR("{\"count\":1,\"color\":\"red\\u0020\"}"), "field_word", "color"},
        {STR("{\"count\":1,\"color\":0}"), "field_type", "color"},
        {STR("{\"count\":1,\"list\":\"a\"}"), "field_type", "list"},
        {STR("{\"count\":1,\"list\":[1]}"), "field_type", "list"},
        {STR("{\"count\":1,\"list\":[\"a\",null]}"), "field_type", "list"},
        {STR("{\"count\":1,\"list\":[\"a\",\"b\",\"c\"]}"), "field_long", "list"},
        {STR("{\"count\":1,\"list\":[\"abcd\"]}"), "field_long", "list"},
        {STR("{\"count\":1,\"list\":[\"\"]}"), "field_short", "list"},
        {STR("{\"count\":1,\"any\":\"a text of some length\"}"), "field_long", "any"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct thing t;
        const char *field = NULL;
        err e = json_decode(rows[i].text, &shape, &mem, &t, &field);
        if (e.code != ERR_INVALID || strcmp(e.name, rows[i].name) || strcmp(field, rows[i].field))
            fail_msg("%.*s: %s %s", STR_ARG(rows[i].text), e.name, field);
    }
}

static void what_is_no_json(void **state)
{
    static const str rows[] = {
        STR(""),
        STR(" "),
        STR("null"),
        STR("1"),
        STR("\"a\""),
        STR("[]"),
        STR("[{\"count\":1}]"),
        STR("{\"count\":1"),
        STR("{\"count\":1}}"),
        STR("{\"count\":1} x"),
        STR("{\"count\":1}{}"),
        STR("{\"count\":1}\0"),
        STR("{\"count\":1,}"),
        STR("{'count':1}"),
        STR("{count:1}"),
        STR("{\"count\":1,\"count\":2}"),
        STR("{\"a\":{\"b\":1,\"b\":1},\"count\":1}"),
        STR("{\"count\":01}"),
        STR("{\"count\":+1}"),
        STR("{\"count\":1e999}"),
        STR("{\"count\":9223372036854775808}"),
        STR("{\"count\":NaN}"),
        STR("{\"count\":1,\"text\":\"\xff\"}"),
        STR("{\"count\":1,\"text\":\"\xed\xa0\x80\"}"),
        STR("{\"count\":1,\"text\":\"\\ud800\"}"),
        STR("{\"count\":1,\"text\":\"\\udc00\\ud800\"}"),
        STR("{\"count\":1,\"text\":\"a\nb\"}"),
        STR("{\"count\":1,\"text\":\"\\x41\"}"),
        STR("{\"count\":1,\"\\u0000\":1}"),
        STR("\xef\xbb\xbf{\"count\":1}"),
        STR("{\"count\":1/* */}"),
        STR("{\"count\":1,\"text\":\"abc"),
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct thing t;
        const char *field;
        err e = json_decode(rows[i], &shape, &mem, &t, &field);
        if (e.code != ERR_FORMAT)
            fail_msg("%.*s: %s", STR_ARG(rows[i]), e.name);
        assert_string_equal(e.name, "json_format");
        assert_string_equal(field, "");
    }
}

static void depth(void **state)
{
    char text[400];
    for (int deep = 14; deep <= 18; deep++) { /* the object itself is one */
        int n = snprintf(text, sizeof text, "{\"count\":1,\"x\\\"[\":\"[[[[{\\\"\",\"other\":");
        memset(text + n, '[', (size_t)deep - 1);
        memset(text + n + deep - 1, ']', (size_t)deep - 1);
        n += 2 * (deep - 1);
        text[n++] = '}';
        struct thing t;
        const char *field;
        err e = json_decode((str){text, n}, &shape, &mem, &t, &field);
        assert_int_equal(e.code, deep <= 16 ? ERR_NONE : ERR_FORMAT);
    }
    static char brackets[1000000];
    memset(brackets, '[', sizeof brackets);
    struct thing t;
    const char *field;
    assert_int_equal(json_decode((str){brackets, sizeof brackets}, &shape, &mem, &t, &field).code,
                     ERR_FORMAT);
}

static void text_outlives_the_input(void **state)
{
    char input[] = "{\"count\":1,\"text\":\"hello\",\"list\":[\"abc\"]}";
    struct thing t;
    const char *field;
    assert_int_equal(json_decode(str_of(input), &shape, &mem, &t, &field).code, ERR_NONE);
    memset(input, 'x', sizeof input);
    assert_str(t.text, S("hello"));
    assert_str(t.list.items[0], S("abc"));
}

/* Most calls are read without jansson; what that reader takes, and what it leaves. */
static void flat_texts(void **state)
{
    static const struct {
        str text;
        bool flat;
    } rows[] = {
        {STR("{}"), true},
        {STR(" { \"count\" : 7 ,\n\"text\":\"\" } "), true},
        {STR("{\"raw\":\"a\\\"b\\\\c\\/\\n\xe5\x8c\xbb\",\"other\":null,\"flag\":true}"), true},
        {STR("{\"count\":-7}"), true},
        {STR("{\"count\":999999999999999999}"), true},
        {STR("{\"count\":1,\"count\":1}"), false},
        {STR("{\"other\":1,\"other\":1}"), false},
        {STR("{\"count\":1000000000000000000}"), false},
        {STR("{\"count\":-0}"), false},
        {STR("{\"count\":01}"), false},
        {STR("{\"count\":1.0}"), false},
        {STR("{\"count\":1e3}"), false},
        {STR("{\"count\":-}"), false},
        {STR("{\"count\":"), false},
        {STR("{\"count\":1,}"), false},
        {STR("{\"count\":1}x"), false},
        {STR("{\"count\":[1]}"), false},
        {STR("{\"any\":1}"), false},
        {STR("{\"raw\":\"\\u4e2d\"}"), false},
        {STR("{\"raw\":\"\xed\xa0\x80\"}"), false},
        {STR("{\"raw\":\"a\nb\"}"), false},
        {STR("{\"raw\":\"a\\"), false},
        {STR("{\"raw\":\"a"), false},
        {STR("{\"flag\":tru"), false},
        {STR(""), false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct json_value values[FLAT_FIELDS];
        /* a copy of just its length, so that a reader that goes too far is seen */
        size_t len = (size_t)rows[i].text.len;
        char *bytes = malloc(len ? len : 1);
        assert_non_null(bytes);
        memcpy(bytes, rows[i].text.ptr, len);
        str text = {bytes, rows[i].text.len};
        if (json_flat(text, &shape, &mem, values) != rows[i].flat)
            fail_msg("%.*s", STR_ARG(text));
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_kinds),       cmocka_unit_test(what_was_not_given),
        cmocka_unit_test(refused_members), cmocka_unit_test(what_is_no_json),
        cmocka_unit_test(depth),           cmocka_unit_test(text_outlives_the_input),
        cmocka_unit_test(flat_texts),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
