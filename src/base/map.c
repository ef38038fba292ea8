#include "base/map.h"

#include "base/log.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum {
    SMALLEST = 16 /* slots; always a power of two */
};

/* value is NULL in a slot never used, and &removed in one whose entry is gone: probing goes on
 * behind it. */
struct map_slot {
    const char *bytes; /* NULL: the key is the number alone */
    int64_t number;    /* the key, or the length of bytes */
    void *value;
};

static char removed;

/* The seed is where the slots happen to lie: strangers choose keys, but cannot foresee it. All is
 * hashed anew when the slots move. */
static size_t hash_of(const struct map *m, const char *bytes, int64_t number)
{
    XXH64_hash_t seed = (uintptr_t)m->slots;
    return bytes ? XXH3_64bits_withSeed(bytes, (size_t)number, seed)
                 : XXH3_64bits_withSeed(&number, sizeof number, seed);
}

static bool same_key(const struct map_slot *slot, const char *bytes, int64_t number)
{
    if (slot->number != number || !slot->bytes != !bytes)
        return false;
    return !bytes || memcmp(slot->bytes, bytes, (size_t)number) == 0;
}

static struct map_slot *find(const struct map *m, const char *bytes, int64_t number)
{
    if (!m->count)
        return NULL;
    for (size_t i = hash_of(m, bytes, number);; i++) {
        struct map_slot *slot = &m->slots[i & (m->cap - 1)];
        if (!slot->value)
            return NULL;
        if (slot->value != &removed && same_key(slot, bytes, number))
            return slot;
    }
}

/* The key is known to be absent. */
static void insert(struct map *m, struct map_slot entry)
{
    size_t i = hash_of(m, entry.bytes, entry.number);
    while (m->slots[i & (m->cap - 1)].value && m->slots[i & (m->cap - 1)].value != &removed)
        i++;
    if (m->slots[i & (m->cap - 1)].value)
        m->dead--;
    m->slots[i & (m->cap - 1)] = entry;
    m->count++;
}

/* Room for one more: at most three of four slots are taken, counting the dead. */
static void make_room(struct map *m)
{
    if ((m->count + m->dead + 1) * 4 <= m->cap * 3)
        return;
    struct map bigger = {.cap = SMALLEST};
    while (bigger.cap < (m->count + 1) * 2)
        bigger.cap *= 2;
    bigger.slots = calloc(bigger.cap, sizeof *bigger.slots);
    if (!bigger.slots) {
        log_event(LOG_ERROR, "out_of_memory", {"slots", .number = (int64_t)bigger.cap});
        abort();
    }
    for (size_t i = 0; i < m->cap; i++)
        if (m->slots[i].value && m->slots[i].value != &removed)
            insert(&bigger, m->slots[i]);
    free(m->slots);
    *m = bigger;
}

static void put(struct map *m, struct map_slot entry)
{
    assert(entry.value);
    struct map_slot *slot = find(m, entry.bytes, entry.number);
    if (slot) {
        *slot = entry; /* the key too: the old one may go away with the old value */
        return;
    }
    make_room(m);
    insert(m, entry);
}

/* The slot stays where it is, so that a walk can go on. */
static void *take_out(struct map *m, struct map_slot *slot)
{
    if (!slot)
        return NULL;
    void *value = slot->value;
    *slot = (struct map_slot){.value = &removed};
    m->count--;
    m->dead++;
    return value;
}

static const char *bytes_of(str key)
{
    return key.len ? key.ptr : ""; /* never NULL, which would make it a number */
}

void map_init(struct map *m)
{
    *m = (struct map){NULL, 0, 0, 0};
}

void map_release(struct map *m)
{
    free(m->slots);
    map_init(m);
}

void *map_get_int(const struct map *m, int64_t key)
{
    const struct map_slot *slot = find(m, NULL, key);
    return slot ? slot->value : NULL;
}

void map_put_int(struct map *m, int64_t key, void *value)
{
    put(m, (struct map_slot){NULL, key, value});
}

void *map_remove_int(struct map *m, int64_t key)
{
    return take_out(m, find(m, NULL, key));
}

void *map_get(const struct map *m, str key)
{
    const struct map_slot *slot = find(m, bytes_of(key), key.len);
    return slot ? slot->value : NULL;
}

void map_put(struct map *m, str key, void *value)
{
    put(m, (struct map_slot){bytes_of(key), key.len, value});
}

void *map_remove(struct map *m, str key)
{
    return take_out(m, find(m, bytes_of(key), key.len));
}

void *map_next(const struct map *m, size_t *at)
{
    while (*at < m->cap) {
        void *value = m->slots[(*at)++].value;
        if (value && value != &removed)
            return value;
    }
    return NULL;
}
