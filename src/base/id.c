#include "base/id.h"

#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
    LOW_BITS = 22,
    RANDOM_BITS =
        20 /* leaves 3 million ids above the highest start before the next ms is used up */
};

static const int64_t epoch_ms = 1577836800000; /* 2020-01-01T00:00Z */

static _Atomic int64_t last_id;
static pthread_once_t sodium_once = PTHREAD_ONCE_INIT;

static void start_sodium(void)
{
    if (sodium_init() < 0)
        abort(); /* no source of randomness */
}

int64_t id_new(int64_t now_ms)
{
    int64_t ms = now_ms > epoch_ms ? now_ms - epoch_ms : 0;
    int64_t last = atomic_load(&last_id), next;
    uint32_t start = 0;
    do {
        if (ms > last >> LOW_BITS) {
            if (!start)
                random_bytes(&start, sizeof start);
            next = ms << LOW_BITS | (start & ((1u << RANDOM_BITS) - 1));
        } else {
            next = last + 1; /* the same ms, or a clock that went back */
        }
    } while (!atomic_compare_exchange_weak(&last_id, &last, next));
    return next;
}

void id_floor(int64_t largest_known)
{
    int64_t last = atomic_load(&last_id);
    while (last < largest_known && !atomic_compare_exchange_weak(&last_id, &last, largest_known))
        ;
}

int64_t id_ms(int64_t id)
{
    return (id >> LOW_BITS) + epoch_ms;
}

bool id_parse(str s, int64_t *out)
{
    return s.len && s.ptr[0] >= '1' && s.ptr[0] <= '9' && str_int(s, out);
}

void random_bytes(void *out, size_t n)
{
    pthread_once(&sodium_once, start_sodium);
    randombytes_buf(out, n);
}
