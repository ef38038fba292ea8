/* wire_shapes.h - what comes in, decoded with json_decode(text, &wire_NAME, ...) into a struct
 * in_NAME. An absent enum is its first word, an absent number 0; structs of changes say has_FIELD.
 *
 * Made by wire/generate.py from wire/wire.yaml; do not edit. */
#ifndef WEB_WIRE_SHAPES_H
#define WEB_WIRE_SHAPES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "base/str.h"

struct in_empty {
    char none;
};
extern const struct json_shape wire_empty;

struct in_login {
    str login;
    str password;
};
extern const struct json_shape wire_login;

enum in_user_new_role {
    IN_USER_NEW_ROLE_AGENT,
    IN_USER_NEW_ROLE_SUPERVISOR,
    IN_USER_NEW_ROLE_MARKETING,
    IN_USER_NEW_ROLE_DESK,
    IN_USER_NEW_ROLE_ONSITE,
    IN_USER_NEW_ROLE_CARE,
    IN_USER_NEW_ROLE_MANAGER,
    IN_USER_NEW_ROLE_ADMIN,
};
extern const char *const in_user_new_role_words[]; /* NULL-terminated */
enum in_user_new_language {
    IN_USER_NEW_LANGUAGE_ZH,
    IN_USER_NEW_LANGUAGE_EN,
};
extern const char *const in_user_new_language_words[]; /* NULL-terminated */
struct in_user_new {
    str login;
    str name;
    int role; /* enum in_user_new_role */
    str password;
    int language; /* enum in_user_new_language */
};
extern const struct json_shape wire_user_new;

enum in_user_change_role {
    IN_USER_CHANGE_ROLE_AGENT,
    IN_USER_CHANGE_ROLE_SUPERVISOR,
    IN_USER_CHANGE_ROLE_MARKETING,
    IN_USER_CHANGE_ROLE_DESK,
    IN_USER_CHANGE_ROLE_ONSITE,
    IN_USER_CHANGE_ROLE_CARE,
    IN_USER_CHANGE_ROLE_MANAGER,
    IN_USER_CHANGE_ROLE_ADMIN,
};
extern const char *const in_user_change_role_words[]; /* NULL-terminated */
struct in_user_change {
    str name;
    int role; /* enum in_user_change_role */
    bool disabled;
    bool reset_password;
    str password;
    bool has_name;
    bool has_role;
    bool has_disabled;
    bool has_reset_password;
    bool has_password;
};
extern const struct json_shape wire_user_change;

struct in_role_change {
    bool own_only;
};
extern const struct json_shape wire_role_change;

enum in_me_change_language {
    IN_ME_CHANGE_LANGUAGE_ZH,
    IN_ME_CHANGE_LANGUAGE_EN,
};
extern const char *const in_me_change_language_words[]; /* NULL-terminated */
struct in_me_change {
    int language; /* enum in_me_change_language */
    str name;
    bool has_language;
    bool has_name;
};
extern const struct json_shape wire_me_change;

struct in_password_change {
    str old;
    str new;
};
extern const struct json_shape wire_password_change;

struct in_site_settings_change {
    str institution;
    str greeting_zh;
    str greeting_en;
    str invitation_zh;
    str invitation_en;
    int64_t invite_after;
    str purpose_zh;
    str purpose_en;
    int64_t retention_days;
    str privacy_url;
    int64_t close_after;
    str hours_zh;
    str hours_en;
    str emergency_zh;
    str emergency_en;
    bool has_institution;
    bool has_greeting_zh;
    bool has_greeting_en;
    bool has_invitation_zh;
    bool has_invitation_en;
    bool has_invite_after;
    bool has_purpose_zh;
    bool has_purpose_en;
    bool has_retention_days;
    bool has_privacy_url;
    bool has_close_after;
    bool has_hours_zh;
    bool has_hours_en;
    bool has_emergency_zh;
    bool has_emergency_en;
};
extern const struct json_shape wire_site_settings_change;

struct in_site_new {
    str name;
    struct str_list origins;
    str time_zone;
    str institution;
};
extern const struct json_shape wire_site_new;

struct in_site_change {
    str name;
    struct str_list origins;
    str time_zone;
    bool retired;
    str settings;
    bool has_name;
    bool has_origins;
    bool has_time_zone;
    bool has_retired;
    bool has_settings;
};
extern const struct json_shape wire_site_change;

struct in_canned_new {
    int64_t site_id;
    str title;
    str shortcut;
    str body;
    int64_t position;
};
extern const struct json_shape wire_canned_new;

struct in_canned_change {
    int64_t site_id;
    str title;
    str shortcut;
    str body;
    int64_t position;
    bool has_site_id;
    bool has_title;
    bool has_shortcut;
    bool has_body;
    bool has_position;
};
extern const struct json_shape wire_canned_change;

struct in_say {
    str key;
    str text;
};
extern const struct json_shape wire_say;

struct in_mark_set {
    int64_t dimension_id;
    int64_t label_id;
};
extern const struct json_shape wire_mark_set;

struct in_visitor_change {
    str name;
    str note;
    bool has_name;
    bool has_note;
};
extern const struct json_shape wire_visitor_change;

struct in_backup {
    str directory;
};
extern const struct json_shape wire_backup;

struct in_page_view {
    str site;
    str visitor;
    str url;
    str referrer;
    str title;
    str screen;
    str language;
    str key;
};
extern const struct json_shape wire_page_view;

enum in_beacon_invite {
    IN_BEACON_INVITE_NONE,
    IN_BEACON_INVITE_SHOWN,
    IN_BEACON_INVITE_REFUSED,
    IN_BEACON_INVITE_ACCEPTED,
};
extern const char *const in_beacon_invite_words[]; /* NULL-terminated */
struct in_beacon {
    str site;
    str visitor;
    int64_t visit;
    int64_t n;
    int64_t dwell_ms;
    str anchor;
    int invite; /* enum in_beacon_invite */
};
extern const struct json_shape wire_beacon;

struct in_hello {
    str site;
    str visitor;
    int64_t visit;
    int64_t n;
    int64_t since;
    int64_t conversation;
};
extern const struct json_shape wire_hello;

struct in_chat_open {
    str url;
    str title;
    str anchor;
};
extern const struct json_shape wire_chat_open;

enum in_chat_consent_consent {
    IN_CHAT_CONSENT_CONSENT_GRANTED,
    IN_CHAT_CONSENT_CONSENT_REFUSED,
    IN_CHAT_CONSENT_CONSENT_WITHDRAWN,
};
extern const char *const in_chat_consent_consent_words[]; /* NULL-terminated */
struct in_chat_consent {
    int consent; /* enum in_chat_consent_consent */
};
extern const struct json_shape wire_chat_consent;

struct in_chat_typing {
    str text;
};
extern const struct json_shape wire_chat_typing;

struct in_chat_read {
    int64_t number;
};
extern const struct json_shape wire_chat_read;

struct in_left_message {
    str site;
    str visitor;
    int64_t visit;
    str key;
    str phone;
    str name;
    str time;
    str text;
    bool consent;
    str url;
    str title;
    str anchor;
};
extern const struct json_shape wire_left_message;

struct in_poll {
    str site;
    str visitor;
    int64_t since;
    int64_t conversation;
};
extern const struct json_shape wire_poll;

enum in_chat_post_consent {
    IN_CHAT_POST_CONSENT_UNASKED,
    IN_CHAT_POST_CONSENT_GRANTED,
    IN_CHAT_POST_CONSENT_REFUSED,
    IN_CHAT_POST_CONSENT_WITHDRAWN,
};
extern const char *const in_chat_post_consent_words[]; /* NULL-terminated */
struct in_chat_post {
    str site;
    str visitor;
    int64_t visit;
    str key;
    str text;
    int consent; /* enum in_chat_post_consent */
    str url;
    str title;
    str anchor;
};
extern const struct json_shape wire_chat_post;

struct in_desk_hello {
    int64_t since;
    str csrf;
};
extern const struct json_shape wire_desk_hello;

struct in_desk_say {
    int64_t conversation;
    str key;
    str text;
};
extern const struct json_shape wire_desk_say;

struct in_desk_typing {
    int64_t conversation;
    bool typing;
};
extern const struct json_shape wire_desk_typing;

struct in_desk_read {
    int64_t conversation;
    int64_t number;
};
extern const struct json_shape wire_desk_read;

struct in_desk_presence {
    bool available;
};
extern const struct json_shape wire_desk_presence;

#endif
