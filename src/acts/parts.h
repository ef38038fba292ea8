/* parts.h - what the acts on one conversation share: an event applied, saved and told. */
#ifndef ACTS_PARTS_H
#define ACTS_PARTS_H

#include "acts/act.h"

/* A conversation this caller may know of; ERR_MISSING "conversation_missing" else. */
MUST_USE err act_find(struct act *a, int64_t id, struct conversation *out);
/* An event of this caller, as the agent he is. */
struct event act_event(const struct act *a, enum event_kind kind);

/* Apply the event, and write its message or erase its bodies; *c is not saved yet. *m gets its number
 * and time. ERR_CONFLICT "already_exists": the message's key is known. *c is changed only on
 * success. */
MUST_USE err act_apply(struct act *a, struct conversation *c, const struct event *ev,
                       struct message *m, bool *changed);
/* Save what became of `before` and tell everyone concerned; m is the written message or NULL.
 * `whole`: something beside the row changed (contacts, marks), so the desk needs all of it. */
MUST_USE err act_tell(struct act *a, const struct conversation *before, struct conversation *c,
                      const struct message *m, bool whole);
/* Both, for events without a message. */
MUST_USE err act_change(struct act *a, struct conversation *c, const struct event *ev);

/* The visitor's new conversation, inserted but not yet told: state opened, its visit copied. */
MUST_USE err act_begin(struct act *a, const struct chat_place *p, struct conversation *out);

/* Text from outside as it is kept: clean, at most max bytes. */
str act_text(struct act *a, str typed, ptrdiff_t max);
/* ERR_INVALID "message_empty" | "message_long". */
MUST_USE err act_message_text(struct act *a, str typed, str *out);
/* Was this key of the visitor seen in any of his conversations? Then *number is not 0. */
MUST_USE err act_said_before(struct act *a, int64_t visitor, str key, struct conversation *c,
                             int64_t *number, int64_t *at);
/* The contacts inside a visitor's message m, kept; *found tells how many. */
MUST_USE err act_keep_contacts(struct act *a, const struct conversation *c, const struct message *m,
                               size_t *found);

/* A row in the audit chain about a thing: subject "KIND:ID". */
MUST_USE err act_audit(struct act *a, const char *what, const char *kind, int64_t id, str detail);

#endif
