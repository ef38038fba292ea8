/* today_rows.h - the figures of Today, version 1 of their definitions, straight from the truth.
 *
 * A conversation counts on the local day of its started_at: the visitor's first message, or an
 * agent's taking it, whichever came first.
 *   answered  an agent wrote
 *   lost      the visitor wrote and no agent did
 *   phones    conversion marked phone or booked
 *   booked    conversion marked booked
 *   unmarked  at least one of the dimensions has no mark
 *   first response  first agent message - first visitor message, where the visitor wrote first;
 *                   p90 by nearest rank, ceil(0.9 n) */
#ifndef FACTS_TODAY_ROWS_H
#define FACTS_TODAY_ROWS_H

#include "base/err.h"
#include "base/str.h"

struct db;
struct sql_set;
struct zone;
extern const struct sql_set facts_sql;

struct today_figures {
    int64_t conversations, answered, lost, phones, booked, unmarked, within_30s, visitors;
    int64_t first_response_avg_ms, first_response_p90_ms; /* -1: blank */
};
struct today_mark {
    int64_t dimension_id, label_id; /* label 0: not marked */
    int64_t now, before;
};
struct today_agent {
    int64_t agent_id; /* 0: nobody took it */
    int64_t conversations, answered, lost, phones, booked, unmarked, first_response_avg_ms;
};
struct today_source {
    str channel, engine;
    int64_t conversations, answered, lost, phones, booked;
};
struct today {
    struct today_figures now, before;
    int64_t hours_now[25], hours_before[25], hours_lost[25]; /* by local hour; 24 used */
    struct today_mark *marks;
    struct today_agent *agents;
    struct today_source *sources;
    size_t mark_count, agent_count, source_count;
    int64_t waiting, longest_wait_since, messages_left;
};
struct today_question {
    int64_t site;                      /* 0 all */
    int64_t from, until;               /* the day so far */
    int64_t before_from, before_until; /* yesterday, until the same time */
    int64_t before_day_until;          /* yesterday's end, for the hour curve */
    int64_t only_agent;                /* own conversations only; 0 all */
    const struct zone *zone;
};
/* The same time of day on the day before, also where the clocks changed in between. Pure. */
int64_t today_day_earlier(const struct zone *z, int64_t at);
/* One pass over the day's rows of both periods. The parts of every breakdown add up to its total. */
MUST_USE err today_figures_of(struct db *db, struct arena *mem, const struct today_question *q,
                              struct today *out);

#endif
