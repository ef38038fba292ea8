#include "base/json_parts.h"

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

static err get_text(const struct json_value *v, const struct json_field *f, struct arena *mem,
                    str *out)
{
    if (v->kind != VALUE_TEXT)
        return refuse("field_type");
    if (v->text.len > f->max)
        return refuse("field_long");
    if (str_trim(v->text).len < f->min)
        return refuse("field_short");
    if (!f->raw && has_control(v->text))
        return refuse("field_control");
    *out = str_copy(mem, v->text);
    return OK;
}

static err get_int(const struct json_value *v, const struct json_field *f, int64_t *out)
{
    if (v->kind != VALUE_INT)
        return refuse("field_type");
    if (v->integer < f->min || v->integer > f->max)
        return refuse("field_range");
    *out = v->integer;
    return OK;
}

static err get_id(const struct json_value *v, int64_t *out)
{
    if (v->kind == VALUE_NULL || (v->kind == VALUE_TEXT && !v->text.len))
        return OK; /* 0 stands there already */
    if (v->kind != VALUE_TEXT || !id_parse(v->text, out))
        return refuse("field_type");
    return OK;
}

static err get_word(const struct json_value *v, const struct json_field *f, int *out)
{
    if (v->kind != VALUE_TEXT)
        return refuse("field_type");
    for (int i = 0; f->words[i]; i++) {
        if (str_eq(v->text, str_of(f->words[i]))) {
            *out = i;
            return OK;
        }
    }
    return refuse("field_word");
}

static struct json_value value_of(const json_t *node)
{
    struct json_value v = {.kind = VALUE_TREE, .tree = node};
    if (!node)
        v.kind = VALUE_NONE;
    else if (json_is_null(node))
        v.kind = VALUE_NULL;
    else if (json_is_boolean(node))
        v.kind = json_is_true(node) ? VALUE_TRUE : VALUE_FALSE;
    if (json_is_string(node)) {
        v.kind = VALUE_TEXT;
        v.text = (str){json_string_value(node), (ptrdiff_t)json_string_length(node)};
    } else if (json_is_integer(node)) {
        v.kind = VALUE_INT;
        v.integer = json_integer_value(node);
    }
    return v;
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
        const struct json_value item = value_of(json_array_get(value, i));
        err e = get_text(&item, f, mem, &out->items[i]);
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

static err get_field(const struct json_value *v, const struct json_field *f, struct arena *mem,
                     void *at)
{
    switch (f->type) {
    case JSON_TEXT:
        return get_text(v, f, mem, at);
    case JSON_INT:
        return get_int(v, f, at);
    case JSON_ID:
        return get_id(v, at);
    case JSON_FLAG:
        *(bool *)at = v->kind == VALUE_TRUE;
        return v->kind == VALUE_TRUE || v->kind == VALUE_FALSE ? OK : refuse("field_type");
    case JSON_TIME:
        if (v->kind != VALUE_TEXT || !time_parse_rfc3339(v->text, at))
            return refuse("field_type");
        return OK;
    case JSON_ENUM:
        return get_word(v, f, at);
    case JSON_TEXTS:
        return get_texts(v->tree, f, mem, at);
    case JSON_ANY:
        return get_any(v->tree, f, mem, at);
    }
    return refuse("field_type"); /* not reached: the switch is complete */
}

/* Whether null says something; elsewhere it is the same as leaving the member out. */
static bool null_is_value(enum json_type type)
{
    return type == JSON_ID || type == JSON_ANY;
}

static err get_member(const struct json_value *v, const struct json_field *f, struct arena *mem,
                      char *out, const char **field)
{
    bool given = v->kind != VALUE_NONE && (v->kind != VALUE_NULL || null_is_value(f->type));
    err e = given         ? get_field(v, f, mem, out + f->offset)
            : f->required ? refuse("field_required")
                          : OK;
    if (e.code)
        *field = f->name;
    else if (f->has >= 0)
        *(bool *)(out + f->has) = given;
    return e;
}

static err get_fields(const json_t *object, const struct json_shape *shape, struct arena *mem,
                      char *out, const char **field)
{
    err e = OK;
    for (size_t i = 0; i < shape->count && !e.code; i++) {
        const struct json_field *f = &shape->fields[i];
        const struct json_value v = value_of(json_object_get(object, f->name));
        e = get_member(&v, f, mem, out, field);
    }
    return e;
}

static err decode_tree(str text, const struct json_shape *shape, struct arena *mem, void *out,
                       const char **field)
{
    json_error_t error;
    if (!text.len || too_deep(text))
        return bad_json;
    json_t *root = json_loadb(text.ptr, (size_t)text.len, JSON_REJECT_DUPLICATES, &error);
    if (!root && json_error_code(&error) == json_error_null_character)
        return refuse("field_control"); /* \u0000, whose member jansson does not tell */
    err e = json_is_object(root) ? get_fields(root, shape, mem, out, field) : bad_json;
    json_decref(root);
    return e;
}

err json_decode(str text, const struct json_shape *shape, struct arena *mem, void *out,
                const char **field)
{
    struct json_value values[FLAT_FIELDS];
    memset(out, 0, shape->size);
    *field = "";
    if (!json_flat(text, shape, mem, values))
        return decode_tree(text, shape, mem, out, field);
    err e = OK;
    for (size_t i = 0; i < shape->count && !e.code; i++)
        e = get_member(&values[i], &shape->fields[i], mem, out, field);
    return e;
}
