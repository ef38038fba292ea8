#include "guard/site.h"

#include "base/buf.h"
#include "base/id.h"
#include "base/url.h"

static const struct text_setting {
    const char *name;
    str text;
} texts[] = {
    {"greeting_zh",
     STR("您好，我是咨询员，不是医生。可以帮您了解门诊安排、挂号和路线；病情需要由医生当面"
         "判断。")},
    {"greeting_en", STR("Hello, I am a consultant, not a doctor. I can help with opening hours, "
                        "booking and directions; a doctor has to see you to judge an illness.")},
    {"invitation_zh", STR("需要了解门诊时间或挂号吗？")},
    {"invitation_en", STR("Would you like to know opening hours or how to book?")},
    {"purpose_zh", STR("回答这次咨询、安排预约")},
    {"purpose_en", STR("To answer you and to arrange a visit")},
    {"hours_zh", STR("每天 8:00 至 24:00")},
    {"hours_en", STR("every day, 8:00 to 24:00")},
    {"emergency_zh", STR("紧急情况请直接拨打 120 或前往就近急诊。")},
    {"emergency_en", STR("In an emergency call 120 or go to the nearest emergency room.")},
};

static const struct number_setting {
    const char *name;
    int64_t number;
} numbers[] = {
    {"invite_after", 30}, /* seconds on a page */
    {"retention_days", 180},
    {"close_after", 1800}, /* seconds of silence */
};

str site_key_new(struct arena *mem)
{
    static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789";
    unsigned char bytes[16];
    char text[16];
    random_bytes(bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        text[i] = letters[bytes[i] % (sizeof letters - 1)];
    return str_copy(mem, (str){text, sizeof text});
}

err site_origins(struct arena *mem, const str *given, size_t count, str *out)
{
    struct buf lines;
    buf_init(&lines, mem, 256);
    for (size_t i = 0; i < count; i++) {
        struct url u;
        if (url_parse(str_trim(given[i]), &u).code)
            return ERR(ERR_INVALID, "origin_format");
        if (lines.len)
            buf_add_char(&lines, '\n');
        buf_add(&lines, url_origin(&u, mem));
    }
    *out = buf_str(&lines);
    return OK;
}

str site_first_settings(struct arena *mem, str institution, str privacy_url)
{
    struct json_out j;
    json_out_init(&j, mem);
    json_begin_object(&j, NULL);
    json_str(&j, "institution", institution);
    json_str(&j, "privacy_url", privacy_url);
    for (size_t i = 0; i < COUNT(texts); i++)
        json_str(&j, texts[i].name, texts[i].text);
    for (size_t i = 0; i < COUNT(numbers); i++)
        json_int(&j, numbers[i].name, numbers[i].number);
    json_end_object(&j);
    return json_done(&j);
}
