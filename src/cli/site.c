#include "cli/cli.h"
#include "cli/data.h"

#include "base/id.h"
#include "base/time.h"
#include "db/store.h"
#include "guard/guard_rows.h"
#include "guard/site.h"

#include <stdio.h>

/* --- what is printed ------------------------------------------------------------------------------ */

static void print_site(const struct json_t *s)
{
    const struct json_t *origin, *origins = reply_member(s, "origins");
    printf("%-16s  %-20s %-8s %s\n", reply_text(s, "key"), reply_text(s, "time_zone"),
           reply_flag(s, "retired") ? "retired" : "", reply_text(s, "name"));
    for (size_t i = 0; (origin = reply_item(origins, i)); i++)
        printf("  %s\n", reply_value(origin));
}

static void print_list(struct cli *c, const struct json_t *answer)
{
    const struct json_t *s, *sites = reply_member(answer, "sites");
    (void)c;
    for (size_t i = 0; (s = reply_item(sites, i)); i++)
        print_site(s);
}

static void print_one(struct cli *c, const struct json_t *answer)
{
    (void)c;
    print_site(answer);
}

static str install_line(struct cli *c, const char *key)
{
    str base = str_of(c->args.base ? c->args.base : "http://127.0.0.1:8080");
    while (str_ends(base, S("/")))
        base = str_slice(base, 0, base.len - 1);
    return str_format(&c->mem, "<script async src=\"%.*s/w.js\" data-site=\"%s\"></script>",
                      STR_ARG(base), key);
}

static void print_snippet(struct cli *c, const struct json_t *answer)
{
    (void)c;
    puts(reply_text(answer, "install"));
}

/* --- the same answers from the store ---------------------------------------------------------------- */

/* Members of wire.yaml's `site`, but the install line, for which one must know the address. */
static void view_members(struct json_out *j, const struct site *s)
{
    str rest = s->origins, line;
    json_id(j, "id", s->id);
    json_str(j, "key", s->key);
    json_str(j, "name", s->name);
    json_begin_array(j, "origins");
    while (rest.len) {
        (void)str_cut(rest, '\n', &line, &rest);
        json_str(j, NULL, line);
    }
    json_end_array(j);
    json_str(j, "time_zone", s->time_zone);
    json_raw(j, "settings", s->settings);
    json_bool(j, "retired", s->retired_at != 0);
    json_time(j, "created_at", s->created_at);
}

static str subject_of(struct cli *c, int64_t site)
{
    return str_format(&c->mem, "site:%lld", (long long)site);
}

static err list_rows(struct cli *c)
{
    struct site *list;
    size_t count;
    err e = site_list(c->session->main, &c->mem, &list, &count);
    json_begin_array(&c->out, "sites");
    for (size_t i = 0; i < count && !e.code; i++) {
        json_begin_object(&c->out, NULL);
        view_members(&c->out, &list[i]);
        json_end_object(&c->out);
    }
    json_end_array(&c->out);
    return e;
}

static err origins_given(struct cli *c, const char *const *given, size_t most, str *out)
{
    str list[ARGS_LIST];
    size_t count = 0;
    while (count < most && count < ARGS_LIST && given[count]) {
        list[count] = str_of(given[count]);
        count++;
    }
    return site_origins(&c->mem, list, count, out);
}

static err add_row(struct cli *c)
{
    const struct zone *zone;
    str name = str_trim(str_of(c->args.words[0]));
    str institution = c->args.institution ? str_of(c->args.institution) : name;
    struct site s = {.id = id_new(c->now),
                     .key = site_key_new(&c->mem),
                     .name = name,
                     .time_zone = str_of(c->args.zone ? c->args.zone : "Asia/Shanghai"),
                     .settings = site_first_settings(&c->mem, institution, S("")),
                     .created_at = c->now};
    if (!name.len || name.len > 120 || institution.len > 120)
        return ERR(ERR_INVALID, name.len ? "field_long" : "field_short");
    err e = zone_find(s.time_zone, &zone);
    if (!e.code)
        e = origins_given(c, c->args.origins, ARGS_LIST, &s.origins);
    if (!e.code)
        e = site_insert(c->session->main, &s);
    if (!e.code)
        e = cli_audit(c, "site.new", subject_of(c, s.id), S("{}"));
    if (!e.code)
        view_members(&c->out, &s);
    return e;
}

static err show_row(struct cli *c)
{
    struct site s;
    err e = site_by_key(c->session->main, &c->mem, str_of(c->args.words[0]), &s);
    if (!e.code)
        view_members(&c->out, &s);
    return e;
}

/* *(bool *)c->work: retire; otherwise the words after the key are its origins. */
static err change_row(struct cli *c)
{
    struct site s;
    err e = site_by_key(c->session->main, &c->mem, str_of(c->args.words[0]), &s);
    if (e.code)
        return e;
    if (*(const bool *)c->work)
        s.retired_at = c->now;
    else
        e = origins_given(c, c->args.words + 1, (size_t)c->args.word_count - 1, &s.origins);
    if (!e.code)
        e = site_update(c->session->main, &s);
    if (!e.code)
        e = cli_audit(c, "site.change", subject_of(c, s.id),
                      S("{\"settings\":false,\"more\":true}"));
    if (!e.code)
        view_members(&c->out, &s);
    return e;
}

/* --- the API ---------------------------------------------------------------------------------------------- */

static void add_origins(struct json_out *body, const char *const *list, int most)
{
    json_begin_array(body, "origins");
    for (int i = 0; i < most && list[i]; i++)
        json_str(body, NULL, str_of(list[i]));
    json_end_array(body);
}

static struct reply add_by_call(struct cli *c)
{
    struct json_out body;
    json_out_init(&body, &c->mem);
    json_begin_object(&body, NULL);
    json_str(&body, "name", str_of(c->args.words[0]));
    add_origins(&body, c->args.origins, ARGS_LIST);
    if (c->args.zone)
        json_str(&body, "time_zone", str_of(c->args.zone));
    if (c->args.institution)
        json_str(&body, "institution", str_of(c->args.institution));
    json_end_object(&body);
    return cli_call(c, "POST", "/api/sites", json_done(&body));
}

/* "/api/sites/123" for the key in the first word; empty, and that was said, when there is none. */
static str find_by_call(struct cli *c)
{
    const struct json_t *s, *sites;
    str target = S("");
    struct reply list = cli_call(c, "GET", "/api/sites", S(""));
    if (!list.root)
        return target;
    sites = reply_member(list.root, "sites");
    for (size_t i = 0; (s = reply_item(sites, i)); i++)
        if (str_eq(str_of(reply_text(s, "key")), str_of(c->args.words[0])))
            target = str_format(&c->mem, "/api/sites/%s", reply_text(s, "id"));
    reply_free(&list);
    if (!target.len)
        cli_fail(c, ERR(ERR_MISSING, "site_missing"));
    return target;
}

static struct reply change_by_call(struct cli *c, bool retire)
{
    struct json_out body;
    str target = find_by_call(c);
    if (!target.len)
        return (struct reply){.root = NULL};
    json_out_init(&body, &c->mem);
    json_begin_object(&body, NULL);
    if (retire)
        json_bool(&body, "retired", true);
    else
        add_origins(&body, c->args.words + 1, c->args.word_count - 1);
    json_end_object(&body);
    return cli_call(c, "PATCH", str_z(&c->mem, target), json_done(&body));
}

/* --- verbs -------------------------------------------------------------------------------------------------- */

static int run_list(struct cli *c)
{
    if (!cli_open(c))
        return 1;
    struct reply answer =
        c->store ? cli_read(c, list_rows) : cli_call(c, "GET", "/api/sites", S(""));
    return cli_answer(c, answer, print_list);
}

static int run_add(struct cli *c)
{
    if (!cli_open(c))
        return 1;
    return cli_answer(c, c->store ? cli_write(c, add_row) : add_by_call(c), print_one);
}

static int change(struct cli *c, bool retire)
{
    if (!cli_open(c))
        return 1;
    c->work = &retire;
    int status =
        cli_answer(c, c->store ? cli_write(c, change_row) : change_by_call(c, retire), print_one);
    c->work = NULL;
    return status;
}

static int run_origin(struct cli *c)
{
    return change(c, false);
}

static int run_retire(struct cli *c)
{
    return change(c, true);
}

static int run_snippet(struct cli *c)
{
    struct json_out j;
    if (!cli_open(c))
        return 1;
    struct reply site = {.root = NULL};
    if (c->store)
        site = cli_read(c, show_row);
    bool known = c->store ? site.root != NULL : find_by_call(c).len > 0;
    reply_free(&site);
    if (!known)
        return 1;
    json_out_init(&j, &c->mem);
    json_begin_object(&j, NULL);
    json_str(&j, "key", str_of(c->args.words[0]));
    json_str(&j, "install", install_line(c, c->args.words[0]));
    json_end_object(&j);
    return cli_answer(c, reply_of(json_done(&j)), print_snippet);
}

static const struct verb verbs[] = {
    {"list", "", 0, 0, run_list, "all sites: key, time zone, name, origins"},
    {"add", "NAME", 1, 1, run_add, "a site with a key of its own"},
    {"origin", "KEY URL...", 2, 1 + ARGS_LIST, run_origin,
     "the origins that may carry the widget; replaces the former ones"},
    {"retire", "KEY", 1, 1, run_retire, "the widget is answered no more; what was said stays"},
    {"snippet", "KEY", 1, 1, run_snippet, "the line for the website's pages"},
};
static const struct option options[] = {
    OPTION_DATA,
    {"--origin", OPTION_LIST, offsetof(struct args, origins), "URL",
     "as https://www.example.cn; may be given several times"},
    {"--zone", OPTION_TEXT, offsetof(struct args, zone), "ZONE",
     "whose days and hours figures use (default Asia/Shanghai)"},
    {"--institution", OPTION_TEXT, offsetof(struct args, institution), "NAME",
     "registered name, shown to visitors (default: the site's name)"},
    {"--base", OPTION_TEXT, offsetof(struct args, base), "URL",
     "where visitors reach this server (default http://127.0.0.1:8080)"},
    OPTION_JSON,
    OPTION_HELP,
};
static const struct command command = {"site", verbs, COUNT(verbs), options, COUNT(options)};

int cli_site(int argc, char **argv)
{
    return cli_run(&command, argc, argv);
}
