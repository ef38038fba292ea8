/* conversations.h - what is shared: the list's filter, by its JSON and its CSV; the messages of one,
 * by desk and visitor. */
#ifndef WEB_CONVERSATIONS_H
#define WEB_CONVERSATIONS_H

#include "web/call.h"

/* From the query parameters; needs the main store for labels. limit is left to the caller. */
MUST_USE err conversations_filter(struct call *c, struct conversation_filter *f);

/* "messages": [...] with the names of the agents who wrote. mask: contacts are hidden. */
MUST_USE err view_messages(struct call *c, const struct message *list, size_t count, bool mask);

#endif
