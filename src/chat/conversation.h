/* conversation.h - a conversation's life, as a pure machine: an event in, the new state out.
 *
 *   opened ── visitor writes ──> waiting ── agent takes ──> active ── close ──> closed
 *      └───────────── agent takes ─────────────^  (and every state can close)
 *
 * Messages are numbered 1, 2, 3 without gaps by last_number. A visitor who writes after the end
 * begins a new conversation: that is the caller's act, the machine answers ERR_CONFLICT. */
#ifndef CHAT_CONVERSATION_H
#define CHAT_CONVERSATION_H

#include "base/err.h"
#include "base/str.h"

enum conversation_state {
    CONVERSATION_OPENED,
    CONVERSATION_WAITING,
    CONVERSATION_ACTIVE,
    CONVERSATION_CLOSED
};
enum consent { CONSENT_UNASKED, CONSENT_GRANTED, CONSENT_REFUSED, CONSENT_WITHDRAWN };
enum sender { SENDER_NONE, SENDER_VISITOR, SENDER_AGENT, SENDER_SYSTEM };
enum end_reason { END_NONE, END_VISITOR_LEFT, END_AGENT_CLOSED, END_TIMEOUT, END_MESSAGE_LEFT };
/* The words of the wire, and back (-1 for an unknown word). */
const char *conversation_state_word(enum conversation_state s);
int conversation_state_of(str word);
const char *consent_word(enum consent c);
int consent_of(str word);
const char *sender_word(enum sender s); /* "" for none */
int sender_of(str word);
const char *end_reason_word(enum end_reason r);
int end_reason_of(str word);

struct conversation {
    int64_t id, site_id, visitor_id, visit_id;
    enum conversation_state state;
    int64_t agent_id;
    bool form; /* left as a message */
    int64_t opened_at, started_at, taken_at, closed_at;
    enum sender ended_by;
    enum end_reason end_reason;
    int64_t last_number, last_at;
    enum sender last_from;
    int64_t unanswered_since;
    int64_t visitor_count, agent_count;
    int64_t first_visitor_at, first_agent_at;
    int64_t visitor_read, agent_read;
    enum consent consent;
    int64_t consent_at, bodies_erased_at;
    /* copied from the visit at the start */
    str channel, engine, source_host, search_term, bid_keyword, provenance;
    str landing_url, referrer, chat_url, chat_title, anchor;
    bool landing_cut, referrer_cut, chat_cut;
    str device, os, browser, language, screen, region;
    int64_t visits_before;
    int64_t change_seq;
};

enum event_kind {
    EVENT_VISITOR_WRITES,
    EVENT_AGENT_WRITES, /* takes a conversation nobody has; a colleague's only with `supervises` */
    EVENT_SYSTEM_WRITES,
    EVENT_TAKE,
    EVENT_CLOSE_BY_AGENT,
    EVENT_CLOSE_BY_VISITOR,
    EVENT_TIMEOUT,
    EVENT_CONSENT,
    EVENT_VISITOR_READ,
    EVENT_AGENT_READ,
};
struct event {
    enum event_kind kind;
    int64_t now;
    int64_t agent;        /* who, for agents' events */
    bool supervises;      /* may act on colleagues' conversations */
    enum consent consent; /* EVENT_CONSENT */
    int64_t number;       /* EVENT_*_READ: all up to here */
};
struct effects {
    bool changed;      /* the row must be saved */
    bool message;      /* a message with number last_number must be saved */
    bool erase_bodies; /* the visitor did not let us keep them: overwrite at once */
    bool left_queue;   /* it was waiting and is not any more */
};
/* *c is changed in place, only on success.
 * ERR_CONFLICT "conversation_taken" (another agent has it), "conversation_closed";
 * ERR_FORBIDDEN "not_your_conversation". */
MUST_USE err conversation_apply(struct conversation *c, const struct event *e, struct effects *out);

/* first_agent_at - first_visitor_at, -1 while either is missing or the agent wrote first. */
int64_t conversation_first_response(const struct conversation *c);
/* A visitor wrote or an agent took it: what the figures count as a conversation. */
bool conversation_counts(const struct conversation *c);

/* A visitor's code for people is visitor id % VISITOR_CODES in four hexadecimal digits (a prime, so
 * that all bits of the id count): a search by code needs no column of its own. */
enum { VISITOR_CODES = 65521 };

#endif
