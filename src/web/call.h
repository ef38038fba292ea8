/* call.h - one call's way: a request or a frame, from its route to its answer.
 *
 * A route is a row in a table (routes.inc, frames.inc, made from wire/wire.yaml). Its kind says where
 * the handler runs:
 *   LIVE   on the loop; never blocks, touches no store
 *   READ   on a reader thread inside one read snapshot
 *   WRITE  on the main writer, inside a savepoint of the current batch; answered after COMMIT
 *   TRAIL  likewise on the trail writer
 *   WORK   on a worker thread; may wait, and reaches the store by call_read and call_write
 * A route that needs a signed-in caller and is LIVE runs on a reader, because sessions are rows.
 *
 * A handler reads the call and fills c->out (a JSON object already begun), or sets c->body and
 * c->content_type. It returns OK, or an err whose name becomes the answer's "code"; c->field may
 * name the member at fault. What it wants to tell others it adds to c->outbox: told after COMMIT.
 * A call owns its arena and its request; one thread has it at a time. */
#ifndef WEB_CALL_H
#define WEB_CALL_H

#include "acts/act.h"
#include "base/buf.h"
#include "base/json.h"
#include "db/store.h"
#include "guard/errors.h"
#include "guard/guard_rows.h"
#include "net/net.h"

#include <stdatomic.h>

struct call;
struct web;
struct live_socket;
struct in_site_settings_change;

enum call_kind { KIND_LIVE, KIND_READ, KIND_WRITE, KIND_TRAIL, KIND_WORK };

/* Beside the permission bits of guard/permission.h. */
enum { MAY_PUBLIC = 1 << 30, MAY_ANY = 1 << 29 };

struct route {
    enum http_method method;
    const char *pattern; /* "/api/users/{id}"; a frame's "t" */
    unsigned may;
    enum call_kind kind;
    err (*handle)(struct call *c);
    const struct json_shape *in; /* NULL: no body is read */
    ptrdiff_t body_limit;
    bool creates; /* takes Idempotency-Key */
    int status;
    char socket; /* 'd' or 'v': this route becomes a WebSocket of that side */
};

struct call {
    struct job job; /* first: the store hands it back */
    struct web *web;
    const struct route *route;
    struct arena *mem;
    struct http_request *request; /* NULL for a frame */
    struct arena frame_mem;       /* a frame's arena */

    /* what came in */
    const void *in; /* struct in_NAME of the route's shape */
    str arg;        /* {id} or {code} of the pattern */
    int64_t id;     /* arg as an id, where the pattern says {id} */
    int64_t now;
    struct who who;
    str token; /* the session cookie's value */
    enum language language;
    const char *address; /* peer */

    /* frames */
    conn_ref from;
    str re;
    struct chat_place place; /* the visitor's; also of /w/ calls */
    const struct site_entry *site;
    str origin; /* of a page on another host than ours; answered by CORS when it is a site's */

    /* while it runs */
    struct session *session;
    struct act act; /* WRITE: ready to use; READ: without outbox and change_seq */

    /* the answer */
    struct json_out out;
    const char *frame_type; /* of the answer frame; NULL: "ok" */
    str body, content_type; /* instead of out */
    str headers;
    int status;
    const char *field;
    int64_t retry_after_ms;
    int64_t conversation, agent; /* a visitor's frame: what his socket is about from now on */
    bool is_hello;
    struct live_socket *socket; /* a frame's, only to be touched on its loop */
    int64_t upto;               /* a hello's snapshot: held pushes up to here are in it */
    struct bus_outbox outbox;
    struct site_list *sites; /* as this write leaves them: seen by all once it is on disk */
    err result;
    void *work;    /* a WORK handler's own */
    bool replayed; /* the answer is an earlier one (Idempotency-Key) */
    bool verifies; /* counted in web->verifying */
};

/* A site as the hot paths need it; immutable, kept until the end. */
struct site_entry {
    struct site site;
    const struct in_site_settings_change *settings; /* every member given */
    const struct zone *zone;
    str widget; /* members of widget_settings as JSON text, without braces */
    struct site_entry *older;
};

/* Query parameter, decoded; empty if absent. */
str call_query(struct call *c, const char *name);
int64_t call_query_id(struct call *c, const char *name); /* 0 if absent or no id */
/* "limit" within 1..most; *limit keeps its default when absent. ERR_INVALID "field_range". */
MUST_USE err call_query_limit(struct call *c, int64_t most, int64_t *limit);
/* ERR_INVALID "field_range" with c->field = name when it is not RFC 3339. 0 if absent. */
MUST_USE err call_query_time(struct call *c, const char *name, int64_t *ms);

/* From a worker: run fn where the store is, as part of this call. call_write also publishes the
 * outbox and is answered after COMMIT. */
MUST_USE err call_read(struct call *c, err (*fn)(struct call *c));
MUST_USE err call_write(struct call *c, err (*fn)(struct call *c));
MUST_USE err call_trail(struct call *c, err (*fn)(struct call *c));

/* A visitor's place: his site by key, his token, his visit. Origin must be the site's own or one it
 * registered. ERR_MISSING "site_unknown", ERR_FORBIDDEN "origin_unknown", ERR_LOGIN
 * "visitor_unknown". Needs no store. */
MUST_USE err call_place(struct call *c, str site_key, str visitor_token, int64_t visit);
/* The page a visitor's frame tells of: cleaned and cut. */
void call_place_page(struct call *c, str url, str title, str anchor);
/* The URL as kept: cleaned, at most URL_KEPT bytes. */
str call_keep(struct call *c, str text, ptrdiff_t max, bool *cut);

/* Answer with this text instead of c->out. */
void call_json(struct call *c, struct json_out *j);
/* Idempotency-Key, inside a write: the answer given before (c->replayed), and keeping this one. The
 * router does both for WRITE routes; WORK handlers that create call them in call_write. */
MUST_USE err call_replay(struct call *c);
MUST_USE err call_keep_answer(struct call *c, str body);
/* Add a line to c->headers. */
void call_header(struct call *c, const char *name, str value);
/* {"code","message","field"} */
str error_body(struct arena *mem, const char *name, const char *field, enum language language,
               int64_t retry_after_ms);

/* --- web.c: the whole --------------------------------------------------------------------------- */

struct web_options {
    struct store *store;
    struct vault *vault;
    struct bus *bus;
    struct visit_table *visits;
    const char *version;
    bool demo;       /* serve /demo/ */
    bool no_console; /* tests */
};
MUST_USE err web_open(const struct web_options *o, struct web **out);
/* The app of a net; net is told by web_attach before net_run. */
struct net_app web_app(struct web *w);
MUST_USE err web_attach(struct web *w, struct net *n);
void web_close(struct web *w);
/* Every row of the route table, for `laiyu routes`. */
const struct route *web_routes(size_t *count);
/* `laiyu routes`: prints the table; the exit status. */
int web_routes_command(int argc, char **argv);

/* --- what the handlers' files share ------------------------------------------------------------- */

struct web {
    struct store *store;
    struct vault *vault;
    struct bus *bus;
    struct visit_table *visits;
    struct net *net;
    struct live *live;
    const char *version;
    bool demo;
    int64_t change_seq;         /* main writer only */
    _Atomic int64_t rights_seq; /* when a role last came to see more or less */
    struct sites *sites;
    struct limits *limits;
    atomic_int verifying; /* calls that wait for a password to be looked at */
    int64_t last_sweep;   /* loop 0 only */
};

/* Pull the cookie's token and find who it is; c->who filled. READ or WRITE threads. */
MUST_USE err call_authenticate(struct call *c, struct db *main);

/* The session was used just now: kept by the writer when it comes to it. Any thread. */
void call_renew(struct web *w, int64_t session, int64_t now);

/* Submit to the queue of its kind, or answer at once when it is full or LIVE. */
void call_start(struct call *c);
/* Build and send the answer; frees the call. On the loop it came from. */
void call_finish(struct call *c, err result);
/* Tell what the call wants to tell, if c->result is good; once. Any thread. */
void call_publish(struct call *c);

/* sites.c */
struct sites *sites_new(void);
void sites_free(struct sites *s);
struct site_list; /* all sites at one moment */
/* As a transaction sees them; nobody else does before sites_take. */
MUST_USE err sites_read(struct db *main, struct site_list **out);
/* From now on everybody sees these; l is theirs. False: nothing differs, and l is gone. Only while
 * the server starts, and on the main writer after a commit. */
bool sites_take(struct sites *s, struct site_list *l);
void site_list_free(struct site_list *l);
MUST_USE err sites_reload(struct sites *s, struct db *main);    /* both */
const struct site_entry *site_of_key(struct sites *s, str key); /* NULL: unknown or retired */
const struct site_entry *site_of_id(struct sites *s, int64_t id);
bool site_allows_origin(const struct site_entry *s, str origin);
bool sites_allow_origin(struct sites *s, str origin); /* any site's */
void view_site(struct json_out *j, const char *name, const struct site *s, str base_url);

/* live.c: WebSockets */
struct live *live_new(struct web *w);
MUST_USE err live_attach(struct live *l, int loops);
void live_free(struct live *l);
/* Turn the call's connection into a WebSocket of a side; the call and its request are gone then. */
void live_upgrade(struct call *c, char side);
void live_message(struct live *l, conn_ref from, struct live_socket *s, str text);
void live_closed(struct live *l, conn_ref from, struct live_socket *s);
void live_tick(struct live *l, int loop);
void live_presence(struct call *c, bool available);
/* What a visitor's socket is about; 0 while nothing. */
void live_about(const struct live_socket *s, int64_t *conversation, int64_t *agent);
void live_answer(struct call *c); /* a frame's call has its answer; on its loop, frees the call */
int live_agents_online(struct live *l);

/* desk.c: one conversation with all that stands beside its row */
MUST_USE err view_one(struct call *c, const char *name, const struct conversation *v);

/* assets.c */
bool assets_serve(struct web *w, struct http_request *r); /* false: not an asset's path */

/* limits.c: how much one address may ask of public routes, per second */
struct limits *limits_new(void);
void limits_free(struct limits *l);
MUST_USE bool limits_take(struct limits *l, const char *address, int64_t now, int cost);
struct tries {
    uint64_t name; /* hash */
    int failures;
    int64_t retry_at;
};
/* The tries at a name that nobody has; main writer only. */
struct tries *limits_tries(struct limits *l, str login);

#endif
