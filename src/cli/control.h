/* control.h - the API of a running server, called over its control socket.
 *
 * The socket is DIR/control.sock; whoever may open it counts as the system, with every right. One
 * connection a call, waited for to the end. */
#ifndef CLI_CONTROL_H
#define CLI_CONTROL_H

#include "base/err.h"
#include "cli/reply.h"

/* body is JSON or empty. *answer is the caller's (reply_free), and for a status that is no success
 * the shape Error.
 * ERR_BUSY "control_silent": nobody answers there; ERR_IO "control_broken": not a whole answer. */
MUST_USE err control_call(const char *path, const char *method, const char *target, str body,
                          struct arena *mem, int *status, struct reply *answer);

#endif
