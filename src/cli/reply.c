#include "cli/reply.h"

#include <jansson.h>

struct reply reply_of(str text)
{
    json_t *root = json_loadb(text.ptr, (size_t)text.len, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(root))
        return (struct reply){text, root};
    json_decref(root);
    return (struct reply){text, NULL};
}

void reply_free(struct reply *r)
{
    json_decref(r->root);
    r->root = NULL;
}

const struct json_t *reply_member(const struct json_t *object, const char *name)
{
    return json_object_get(object, name);
}

const char *reply_value(const struct json_t *value)
{
    const char *text = json_string_value(value);
    return text ? text : "";
}

const char *reply_text(const struct json_t *object, const char *name)
{
    return reply_value(json_object_get(object, name));
}

bool reply_flag(const struct json_t *object, const char *name)
{
    return json_is_true(json_object_get(object, name));
}

const struct json_t *reply_item(const struct json_t *array, size_t i)
{
    return json_array_get(array, i);
}
