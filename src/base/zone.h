/* zone.h - what time.c needs of a zone beyond time.h, and the reading of its bytes. */
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include "base/str.h"

struct zone;

/* Days since 1970-01-01 of a civil date of any year. */
int64_t days_of_civil(int64_t year, int month, int day);
/* Seconds east of UTC at an instant in seconds since 1970. */
int zone_offset_seconds(const struct zone *z, int64_t at);
/* First instant, in ms, of the local day that is `days` after 1970-01-01. Where the clock jumps
 * over midnight that is the jump; where midnight comes twice, the first. */
int64_t zone_midnight(const struct zone *z, int64_t days);
/* A zone from the bytes of a TZif file, into which it goes on pointing; freed with free().
 * NULL if they are none, or count leap seconds. */
struct zone *zone_of_tzif(str data, str name);

#endif
