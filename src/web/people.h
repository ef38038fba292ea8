/* people.h - what other files of this room take from people.c and settings.c. */
#ifndef WEB_PEOPLE_H
#define WEB_PEOPLE_H

#include "web/call.h"

/* One audit row in this call's savepoint. */
MUST_USE err call_audit(struct call *c, const char *act, str subject, str detail);
/* "dimensions": [...] into c->out. */
MUST_USE err view_dimensions(struct call *c);
/* "https://host" as the caller reached us. */
str call_base_url(struct call *c);

#endif
