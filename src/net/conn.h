/* conn.h - what the files of this room share: loops, connections, and who does what.
 *
 *   loop.c    open, run, stop, close; once in a while a look at every deadline
 *   mailbox.c what other threads want done
 *   accept.c  listening, who may connect, the trusted proxies
 *   conn.c    one connection: reading, holding back, writing, closing
 *   serve.c   a connection that speaks HTTP
 *   answer.c  an HTTP answer as bytes
 *   socket.c  a connection that became a WebSocket
 *   tls.c     the same bytes, sealed
 *   http.c body.c ws.c  pure parsers
 *
 * Everything here runs on the loop's own thread unless it says otherwise. A connection is only
 * freed by libuv's close callback, at the end of a turn: functions may close it and go on. */
#ifndef NET_CONN_H
#define NET_CONN_H

#include "net/http.h"
#include "net/net.h"
#include "net/ws.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

enum {
    READ_BUFFER = 64 * 1024,
    FRAMES_A_TURN = 64,      /* of one socket, before others have theirs */
    QUEUE_WEAK = 64 * 1024,  /* above it weak frames are dropped and nothing more is read */
    QUEUE_FIRM = 256 * 1024, /* above it, answers left out, a WebSocket is closed */
    HANDSHAKES_A_TURN = 16,  /* steps of TLS handshakes; a whole one takes two */
    LINGER_MS = 2000,        /* for the peer to read our last words */
    DRAIN_MS = 10 * 1000,
    WRITES_MS = 1000, /* how often waiting writes are looked at */
    SWEEP_MS = 250,
};

/* What happens on a connection now; names what its deadline means. */
enum phase {
    PHASE_WAIT,    /* no byte of a request is here */
    PHASE_HEAD,    /* some are */
    PHASE_BODY,    /* reading a body */
    PHASE_RUNNING, /* the app has a request; answer outstanding */
    PHASE_SOCKET,  /* a WebSocket, open */
    PHASE_CLOSING, /* a WebSocket, our close frame is sent, theirs not yet here */
    PHASE_LINGER,  /* everything is said; what still comes is thrown away */
};

/* Bytes on their way out. Copied ones stand behind the node itself. */
struct out {
    struct out *next;
    const char *ptr;
    size_t len;
    void (*release)(void *owner);
    void *owner;
};

/* Bytes that came but may not be looked at yet. */
struct held {
    size_t off, len;
    char bytes[];
};

/* The beginning of a head that did not come in one piece. */
struct partial {
    struct http_scan scan;
    size_t len, cap;
    char *bytes;
};

/* A request while its body is read and as the app sees it; lives in its own arena. */
struct request {
    struct http_request http; /* first: the app's pointer is ours */
    struct http_body body;
};

/* A WebSocket's own part. */
struct socket {
    struct ws_parser parser;
    void *user;
    size_t pushed;  /* bytes of frames since the last answer, sent or not */
    uint32_t heard; /* when the last byte came */
    uint8_t pings;  /* sent since then */
};

struct conn {
    uv_tcp_t tcp; /* first; also for the control socket: libuv treats both as streams */
    struct loop *loop;
    struct out *out_first, **out_last;
    struct sending *sending; /* the front of the queue that libuv has */
    struct held *held;
    struct partial *partial;
    struct request *reading;
    struct socket *socket;
    void *ssl; /* NULL: plain */
    uint32_t slot, generation;
    uint32_t since;    /* tenths: when the phase began */
    uint32_t progress; /* tenths: when the peer last took bytes */
    size_t unsent, unsent_seen;
    uint8_t address[16];
    uint8_t phase;
    bool closing : 1;                   /* uv_close was called */
    bool finishing : 1;                 /* nothing more is sent after what is queued */
    bool eof : 1;                       /* the peer says no more */
    bool local : 1;                     /* over the control socket */
    bool counted : 1;                   /* in the table of addresses */
    bool paused : 1;                    /* not reading from the kernel */
    bool busy : 1;                      /* its input is being looked at, further up the stack */
    bool corked : 1;                    /* write at the end of the turn */
    bool keep_alive : 1, head_only : 1; /* of the request the app has */
    bool spent : 1;                     /* over its frames of this turn */
    bool handshaking : 1;
};

/* A place for a connection. Deadlines stand here, so that looking for what is due touches no
 * connection. */
struct slot {
    struct conn *conn;   /* NULL: free */
    uint32_t generation; /* of the present or next connection; never 0 */
    uint32_t due;        /* tenths since the loop began; in a free slot the next free one */
};

/* TLS without buffers a connection: every BIO of a loop reads `in` and appends to `out`. */
struct tls_pipe {
    void *method;
    const char *in;
    size_t in_len;
    char *out, *plain;
    size_t out_len, out_cap;
};

struct loop {
    uv_loop_t uv;
    uv_async_t wake;
    uv_timer_t sweep;
    uv_idle_t again;   /* runs while `later` is not empty */
    uv_prepare_t turn; /* a new turn has new budgets */
    uv_tcp_t listener;
    uv_pipe_t control;
    bool listening, controlled, draining, ended;
    struct net *net;
    int index, handshakes;
    pthread_t thread;
    atomic_ulong runs_on; /* pthread_self of it, 0 before */
    struct slot *slots;
    uint32_t slot_count, free_slot, tick_at, drain_end;
    size_t conns;
    conn_ref *later; /* connections that have held input to be looked at next turn */
    size_t later_count, later_cap;
    pthread_mutex_t lock;
    struct mail *mail_first, **mail_last; /* under lock */
    struct tls_pipe tls;
    int64_t date_second;
    char date[32];
    char buffer[READ_BUFFER];
};

struct address_table;

struct net {
    struct net_options o; /* defaults filled in; its texts are no longer valid */
    struct net_app app;
    int loop_count, port;
    struct loop **loops;
    atomic_bool stopping;
    atomic_int connections;
    struct address_table *addresses;
    uint8_t (*proxies)[16];
    size_t proxy_count;
    void *tls; /* SSL_CTX, NULL: plain */
    char *control_path;
};

/* loop.c */
uint32_t loop_tenths(struct loop *l);
bool loop_is_here(struct loop *l); /* any thread */
/* The connection that ref names, NULL if it is gone. */
struct conn *loop_find(struct loop *l, conn_ref ref);
conn_ref conn_name(const struct conn *c);
/* Look at c's held input in the next turn. */
void loop_later(struct conn *c);
const char *loop_date(struct loop *l); /* for the Date header */
void slot_take(struct loop *l, struct conn *c);
void slot_free(struct conn *c);
void slot_due(struct conn *c, uint32_t after_ms);         /* its only deadline, if no write waits */
void slot_due_at_most(struct conn *c, uint32_t after_ms); /* this or an earlier one */

/* mailbox.c */
bool mailbox_deliver(struct loop *l); /* false: there was nothing */

/* accept.c */
MUST_USE err accept_listen(struct net *n, const char *listen);
MUST_USE err accept_control(struct net *n);
MUST_USE err accept_proxies(struct net *n, const char *list);
void accept_init(struct net *n);
void accept_release(struct net *n);
void accept_forget(struct conn *c); /* it no longer counts against its address */
/* Fill r->address and r->tls from the peer and, if it is trusted, from what it forwarded. */
void accept_origin(struct conn *c, struct http_request *r);

/* conn.c */
struct conn *conn_new(struct loop *l);
MUST_USE bool conn_start(struct conn *c); /* read; false: it was closed */
/* One of several pieces of a write. */
struct piece {
    str bytes;
    bool stays; /* bytes live forever or until release; otherwise they are copied if need be */
    void (*release)(void *owner); /* always called once */
    void *owner;
};
void conn_write(struct conn *c, const struct piece *pieces, size_t count);
/* The same below TLS. */
void conn_write_raw(struct conn *c, const struct piece *pieces, size_t count);
void conn_flush(struct conn *c);      /* what was corked */
void conn_drop_queue(struct conn *c); /* what libuv does not have yet */
size_t conn_unsent(const struct conn *c);
/* Plain input, in order; holds back what cannot be looked at yet. */
void conn_input(struct conn *c, char *bytes, size_t len);
void conn_resume(struct conn *c);    /* look at held input again */
void conn_finish(struct conn *c);    /* send what is queued, then close */
void conn_close(struct conn *c);     /* now */
void conn_peer_done(struct conn *c); /* it sends no more */
void conn_due(struct conn *c);       /* its deadline passed: act, and set the next */
void conn_drain(struct conn *c);     /* the server stops */

/* serve.c: HTTP */
size_t serve_input(struct conn *c, char *bytes, size_t len);      /* returns the bytes used */
void serve_refuse(struct conn *c, struct request *r, int status); /* r NULL: none was read */
void serve_wait(struct conn *c);                                  /* begin to wait for a request */
void serve_due(struct conn *c);
void serve_release(struct conn *c);

/* answer.c */
void answer_write(struct conn *c, const struct http_answer *a);

/* socket.c: WebSocket */
void socket_open(struct conn *c, const char *accept, uint32_t max_message, void *user);
size_t socket_input(struct conn *c, char *bytes, size_t len);
void socket_send(struct conn *c, struct frame *f, enum frame_weight weight);
void socket_close(struct conn *c, int code, str reason);
void socket_due(struct conn *c);
void socket_release(struct conn *c);

/* tls.c */
MUST_USE err tls_open(struct net *n, const char *cert, const char *key);
void tls_close(struct net *n);
void tls_loop_init(struct loop *l);
void tls_loop_release(struct loop *l);
void tls_start(struct conn *c);
void tls_input(struct conn *c, const char *bytes, size_t len);
void tls_write(struct conn *c, const struct piece *pieces, size_t count);
void tls_goodbye(struct conn *c); /* close_notify */
void tls_release(struct conn *c);

#endif
