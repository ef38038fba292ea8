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
    json_object(&j, NULL);
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

struct in_site_settings_change site_settings_default(str institution)
{
    return (struct in_site_settings_change){
        .institution = institution,
        .greeting_zh =
            S("您好，我是咨询员，不是医生。可以帮您了解门诊安排、挂号和路线；病情需要由医生当面"
              "判断。"),
        .greeting_en = S("Hello, I am a consultant, not a doctor. I can help with opening hours, "
                         "booking and directions; a doctor has to see you to judge an illness."),
        .invitation_zh = S("需要了解门诊时间或挂号吗？"),
        .invitation_en = S("Would you like to know opening hours or how to book?"),
        .invite_after = 30,
        .purpose_zh = S("用于回答这次咨询和安排预约，本院咨询员与就诊科室可以看到。"),
        .purpose_en = S("To answer this consultation and arrange a booking; seen by our "
                        "consultants and the department you visit."),
        .retention_days = 180,
        .close_after = 1800,
        .hours_zh = S("咨询时间为每天 8:00 至 24:00"),
        .hours_en = S("Consultants are here every day from 8:00 to 24:00"),
        .emergency_zh = S("紧急情况请直接拨打 120 或前往就近急诊。"),
        .emergency_en = S("In an emergency call 120 or go to the nearest emergency room."),
    };
}
