/* Four tables of needles in the lower-case User-Agent line, each read from the top: the first row
 * whose needles all stand there, and whose exception does not, gives the word. */
#include "track/device.h"

enum { LOOKED_AT = 1024 };

struct rule {
    const char *word;
    const char *has, *also, *but; /* NULL: no demand */
};

static const struct rule systems[] = {
    {"HarmonyOS", "harmonyos"},
    {"HarmonyOS", "openharmony"},
    {"HarmonyOS", "arkweb"},
    {"Windows", "windows phone"}, /* says Android too */
    {"Android", "android"},
    {"iOS", "iphone"},
    {"iOS", "ipad"},
    {"iOS", "ipod"},
    {"Android", "adr "}, /* UC in its short form */
    {"Windows", "windows"},
    {"macOS", "macintosh"},
    {"macOS", "mac os x"},
    {"Linux", "linux"},
    {"Linux", "x11"},
    {"Linux", "cros"},
};

static const struct rule kinds[] = {
    {"tablet", "ipad"},
    {"tablet", "tablet", NULL, "tablet pc"}, /* old Windows with a pen says "Tablet PC" */
    {"tablet", "matepad"},
    {"tablet", "mediapad"},
    {"tablet", "mi pad"},
    {"tablet", "xiaomi pad"},
    {"tablet", "redmi pad"},
    {"tablet", "galaxy tab"},
    {"tablet", "sm-t"},
    {"tablet", "sm-x"},
    {"tablet", "kindle"},
    {"phone", "iphone"},
    {"phone", "ipod"},
    {"phone", "windows phone"},
    {"desktop", "(pc;"}, /* HarmonyOS */
    {"phone", "(phone;"},
    {"unknown", "smart-tv"},
    {"unknown", "smarttv"},
    {"unknown", "android tv"},
    {"phone", "android", "mobile"},
    {"phone", "harmonyos", "mobile"},
    {"phone", "openharmony", "mobile"},
    {"phone", "adr "},
    {"phone", "android", "micromessenger"},
    {"phone", "android", "ucbrowser"},
    {"tablet", "android"},
    {"phone", "harmonyos"},
    {"desktop", "windows"},
    {"desktop", "macintosh"},
    {"desktop", "x11"},
    {"desktop", "linux"},
    {"phone", "mobile"},
};

static const struct rule browsers[] = {
    /* an app that shows pages names itself beside the engine it shows them with */
    {"WeCom", "wxwork"},
    {"WeChat", "micromessenger"},
    {"DingTalk", "dingtalk"},
    {"Alipay", "alipayclient"},
    {"Taobao", "aliapp(tb"},
    {"Baidu", "baiduboxapp"},
    {"Baidu", "baiduboxlite"},
    {"Baidu", "baidubrowser"},
    {"Baidu", "bidubrowser"},
    {"Baidu", "bdbrowser"},
    {"Quark", "quark/"},
    {"UC", "ucbrowser"},
    {"UC", "ucweb"},
    {"UC", "ubrowser/"},
    {"QQ", "qqbrowser"},
    {"QQ", " qq/"},
    {"Weibo", "weibo"},
    {"Douyin", "aweme"},
    {"Douyin", "douyin"},
    {"Toutiao", "newsarticle"},
    {"Toutiao", "toutiaomicroapp"},
    {"Xiaohongshu", "xiaohongshu"},
    {"Zhihu", "zhihuhybrid"},
    {"Kuaishou", "kwai/"},
    {"Kuaishou", "ksnebula"},
    {"Sogou", "sogoumobilebrowser"},
    {"Sogou", "metasr"},
    {"360", "360se"},
    {"360", "360ee"},
    {"360", "qihoobrowser"},
    {"360", "qhbrowser"},
    {"360", "360 aphone browser"},
    {"2345", "2345explorer"},
    {"2345", "2345browser"},
    {"Maxthon", "maxthon"},
    {"Liebao", "lbbrowser"},
    {"Xiaomi", "miuibrowser"},
    {"Huawei", "huaweibrowser"},
    {"Honor", "honorbrowser"},
    {"OPPO", "heytapbrowser"},
    {"OPPO", "oppobrowser"},
    {"vivo", "vivobrowser"},
    {"Samsung", "samsungbrowser"},
    {"Edge", "edg/"},
    {"Edge", "edga/"},
    {"Edge", "edgios/"},
    {"Edge", "edge/"},
    {"Opera", "opr/"},
    {"Opera", "opera"},
    {"Vivaldi", "vivaldi"},
    {"Yandex", "yabrowser"},
    {"DuckDuckGo", "duckduckgo/"},
    {"Firefox", "firefox/"},
    {"Firefox", "fxios/"},
    {"Chrome", "crios/"},
    {"Huawei", "arkweb/"}, /* the system's own */
    {"Android", "android", "version/", "chrome/"},
    {"Chrome", "chrome/"},
    {"Chrome", "chromium/"},
    {"IE", "msie "},
    {"IE", "trident/"},
    {"Safari", "safari/", "version/"},
};

static const struct rule bots[] = {
    {"bot", "googlebot"},
    {"bot", "google-inspectiontool"},
    {"bot", "mediapartners-google"},
    {"bot", "bingbot"},
    {"bot", "bingpreview"},
    {"bot", "baiduspider"},
    {"bot", "360spider"},
    {"bot", "haosouspider"},
    {"bot", "yisouspider"},
    {"bot", "bytespider"},
    {"bot", "toutiaospider"},
    {"bot", "petalbot"},
    {"bot", "yandex", "bot"},
    {"bot", "yahoo! slurp"},
    {"bot", "applebot"},
    {"bot", "facebookexternalhit"},
    {"bot", "meta-externalagent"},
    {"bot", "gptbot"},
    {"bot", "oai-searchbot"},
    {"bot", "chatgpt-user"},
    {"bot", "ia_archiver"},
    {"bot", "scrapy/"},
    {"bot", "lighthouse"},
    {"bot", "spider"},
    {"bot", "crawler"},
    {"bot", "bot/", NULL, "cubot"}, /* Cubot makes phones */
    {"bot", "bot;", NULL, "cubot"},
    {"bot", "bot)", NULL, "cubot"},
    {"bot", "+http"}, /* "(+http://who.example/bot.html)" is how crawlers introduce themselves */
};

/* The line, and which pairs of neighbours it has: most needles begin with a pair that is not there,
 * which says so a hundred times faster than searching. */
struct line {
    str text;
    uint64_t pairs[64];
};

static unsigned pair_bit(const char *at)
{
    return ((unsigned char)at[0] * 67u + (unsigned char)at[1]) & 4095;
}

static bool has(const struct line *line, const char *needle)
{
    unsigned bit = pair_bit(needle);
    return line->pairs[bit / 64] >> bit % 64 & 1 && str_find(line->text, str_of(needle)) >= 0;
}

static const char *first_of(const struct rule *rules, size_t count, const struct line *line,
                            const char *none)
{
    for (size_t i = 0; i < count; i++) {
        const struct rule *r = &rules[i];
        if (has(line, r->has) && (!r->also || has(line, r->also)) &&
            (!r->but || !has(line, r->but)))
            return r->word;
    }
    return none;
}

void device_of(str user_agent, struct device *out, bool *bot)
{
    char lower[LOOKED_AT];
    ptrdiff_t len = user_agent.len < LOOKED_AT ? user_agent.len : LOOKED_AT;
    struct line line = {.text = {lower, len}};
    for (ptrdiff_t i = 0; i < len; i++) {
        char c = user_agent.ptr[i];
        lower[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
    }
    for (ptrdiff_t i = 0; i + 1 < len; i++) {
        unsigned bit = pair_bit(lower + i);
        line.pairs[bit / 64] |= UINT64_C(1) << bit % 64;
    }
    out->kind = first_of(kinds, COUNT(kinds), &line, "unknown");
    out->os = first_of(systems, COUNT(systems), &line, "");
    out->browser = first_of(browsers, COUNT(browsers), &line, "");
    *bot = first_of(bots, COUNT(bots), &line, NULL) != NULL;
}
