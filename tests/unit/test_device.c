#include "track/device.h"

#include "base/str.h"

#include <cmocka.h>
#include <string.h>

#define ANDROID "Mozilla/5.0 (Linux; Android 13; 22081212C) AppleWebKit/537.36 (KHTML, like Gecko) "
#define IPHONE                                                                                     \
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "    \
    "Gecko) "
#define WINDOWS "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "

static const struct row {
    const char *line, *kind, *os, *browser;
    bool bot;
} table[] = {
    {"", "unknown", "", "", false},
    {"\xff\xfe nothing at all", "unknown", "", "", false},
    {ANDROID "Version/4.0 Chrome/107.0 Mobile Safari/537.36 XWEB/5061 MMWEBSDK/2023 "
             "MicroMessenger/8.0.38 NetType/WIFI",
     "phone", "Android", "WeChat", false},
    {IPHONE "Mobile/15E148 MicroMessenger/8.0.43(0x18002b2f) NetType/WIFI", "phone", "iOS",
     "WeChat", false},
    {WINDOWS "Chrome/98.0 Safari/537.36 NetType/WIFI MicroMessenger/7.0.20 WindowsWechat",
     "desktop", "Windows", "WeChat", false},
    {ANDROID "Version/4.0 Chrome/89.0 MQQBrowser/13.6 Mobile Safari/537.36", "phone", "Android",
     "QQ", false},
    {IPHONE "Mobile/15E148 QQ/8.9.80.627 V1_IPH_SQ", "phone", "iOS", "QQ", false},
    {ANDROID "Version/4.0 Chrome/100.0 UCBrowser/15.5 Mobile Safari/537.36", "phone", "Android",
     "UC", false},
    {"UCWEB/2.0 (MIDP-2.0; U; Adr 4.4.4; zh-CN) U2/1.0.0 UCBrowser/10.7", "phone", "Android", "UC",
     false},
    {ANDROID "Version/4.0 Chrome/97.0 Mobile Safari/537.36 T7/13.33 BDOS/1.0 baiduboxapp/13.33",
     "phone", "Android", "Baidu", false},
    {ANDROID "Version/4.0 Chrome/100.0 Quark/6.5 Mobile Safari/537.36", "phone", "Android", "Quark",
     false},
    {"Mozilla/5.0 (Linux; Android 12; HarmonyOS; NOH-AN00; HMSCore 6.12) AppleWebKit/537.36 "
     "Chrome/99.0 HuaweiBrowser/14.0 Mobile Safari/537.36",
     "phone", "HarmonyOS", "Huawei", false},
    {"Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 Chrome/114.0 Safari/537.36 "
     "ArkWeb/4.1 Mobile",
     "phone", "HarmonyOS", "Huawei", false},
    {"Mozilla/5.0 (PC; OpenHarmony 5.0) AppleWebKit/537.36 Chrome/114.0 Safari/537.36 ArkWeb/4.1",
     "desktop", "HarmonyOS", "Huawei", false},
    {"Mozilla/5.0 (Tablet; OpenHarmony 5.0) AppleWebKit/537.36 Chrome/114.0 ArkWeb/4.1", "tablet",
     "HarmonyOS", "Huawei", false},
    {ANDROID "Chrome/120.0 Mobile Safari/537.36", "phone", "Android", "Chrome", false},
    {ANDROID "Chrome/120.0 Safari/537.36", "tablet", "Android", "Chrome", false},
    {ANDROID "Version/4.0 Mobile Safari/534.30", "phone", "Android", "Android", false},
    {ANDROID "SamsungBrowser/23.0 Chrome/115.0 Mobile Safari/537.36", "phone", "Android", "Samsung",
     false},
    {IPHONE "Version/17.1 Mobile/15E148 Safari/604.1", "phone", "iOS", "Safari", false},
    {IPHONE "CriOS/119.0 Mobile/15E148 Safari/604.1", "phone", "iOS", "Chrome", false},
    {"Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 Version/16.6 "
     "Mobile/15E148 Safari/604.1",
     "tablet", "iOS", "Safari", false},
    {WINDOWS "Chrome/119.0 Safari/537.36 Edg/119.0", "desktop", "Windows", "Edge", false},
    {WINDOWS "Chrome/119.0 Safari/537.36", "desktop", "Windows", "Chrome", false},
    {WINDOWS "Chrome/119.0 Safari/537.36 OPR/105.0", "desktop", "Windows", "Opera", false},
    {"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:109.0) Gecko/20100101 Firefox/119.0", "desktop",
     "Windows", "Firefox", false},
    {"Mozilla/5.0 (Windows NT 6.1; Trident/7.0; Tablet PC 2.0; rv:11.0) like Gecko", "desktop",
     "Windows", "IE", false},
    {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/17.1 "
     "Safari/605.1.15",
     "desktop", "macOS", "Safari", false},
    {"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/119.0 Safari/537.36",
     "desktop", "Linux", "Chrome", false},
    {"Mozilla/5.0 (Linux; Android 11; CUBOT NOTE 20 Build/CUBOT; wv) Chrome/90.0 Mobile", "phone",
     "Android", "Chrome", false},

    {"Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)",
     "unknown", "", "", true},
    {"Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", "unknown", "", "",
     true},
    {"Sogou web spider/4.0(+http://www.sogou.com/docs/help/webmasters.htm#07)", "unknown", "", "",
     true},
    {ANDROID "Chrome/41.0 Mobile Safari/537.36 (compatible; Googlebot/2.1)", "phone", "Android",
     "Chrome", true},
    {ANDROID "Mobile Safari/537.36 (compatible; Bytespider)", "phone", "Android", "", true},
    {"Mozilla/5.0 (compatible; YisouSpider)", "unknown", "", "", true},
    {"Mozilla/5.0 AppleWebKit/537.36 (compatible; GPTBot/1.0)", "unknown", "", "", true},
};

static void a_line_tells_kind_system_and_browser(void **state)
{
    for (size_t i = 0; i < COUNT(table); i++) {
        const struct row *t = &table[i];
        struct device d;
        bool bot;
        device_of(str_of(t->line), &d, &bot);
        if (strcmp(d.kind, t->kind) != 0 || strcmp(d.os, t->os) != 0 ||
            strcmp(d.browser, t->browser) != 0 || bot != t->bot)
            fail_msg("%s: got %s/%s/%s%s", t->line, d.kind, d.os, d.browser, bot ? " bot" : "");
    }
}

static void a_very_long_line_is_looked_at_only_so_far(void **state)
{
    static char line[1 << 20];
    struct device d;
    bool bot;
    memset(line, 'A', sizeof line);
    memcpy(line, "iPhone", 6);
    memcpy(line + sizeof line - 10, "googlebot", 9);
    device_of((str){line, sizeof line}, &d, &bot);
    assert_string_equal(d.os, "iOS");
    assert_false(bot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_tells_kind_system_and_browser),
        cmocka_unit_test(a_very_long_line_is_looked_at_only_so_far),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
