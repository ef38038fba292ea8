/* zone.h - what time.c needs of a zone beyond time.h; for these two files alone. */
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include <stdint.h>

struct zone;

/* Days since 1970-01-01 of a civil date of any year. */
int64_t days_of_civil(int64_t year, int month, int day);
/* Seconds east of UTC at an instant in seconds since 1970. */
int zone_offset_seconds(const struct zone *z, int64_t at);
/* First instant, in ms, of the local day that is `days` after 1970-01-01. Where the clock jumps
 * over midnight that is the jump; where midnight comes twice, the first. */
int64_t zone_midnight(const struct zone *z, int64_t days);

#endif
