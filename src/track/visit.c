#include "track/visit.h"

#include <string.h>

static bool same_word(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

bool visit_is_new(const struct visit *last, const struct source *next, uint64_t campaign,
                  bool outside_referrer, int64_t now)
{
    const struct source *first = &last->source;
    if (now - last->last_at >= VISIT_SILENCE_MS)
        return true;
    if (campaign && campaign != last->campaign)
        return true;
    return outside_referrer &&
           (!same_word(first->channel, next->channel) || !same_word(first->engine, next->engine) ||
            !str_eq(first->host, next->host) || !str_eq(first->bid_keyword, next->bid_keyword));
}

int visit_view_of_key(const struct visit *v, uint64_t hash)
{
    for (size_t i = 0; hash && i < COUNT(v->keys); i++)
        if (v->keys[i].hash == hash)
            return v->keys[i].n;
    return 0;
}

void visit_keep_key(struct visit *v, uint64_t hash, int n)
{
    if (!hash)
        return;
    memmove(v->keys + 1, v->keys, sizeof v->keys - sizeof v->keys[0]);
    v->keys[0] = (struct view_key){hash, n};
}
