/* time.h - instants, civil time, and the zones of /usr/share/zoneinfo.
 *
 * An instant is int64 milliseconds since 1970-01-01T00:00Z. Pure code never asks for the time: it
 * is handed `now`. */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include "base/err.h"
#include "base/str.h"

int64_t time_now_ms(void);       /* wall clock */
int64_t time_monotonic_ms(void); /* for timeouts */
int64_t time_monotonic_us(void);

struct civil {
    int year, month, day; /* month 1 to 12 */
    int hour, minute, second, ms;
    int weekday; /* 0 Monday to 6 Sunday */
};

/* A loaded zone (TZif), immutable, shared by threads, never freed (kept in a process-wide table). */
struct zone;
/* name like "Asia/Shanghai": letters, digits, _ + - /, no "..".
 * ERR_INVALID "time_zone_unknown" if there is none. */
MUST_USE err zone_find(str name, const struct zone **out);
struct civil zone_civil(const struct zone *z, int64_t ms);
/* First instant of the local day that holds ms, moved by `days` local days; right across changes
 * of summer time. */
int64_t zone_day_start(const struct zone *z, int64_t ms, int days);
/* Minutes east of UTC at ms. */
int zone_offset_minutes(const struct zone *z, int64_t ms);
const struct zone *zone_utc(void);

/* RFC 3339. Formatting gives "2026-11-20T21:46:00.000+08:00" ("Z" in UTC). */
str time_rfc3339(struct arena *mem, const struct zone *z, int64_t ms);
/* Accepts date-time with zone, fraction optional. False if it is not exactly that. */
MUST_USE bool time_parse_rfc3339(str s, int64_t *ms);
/* "2026-11-20" in a zone: the first instant of that day. */
MUST_USE bool time_parse_day(str s, const struct zone *z, int64_t *ms);
/* 202611 in UTC; names the trail file. */
int time_month_utc(int64_t ms);

#endif
