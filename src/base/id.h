/* id.h - ids that grow with time.
 *
 * An id is a positive int64: milliseconds since 2020-01-01Z in the upper 41 bits, then 22 bits that
 * make it unique within the process (a counter that starts at random in each millisecond but never
 * goes back). It therefore names the month of its making: id_ms. On the wire ids are strings. */
#ifndef BASE_ID_H
#define BASE_ID_H

#include "base/str.h"

/* Unique and growing within this process, safe from any thread. Never goes behind `floor_id` given
 * to id_floor (the largest stored id at start, against a clock that was set back). */
int64_t id_new(int64_t now_ms);
void id_floor(int64_t largest_known);
/* When it was made, ms since 1970. */
int64_t id_ms(int64_t id);
/* Decimal, positive, without sign or leading zeros. */
MUST_USE bool id_parse(str s, int64_t *out);

/* Fill with random bytes (libsodium). */
void random_bytes(void *out, size_t n);

#endif
