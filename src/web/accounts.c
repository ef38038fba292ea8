/* accounts.c - the accounts of others: made, changed, disabled; and what a role sees. */
#include "base/id.h"
#include "web/call.h"
#include "web/handlers.h"
#include "web/people.h"
#include "web/wire_shapes.h"

#include <stdatomic.h>

static err view_role(struct call *c, enum role role)
{
    bool own_only;
    err e = role_own_only(c->act.db, role, &own_only);
    if (e.code)
        return e;
    json_str(&c->out, "code", str_of(role_code(role)));
    json_bool(&c->out, "own_only", own_only);
    view_permissions(&c->out, role_permissions(role));
    return OK;
}

err on_users(struct call *c)
{
    struct user *list;
    size_t count;
    err e = user_list(c->act.db, c->mem, &list, &count);
    json_begin_array(&c->out, "users");
    for (size_t i = 0; i < count && !e.code; i++)
        view_user(&c->out, NULL, &list[i]);
    json_end_array(&c->out);
    json_begin_array(&c->out, "roles");
    for (int r = ROLE_NONE + 1; r < ROLES && !e.code; r++) {
        json_begin_object(&c->out, NULL);
        e = view_role(c, (enum role)r);
        json_end_object(&c->out);
    }
    json_end_array(&c->out);
    return e;
}

/* Consoles of the role are closed and come back with the rights they now have. */
static void tell_rights(struct call *c, enum role role, bool own_only)
{
    int64_t seq = ++c->web->change_seq;
    str topic = str_format(c->mem, "role.%d.%d", (int)role, (int)own_only);
    outbox_add(&c->outbox, c->mem, topic, seq, S(""), false);
    atomic_store(&c->web->rights_seq, seq);
}

err on_role_change(struct call *c)
{
    const struct in_role_change *in = c->in;
    enum role role = role_of(c->arg);
    if (role == ROLE_NONE)
        return ERR(ERR_MISSING, "role_missing");
    err e = role_set_own_only(c->act.db, role, in->own_only);
    if (!e.code)
        e = call_audit(c, "role.change", str_format(c->mem, "role:%s", role_code(role)),
                       in->own_only ? S("{\"own_only\":true}") : S("{\"own_only\":false}"));
    if (e.code)
        return e;
    tell_rights(c, role, in->own_only);
    return view_role(c, role);
}

struct user_work {
    struct user user;
    str password; /* in the clear, shown once; empty when it was given */
    bool reset;
};

/* Kept for a repeated call, but never with the password. */
static err keep_user(struct call *c, const struct user_work *w)
{
    struct json_out j;
    json_out_init(&j, c->mem);
    json_begin_object(&j, NULL);
    view_user(&j, "user", &w->user);
    json_no_value(&j, "first_password");
    json_end_object(&j);
    return call_keep_answer(c, json_done(&j));
}

static err insert_user(struct call *c)
{
    struct user_work *w = c->work;
    struct user same;
    err e = call_replay(c);
    if (e.code || c->replayed)
        return e;
    e = user_by_login(c->act.db, c->mem, w->user.login, &same);
    if (!e.code) {
        c->field = "login";
        return ERR(ERR_CONFLICT, "login_taken");
    }
    if (e.code == ERR_MISSING)
        e = user_insert(c->act.db, &w->user);
    if (e.code)
        return e;
    e = call_audit(c, "user.new", user_subject(c, w->user.id),
                   str_format(c->mem, "{\"role\":\"%s\"}", role_code(w->user.role)));
    return e.code ? e : keep_user(c, w);
}

static void answer_user(struct call *c, const struct user_work *w)
{
    view_user(&c->out, "user", &w->user);
    if (w->password.len)
        json_str(&c->out, "first_password", w->password);
    else
        json_no_value(&c->out, "first_password");
}

err on_user_new(struct call *c)
{
    const struct in_user_new *in = c->in;
    struct user_work *w = arena_new(c->mem, struct user_work, 1);
    c->work = w;
    w->user = (struct user){
        .id = id_new(c->now),
        .login = str_lower(c->mem, str_trim(in->login)),
        .name = str_trim(in->name),
        .role = role_of(str_of(in_user_new_role_words[in->role])),
        .language = in->language == IN_USER_NEW_LANGUAGE_EN ? LANGUAGE_EN : LANGUAGE_ZH,
        .must_change = true,
        .created_at = c->now,
    };
    c->field = "login";
    err e = login_acceptable(w->user.login);
    if (e.code)
        return e;
    str password = in->password;
    if (!password.len)
        password = w->password = password_random(c->mem);
    c->field = "password";
    e = password_new(c, password, w->user.login, &w->user.password);
    if (e.code)
        return e;
    c->field = NULL;
    e = call_write(c, insert_user);
    if (e.code || c->replayed)
        return e;
    answer_user(c, w);
    return OK;
}

static err change_user(struct call *c)
{
    const struct in_user_change *in = c->in;
    struct user_work *w = c->work;
    str hash = w->user.password;
    err e = user_by_id(c->act.db, c->mem, c->id, &w->user);
    if (e.code)
        return e;
    if (in->has_name)
        w->user.name = str_trim(in->name);
    if (in->has_role)
        w->user.role = role_of(str_of(in_user_change_role_words[in->role]));
    if (in->has_disabled)
        w->user.disabled = in->disabled;
    if (w->reset) {
        w->user.password = hash;
        w->user.must_change = true;
        w->user.failures = 0;
        w->user.retry_at = 0;
    }
    e = user_update(c->act.db, &w->user);
    /* rights are bound to a session's sockets: a change ends them */
    if (!e.code && (in->has_role || w->user.disabled || w->reset)) {
        e = session_end_all(c->act.db, w->user.id, 0);
        tell_signed_out(c, w->user.id, 0);
    }
    if (e.code)
        return e;
    return call_audit(c, "user.change", user_subject(c, w->user.id),
                      str_format(c->mem, "{\"role\":\"%s\",\"disabled\":%s,\"reset\":%s}",
                                 role_code(w->user.role), w->user.disabled ? "true" : "false",
                                 w->reset ? "true" : "false"));
}

static err load_other(struct call *c)
{
    struct user_work *w = c->work;
    return user_by_id(c->act.db, c->mem, c->id, &w->user);
}

/* The administrator's choice instead of a random one. */
static err give_password(struct call *c, struct user_work *w, str password)
{
    err e = call_read(c, load_other);
    if (e.code)
        return e;
    c->field = "password";
    e = password_new(c, password, w->user.login, &w->user.password);
    if (!e.code)
        c->field = NULL;
    return e;
}

err on_user_change(struct call *c)
{
    const struct in_user_change *in = c->in;
    struct user_work *w = arena_new(c->mem, struct user_work, 1);
    w->reset = in->has_reset_password && in->reset_password;
    c->work = w;
    err e = OK;
    if (in->has_password && in->password.len) {
        w->reset = true;
        e = give_password(c, w, in->password);
    } else if (w->reset) {
        w->password = password_random(c->mem);
        e = password_hash(c->mem, w->password, &w->user.password);
    }
    if (!e.code)
        e = call_write(c, change_user);
    if (e.code)
        return e;
    answer_user(c, w);
    return OK;
}
