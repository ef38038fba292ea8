/* Everybody in one process: publishing is a walk over the listeners. */
#include "bus/bus.h"

#include <pthread.h>
#include <stdlib.h>

enum { LISTENERS = 64 };

struct listener {
    void (*heard)(void *arg, struct bus_message *m);
    void *arg;
};

struct local {
    struct bus bus;
    pthread_rwlock_t lock; /* over the list; publishers don't wait for each other */
    struct listener list[LISTENERS];
    size_t count;
};

static void local_publish(struct bus *b, struct bus_message *m)
{
    struct local *l = (struct local *)b;
    pthread_rwlock_rdlock(&l->lock);
    for (size_t i = 0; i < l->count; i++)
        l->list[i].heard(l->list[i].arg, m);
    pthread_rwlock_unlock(&l->lock);
}

static err local_listen(struct bus *b, void (*heard)(void *arg, struct bus_message *m), void *arg)
{
    struct local *l = (struct local *)b;
    pthread_rwlock_wrlock(&l->lock);
    bool room = l->count < LISTENERS;
    if (room)
        l->list[l->count++] = (struct listener){heard, arg};
    pthread_rwlock_unlock(&l->lock);
    return room ? OK : ERR(ERR_TOO_MANY, "too_many_listeners");
}

static void local_close(struct bus *b)
{
    struct local *l = (struct local *)b;
    pthread_rwlock_destroy(&l->lock);
    free(l);
}

static const struct bus_driver local_driver = {
    .name = "local",
    .publish = local_publish,
    .listen = local_listen,
    .close = local_close,
};

err bus_local_open(struct bus **out)
{
    struct local *l = calloc(1, sizeof *l);
    if (!l)
        abort();
    l->bus.driver = &local_driver;
    pthread_rwlock_init(&l->lock, NULL);
    *out = &l->bus;
    return OK;
}
