/* log.h - one line an event on standard error, and counters for /metrics.
 *
 * A line is logfmt: ts=2026-11-20T13:46:00.123Z level=info event=listen address=127.0.0.1:8080
 * Values are quoted and escaped where needed (control characters never reach the terminal) and cut
 * at 400 bytes. No personal data: ids and counts, never message text, names, phones, raw URLs or
 * addresses. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

void log_set_level(enum log_level least);

struct log_field {
    const char *name;
    str text;       /* used when text.ptr is not NULL */
    int64_t number; /* otherwise */
};
/* Fields end at the first with a NULL name. */
void log_fields(enum log_level level, const char *event, const struct log_field *fields);
/* log_event(LOG_INFO, "listen", {"address", a}, {"loops", .number = 2}) */
#define log_event(level, ...) log_event_((level), __VA_ARGS__, {NULL})
#define log_event_(level, event, ...)                                                              \
    log_fields(level, event, (const struct log_field[]){__VA_ARGS__})

/* Everything that is counted, one row each in log.c: name, help, counter or gauge.
 * Relaxed atomics: any thread may count. */
enum counter {
    COUNT_HTTP_REQUESTS,
    COUNT_HTTP_REFUSED,
    COUNT_HTTP_5XX,
    COUNT_CONNECTIONS, /* gauge */
    COUNT_WEBSOCKETS,  /* gauge */
    COUNT_WS_FRAMES_IN,
    COUNT_WS_FRAMES_OUT,
    COUNT_WS_DROPPED,
    COUNT_OVERLOAD,
    COUNT_COMMITS_MAIN,
    COUNT_COMMITS_TRAIL,
    COUNT_COMMIT_FAILURES,
    COUNT_CALLS_MAIN,
    COUNT_CALLS_TRAIL,
    COUNT_QUEUE_MAIN,  /* gauge */
    COUNT_QUEUE_TRAIL, /* gauge */
    COUNT_PAGE_VIEWS,
    COUNT_MESSAGES,
    COUNT_CONVERSATIONS,
    COUNT_LOGIN_FAILURES,
    COUNTERS
};
void count_add(enum counter c, int64_t n);
int64_t count_get(enum counter c);
/* Prometheus text exposition of all of them. */
struct buf;
void count_write(struct buf *out);

#endif
