/* buf.h - bytes that grow at the end, in an arena; and JSON written into them.
 *
 * The writer is append-only: it keeps track of commas and nothing else. What was written is valid
 * JSON if begin and end calls are paired; an assert says so at json_done. Strings are escaped and
 * cleaned to valid UTF-8 (an ill-formed sequence becomes U+FFFD); also escaped are <, >, &, U+2028
 * and U+2029, so that an answer stays text even inside a script element. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/str.h"

struct buf {
    struct arena *mem;
    char *ptr;
    size_t len, cap;
};

void buf_init(struct buf *b, struct arena *mem, size_t first_cap);
/* Room for so many more bytes at once, for whoever knows how many will come. */
void buf_reserve(struct buf *b, size_t more);
void buf_add(struct buf *b, str s);
void buf_add_char(struct buf *b, char c);
void buf_add_int(struct buf *b, int64_t n);
void buf_format(struct buf *b, const char *format, ...) PRINTF(2, 3);
str buf_str(const struct buf *b);

enum { JSON_DEPTH = 32 };

struct json_out {
    struct buf buf;
    int depth;
    bool need_comma[JSON_DEPTH];
};

void json_out_init(struct json_out *j, struct arena *mem);
/* The text; all objects and arrays must have been ended. */
str json_done(struct json_out *j);

/* name is NULL inside an array and at the top. */
void json_begin_object(struct json_out *j, const char *name);
void json_end_object(struct json_out *j);
void json_begin_array(struct json_out *j, const char *name);
void json_end_array(struct json_out *j);
void json_str(struct json_out *j, const char *name, str value);
void json_int(struct json_out *j, const char *name, int64_t value);
void json_number(struct json_out *j, const char *name, double value); /* shortest of %.15g, %.17g */
void json_bool(struct json_out *j, const char *name, bool value);
void json_no_value(struct json_out *j, const char *name);
void json_id(struct json_out *j, const char *name, int64_t id);   /* as a string; 0 is null */
void json_time(struct json_out *j, const char *name, int64_t ms); /* RFC 3339 UTC, ms; 0 is null */
/* Text that is already JSON. */
void json_raw(struct json_out *j, const char *name, str json);

#endif
