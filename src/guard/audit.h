/* audit.h - what was done, by whom, on record: append-only and chained.
 *
 * hash(n) = BLAKE2b-256(hash(n-1) | n | at | actor | act | subject | detail), the first one over 32
 * zero bytes; lengths stand before texts so that nothing can be shifted from one field to the next.
 * detail is JSON without personal data: ids, codes, counts. Written inside the caller's savepoint,
 * so an act and its record stand or fall together. */
#ifndef GUARD_AUDIT_H
#define GUARD_AUDIT_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct audit_row {
    int64_t n, at;
    str actor;   /* "user:70123", "visitor:70124", "control", "system" */
    str act;     /* "login", "contact.reveal", "visitor.erase", "user.change" ... */
    str subject; /* "conversation:7123" */
    str detail;
    unsigned char hash[32];
};
/* Fills row->hash. Pure. */
void audit_hash(const unsigned char previous[32], struct audit_row *row);

/* The actor of a row: a person, the control socket, or, with neither, the server itself. */
str audit_actor(struct arena *mem, int64_t user, bool control);

#endif
