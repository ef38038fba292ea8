/* today.h - the counting behind today_rows.h, without the store. Pure; for today_rows.c alone.
 *
 * Walk: tally_init, tally_label for every label in order, tally_add for every conversation,
 *       tally_done. */
#ifndef FACTS_TODAY_H
#define FACTS_TODAY_H

#include "facts/today_rows.h"

enum { FACT_MARKS = 32 };

/* What of a conversation is counted. */
struct fact {
    int64_t started_at, agent_id, visitor_id;
    int64_t visitor_count, agent_count;
    int64_t first_visitor_at, first_agent_at;
    bool form;
    str channel, engine;
    struct {
        int64_t dimension_id, label_id;
    } marks[FACT_MARKS];
    size_t mark_count;
};

/* The values of a period from which averages and percentiles are taken. */
struct gathered {
    int64_t *responses, *visitors;
    size_t response_count, response_cap, visitor_count, visitor_cap;
    int64_t response_sum;
};

struct agent_responses {
    int64_t sum, count;
};

struct tally {
    struct arena *mem;
    const struct today_question *q;
    struct today *out;
    enum worth { WORTH_NOTHING, WORTH_PHONE, WORTH_BOOKED } * worths; /* beside out->marks */
    struct agent_responses *responses;                                /* beside out->agents */
    size_t mark_cap, worth_cap, agent_cap, response_cap, source_cap;
    struct gathered now, before;
};

void tally_init(struct tally *t, struct arena *mem, const struct today_question *q,
                struct today *out);
/* Labels come dimension by dimension; label 0 for a dimension that has none. */
void tally_label(struct tally *t, int64_t dimension, int64_t label, str dimension_code,
                 str label_code);
/* Texts are copied where they are kept. */
void tally_add(struct tally *t, const struct fact *f);
/* Sorts the breakdowns, most conversations first, and takes averages and percentiles. */
void tally_done(struct tally *t);

#endif
