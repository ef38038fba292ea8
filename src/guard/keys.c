#include "guard/keys.h"

#include "base/time.h"
#include "guard/vault.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { LINE_MOST = 256, KEYS_MOST = 64 };

/* "id hex created"; the file was read as a whole before, so its form is known to be right. */
static struct key_info info_of(str line)
{
    str id, hex, created;
    int64_t number = 0, at = 0;
    if (str_cut(line, ' ', &id, &line) && str_cut(line, ' ', &hex, &created) &&
        str_int(id, &number) && time_parse_rfc3339(str_trim(created), &at))
        return (struct key_info){(int)number, at};
    return (struct key_info){0};
}

const char *keys_path(struct arena *mem, const char *given, const char *data_directory)
{
    struct stat s;
    if (!given)
        return str_z(mem, str_format(mem, "%s.keys", data_directory));
    if (stat(given, &s) == 0 && S_ISDIR(s.st_mode))
        return str_z(mem, str_format(mem, "%s/laiyu.keys", given));
    return given;
}

err keys_list(const char *path, struct arena *mem, struct key_info **out, size_t *count)
{
    struct vault *v;
    char line[LINE_MOST];
    *count = 0;
    *out = arena_new(mem, struct key_info, KEYS_MOST);
    err e = vault_open(path, false, &v);
    if (e.code)
        return e;
    vault_close(v);
    FILE *file = fopen(path, "re");
    if (!file)
        return ERR(ERR_IO, "keys_open");
    setvbuf(file, NULL, _IONBF, 0); /* no copy of the keys but the line */
    while (*count < KEYS_MOST && fgets(line, sizeof line, file))
        (*out)[(*count)++] = info_of(str_of(line));
    sodium_memzero(line, sizeof line);
    fclose(file);
    return OK;
}

err keys_rotate(const char *path)
{
    return vault_rotate(path);
}
