/* site_settings.h - what a site can set, as JSON in site.settings: read, changed, written. Pure. */
#ifndef WEB_SITE_SETTINGS_H
#define WEB_SITE_SETTINGS_H

#include "base/buf.h"
#include "base/err.h"
#include "web/wire_shapes.h"

MUST_USE err site_settings_read(str json, struct arena *mem, struct in_site_settings_change *out);
/* Members of widget_settings; close_after is the server's own and written apart. */
void site_settings_write(struct json_out *j, const struct in_site_settings_change *t);
str site_settings_json(struct arena *mem, const struct in_site_settings_change *t);
/* Take over what the change gives. */
void site_settings_merge(struct in_site_settings_change *now,
                         const struct in_site_settings_change *change);

#endif
