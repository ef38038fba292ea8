/* An entry is one block: the struct and, behind it, all its texts. Entries hang in one of two lists,
 * those present and those not, each in the order in which they were last heard of, so that
 *   - the sweep takes from the old end of the absent until one is young enough,
 *   - the live ones are the present, and the absent from the new end until one is too old,
 *   - a full table gives up the oldest absent one first.
 * How many sockets a visitor holds is kept apart: it is true whether or not a visit is open, and
 * outlives clear and forget. */
#include "base/map.h"
#include "track/visit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_VISITS = 200000, LIVE_MS = 5 * 60 * 1000 };

struct entry {
    struct entry *older, *newer;
    bool listed_present;
    struct visit visit;
    char texts[];
};

struct list {
    struct entry *oldest, *newest;
};

struct visit_table {
    pthread_mutex_t lock;
    struct map entries; /* by visitor id */
    struct map sockets; /* by visitor id: the number itself as a pointer */
    struct list present, absent;
    atomic_ullong version;
};

/* Every member that points to text. */
static const size_t strs[] = {
    offsetof(struct visit, landing_url),
    offsetof(struct visit, referrer),
    offsetof(struct visit, source.host),
    offsetof(struct visit, source.search_term),
    offsetof(struct visit, source.bid_keyword),
    offsetof(struct visit, language),
    offsetof(struct visit, screen),
    offsetof(struct visit, region),
    offsetof(struct visit, url),
    offsetof(struct visit, title),
    offsetof(struct visit, anchor),
};
static const size_t words[] = {
    offsetof(struct visit, source.channel),
    offsetof(struct visit, source.engine),
    offsetof(struct visit, source.provenance),
    offsetof(struct visit, device),
    offsetof(struct visit, os),
    offsetof(struct visit, browser),
};
static const char *const invited_words[] = {"no", "shown", "refused", "accepted"};

static str *str_at(const struct visit *v, size_t offset)
{
    return (str *)((uintptr_t)v + offset);
}

static const char **word_at(const struct visit *v, size_t offset)
{
    return (const char **)((uintptr_t)v + offset);
}

/* The word as one of ours, which lives for ever. */
static const char *invited_word(const char *word)
{
    for (size_t i = 0; word && i < COUNT(invited_words); i++)
        if (strcmp(word, invited_words[i]) == 0)
            return invited_words[i];
    return invited_words[0];
}

static size_t texts_size(const struct visit *v)
{
    size_t n = 0;
    for (size_t i = 0; i < COUNT(strs); i++)
        n += (size_t)str_at(v, strs[i])->len;
    for (size_t i = 0; i < COUNT(words); i++)
        n += (*word_at(v, words[i]) ? strlen(*word_at(v, words[i])) : 0) + 1;
    return n;
}

/* *out = *v with its texts at `room`, texts_size(v) bytes. */
static void copy_visit(const struct visit *v, char *room, struct visit *out)
{
    *out = *v;
    for (size_t i = 0; i < COUNT(strs); i++) {
        str *s = str_at(out, strs[i]);
        if (s->len)
            memcpy(room, s->ptr, (size_t)s->len);
        s->ptr = room;
        room += s->len;
    }
    for (size_t i = 0; i < COUNT(words); i++) {
        const char **w = word_at(out, words[i]);
        size_t n = *w ? strlen(*w) : 0;
        if (n)
            memcpy(room, *w, n);
        room[n] = '\0';
        *w = room;
        room += n + 1;
    }
    out->invited = invited_word(v->invited);
}

static void copy_out(const struct visit *v, struct arena *mem, struct visit *out)
{
    copy_visit(v, arena_new(mem, char, texts_size(v)), out);
}

static struct list *list_of(struct visit_table *t, const struct entry *e)
{
    return e->listed_present ? &t->present : &t->absent;
}

static void unlist(struct visit_table *t, struct entry *e)
{
    struct list *l = list_of(t, e);
    *(e->older ? &e->older->newer : &l->oldest) = e->newer;
    *(e->newer ? &e->newer->older : &l->newest) = e->older;
}

/* To the new end of the list it belongs to now. */
static void enlist(struct visit_table *t, struct entry *e)
{
    e->listed_present = e->visit.present > 0;
    struct list *l = list_of(t, e);
    e->older = l->newest;
    e->newer = NULL;
    *(l->newest ? &l->newest->newer : &l->oldest) = e;
    l->newest = e;
}

static void drop(struct visit_table *t, struct entry *e)
{
    unlist(t, e);
    map_remove_int(&t->entries, e->visit.visitor_id);
    free(e);
}

static void drop_all(struct visit_table *t)
{
    while (t->present.oldest)
        drop(t, t->present.oldest);
    while (t->absent.oldest)
        drop(t, t->absent.oldest);
}

static void changed(struct visit_table *t)
{
    atomic_fetch_add_explicit(&t->version, 1, memory_order_release);
}

static struct entry *find(struct visit_table *t, int64_t visitor)
{
    return map_get_int(&t->entries, visitor);
}

static int sockets_of(const struct visit_table *t, int64_t visitor)
{
    return (int)(intptr_t)map_get_int(&t->sockets, visitor);
}

static void set_sockets(struct visit_table *t, int64_t visitor, int count)
{
    if (count > 0)
        map_put_int(&t->sockets, visitor, (void *)(intptr_t)count);
    else
        map_remove_int(&t->sockets, visitor);
}

/* Heard of now: to the new end. */
static void heard(struct visit_table *t, struct entry *e, int64_t now)
{
    if (now > e->visit.last_at)
        e->visit.last_at = now;
    unlist(t, e);
    enlist(t, e);
}

struct visit_table *visit_table_new(void)
{
    struct visit_table *t = calloc(1, sizeof *t);
    if (!t)
        abort();
    pthread_mutex_init(&t->lock, NULL);
    map_init(&t->entries);
    map_init(&t->sockets);
    return t;
}

void visit_table_free(struct visit_table *t)
{
    if (!t)
        return;
    drop_all(t);
    map_release(&t->entries);
    map_release(&t->sockets);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

bool visit_table_get(struct visit_table *t, int64_t visitor, struct arena *mem, struct visit *out)
{
    pthread_mutex_lock(&t->lock);
    const struct entry *e = find(t, visitor);
    if (e)
        copy_out(&e->visit, mem, out);
    pthread_mutex_unlock(&t->lock);
    return e != NULL;
}

void visit_table_put(struct visit_table *t, const struct visit *v)
{
    struct entry *e = malloc(sizeof *e + texts_size(v));
    if (!e)
        abort();
    copy_visit(v, e->texts, &e->visit);
    pthread_mutex_lock(&t->lock);
    struct entry *old = find(t, v->visitor_id);
    int sockets = sockets_of(t, v->visitor_id);
    if (!old && sockets == 0)
        set_sockets(t, v->visitor_id, sockets = v->present);
    e->visit.present = sockets;
    if (old && old->visit.id == v->id) {
        e->visit.invited = old->visit.invited;
        if (old->visit.last_at > e->visit.last_at)
            e->visit.last_at = old->visit.last_at;
    }
    if (old)
        drop(t, old);
    else if (t->entries.count >= MOST_VISITS)
        drop(t, t->absent.oldest ? t->absent.oldest : t->present.oldest);
    map_put_int(&t->entries, v->visitor_id, e);
    enlist(t, e);
    changed(t);
    pthread_mutex_unlock(&t->lock);
}

void visit_table_present(struct visit_table *t, int64_t visitor, int change, int64_t now)
{
    pthread_mutex_lock(&t->lock);
    struct entry *e = find(t, visitor);
    int sockets = sockets_of(t, visitor) + change;
    sockets = sockets > 0 ? sockets : 0;
    set_sockets(t, visitor, sockets);
    if (e) {
        e->visit.present = sockets;
        heard(t, e, now);
        changed(t);
    }
    pthread_mutex_unlock(&t->lock);
}

void visit_table_touch(struct visit_table *t, int64_t visitor, int64_t now)
{
    pthread_mutex_lock(&t->lock);
    struct entry *e = find(t, visitor);
    if (e) {
        heard(t, e, now);
        changed(t);
    }
    pthread_mutex_unlock(&t->lock);
}

void visit_table_invited(struct visit_table *t, int64_t visitor, const char *word)
{
    pthread_mutex_lock(&t->lock);
    struct entry *e = find(t, visitor);
    if (e) {
        e->visit.invited = invited_word(word);
        changed(t);
    }
    pthread_mutex_unlock(&t->lock);
}

void visit_table_forget(struct visit_table *t, int64_t visitor)
{
    pthread_mutex_lock(&t->lock);
    struct entry *e = find(t, visitor);
    if (e) {
        drop(t, e);
        changed(t);
    }
    pthread_mutex_unlock(&t->lock);
}

/* The best `max` seen so far, the worst of them on top: a heap. */
struct best {
    const struct visit **items;
    size_t count, max;
};

static int newest_first(const void *pa, const void *pb)
{
    const struct visit *a = *(const struct visit *const *)pa, *b = *(const struct visit *const *)pb;
    if (a->page_at != b->page_at)
        return a->page_at < b->page_at ? 1 : -1;
    return (a->id < b->id) - (a->id > b->id);
}

static void swap(struct best *b, size_t i, size_t j)
{
    const struct visit *keep = b->items[i];
    b->items[i] = b->items[j];
    b->items[j] = keep;
}

static bool worse(const struct best *b, size_t i, size_t j)
{
    return newest_first(&b->items[i], &b->items[j]) > 0;
}

static void sink(struct best *b)
{
    for (size_t i = 0, child; (child = 2 * i + 1) < b->count; i = child) {
        if (child + 1 < b->count && worse(b, child + 1, child))
            child++;
        if (!worse(b, child, i))
            return;
        swap(b, i, child);
    }
}

static void offer(struct best *b, const struct visit *v)
{
    if (b->count < b->max) {
        b->items[b->count] = v;
        for (size_t i = b->count++; i > 0 && worse(b, i, (i - 1) / 2); i = (i - 1) / 2)
            swap(b, i, (i - 1) / 2);
    } else if (b->max && newest_first(&v, &b->items[0]) < 0) {
        b->items[0] = v;
        sink(b);
    }
}

size_t visit_table_live(struct visit_table *t, int64_t site, int64_t now, size_t max,
                        struct arena *mem, struct visit **out, size_t *total)
{
    struct best best = {.max = max};
    size_t seen = 0;
    pthread_mutex_lock(&t->lock);
    best.max = max < t->entries.count ? max : t->entries.count;
    best.items = arena_new(mem, const struct visit *, best.max);
    for (struct entry *e = t->present.newest; e; e = e->older)
        if (!site || e->visit.site_id == site) {
            offer(&best, &e->visit);
            seen++;
        }
    for (struct entry *e = t->absent.newest; e && now - e->visit.last_at < LIVE_MS; e = e->older)
        if (!site || e->visit.site_id == site) {
            offer(&best, &e->visit);
            seen++;
        }
    if (best.count)
        qsort(best.items, best.count, sizeof(struct visit *), newest_first);
    *out = arena_new(mem, struct visit, best.count);
    for (size_t i = 0; i < best.count; i++)
        copy_out(best.items[i], mem, &(*out)[i]);
    pthread_mutex_unlock(&t->lock);
    if (total)
        *total = seen;
    return best.count;
}

void visit_table_sweep(struct visit_table *t, int64_t now)
{
    struct entry *e;
    pthread_mutex_lock(&t->lock);
    while ((e = t->absent.oldest) && now - e->visit.last_at >= VISIT_SILENCE_MS) {
        drop(t, e);
        changed(t);
    }
    pthread_mutex_unlock(&t->lock);
}

void visit_table_clear(struct visit_table *t)
{
    pthread_mutex_lock(&t->lock);
    drop_all(t);
    changed(t);
    pthread_mutex_unlock(&t->lock);
}

uint64_t visit_table_version(struct visit_table *t)
{
    return atomic_load_explicit(&t->version, memory_order_acquire);
}
