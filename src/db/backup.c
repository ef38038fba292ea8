#include "db/store_parts.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* The directory, made if absent, with nothing in it. */
static err fresh_directory(const char *path)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return ERR(ERR_IO, "backup_failed");
    DIR *dir = opendir(path);
    if (!dir)
        return ERR(ERR_IO, "backup_failed");
    bool empty = true;
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            empty = false;
    }
    closedir(dir);
    return empty ? OK : ERR(ERR_CONFLICT, "backup_exists");
}

static err check_copy(const char *path)
{
    struct db *copy;
    struct arena mem;
    str report;
    err e = sqlite_open(path, &(struct sqlite_options){.read_only = true}, &copy);
    if (e.code)
        return e;
    arena_init(&mem, 0);
    e = sqlite_integrity(copy, &mem, &report);
    if (!e.code && report.len)
        e = ERR(ERR_STORE, "backup_damaged");
    arena_release(&mem);
    db_close(copy);
    return e;
}

static err copy_file(const struct store *s, int month, const char *directory)
{
    char from[PATH_BYTES], to[PATH_BYTES];
    struct db *db;
    store_path(s, month, from);
    int n = snprintf(to, sizeof to, "%s/%s", directory, strrchr(from, '/') + 1);
    if (n < 0 || (size_t)n >= sizeof to)
        return ERR(ERR_IO, "backup_failed");
    err e = sqlite_open(from, &(struct sqlite_options){.read_only = true}, &db);
    if (e.code)
        return e;
    e = sqlite_backup_into(db, to);
    db_close(db);
    return e.code ? e : check_copy(to);
}

err store_backup(struct store *s, const char *directory)
{
    int months[MONTHS_MAX];
    err e = fresh_directory(directory);
    /* main.db first: a conversation's visit is then in the trail for certain. */
    if (!e.code)
        e = copy_file(s, MAIN_FILE, directory);
    size_t count = e.code ? 0 : store_months(s, months, COUNT(months));
    for (size_t i = 0; !e.code && i < count; i++)
        e = copy_file(s, months[i], directory);
    return e.code ? e : store_sync_directory(directory);
}
