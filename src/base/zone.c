/* Zones from /usr/share/zoneinfo: TZif of version 2 or later (RFC 8536). Transitions are looked up
 * by binary search; after the last one the rule of the footer holds, a POSIX TZ text such as
 * "CET-1CEST,M3.5.0,M10.5.0/3". */
#include "base/zone.h"

#include "base/time.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME_MAX_LEN = 64, FILE_MAX = 256 * 1024, HEADER_LEN = 44, DAY = 86400 };

/* One end of summer time: a day of the year and the second in it. */
struct rule_day {
    enum rule_kind {
        RULE_JULIAN,     /* 1 to 365, 29 February is never counted */
        RULE_ZERO_BASED, /* 0 to 365, 29 February is counted */
        RULE_WEEK        /* the week-th weekday of a month; 5 is the last */
    } kind;
    int day, month, week, weekday; /* weekday 0 is Sunday */
    int second;
};

struct zone {
    struct zone *next;
    str name;
    const unsigned char *at; /* transitions, 8 bytes big-endian each */
    const unsigned char *type_of;
    const unsigned char *types; /* 6 bytes each: offset, is summer time, name */
    size_t transitions;
    bool has_rule, has_summer;
    int standard, summer; /* seconds east of UTC */
    struct rule_day from, to;
};

static const struct zone utc = {.name = STR("UTC"), .has_rule = true};

/* Zones once loaded stay: a handful, named by the settings of sites. */
static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static struct zone *table;

static uint32_t be32(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t be64(const unsigned char *p)
{
    return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* ---- the footer ---- */

static bool take(str *s, char c)
{
    if (!s->len || s->ptr[0] != c)
        return false;
    *s = str_slice(*s, 1, s->len);
    return true;
}

static bool take_number(str *s, int most, int *out)
{
    int n = 0;
    ptrdiff_t i = 0;
    for (; i < s->len && s->ptr[i] >= '0' && s->ptr[i] <= '9' && n <= most; i++)
        n = n * 10 + (s->ptr[i] - '0');
    *s = str_slice(*s, i, s->len);
    *out = n;
    return i > 0 && n <= most;
}

/* "3", "-3:30", "+167:59:59", in seconds. */
static bool take_time(str *s, int *out)
{
    int hour, minute = 0, second = 0;
    bool minus = take(s, '-');
    if (!minus)
        (void)take(s, '+');
    if (!take_number(s, 167, &hour) || (take(s, ':') && !take_number(s, 59, &minute)) ||
        (take(s, ':') && !take_number(s, 59, &second)))
        return false;
    *out = (minus ? -1 : 1) * (hour * 3600 + minute * 60 + second);
    return true;
}

/* "CET" or "<+08>". */
static bool take_name(str *s)
{
    ptrdiff_t n = 0;
    if (take(s, '<')) {
        n = str_find_char(*s, '>');
        *s = str_slice(*s, n + 1, s->len);
        return n > 0;
    }
    while (n < s->len && ((s->ptr[n] | 0x20) >= 'a' && (s->ptr[n] | 0x20) <= 'z'))
        n++;
    *s = str_slice(*s, n, s->len);
    return n >= 3;
}

static bool take_rule_day(str *s, struct rule_day *out)
{
    *out = (struct rule_day){.second = 2 * 3600};
    if (take(s, 'M')) {
        out->kind = RULE_WEEK;
        if (!take_number(s, 12, &out->month) || !take(s, '.') || !take_number(s, 5, &out->week) ||
            !take(s, '.') || !take_number(s, 6, &out->weekday) || !out->month || !out->week)
            return false;
    } else {
        out->kind = take(s, 'J') ? RULE_JULIAN : RULE_ZERO_BASED;
        if (!take_number(s, 365, &out->day) || (out->kind == RULE_JULIAN && !out->day))
            return false;
    }
    return !take(s, '/') || take_time(s, &out->second);
}

static bool parse_footer(str s, struct zone *z)
{
    if (!take_name(&s) || !take_time(&s, &z->standard))
        return false;
    z->standard = -z->standard; /* POSIX counts west of Greenwich */
    z->has_rule = true;
    if (!s.len)
        return true;
    z->has_summer = true;
    if (!take_name(&s))
        return false;
    z->summer = z->standard + 3600;
    if (s.len && s.ptr[0] != ',') {
        if (!take_time(&s, &z->summer))
            return false;
        z->summer = -z->summer;
    }
    return take(&s, ',') && take_rule_day(&s, &z->from) && take(&s, ',') &&
           take_rule_day(&s, &z->to) && !s.len;
}

/* Local second, counted from 1970, at which a rule strikes in a year. */
static int64_t rule_second(const struct rule_day *r, int year)
{
    bool leap = days_of_civil(year, 3, 1) - days_of_civil(year, 2, 28) == 2;
    int64_t day = days_of_civil(year, 1, 1);
    switch (r->kind) {
    case RULE_JULIAN:
        day += r->day - 1 + (leap && r->day >= 60);
        break;
    case RULE_ZERO_BASED:
        day += r->day;
        break;
    case RULE_WEEK: {
        int64_t first = days_of_civil(year, r->month, 1);
        int64_t next_month = days_of_civil(year + r->month / 12, r->month % 12 + 1, 1);
        int64_t weekday = (first + 4) - floor_div(first + 4, 7) * 7; /* 1970-01-01: Thursday */
        day = first + (r->weekday - weekday + 7) % 7 + (r->week - 1) * 7;
        while (day >= next_month)
            day -= 7;
        break;
    }
    }
    return day * DAY + r->second;
}

static int rule_offset(const struct zone *z, int64_t at)
{
    if (!z->has_summer)
        return z->standard;
    int year = (int)floor_div((at + z->standard) / DAY * 400, 146097) + 1970;
    while (days_of_civil(year + 1, 1, 1) * DAY <= at + z->standard)
        year++;
    while (days_of_civil(year, 1, 1) * DAY > at + z->standard)
        year--;
    int64_t from = rule_second(&z->from, year) - z->standard;
    int64_t to = rule_second(&z->to, year) - z->summer;
    bool summer = from < to ? at >= from && at < to : at >= from || at < to;
    return summer ? z->summer : z->standard;
}

/* ---- the file ---- */

struct tzif_counts {
    size_t is_utc, is_standard, leaps, transitions, types, letters;
};

static bool read_header(str data, struct tzif_counts *out)
{
    if (data.len < HEADER_LEN || !str_starts(data, S("TZif")) || data.ptr[4] < '2')
        return false;
    const unsigned char *p = (const unsigned char *)data.ptr + 20;
    *out = (struct tzif_counts){be32(p),      be32(p + 4),  be32(p + 8),
                                be32(p + 12), be32(p + 16), be32(p + 20)};
    size_t least = FILE_MAX; /* keeps the sums below from overflowing */
    return out->is_utc < least && out->is_standard < least && out->leaps < least &&
           out->transitions < least && out->types < least && out->letters < least;
}

static size_t block_len(const struct tzif_counts *c, size_t time_size)
{
    return c->transitions * (time_size + 1) + c->types * 6 + c->letters +
           c->leaps * (time_size + 4) + c->is_standard + c->is_utc;
}

static bool parse_tzif(str data, struct zone *z)
{
    struct tzif_counts c;
    if (!read_header(data, &c))
        return false;
    /* The block of version 1 comes first; its times have four bytes. */
    data = str_slice(data, HEADER_LEN + (ptrdiff_t)block_len(&c, 4), data.len);
    if (!read_header(data, &c) || !c.types || c.leaps)
        return false; /* zones that count leap seconds ("right/") are not civil time here */
    data = str_slice(data, HEADER_LEN, data.len);
    size_t len = block_len(&c, 8);
    if ((size_t)data.len < len)
        return false;
    z->transitions = c.transitions;
    z->at = (const unsigned char *)data.ptr;
    z->type_of = z->at + c.transitions * 8;
    z->types = z->type_of + c.transitions;
    for (size_t i = 0; i < c.transitions; i++)
        if (z->type_of[i] >= c.types)
            return false;
    str footer = str_slice(data, (ptrdiff_t)len, data.len), rest;
    return take(&footer, '\n') && str_cut(footer, '\n', &footer, &rest) &&
           (!footer.len || parse_footer(footer, z));
}

struct zone *zone_of_tzif(str data, str name)
{
    struct zone *z = calloc(1, sizeof *z + (size_t)name.len);
    if (data.ptr && z && parse_tzif(data, z)) {
        z->name = (str){memcpy(z + 1, name.ptr, (size_t)name.len), name.len};
        return z;
    }
    free(z);
    return NULL;
}

static str read_whole(const char *path)
{
    str data = {NULL, 0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return data;
    char *bytes = malloc(FILE_MAX);
    ssize_t n = bytes ? read(fd, bytes, FILE_MAX) : -1; /* a regular file comes in one piece */
    close(fd);
    if (n <= 0) {
        free(bytes);
        return data;
    }
    char *fitted = realloc(bytes, (size_t)n);
    return (str){fitted ? fitted : bytes, n};
}

static struct zone *load(str name)
{
    char path[32 + NAME_MAX_LEN];
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%.*s", STR_ARG(name));
    str data = read_whole(path);
    struct zone *z = zone_of_tzif(data, name);
    if (!z)
        free((void *)(uintptr_t)data.ptr);
    return z;
}

static bool is_zone_name(str name)
{
    char before = '/';
    if (name.len > NAME_MAX_LEN)
        return false;
    for (ptrdiff_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        bool mark = c == '_' || c == '+' || c == '-' || (c == '/' && before != '/');
        if (!letter && !mark)
            return false;
        before = c;
    }
    return before != '/'; /* nor empty */
}

static int type_offset(const struct zone *z, size_t type)
{
    return (int)(int32_t)be32(z->types + type * 6);
}

int zone_offset_seconds(const struct zone *z, int64_t at)
{
    size_t low = 0, high = z->transitions; /* the first transition after `at` */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (be64(z->at + middle * 8) <= at)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == z->transitions && z->has_rule)
        return rule_offset(z, at);
    return type_offset(z, low ? z->type_of[low - 1] : 0);
}

int64_t zone_midnight(const struct zone *z, int64_t days)
{
    int64_t local = days * DAY;
    int64_t low = local - 16 * 3600, high = local + 16 * 3600; /* no offset is larger */
    int before = zone_offset_seconds(z, low), after = zone_offset_seconds(z, high);
    int64_t first = local - (before > after ? before : after);
    int64_t second = local - (before > after ? after : before);
    if (first + zone_offset_seconds(z, first) == local)
        return first * 1000;
    if (second + zone_offset_seconds(z, second) == local)
        return second * 1000;
    while (high - low > 1) { /* the clock jumps over midnight: find the jump */
        int64_t middle = low + (high - low) / 2;
        if (zone_offset_seconds(z, middle) == before)
            low = middle;
        else
            high = middle;
    }
    return high * 1000;
}

err zone_find(str name, const struct zone **out)
{
    *out = &utc;
    if (str_eq(name, S("UTC")) || str_eq(name, S("Etc/UTC")))
        return OK; /* also without tzdata */
    if (!is_zone_name(name))
        return ERR(ERR_INVALID, "time_zone_unknown");
    pthread_mutex_lock(&table_lock);
    struct zone *z = table;
    while (z && !str_eq(z->name, name))
        z = z->next;
    if (!z) {
        z = load(name);
        if (z) {
            z->next = table;
            table = z;
        }
    }
    pthread_mutex_unlock(&table_lock);
    if (!z)
        return ERR(ERR_INVALID, "time_zone_unknown");
    *out = z;
    return OK;
}

int zone_offset_minutes(const struct zone *z, int64_t ms)
{
    return (int)floor_div(zone_offset_seconds(z, floor_div(ms, 1000)), 60);
}

const struct zone *zone_utc(void)
{
    return &utc;
}
