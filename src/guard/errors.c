#include "guard/errors.h"

static const struct sentence {
    const char *name, *zh, *en;
} sentences[] = {
#include "guard/errors.inc"
};

str error_text(const char *name, enum language language)
{
    for (size_t i = 0; i < COUNT(sentences); i++)
        if (str_eq(str_of(sentences[i].name), str_of(name)))
            return str_of(language == LANGUAGE_EN ? sentences[i].en : sentences[i].zh);
    return language == LANGUAGE_EN ? S("Something went wrong.") : S("出错了。");
}
