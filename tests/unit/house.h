/* house.h - a store, a vault, a table of visits and an outbox, for tests of rows and acts. */
#ifndef UNIT_HOUSE_H
#define UNIT_HOUSE_H

#include "acts/act.h"
#include "temp_dir.h"

enum { SITE = 11, VISITOR_ONE = 70001, VISITOR_TWO = 70002, ANNA = 501, BO = 502, CHEN = 503 };
#define NOON ((int64_t)1767240000000) /* 2026-01-01T04:00Z */

struct house {
    char dir[TEMP_PATH], file[TEMP_PATH], keys[TEMP_PATH];
    struct arena mem;
    struct db *db;
    struct vault *vault;
    struct visit_table *visits;
    struct bus_outbox out;
    int64_t change_seq;
};

/* cmocka's setup and teardown; *state is a struct house with a site, three people (Anna and Bo,
 * agents; Chen, supervisor), and an open visit of visitor one. */
int house_setup(void **state);
int house_teardown(void **state);

/* Within one transaction of the house: an act of a visitor or the system (user 0), or of people. */
struct act house_act(struct house *h, int64_t user, int64_t now);
struct chat_place house_place(int64_t visitor);

/* What was told since house_hush. */
void house_hush(struct house *h);
/* How many messages on topics that begin with this; *last, if any, is the newest one's payload. */
int house_told(struct house *h, const char *topic, str *last);

/* Is this text anywhere in the store's files after a checkpoint? */
bool house_holds(struct house *h, const char *text);

void expect_ok(err e);
void expect_err(err e, enum err_code code, const char *name);

#endif
