/* settings.c - sites, canned replies and dimensions. */
#include "base/id.h"
#include "base/time.h"
#include "base/url.h"
#include "guard/site.h"
#include "label/label_rows.h"
#include "web/call.h"
#include "web/handlers.h"
#include "web/people.h"
#include "web/site_settings.h"
#include "web/wire_shapes.h"

str call_base_url(struct call *c)
{
    if (!c->request || c->request->local || !c->request->host.len)
        return S("");
    return str_format(c->mem, "%s://%.*s", c->request->tls ? "https" : "http",
                      STR_ARG(c->request->host));
}

err view_dimensions(struct call *c)
{
    struct dimension *list;
    size_t count;
    err e = dimension_list(c->act.db, c->mem, &list, &count);
    json_begin_array(&c->out, "dimensions");
    for (size_t i = 0; i < count && !e.code; i++) {
        json_begin_object(&c->out, NULL);
        json_id(&c->out, "id", list[i].id);
        json_str(&c->out, "code", list[i].code);
        json_str(&c->out, "name_zh", list[i].name_zh);
        json_str(&c->out, "name_en", list[i].name_en);
        json_begin_array(&c->out, "labels");
        for (size_t k = 0; k < list[i].label_count; k++) {
            const struct label *l = &list[i].labels[k];
            json_begin_object(&c->out, NULL);
            json_id(&c->out, "id", l->id);
            json_str(&c->out, "code", l->code);
            json_str(&c->out, "name_zh", l->name_zh);
            json_str(&c->out, "name_en", l->name_en);
            json_str(&c->out, "short_zh", l->short_zh);
            json_str(&c->out, "short_en", l->short_en);
            json_str(&c->out, "color", l->color);
            json_str(&c->out, "shortcut", l->shortcut);
            json_end_object(&c->out);
        }
        json_end_array(&c->out);
        json_end_object(&c->out);
    }
    json_end_array(&c->out);
    return e;
}

err on_dimensions(struct call *c)
{
    return view_dimensions(c);
}

/* --- sites ------------------------------------------------------------------------------------------ */

err on_sites(struct call *c)
{
    struct site *list;
    size_t count;
    err e = site_list(c->act.db, c->mem, &list, &count);
    json_begin_array(&c->out, "sites");
    for (size_t i = 0; i < count && !e.code; i++)
        view_site(&c->out, NULL, &list[i], call_base_url(c));
    json_end_array(&c->out);
    return e;
}

static err origins_of(struct call *c, const struct str_list *given, str *out)
{
    err e = site_origins(c->mem, given->items, given->count, out);
    c->field = e.code ? "origins" : NULL;
    return e;
}

static str site_subject(struct call *c, int64_t id)
{
    return str_format(c->mem, "site:%lld", (long long)id);
}

err on_site_new(struct call *c)
{
    const struct in_site_new *in = c->in;
    const struct zone *zone;
    str institution = in->institution.len ? in->institution : in->name;
    struct site s = {.id = id_new(c->now),
                     .key = site_key_new(c->mem),
                     .name = str_trim(in->name),
                     .time_zone = in->time_zone.len ? in->time_zone : S("Asia/Shanghai"),
                     .settings = site_first_settings(c->mem, institution, S("")),
                     .created_at = c->now};
    err e = zone_find(s.time_zone, &zone);
    if (e.code) {
        c->field = "time_zone";
        return e;
    }
    e = origins_of(c, &in->origins, &s.origins);
    if (!e.code)
        e = site_insert(c->act.db, &s);
    if (!e.code)
        e = call_audit(c, "site.new", site_subject(c, s.id), S("{}"));
    if (!e.code)
        e = sites_read(c->act.db, &c->sites);
    if (e.code)
        return e;
    struct json_out j;
    json_out_init(&j, c->mem);
    view_site(&j, NULL, &s, call_base_url(c));
    str text = json_done(&j);
    buf_add(&c->out.buf, str_slice(text, 1, text.len - 1));
    return OK;
}

/* What the law and the clocks of erasing hang on is the administrator's. */
static bool beyond_texts(const struct in_site_settings_change *t)
{
    return t->has_retention_days || t->has_close_after || t->has_institution ||
           t->has_privacy_url || t->has_purpose_zh || t->has_purpose_en;
}

/* A page of ours or of the web; it becomes a link in the widget. */
static bool is_page(str url)
{
    struct url u;
    bool own = str_starts(url, S("/")) && !str_starts(url, S("//"));
    return !url.len || own || !url_parse(url, &u).code;
}

static err merge_settings(struct call *c, struct site *s, str change)
{
    struct in_site_settings_change now, next;
    err e = site_settings_read(s->settings, c->mem, &now);
    if (!e.code)
        e = json_decode(change, &wire_site_settings_change, c->mem, &next, &c->field);
    if (e.code)
        return e;
    if (beyond_texts(&next) && !(c->who.may & MAY_ADMIN))
        return ERR(ERR_FORBIDDEN, "not_permitted");
    if (next.has_privacy_url && !is_page(next.privacy_url)) {
        c->field = "privacy_url";
        return ERR(ERR_INVALID, "url_format");
    }
    site_settings_merge(&now, &next);
    s->settings = site_settings_json(c->mem, &now);
    return OK;
}

static err merge_site(struct call *c, struct site *s, const struct in_site_change *in)
{
    const struct zone *zone;
    err e = OK;
    if (in->has_name)
        s->name = str_trim(in->name);
    if (in->has_retired)
        s->retired_at = in->retired ? c->now : 0;
    if (in->has_time_zone) {
        e = zone_find(in->time_zone, &zone);
        c->field = e.code ? "time_zone" : NULL;
        s->time_zone = in->time_zone;
    }
    if (!e.code && in->has_origins)
        e = origins_of(c, &in->origins, &s->origins);
    return e;
}

/* For the record: the clocks with what they were and are, the rest by whether it changed. */
static str changes_of(struct call *c, const struct site *before, const struct site *now, bool more)
{
    struct in_site_settings_change old, new;
    bool changed = !str_eq(before->settings, now->settings);
    if (!changed || site_settings_read(before->settings, c->mem, &old).code ||
        site_settings_read(now->settings, c->mem, &new).code)
        return str_format(c->mem, "{\"settings\":%s,\"more\":%s}", changed ? "true" : "false",
                          more ? "true" : "false");
    return str_format(c->mem,
                      "{\"settings\":true,\"more\":%s,\"retention_days\":[%lld,%lld],"
                      "\"close_after\":[%lld,%lld]}",
                      more ? "true" : "false", (long long)old.retention_days,
                      (long long)new.retention_days, (long long)old.close_after,
                      (long long)new.close_after);
}

err on_site_change(struct call *c)
{
    const struct in_site_change *in = c->in;
    struct site s;
    bool more = in->has_name || in->has_retired || in->has_time_zone || in->has_origins;
    if (more && !(c->who.may & MAY_ADMIN))
        return ERR(ERR_FORBIDDEN, "not_permitted");
    err e = site_by_id(c->act.db, c->mem, c->id, &s);
    struct site before = s;
    if (!e.code)
        e = merge_site(c, &s, in);
    if (!e.code && in->has_settings)
        e = merge_settings(c, &s, in->settings);
    if (!e.code)
        e = site_update(c->act.db, &s);
    if (!e.code)
        e = call_audit(c, "site.change", site_subject(c, s.id), changes_of(c, &before, &s, more));
    if (!e.code)
        e = sites_read(c->act.db, &c->sites);
    if (e.code)
        return e;
    struct json_out j;
    json_out_init(&j, c->mem);
    view_site(&j, NULL, &s, call_base_url(c));
    call_json(c, &j);
    return OK;
}

/* --- canned replies ------------------------------------------------------------------------------------ */

static void canned_members(struct json_out *j, const struct canned *r)
{
    json_id(j, "id", r->id);
    json_id(j, "site_id", r->site_id);
    json_str(j, "title", r->title);
    json_str(j, "shortcut", r->shortcut);
    json_str(j, "body", r->body);
    json_int(j, "position", r->position);
}

err on_canned_list(struct call *c)
{
    struct canned *list;
    size_t count;
    err e = canned_list(c->act.db, c->mem, &list, &count);
    json_begin_array(&c->out, "canned");
    for (size_t i = 0; i < count && !e.code; i++) {
        json_begin_object(&c->out, NULL);
        canned_members(&c->out, &list[i]);
        json_end_object(&c->out);
    }
    json_end_array(&c->out);
    return e;
}

static str canned_subject(struct call *c, int64_t id)
{
    return str_format(c->mem, "canned:%lld", (long long)id);
}

static err put_canned(struct call *c, struct canned *r)
{
    r->body = str_clean(c->mem, r->body);
    r->changed_by = c->who.user;
    r->changed_at = c->now;
    if (!str_trim(r->body).len) {
        c->field = "body";
        return ERR(ERR_INVALID, "field_short");
    }
    if (r->site_id && !site_of_id(c->web->sites, r->site_id)) {
        c->field = "site_id";
        return ERR(ERR_MISSING, "site_missing");
    }
    err e = canned_put(c->act.db, r);
    if (!e.code)
        e = call_audit(c, "canned.change", canned_subject(c, r->id), S("{}"));
    if (!e.code)
        canned_members(&c->out, r);
    return e;
}

err on_canned_new(struct call *c)
{
    const struct in_canned_new *in = c->in;
    struct canned r = {.id = id_new(c->now),
                       .site_id = in->site_id,
                       .title = str_trim(in->title),
                       .shortcut = str_trim(in->shortcut),
                       .body = in->body,
                       .position = in->position};
    return put_canned(c, &r);
}

err on_canned_change(struct call *c)
{
    const struct in_canned_change *in = c->in;
    struct canned r;
    err e = canned_by_id(c->act.db, c->mem, c->id, &r);
    if (e.code)
        return e;
    if (in->has_site_id)
        r.site_id = in->site_id;
    if (in->has_title)
        r.title = str_trim(in->title);
    if (in->has_shortcut)
        r.shortcut = str_trim(in->shortcut);
    if (in->has_body)
        r.body = in->body;
    if (in->has_position)
        r.position = in->position;
    return put_canned(c, &r);
}

err on_canned_delete(struct call *c)
{
    struct canned r;
    err e = canned_by_id(c->act.db, c->mem, c->id, &r);
    if (!e.code)
        e = canned_delete(c->act.db, c->id);
    if (!e.code)
        e = call_audit(c, "canned.delete", canned_subject(c, c->id), S("{}"));
    if (!e.code)
        json_bool(&c->out, "ok", true);
    return e;
}
