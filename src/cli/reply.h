/* reply.h - an answer of the API, to be read. The parser behind it is known to reply.c alone. */
#ifndef CLI_REPLY_H
#define CLI_REPLY_H

#include "base/str.h"

struct json_t; /* any value inside an answer; lives as long as the answer */

struct reply {
    str text;            /* as it came */
    struct json_t *root; /* an object; NULL: there is no answer, which was said */
};

/* root is NULL when text is no JSON object. text must live as long. */
struct reply reply_of(str text);
void reply_free(struct reply *r);

/* NULL when it is absent. */
const struct json_t *reply_member(const struct json_t *object, const char *name);
/* "" when it is absent or no text. */
const char *reply_text(const struct json_t *object, const char *name);
bool reply_flag(const struct json_t *object, const char *name);
/* Members of an array: NULL past the end. */
const struct json_t *reply_item(const struct json_t *array, size_t i);
/* The value itself as text; "" when it is none. */
const char *reply_value(const struct json_t *value);

#endif
