#include "base/url.h"

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
        fail_msg("got \"%.*s\", wanted \"%.*s\"", STR_ARG(got), STR_ARG(wanted));
}

static void taking_apart(void **state)
{
    static const struct {
        str text;
        struct url u;
        str origin;
    } rows[] = {
        {STR("http://a.cn"),
         {STR("http"), STR("a.cn"), 0, STR(""), STR(""), STR("")},
         STR("http://a.cn")},
        {STR("HTTPS://A.cn:8443/x/?q=1&r#top?"),
         {STR("HTTPS"), STR("A.cn"), 8443, STR("/x/"), STR("q=1&r"), STR("top?")},
         STR("https://a.cn:8443")},
        {STR("https://a.cn:443?"),
         {STR("https"), STR("a.cn"), 443, STR(""), STR(""), STR("")},
         STR("https://a.cn")},
        {STR("http://a.cn:443/"),
         {STR("http"), STR("a.cn"), 443, STR("/"), STR(""), STR("")},
         STR("http://a.cn:443")},
        {STR("http://a.cn:/"),
         {STR("http"), STR("a.cn"), 0, STR("/"), STR(""), STR("")},
         STR("http://a.cn")},
        {STR("http://u:p@a.cn:1/x@y"),
         {STR("http"), STR("a.cn"), 1, STR("/x@y"), STR(""), STR("")},
         STR("http://a.cn:1")},
        {STR("http://a@b@c.cn/"),
         {STR("http"), STR("c.cn"), 0, STR("/"), STR(""), STR("")},
         STR("http://c.cn")},
        {STR("http://[2001:DB8::1]:81/"),
         {STR("http"), STR("2001:DB8::1"), 81, STR("/"), STR(""), STR("")},
         STR("http://[2001:db8::1]:81")},
        {STR("http://a_b-c.cn./\xe6\x9d\xa5?k=\xff#\xe6"),
         {STR("http"), STR("a_b-c.cn."), 0, STR("/\xe6\x9d\xa5"), STR("k=\xff"), STR("\xe6")},
         STR("http://a_b-c.cn.")},
        {STR("http://a#b?c/d"),
         {STR("http"), STR("a"), 0, STR(""), STR(""), STR("b?c/d")},
         STR("http://a")},
        {STR("http://127.0.0.1:65535"),
         {STR("http"), STR("127.0.0.1"), 65535, STR(""), STR(""), STR("")},
         STR("http://127.0.0.1:65535")},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct url u;
        err e = url_parse(rows[i].text, &u);
        if (e.code)
            fail_msg("refused: %.*s", STR_ARG(rows[i].text));
        assert_str(u.scheme, rows[i].u.scheme);
        assert_str(u.host, rows[i].u.host);
        assert_int_equal(u.port, rows[i].u.port);
        assert_str(u.path, rows[i].u.path);
        assert_str(u.query, rows[i].u.query);
        assert_str(u.fragment, rows[i].u.fragment);
        assert_str(url_origin(&u, &mem), rows[i].origin);
    }
}

static void refusals(void **state)
{
    static const str rows[] = {
        STR(""),
        STR("http"),
        STR("http:"),
        STR("http:/"),
        STR("http://"),
        STR("http:///x"),
        STR("//a.cn/"),
        STR("/x"),
        STR("ftp://a.cn/"),
        STR("javascript:alert(1)"),
        STR("data:text/html,x"),
        STR("http:a.cn"),
        STR(" http://a.cn"),
        STR("http://a.cn/ x"),
        STR("http://a.cn/\nx"),
        STR("http://a.cn/\x7f"),
        STR("http://a\0.cn/"),
        STR("http://a.cn\t"),
        STR("http://.cn/"),
        STR("http://a..cn/"),
        STR("http://./"),
        STR("http://a.cn:x/"),
        STR("http://a.cn:0/"),
        STR("http://a.cn:65536/"),
        STR("http://a.cn:-1/"),
        STR("http://a.cn:1:2/"),
        STR("http://a.cn:99999999999999999999/"),
        STR("http://:80/"),
        STR("http://@/"),
        STR("http://u@/"),
        STR("http://a.cn\\@b.cn/"),
        STR("http://a\\b/"),
        STR("http://[::1/"),
        STR("http://[::1]x/"),
        STR("http://[]/"),
        STR("http://[1.2]/"),
        STR("http://[::g]/"),
        STR("http://a%2ecn/"),
        STR("http://<b>/"),
        STR("http://a,b/"),
        STR("http://\xe6\x9d\xa5.cn/"),
        STR("?http://a.cn"),
        STR("http://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/"),
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct url u;
        err e = url_parse(rows[i], &u);
        if (e.code != ERR_FORMAT)
            fail_msg("let through: %.*s", STR_ARG(rows[i]));
        assert_string_equal(e.name, "url_format");
        assert_int_equal(u.host.len, 0);
    }
    char text[600] = "http://";
    for (int i = 0; i < 140; i++)
        memcpy(text + 7 + i * 2, "a.", 2);
    struct url u;
    assert_int_equal(url_parse((str){text, 7 + 253}, &u).code, 0); /* "a.a. ... a" of 253 */
    assert_int_equal(url_parse((str){text, 7 + 255}, &u).code, ERR_FORMAT);
}

static void under_a_domain(void **state)
{
    static const struct {
        const char *host, *domain;
        bool under;
    } rows[] = {
        {"baidu.com", "baidu.com", true},   {"m.BAIDU.com", "baidu.com", true},
        {"xbaidu.com", "baidu.com", false}, {"baidu.com.evil.cn", "baidu.com", false},
        {"baidu.com.", "baidu.com", true},  {"com", "baidu.com", false},
        {"baidu.com", "", false},           {"a.b.baidu.com", "b.baidu.com", true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct url u = {.host = str_of(rows[i].host)};
        if (url_under(&u, str_of(rows[i].domain)) != rows[i].under)
            fail_msg("%s under %s", rows[i].host, rows[i].domain);
    }
}

static void query_values(void **state)
{
    struct url u;
    assert_int_equal(url_parse(S("http://a.cn/?&&wd=%e7%99%BD+a%2bb&empty=&bare&wd=2&=x&%61b=c&"
                                 "bad=%zz%4&nul=a%00b&plus+name=1&eq=a=b"),
                               &u)
                         .code,
                     0);
    static const struct {
        str name, value;
        bool has;
    } rows[] = {
        {STR("wd"), STR("\xe7\x99\xbd a+b"), true},
        {STR("empty"), STR(""), true},
        {STR("bare"), STR(""), true},
        {STR(""), STR("x"), true},
        {STR("ab"), STR("c"), true},
        {STR("bad"), STR("%zz%4"), true},
        {STR("nul"), STR("a\0b"), true},
        {STR("plus name"), STR("1"), true},
        {STR("eq"), STR("a=b"), true},
        {STR("WD"), STR(""), false},
        {STR("w"), STR(""), false},
        {STR("wd2"), STR(""), false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_str(url_get(&u, rows[i].name, &mem), rows[i].value);
        assert_int_equal(url_has(&u, rows[i].name), rows[i].has);
    }
    struct url none = {.query = {NULL, 0}};
    assert_false(url_has(&none, S("")));
    assert_str(url_get(&none, S("a"), &mem), S(""));
}

static void walking_pairs(void **state)
{
    str rest = S("a=1&&b&c=&=d&"), name, value;
    static const str wanted[][2] = {
        {STR("a"), STR("1")}, {STR("b"), STR("")}, {STR("c"), STR("")}, {STR(""), STR("d")}};
    for (size_t i = 0; i < COUNT(wanted); i++) {
        assert_true(url_next_pair(&rest, &name, &value));
        assert_str(name, wanted[i][0]);
        assert_str(value, wanted[i][1]);
    }
    assert_false(url_next_pair(&rest, &name, &value));
    assert_false(url_next_pair(&rest, &name, &value));
}

static void escapes(void **state)
{
    static const struct {
        str in, spaced, plain;
    } rows[] = {
        {STR("a+b%20c"), STR("a b c"), STR("a+b c")},
        {STR("%"), STR("%"), STR("%")},
        {STR("%4"), STR("%4"), STR("%4")},
        {STR("%4g%41"), STR("%4gA"), STR("%4gA")},
        {STR("%%41"), STR("%A"), STR("%A")},
        {STR("%2541"), STR("%41"), STR("%41")}, /* once only */
        {STR(""), STR(""), STR("")},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_str(url_decode(rows[i].in, true, &mem), rows[i].spaced);
        assert_str(url_decode(rows[i].in, false, &mem), rows[i].plain);
    }
    assert_str(url_encode(S("aZ09-._~ +/%&\xe6"), &mem), S("aZ09-._~%20%2B%2F%25%26%E6"));
    char all[256];
    for (int i = 0; i < 256; i++)
        all[i] = (char)i;
    str bytes = {all, 256};
    assert_str(url_decode(url_encode(bytes, &mem), true, &mem), bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(taking_apart),   cmocka_unit_test(refusals),
        cmocka_unit_test(under_a_domain), cmocka_unit_test(query_values),
        cmocka_unit_test(walking_pairs),  cmocka_unit_test(escapes),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
