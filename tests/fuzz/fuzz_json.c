#include "base/buf.h"
#include "base/json_parts.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct thing {
    str text, raw, any;
    int64_t count, id, at;
    bool flag, has_any;
    int color;
    struct str_list list;
};

static const char *const colors[] = {"red", "blue", NULL};

#define AT(member) .offset = offsetof(struct thing, member)
#define NO_HAS     .has = -1

static const struct json_field fields[] = {
    {"text", JSON_TEXT, AT(text), NO_HAS, .max = 64},
    {"raw", JSON_TEXT, AT(raw), NO_HAS, .raw = true, .max = 64},
    {"count", JSON_INT, AT(count), NO_HAS, .min = -10, .max = INT64_MAX},
    {"id", JSON_ID, AT(id), NO_HAS},
    {"flag", JSON_FLAG, AT(flag), NO_HAS},
    {"at", JSON_TIME, AT(at), NO_HAS},
    {"color", JSON_ENUM, AT(color), NO_HAS, .words = colors},
    {"list", JSON_TEXTS, AT(list), NO_HAS, .min = 1, .max = 8, .max_items = 4},
    {"any", JSON_ANY, AT(any), .has = offsetof(struct thing, has_any), .max = 4096},
};
static const struct json_shape shape = {"thing", sizeof(struct thing), fields, COUNT(fields)};

static str write_again(const struct thing *t, struct arena *mem)
{
    struct json_out j;
    json_out_init(&j, mem);
    json_begin_object(&j, NULL);
    json_str(&j, "text", t->text);
    json_str(&j, "raw", t->raw);
    json_int(&j, "count", t->count);
    json_id(&j, "id", t->id);
    json_bool(&j, "flag", t->flag);
    json_time(&j, "at", t->at);
    json_str(&j, "color", str_of(colors[t->color]));
    json_begin_array(&j, "list");
    for (size_t i = 0; i < t->list.count; i++)
        json_str(&j, NULL, t->list.items[i]);
    json_end_array(&j);
    if (t->has_any)
        json_raw(&j, "any", t->any);
    json_end_object(&j);
    return json_done(&j);
}

static bool is_writable_time(int64_t ms)
{
    return ms >= INT64_C(-62167219200000) && ms <= INT64_C(253402300799999); /* years 0 to 9999 */
}

/* What was read can be written, and is then read as the same. */
static void check(struct thing *t, struct arena *mem)
{
    struct thing again;
    const char *field;
    assert(t->text.len <= 64 && str_is_utf8(t->text));
    assert(str_eq(str_clean(mem, t->text), t->text)); /* no control characters */
    assert(t->count >= -10 && t->id >= 0);
    assert(t->list.count <= 4);
    if (!is_writable_time(t->at)) /* an offset can push the first and last day out of them */
        t->at = 0;
    err e = json_decode(write_again(t, mem), &shape, mem, &again, &field);
    assert(!e.code);
    assert(str_eq(again.text, t->text) && str_eq(again.raw, t->raw));
    assert(again.count == t->count && again.id == t->id && again.at == t->at);
    assert(again.flag == t->flag && again.color == t->color);
    assert(again.list.count == t->list.count);
    for (size_t i = 0; i < t->list.count; i++)
        assert(str_eq(again.list.items[i], t->list.items[i]));
    assert(again.has_any == t->has_any && str_eq(again.any, t->any));
}

/* The same text with a member that only jansson takes: both readers must say the same of the rest. */
static void check_readers(str text, struct arena *mem)
{
    struct json_value values[FLAT_FIELDS];
    struct thing flat, tree;
    const char *flat_field, *tree_field;
    if (str_find(text, S("~~")) >= 0 || !json_flat(text, &shape, mem, values))
        return;
    text = str_trim(text);
    str inside = str_trim(str_slice(text, 1, text.len - 1));
    str nested = str_format(mem, "{%.*s%s\"~~\":[]}", STR_ARG(inside), inside.len ? "," : "");
    err of_flat = json_decode(text, &shape, mem, &flat, &flat_field);
    err of_tree = json_decode(nested, &shape, mem, &tree, &tree_field);
    assert(of_flat.code == of_tree.code && str_eq(str_of(of_flat.name), str_of(of_tree.name)));
    assert(str_eq(str_of(flat_field), str_of(tree_field)));
    assert(str_eq(flat.text, tree.text) && str_eq(flat.raw, tree.raw) && flat.at == tree.at);
    assert(flat.count == tree.count && flat.id == tree.id && flat.flag == tree.flag);
    assert(flat.color == tree.color);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena mem;
    struct thing t;
    const char *field = NULL;
    arena_init(&mem, 0);
    err e = json_decode((str){(const char *)data, (ptrdiff_t)size}, &shape, &mem, &t, &field);
    assert(field && (e.code == ERR_NONE || e.code == ERR_FORMAT || e.code == ERR_INVALID));
    if (!e.code)
        check(&t, &mem);
    check_readers((str){(const char *)data, (ptrdiff_t)size}, &mem);
    arena_release(&mem);
    return 0;
}
