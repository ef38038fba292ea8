#include "cli/cli.h"
#include "cli/data.h"

#include "base/time.h"
#include "guard/keys.h"

#include <stdio.h>
#include <stdlib.h>

static void print_keys(struct cli *c, const struct key_info *keys, size_t count)
{
    struct json_out j;
    json_out_init(&j, &c->mem);
    json_begin_object(&j, NULL);
    json_begin_array(&j, "keys");
    for (size_t i = 0; i < count; i++) {
        str made = time_rfc3339(&c->mem, zone_utc(), keys[i].created_at);
        bool seals = i + 1 == count;
        json_begin_object(&j, NULL);
        json_int(&j, "id", keys[i].id);
        json_time(&j, "created_at", keys[i].created_at);
        json_bool(&j, "seals", seals);
        json_end_object(&j);
        if (!c->args.json)
            printf("%d  %.*s%s\n", keys[i].id, STR_ARG(made), seals ? "  seals" : "");
    }
    json_end_array(&j);
    json_end_object(&j);
    str text = json_done(&j);
    if (c->args.json)
        printf("%.*s\n", STR_ARG(text));
}

static int run_list(struct cli *c)
{
    struct key_info *keys;
    size_t count;
    err e = keys_list(cli_keys_path(c), &c->mem, &keys, &count);
    if (e.code)
        return cli_fail(c, e);
    print_keys(c, keys, count);
    return 0;
}

static int run_rotate(struct cli *c)
{
    err e = keys_rotate(cli_keys_path(c));
    if (e.code)
        return cli_fail(c, e);
    fputs("A fresh key stands in the file; restart a running server to use it. Copy the file to\n"
          "where you keep its copy: older keys stay in it and open what they have sealed.\n",
          stderr);
    return run_list(c);
}

static const struct verb verbs[] = {
    {"list", "", 0, 0, run_list, "ids and dates; the last one seals"},
    {"rotate", "", 0, 0, run_rotate, "add a key; what is sealed after the next start uses it"},
};
static const struct option options[] = {OPTION_DATA, OPTION_KEYS, OPTION_JSON, OPTION_HELP};
static const struct command command = {"keys", verbs, COUNT(verbs), options, COUNT(options)};

int cli_keys(int argc, char **argv)
{
    return cli_run(&command, argc, argv);
}
