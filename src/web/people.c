/* people.c - signing in and out, one's own account, and the accounts of others. */
#include "web/people.h"
#include "base/id.h"
#include "base/log.h"
#include "web/call.h"
#include "web/handlers.h"
#include "web/wire_shapes.h"

err call_audit(struct call *c, const char *act, str subject, str detail)
{
    str actor = audit_actor(c->mem, c->who.user, c->who.control);
    return audit_write(c->act.db, c->mem, c->now, actor, str_of(act), subject, detail);
}

str user_subject(struct call *c, int64_t user)
{
    return str_format(c->mem, "user:%lld", (long long)user);
}

/* --- who am I ----------------------------------------------------------------------------------- */

void view_permissions(struct json_out *j, unsigned may)
{
    unsigned bit;
    const char *name;
    json_begin_array(j, "permissions");
    for (size_t i = 0; (name = permission_name(i, &bit)); i++)
        if (may & bit)
            json_str(j, NULL, str_of(name));
    json_end_array(j);
}

void view_user(struct json_out *j, const char *name, const struct user *u)
{
    json_begin_object(j, name);
    json_id(j, "id", u->id);
    json_str(j, "login", u->login);
    json_str(j, "name", u->name);
    json_str(j, "role", str_of(role_code(u->role)));
    json_str(j, "language", u->language == LANGUAGE_EN ? S("en") : S("zh"));
    json_bool(j, "disabled", u->disabled);
    json_bool(j, "must_change", u->must_change);
    json_time(j, "created_at", u->created_at);
    json_end_object(j);
}

static err view_sites(struct call *c)
{
    struct site *list;
    size_t count;
    err e = site_list(c->act.db, c->mem, &list, &count);
    json_begin_array(&c->out, "sites");
    for (size_t i = 0; i < count && !e.code; i++)
        view_site(&c->out, NULL, &list[i], call_base_url(c));
    json_end_array(&c->out);
    return e;
}

static err view_colleagues(struct call *c)
{
    struct user *list;
    size_t count;
    err e = user_list(c->act.db, c->mem, &list, &count);
    json_begin_array(&c->out, "colleagues");
    for (size_t i = 0; i < count && !e.code; i++) {
        json_begin_object(&c->out, NULL);
        json_id(&c->out, "id", list[i].id);
        json_str(&c->out, "name", list[i].name);
        json_str(&c->out, "role", str_of(role_code(list[i].role)));
        json_bool(&c->out, "disabled", list[i].disabled);
        json_end_object(&c->out);
    }
    json_end_array(&c->out);
    return e;
}

static err view_me(struct call *c)
{
    struct user u;
    err e = user_by_id(c->act.db, c->mem, c->who.user, &u);
    if (e.code)
        return e;
    view_user(&c->out, "user", &u);
    json_str(&c->out, "csrf", session_csrf(c->web->vault, c->mem, c->token));
    view_permissions(&c->out, c->who.may);
    json_bool(&c->out, "own_only", c->who.own_only);
    json_time(&c->out, "server_time", c->now);
    json_str(&c->out, "version", str_of(c->web->version));
    json_bool(&c->out, "demo", c->web->demo);
    e = view_sites(c);
    if (!e.code)
        e = view_dimensions(c);
    return e.code ? e : view_colleagues(c);
}

err on_me(struct call *c)
{
    return view_me(c);
}

err on_me_change(struct call *c)
{
    const struct in_me_change *in = c->in;
    struct user u;
    err e = user_by_id(c->act.db, c->mem, c->who.user, &u);
    if (e.code)
        return e;
    if (in->has_language)
        u.language = in->language == IN_ME_CHANGE_LANGUAGE_EN ? LANGUAGE_EN : LANGUAGE_ZH;
    if (in->has_name)
        u.name = str_trim(in->name);
    c->language = u.language;
    e = user_update(c->act.db, &u);
    return e.code ? e : view_me(c);
}

/* --- in and out ------------------------------------------------------------------------------------ */

struct login_try {
    struct user user;
    bool known;
    struct session_token token;
};

static struct login_try *try_of(struct call *c)
{
    return (struct login_try *)c->work;
}

/* A try counts before the password is looked at, so that many at once all count; the right
 * password takes it back. */
static err count_try(struct call *c, int *failures, int64_t *retry_at)
{
    if (*retry_at > c->now) {
        c->retry_after_ms = *retry_at - c->now;
        return ERR(ERR_TOO_MANY, "login_wait");
    }
    int64_t wait = login_backoff_ms(++*failures);
    *retry_at = wait ? c->now + wait : 0;
    return OK;
}

static err count_try_of(struct call *c, struct user *u)
{
    err e = count_try(c, &u->failures, &u->retry_at);
    return e.code ? e : user_update(c->act.db, u);
}

/* Names that nobody has wait as others do, and cost a write as others do. */
static err begin_login(struct call *c)
{
    const struct in_login *in = c->in;
    struct login_try *t = try_of(c);
    str login = str_lower(c->mem, str_trim(in->login));
    err e = user_by_login(c->act.db, c->mem, login, &t->user);
    if (e.code && e.code != ERR_MISSING)
        return e;
    t->known = !e.code && !t->user.disabled;
    if (t->known)
        return count_try_of(c, &t->user);
    struct tries *tries = limits_tries(c->web->limits, login);
    e = count_try(c, &tries->failures, &tries->retry_at);
    return e.code ? e : house_login_failed(c->act.db, c->now);
}

/* The stored row is read again: what it was when the password fitted may have been changed. */
static err enter(struct call *c)
{
    struct login_try *t = try_of(c);
    unsigned char hash[32];
    struct user u;
    err e = user_by_id(c->act.db, c->mem, t->user.id, &u);
    if (e.code)
        return e;
    if (u.disabled || !str_eq(u.password, t->user.password))
        return ERR(ERR_LOGIN, "login_wrong");
    u.failures = 0;
    u.retry_at = 0;
    e = user_update(c->act.db, &u);
    if (e.code)
        return e;
    session_token_new(&t->token);
    if (!session_hash(str_of(t->token.text), hash))
        return ERR(ERR_STORE, "token_failed");
    e = session_insert(c->act.db, hash, u.id, c->now);
    c->who.user = u.id;
    return e.code ? e : call_audit(c, "login", user_subject(c, u.id), S("{}"));
}

static void set_cookie(struct call *c, str value, bool ends)
{
    call_header(c, "Set-Cookie",
                str_format(c->mem, "laiyu=%.*s; Path=/; HttpOnly; SameSite=Lax%s%s", STR_ARG(value),
                           c->request->tls ? "; Secure" : "",
                           ends ? "; Max-Age=0" : "; Max-Age=604800"));
}

static err me_after_login(struct call *c)
{
    err e = call_authenticate(c, c->act.db);
    return e.code ? e : view_me(c);
}

/* The hash of 32 random bytes that nobody kept. */
static const char nobody[] = "$argon2id$v=19$m=65536,t=2,p=1$jEsib5Fs40ITKVKxYi8BrQ$"
                             "s9uPn4RrjnGyuNCPNVHP5y8pCaqqk4qzugub54/ZCQk";

/* An unknown login costs the same time as a wrong password, and is answered alike. */
err on_login(struct call *c)
{
    const struct in_login *in = c->in;
    struct login_try *t = arena_new(c->mem, struct login_try, 1);
    c->work = t;
    err e = call_write(c, begin_login);
    if (e.code)
        return e;
    bool right = password_verify(t->known ? t->user.password : str_of(nobody), in->password);
    if (!right || !t->known) {
        count_add(COUNT_LOGIN_FAILURES, 1);
        return ERR(ERR_LOGIN, "login_wrong");
    }
    e = call_write(c, enter);
    if (e.code)
        return e;
    c->token = str_of(t->token.text);
    set_cookie(c, c->token, false);
    return call_read(c, me_after_login);
}

/* Close the consoles of a session (0: all of the user's). */
void tell_signed_out(struct call *c, int64_t user, int64_t session)
{
    str topic = str_format(c->mem, "session.%lld.%lld", (long long)user, (long long)session);
    outbox_add(&c->outbox, c->mem, topic, 0, S("{\"t\":\"signed_out\",\"reason\":\"signed_out\"}"),
               false);
}

/* Close all consoles of the caller; the calling one is to come back with its fresh cookie. */
static void tell_others_signed_out(struct call *c)
{
    str topic = str_format(c->mem, "session.%lld.0.%lld", (long long)c->who.user,
                           (long long)c->who.session);
    outbox_add(&c->outbox, c->mem, topic, 0, S("{\"t\":\"signed_out\",\"reason\":\"signed_out\"}"),
               false);
}

err on_logout(struct call *c)
{
    err e = session_end(c->act.db, c->who.session);
    if (!e.code)
        e = call_audit(c, "logout", user_subject(c, c->who.user), S("{}"));
    if (e.code)
        return e;
    tell_signed_out(c, c->who.user, c->who.session);
    set_cookie(c, S(""), true);
    json_bool(&c->out, "ok", true);
    return OK;
}

err on_logout_everywhere(struct call *c)
{
    err e = session_end_all(c->act.db, c->who.user, 0);
    if (!e.code)
        e = call_audit(c, "logout.everywhere", user_subject(c, c->who.user), S("{}"));
    if (e.code)
        return e;
    tell_signed_out(c, c->who.user, 0);
    set_cookie(c, S(""), true);
    json_bool(&c->out, "ok", true);
    return OK;
}

/* --- passwords -------------------------------------------------------------------------------------- */

struct password_work {
    struct user user;
    str hash;
    struct session_token token;
};

static err load_self(struct call *c)
{
    struct password_work *p = c->work;
    return user_by_id(c->act.db, c->mem, c->who.user, &p->user);
}

static err begin_change(struct call *c)
{
    struct password_work *p = c->work;
    err e = load_self(c);
    return e.code ? e : count_try_of(c, &p->user);
}

/* All other sessions end; this one gets a fresh token. */
static err save_password(struct call *c)
{
    struct password_work *p = c->work;
    unsigned char hash[32];
    err e = load_self(c);
    if (e.code)
        return e;
    p->user.password = p->hash;
    p->user.must_change = false;
    p->user.failures = 0;
    p->user.retry_at = 0;
    e = user_update(c->act.db, &p->user);
    if (!e.code)
        e = session_end_all(c->act.db, c->who.user, 0);
    session_token_new(&p->token);
    if (!e.code && !session_hash(str_of(p->token.text), hash))
        e = ERR(ERR_STORE, "token_failed");
    if (!e.code)
        e = session_insert(c->act.db, hash, c->who.user, c->now);
    if (!e.code)
        e = call_audit(c, "password.change", user_subject(c, c->who.user), S("{}"));
    if (!e.code)
        tell_others_signed_out(c);
    return e;
}

err password_new(struct call *c, str password, str login, str *hash)
{
    err e = password_acceptable(password, login);
    return e.code ? e : password_hash(c->mem, password, hash);
}

err on_password_change(struct call *c)
{
    const struct in_password_change *in = c->in;
    struct password_work *p = arena_new(c->mem, struct password_work, 1);
    c->work = p;
    err e = call_read(c, load_self);
    if (e.code)
        return e;
    c->field = "new";
    e = password_acceptable(in->new, p->user.login);
    if (e.code)
        return e;
    c->field = NULL;
    e = call_write(c, begin_change);
    if (e.code)
        return e;
    if (!password_verify(p->user.password, in->old)) {
        count_add(COUNT_LOGIN_FAILURES, 1);
        c->field = "old";
        return ERR(ERR_INVALID, "password_wrong");
    }
    e = password_hash(c->mem, in->new, &p->hash);
    if (e.code)
        return e;
    e = call_write(c, save_password);
    if (e.code)
        return e;
    set_cookie(c, str_of(p->token.text), false);
    json_str(&c->out, "csrf", session_csrf(c->web->vault, c->mem, str_of(p->token.text)));
    return OK;
}
