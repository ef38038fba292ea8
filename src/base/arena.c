#include "base/arena.h"

#include "base/log.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ASAN 1
#endif
#endif

#ifdef ASAN
#include <sanitizer/asan_interface.h>
#define POISON(ptr, size)   ASAN_POISON_MEMORY_REGION((ptr), (size))
#define UNPOISON(ptr, size) ASAN_UNPOISON_MEMORY_REGION((ptr), (size))
#else
#define POISON(ptr, size)   ((void)(ptr), (void)(size))
#define UNPOISON(ptr, size) ((void)(ptr), (void)(size))
#endif

enum {
    FIRST_CHUNK = 4096,
    LARGEST_CHUNK = 1 << 20 /* chunks double up to here */
};

struct arena_chunk {
    struct arena_chunk *older;
    size_t size; /* of data */
    _Alignas(max_align_t) char data[];
};

static _Noreturn void out_of_memory(size_t size)
{
    log_event(LOG_ERROR, "out_of_memory", {"bytes", .number = (int64_t)size});
    abort();
}

static void start_chunk(struct arena *a, struct arena_chunk *chunk)
{
    a->chunk = chunk;
    a->next = chunk->data;
    a->end = chunk->data + chunk->size;
    POISON(chunk->data, chunk->size);
}

static struct arena_chunk *new_chunk(size_t size)
{
    struct arena_chunk *chunk = malloc(sizeof *chunk + size);
    if (!chunk)
        out_of_memory(size);
    chunk->size = size;
    chunk->older = NULL;
    return chunk;
}

static void free_chunks(struct arena_chunk *chunk)
{
    while (chunk) {
        struct arena_chunk *older = chunk->older;
        UNPOISON(chunk->data, chunk->size);
        free(chunk);
        chunk = older;
    }
}

/* Room for one allocation of `size` bytes with `align`. What does not fit into a fresh ordinary
 * chunk gets one of its own, behind the newest, whose rest stays in use. */
static char *more(struct arena *a, size_t size, size_t align)
{
    size_t need;
    if (__builtin_add_overflow(size, align, &need) || need > PTRDIFF_MAX / 2)
        out_of_memory(size);
    if (need > a->chunk_size && a->chunk) {
        struct arena_chunk *own = new_chunk(need);
        own->older = a->chunk->older;
        a->chunk->older = own;
        POISON(own->data, own->size);
        return own->data + (-(uintptr_t)own->data & (align - 1));
    }
    struct arena_chunk *chunk = new_chunk(need > a->chunk_size ? need : a->chunk_size);
    chunk->older = a->chunk;
    start_chunk(a, chunk);
    if (a->chunk_size < LARGEST_CHUNK)
        a->chunk_size *= 2;
    char *at = a->next + (-(uintptr_t)a->next & (align - 1));
    a->next = at + size;
    return at;
}

void arena_init(struct arena *a, size_t chunk_size)
{
    *a = (struct arena){.chunk_size = chunk_size ? chunk_size : FIRST_CHUNK};
}

void arena_clear(struct arena *a)
{
    if (a->chunk) {
        free_chunks(a->chunk->older);
        a->chunk->older = NULL;
        start_chunk(a, a->chunk);
    }
    a->used = 0;
}

void arena_release(struct arena *a)
{
    free_chunks(a->chunk);
    *a = (struct arena){.chunk_size = FIRST_CHUNK};
}

void *arena_alloc(struct arena *a, size_t count, size_t size, size_t align)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        out_of_memory(SIZE_MAX);
    size_t pad = -(uintptr_t)a->next & (align - 1);
    char *at;
    if (a->next && (size_t)(a->end - a->next) >= pad && (size_t)(a->end - a->next) - pad >= bytes) {
        at = a->next + pad;
        a->next = at + bytes;
    } else {
        at = more(a, bytes, align);
    }
    a->used += bytes;
    UNPOISON(at, bytes);
    return bytes ? memset(at, 0, bytes) : at;
}
