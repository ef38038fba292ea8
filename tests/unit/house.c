#include "house.h"

#include "base/id.h"
#include "base/log.h"
#include "db/db.h"
#include "guard/guard_rows.h"
#include "guard/vault.h"

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void expect_ok(err e)
{
    if (e.code)
        fail_msg("error %d %s", e.code, e.name);
}

void expect_err(err e, enum err_code code, const char *name)
{
    if (e.code != code || strcmp(e.name, name) != 0)
        fail_msg("error %d '%s' instead of %d '%s'", e.code, e.name, code, name);
}

static void add_people(struct house *h)
{
    static const struct {
        int64_t id;
        const char *login, *name;
        enum role role;
    } people[] = {
        {ANNA, "anna", "Anna", ROLE_AGENT},
        {BO, "bo", "Bo", ROLE_AGENT},
        {CHEN, "chen", "Chen", ROLE_SUPERVISOR},
    };
    for (size_t i = 0; i < COUNT(people); i++) {
        const struct user u = {.id = people[i].id,
                               .login = str_of(people[i].login),
                               .name = str_of(people[i].name),
                               .role = people[i].role,
                               .password = S("-"),
                               .created_at = NOON};
        expect_ok(user_insert(h->db, &u));
    }
}

static void add_site(struct house *h)
{
    const struct site s = {.id = SITE,
                           .key = S("abcdefghijklmnop"),
                           .name = S("Demo"),
                           .time_zone = S("Asia/Shanghai"),
                           .settings = S("{\"close_after\":600,\"retention_days\":30}"),
                           .created_at = NOON};
    expect_ok(site_insert(h->db, &s));
}

static void add_visit(struct house *h)
{
    const struct visit v = {.id = 9001,
                            .site_id = SITE,
                            .visitor_id = VISITOR_ONE,
                            .began_at = NOON,
                            .last_at = NOON,
                            .pages = 2,
                            .visits_before = 3,
                            .landing_url = S("https://clinic.example.cn/?bd_vid=1"),
                            .referrer = S("https://www.baidu.com/"),
                            .source = {.channel = "search",
                                       .engine = "baidu",
                                       .host = STR("www.baidu.com"),
                                       .provenance = "referrer",
                                       .search_term = STR("whooping cough")},
                            .device = "phone",
                            .os = "Android",
                            .browser = "WeChat",
                            .language = S("zh-CN"),
                            .screen = S("390x844"),
                            .url = S("https://clinic.example.cn/cough"),
                            .title = S("Cough"),
                            .page_at = NOON,
                            .anchor = S("hero"),
                            .invited = "no"};
    visit_table_put(h->visits, &v);
}

int house_setup(void **state)
{
    static struct house h;
    memset(&h, 0, sizeof h);
    temp_dir_make(h.dir);
    temp_dir_file(h.file, h.dir, "main.db");
    temp_dir_file(h.keys, h.dir, "keys");
    arena_init(&h.mem, 0);
    log_set_level(LOG_ERROR);
    expect_ok(vault_open(h.keys, true, &h.vault));
    expect_ok(sqlite_open(h.file, &(struct sqlite_options){.create = true}, &h.db));
    expect_ok(db_migrate(h.db, main_migrations, main_migration_count, NOON));
    h.visits = visit_table_new();
    expect_ok(db_begin(h.db));
    add_people(&h);
    add_site(&h);
    add_visit(&h);
    *state = &h;
    return 0;
}

int house_teardown(void **state)
{
    struct house *h = *state;
    db_rollback(h->db);
    db_close(h->db);
    vault_close(h->vault);
    visit_table_free(h->visits);
    arena_release(&h->mem);
    temp_dir_remove(h->dir);
    return 0;
}

struct act house_act(struct house *h, int64_t user, int64_t now)
{
    struct act a = {.mem = &h->mem,
                    .db = h->db,
                    .vault = h->vault,
                    .visits = h->visits,
                    .now = now,
                    .out = &h->out,
                    .change_seq = &h->change_seq};
    if (user) {
        struct user u;
        expect_ok(user_by_id(h->db, &h->mem, user, &u));
        a.who = (struct who){
            .user = u.id, .role = u.role, .may = role_permissions(u.role), .name = u.name};
    }
    return a;
}

struct chat_place house_place(int64_t visitor)
{
    return (struct chat_place){.site_id = SITE,
                               .visitor_id = visitor,
                               .visit_id = 9001,
                               .url = S("https://clinic.example.cn/ask"),
                               .title = S("Ask us")};
}

void house_hush(struct house *h)
{
    h->out = (struct bus_outbox){0};
}

/* The outbox is read as the bus would get it. */
struct hearing {
    const char *topic;
    struct arena *mem;
    int count;
    str last;
};

static void hear(void *arg, struct bus_message *m)
{
    struct hearing *h = arg;
    if (!str_starts(m->topic, str_of(h->topic)))
        return;
    h->count++;
    h->last = str_copy(h->mem, m->payload);
}

int house_told(struct house *h, const char *topic, str *last)
{
    struct hearing heard = {.topic = topic, .mem = &h->mem};
    struct bus *bus;
    struct bus_outbox copy = h->out;
    expect_ok(bus_local_open(&bus));
    expect_ok(bus_listen(bus, hear, &heard));
    outbox_publish(&copy, bus);
    bus_close(bus);
    if (last)
        *last = heard.last;
    return heard.count;
}

static bool file_holds(const char *path, const char *text)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return false;
    fseek(f, 0, SEEK_END);
    long size = ftell(f);
    rewind(f);
    char *bytes = malloc((size_t)size + 1);
    size_t n = fread(bytes, 1, (size_t)size, f);
    bool found = memmem(bytes, n, text, strlen(text)) != NULL;
    free(bytes);
    fclose(f);
    return found;
}

bool house_holds(struct house *h, const char *text)
{
    char wal[TEMP_PATH + 8];
    expect_ok(db_commit(h->db));
    expect_ok(sqlite_checkpoint(h->db, CHECKPOINT_TRUNCATE, NULL));
    snprintf(wal, sizeof wal, "%s-wal", h->file);
    bool found = file_holds(h->file, text) || file_holds(wal, text);
    expect_ok(db_begin(h->db));
    return found;
}
