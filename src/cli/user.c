#include "cli/cli.h"
#include "cli/data.h"

#include "base/id.h"
#include "db/store.h"
#include "guard/guard_rows.h"

#include <stdio.h>
#include <string.h>

enum { LINE_MOST = 512 };

/* --- what is printed ------------------------------------------------------------------------------ */

static void print_list(struct cli *c, const struct json_t *answer)
{
    const struct json_t *u, *list = reply_member(answer, "users");
    (void)c;
    for (size_t i = 0; (u = reply_item(list, i)); i++)
        printf("%-20s %-11s %-9s %s\n", reply_text(u, "login"), reply_text(u, "role"),
               reply_flag(u, "disabled") ? "disabled" : "", reply_text(u, "name"));
}

static void print_one(struct cli *c, const struct json_t *answer)
{
    const struct json_t *u = reply_member(answer, "user");
    const char *password = reply_text(answer, "first_password");
    (void)c;
    printf("%s  %s  %s%s\n", reply_text(u, "login"), reply_text(u, "role"), reply_text(u, "name"),
           reply_flag(u, "disabled") ? "  disabled" : "");
    if (*password)
        printf("password  %s  (shown this once; to be changed at the first sign-in)\n", password);
}

/* --- the same answers from the store ---------------------------------------------------------------- */

struct user_work {
    struct user user;
    str login, password; /* password: the given one, or the random one to be shown */
    bool shown;
    enum { CHANGE_PASSWORD, CHANGE_DISABLED, CHANGE_ROLE } change;
    bool disabled;
    enum role role;
};

static void view_user(struct json_out *j, const char *name, const struct user *u)
{
    json_begin_object(j, name);
    json_id(j, "id", u->id);
    json_str(j, "login", u->login);
    json_str(j, "name", u->name);
    json_str(j, "role", str_of(role_code(u->role)));
    json_str(j, "language", u->language == LANGUAGE_EN ? S("en") : S("zh"));
    json_bool(j, "disabled", u->disabled);
    json_bool(j, "must_change", u->must_change);
    json_time(j, "created_at", u->created_at);
    json_end_object(j);
}

static void view_made(struct cli *c, const struct user_work *w)
{
    view_user(&c->out, "user", &w->user);
    if (w->shown)
        json_str(&c->out, "first_password", w->password);
    else
        json_no_value(&c->out, "first_password");
}

static str subject_of(struct cli *c, int64_t user)
{
    return str_format(&c->mem, "user:%lld", (long long)user);
}

static err list_rows(struct cli *c)
{
    struct user *list;
    size_t count;
    err e = user_list(c->session->main, &c->mem, &list, &count);
    json_begin_array(&c->out, "users");
    for (size_t i = 0; i < count && !e.code; i++)
        view_user(&c->out, NULL, &list[i]);
    json_end_array(&c->out);
    return e;
}

static err add_row(struct cli *c)
{
    struct user_work *w = c->work;
    struct user same;
    err e = user_by_login(c->session->main, &c->mem, w->user.login, &same);
    if (e.code != ERR_MISSING)
        return e.code ? e : ERR(ERR_CONFLICT, "login_taken");
    e = user_insert(c->session->main, &w->user);
    if (!e.code)
        e = cli_audit(c, "user.new", subject_of(c, w->user.id),
                      str_format(&c->mem, "{\"role\":\"%s\"}", role_code(w->user.role)));
    if (!e.code)
        view_made(c, w);
    return e;
}

static void apply(struct user_work *w, str hash)
{
    switch (w->change) {
    case CHANGE_PASSWORD:
        w->user.password = hash;
        w->user.must_change = true;
        w->user.failures = 0;
        w->user.retry_at = 0;
        break;
    case CHANGE_DISABLED:
        w->user.disabled = w->disabled;
        break;
    case CHANGE_ROLE:
        w->user.role = w->role;
        break;
    }
}

/* As the API does it: whoever lost a right or a password is signed out. */
static err change_row(struct cli *c)
{
    struct user_work *w = c->work;
    str hash = w->user.password;
    err e = user_by_login(c->session->main, &c->mem, w->login, &w->user);
    if (e.code)
        return e;
    apply(w, hash);
    e = user_update(c->session->main, &w->user);
    if (!e.code && (w->change != CHANGE_DISABLED || w->disabled))
        e = session_end_all(c->session->main, w->user.id, 0);
    if (!e.code)
        e = cli_audit(c, "user.change", subject_of(c, w->user.id),
                      str_format(&c->mem, "{\"role\":\"%s\",\"disabled\":%s,\"reset\":%s}",
                                 role_code(w->user.role), w->user.disabled ? "true" : "false",
                                 w->change == CHANGE_PASSWORD ? "true" : "false"));
    if (!e.code)
        view_made(c, w);
    return e;
}

/* --- passwords ---------------------------------------------------------------------------------------- */

/* The first line of standard input; empty without --password-stdin. */
static str given_password(struct cli *c)
{
    char line[LINE_MOST];
    if (!c->args.password_stdin || !fgets(line, sizeof line, stdin))
        return S("");
    size_t len = strcspn(line, "\r\n");
    return str_copy(&c->mem, (str){line, (ptrdiff_t)len});
}

/* From standard input, or left empty: then a random one is made, here or by the server. */
static err take_password(struct cli *c, struct user_work *w)
{
    w->password = given_password(c);
    w->shown = !c->args.password_stdin;
    return w->shown ? OK : password_acceptable(w->password, w->login);
}

static err make_hash(struct cli *c, struct user_work *w)
{
    if (w->shown)
        w->password = password_random(&c->mem);
    return password_hash(&c->mem, w->password, &w->user.password);
}

/* --- verbs ---------------------------------------------------------------------------------------------- */

static int run_list(struct cli *c)
{
    if (!cli_open(c))
        return 1;
    struct reply answer =
        c->store ? cli_read(c, list_rows) : cli_call(c, "GET", "/api/users", S(""));
    return cli_answer(c, answer, print_list);
}

static struct json_out body_begin(struct cli *c)
{
    struct json_out j;
    json_out_init(&j, &c->mem);
    json_begin_object(&j, NULL);
    return j;
}

static str body_end(struct json_out *j)
{
    json_end_object(j);
    return json_done(j);
}

static struct reply add_by_call(struct cli *c, const struct user_work *w)
{
    struct json_out body = body_begin(c);
    json_str(&body, "login", w->login);
    json_str(&body, "name", str_of(c->args.name));
    json_str(&body, "role", str_of(role_code(w->role)));
    json_str(&body, "password", w->password);
    return cli_call(c, "POST", "/api/users", body_end(&body));
}

static int run_add(struct cli *c)
{
    struct user_work w = {.login = str_lower(&c->mem, str_of(c->args.words[0])),
                          .role = role_of(str_of(c->args.role))};
    if (!c->args.name || w.role == ROLE_NONE) {
        fprintf(stderr, "laiyu user: add needs --name, and --role as one of agent, supervisor, "
                        "marketing, desk, onsite, care, manager, admin\n");
        return 2;
    }
    if (!cli_open(c))
        return 1;
    err e = login_acceptable(w.login);
    if (!e.code)
        e = take_password(c, &w);
    if (!e.code && !c->store)
        return cli_answer(c, add_by_call(c, &w), print_one);
    if (!e.code)
        e = make_hash(c, &w);
    if (e.code)
        return cli_fail(c, e);
    str hash = w.user.password;
    w.user = (struct user){.id = id_new(c->now),
                           .login = w.login,
                           .name = str_trim(str_of(c->args.name)),
                           .role = w.role,
                           .password = hash,
                           .must_change = true,
                           .created_at = c->now};
    c->work = &w;
    int status = cli_answer(c, cli_write(c, add_row), print_one);
    c->work = NULL;
    return status;
}

/* The API names people by id. */
static struct reply change_by_call(struct cli *c, const struct user_work *w, str body)
{
    const struct json_t *u, *users;
    str target = S("");
    struct reply list = cli_call(c, "GET", "/api/users", S(""));
    if (!list.root)
        return list;
    users = reply_member(list.root, "users");
    for (size_t i = 0; (u = reply_item(users, i)); i++)
        if (str_eq(str_of(reply_text(u, "login")), w->login))
            target = str_format(&c->mem, "/api/users/%s", reply_text(u, "id"));
    reply_free(&list);
    if (target.len)
        return cli_call(c, "PATCH", str_z(&c->mem, target), body);
    cli_fail(c, ERR(ERR_MISSING, "user_missing"));
    return list;
}

/* body: the same wish, for the API. */
static int change(struct cli *c, struct user_work *w, str body)
{
    if (!c->store)
        return cli_answer(c, change_by_call(c, w, body), print_one);
    c->work = w;
    int status = cli_answer(c, cli_write(c, change_row), print_one);
    c->work = NULL;
    return status;
}

static struct user_work work_of(struct cli *c)
{
    return (struct user_work){.login = str_lower(&c->mem, str_of(c->args.words[0]))};
}

static int run_password(struct cli *c)
{
    struct user_work w = work_of(c);
    struct json_out body = body_begin(c);
    if (!cli_open(c))
        return 1;
    err e = take_password(c, &w);
    if (w.shown)
        json_bool(&body, "reset_password", true);
    else
        json_str(&body, "password", w.password);
    if (!e.code && c->store)
        e = make_hash(c, &w);
    return e.code ? cli_fail(c, e) : change(c, &w, body_end(&body));
}

static int set_disabled(struct cli *c, bool disabled)
{
    struct user_work w = work_of(c);
    struct json_out body = body_begin(c);
    w.change = CHANGE_DISABLED;
    w.disabled = disabled;
    json_bool(&body, "disabled", disabled);
    return cli_open(c) ? change(c, &w, body_end(&body)) : 1;
}

static int run_disable(struct cli *c)
{
    return set_disabled(c, true);
}

static int run_enable(struct cli *c)
{
    return set_disabled(c, false);
}

static int run_role(struct cli *c)
{
    struct user_work w = work_of(c);
    struct json_out body = body_begin(c);
    w.change = CHANGE_ROLE;
    w.role = role_of(str_of(c->args.words[1]));
    if (w.role == ROLE_NONE)
        return cli_fail(c, ERR(ERR_MISSING, "role_missing"));
    json_str(&body, "role", str_of(role_code(w.role)));
    return cli_open(c) ? change(c, &w, body_end(&body)) : 1;
}

static const struct verb verbs[] = {
    {"list", "", 0, 0, run_list, "everybody, by name"},
    {"add", "LOGIN", 1, 1, run_add, "a colleague, with a first password (needs --name, --role)"},
    {"password", "LOGIN", 1, 1, run_password, "a new first password; signs the colleague out"},
    {"disable", "LOGIN", 1, 1, run_disable, "no more sign-in, and out at once"},
    {"enable", "LOGIN", 1, 1, run_enable, "may sign in again"},
    {"role", "LOGIN ROLE", 2, 2, run_role, "another role; signs the colleague out"},
};
static const struct option options[] = {
    OPTION_DATA,
    {"--name", OPTION_TEXT, offsetof(struct args, name), "NAME", "as colleagues and visitors see"},
    {"--role", OPTION_TEXT, offsetof(struct args, role), "ROLE",
     "agent, supervisor, marketing, desk, onsite, care, manager or admin"},
    {"--password-stdin", OPTION_FLAG, offsetof(struct args, password_stdin), NULL,
     "take the password from standard input instead of a random one"},
    OPTION_JSON,
    OPTION_HELP,
};
static const struct command command = {"user", verbs, COUNT(verbs), options, COUNT(options)};

int cli_user(int argc, char **argv)
{
    return cli_run(&command, argc, argv);
}
