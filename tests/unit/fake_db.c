#include "fake_db.h"

#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 32, ROW_BYTES = 1024, VALUES_BYTES = 4096 };

struct fake {
    struct db db;
    const struct fake_step *steps;
    size_t count, at;
    const struct fake_step *current;
    size_t row;
    char columns[ROW_BYTES];
    char *column[COLUMNS];
    int column_count;
    int open;
    bool in_transaction;
};

static void render(const struct db_value *v, char *out, size_t size)
{
    switch (v->type) {
    case 'i':
        snprintf(out, size, "i:%" PRId64, v->integer);
        break;
    case 'd':
        snprintf(out, size, "d:%g", v->real);
        break;
    case 's':
        snprintf(out, size, "s:%.*s", STR_ARG(v->text));
        break;
    case 'b': {
        size_t n = (size_t)snprintf(out, size, "b:");
        for (ptrdiff_t i = 0; i < v->text.len && n + 3 < size; i++)
            n += (size_t)snprintf(out + n, size - n, "%02x", (unsigned char)v->text.ptr[i]);
        break;
    }
    default:
        snprintf(out, size, "null");
    }
}

static const struct fake_step *next_step(struct fake *f, const char *sql)
{
    if (f->at == f->count)
        fail_msg("nothing more was expected, but came: %s", sql);
    const struct fake_step *step = &f->steps[f->at++];
    size_t n = strlen(step->sql);
    bool open_end = n && step->sql[n - 1] == '*';
    if (open_end ? strncmp(sql, step->sql, n - 1) != 0 : strcmp(sql, step->sql) != 0)
        fail_msg("expected: %s\ncame: %s", step->sql, sql);
    return step;
}

static err fake_start(struct db *db, const char *sql, const struct db_value *values, size_t count,
                      void **stmt)
{
    struct fake *f = (struct fake *)db;
    char all[VALUES_BYTES] = "";
    size_t n = 0;
    const struct fake_step *step = next_step(f, sql);
    for (size_t i = 0; i < count; i++) {
        char one[ROW_BYTES];
        render(&values[i], one, sizeof one);
        n += (size_t)snprintf(all + n, sizeof all - n, "%s%s", i ? " " : "", one);
    }
    if (step->values && strcmp(all, step->values) != 0)
        fail_msg("%s\nexpected values: %s\ncame: %s", sql, step->values, all);
    f->current = step;
    f->row = 0;
    f->open++;
    *stmt = f;
    return OK;
}

static bool fake_step(struct db *db, void *stmt, err *e)
{
    struct fake *f = (struct fake *)db;
    *e = OK;
    if (f->current->rows && f->current->rows[f->row]) {
        snprintf(f->columns, sizeof f->columns, "%s", f->current->rows[f->row++]);
        f->column_count = 0;
        char *rest = f->columns;
        while (rest && f->column_count < COLUMNS)
            f->column[f->column_count++] = strsep(&rest, "|");
        return true;
    }
    *e = f->current->fails;
    if (e->code && f->current->ends_transaction)
        f->in_transaction = false;
    return false;
}

static void fake_column(struct db *db, void *stmt, int column, struct db_value *out)
{
    struct fake *f = (struct fake *)db;
    if (column >= f->column_count)
        fail_msg("column %d of %d was read: %s", column, f->column_count, f->current->sql);
    str text = str_of(f->column[column]);
    *out = (struct db_value){.type = 's', .text = text};
    if (str_int(text, &out->integer))
        *out = (struct db_value){.type = 'i', .integer = out->integer, .text = text};
    else if (str_eq(text, S("NULL")))
        *out = (struct db_value){.type = 0};
}

static void fake_finish(struct db *db, void *stmt)
{
    ((struct fake *)db)->open--;
}

static int64_t fake_changed(struct db *db)
{
    return ((struct fake *)db)->current->changed;
}

static err fake_simple(struct db *db, const char *word)
{
    struct fake *f = (struct fake *)db;
    const struct fake_step *step = next_step(f, word);
    if (!step->fails.code && strncmp(word, "BEGIN", 5) == 0)
        f->in_transaction = true;
    if (strcmp(word, "ROLLBACK") == 0 || (!step->fails.code && strcmp(word, "COMMIT") == 0) ||
        (step->fails.code && step->ends_transaction))
        f->in_transaction = false;
    return step->fails;
}

static bool fake_in_transaction(struct db *db)
{
    return ((struct fake *)db)->in_transaction;
}

static void fake_close(struct db *db)
{
    free(db);
}

static const struct db_driver fake_driver = {
    .name = "sqlite", /* migrations read as they do there */
    .start = fake_start,
    .step = fake_step,
    .column = fake_column,
    .finish = fake_finish,
    .changed = fake_changed,
    .simple = fake_simple,
    .in_transaction = fake_in_transaction,
    .close = fake_close,
};

struct db *fake_db_new(const struct fake_step *steps, size_t count)
{
    struct fake *f = calloc(1, sizeof *f);
    if (!f)
        abort();
    f->db.driver = &fake_driver;
    f->steps = steps;
    f->count = count;
    return &f->db;
}

void fake_db_end(struct db *db)
{
    struct fake *f = (struct fake *)db;
    if (f->at < f->count)
        fail_msg("still expected: %s", f->steps[f->at].sql);
    if (f->open)
        fail_msg("%d statements were not ended", f->open);
    db_close(db);
}
