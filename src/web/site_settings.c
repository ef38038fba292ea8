#include "web/site_settings.h"

#include "base/json.h"

void site_settings_write(struct json_out *j, const struct in_site_settings_change *t)
{
    json_str(j, "institution", t->institution);
    json_str(j, "greeting_zh", t->greeting_zh);
    json_str(j, "greeting_en", t->greeting_en);
    json_str(j, "invitation_zh", t->invitation_zh);
    json_str(j, "invitation_en", t->invitation_en);
    json_int(j, "invite_after", t->invite_after);
    json_str(j, "purpose_zh", t->purpose_zh);
    json_str(j, "purpose_en", t->purpose_en);
    json_int(j, "retention_days", t->retention_days);
    json_str(j, "privacy_url", t->privacy_url);
    json_str(j, "hours_zh", t->hours_zh);
    json_str(j, "hours_en", t->hours_en);
    json_str(j, "emergency_zh", t->emergency_zh);
    json_str(j, "emergency_en", t->emergency_en);
}

err site_settings_read(str json, struct arena *mem, struct in_site_settings_change *out)
{
    const char *field;
    return json_decode(json, &wire_site_settings_change, mem, out, &field);
}

str site_settings_json(struct arena *mem, const struct in_site_settings_change *t)
{
    struct json_out j;
    json_out_init(&j, mem);
    json_begin_object(&j, NULL);
    site_settings_write(&j, t);
    json_int(&j, "close_after", t->close_after);
    json_end_object(&j);
    return json_done(&j);
}

#define MERGE(member)                                                                              \
    if (change->has_##member)                                                                      \
    now->member = change->member

void site_settings_merge(struct in_site_settings_change *now,
                         const struct in_site_settings_change *change)
{
    MERGE(institution);
    MERGE(greeting_zh);
    MERGE(greeting_en);
    MERGE(invitation_zh);
    MERGE(invitation_en);
    MERGE(invite_after);
    MERGE(purpose_zh);
    MERGE(purpose_en);
    MERGE(retention_days);
    MERGE(privacy_url);
    MERGE(close_after);
    MERGE(hours_zh);
    MERGE(hours_en);
    MERGE(emergency_zh);
    MERGE(emergency_en);
}
