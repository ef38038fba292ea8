/* keys.h - the key file for those who keep it: what keys there are, and a fresh one. The keys
 * themselves stay inside the vault. */
#ifndef GUARD_KEYS_H
#define GUARD_KEYS_H

#include "base/err.h"
#include "base/str.h"

/* The key file: `given`, or DIR.keys when it is NULL; in a folder that is given, laiyu.keys. */
const char *keys_path(struct arena *mem, const char *given, const char *data_directory);

struct key_info {
    int id;
    int64_t created_at;
};
/* In the file's order: the last one seals. Errors of vault_open. */
MUST_USE err keys_list(const char *path, struct arena *mem, struct key_info **out, size_t *count);
/* Append a fresh key; a running server uses it from its next start. */
MUST_USE err keys_rotate(const char *path);

#endif
