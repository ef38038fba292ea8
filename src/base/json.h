/* json.h - JSON from outside into C structs, by table (jansson underneath).
 *
 * Strict RFC 8259: UTF-8 checked, duplicate names refused, nothing after the value, depth and size
 * capped. A field table says name, type, whether it must be there, and the largest length; unknown
 * members are ignored (old servers meet new clients). null is the same as leaving the member out,
 * except for JSON_ID and JSON_ANY. Text is copied to the arena. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/err.h"
#include "base/str.h"

enum json_type {
    JSON_TEXT,  /* str; control characters other than \n and \t are refused unless JSON_F_RAW */
    JSON_INT,   /* int64_t within min..max */
    JSON_ID,    /* int64_t, written as a decimal string; null or "" gives 0 */
    JSON_FLAG,  /* bool */
    JSON_TIME,  /* int64_t ms, written as RFC 3339 */
    JSON_ENUM,  /* int: index into words[], a NULL-terminated list */
    JSON_TEXTS, /* struct str_list: array of text, max each, at most max_items */
    JSON_ANY,   /* str: the value re-serialised compactly, at most max bytes */
};

struct str_list {
    str *items;
    size_t count;
};

struct json_field {
    const char *name;
    enum json_type type;
    size_t offset; /* in the struct */
    ptrdiff_t has; /* offset of a bool that says "was given", -1 if none */
    bool required;
    bool raw;         /* JSON_TEXT: keep control characters (cleaned later by its handler) */
    int64_t min, max; /* text: bytes of UTF-8; int: range */
    const char *const *words;
    size_t max_items;
};

struct json_shape {
    const char *name;
    size_t size; /* of the struct */
    const struct json_field *fields;
    size_t count;
};

/* Decode text, an object, into *out (zeroed first).
 * ERR_FORMAT "json_format" (not JSON, duplicate names, too deep: more than 16),
 * ERR_INVALID "field_required" | "field_type" | "field_long" | "field_short" | "field_range" |
 * "field_word" | "field_control": *field then names the member (static text of the table). It is ""
 * when no member is to blame: also for \u0000, which no text may hold. */
MUST_USE err json_decode(str text, const struct json_shape *shape, struct arena *mem, void *out,
                         const char **field);

#endif
