/* store_help.h - a store in a directory of its own, and jobs whose end a test can see. */
#ifndef UNIT_STORE_HELP_H
#define UNIT_STORE_HELP_H

#include "db/store.h"
#include "temp_dir.h"

#include <semaphore.h>

enum store_statement { MAKE, PUT, COUNT_NOTES, FILL, SMALL, LARGE, DWELL, COUNT_DWELL };
extern const char *const store_sql[];

struct place {
    char dir[TEMP_PATH], data[TEMP_PATH];
    struct store *store;
};

int store_setup(void **state);
int store_teardown(void **state);
void open_store(struct place *p, struct store_options o);

/* A job that puts note `id`, then gives `answer`; `order` says when it was done. */
struct put {
    struct job job;
    int64_t id;
    err answer, result;
    const char *extra; /* a statement of its own, whose failure it keeps to itself */
    int month;         /* on the trail instead */
    int order;
};
extern sem_t done_sem; /* posted by every job that is done */
err put_run(struct job *job, struct session *s);
void put_done(struct job *job, err result);
void submit(struct place *p, enum queue q, struct put *list, int count);
void run_in_one_batch(struct place *p, enum queue q, struct put *list, int count);

/* A job that holds its thread until it is let go, so that others queue into one batch. */
struct gate {
    struct job job;
    sem_t reached, open, closed;
};
err gate_run(struct job *job, struct session *s);
void gate_done(struct job *job, err result);
void hold(struct place *p, enum queue q, struct gate *g);
void let_go(struct gate *g);

/* Notes with ids from..to, or the dwell rows of a month. */
struct counted {
    int64_t from, to, n;
    int month;
};
err count_run(void *arg, struct session *s);
int64_t notes(struct place *p, int64_t from, int64_t to);
int64_t dwells(struct place *p, int month);

#endif
