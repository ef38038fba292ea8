#include "base/url.h"

enum { HOST_MAX = 253, LABEL_MAX = 63 };

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool has_control_or_space(str s)
{
    for (ptrdiff_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] <= ' ' || s.ptr[i] == 0x7f)
            return true;
    return false;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The next decoded byte; s is not empty. */
static char decode_one(str *s, bool plus_is_space)
{
    char c = s->ptr[0];
    ptrdiff_t used = 1;
    if (c == '+' && plus_is_space) {
        c = ' ';
    } else if (c == '%' && s->len > 2 && hex_digit(s->ptr[1]) >= 0 && hex_digit(s->ptr[2]) >= 0) {
        c = (char)(hex_digit(s->ptr[1]) << 4 | hex_digit(s->ptr[2]));
        used = 3;
    }
    *s = str_slice(*s, used, s->len);
    return c;
}

static bool decodes_to(str raw, str name)
{
    while (raw.len && name.len) {
        if (decode_one(&raw, true) != name.ptr[0])
            return false;
        name = str_slice(name, 1, name.len);
    }
    return !raw.len && !name.len;
}

static bool find_pair(const struct url *u, str wanted, str *value)
{
    str rest = u->query, name;
    while (url_next_pair(&rest, &name, value))
        if (decodes_to(name, wanted))
            return true;
    *value = (str){NULL, 0};
    return false;
}

/* Letters, digits, hyphen, underscore in labels of 1 to 63; one dot may end it. */
static bool is_host(str host)
{
    str rest = str_ends(host, S(".")) ? str_slice(host, 0, host.len - 1) : host, label;
    if (!rest.len || rest.len > HOST_MAX)
        return false;
    bool more = true;
    while (more) {
        more = str_cut(rest, '.', &label, &rest);
        if (!label.len || label.len > LABEL_MAX)
            return false;
        for (ptrdiff_t i = 0; i < label.len; i++)
            if (!is_alnum(label.ptr[i]) && label.ptr[i] != '-' && label.ptr[i] != '_')
                return false;
    }
    return true;
}

static bool is_ipv6(str host)
{
    for (ptrdiff_t i = 0; i < host.len; i++)
        if (hex_digit(host.ptr[i]) < 0 && host.ptr[i] != ':' && host.ptr[i] != '.')
            return false;
    return host.len <= 45 && str_find(host, S(":")) >= 0;
}

/* ":" alone counts as no port. */
static bool parse_port(str s, int *port)
{
    int64_t n = 0;
    *port = 0;
    if (!s.len || str_eq(s, S(":")))
        return true;
    if (s.ptr[0] != ':' || s.len < 2 || s.ptr[1] == '-' || !str_int(str_slice(s, 1, s.len), &n) ||
        n < 1 || n > 65535)
        return false;
    *port = (int)n;
    return true;
}

static bool parse_authority(str s, struct url *out)
{
    ptrdiff_t user = -1, end;
    for (ptrdiff_t i = 0; i < s.len; i++)
        if (s.ptr[i] == '@')
            user = i;
    s = str_slice(s, user + 1, s.len);
    if (str_starts(s, S("["))) {
        end = str_find_char(s, ']');
        out->host = str_slice(s, 1, end);
        return end > 0 && is_ipv6(out->host) &&
               parse_port(str_slice(s, end + 1, s.len), &out->port);
    }
    end = str_find_char(s, ':');
    end = end < 0 ? s.len : end;
    out->host = str_slice(s, 0, end);
    return is_host(out->host) && parse_port(str_slice(s, end, s.len), &out->port);
}

err url_parse(str text, struct url *out)
{
    const err bad = ERR(ERR_FORMAT, "url_format");
    *out = (struct url){.port = 0};
    ptrdiff_t colon = str_find_char(text, ':');
    struct url u = {.scheme = str_slice(text, 0, colon)};
    if (!str_eq_nocase(u.scheme, S("http")) && !str_eq_nocase(u.scheme, S("https")))
        return bad;
    str rest = str_slice(text, colon + 1, text.len);
    if (!str_starts(rest, S("//")) || has_control_or_space(text))
        return bad;
    (void)str_cut(str_slice(rest, 2, rest.len), '#', &rest, &u.fragment);
    (void)str_cut(rest, '?', &rest, &u.query);
    ptrdiff_t slash = str_find_char(rest, '/');
    slash = slash < 0 ? rest.len : slash;
    u.path = str_slice(rest, slash, rest.len);
    /* A browser reads '\' as '/': it is no host character, so both agree on the host or we refuse,
     * except in user info, where "http://a\@b/" would be a for them and b for us. */
    str authority = str_slice(rest, 0, slash);
    if (str_find_char(authority, '\\') >= 0 || !parse_authority(authority, &u))
        return bad;
    *out = u;
    return OK;
}

bool url_under(const struct url *u, str domain)
{
    str host = str_ends(u->host, S(".")) ? str_slice(u->host, 0, u->host.len - 1) : u->host;
    ptrdiff_t before = host.len - domain.len;
    if (before < 0 || !domain.len || !str_eq_nocase(str_slice(host, before, host.len), domain))
        return false;
    return before == 0 || host.ptr[before - 1] == '.';
}

str url_get(const struct url *u, str name, struct arena *mem)
{
    str value;
    return find_pair(u, name, &value) ? url_decode(value, true, mem) : value;
}

bool url_has(const struct url *u, str name)
{
    str value;
    return find_pair(u, name, &value);
}

str url_decode(str s, bool plus_is_space, struct arena *mem)
{
    str out = {arena_new(mem, char, (size_t)s.len), 0};
    char *p = (char *)(uintptr_t)out.ptr;
    while (s.len)
        p[out.len++] = decode_one(&s, plus_is_space);
    return out;
}

str url_encode(str s, struct arena *mem)
{
    static const char hex[] = "0123456789ABCDEF";
    char *p = arena_new(mem, char, (size_t)s.len * 3);
    ptrdiff_t n = 0;
    for (ptrdiff_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (is_alnum((char)c) || c == '-' || c == '.' || c == '_' || c == '~') {
            p[n++] = (char)c;
        } else {
            p[n++] = '%';
            p[n++] = hex[c >> 4];
            p[n++] = hex[c & 15];
        }
    }
    return (str){p, n};
}

bool url_next_pair(str *rest, str *name, str *value)
{
    str pair;
    do {
        if (!rest->len)
            return false;
        (void)str_cut(*rest, '&', &pair, rest);
    } while (!pair.len);
    (void)str_cut(pair, '=', name, value);
    return true;
}

str url_origin(const struct url *u, struct arena *mem)
{
    bool ipv6 = str_find_char(u->host, ':') >= 0;
    str scheme = str_lower(mem, u->scheme), host = str_lower(mem, u->host);
    str open = ipv6 ? S("[") : S(""), close = ipv6 ? S("]") : S("");
    int usual = str_eq(scheme, S("https")) ? 443 : 80;
    if (u->port == 0 || u->port == usual)
        return str_format(mem, "%.*s://%.*s%.*s%.*s", STR_ARG(scheme), STR_ARG(open), STR_ARG(host),
                          STR_ARG(close));
    return str_format(mem, "%.*s://%.*s%.*s%.*s:%d", STR_ARG(scheme), STR_ARG(open), STR_ARG(host),
                      STR_ARG(close), u->port);
}
