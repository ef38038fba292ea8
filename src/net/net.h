/* net.h - sockets in, calls out: event loops, HTTP/1.1, WebSocket, TLS.
 *
 * One loop a thread, each with its own listening socket (SO_REUSEPORT). A connection lives on one
 * loop; other threads hold a struct conn_ref, which outlives it harmlessly. The room above is a
 * struct net_app; it is called on loop threads only and never blocks there.
 *
 * Requests are checked once by the refusal list of findings.md ("Doors"), before http-parser sees
 * them; what is ambiguous is refused with 400 and the connection closed, never repaired. */
#ifndef NET_NET_H
#define NET_NET_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct net;

/* 0 is nobody. {loop 8 bits, generation 24 bits, slot 32 bits} */
typedef uint64_t conn_ref;

/* http_parser.h has the names without the last underscore. */
/* NOLINTBEGIN(readability-identifier-naming) */
enum http_method {
    HTTP_GET_,
    HTTP_HEAD_,
    HTTP_POST_,
    HTTP_PUT_,
    HTTP_PATCH_,
    HTTP_DELETE_,
    HTTP_OPTIONS_,
    HTTP_OTHER_
};
/* NOLINTEND(readability-identifier-naming) */

struct http_header {
    str name; /* lower case */
    str value;
};

/* One request, complete with its body. Everything lives in `mem`, the request's own arena, which
 * moves to the app with it: the app hands it back by http_request_free, on any thread. */
struct http_request {
    struct arena mem;
    conn_ref from;
    enum http_method method;
    str method_text, target; /* as received */
    str path;                /* target before '?', not decoded */
    str query;
    const struct http_header *headers;
    size_t header_count;
    str host; /* the Host header */
    str body;
    char address[46]; /* peer; from X-Forwarded-For's last entry when the peer is a trusted proxy */
    bool tls;         /* or X-Forwarded-Proto: https from a trusted proxy */
    bool local;       /* came over the control socket */
    bool wants_websocket;
    bool keep_alive;
    void *app; /* set by admit, free for the app */
};
str http_header_get(const struct http_request *r, str lower_name); /* empty if absent */
void http_request_free(struct http_request *r);

/* Bytes many connections share: refcounted, immutable once made, already framed for WebSocket. */
struct frame;
/* text is one text message; copied. */
struct frame *frame_text(str text);
struct frame *frame_ref(struct frame *f);
void frame_unref(struct frame *f);
size_t frame_size(const struct frame *f);

/* How much a frame matters when a connection is slow: above 64 KB queued, WEAK ones are dropped;
 * above 256 KB, or 10 s without progress, the connection is closed with 1013. An ANSWER is what the
 * peer itself asked for: however large, it is not held against it, and neither is what was queued
 * before it. (Its next question is not read before the queue is short again.) */
enum frame_weight { FRAME_WEAK, FRAME_FIRM, FRAME_ANSWER };

struct http_answer {
    int status;
    str content_type; /* empty: no body */
    str body;
    /* More lines, each "name: value\r\n"; without the ones net writes itself: Date,
     * Content-Length, Connection, Content-Type. */
    str headers;
    bool close; /* after this answer */
    bool head_only;
    /* The body's owner: called once the bytes were written or dropped. May be NULL (static). */
    void (*release)(void *owner);
    void *owner;
};

struct net_app {
    void *ctx;
    /* The head is here, the body not yet. Returns the largest body this request may have, or a
     * negative err_code; then *name is the error's name and `refuse` writes the answer. Static
     * and tiny. */
    ptrdiff_t (*admit)(void *ctx, struct http_request *r, const char **name);
    /* A refusal that net itself decided, or admit: fill the answer, its texts in r->mem. Net's own
     * names: request_format 400, request_slow 408, request_too_large 413, target_too_long 414,
     * expectation_unknown 417, websocket_version 426, head_too_large 431, method_unknown 501,
     * connections_too_many 503, http_version 505. r may lack everything but mem and address. */
    void (*refuse)(void *ctx, struct http_request *r, int status, const char *name,
                   struct http_answer *out);
    /* A complete request. Answer now or later by net_answer, exactly once; or accept a WebSocket
     * by net_upgrade. Requests of one connection arrive one at a time: the next is not read before
     * the answer to this one was given. */
    void (*request)(void *ctx, struct http_request *r);
    /* One complete text message (valid UTF-8, within the limit given to net_upgrade). text is
     * borrowed for the call. user is what net_upgrade was given. */
    void (*message)(void *ctx, conn_ref from, void *user, str text);
    /* The socket is gone; user is the app's again. Called exactly once for each upgrade. */
    void (*closed)(void *ctx, conn_ref from, void *user);
    /* Once about every second on each loop. */
    void (*tick)(void *ctx, int loop);
};

struct net_options {
    const char *listen;       /* "127.0.0.1:8080" or "[::1]:8080"; port 0 takes a free one */
    const char *control_path; /* unix socket, mode 0600; NULL for none; served by loop 0 */
    int loops;                /* 0: one a core */
    int max_connections;      /* 0: descriptor limit - 256 */
    int max_per_address;      /* 0: 256; loopback peers have none unless set (a proxy in front) */
    const char *tls_cert, *tls_key; /* both or none */
    const char *trusted_proxies;    /* comma list of addresses; NULL: 127.0.0.1,::1 */
    /* Limits of time, ms; 0 takes the default in brackets. */
    int head_ms;   /* from accept or previous answer's end to a whole head [10,000] */
    int idle_ms;   /* keep-alive without a request [60,000] */
    int body_rate; /* least bytes a second of a body after 5 s [500] */
    int ping_ms;   /* silence before a ping [30,000]; two unanswered close */
    int stall_ms;  /* no progress of our writes [10,000] */
};

MUST_USE err net_open(const struct net_options *o, const struct net_app *app, struct net **out);
/* The port really bound. */
int net_port(const struct net *n);
int net_loops(const struct net *n);
/* Run the loops; returns after net_stop has drained. Loop 0 runs on the calling thread. */
void net_run(struct net *n);
/* Any thread or signal-safe path through uv_async: no new accepts, WebSockets closed with 1001,
 * running answers finished (at most 10 s), then net_run returns. */
void net_stop(struct net *n);
void net_close(struct net *n);

/* Any thread. Answers to a connection that is gone release their body and are forgotten. */
void net_answer(struct net *n, conn_ref to, struct http_answer *a);

/* Turn the connection into a WebSocket; loop thread or any other. The 101 is written, then messages
 * flow. max_message caps one reassembled message, in bytes. r->wants_websocket must be true; r stays
 * the app's, to be freed. Always by the mailbox, so after what was posted before. If the connection
 * is gone by then, closed is called all the same. */
void net_upgrade(struct net *n, struct http_request *r, size_t max_message, void *user);
/* Send; any thread. Takes a reference of its own. */
void net_send(struct net *n, conn_ref to, struct frame *f, enum frame_weight weight);
/* Close a WebSocket with a code (1000, 1008, 1013 ...) and a short reason; any thread. */
void net_close_ws(struct net *n, conn_ref to, int code, str reason);

/* Run fn(arg) on a loop's thread, in order of posting, soon; any thread. */
void net_post(struct net *n, int loop, void (*fn)(void *arg), void *arg);
/* The loop a connection lives on. */
int conn_loop(conn_ref c);
/* The same, from a loop thread only: direct, no mailbox (the fan-out path). */
void net_send_here(struct net *n, conn_ref to, struct frame *f, enum frame_weight weight);

#endif
