#include "bus/bus.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* A message and its texts are one block. */
struct counted_message {
    struct bus_message message;
    atomic_int references;
    char bytes[];
};

struct bus_outbox_entry {
    struct bus_outbox_entry *next;
    struct bus_message message;
};

static str put(char **at, str text)
{
    str copy = {*at, text.len};
    if (text.len)
        memcpy(*at, text.ptr, (size_t)text.len);
    *at += text.len;
    return copy;
}

struct bus_message *bus_message_new(str topic, int64_t sequence, str payload, bool weak)
{
    struct counted_message *c = malloc(sizeof *c + (size_t)topic.len + (size_t)payload.len);
    if (!c)
        abort();
    char *at = c->bytes;
    c->message = (struct bus_message){.sequence = sequence, .weak = weak};
    c->message.topic = put(&at, topic);
    c->message.payload = put(&at, payload);
    atomic_init(&c->references, 1);
    return &c->message;
}

struct bus_message *bus_message_ref(struct bus_message *m)
{
    struct counted_message *c = (struct counted_message *)m;
    atomic_fetch_add_explicit(&c->references, 1, memory_order_relaxed);
    return m;
}

void bus_message_unref(struct bus_message *m)
{
    struct counted_message *c = (struct counted_message *)m;
    if (m && atomic_fetch_sub_explicit(&c->references, 1, memory_order_acq_rel) == 1)
        free(c);
}

void bus_publish(struct bus *b, struct bus_message *m)
{
    b->driver->publish(b, m);
}

err bus_listen(struct bus *b, void (*heard)(void *arg, struct bus_message *m), void *arg)
{
    return b->driver->listen(b, heard, arg);
}

void bus_close(struct bus *b)
{
    if (b)
        b->driver->close(b);
}

void outbox_add(struct bus_outbox *o, struct arena *mem, str topic, int64_t sequence, str payload,
                bool weak)
{
    struct bus_outbox_entry *entry = arena_new(mem, struct bus_outbox_entry, 1);
    entry->message = (struct bus_message){.topic = str_copy(mem, topic),
                                          .sequence = sequence,
                                          .payload = str_copy(mem, payload),
                                          .weak = weak};
    if (o->last)
        o->last->next = entry;
    else
        o->first = entry;
    o->last = entry;
}

void outbox_take_back(struct bus_outbox *o, struct bus_outbox then)
{
    *o = then;
    if (then.last)
        then.last->next = NULL;
}

void outbox_publish(struct bus_outbox *o, struct bus *b)
{
    for (struct bus_outbox_entry *entry = o->first; entry; entry = entry->next) {
        const struct bus_message *e = &entry->message;
        struct bus_message *m = bus_message_new(e->topic, e->sequence, e->payload, e->weak);
        bus_publish(b, m);
        bus_message_unref(m);
    }
    *o = (struct bus_outbox){NULL, NULL};
}
