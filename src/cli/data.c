#include "cli/data.h"

#include "base/time.h"
#include "cli/control.h"
#include "db/store.h"
#include "guard/errors.h"
#include "guard/guard_rows.h"
#include "guard/keys.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

int cli_fail(const struct cli *c, err e)
{
    fprintf(stderr, "laiyu %s: %.*s (%s)\n", c->command, STR_ARG(error_text(e.name, LANGUAGE_EN)),
            e.name);
    return 1;
}

int cli_run(const struct command *command, int argc, char **argv)
{
    struct cli c = {.command = command->name, .now = time_now_ms()};
    int status;
    const struct verb *v = args_read(command, argc, argv, &c.args, &status);
    if (!v)
        return status;
    arena_init(&c.mem, 0);
    status = v->run(&c);
    store_close(c.store);
    arena_release(&c.mem);
    if (fflush(stdout) != 0 && !status)
        status = 1;
    return status;
}

bool cli_open(struct cli *c)
{
    str main_db = str_format(&c->mem, "%s/main.db", c->args.data);
    if (access(str_z(&c->mem, main_db), F_OK) != 0) {
        cli_fail(c, ERR(ERR_MISSING, "data_missing"));
        return false;
    }
    struct store_options o = {.directory = c->args.data, .readers = 1, .workers = 1};
    err e = store_open(&o, &c->store);
    if (e.code && strcmp(e.name, "data_in_use") != 0) {
        cli_fail(c, e);
        return false;
    }
    c->control = str_z(&c->mem, str_format(&c->mem, "%s/control.sock", c->args.data));
    return true;
}

const char *cli_keys_path(struct cli *c)
{
    return keys_path(&c->mem, c->args.keys, c->args.data);
}

struct reply cli_call(struct cli *c, const char *method, const char *target, str body)
{
    int status;
    struct reply answer, none = {.root = NULL};
    err e = control_call(c->control, method, target, body, &c->mem, &status, &answer);
    if (e.code) {
        cli_fail(c, e);
        return none;
    }
    if (status >= 200 && status <= 299)
        return answer;
    const char *field = reply_text(answer.root, "field");
    fprintf(stderr, "laiyu %s: %s (%s%s%s)\n", c->command, reply_text(answer.root, "message"),
            reply_text(answer.root, "code"), *field ? ": " : "", field);
    reply_free(&answer);
    return none;
}

struct job_of_command {
    struct cli *c;
    err (*fn)(struct cli *c);
};

static err run_job(void *arg, struct session *s)
{
    struct job_of_command *j = arg;
    j->c->session = s;
    json_out_init(&j->c->out, &j->c->mem);
    json_begin_object(&j->c->out, NULL);
    return j->fn(j->c);
}

static struct reply run_in_store(struct cli *c, enum queue q, err (*fn)(struct cli *c))
{
    struct job_of_command j = {c, fn};
    err e = store_wait(c->store, q, run_job, &j);
    c->session = NULL;
    if (e.code) {
        cli_fail(c, e);
        return (struct reply){.root = NULL};
    }
    json_end_object(&c->out);
    return reply_of(json_done(&c->out));
}

struct reply cli_write(struct cli *c, err (*fn)(struct cli *c))
{
    return run_in_store(c, QUEUE_MAIN, fn);
}

struct reply cli_read(struct cli *c, err (*fn)(struct cli *c))
{
    return run_in_store(c, QUEUE_READ, fn);
}

int cli_answer(struct cli *c, struct reply answer,
               void (*print)(struct cli *c, const struct json_t *answer))
{
    if (!answer.root)
        return 1;
    if (c->args.json)
        printf("%.*s\n", STR_ARG(answer.text));
    else
        print(c, answer.root);
    reply_free(&answer);
    return 0;
}

err cli_audit(struct cli *c, const char *act, str subject, str detail)
{
    return audit_write(c->session->main, &c->mem, c->now, S("control"), str_of(act), subject,
                       detail);
}
