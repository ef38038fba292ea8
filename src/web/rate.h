/* rate.h - how many frames a socket may send: a bucket that refills. Pure. */
#ifndef WEB_RATE_H
#define WEB_RATE_H

#include "base/str.h"

enum {
    RATE_FILL_MS = 6000, /* from empty to full */
    RATE_TELL_MS = 1000, /* how often a refusal is told */
    RATE_REFUSED = 2000, /* refusals, without a rest between them, before the socket is closed */
};

struct rate {
    int full, credit, refused;
    int64_t filled_at, told_at; /* monotonic ms */
};

enum rate_verdict { RATE_TAKEN, RATE_SILENT, RATE_TOLD, RATE_CLOSED };

struct rate rate_new(int full, int64_t now);
/* One frame more: taken; refused, and told so or not; or one refusal too many. */
enum rate_verdict rate_take(struct rate *r, int64_t now);
/* Whoever comes back has no more than what was left and has been refilled since. */
void rate_carry(struct rate *r, const struct rate *before, int64_t now);

#endif
