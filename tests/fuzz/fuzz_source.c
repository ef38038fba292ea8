/* Three lines: landing, referrer, User-Agent. */
#include "track/device.h"
#include "track/source.h"

#include "base/url.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool one_of(const char *word, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(word, *words) == 0)
            return true;
    return false;
}

static void check_source(const struct source *s)
{
    static const char *const channels[] = {"direct", "search", "social", "ai", "link", NULL};
    assert(one_of(s->channel, channels));
    bool direct = strcmp(s->channel, "direct") == 0, link = strcmp(s->channel, "link") == 0;
    assert(direct == (s->host.len == 0));
    assert((direct || link) == (*s->engine == '\0'));
    assert(strcmp(s->provenance, direct ? "none" : "referrer") == 0);
    assert(!s->search_term.len || strcmp(s->channel, "search") == 0);
    assert(str_is_utf8(s->search_term) && s->search_term.len <= 200 && s->host.len <= 253);
    assert(!s->bid_keyword.len);
    for (ptrdiff_t i = 0; i < s->host.len; i++)
        assert(s->host.ptr[i] < 'A' || s->host.ptr[i] > 'Z');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const kinds[] = {"phone", "tablet", "desktop", "unknown", NULL};
    static const char *const systems[] = {"Android",   "iOS",   "Windows", "macOS",
                                          "HarmonyOS", "Linux", "",        NULL};
    struct arena mem;
    struct source s, again;
    struct device d;
    bool bot;
    str landing, referrer, agent, rest = {(const char *)data, (ptrdiff_t)size};
    (void)str_cut(rest, '\n', &landing, &rest);
    (void)str_cut(rest, '\n', &referrer, &agent);
    arena_init(&mem, 0);
    source_of(landing, referrer, &mem, &s);
    check_source(&s);
    if (s.host.len) { /* the host alone tells the same, but for what was typed */
        struct url u;
        bool v6 = str_find_char(s.host, ':') >= 0;
        str origin = v6 ? str_format(&mem, "http://[%.*s]/", STR_ARG(s.host))
                        : str_format(&mem, "http://%.*s/", STR_ARG(s.host));
        assert(!url_parse(origin, &u).code);
        source_of(landing, origin, &mem, &again);
        assert(again.channel == s.channel && again.engine == s.engine);
        source_of(origin, referrer, &mem, &again);
        assert(strcmp(again.channel, "direct") == 0);
    }
    device_of(agent, &d, &bot);
    assert(one_of(d.kind, kinds) && one_of(d.os, systems) && d.browser);
    arena_release(&mem);
    return 0;
}
