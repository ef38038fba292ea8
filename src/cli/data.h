/* data.h - what a command works on: a running server, or the data directory itself.
 *
 * A command is written twice, as a call of the API and as rows, and both give the same JSON answer:
 * what is printed does not tell which way it went. */
#ifndef CLI_DATA_H
#define CLI_DATA_H

#include "base/buf.h"
#include "base/err.h"
#include "cli/args.h"
#include "cli/reply.h"

struct store;
struct session;

struct cli {
    const char *command;
    struct args args;
    struct arena mem;
    struct store *store; /* NULL: a server runs, and `control` is its socket */
    const char *control;
    int64_t now;

    /* of the job that runs in the store */
    struct session *session;
    struct json_out out; /* its answer, an object already begun */
    void *work;          /* the command's own */
};

/* Words, options, then the verb; the exit status. */
int cli_run(const struct command *command, int argc, char **argv);
/* Take the directory's lock, or find the server that has it. False, said on standard error, when
 * neither can be had: ERR_MISSING "data_missing" where there is no main.db. */
MUST_USE bool cli_open(struct cli *c);
/* The key file: --keys, or DIR.keys. */
const char *cli_keys_path(struct cli *c);

/* One call of the API; body is JSON, or empty. */
struct reply cli_call(struct cli *c, const char *method, const char *target, str body);
/* One job in the store: fn writes members of the answer into c->out; an err undoes what it did. */
struct reply cli_write(struct cli *c, err (*fn)(struct cli *c));
struct reply cli_read(struct cli *c, err (*fn)(struct cli *c));

/* Say what went wrong, on standard error; gives 1, the exit status. */
int cli_fail(const struct cli *c, err e);
/* With --json the whole answer, otherwise what `print` makes of it; frees it. The exit status: 1
 * when there is none. */
int cli_answer(struct cli *c, struct reply answer,
               void (*print)(struct cli *c, const struct json_t *answer));
/* One audit row in the running job, actor "control". */
MUST_USE err cli_audit(struct cli *c, const char *act, str subject, str detail);

#endif
