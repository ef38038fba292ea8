#include "track/source.h"

#include "base/str.h"

#include <cmocka.h>
#include <string.h>

#define LANDING "https://www.clinic-example.cn/knee?from=x"

static void assert_str(str got, const char *want, const char *about)
{
    if (!str_eq(got, str_of(want)))
        fail_msg("%s: got \"%.*s\", want \"%s\"", about, STR_ARG(got), want);
}

static const struct row {
    const char *referrer, *channel, *engine, *host, *term;
} table[] = {
    {"", "direct", "", "", ""},
    {"   ", "direct", "", "", ""},
    {"about:blank", "direct", "", "", ""},
    {"android-app://com.google.android.googlequicksearchbox/", "direct", "", "", ""},
    {"javascript:alert(1)", "direct", "", "", ""},
    {"https://", "direct", "", "", ""},
    {"https://a b.cn/", "direct", "", "", ""},
    {"http://www.clinic-example.cn/other", "direct", "", "", ""},
    {"https://WWW.Clinic-Example.cn/", "direct", "", "", ""},
    {"https://clinic-example.cn/", "direct", "", "", ""},
    {"https://m.clinic-example.cn/", "direct", "", "", ""},
    {"https://shop.clinic-example.cn/", "link", "", "shop.clinic-example.cn", ""},

    {"https://www.baidu.com/", "search", "baidu", "www.baidu.com", ""},
    {"https://www.baidu.com/link?url=AbC&wd=&eqid=1", "search", "baidu", "www.baidu.com", ""},
    {"https://m.baidu.com/s?word=%E8%86%9D%E7%9B%96+%E7%96%BC", "search", "baidu", "m.baidu.com",
     "膝盖 疼"},
    {"http://www.baidu.com/s?ie=utf-8&wd=%E9%AB%8B", "search", "baidu", "www.baidu.com", "髋"},
    {"https://WWW.BAIDU.COM./s?wd=a", "search", "baidu", "www.baidu.com", "a"},
    /* GBK is no UTF-8, and what says it is GBK is not read even where it would pass for it */
    {"http://www.baidu.com/s?wd=%CF%A5%B8%C7", "search", "baidu", "www.baidu.com", ""},
    {"http://www.baidu.com/s?ie=gb2312&wd=%C1%AA%CD%A8", "search", "baidu", "www.baidu.com", ""},
    {"http://www.baidu.com/s?wd=%E9%AB", "search", "baidu", "www.baidu.com", ""},
    {"http://www.baidu.com/s?wd=a%00%1Bb", "search", "baidu", "www.baidu.com", "ab"},
    {"https://so.com/s?q=knee", "search", "360", "so.com", "knee"},
    {"https://m.so.com/s?q=knee", "search", "360", "m.so.com", "knee"},
    {"http://so.360.cn/s?q=knee", "search", "360", "so.360.cn", "knee"},
    {"http://www.haosou.com/s?q=knee", "search", "360", "www.haosou.com", "knee"},
    {"https://www.sogou.com/web?query=knee", "search", "sogou", "www.sogou.com", "knee"},
    {"https://wap.sogou.com/web/searchList.jsp?keyword=knee", "search", "sogou", "wap.sogou.com",
     "knee"},
    {"https://m.sm.cn/s?q=knee", "search", "shenma", "m.sm.cn", "knee"},
    {"https://quark.sm.cn/s?q=knee", "search", "shenma", "quark.sm.cn", "knee"},
    {"https://ai.quark.cn/s?q=knee", "search", "quark", "ai.quark.cn", "knee"},
    {"https://cn.bing.com/search?q=knee+pain", "search", "bing", "cn.bing.com", "knee pain"},
    {"https://www.google.com/", "search", "google", "www.google.com", ""},
    {"https://www.google.com.hk/search?q=knee", "search", "google", "www.google.com.hk", "knee"},
    {"https://google.co.jp/search?q=knee", "search", "google", "google.co.jp", "knee"},
    {"https://www.google.de/url?q=http://a.cn/", "search", "google", "www.google.de", ""},
    {"https://so.toutiao.com/search?keyword=knee", "search", "toutiao", "so.toutiao.com", "knee"},
    {"https://www.youdao.com/search?q=knee", "search", "youdao", "www.youdao.com", "knee"},
    {"https://www.chinaso.com/newssearch/all/allResults?q=knee", "search", "chinaso",
     "www.chinaso.com", "knee"},
    {"https://yandex.ru/search/?text=knee", "search", "yandex", "yandex.ru", "knee"},
    {"https://duckduckgo.com/?q=knee", "search", "duckduckgo", "duckduckgo.com", "knee"},
    {"https://hk.search.yahoo.com/search?p=knee", "search", "yahoo", "hk.search.yahoo.com", "knee"},
    {"https://search.naver.com/search.naver?query=knee", "search", "naver", "search.naver.com",
     "knee"},

    {"https://mp.weixin.qq.com/s/abc", "social", "weixin", "mp.weixin.qq.com", ""},
    {"https://weibo.com/u/1?q=knee", "social", "weibo", "weibo.com", ""},
    {"https://www.zhihu.com/question/1", "social", "zhihu", "www.zhihu.com", ""},
    {"https://www.xiaohongshu.com/explore", "social", "xiaohongshu", "www.xiaohongshu.com", ""},
    {"https://www.bilibili.com/video/1", "social", "bilibili", "www.bilibili.com", ""},
    {"https://www.douyin.com/", "social", "douyin", "www.douyin.com", ""},
    {"https://tieba.baidu.com/p/1", "social", "tieba", "tieba.baidu.com", ""},

    {"https://chat.deepseek.com/", "ai", "deepseek", "chat.deepseek.com", ""},
    {"https://www.tongyi.com/", "ai", "tongyi", "www.tongyi.com", ""},
    {"https://www.doubao.com/chat/1", "ai", "doubao", "www.doubao.com", ""},
    {"https://kimi.moonshot.cn/", "ai", "kimi", "kimi.moonshot.cn", ""},
    {"https://yiyan.baidu.com/", "ai", "yiyan", "yiyan.baidu.com", ""},
    {"https://yuanbao.tencent.com/", "ai", "yuanbao", "yuanbao.tencent.com", ""},
    {"https://chatgpt.com/", "ai", "chatgpt", "chatgpt.com", ""},
    {"https://gemini.google.com/", "ai", "gemini", "gemini.google.com", ""},

    {"https://zhidao.baidu.com/question/1?word=x", "link", "", "zhidao.baidu.com", ""},
    {"https://mail.google.com/", "link", "", "mail.google.com", ""},
    {"https://Partner.Example.ORG:8443/a", "link", "", "partner.example.org", ""},
    /* look-alikes */
    {"https://xbaidu.com/s?wd=a", "link", "", "xbaidu.com", ""},
    {"https://baidu.com.evil.cn/s?wd=a", "link", "", "baidu.com.evil.cn", ""},
    {"https://google.com.evil.cn/?q=a", "link", "", "google.com.evil.cn", ""},
    {"https://notgoogle.com/?q=a", "link", "", "notgoogle.com", ""},
    {"https://www.google.zz/?q=a", "link", "", "www.google.zz", ""},
    {"https://www.baidu.com@evil.cn/s?wd=a", "link", "", "evil.cn", ""},
};

static void a_referrer_is_told_by_its_host(void **state)
{
    for (size_t i = 0; i < COUNT(table); i++) {
        struct arena mem;
        struct source s;
        arena_init(&mem, 0);
        source_of(S(LANDING), str_of(table[i].referrer), &mem, &s);
        assert_str(str_of(s.channel), table[i].channel, table[i].referrer);
        assert_str(str_of(s.engine), table[i].engine, table[i].referrer);
        assert_str(s.host, table[i].host, table[i].referrer);
        assert_str(s.search_term, table[i].term, table[i].referrer);
        assert_str(s.bid_keyword, "", table[i].referrer);
        assert_str(str_of(s.provenance),
                   strcmp(table[i].channel, "direct") == 0 ? "none" : "referrer",
                   table[i].referrer);
        arena_release(&mem);
    }
}

static void a_search_engine_may_link_to_itself(void **state)
{
    struct arena mem;
    struct source s;
    arena_init(&mem, 0);
    source_of(S("https://www.baidu.com/a"), S("https://m.baidu.com/s?wd=a"), &mem, &s);
    assert_string_equal(s.channel, "direct");
    source_of(S("not a landing"), S("https://m.baidu.com/s?wd=a"), &mem, &s);
    assert_string_equal(s.channel, "search");
    arena_release(&mem);
}

static void a_long_term_is_cut_between_letters(void **state)
{
    struct arena mem;
    struct source s;
    char url[4000] = "https://www.baidu.com/s?wd=a";
    for (int i = 0; i < 100; i++)
        strcat(url, "%E9%AB%8B");
    arena_init(&mem, 0);
    source_of(S(LANDING), str_of(url), &mem, &s);
    assert_int_equal(s.search_term.len, 1 + 66 * 3);
    assert_true(str_is_utf8(s.search_term));
    arena_release(&mem);
}

static const struct tagged {
    const char *query, *referrer, *channel, *engine, *bid, *provenance;
} tagged[] = {
    {"", "", "direct", "", "", "none"},
    {"?from=x", "", "direct", "", "", "none"},
    {"?utm_source=letter", "", "campaign", "", "", "landing"},
    {"?utm_source=letter&utm_term=knee", "https://a.cn/", "campaign", "", "knee", "landing"},
    {"?utm_source=x", "https://m.baidu.com/s?wd=a", "search", "baidu", "", "referrer"},
    {"?bd_vid=123", "https://m.baidu.com/s?wd=a", "ad", "baidu", "", "landing"},
    {"?gclid=1&utm_term=%E8%86%9D", "", "ad", "", "膝", "landing"},
    {"?utm_medium=CPC&utm_term=%CF%A5%B8%C7", "", "ad", "", "", "landing"},
    {"?utm_medium=mail&utm_source=x", "", "campaign", "", "", "landing"},
    {"?gdt_vid=", "", "direct", "", "", "none"},
    {"?msclkid=1", "https://www.clinic-example.cn/", "ad", "", "", "landing"},
};

static void a_landing_tells_what_was_paid_for(void **state)
{
    struct arena mem;
    arena_init(&mem, 0);
    for (size_t i = 0; i < COUNT(tagged); i++) {
        const struct tagged *t = &tagged[i];
        struct source s;
        source_of(str_format(&mem, "https://www.clinic-example.cn/knee%s", t->query),
                  str_of(t->referrer), &mem, &s);
        assert_str(str_of(s.channel), t->channel, t->query);
        assert_str(str_of(s.engine), t->engine, t->query);
        assert_str(s.bid_keyword, t->bid, t->query);
        assert_str(str_of(s.provenance), t->provenance, t->query);
    }
    arena_release(&mem);
}

static void a_campaign_is_known_by_its_tags(void **state)
{
    struct arena mem;
    arena_init(&mem, 0);
    uint64_t a = campaign_of(S("https://a.cn/?utm_source=x&utm_campaign=knee"), &mem);
    assert_true(a != 0);
    assert_true(a == campaign_of(S("https://a.cn/other?utm_campaign=knee&p=2&utm_source=x"), &mem));
    assert_true(a != campaign_of(S("https://a.cn/?utm_source=x&utm_campaign=hip"), &mem));
    assert_true(a != campaign_of(S("https://a.cn/?utm_source=x&utm_term=knee"), &mem));
    assert_true(a != campaign_of(S("https://a.cn/?utm_source=x&utm_campaign=knee&gclid=1"), &mem));
    assert_true(campaign_of(S("https://a.cn/?bd_vid=1"), &mem) !=
                campaign_of(S("https://a.cn/?bd_vid=2"), &mem));
    assert_true(campaign_of(S("https://a.cn/?from=x&utm_source="), &mem) == 0);
    assert_true(campaign_of(S(""), &mem) == 0);
    arena_release(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_referrer_is_told_by_its_host),
        cmocka_unit_test(a_search_engine_may_link_to_itself),
        cmocka_unit_test(a_landing_tells_what_was_paid_for),
        cmocka_unit_test(a_campaign_is_known_by_its_tags),
        cmocka_unit_test(a_long_term_is_cut_between_letters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
