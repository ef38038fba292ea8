#include "label/contact.h"

#include "base/str.h"

#include <cmocka.h>
#include <jansson.h>
#include <string.h>

#define CASES "../shared/data/contacts/zh_phone.json"

static struct arena mem;

static int begin(void **state)
{
    arena_init(&mem, 0);
    return 0;
}

static int end(void **state)
{
    arena_release(&mem);
    return 0;
}

/* found: "kind:text:digits" of every contact, by spaces as |. */
static str found_in(str text)
{
    struct found_contact c[8];
    size_t n = contacts_find(text, &mem, c, COUNT(c));
    str out = S("");
    for (size_t i = 0; i < n; i++)
        out = str_format(&mem, "%.*s%s%s:%.*s", STR_ARG(out), i ? "|" : "", c[i].kind,
                         STR_ARG(c[i].digits));
    return out;
}

static const struct row {
    const char *text, *found, *masked;
} table[] = {
    {"", "", ""},
    {"没有号码", "", "没有号码"},
    {"13800000426", "phone:13800000426", "138****0426"},
    {"我的电话13800000426，谢谢", "phone:13800000426", "我的电话138****0426，谢谢"},
    {"（13800000426）", "phone:13800000426", "（138****0426）"},
    {"138 0000 0426", "phone:13800000426", "138****0426"},
    {"138-0000-0426", "phone:13800000426", "138****0426"},
    {"138.0000.0426.", "phone:13800000426", "138****0426."},
    {"138 00000426", "phone:13800000426", "138****0426"},
    {"1 3 8 0 0 0 0 0 4 2 6", "phone:13800000426", "138****0426"},
    {"1-3-8-0-0-0-0-0-4-2-6", "phone:13800000426", "138****0426"},
    {"１３８００００４２６０", "phone:13800004260", "138****4260"},
    {"１３８　００００－０４２６", "phone:13800000426", "138****0426"},
    {"+8613800000426", "phone:13800000426", "138****0426"},
    {"+86 138 0000 0426 打我", "phone:13800000426", "138****0426 打我"},
    {"＋86-13800000426", "phone:13800000426", "138****0426"},
    {"008613800000426", "phone:13800000426", "138****0426"},
    {"张13800000426，李15900001111", "phone:13800000426|phone:15900001111",
     "张138****0426，李159****1111"},
    {"13800000426 15900001111", "phone:13800000426|phone:15900001111", "138****0426 159****1111"},
    {"138 0000 0426 159 0000 1111", "phone:13800000426|phone:15900001111",
     "138****0426 159****1111"},
    {"13800000426/15900001111", "phone:13800000426|phone:15900001111", "138****0426/159****1111"},
    {"13800000426 2个人", "phone:13800000426", "138****0426 2个人"},
    {"3 13800000426", "phone:13800000426", "3 138****0426"},
    {"电话:13800000426\n明天", "phone:13800000426", "电话:138****0426\n明天"},

    {"vx13912345678", "phone:13912345678", "vx139****5678"},
    {"tel13912345679", "phone:13912345679", "tel139****5679"},
    {"微信13912345678号", "phone:13912345678", "微信139****5678号"},
    {"V13912345678", "phone:13912345678", "V139****5678"},
    {"vx_13912345678同号", "phone:13912345678", "vx_139****5678同号"},
    {"13912345678wx", "phone:13912345678", "139****5678wx"},
    {"vx+86 139 1234 5678", "phone:13912345678", "vx139****5678"},
    {"ｖｘ１３９１２３４５６７８", "phone:13912345678", "ｖｘ139****5678"},
    {"13912345678vx13912345679", "phone:13912345678|phone:13912345679", "139****5678vx139****5679"},
    {"tel010-12345678", "landline:01012345678", "tel*******5678"},

    {"010-12345678", "landline:01012345678", "*******5678"},
    {"（010）12345678", "landline:01012345678", "*******5678"},
    {"(0755) 8234-5678", "landline:075582345678", "********5678"},
    {"075582345678", "landline:075582345678", "********5678"},
    {"0312-1234567", "landline:03121234567", "*******4567"},
    {"021 8765 4321", "landline:02187654321", "*******4321"},
    {"0426 159 0000,0426 159 0000。", "landline:04261590000|landline:04261590000",
     "*******0000,*******0000。"},
    {"021 8765 4321,801。", "landline:02187654321-801", "*******4321-***。"},
    {"010-12345678-801", "landline:01012345678-801", "*******5678-***"},
    {"座机010-12345678转801。", "landline:01012345678-801", "座机*******5678-***。"},
    {"010-12345678 ext 12", "landline:01012345678-12", "*******5678-**"},

    /* what is no phone */
    {"1380000042", "", "1380000042"},
    {"138000004260", "", "138000004260"},
    {"12800000426", "", "12800000426"},
    {"订单号 202611201380000042600", "", "订单号 202611201380000042600"},
    {"SF13800000426CN2", "", "SF138****0426CN2"}, /* a code or not, it is hidden */
    {"a1b13800000426", "", "a1b138****0426"},
    {"DD202613800000426", "", "DD202613800000426"},
    {"NO2026112013800000426", "", "NO2026112013800000426"},
    {"NO01012345678", "", "NO01012345678"},
    {"身份证 110101199003071234", "", "身份证 110101199003071234"},
    {"11010119900307123X", "", "11010119900307123X"},
    {"110101 19900307 1234", "", "110101 19900307 1234"},
    {"6222 1380 0000 4261 234", "", "6222 1380 0000 4261 234"},
    {"6222-1380-0000-426", "", "6222-1380-0000-426"},
    {"138 0000 0426 1234", "", "138 0000 0426 1234"},
    {"1990-12-31 202", "", "1990-12-31 202"},
    {"2026-11-20 13:46", "", "2026-11-20 13:46"},
    {"13800000426.50", "", "13800000426.50"},
    {"￥13800000426", "", "￥13800000426"},
    {"13800000426元", "", "13800000426元"},
    {"+13800000426", "", "+13800000426"},
    {"3.13800000426", "", "3.13800000426"},
    {"010-01234567", "", "010-01234567"},
    {"011-12345678", "", "011-12345678"},
    {"010-123456", "", "010-123456"},
    {"08:30 到 17:30", "", "08:30 到 17:30"},
    {"1-138-0000-0426", "", "1-138-0000-0426"},
};

static void contacts_are_found_and_masked(void **state)
{
    for (size_t i = 0; i < COUNT(table); i++) {
        str text = str_of(table[i].text), found = found_in(text);
        if (!str_eq(found, str_of(table[i].found)))
            fail_msg("\"%s\": found \"%.*s\"", table[i].text, STR_ARG(found));
        str masked = contacts_mask_text(text, &mem);
        if (!str_eq(masked, str_of(table[i].masked)))
            fail_msg("\"%s\": masked \"%.*s\"", table[i].text, STR_ARG(masked));
    }
}

static void a_place_is_given_in_bytes(void **state)
{
    struct found_contact c[2];
    str text = S("膝盖 +86 138 0000 0426 和 010-12345678");
    assert_int_equal(contacts_find(text, &mem, c, 2), 2);
    assert_true(str_eq(str_slice(text, c[0].from, c[0].to), S("+86 138 0000 0426")));
    assert_true(str_eq(str_slice(text, c[1].from, c[1].to), S("010-12345678")));
    assert_int_equal(contacts_find(text, &mem, c, 1), 1);
    assert_int_equal(contacts_find(text, &mem, c, 0), 0);
}

static void every_contact_of_a_long_text_is_masked(void **state)
{
    str text = S("");
    for (int i = 0; i < 300; i++)
        text = str_format(&mem, "%.*s13800000426，", STR_ARG(text));
    str masked = contacts_mask_text(text, &mem);
    assert_int_equal(str_find(masked, S("13800000426")), -1);
    assert_int_equal(masked.len, text.len);
}

static void broken_text_is_passed_over(void **state)
{
    str text = S("\xef\xbc\xff\xe3\x80 13800000426\xef\xbc");
    str masked = contacts_mask_text(text, &mem);
    assert_true(str_eq(masked, S("\xef\xbc\xff\xe3\x80 138****0426\xef\xbc")));
}

static const struct {
    const char *text, *masked;
} previews[] = {
    {"", ""},
    {"膝盖疼 3 天，2 次，38.5 度", "膝盖疼 3 天，2 次，38.5 度"},
    {"1391", "1391"},
    {"13912", "*****"},
    {"vx1391234567好", "vx**********好"},
    {"139 1234", "*** ****"},
    {"139-12", "***-**"},
    {"(010) 12", "(***) **"},
    {"１３９１２", "*****"},
    {"139、123 、 45", "***、*** 、 **"},
    {"139 到 123", "139 到 123"},
    {"1391a2", "1391a2"},
    {"139\n123", "139\n123"},
    {"\xef\xbc 12345\xef", "\xef\xbc *****\xef"},
};

static void half_a_number_is_hidden_while_it_is_typed(void **state)
{
    for (size_t i = 0; i < COUNT(previews); i++) {
        str masked = contacts_mask_preview(str_of(previews[i].text), &mem);
        if (!str_eq(masked, str_of(previews[i].masked)))
            fail_msg("\"%s\": \"%.*s\"", previews[i].text, STR_ARG(masked));
    }
}

static const struct typed {
    const char *text, *error, *digits, *kind;
} typed[] = {
    {"13800000426", "", "13800000426", "phone"},
    {"  138 0000 0426 ", "", "13800000426", "phone"},
    {"　１３８００００４２６０　", "", "13800004260", "phone"},
    {"13 8000 004 26", "", "13800000426", "phone"}, /* a form is sure to mean a phone */
    {"+86 (138) 0000 0426", "", "13800000426", "phone"},
    {"8613800000426", "", "13800000426", "phone"},
    {"86-138-0000-0426", "", "13800000426", "phone"},
    {"010-12345678", "", "01012345678", "landline"},
    {"0755 8234 5678", "", "075582345678", "landline"},
    {"010 1234 5678转801", "", "01012345678-801", "landline"},
    {"", "phone_short", "", ""},
    {"   ", "phone_short", "", ""},
    {"1380000042", "phone_short", "", ""},
    {"12345678", "phone_short", "", ""},
    {"010-123456", "phone_short", "", ""},
    {"138000004260", "phone_long", "", ""},
    {"0755-823456789", "phone_long", "", ""},
    {"12800000426", "phone_format", "", ""},
    {"98765432100", "phone_format", "", ""},
    {"1380000042o", "phone_format", "", ""},
    {"call me", "phone_format", "", ""},
    {"+1 212 555 0100", "phone_format", "", ""},
    {"13800000426<b>", "phone_format", "", ""},
    {"138+00000426", "phone_format", "", ""},
    {"010-02345678", "phone_format", "", ""},
};

static void a_typed_phone_is_normalised_or_refused(void **state)
{
    for (size_t i = 0; i < COUNT(typed); i++) {
        const struct typed *t = &typed[i];
        str digits = S("");
        const char *kind = "";
        err e = contact_phone(str_of(t->text), &mem, &digits, &kind);
        if (strcmp(e.name, t->error) != 0 || !str_eq(digits, str_of(t->digits)) ||
            strcmp(kind, t->kind) != 0)
            fail_msg("\"%s\": %s %.*s %s", t->text, e.name, STR_ARG(digits), kind);
        assert_int_equal(e.code, *t->error ? ERR_INVALID : ERR_NONE);
    }
}

static void a_mask_hides_what_is_short(void **state)
{
    assert_true(str_eq(contact_mask(S("13800000426"), &mem), S("138****0426")));
    assert_true(str_eq(contact_mask(S("1234"), &mem), S("****")));
    assert_true(str_eq(contact_mask(S("12345"), &mem), S("*2345")));
    assert_true(str_eq(contact_mask(S(""), &mem), S("")));
}

/* Cases that others collected, where they are at hand. */
static void collected_cases_are_told_apart(void **state)
{
    json_error_t error;
    json_t *cases = json_load_file(CASES, 0, &error);
    if (!cases)
        skip();
    for (size_t i = 0; i < json_array_size(cases); i++) {
        json_t *c = json_array_get(cases, i);
        str text = str_of(json_string_value(json_object_get(c, "input")));
        const char *expected = json_string_value(json_object_get(c, "expected_text"));
        struct found_contact found[4];
        size_t n = contacts_find(text, &mem, found, COUNT(found));
        if ((n > 0) != json_is_true(json_object_get(c, "should_match")))
            fail_msg("%.*s: %zu found", STR_ARG(text), n);
        if (expected)
            assert_true(str_eq(str_slice(text, found[0].from, found[0].to), str_of(expected)));
    }
    json_decref(cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(contacts_are_found_and_masked, begin, end),
        cmocka_unit_test_setup_teardown(a_place_is_given_in_bytes, begin, end),
        cmocka_unit_test_setup_teardown(every_contact_of_a_long_text_is_masked, begin, end),
        cmocka_unit_test_setup_teardown(broken_text_is_passed_over, begin, end),
        cmocka_unit_test_setup_teardown(half_a_number_is_hidden_while_it_is_typed, begin, end),
        cmocka_unit_test_setup_teardown(a_typed_phone_is_normalised_or_refused, begin, end),
        cmocka_unit_test_setup_teardown(a_mask_hides_what_is_short, begin, end),
        cmocka_unit_test_setup_teardown(collected_cases_are_told_apart, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
