/* rows_parts.h - what the files of chat's rows share: the columns of a conversation, in one order. */
#ifndef CHAT_ROWS_PARTS_H
#define CHAT_ROWS_PARTS_H

#include "chat/chat_rows.h"

struct rows;

/* Of "conversation c", as conversation_read takes them. */
#define CONVERSATION_COLUMNS                                                                       \
    "c.id, c.site_id, c.visitor_id, c.visit_id, c.state, c.agent_id, c.origin, "                   \
    "c.opened_at, c.started_at, c.taken_at, c.closed_at, c.ended_by, c.end_reason, "               \
    "c.last_number, c.last_at, c.last_from, c.unanswered_since, c.visitor_count, "                 \
    "c.agent_count, c.first_visitor_at, c.first_agent_at, c.visitor_read, "                        \
    "c.agent_read, c.consent, c.consent_at, c.bodies_erased_at, c.channel, c.engine, "             \
    "c.source_host, c.search_term, c.bid_keyword, c.provenance, c.landing_url, "                   \
    "c.landing_cut, c.referrer, c.referrer_cut, c.chat_url, c.chat_cut, c.chat_title, "            \
    "c.anchor, c.device, c.os, c.browser, c.language, c.screen, c.region, "                        \
    "c.visits_before, c.change_seq"

/* The row under the cursor; texts are copied to mem. */
void conversation_read(const struct rows *r, struct arena *mem, struct conversation *out);
/* All rows of a query that was begun with `begun`. */
MUST_USE err conversations_read(struct rows *r, err begun, struct arena *mem,
                                struct conversation **out, size_t *count);

#endif
