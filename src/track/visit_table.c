/* An entry is one block: the struct and, behind it, all its texts. It hangs in one of three lists,
 * each in the order in which its entries were last heard of: the present, those who left within five
 * minutes, and the gone. So
 *   - the sweep takes from the old end of the gone until one is young enough,
 *   - a full table gives up the oldest of the gone first, and of the present last,
 *   - how many are live in a site is a number kept with every move between the lists.
 * And it hangs in the list of all by the time of their page: the live ones are looked for from its
 * new end, where nearly all are live.
 * How many sockets a visitor holds is kept apart: it is true whether or not a visit is open, and
 * outlives clear and forget. */
#include "base/map.h"
#include "track/visit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_VISITS = 200000, LIVE_MS = 5 * 60 * 1000 };

enum state { PRESENT, RECENT, GONE, STATES };

struct entry {
    struct entry *older, *newer;           /* heard of */
    struct entry *older_page, *newer_page; /* looking at their page */
    int64_t heard_at; /* like visit.last_at, which does not move when the visit is over */
    enum state state;
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
    struct map live;    /* by site id: how many are present or recent, likewise; 0 is all */
    struct list lists[STATES], pages;
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

static int number_of(const struct map *m, int64_t key)
{
    return (int)(intptr_t)map_get_int(m, key);
}

static void set_number(struct map *m, int64_t key, int number)
{
    if (number > 0)
        map_put_int(m, key, (void *)(intptr_t)number);
    else
        map_remove_int(m, key);
}

static void count_live(struct visit_table *t, const struct entry *e, int change)
{
    if (e->state == GONE)
        return;
    set_number(&t->live, 0, number_of(&t->live, 0) + change);
    set_number(&t->live, e->visit.site_id, number_of(&t->live, e->visit.site_id) + change);
}

static void unlist(struct visit_table *t, struct entry *e)
{
    struct list *l = &t->lists[e->state];
    count_live(t, e, -1);
    *(e->older ? &e->older->newer : &l->oldest) = e->newer;
    *(e->newer ? &e->newer->older : &l->newest) = e->older;
}

/* To the new end of a list. */
static void enlist(struct visit_table *t, struct entry *e, enum state state)
{
    struct list *l = &t->lists[state];
    e->state = state;
    count_live(t, e, 1);
    e->older = l->newest;
    e->newer = NULL;
    *(l->newest ? &l->newest->newer : &l->oldest) = e;
    l->newest = e;
}

/* Those who left five minutes ago are gone. */
static void let_go(struct visit_table *t, int64_t now)
{
    struct entry *e;
    while ((e = t->lists[RECENT].oldest) && now - e->heard_at >= LIVE_MS) {
        unlist(t, e);
        enlist(t, e, GONE);
    }
}

/* Pages come in the order of their time, but for a clock set back and for what is read at start. */
static void enlist_page(struct visit_table *t, struct entry *e)
{
    struct list *l = &t->pages;
    struct entry *older = l->newest;
    while (older && older->visit.page_at > e->visit.page_at)
        older = older->older_page;
    e->older_page = older;
    e->newer_page = older ? older->newer_page : l->oldest;
    *(e->older_page ? &e->older_page->newer_page : &l->oldest) = e;
    *(e->newer_page ? &e->newer_page->older_page : &l->newest) = e;
}

static void unlist_page(struct visit_table *t, struct entry *e)
{
    struct list *l = &t->pages;
    *(e->older_page ? &e->older_page->newer_page : &l->oldest) = e->newer_page;
    *(e->newer_page ? &e->newer_page->older_page : &l->newest) = e->older_page;
}

static void drop(struct visit_table *t, struct entry *e)
{
    unlist(t, e);
    unlist_page(t, e);
    map_remove_int(&t->entries, e->visit.visitor_id);
    free(e);
}

static void drop_all(struct visit_table *t)
{
    while (t->pages.oldest)
        drop(t, t->pages.oldest);
}

static void make_room(struct visit_table *t)
{
    static const enum state order[] = {GONE, RECENT, PRESENT};
    for (size_t i = 0; i < COUNT(order); i++) {
        if (t->lists[order[i]].oldest) {
            drop(t, t->lists[order[i]].oldest);
            return;
        }
    }
}

static void changed(struct visit_table *t)
{
    atomic_fetch_add_explicit(&t->version, 1, memory_order_release);
}

static struct entry *find(struct visit_table *t, int64_t visitor)
{
    return map_get_int(&t->entries, visitor);
}

/* Heard of now: to the new end. The silence that ended a visit is not broken by its farewell. */
static void heard(struct visit_table *t, struct entry *e, int sockets, int64_t now)
{
    if (now > e->visit.last_at && now - e->visit.last_at < VISIT_SILENCE_MS)
        e->visit.last_at = now;
    if (now > e->heard_at)
        e->heard_at = now;
    unlist(t, e);
    e->visit.present = sockets;
    enlist(t, e, sockets > 0 ? PRESENT : RECENT);
}

struct visit_table *visit_table_new(void)
{
    struct visit_table *t = calloc(1, sizeof *t);
    if (!t)
        abort();
    pthread_mutex_init(&t->lock, NULL);
    map_init(&t->entries);
    map_init(&t->sockets);
    map_init(&t->live);
    return t;
}

void visit_table_free(struct visit_table *t)
{
    if (!t)
        return;
    drop_all(t);
    map_release(&t->entries);
    map_release(&t->sockets);
    map_release(&t->live);
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
    int sockets = number_of(&t->sockets, v->visitor_id);
    if (!old && sockets == 0)
        set_number(&t->sockets, v->visitor_id, sockets = v->present);
    e->visit.present = sockets;
    if (old && old->visit.id == v->id) {
        e->visit.invited = old->visit.invited;
        if (old->visit.last_at > e->visit.last_at)
            e->visit.last_at = old->visit.last_at;
    }
    e->heard_at = e->visit.last_at;
    if (old)
        drop(t, old);
    else if (t->entries.count >= MOST_VISITS)
        make_room(t);
    map_put_int(&t->entries, v->visitor_id, e);
    enlist(t, e, sockets > 0 ? PRESENT : RECENT);
    enlist_page(t, e);
    changed(t);
    pthread_mutex_unlock(&t->lock);
}

void visit_table_present(struct visit_table *t, int64_t visitor, int change, int64_t now)
{
    pthread_mutex_lock(&t->lock);
    struct entry *e = find(t, visitor);
    int sockets = number_of(&t->sockets, visitor) + change;
    sockets = sockets > 0 ? sockets : 0;
    set_number(&t->sockets, visitor, sockets);
    if (e) {
        heard(t, e, sockets, now);
        changed(t);
    }
    pthread_mutex_unlock(&t->lock);
}

void visit_table_touch(struct visit_table *t, int64_t visitor, int64_t now)
{
    pthread_mutex_lock(&t->lock);
    struct entry *e = find(t, visitor);
    if (e) {
        heard(t, e, e->visit.present, now);
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

size_t visit_table_live(struct visit_table *t, int64_t site, int64_t now, size_t max,
                        struct arena *mem, struct visit **out, size_t *total)
{
    size_t count = 0;
    pthread_mutex_lock(&t->lock);
    let_go(t, now);
    size_t live = (size_t)number_of(&t->live, site);
    if (max > live)
        max = live;
    *out = arena_new(mem, struct visit, max);
    for (const struct entry *e = t->pages.newest; e && count < max; e = e->older_page)
        if (e->state != GONE && (!site || e->visit.site_id == site))
            copy_out(&e->visit, mem, &(*out)[count++]);
    pthread_mutex_unlock(&t->lock);
    if (total)
        *total = live;
    return count;
}

void visit_table_sweep(struct visit_table *t, int64_t now)
{
    struct entry *e;
    pthread_mutex_lock(&t->lock);
    let_go(t, now);
    while ((e = t->lists[GONE].oldest) && now - e->heard_at >= VISIT_SILENCE_MS) {
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
