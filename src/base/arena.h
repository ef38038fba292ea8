/* arena.h - memory by lifetime: allocate freely, free everything at once.
 *
 * Allocation cannot fail: when the system has no memory left the program ends with one log line.
 * Not for use by two threads at a time. Under ASan the unused part is poisoned. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena_chunk;

struct arena {
    struct arena_chunk *chunk; /* newest first */
    char *next, *end;          /* free space of the newest chunk */
    size_t chunk_size;         /* of the next ordinary chunk */
    size_t used;               /* bytes handed out since init or clear */
};

/* No memory is taken before the first allocation. chunk_size 0 means 4 KB. */
void arena_init(struct arena *a, size_t chunk_size);
/* Forget everything but keep one chunk for reuse. */
void arena_clear(struct arena *a);
void arena_release(struct arena *a);

/* Zeroed, never NULL. align is a power of two; count * size is checked for overflow. */
void *arena_alloc(struct arena *a, size_t count, size_t size, size_t align)
    __attribute__((malloc, returns_nonnull));

#define arena_new(a, type, n) ((type *)arena_alloc((a), (n), sizeof(type), _Alignof(type)))

#endif
