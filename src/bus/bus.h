/* bus.h - what happened, told to whoever listens: in process by default, NATS when outgrown.
 *
 * A message is immutable and refcounted. It belongs to a topic, short dotted words
 * such as "desk.70123.70987", "visitor.7012345.70987.0" (acts/act.h lists them). `sequence` orders what a stream resumes by
 * (change_seq for the desk, the message number for a visitor); 0 where there is no such order.
 * Delivery is at most once and in order of publication per publisher; what must not be missed is
 * read again from the store by `since`. Publish only after COMMIT. */
#ifndef BUS_BUS_H
#define BUS_BUS_H

#include "base/err.h"
#include "base/str.h"

struct bus;

struct bus_message {
    str topic;
    int64_t sequence;
    str payload; /* JSON text */
    bool weak;   /* may be dropped under pressure: typing, presence */
};
/* Both texts are copied; one reference is the caller's. */
struct bus_message *bus_message_new(str topic, int64_t sequence, str payload, bool weak);
struct bus_message *bus_message_ref(struct bus_message *m);
void bus_message_unref(struct bus_message *m);

/* The list of what one call wants to tell, kept until its commit. */
struct bus_outbox {
    struct bus_outbox_entry *first, *last;
};

struct bus_driver {
    const char *name;
    void (*publish)(struct bus *b, struct bus_message *m);
    /* A listener hears every message on the publisher's thread (embedded) or the bus thread
     * (NATS): it must be quick and not block, as a push into a mailbox is. */
    err (*listen)(struct bus *b, void (*heard)(void *arg, struct bus_message *m), void *arg);
    void (*close)(struct bus *b);
};
struct bus {
    const struct bus_driver *driver;
};

/* The caller keeps its reference; a listener that keeps the message takes one of its own. A listener
 * must not listen or publish while it hears. ERR_TOO_MANY "too_many_listeners" above 64. */
void bus_publish(struct bus *b, struct bus_message *m);
MUST_USE err bus_listen(struct bus *b, void (*heard)(void *arg, struct bus_message *m), void *arg);
void bus_close(struct bus *b);

/* Remember for after the commit; payload and topic are copied into mem. */
void outbox_add(struct bus_outbox *o, struct arena *mem, str topic, int64_t sequence, str payload,
                bool weak);
/* Back to how it was when it was copied to `then`. */
void outbox_take_back(struct bus_outbox *o, struct bus_outbox then);
void outbox_publish(struct bus_outbox *o, struct bus *b);

/* --- local.c: in process ---------------------------------------------------------------------- */
MUST_USE err bus_local_open(struct bus **out);

#endif
