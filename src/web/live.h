/* live.h - what the two halves of the live room share: live.c (frames in, answers) and
 * live_push.c (news out). Everything here belongs to one loop's thread, but for the inbox. */
#ifndef WEB_LIVE_H
#define WEB_LIVE_H

#include "base/map.h"
#include "web/call.h"
#include "web/rate.h"

#include <pthread.h>
#include <stdatomic.h>

struct held {
    int64_t sequence;
    struct frame *frame;
    bool weak;
};

/* What only a console's socket needs. */
struct live_desk {
    struct who who;
    bool available;
    char name[]; /* who.name */
};

/* One open WebSocket: small, because there are many. */
struct live_socket {
    conn_ref ref;
    char side; /* 'v' or 'd' */
    enum language language;
    bool joined;  /* said hello */
    bool holding; /* a hello is being read: pushes wait */
    int pending;  /* calls under way */
    struct rate rate;
    int64_t since; /* monotonic ms */
    int64_t site, visitor, visit, conversation, agent;
    int64_t upto; /* change number up to which hello has told everything */
    struct live_socket *next_tab, *next_desk;
    struct live_desk *desk;
    struct held *held;
    int held_count;
    ptrdiff_t text_len;
    char *text; /* the origin of a visitor's page; the session token of a console */
};

/* What a visitor who left had used of his bucket. */
struct kept_rate {
    int64_t visitor;
    struct rate rate;
};

struct inbox_entry {
    struct inbox_entry *next;
    struct bus_message *message;
};

struct live_loop {
    struct live *live;
    int number;
    struct map by_ref;        /* conn_ref -> struct live_socket */
    struct map by_visitor;    /* visitor id -> first of a list by next_tab */
    struct map rates;         /* visitor id -> struct kept_rate, until its bucket were full */
    struct live_socket *desk; /* list by next_desk */
    uint64_t visits_seen;     /* version last told to the desk */
    int64_t last_walk;
    pthread_mutex_t lock; /* guards the inbox */
    struct inbox_entry *first, *last;
};

struct live {
    struct web *web;
    struct live_loop *loops;
    int count;
    atomic_int agents; /* consoles available for new conversations */
    bool agents_told;  /* loop 0 */
};

/* live_push.c */
MUST_USE err live_push_attach(struct live *l);
void live_tick(struct live *l, int loop);
/* Send what was held back but for what the answer up to `upto` already held. */
void live_hold_end(struct live_loop *l, struct live_socket *s, int64_t upto);

/* live.c */
void live_set_available(struct live *l, struct live_socket *s, bool available);

#endif
