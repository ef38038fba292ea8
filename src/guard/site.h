/* site.h - what makes a fresh site. The rows themselves are in guard_rows.h. */
#ifndef GUARD_SITE_H
#define GUARD_SITE_H

#include "base/err.h"
#include "base/str.h"

/* The public key that stands in the install line: 16 letters and digits without look-alikes. */
str site_key_new(struct arena *mem);
/* One origin a line, as browsers write them. ERR_INVALID "origin_format". */
MUST_USE err site_origins(struct arena *mem, const str *given, size_t count, str *out);
/* site.settings as JSON (the members of wire.yaml's site_settings): neutral words, half a year,
 * consent before health details. */
str site_first_settings(struct arena *mem, str institution, str privacy_url);

#endif
