/* str.h - text as a pointer and a length.
 *
 * A str owns nothing: it borrows from a literal, a request, or an arena, and lives no longer.
 * Bytes are UTF-8 only where a function says so. The empty str may have a NULL ptr. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct str {
    const char *ptr;
    ptrdiff_t len;
} str;

/* A literal as a value, and as an initialiser in a static table. */
#define S(literal) ((str){(literal), (ptrdiff_t)sizeof(literal) - 1})
#define STR(literal)                                                                               \
    {                                                                                              \
        (literal), (ptrdiff_t)sizeof(literal) - 1                                                  \
    }
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
/* For printf: "%.*s", STR_ARG(s) */
#define STR_ARG(s)         (int)(s).len, (s).ptr
#define MUST_USE           __attribute__((warn_unused_result))
#define PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))

str str_of(const char *zero_terminated); /* NULL gives the empty str */

bool str_eq(str a, str b);
bool str_eq_nocase(str a, str b); /* ASCII letters only */
int str_cmp(str a, str b);        /* bytewise, as memcmp */
bool str_starts(str s, str prefix);
bool str_ends(str s, str suffix);
ptrdiff_t str_find(str s, str part);                /* offset of the first, -1 if absent */
ptrdiff_t str_find_char(str s, char c);             /* likewise */
str str_slice(str s, ptrdiff_t from, ptrdiff_t to); /* clamped to s */
str str_trim(str s);                                /* ASCII space, tab, CR, LF at both ends */

/* Split at the first sep: *head before it, *tail after. False, with *head = s and an empty tail,
 * when there is none. */
bool str_cut(str s, char sep, str *head, str *tail);

/* A copy that lives in mem; str_z also ends it with a zero byte. */
str str_copy(struct arena *mem, str s);
char *str_z(struct arena *mem, str s);
str str_lower(struct arena *mem, str s); /* ASCII letters only */
str str_format(struct arena *mem, const char *format, ...) PRINTF(2, 3);

/* The whole of s as a decimal int64, an optional leading minus, no spaces. False otherwise,
 * also on overflow; *out is then untouched. */
MUST_USE bool str_int(str s, int64_t *out);

/* Strict UTF-8: no surrogates, no overlong forms, nothing above U+10FFFF. */
bool str_is_utf8(str s);
/* Bytes of the sequence s begins with; s is not empty. Of an ill-formed one, as many as together
 * are one U+FFFD. */
ptrdiff_t str_utf8_step(str s, bool *well_formed);
/* The longest prefix of at most max bytes that does not split a UTF-8 sequence. */
str str_utf8_cut(str s, ptrdiff_t max);
/* Number of code points; s must be UTF-8. */
ptrdiff_t str_utf8_count(str s);
/* A copy in mem in which every ill-formed sequence became U+FFFD and every control character
 * other than \n and \t was removed. Text from outside passes through here before it is kept. */
str str_clean(struct arena *mem, str s);

#endif
