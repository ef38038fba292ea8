/* people.h - what other files of this room take from people.c and settings.c. */
#ifndef WEB_PEOPLE_H
#define WEB_PEOPLE_H

#include "web/call.h"

/* One audit row in this call's savepoint. */
MUST_USE err call_audit(struct call *c, const char *act, str subject, str detail);
str user_subject(struct call *c, int64_t user); /* "user:70123" */
void view_user(struct json_out *j, const char *name, const struct user *u);
void view_permissions(struct json_out *j, unsigned may); /* "permissions": [...] */
/* Close the consoles of a session (0: all of the user's) once this call has committed. */
void tell_signed_out(struct call *c, int64_t user, int64_t session);
/* Checked and hashed; on a worker. */
MUST_USE err password_new(struct call *c, str password, str login, str *hash);
/* "dimensions": [...] into c->out. */
MUST_USE err view_dimensions(struct call *c);
/* "https://host" as the caller reached us. */
str call_base_url(struct call *c);

#endif
