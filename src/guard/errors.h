/* errors.h - the sentence for people behind each error name: a row of errors.inc. */
#ifndef GUARD_ERRORS_H
#define GUARD_ERRORS_H

#include "base/str.h"
#include "guard/session.h"

/* Never empty: a name without a row gets a plain sentence. */
str error_text(const char *name, enum language language);

#endif
