/* Which index carries which statement of chat's rows, as SQLite plans it. */
#include "chat/chat_rows.h"
#include "db/db.h"
#include "house.h"

#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

static void plan_of(sqlite3 *db, const char *text, char *out, size_t size)
{
    sqlite3_stmt *s;
    char explain[8192];
    snprintf(explain, sizeof explain, "EXPLAIN QUERY PLAN %s", text);
    if (sqlite3_prepare_v2(db, explain, -1, &s, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sqlite3_errmsg(db), text);
    out[0] = 0;
    while (sqlite3_step(s) == SQLITE_ROW) {
        size_t n = strlen(out);
        snprintf(out + n, size - n, "%s; ", (const char *)sqlite3_column_text(s, 3));
    }
    sqlite3_finalize(s);
}

/* A statement is found by its part of text. */
static const struct planned {
    const char *part, *index;
} planned[] = {
    {"AND CASE c.started_at WHEN 0 THEN c.opened_at ELSE c.started_at END BETWEEN $2 AND $3",
     "USING INDEX conversation_sort"},
    {"c.state <> 'closed' ORDER BY c.id DESC LIMIT 1", "conversation_visitor"},
    {"c.change_seq > $1", "conversation_change"},
    {"c.closed_at >= $1", "conversation_open"},
    {"c.closed_at >= $1", "conversation_closed"},
    {"c.closed_at < $2", "conversation_kept"},
    {"c.opened_at < $2", "conversation_open"},
    {"m.key = $2", "conversation_visitor"},
    {"m.key = $2", "message_key"},
    {"FROM message WHERE conversation_id = $1 AND number > $2", "sqlite_autoindex_message"},
};

static void each_list_goes_by_its_index(void **state)
{
    struct house *h = *state;
    static const struct sql_set *const sets[] = {&chat_sql, &chat_list_sql, &chat_message_sql,
                                                 &chat_visitor_sql};
    sqlite3 *db;
    expect_ok(db_commit(h->db));
    assert_int_equal(sqlite3_open(h->file, &db), SQLITE_OK);
    bool seen[COUNT(planned)] = {false};
    for (size_t s = 0; s < COUNT(sets); s++) {
        for (size_t t = 0; t < sets[s]->count; t++) {
            char plan[4096];
            plan_of(db, sets[s]->texts[t], plan, sizeof plan);
            for (size_t i = 0; i < COUNT(planned); i++) {
                if (!strstr(sets[s]->texts[t], planned[i].part))
                    continue;
                seen[i] = true;
                bool of_visitor = strstr(sets[s]->texts[t], "WHERE c.visitor_id = $1") != NULL;
                if (i == 0 && of_visitor)
                    continue; /* a visitor has few: either index will do */
                if (!strstr(plan, planned[i].index))
                    fail_msg("%s goes by %s", planned[i].part, plan);
                if (i == 0 && strstr(plan, "TEMP B-TREE"))
                    fail_msg("the list is sorted by hand: %s", plan);
            }
        }
    }
    for (size_t i = 0; i < COUNT(planned); i++) {
        if (!seen[i])
            fail_msg("no statement has %s", planned[i].part);
    }
    sqlite3_close(db);
    expect_ok(db_begin(h->db));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_list_goes_by_its_index, house_setup, house_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
