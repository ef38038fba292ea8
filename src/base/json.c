#include "base/json.h"

#include "base/id.h"
#include "base/time.h"

#include <jansson.h>
#include <string.h>

enum { DEPTH_MAX = 16 };

static const err bad_json = {ERR_FORMAT, "json_format"};

static err refuse(const char *name)
{
    return ERR(ERR_INVALID, name);
}

/* Counted before jansson sees the text: it recurses. Whether brackets match is its business. */
static bool too_deep(str text)
{
    int depth = 0;
    bool in_string = false;
    for (ptrdiff_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (in_string && c == '\\')
            i++; /* what is escaped does not end the string */
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string && (c == '{' || c == '['))
            depth++;
        else if (!in_string && (c == '}' || c == ']'))
            depth--;
        if (depth > DEPTH_MAX)
            return true;
    }
    return false;
}

static bool has_control(str s)
{
    for (ptrdiff_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
            return true;
        if (c == 0xc2 && i + 1 < s.len && (unsigned char)s.ptr[i + 1] < 0xa0)
            return true; /* U+0080 to U+009F */
    }
    return false;
}

static str text_of(const json_t *value)
{
    return (str){json_string_value(value), (ptrdiff_t)json_string_length(value)};
}

static err get_text(const json_t *value, const struct json_field *f, struct arena *mem, str *out)
{
    if (!json_is_string(value))
        return refuse("field_type");
    str s = text_of(value);
    if (s.len > f->max)
        return refuse("field_long");
    if (s.len < f->min)
        return refuse("field_short");
    if (!f->raw && has_control(s))
        return refuse("field_control");
    *out = str_copy(mem, s);
    return OK;
}

static err get_int(const json_t *value, const struct json_field *f, int64_t *out)
{
    if (!json_is_integer(value))
        return refuse("field_type");
    int64_t n = json_integer_value(value);
    if (n < f->min || n > f->max)
        return refuse("field_range");
    *out = n;
    return OK;
}

static err get_id(const json_t *value, int64_t *out)
{
    if (json_is_null(value) || (json_is_string(value) && !json_string_length(value)))
        return OK; /* 0 stands there already */
    if (!json_is_string(value) || !id_parse(text_of(value), out))
        return refuse("field_type");
    return OK;
}

static err get_word(const json_t *value, const struct json_field *f, int *out)
{
    if (!json_is_string(value))
        return refuse("field_type");
    for (int i = 0; f->words[i]; i++) {
        if (str_eq(text_of(value), str_of(f->words[i]))) {
            *out = i;
            return OK;
        }
    }
    return refuse("field_word");
}

static err get_texts(const json_t *value, const struct json_field *f, struct arena *mem,
                     struct str_list *out)
{
    if (!json_is_array(value))
        return refuse("field_type");
    out->count = json_array_size(value);
    if (out->count > f->max_items)
        return refuse("field_long");
    out->items = arena_new(mem, str, out->count);
    for (size_t i = 0; i < out->count; i++) {
        err e = get_text(json_array_get(value, i), f, mem, &out->items[i]);
        if (e.code)
            return e;
    }
    return OK;
}

static err get_any(const json_t *value, const struct json_field *f, struct arena *mem, str *out)
{
    const size_t flags = JSON_COMPACT | JSON_ENCODE_ANY;
    size_t len = json_dumpb(value, NULL, 0, flags);
    if (!len)
        return bad_json;
    if ((int64_t)len > f->max)
        return refuse("field_long");
    char *copy = arena_new(mem, char, len);
    (void)json_dumpb(value, copy, len, flags);
    *out = (str){copy, (ptrdiff_t)len};
    return OK;
}

static err get_field(const json_t *value, const struct json_field *f, struct arena *mem, void *at)
{
    switch (f->type) {
    case JSON_TEXT:
        return get_text(value, f, mem, at);
    case JSON_INT:
        return get_int(value, f, at);
    case JSON_ID:
        return get_id(value, at);
    case JSON_FLAG:
        *(bool *)at = json_is_true(value);
        return json_is_boolean(value) ? OK : refuse("field_type");
    case JSON_TIME:
        if (!json_is_string(value) || !time_parse_rfc3339(text_of(value), at))
            return refuse("field_type");
        return OK;
    case JSON_ENUM:
        return get_word(value, f, at);
    case JSON_TEXTS:
        return get_texts(value, f, mem, at);
    case JSON_ANY:
        return get_any(value, f, mem, at);
    }
    return refuse("field_type"); /* not reached: the switch is complete */
}

/* Whether null says something; elsewhere it is the same as leaving the member out. */
static bool null_is_value(enum json_type type)
{
    return type == JSON_ID || type == JSON_ANY;
}

static err get_fields(const json_t *object, const struct json_shape *shape, struct arena *mem,
                      char *out, const char **field)
{
    for (size_t i = 0; i < shape->count; i++) {
        const struct json_field *f = &shape->fields[i];
        const json_t *value = json_object_get(object, f->name);
        bool given = value && (!json_is_null(value) || null_is_value(f->type));
        err e = given         ? get_field(value, f, mem, out + f->offset)
                : f->required ? refuse("field_required")
                              : OK;
        if (e.code) {
            *field = f->name;
            return e;
        }
        if (f->has >= 0)
            *(bool *)(out + f->has) = given;
    }
    return OK;
}

err json_decode(str text, const struct json_shape *shape, struct arena *mem, void *out,
                const char **field)
{
    json_error_t error;
    memset(out, 0, shape->size);
    *field = "";
    if (!text.len || too_deep(text))
        return bad_json;
    json_t *root = json_loadb(text.ptr, (size_t)text.len, JSON_REJECT_DUPLICATES, &error);
    if (!root && json_error_code(&error) == json_error_null_character)
        return refuse("field_control"); /* \u0000, whose member jansson does not tell */
    err e = json_is_object(root) ? get_fields(root, shape, mem, out, field) : bad_json;
    json_decref(root);
    return e;
}
