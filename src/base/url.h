/* url.h - absolute http(s) URLs of strangers, taken apart without trust.
 *
 * Borrowed: all parts point into the text. Nothing is decoded but by url_get. */
#ifndef BASE_URL_H
#define BASE_URL_H

#include "base/err.h"
#include "base/str.h"

struct url {
    str scheme;   /* "http" or "https", as written */
    str host;     /* without user info, port and brackets; as written (compare without case) */
    int port;     /* 0 if absent */
    str path;     /* begins with '/', or is empty */
    str query;    /* without '?' */
    str fragment; /* without '#' */
};

/* ERR_FORMAT "url_format": not absolute http(s), empty or impossible host, control characters or
 * spaces. Non-ASCII bytes in path, query and fragment are let through. */
MUST_USE err url_parse(str text, struct url *out);

/* host is `domain` or ends in "." domain; ASCII case ignored. */
bool url_under(const struct url *u, str domain);

/* First value of a query parameter, percent and plus decoded into mem (bytes, perhaps not UTF-8).
 * Empty if absent. */
str url_get(const struct url *u, str name, struct arena *mem);
bool url_has(const struct url *u, str name);
/* %XX and optionally '+' decoded; a broken escape stays as it stands. */
str url_decode(str s, bool plus_is_space, struct arena *mem);
/* Percent-encode everything but unreserved characters. */
str url_encode(str s, struct arena *mem);
/* Walk "a=1&b=2": false at the end. Raw, undecoded. */
bool url_next_pair(str *rest, str *name, str *value);

/* "https://a.cn:8443" of a URL, lower case, default port left out: as a browser's Origin. */
str url_origin(const struct url *u, struct arena *mem);

#endif
