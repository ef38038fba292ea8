/* limits.c - token buckets by address, for routes that strangers may call, and the tries at names
 * that nobody has.
 *
 * A fixed table of buckets found by hash: two addresses that share one share their allowance, which
 * is the price of a bound that cannot be filled up from outside. Loopback is a proxy or ourselves
 * and is not counted. */
#include "web/call.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <xxhash.h>

enum { BUCKETS = 16384, BURST = 400, PER_SECOND = 100, NAMES = 8192 };

struct bucket {
    int64_t at;
    int left;
};
struct limits {
    pthread_mutex_t lock;
    struct bucket buckets[BUCKETS];
    uint64_t seed; /* nobody outside can say which names share a place */
    struct tries tries[NAMES];
};

struct limits *limits_new(void)
{
    struct limits *l = calloc(1, sizeof(*l));
    if (!l)
        abort();
    pthread_mutex_init(&l->lock, NULL);
    randombytes_buf(&l->seed, sizeof l->seed);
    return l;
}

void limits_free(struct limits *l)
{
    pthread_mutex_destroy(&l->lock);
    free(l);
}

/* Who holds one IPv6 address holds its /64: the first four groups count. */
static str network_of(str a)
{
    int groups = 0;
    if (str_starts(a, S("::ffff:"))) /* an IPv4 address on a socket for both */
        return a;
    for (ptrdiff_t i = 0; i < a.len; i++) {
        if (a.ptr[i] != ':')
            continue;
        if (++groups == 4 || (i + 1 < a.len && a.ptr[i + 1] == ':'))
            return str_slice(a, 0, i);
    }
    return a;
}

bool limits_take(struct limits *l, const char *address, int64_t now, int cost)
{
    str a = str_of(address);
    if (!a.len || str_starts(a, S("127.")) || str_eq(a, S("::1")))
        return true;
    a = network_of(a);
    struct bucket *b = &l->buckets[XXH3_64bits(a.ptr, (size_t)a.len) % BUCKETS];
    pthread_mutex_lock(&l->lock);
    int64_t gained = b->at ? (now - b->at) * PER_SECOND / 1000 : BURST;
    if (gained > 0 || !b->at) {
        b->left = b->left + gained > BURST ? BURST : b->left + (int)gained;
        b->at = now;
    }
    bool granted = b->left >= cost;
    if (granted)
        b->left -= cost;
    pthread_mutex_unlock(&l->lock);
    return granted;
}

struct tries *limits_tries(struct limits *l, str login)
{
    uint64_t name = XXH3_64bits_withSeed(login.ptr, (size_t)login.len, l->seed);
    struct tries *t = &l->tries[name % NAMES];
    if (t->name != name)
        *t = (struct tries){.name = name};
    return t;
}
