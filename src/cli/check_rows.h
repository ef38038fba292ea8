/* check_rows.h - what `laiyu check` asks of the store beyond the rooms' own checks: rows whose
 * parent is missing, and sealed texts that do not open. Findings are lines of text. */
#ifndef CLI_CHECK_ROWS_H
#define CLI_CHECK_ROWS_H

#include "base/buf.h"
#include "base/err.h"

struct db;
struct sql_set;
extern const struct sql_set check_sql;

MUST_USE err check_main_orphans(struct db *main, struct buf *findings);
MUST_USE err check_trail_orphans(struct db *trail, int month, struct buf *findings);

/* Open every sealed text with the keys of a file; *opened counts them, of which *damaged did not
 * open: a finding each, at most 100. ERR_IO "keys_missing" | "keys_open" | "keys_format" |
 * "keys_other". */
MUST_USE err check_sealed(struct db *main, const char *keys, struct buf *findings, int64_t *opened,
                          int64_t *damaged);

#endif
