/* sites.c - the sites as hot paths need them: found by key without asking the store.
 *
 * A change makes new entries; old ones stay until the end, because a call may still hold one. Sites
 * change a few times a year. */
#include "web/call.h"
#include "web/site_settings.h"

#include "base/time.h"
#include "web/wire_shapes.h"

#include <pthread.h>
#include <stdlib.h>

struct sites {
    pthread_rwlock_t lock; /* guards now and count */
    struct arena mem;      /* entries, never freed before the end */
    const struct site_entry **now;
    size_t count;
};

struct sites *sites_new(void)
{
    struct sites *s = calloc(1, sizeof(*s));
    if (!s)
        abort();
    pthread_rwlock_init(&s->lock, NULL);
    arena_init(&s->mem, 16 * 1024);
    return s;
}

void sites_free(struct sites *s)
{
    pthread_rwlock_destroy(&s->lock);
    arena_release(&s->mem);
    free(s);
}

static str site_copy(struct arena *mem, str s)
{
    return str_copy(mem, s);
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

static err entry_of(struct sites *s, const struct site *row, const struct site_entry **out)
{
    struct site_entry *e = arena_new(&s->mem, struct site_entry, 1);
    e->site = *row;
    e->site.key = site_copy(&s->mem, row->key);
    e->site.name = site_copy(&s->mem, row->name);
    e->site.origins = site_copy(&s->mem, row->origins);
    e->site.time_zone = site_copy(&s->mem, row->time_zone);
    e->site.settings = site_copy(&s->mem, row->settings);
    struct in_site_settings_change *t = arena_new(&s->mem, struct in_site_settings_change, 1);
    e->settings = t;
    if (zone_find(e->site.time_zone, &e->zone).code)
        e->zone = zone_utc();
    err bad = site_settings_read(e->site.settings, &s->mem, t);
    e->widget = widget_members(&s->mem, t);
    *out = e;
    return bad;
}

err sites_reload(struct sites *s, struct db *main)
{
    struct arena scratch;
    struct site *rows;
    size_t count;
    arena_init(&scratch, 0);
    err e = site_list(main, &scratch, &rows, &count);
    if (!e.code) {
        pthread_rwlock_wrlock(&s->lock);
        const struct site_entry **now = arena_new(&s->mem, const struct site_entry *, count + 1);
        for (size_t i = 0; i < count && !e.code; i++)
            e = entry_of(s, &rows[i], &now[i]);
        if (!e.code) {
            s->now = now;
            s->count = count;
        }
        pthread_rwlock_unlock(&s->lock);
    }
    arena_release(&scratch);
    return e;
}

const struct site_entry *site_of_key(struct sites *s, str key)
{
    const struct site_entry *found = NULL;
    pthread_rwlock_rdlock(&s->lock);
    for (size_t i = 0; i < s->count; i++)
        if (str_eq(s->now[i]->site.key, key) && !s->now[i]->site.retired_at)
            found = s->now[i];
    pthread_rwlock_unlock(&s->lock);
    return found;
}

const struct site_entry *site_of_id(struct sites *s, int64_t id)
{
    const struct site_entry *found = NULL;
    pthread_rwlock_rdlock(&s->lock);
    for (size_t i = 0; i < s->count; i++)
        if (s->now[i]->site.id == id)
            found = s->now[i];
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
    for (size_t i = 0; i < s->count && !found; i++)
        found = !s->now[i]->site.retired_at && site_allows_origin(s->now[i], origin);
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
