/* args.h - a command's words and options, by table; the row carries its help. */
#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include "base/str.h"

#include <stddef.h>

enum { ARGS_WORDS = 32, ARGS_LIST = 20 };

/* What any command can be told; each names in its table what it takes. */
struct args {
    const char *data, *keys;
    bool json, help;
    const char *name, *role, *zone, *institution, *base;
    const char *origins[ARGS_LIST];
    bool password_stdin;
    const char *words[ARGS_WORDS]; /* what is no option, in order */
    int word_count;
};

enum option_kind { OPTION_TEXT, OPTION_FLAG, OPTION_LIST };

struct option {
    const char *name;
    enum option_kind kind;
    size_t offset; /* in struct args */
    const char *value, *help;
};
#define OPTION_DATA                                                                                \
    {                                                                                              \
        "--data", OPTION_TEXT, offsetof(struct args, data), "DIR",                                 \
            "the data directory (default ./data)"                                                  \
    }
#define OPTION_KEYS                                                                                \
    {                                                                                              \
        "--keys", OPTION_TEXT, offsetof(struct args, keys), "FILE",                                \
            "the key file (default DIR.keys)"                                                      \
    }
#define OPTION_JSON                                                                                \
    {                                                                                              \
        "--json", OPTION_FLAG, offsetof(struct args, json), NULL, "answer as JSON"                 \
    }
#define OPTION_HELP                                                                                \
    {                                                                                              \
        "--help", OPTION_FLAG, offsetof(struct args, help), NULL, "this text"                      \
    }

struct cli;

/* "add LOGIN": what may follow the command. */
struct verb {
    const char *name;  /* NULL: the command has no verbs */
    const char *words; /* for the help: "LOGIN ROLE" */
    int least, most;   /* words after the name */
    int (*run)(struct cli *c);
    const char *help;
};
struct command {
    const char *name; /* "user" */
    const struct verb *verbs;
    size_t verb_count;
    const struct option *options;
    size_t option_count;
};

/* The verb that was asked for, out->words being what follows it. NULL when there is nothing to run:
 * help was printed (*status 0), or the words make no sense and that was said (*status 2). */
const struct verb *args_read(const struct command *command, int argc, char **argv, struct args *out,
                             int *status);

#endif
