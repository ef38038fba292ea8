/* json_parts.h - what the two readers of JSON share. Nobody but them includes it.
 *
 * json.c       decodes any text, with jansson
 * json_flat.c  reads the plain kind of object that nearly every call is, without a tree */
#ifndef BASE_JSON_PARTS_H
#define BASE_JSON_PARTS_H

#include "base/json.h"

enum json_kind {
    VALUE_NONE,
    VALUE_NULL,
    VALUE_TRUE,
    VALUE_FALSE,
    VALUE_TEXT,
    VALUE_INT,
    VALUE_TREE
};

struct json_value {
    enum json_kind kind;
    str text;
    int64_t integer;
    const void *tree; /* json_t: of JSON_TEXTS and JSON_ANY */
};

enum { FLAT_FIELDS = 64 };

/* One value a field of the shape, in its order. True only for valid JSON of which every bit is
 * understood as jansson would; false says nothing about the text: it may be good, bad or nested.
 * Texts are borrowed from `text`, or from mem where an escape had to be undone. */
MUST_USE bool json_flat(str text, const struct json_shape *shape, struct arena *mem,
                        struct json_value values[FLAT_FIELDS]);

#endif
