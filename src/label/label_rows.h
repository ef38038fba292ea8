/* label_rows.h - dimensions, labels, marks and their history in the store. */
#ifndef LABEL_LABEL_ROWS_H
#define LABEL_LABEL_ROWS_H

#include "base/err.h"
#include "base/str.h"

struct db;
struct sql_set;
extern const struct sql_set label_sql;

struct label {
    int64_t id, dimension_id;
    str code, name_zh, name_en, short_zh, short_en, color, shortcut;
};
struct dimension {
    int64_t id;
    str code, name_zh, name_en;
    struct label *labels;
    size_t label_count;
};
MUST_USE err dimension_list(struct db *db, struct arena *mem, struct dimension **out,
                            size_t *count);

struct mark {
    int64_t conversation_id, dimension_id, label_id, marked_by, at;
};
/* All marks of the given conversations, grouped by conversation in the order given. */
MUST_USE err marks_of(struct db *db, struct arena *mem, int64_t conversation, struct mark **out,
                      size_t *count);
/* label 0 takes the mark away. Writes history (from, to, who, when); a mark that stays as it is
 * writes none and *changed is false. ERR_INVALID "label_unknown" when the label is not the
 * dimension's, "dimension_unknown". */
MUST_USE err mark_set(struct db *db, struct arena *mem, const struct mark *m, bool *changed);

struct mark_change {
    int64_t dimension_id, from_label, to_label, by, at;
    str by_name;
};
MUST_USE err mark_history_of(struct db *db, struct arena *mem, int64_t conversation,
                             struct mark_change **out, size_t *count);

#endif
