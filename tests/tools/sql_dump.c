/* sql_dump - every migration and statement of every room, a JSON line each, for a database of
 * another make to judge: {"kind","set","n","text"}. Migrations come first, in PostgreSQL's words. */
#include "base/buf.h"
#include "chat/chat_rows.h"
#include "cli/check_rows.h"
#include "db/db.h"
#include "facts/today_rows.h"
#include "guard/guard_rows.h"
#include "label/label_rows.h"
#include "track/track_rows.h"

#include <stdio.h>

/* The story fails when a room has a set that is not here. */
static const struct named_set {
    const char *name;
    const struct sql_set *set;
} sets[] = {
    {"guard_sql", &guard_sql},
    {"record_sql", &record_sql},
    {"chat_sql", &chat_sql},
    {"chat_list_sql", &chat_list_sql},
    {"chat_message_sql", &chat_message_sql},
    {"chat_visitor_sql", &chat_visitor_sql},
    {"track_sql", &track_sql},
    {"label_sql", &label_sql},
    {"facts_sql", &facts_sql},
    {"check_sql", &check_sql},
};

static void line(const char *kind, const char *set, int64_t n, str text)
{
    struct arena mem;
    struct json_out j;
    arena_init(&mem, 0);
    json_out_init(&j, &mem);
    json_begin_object(&j, NULL);
    json_str(&j, "kind", str_of(kind));
    json_str(&j, "set", str_of(set));
    json_int(&j, "n", n);
    json_str(&j, "text", text);
    json_end_object(&j);
    str out = json_done(&j);
    printf("%.*s\n", STR_ARG(out));
    arena_release(&mem);
}

static void migrations(const struct migration *list, size_t count)
{
    struct arena mem;
    arena_init(&mem, 0);
    for (size_t i = 0; i < count; i++)
        line("migration", list[i].name, list[i].number,
             migration_text(&mem, list[i].sql, "postgres"));
    arena_release(&mem);
}

int main(void)
{
    migrations(main_migrations, main_migration_count);
    migrations(trail_migrations, trail_migration_count);
    for (size_t s = 0; s < COUNT(sets); s++) {
        for (size_t i = 0; i < sets[s].set->count; i++)
            line("statement", sets[s].name, (int64_t)i, str_of(sets[s].set->texts[i]));
    }
    return 0;
}
