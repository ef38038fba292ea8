#include "web/rate.h"

static void refill(struct rate *r, int64_t now)
{
    int64_t gained = (now - r->filled_at) * r->full / RATE_FILL_MS;
    if (gained <= 0)
        return;
    r->filled_at = now;
    r->credit = r->credit + gained < r->full ? r->credit + (int)gained : r->full;
    if (r->credit == r->full)
        r->refused = 0;
}

struct rate rate_new(int full, int64_t now)
{
    return (struct rate){
        .full = full, .credit = full, .filled_at = now, .told_at = now - RATE_TELL_MS};
}

enum rate_verdict rate_take(struct rate *r, int64_t now)
{
    refill(r, now);
    if (r->credit > 0) {
        r->credit--;
        return RATE_TAKEN;
    }
    if (++r->refused > RATE_REFUSED)
        return RATE_CLOSED;
    if (now - r->told_at < RATE_TELL_MS)
        return RATE_SILENT;
    r->told_at = now;
    return RATE_TOLD;
}

void rate_carry(struct rate *r, const struct rate *before, int64_t now)
{
    struct rate left = *before;
    refill(&left, now);
    refill(r, now);
    int used = left.full - left.credit;
    r->credit = r->credit > used ? r->credit - used : 0;
    r->refused += left.refused;
}
