/* map.h - hash maps from int64 or bytes to pointers, open addressing, xxhash.
 *
 * Grows by itself; memory is its own (malloc), not an arena's. Not shared between threads. Keys of
 * byte maps are borrowed: the caller keeps them alive (usually inside the value). */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/str.h"

struct map_slot;
struct map {
    struct map_slot *slots;
    size_t cap, count, dead;
};

void map_init(struct map *m);
void map_release(struct map *m);

void *map_get_int(const struct map *m, int64_t key);
void map_put_int(struct map *m, int64_t key, void *value); /* replaces */
void *map_remove_int(struct map *m, int64_t key);          /* NULL if absent */

void *map_get(const struct map *m, str key);
void map_put(struct map *m, str key, void *value);
void *map_remove(struct map *m, str key);

/* Walk in no order; removing the entry just returned is allowed.
 * size_t at = 0; while ((v = map_next(&m, &at))) ... */
void *map_next(const struct map *m, size_t *at);

#endif
