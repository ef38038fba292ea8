/* act.h - what an act is given, and the acts that touch several rooms. Web, CLI and import call
 * them; each runs inside the caller's savepoint on the main writer unless it says otherwise, and
 * what it wants to tell leaves through the outbox after COMMIT.
 *
 * Topics told (dotted, as NATS subjects; payloads are the push frames of wire.yaml as JSON text with
 * "t", contacts in texts masked for the desk, plain for the visitor himself):
 *   desk.AGENT.CONVERSATION            for consoles; AGENT 0 while nobody has it, -1 once it has ended
 *                                      so. Consoles with "own conversations only" hear desk.0.* and
 *                                      their own desk.AGENT.*
 *   gone.AGENT.CONVERSATION.NEXT       only for those, but not NEXT: {"t":"gone"} when it left AGENT
 *                                      or the queue
 *   visitor.VISITOR.CONVERSATION.AGENT all tabs of a visitor
 * A written message is told as {"t":"message"} alone when nothing else changed but what the message
 * implies (last_*, counts, unanswered_since): consoles derive these. {"t":"conversation"} follows
 * when state, agent, marks, consent, contacts, the card or what the visitor read changed. Each frame
 * of one act has a change number of its own, growing in the order gone, message, conversation. */
#ifndef ACTS_ACT_H
#define ACTS_ACT_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "bus/bus.h"
#include "chat/chat_rows.h"
#include "guard/session.h"
#include "track/visit.h"

struct db;
struct vault;

struct act {
    struct arena *mem;
    struct db *db; /* main */
    const struct vault *vault;
    struct visit_table *visits;
    struct who who; /* user 0 for visitors and the system */
    int64_t now;
    struct bus_outbox *out;
    int64_t
        *change_seq; /* the writer's counter: ++ for each change; read again after a lost batch */
};

/* What a visitor's frame brings along. */
struct chat_place {
    int64_t site_id, visitor_id, visit_id;
    str url, title, anchor;
};
/* The visitor opens the window: his open conversation, or a new one in state opened that copies
 * its visit. */
MUST_USE err act_open(struct act *a, const struct chat_place *p, struct conversation *out);
/* The visitor writes: into his open conversation, or a new one. A key known in his open one, or
 * in its first hour in any of his earlier ones, answers the first number again. Contacts are
 * found before sealing.
 * ERR_INVALID "message_empty" | "message_long" (more than 4,000 characters). */
MUST_USE err act_visitor_says(struct act *a, const struct chat_place *p, str key, str text,
                              struct conversation *c, int64_t *number, int64_t *at);
/* An agent writes; takes the conversation when nobody has it, or over from a colleague when he
 * supervises. A known key answers its first number, also after the end. */
MUST_USE err act_agent_says(struct act *a, int64_t conversation, str key, str text, int64_t *number,
                            int64_t *at);
MUST_USE err act_take(struct act *a, int64_t conversation, struct conversation *out);
MUST_USE err act_close(struct act *a, int64_t conversation,
                       struct conversation *out); /* by agent */
MUST_USE err act_visitor_ends(struct act *a, int64_t visitor);
/* Granted or refused before there is a conversation: it is opened. Withdrawn after the end: the last
 * one's bodies are erased at once. */
MUST_USE err act_consent(struct act *a, const struct chat_place *p, enum consent consent);
MUST_USE err act_visitor_read(struct act *a, int64_t visitor, int64_t number);
MUST_USE err act_agent_read(struct act *a, int64_t conversation, int64_t number);
MUST_USE err act_mark(struct act *a, int64_t conversation, int64_t dimension, int64_t label,
                      struct conversation *out);

/* The question is a message like any other: ERR_INVALID "message_empty" without it. */
struct left_message {
    str key, phone, name, time, text;
    bool consent; /* without it ERR_INVALID "consent_needed": a phone may not be kept unasked */
};
MUST_USE err act_left_message(struct act *a, const struct chat_place *p,
                              const struct left_message *m, struct conversation *c,
                              int64_t *number);
/* Bodies, contacts and the visitor's card in full, with an audit row; own_only agents: their own conversations only. */
struct revealed {
    struct message *messages;
    size_t message_count;
    struct contact *contacts;
    size_t contact_count;
    str name, note; /* of his card */
};
MUST_USE err act_reveal(struct act *a, int64_t conversation, struct revealed *out);
/* Erase a visitor in main.db (the trail files are erased by the caller, month by month, on the
 * trail writer) with an audit row. */
MUST_USE err act_erase_visitor(struct act *a, int64_t visitor, int64_t *conversations);
/* A text that comes back as it was shown, with its contacts masked, leaves what was written. */
MUST_USE err act_visitor_card(struct act *a, int64_t visitor, int64_t site, const str *name,
                              const str *note);
/* Ends what was silent too long, and left messages nobody took within their retention; erases bodies
 * and cards that are past it; at most `limit` each. One that fails is logged and left as it was. */
MUST_USE err act_sweep(struct act *a, int limit);

/* May this caller see this conversation? own_only: his own, or one that nobody has and that is not
 * closed. */
bool act_may_see(const struct who *who, const struct conversation *c);

#endif
