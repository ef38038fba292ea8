#include "track/visit.h"

#include <string.h>

static bool same_word(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

bool visit_is_new(const struct visit *last, const struct source *next, bool outside_referrer,
                  int64_t now)
{
    const struct source *first = &last->source;
    if (now - last->last_at >= VISIT_SILENCE_MS)
        return true;
    return outside_referrer &&
           (!same_word(first->channel, next->channel) || !same_word(first->engine, next->engine) ||
            !str_eq(first->host, next->host) || !str_eq(first->bid_keyword, next->bid_keyword));
}
