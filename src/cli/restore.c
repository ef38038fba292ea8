#include "cli/check_rows.h"
#include "cli/cli.h"
#include "cli/data.h"

#include "db/db.h"
#include "db/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES_MOST = 1300, COPY_BYTES = 1 << 16 };

/* "main.db" and "trail-202611.db" */
static bool is_store_file(str name)
{
    int64_t month;
    if (str_eq(name, S("main.db")))
        return true;
    return name.len == 15 && str_starts(name, S("trail-")) && str_ends(name, S(".db")) &&
           str_int(str_slice(name, 6, 12), &month);
}

struct restore {
    struct cli *c;
    const char *from, *to;
    str names[FILES_MOST];
    size_t count, copied;
    bool has_main;
};

static err list_files(struct restore *r)
{
    DIR *dir = opendir(r->from);
    if (!dir)
        return ERR(ERR_MISSING, "data_missing");
    for (struct dirent *entry; (entry = readdir(dir));) {
        str name = str_of(entry->d_name);
        if (!is_store_file(name) || r->count == FILES_MOST)
            continue;
        r->names[r->count++] = str_copy(&r->c->mem, name);
        r->has_main |= str_eq(name, S("main.db"));
    }
    closedir(dir);
    return r->has_main ? OK : ERR(ERR_MISSING, "data_missing");
}

/* The new data directory: made, or there with nothing in it. */
static err fresh_target(const char *path)
{
    bool empty = true;
    if (mkdir(path, 0700) == 0)
        return OK;
    DIR *dir = errno == EEXIST ? opendir(path) : NULL;
    if (!dir)
        return ERR(ERR_IO, "data_directory");
    for (struct dirent *entry; (entry = readdir(dir));)
        empty &= str_eq(str_of(entry->d_name), S(".")) || str_eq(str_of(entry->d_name), S(".."));
    closedir(dir);
    return empty ? OK : ERR(ERR_CONFLICT, "restore_exists");
}

static char *path_of(struct restore *r, const char *folder, str name)
{
    return str_z(&r->c->mem, str_format(&r->c->mem, "%s/%.*s", folder, STR_ARG(name)));
}

static bool write_all(int fd, const char *bytes, ssize_t n)
{
    while (n > 0) {
        ssize_t step = write(fd, bytes, (size_t)n);
        if (step <= 0)
            return false;
        bytes += step;
        n -= step;
    }
    return true;
}

static bool copy_bytes(int in, int out)
{
    static char bytes[COPY_BYTES];
    for (;;) {
        ssize_t n = read(in, bytes, sizeof bytes);
        if (n == 0)
            return fsync(out) == 0;
        if (n < 0 || !write_all(out, bytes, n))
            return false;
    }
}

static err copy_file(const char *from, const char *to)
{
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool good = in >= 0 && out >= 0 && copy_bytes(in, out);
    bool full = !good && errno == ENOSPC;
    if (in >= 0)
        close(in);
    if (out >= 0)
        good = close(out) == 0 && good;
    return good ? OK : full ? ERR(ERR_FULL, "disk_full") : ERR(ERR_IO, "restore_failed");
}

/* The copy is looked at, not the original: that is what will be used. */
static err check_copy(struct restore *r, const char *path)
{
    struct db *db;
    str report = S("");
    err e = sqlite_open(path, &(struct sqlite_options){.read_only = true}, &db);
    if (e.code)
        return e;
    e = sqlite_integrity(db, &r->c->mem, &report);
    db_close(db);
    if (report.len)
        fprintf(stderr, "%s: %.*s", path, STR_ARG(report));
    return !e.code && report.len ? ERR(ERR_STORE, "backup_damaged") : e;
}

static void undo(struct restore *r)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < r->copied; i++)
        for (size_t k = 0; k < COUNT(ends); k++)
            unlink(str_z(&r->c->mem, str_format(&r->c->mem, "%s/%.*s%s", r->to,
                                                STR_ARG(r->names[i]), ends[k])));
    rmdir(r->to);
}

static err copy_all(struct restore *r)
{
    err e = OK;
    for (size_t i = 0; i < r->count && !e.code; i++) {
        char *to = path_of(r, r->to, r->names[i]);
        r->copied = i + 1;
        e = copy_file(path_of(r, r->from, r->names[i]), to);
        if (!e.code)
            e = check_copy(r, to);
    }
    return e;
}

/* Do the keys fit? Every sealed text is tried. */
static int check_keys(struct restore *r, int64_t *opened)
{
    struct db *db;
    struct buf findings;
    int64_t damaged = 0;
    buf_init(&findings, &r->c->mem, 256);
    err e = sqlite_open(path_of(r, r->to, S("main.db")),
                        &(struct sqlite_options){.read_only = true}, &db);
    if (e.code)
        return cli_fail(r->c, e);
    e = check_sealed(db, cli_keys_path(r->c), &findings, opened, &damaged);
    db_close(db);
    if (!e.code && damaged)
        e = ERR(ERR_STORE, "sealed_damaged");
    return e.code ? cli_fail(r->c, e) : 0;
}

static void print_done(struct cli *c, const struct json_t *answer)
{
    (void)answer;
    printf("restored to %s; every file is sound\n", c->args.data);
    if (c->args.keys)
        printf("the key file %s opens everything that is sealed\n", c->args.keys);
    else
        printf("The key file is not part of a backup: bring it along as %s, mode 0600.\n",
               cli_keys_path(c));
}

static int run(struct cli *c)
{
    static struct restore r;
    int64_t opened = 0;
    r = (struct restore){.c = c, .from = c->args.words[0], .to = c->args.data};
    err e = list_files(&r);
    if (!e.code)
        e = fresh_target(r.to);
    if (e.code)
        return cli_fail(c, e);
    e = copy_all(&r);
    if (e.code) {
        undo(&r);
        return cli_fail(c, e);
    }
    if (c->args.keys && check_keys(&r, &opened))
        return 1;
    str text =
        str_format(&c->mem, "{\"ok\":true,\"files\":%zu,\"sealed_checked\":%s,\"sealed\":%lld}",
                   r.count, c->args.keys ? "true" : "false", (long long)opened);
    return cli_answer(c, reply_of(text), print_done);
}

static const struct verb verbs[] = {
    {NULL, "BACKUP", 1, 1, run, "make the data directory --data from a backup"},
};
static const struct option options[] = {
    {"--data", OPTION_TEXT, offsetof(struct args, data), "DIR",
     "the new data directory: absent or empty (default ./data)"},
    {"--keys", OPTION_TEXT, offsetof(struct args, keys), "FILE",
     "also try whether these keys open what is sealed"},
    OPTION_JSON,
    OPTION_HELP,
};
static const struct command command = {"restore", verbs, COUNT(verbs), options, COUNT(options)};

int cli_restore(int argc, char **argv)
{
    return cli_run(&command, argc, argv);
}
