#include "base/url.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(str part, str whole)
{
    assert(part.len >= 0);
    if (part.len)
        assert(part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

static void check_pairs(const struct url *u, struct arena *mem)
{
    str rest = u->query, name, value;
    while (url_next_pair(&rest, &name, &value)) {
        inside(name, u->query);
        inside(value, u->query);
        str decoded = url_decode(name, true, mem);
        assert(url_has(u, decoded));
        assert(url_get(u, decoded, mem).len <= u->query.len);
    }
}

/* What a URL's origin says, the URL of that origin says too. */
static void check_origin(const struct url *u, struct arena *mem)
{
    struct url again;
    str origin = url_origin(u, mem);
    err e = url_parse(origin, &again);
    assert(!e.code);
    assert(str_eq_nocase(again.host, u->host) && str_eq_nocase(again.scheme, u->scheme));
    assert(again.path.len == 0 && again.query.len == 0 && again.fragment.len == 0);
    assert(str_eq(url_origin(&again, mem), origin));
    assert(url_under(u, str_slice(u->host, 0, u->host.len - str_ends(u->host, S(".")))));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena mem;
    struct url u;
    str text = {(const char *)data, (ptrdiff_t)size};
    arena_init(&mem, 0);
    assert(str_eq(url_decode(url_encode(text, &mem), true, &mem), text));
    assert(url_decode(text, true, &mem).len <= text.len);
    assert(str_is_utf8(str_clean(&mem, text)));
    if (!url_parse(text, &u).code) {
        inside(u.scheme, text);
        inside(u.host, text);
        inside(u.path, text);
        inside(u.query, text);
        inside(u.fragment, text);
        assert(u.host.len && u.port >= 0 && u.port <= 65535);
        assert(!u.path.len || u.path.ptr[0] == '/');
        check_pairs(&u, &mem);
        check_origin(&u, &mem);
    }
    arena_release(&mem);
    return 0;
}
