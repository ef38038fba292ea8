#include "cli/args.h"

#include <stdio.h>
#include <string.h>

enum { LEFT = 26 };

static void help_line(const char *a, const char *b, const char *text)
{
    char left[80];
    int n = snprintf(left, sizeof left, "%s%s%s", a, *a && *b ? " " : "", b);
    if (n > LEFT)
        printf("  %s\n  %*s %s\n", left, LEFT, "", text);
    else
        printf("  %-*s %s\n", LEFT, left, text);
}

static void help(const struct command *c)
{
    printf("laiyu %s%s [options]\n\n", c->name, c->verbs[0].name ? " VERB" : "");
    for (size_t i = 0; i < c->verb_count; i++) {
        const struct verb *v = &c->verbs[i];
        help_line(v->name ? v->name : "", v->words, v->help);
    }
    puts("");
    for (size_t i = 0; i < c->option_count; i++) {
        const struct option *o = &c->options[i];
        help_line(o->name, o->value ? o->value : "", o->help);
    }
}

static const struct option *find(const struct command *c, const char *name, size_t len)
{
    for (size_t i = 0; i < c->option_count; i++)
        if (strlen(c->options[i].name) == len && !strncmp(c->options[i].name, name, len))
            return &c->options[i];
    return NULL;
}

static bool put(struct args *out, const struct option *o, const char *value)
{
    char *at = (char *)out + o->offset;
    if (o->kind == OPTION_TEXT) {
        memcpy(at, &value, sizeof value);
        return *value != 0;
    }
    const char **list = (const char **)(void *)at;
    for (int i = 0; i < ARGS_LIST; i++) {
        if (!list[i]) {
            list[i] = value;
            return *value != 0;
        }
    }
    return false;
}

/* False: *wrong is the word that cannot be. */
static bool take_all(const struct command *c, int argc, char **argv, struct args *out,
                     const char **wrong)
{
    bool words_only = false;
    for (int i = 0; i < argc; i++) {
        *wrong = argv[i];
        if (words_only || argv[i][0] != '-' || !argv[i][1]) {
            if (out->word_count == ARGS_WORDS)
                return false;
            out->words[out->word_count++] = argv[i];
            continue;
        }
        words_only = !strcmp(argv[i], "--");
        if (words_only)
            continue;
        const char *equals = strchr(argv[i], '=');
        const struct option *o =
            find(c, argv[i], equals ? (size_t)(equals - argv[i]) : strlen(argv[i]));
        if (!o || (o->kind == OPTION_FLAG && equals))
            return false;
        if (o->kind == OPTION_FLAG) {
            *((bool *)((char *)out + o->offset)) = true;
            continue;
        }
        if (!put(out, o, equals ? equals + 1 : i + 1 < argc ? argv[++i] : ""))
            return false;
    }
    return true;
}

static const struct verb *find_verb(const struct command *c, struct args *out)
{
    if (!c->verbs[0].name)
        return &c->verbs[0];
    for (size_t i = 0; out->word_count && i < c->verb_count; i++) {
        if (strcmp(c->verbs[i].name, out->words[0]) != 0)
            continue;
        memmove(out->words, out->words + 1, sizeof out->words - sizeof out->words[0]);
        out->word_count--;
        return &c->verbs[i];
    }
    return NULL;
}

const struct verb *args_read(const struct command *command, int argc, char **argv, struct args *out,
                             int *status)
{
    const char *wrong;
    *out = (struct args){.data = "data"};
    *status = 2;
    if (!take_all(command, argc, argv, out, &wrong)) {
        fprintf(stderr, "laiyu %s: cannot read %s; see laiyu %s --help\n", command->name, wrong,
                command->name);
        return NULL;
    }
    if (out->help) {
        help(command);
        *status = 0;
        return NULL;
    }
    const struct verb *v = find_verb(command, out);
    if (v && out->word_count >= v->least && out->word_count <= v->most)
        return v;
    if (v)
        fprintf(stderr, "laiyu %s: it is \"%s%s%s\"; see laiyu %s --help\n", command->name,
                v->name ? v->name : "", v->name && *v->words ? " " : "", v->words, command->name);
    else
        fprintf(stderr, "laiyu %s: say what to do; see laiyu %s --help\n", command->name,
                command->name);
    return NULL;
}
