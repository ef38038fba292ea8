/* conversations.h - the list's filter, shared by its JSON and its CSV. */
#ifndef WEB_CONVERSATIONS_H
#define WEB_CONVERSATIONS_H

#include "web/call.h"

/* From the query parameters; needs the main store for labels. limit is left to the caller. */
MUST_USE err conversations_filter(struct call *c, struct conversation_filter *f);

#endif
