#include "base/time.h"

#include "base/zone.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Days since 1970-01-01 of a civil date, and back. Years are counted from March, so that the leap
 * day is the last of its year; an era is 400 years, 146,097 days. */
int64_t days_of_civil(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = floor_div(year, 400);
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void civil_of_days(int64_t days, struct civil *out)
{
    days += 719468;
    int64_t era = floor_div(days, 146097);
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    out->day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
    out->month = (int)(month < 10 ? month + 3 : month - 9);
    out->year = (int)(year_of_era + era * 400 + (out->month <= 2));
}

static int days_in_month(int64_t year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* Exactly `count` digits at *s; moves on. */
static bool take_digits(str *s, int count, int *out)
{
    int n = 0;
    if (s->len < count)
        return false;
    for (int i = 0; i < count; i++) {
        if (s->ptr[i] < '0' || s->ptr[i] > '9')
            return false;
        n = n * 10 + (s->ptr[i] - '0');
    }
    *s = str_slice(*s, count, s->len);
    *out = n;
    return true;
}

static bool take_char(str *s, char c)
{
    if (!s->len || s->ptr[0] != c)
        return false;
    *s = str_slice(*s, 1, s->len);
    return true;
}

static bool take_date(str *s, int64_t *days)
{
    int year, month, day;
    if (!take_digits(s, 4, &year) || !take_char(s, '-') || !take_digits(s, 2, &month) ||
        !take_char(s, '-') || !take_digits(s, 2, &day))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
        return false;
    *days = days_of_civil(year, month, day);
    return true;
}

/* ".5" is 500 ms; digits after the third are cut, not rounded: never into the future. */
static bool take_fraction(str *s, int *ms)
{
    *ms = 0;
    if (!take_char(s, '.'))
        return true;
    int digits = 0, worth = 100, one;
    for (; take_digits(s, 1, &one); digits++) {
        *ms += one * worth;
        worth /= 10;
    }
    return digits > 0;
}

/* "Z", "+08:00"; minutes east of UTC. */
static bool take_offset(str *s, int *minutes)
{
    int hour, minute;
    *minutes = 0;
    if (take_char(s, 'Z') || take_char(s, 'z'))
        return true;
    bool west = take_char(s, '-');
    if (!west && !take_char(s, '+'))
        return false;
    if (!take_digits(s, 2, &hour) || !take_char(s, ':') || !take_digits(s, 2, &minute) ||
        hour > 23 || minute > 59)
        return false;
    *minutes = (west ? -1 : 1) * (hour * 60 + minute);
    return true;
}

static int64_t clock_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t); /* fails only for clocks that do not exist */
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t time_now_ms(void)
{
    return clock_ns(CLOCK_REALTIME) / 1000000;
}

int64_t time_monotonic_ms(void)
{
    return clock_ns(CLOCK_MONOTONIC) / 1000000;
}

int64_t time_monotonic_us(void)
{
    return clock_ns(CLOCK_MONOTONIC) / 1000;
}

struct civil zone_civil(const struct zone *z, int64_t ms)
{
    int64_t local = ms + (int64_t)zone_offset_seconds(z, floor_div(ms, 1000)) * 1000;
    int64_t days = floor_div(local, 86400000);
    int in_day = (int)(local - days * 86400000);
    struct civil c = {.hour = in_day / 3600000,
                      .minute = in_day / 60000 % 60,
                      .second = in_day / 1000 % 60,
                      .ms = in_day % 1000,
                      .weekday = (int)(days + 3 - floor_div(days + 3, 7) * 7)}; /* 1970: Thursday */
    civil_of_days(days, &c);
    return c;
}

int64_t zone_day_start(const struct zone *z, int64_t ms, int days)
{
    struct civil c = zone_civil(z, ms);
    return zone_midnight(z, days_of_civil(c.year, c.month, c.day) + days);
}

str time_rfc3339(struct arena *mem, const struct zone *z, int64_t ms)
{
    struct civil c = zone_civil(z, ms);
    char zone[16] = "Z";
    if (z != zone_utc()) {
        int offset = zone_offset_minutes(z, ms);
        int size = offset < 0 ? -offset : offset;
        snprintf(zone, sizeof zone, "%c%02d:%02d", offset < 0 ? '-' : '+', size / 60, size % 60);
    }
    return str_format(mem, "%04d-%02d-%02dT%02d:%02d:%02d.%03d%s", c.year, c.month, c.day, c.hour,
                      c.minute, c.second, c.ms, zone);
}

bool time_parse_rfc3339(str s, int64_t *ms)
{
    int64_t days;
    int hour, minute, second, fraction, offset;
    if (!take_date(&s, &days) || !(take_char(&s, 'T') || take_char(&s, 't')) ||
        !take_digits(&s, 2, &hour) || !take_char(&s, ':') || !take_digits(&s, 2, &minute) ||
        !take_char(&s, ':') || !take_digits(&s, 2, &second) || !take_fraction(&s, &fraction) ||
        !take_offset(&s, &offset))
        return false;
    /* A leap second (60) is counted as the first second of the next minute. */
    if (s.len || hour > 23 || minute > 59 || second > 60)
        return false;
    *ms = (((days * 24 + hour) * 60 + minute - offset) * 60 + second) * 1000 + fraction;
    return true;
}

bool time_parse_day(str s, const struct zone *z, int64_t *ms)
{
    int64_t days;
    if (!take_date(&s, &days) || s.len)
        return false;
    *ms = zone_midnight(z, days);
    return true;
}

int time_month_utc(int64_t ms)
{
    struct civil c = zone_civil(zone_utc(), ms);
    return c.year * 100 + c.month;
}
