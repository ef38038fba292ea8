#include "first_run.h"

#include "base/id.h"
#include "base/time.h"
#include "chat/chat_rows.h"
#include "db/store.h"
#include "guard/guard_rows.h"
#include "guard/site.h"

#include <stdlib.h>

struct work {
    const struct vault *vault;
    struct arena *mem;
    struct user admin;
    int64_t now;
    bool demo;
};

static err count_users(void *arg, struct session *s)
{
    return user_count(s->main, arg);
}

static err compare_keys(void *arg, struct session *s)
{
    return house_keys_fit(s->main, arg);
}

static const struct {
    str title, shortcut, body;
} first_replies[] = {
    {STR("问候"), STR("wh"), STR("您好，我是咨询员，请问想了解哪方面的情况？")},
    {STR("门诊时间"), STR("mzsj"), STR("门诊时间以本院公告为准，您想哪一天来？我帮您看一下排班。")},
    {STR("挂号流程"), STR("ghlc"), STR("到院后在一楼前台报手机尾号即可取号；第一次来请带身份证。")},
    {STR("请留电话"), STR("lxdh"), STR("方便留一个电话吗？只用来确认这次预约的时间。")},
    {STR("结束语"), STR("js"), STR("好的，祝您早日康复，有问题可以随时再问。")},
};

static err add_replies(struct db *db, struct work *w)
{
    err e = OK;
    for (size_t i = 0; i < COUNT(first_replies) && !e.code; i++) {
        struct canned r = {.id = id_new(w->now),
                           .title = first_replies[i].title,
                           .shortcut = first_replies[i].shortcut,
                           .body = first_replies[i].body,
                           .position = (int64_t)i,
                           .changed_at = w->now};
        e = canned_put(db, &r);
    }
    return e;
}

static err add_demo(struct db *db, struct work *w)
{
    struct site s = {.id = id_new(w->now),
                     .key = S("demo"),
                     .name = S("演示站点"),
                     .time_zone = S("Asia/Shanghai"),
                     .settings = site_first_settings(w->mem, S("松泉皮肤专科门诊部（演示）"),
                                                     S("/demo/privacy.html")),
                     .created_at = w->now};
    return site_insert(db, &s);
}

static err make(void *arg, struct session *s)
{
    struct work *w = arg;
    err e = user_insert(s->main, &w->admin);
    if (!e.code)
        e = house_keys_keep(s->main, w->vault);
    if (!e.code)
        e = add_replies(s->main, w);
    if (!e.code && w->demo)
        e = add_demo(s->main, w);
    if (!e.code)
        e = audit_write(s->main, w->mem, w->now, S("system"), S("first_run"), S(""), S("{}"));
    return e;
}

err first_run_wanted(struct store *store, bool *out)
{
    int64_t users = 0;
    err e = store_wait(store, QUEUE_READ, count_users, &users);
    *out = !e.code && !users;
    return e;
}

err first_run_do(struct store *store, const struct vault *vault, struct arena *mem, bool demo,
                 struct first_run *out)
{
    struct work w = {.vault = vault, .mem = mem, .now = time_now_ms(), .demo = demo};
    *out = (struct first_run){.login = S("admin")};
    err e = first_run_wanted(store, &out->made);
    if (e.code)
        return e;
    if (!out->made)
        return store_wait(store, QUEUE_READ, compare_keys, (void *)(uintptr_t)vault);
    str given = str_of(getenv("LAIYU_ADMIN_PASSWORD"));
    str password = given.len ? str_copy(mem, given) : password_random(mem);
    w.admin = (struct user){.id = id_new(w.now),
                            .login = out->login,
                            .name = S("管理员"),
                            .role = ROLE_ADMIN,
                            .must_change = !given.len,
                            .created_at = w.now};
    e = password_acceptable(password, out->login);
    if (!e.code)
        e = password_hash(mem, password, &w.admin.password);
    if (!e.code)
        e = store_wait(store, QUEUE_MAIN, make, &w);
    out->password = given.len ? S("") : password;
    return e;
}
