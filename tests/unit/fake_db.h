/* fake_db.h - a driver without a database: it expects statements in order and answers rows.
 *
 *   const struct fake_step steps[] = {
 *       {"SELECT name FROM users WHERE id = $1", "i:7", .rows = (const char *const[]){"Li|1", NULL}},
 *       {"COMMIT", "", .fails = {ERR_FULL, "disk_full"}},
 *   };
 *   struct db *db = fake_db_new(steps, COUNT(steps));
 *   ...
 *   fake_db_end(db); // the test fails if a step was left over
 *
 * A statement that is not the next one, or has other values, fails the test. Values are written as
 * type:text with one space between: i:5, d:0.5, s:text, b:hex, null. A row is its columns with '|'
 * between: NULL, a whole number, or text. */
#ifndef UNIT_FAKE_DB_H
#define UNIT_FAKE_DB_H

#include "db/db.h"

struct fake_step {
    const char *sql;         /* the statement or word; a '*' at the end: whatever follows */
    const char *values;      /* NULL: any */
    const char *const *rows; /* NULL: none */
    err fails;               /* at step, or at once for a word; code 0: it does not */
    int64_t changed;
    bool ends_transaction; /* the failure takes the whole transaction with it */
};

struct db *fake_db_new(const struct fake_step *steps, size_t count);
void fake_db_end(struct db *db);

#endif
