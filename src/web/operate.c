/* operate.c - for those who keep it running: health, metrics, audit, backup, erase. */
#include "base/log.h"
#include "track/track_rows.h"
#include "web/call.h"
#include "web/handlers.h"
#include "web/people.h"
#include "web/wire_shapes.h"

enum { AUDIT_PAGE = 100, MONTHS = 240 };

err on_health(struct call *c)
{
    json_str(&c->out, "status", S("ok"));
    json_str(&c->out, "version", str_of(c->web->version));
    return OK;
}

/* Only for the machine itself: a proxy in front does not pass it on. */
err on_metrics(struct call *c)
{
    str address = str_of(c->address);
    bool near = c->request->local || str_starts(address, S("127.")) || str_eq(address, S("::1"));
    if (!near || http_header_get(c->request, S("x-forwarded-for")).len)
        return ERR(ERR_MISSING, "path_unknown");
    struct buf out;
    buf_init(&out, c->mem, 4096);
    count_write(&out);
    c->body = buf_str(&out);
    c->content_type = S("text/plain; version=0.0.4; charset=utf-8");
    return OK;
}

static err actor_name(struct call *c, str actor, str *name)
{
    str kind, id;
    int64_t user;
    struct user u;
    *name = S("");
    if (!str_cut(actor, ':', &kind, &id) || !str_eq(kind, S("user")) || !str_int(id, &user))
        return OK;
    err e = user_by_id(c->act.db, c->mem, user, &u);
    if (!e.code)
        *name = u.name;
    return e.code == ERR_MISSING ? OK : e;
}

err on_audit(struct call *c)
{
    struct audit_row *rows;
    size_t count;
    int64_t limit = AUDIT_PAGE, before = 0;
    str cursor = call_query(c, "cursor");
    err e = call_query_limit(c, 200, &limit);
    if (!e.code && cursor.len && (!str_int(cursor, &before) || before < 1)) {
        c->field = "cursor";
        e = ERR(ERR_INVALID, "field_range");
    }
    if (e.code)
        return e;
    e = audit_list(c->act.db, c->mem, before, (int)limit, &rows, &count);
    json_begin_array(&c->out, "rows");
    for (size_t i = 0; i < count && !e.code; i++) {
        str name;
        e = actor_name(c, rows[i].actor, &name);
        json_begin_object(&c->out, NULL);
        json_int(&c->out, "n", rows[i].n);
        json_time(&c->out, "at", rows[i].at);
        json_str(&c->out, "actor", rows[i].actor);
        json_str(&c->out, "actor_name", name);
        json_str(&c->out, "act", rows[i].act);
        json_str(&c->out, "subject", rows[i].subject);
        json_raw(&c->out, "detail", rows[i].detail.len ? rows[i].detail : S("{}"));
        json_end_object(&c->out);
    }
    json_end_array(&c->out);
    if (!e.code && count == (size_t)limit && rows[count - 1].n > 1)
        json_str(&c->out, "next", str_format(c->mem, "%lld", (long long)rows[count - 1].n));
    else
        json_no_value(&c->out, "next");
    return e;
}

static err verify(struct call *c)
{
    int64_t rows, broken;
    err e = audit_verify(c->act.db, &rows, &broken);
    if (e.code)
        return e;
    json_int(&c->out, "rows", rows);
    if (broken)
        json_int(&c->out, "broken_at", broken);
    else
        json_no_value(&c->out, "broken_at");
    return OK;
}

err on_audit_check(struct call *c)
{
    return call_read(c, verify);
}

static err note_backup(struct call *c)
{
    return call_audit(c, "backup", S(""), S("{}"));
}

err on_backup(struct call *c)
{
    const struct in_backup *in = c->in;
    err e = call_write(c, note_backup);
    if (!e.code)
        e = store_backup(c->web->store, str_z(c->mem, in->directory));
    if (!e.code)
        json_bool(&c->out, "ok", true);
    return e;
}

/* --- erasing a visitor: month by month, then main.db -------------------------------------------------- */

static err erase_main(struct call *c)
{
    int64_t conversations;
    return act_erase_visitor(&c->act, c->id, &conversations);
}

static err erase_trails(struct call *c)
{
    int months[MONTHS];
    size_t count = store_months(c->web->store, months, COUNT(months));
    int64_t rows = 0;
    err e = OK;
    for (size_t i = 0; i < count && !e.code; i++) {
        struct db *trail;
        e = session_trail(c->session, months[i], &trail);
        if (!e.code)
            e = visits_erase(trail, c->id, &rows);
    }
    return e;
}

/* The order makes a failure in between harmless: main.db, which takes the visitor's id off his
 * conversations, comes last, together with the row in the audit. Until then whoever asked is told that
 * it failed and still sees the id to ask with again, and erasing trails twice does no harm. */
err on_visitor_erase(struct call *c)
{
    visit_table_forget(c->web->visits, c->id); /* what he looks at from now on is a new visit */
    err e = call_trail(c, erase_trails);
    if (!e.code)
        e = call_write(c, erase_main);
    if (e.code)
        return e;
    e = store_checkpoint(c->web->store);
    if (e.code) /* erased it is; the old pages stand in a log of writes until that begins anew */
        log_event(LOG_WARN, "checkpoint_late", {"error", str_of(e.name)});
    json_bool(&c->out, "ok", true);
    return OK;
}
