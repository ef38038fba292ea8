#include "cli/cli.h"
#include "cli/data.h"

#include "db/store.h"

#include <stdio.h>
#include <unistd.h>

enum { PATH_MOST = 4096 };

static err note(struct cli *c)
{
    json_bool(&c->out, "ok", true);
    return cli_audit(c, "backup", S(""), S("{}"));
}

/* The server stands in another folder than the caller. */
static str absolute(struct cli *c, const char *path)
{
    char here[PATH_MOST];
    if (*path == '/' || !getcwd(here, sizeof here))
        return str_of(path);
    return str_format(&c->mem, "%s/%s", here, path);
}

static struct reply by_store(struct cli *c, str directory)
{
    struct reply answer = cli_write(c, note);
    if (!answer.root)
        return answer;
    err e = store_backup(c->store, str_z(&c->mem, directory));
    if (e.code) {
        cli_fail(c, e);
        reply_free(&answer);
    }
    return answer;
}

static struct reply by_call(struct cli *c, str directory)
{
    struct json_out body;
    json_out_init(&body, &c->mem);
    json_begin_object(&body, NULL);
    json_str(&body, "directory", directory);
    json_end_object(&body);
    return cli_call(c, "POST", "/api/backup", json_done(&body));
}

static void print_done(struct cli *c, const struct json_t *answer)
{
    (void)answer;
    printf("backed up to %s; every file is sound\n"
           "The key file %s is not part of it: keep a copy elsewhere, or the backup cannot be "
           "read.\n",
           c->args.words[0], cli_keys_path(c));
}

static int run(struct cli *c)
{
    if (!cli_open(c))
        return 1;
    str directory = absolute(c, c->args.words[0]);
    return cli_answer(c, c->store ? by_store(c, directory) : by_call(c, directory), print_done);
}

static const struct verb verbs[] = {
    {NULL, "DIR", 1, 1, run, "copy everything into DIR, which is made, or is empty"},
};
static const struct option options[] = {OPTION_DATA, OPTION_KEYS, OPTION_JSON, OPTION_HELP};
static const struct command command = {"backup", verbs, COUNT(verbs), options, COUNT(options)};

int cli_backup(int argc, char **argv)
{
    return cli_run(&command, argc, argv);
}
