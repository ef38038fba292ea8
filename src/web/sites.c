/* sites.c - the sites as hot paths need them: found by key without asking the store.
 *
 * A change makes new entries; old ones stay until the end, because a call may still hold one. Sites
 * change a few times a year, and what has not changed is not made anew. */
#include "web/call.h"
#include "web/site_settings.h"

#include "base/time.h"
#include "web/wire_shapes.h"

#include <pthread.h>
#include <stdlib.h>

/* All sites at one moment. */
struct site_list {
    struct site_list *older;
    struct arena mem;
    const struct site_entry **entries;
    size_t count;
};

struct sites {
    pthread_rwlock_t lock; /* guards now */
    struct site_list *now; /* and the older ones, which are never freed before the end */
};

static struct site_list *list_new(void)
{
    struct site_list *l = calloc(1, sizeof(*l));
    if (!l)
        abort();
    arena_init(&l->mem, 4 * 1024);
    return l;
}

void site_list_free(struct site_list *l)
{
    if (!l)
        return;
    arena_release(&l->mem);
    free(l);
}

struct sites *sites_new(void)
{
    struct sites *s = calloc(1, sizeof(*s));
    if (!s)
        abort();
    pthread_rwlock_init(&s->lock, NULL);
    s->now = list_new();
    return s;
}

void sites_free(struct sites *s)
{
    pthread_rwlock_destroy(&s->lock);
    for (struct site_list *l = s->now, *older; l; l = older) {
        older = l->older;
        site_list_free(l);
    }
    free(s);
}

static str widget_members(struct arena *mem, const struct in_site_settings_change *t)
{
    struct json_out j;
    json_out_init(&j, mem);
    json_begin_object(&j, NULL);
    site_settings_write(&j, t);
    json_end_object(&j);
    str text = json_done(&j);
    return str_slice(text, 1, text.len - 1);
}

static err entry_of(struct site_list *l, const struct site *row, const struct site_entry **out)
{
    struct site_entry *e = arena_new(&l->mem, struct site_entry, 1);
    struct in_site_settings_change *t = arena_new(&l->mem, struct in_site_settings_change, 1);
    e->site = *row;
    e->settings = t;
    if (zone_find(e->site.time_zone, &e->zone).code)
        e->zone = zone_utc();
    err bad = site_settings_read(e->site.settings, &l->mem, t);
    e->widget = widget_members(&l->mem, t);
    *out = e;
    return bad;
}

err sites_read(struct db *main, struct site_list **out)
{
    struct site_list *l = list_new();
    struct site *rows;
    err e = site_list(main, &l->mem, &rows, &l->count);
    if (!e.code)
        l->entries = arena_new(&l->mem, const struct site_entry *, l->count + 1);
    for (size_t i = 0; !e.code && i < l->count; i++)
        e = entry_of(l, &rows[i], &l->entries[i]);
    if (e.code) {
        site_list_free(l);
        l = NULL;
    }
    *out = l;
    return e;
}

static bool same_site(const struct site *a, const struct site *b)
{
    return a->id == b->id && str_eq(a->key, b->key) && str_eq(a->name, b->name) &&
           str_eq(a->origins, b->origins) && str_eq(a->time_zone, b->time_zone) &&
           str_eq(a->settings, b->settings) && a->retired_at == b->retired_at &&
           a->created_at == b->created_at;
}

static bool same_list(const struct site_list *a, const struct site_list *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = same_site(&a->entries[i]->site, &b->entries[i]->site);
    return same;
}

bool sites_take(struct sites *s, struct site_list *l)
{
    if (same_list(s->now, l)) { /* only this thread writes it */
        site_list_free(l);
        return false;
    }
    l->older = s->now;
    pthread_rwlock_wrlock(&s->lock);
    s->now = l;
    pthread_rwlock_unlock(&s->lock);
    return true;
}

err sites_reload(struct sites *s, struct db *main)
{
    struct site_list *l;
    err e = sites_read(main, &l);
    if (!e.code)
        (void)sites_take(s, l);
    return e;
}

const struct site_entry *site_of_key(struct sites *s, str key)
{
    const struct site_entry *found = NULL;
    pthread_rwlock_rdlock(&s->lock);
    for (size_t i = 0; i < s->now->count; i++)
        if (str_eq(s->now->entries[i]->site.key, key) && !s->now->entries[i]->site.retired_at)
            found = s->now->entries[i];
    pthread_rwlock_unlock(&s->lock);
    return found;
}

const struct site_entry *site_of_id(struct sites *s, int64_t id)
{
    const struct site_entry *found = NULL;
    pthread_rwlock_rdlock(&s->lock);
    for (size_t i = 0; i < s->now->count; i++)
        if (s->now->entries[i]->site.id == id)
            found = s->now->entries[i];
    pthread_rwlock_unlock(&s->lock);
    return found;
}

bool site_allows_origin(const struct site_entry *s, str origin)
{
    str rest = s->site.origins, line;
    while (rest.len) {
        str_cut(rest, '\n', &line, &rest);
        if (str_eq_nocase(str_trim(line), origin))
            return true;
    }
    return false;
}

bool sites_allow_origin(struct sites *s, str origin)
{
    bool found = false;
    pthread_rwlock_rdlock(&s->lock);
    for (size_t i = 0; i < s->now->count && !found; i++)
        found =
            !s->now->entries[i]->site.retired_at && site_allows_origin(s->now->entries[i], origin);
    pthread_rwlock_unlock(&s->lock);
    return found;
}

void view_site(struct json_out *j, const char *name, const struct site *s, str base_url)
{
    struct in_site_settings_change t = {0};
    str rest = s->origins, line;
    json_begin_object(j, name);
    json_id(j, "id", s->id);
    json_str(j, "key", s->key);
    json_str(j, "name", s->name);
    json_begin_array(j, "origins");
    while (rest.len) {
        str_cut(rest, '\n', &line, &rest);
        json_str(j, NULL, line);
    }
    json_end_array(j);
    json_str(j, "time_zone", s->time_zone);
    json_begin_object(j, "settings");
    if (!site_settings_read(s->settings, j->buf.mem, &t).code) {
        site_settings_write(j, &t);
        json_int(j, "close_after", t.close_after);
    }
    json_end_object(j);
    json_bool(j, "retired", s->retired_at != 0);
    json_time(j, "created_at", s->created_at);
    json_str(j, "install",
             str_format(j->buf.mem, "<script async src=\"%.*s/w.js\" data-site=\"%.*s\"></script>",
                        STR_ARG(base_url), STR_ARG(s->key)));
    json_end_object(j);
}
