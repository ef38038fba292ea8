#include "web/call.h"

#include "base/id.h"
#include "base/log.h"
#include "base/time.h"
#include "base/url.h"
#include "web/handlers.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

static struct call *call_of_job(struct job *job)
{
    return (struct call *)job;
}

static err store_down(void)
{
    return ERR(ERR_BUSY, "overloaded");
}

str call_query(struct call *c, const char *name)
{
    struct url u = {.query = c->request ? c->request->query : S("")};
    return str_clean(c->mem, url_get(&u, str_of(name), c->mem));
}

int64_t call_query_id(struct call *c, const char *name)
{
    int64_t id;
    return id_parse(call_query(c, name), &id) ? id : 0;
}

err call_query_time(struct call *c, const char *name, int64_t *ms)
{
    str text = call_query(c, name);
    *ms = 0;
    if (!text.len || time_parse_rfc3339(text, ms))
        return OK;
    c->field = name;
    return ERR(ERR_INVALID, "field_range");
}

err call_query_limit(struct call *c, int64_t most, int64_t *limit)
{
    str text = call_query(c, "limit");
    int64_t asked;
    if (!text.len)
        return OK;
    c->field = "limit";
    if (!str_int(text, &asked) || asked < 1 || asked > most)
        return ERR(ERR_INVALID, "field_range");
    c->field = NULL;
    *limit = asked;
    return OK;
}

/* Whoever has a first password, which others know, may change it, and little else. */
static bool before_password(const struct route *r)
{
    static err (*const open[])(struct call * c) = {
        on_login, on_me, on_me_change, on_password_change, on_logout, on_logout_everywhere};
    for (size_t i = 0; i < COUNT(open); i++)
        if (r->handle == open[i])
            return true;
    return false;
}

struct renewal {
    struct job job;
    int64_t session, now;
};

static err renew(struct job *job, struct session *s)
{
    struct renewal *r = (struct renewal *)job;
    return session_touch(s->main, r->session, r->now);
}

static void renewed(struct job *job, err result)
{
    (void)result; /* the next call that finds it stale tries again */
    free(job);
}

void call_renew(struct web *w, int64_t session, int64_t now)
{
    struct renewal *r = calloc(1, sizeof(*r));
    if (!r)
        return;
    *r = (struct renewal){{.run = renew, .done = renewed}, session, now};
    if (!store_submit(w->store, QUEUE_MAIN, &r->job))
        free(r);
}

err call_authenticate(struct call *c, struct db *main)
{
    if (c->request && c->request->local) {
        c->who = (struct who){.control = true, .role = ROLE_ADMIN, .may = ~0U & ~(3U << 29)};
        return OK;
    }
    unsigned char hash[32];
    bool stale;
    if (!session_hash(c->token, hash))
        return ERR(ERR_LOGIN, "session_ended");
    err e = session_find(main, c->mem, hash, c->now, &c->who, &stale);
    if (e.code)
        return e;
    c->language = c->who.language;
    if (c->who.must_change && !before_password(c->route))
        return ERR(ERR_FORBIDDEN, "password_must_change");
    if (stale && c->route->kind == KIND_WRITE)
        e = session_touch(main, c->who.session, c->now);
    else if (stale)
        call_renew(c->web, c->who.session, c->now);
    unsigned wanted = c->route->may & ~(unsigned)(MAY_ANY | MAY_PUBLIC);
    if (!e.code && (c->who.may & wanted) != wanted)
        e = ERR(ERR_FORBIDDEN, "not_permitted");
    return e;
}

/* Frames come with their who; requests of people are looked up. */
static err authenticate(struct call *c, struct db *main)
{
    bool asks = c->request && !(c->route->may & MAY_PUBLIC);
    return asks ? call_authenticate(c, main) : OK;
}

static void act_begin(struct call *c, struct session *s)
{
    c->session = s;
    c->act = (struct act){.mem = c->mem,
                          .db = s->main,
                          .vault = c->web->vault,
                          .visits = c->web->visits,
                          .who = c->who,
                          .now = c->now,
                          .out = &c->outbox,
                          .change_seq = &c->web->change_seq};
}

/* --- Idempotency-Key ------------------------------------------------------------------------- */

static str key_of(struct call *c)
{
    return c->route->creates && c->request ? http_header_get(c->request, S("idempotency-key"))
                                           : S("");
}

static void request_hash(struct call *c, unsigned char out[16])
{
    str text = str_format(c->mem, "%s\n%.*s", c->route->pattern, STR_ARG(c->request->body));
    XXH128_canonical_t hash;
    XXH128_canonicalFromHash(&hash, XXH3_128bits(text.ptr, (size_t)text.len));
    memcpy(out, hash.digest, 16);
}

err call_replay(struct call *c)
{
    unsigned char hash[16];
    int status;
    str body, key = key_of(c);
    if (!key.len)
        return OK;
    if (key.len > 64)
        return ERR(ERR_INVALID, "key_long");
    request_hash(c, hash);
    err e = idempotency_find(c->session->main, c->mem, c->who.user, key, hash, &c->replayed,
                             &status, &body);
    if (e.code || !c->replayed)
        return e;
    c->status = status;
    c->body = body;
    c->content_type = S("application/json; charset=utf-8");
    return OK;
}

err call_keep_answer(struct call *c, str body)
{
    unsigned char hash[16];
    str key = key_of(c);
    if (!key.len)
        return OK;
    request_hash(c, hash);
    return idempotency_keep(c->session->main, c->who.user, key, hash, c->route->status, body,
                            c->now);
}

/* The handler, or the answer it gave to the same key before. */
static err handle(struct call *c)
{
    err e = call_replay(c);
    if (e.code || c->replayed)
        return e;
    e = c->route->handle(c);
    if (e.code || !key_of(c).len)
        return e;
    json_end_object(&c->out);
    c->body = json_done(&c->out);
    c->content_type = S("application/json; charset=utf-8");
    return call_keep_answer(c, c->body);
}

/* --- where calls run ------------------------------------------------------------------------- */

static err run_call(struct job *job, struct session *s)
{
    struct call *c = call_of_job(job);
    if (s->main) {
        err e = authenticate(c, s->main);
        if (e.code)
            return e;
    }
    act_begin(c, s);
    return c->route->kind == KIND_WRITE ? handle(c) : c->route->handle(c);
}

static err authenticate_on_reader(struct call *c)
{
    return call_authenticate(c, c->session->main);
}

static err run_work(struct job *job, struct session *s)
{
    struct call *c = call_of_job(job);
    (void)s;
    err e = c->route->may & MAY_PUBLIC ? OK : call_read(c, authenticate_on_reader);
    return e.code ? e : c->route->handle(c);
}

static void finish_here(void *arg)
{
    struct call *c = arg;
    call_finish(c, c->result);
}

/* Commits come here in their order, so the last one's sites stay. */
static void take_sites(struct call *c)
{
    if (c->sites && !c->result.code)
        (void)sites_take(c->web->sites, c->sites);
    else
        site_list_free(c->sites);
    c->sites = NULL;
}

/* What is told keeps the order of the commits; the answer is written on the loop, whose threads are
 * many, and not on the writer, for whom everybody waits. */
static void finish_job(struct job *job, err result)
{
    struct call *c = call_of_job(job);
    c->result = result;
    take_sites(c);
    call_publish(c);
    net_post(c->web->net, conn_loop(c->from), finish_here, c);
}

void call_start(struct call *c)
{
    bool signed_in = c->request && !(c->route->may & MAY_PUBLIC);
    enum call_kind kind = c->route->kind;
    if (kind == KIND_LIVE && signed_in)
        kind = KIND_READ;
    static const enum queue queues[] = {[KIND_LIVE] = QUEUE_READ,
                                        [KIND_READ] = QUEUE_READ,
                                        [KIND_WRITE] = QUEUE_MAIN,
                                        [KIND_TRAIL] = QUEUE_TRAIL,
                                        [KIND_WORK] = QUEUE_WORK};
    json_out_init(&c->out, c->mem);
    json_begin_object(&c->out, NULL);
    if (kind == KIND_LIVE) {
        c->act.mem = c->mem;
        call_finish(c, c->route->handle(c));
        return;
    }
    c->job = (struct job){.run = kind == KIND_WORK ? run_work : run_call, .done = finish_job};
    if (!store_submit(c->web->store, queues[kind], &c->job)) {
        count_add(COUNT_OVERLOAD, 1);
        call_finish(c, store_down());
    }
}

/* --- a worker's way to the store --------------------------------------------------------------- */

struct visit_to_store {
    struct call *call;
    err (*fn)(struct call *c);
};

static err run_visit(void *arg, struct session *s)
{
    struct visit_to_store *v = arg;
    act_begin(v->call, s);
    return v->fn(v->call);
}

static err visit_store(struct call *c, enum queue q, err (*fn)(struct call *c))
{
    struct visit_to_store v = {c, fn};
    err e = store_wait(c->web->store, q, run_visit, &v);
    c->session = NULL;
    return e;
}

err call_read(struct call *c, err (*fn)(struct call *c))
{
    return visit_store(c, QUEUE_READ, fn);
}

err call_write(struct call *c, err (*fn)(struct call *c))
{
    err e = visit_store(c, QUEUE_MAIN, fn);
    if (!e.code)
        outbox_publish(&c->outbox, c->web->bus);
    c->outbox = (struct bus_outbox){0};
    return e;
}

err call_trail(struct call *c, err (*fn)(struct call *c))
{
    return visit_store(c, QUEUE_TRAIL, fn);
}
