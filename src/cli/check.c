/* check.c - reads everything beside a running server or without one, and changes nothing. */
#include "cli/check_rows.h"
#include "cli/cli.h"
#include "cli/data.h"

#include "chat/chat_rows.h"
#include "db/store.h"
#include "guard/guard_rows.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MONTHS_MOST = 1200 };

struct check {
    struct cli *c;
    struct buf findings; /* a line each */
    int64_t files, audit_rows, sealed;
    bool sealed_seen;
};

/* A part that cannot even be read is a finding, and the next part is looked at. */
static void note(struct check *k, const char *part, err e)
{
    if (e.code)
        buf_format(&k->findings, "%s: cannot be read: %s\n", part, e.name);
}

static void add_lines(struct check *k, const char *file, str lines)
{
    str line;
    while (lines.len) {
        (void)str_cut(lines, '\n', &line, &lines);
        if (line.len)
            buf_format(&k->findings, "%s: %.*s\n", file, STR_ARG(line));
    }
}

static void check_file(struct check *k, struct db *db, const char *file)
{
    str report;
    err e = sqlite_integrity(db, &k->c->mem, &report);
    k->files++;
    note(k, file, e);
    if (!e.code)
        add_lines(k, file, report);
}

static void check_audit(struct check *k, struct db *main)
{
    int64_t broken;
    err e = audit_verify(main, &k->audit_rows, &broken);
    note(k, "main.db: audit", e);
    if (!e.code && broken)
        buf_format(&k->findings, "main.db: audit: the chain is broken at row %lld\n",
                   (long long)broken);
}

/* Without a key file the rest is still worth checking, unless one was named. */
static void check_keys(struct check *k, struct db *main)
{
    int64_t damaged;
    const char *keys = cli_keys_path(k->c);
    err e = check_sealed(main, keys, &k->findings, &k->sealed, &damaged);
    k->sealed_seen = !e.code;
    if (!e.code || (!k->c->args.keys && !strcmp(e.name, "keys_missing")))
        return;
    note(k, keys, e);
}

static err check_main(void *arg, struct session *s)
{
    struct check *k = arg;
    str report;
    check_file(k, s->main, "main.db");
    err e = chat_check(s->main, &k->c->mem, &report);
    note(k, "main.db: conversations", e);
    if (!e.code)
        add_lines(k, "main.db", report);
    note(k, "main.db: orphans", check_main_orphans(s->main, &k->findings));
    check_audit(k, s->main);
    check_keys(k, s->main);
    return OK;
}

struct month_check {
    struct check *k;
    int month;
};

static err check_month(void *arg, struct session *s)
{
    struct month_check *m = arg;
    struct db *trail;
    char file[32];
    snprintf(file, sizeof file, "trail-%06d.db", m->month);
    err e = session_trail(s, m->month, &trail);
    note(m->k, file, e);
    if (e.code)
        return OK;
    check_file(m->k, trail, file);
    note(m->k, file, check_trail_orphans(trail, m->month, &m->k->findings));
    return OK;
}

static void check_all(struct check *k, struct store *store)
{
    int months[MONTHS_MOST];
    note(k, "main.db", store_wait(store, QUEUE_READ, check_main, k));
    size_t count = store_months(store, months, COUNT(months));
    for (size_t i = 0; i < count; i++) {
        struct month_check m = {k, months[i]};
        note(k, "trail", store_wait(store, QUEUE_READ, check_month, &m));
    }
}

static void tell_json(const struct check *k, size_t count)
{
    struct json_out j;
    str line, lines = buf_str(&k->findings);
    json_out_init(&j, &k->c->mem);
    json_begin_object(&j, NULL);
    json_bool(&j, "sound", !count);
    json_int(&j, "files", k->files);
    json_int(&j, "audit_rows", k->audit_rows);
    json_bool(&j, "sealed_checked", k->sealed_seen);
    json_int(&j, "sealed", k->sealed);
    json_begin_array(&j, "findings");
    while (lines.len) {
        (void)str_cut(lines, '\n', &line, &lines);
        json_str(&j, NULL, line);
    }
    json_end_array(&j);
    json_end_object(&j);
    str text = json_done(&j);
    printf("%.*s\n", STR_ARG(text));
}

static void tell(const struct check *k, size_t count)
{
    str lines = buf_str(&k->findings);
    printf("%.*s", STR_ARG(lines));
    if (!count)
        printf("sound: %lld files, %lld audit rows, %lld sealed texts\n", (long long)k->files,
               (long long)k->audit_rows, (long long)k->sealed);
    if (!k->sealed_seen)
        fprintf(stderr, "laiyu check: without the key file sealed texts were not opened\n");
}

static int run(struct cli *c)
{
    struct check k = {.c = c};
    struct store *store;
    struct store_options o = {
        .directory = c->args.data, .readers = 1, .workers = 1, .read_only = true};
    if (access(str_z(&c->mem, str_format(&c->mem, "%s/main.db", c->args.data)), F_OK) != 0)
        return cli_fail(c, ERR(ERR_MISSING, "data_missing"));
    buf_init(&k.findings, &c->mem, 256);
    err e = store_open(&o, &store);
    note(&k, "main.db", e);
    if (!e.code) {
        check_all(&k, store);
        store_close(store);
    }
    size_t count = 0;
    for (size_t i = 0; i < k.findings.len; i++)
        count += k.findings.ptr[i] == '\n';
    if (c->args.json)
        tell_json(&k, count);
    else
        tell(&k, count);
    return count ? 1 : 0;
}

static const struct verb verbs[] = {
    {NULL, "", 0, 0, run,
     "files, message numbers, orphans, audit chain, sealed texts; a line a finding, exit 1"},
};
static const struct option options[] = {OPTION_DATA, OPTION_KEYS, OPTION_JSON, OPTION_HELP};
static const struct command command = {"check", verbs, COUNT(verbs), options, COUNT(options)};

int cli_check(int argc, char **argv)
{
    return cli_run(&command, argc, argv);
}
