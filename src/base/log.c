#include "base/log.h"

#include "base/buf.h"
#include "base/time.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    VALUE_MAX = 400,
    LINE_MAX_LEN = 4000 /* below PIPE_BUF: a line is written whole, also into a pipe */
};

static atomic_int least_level = LOG_INFO;
static _Atomic int64_t counts[COUNTERS];

static const char *const level_names[] = {"debug", "info", "warn", "error"};

static const struct counter_row {
    const char *name, *kind, *help;
} counter_rows[COUNTERS] = {
    [COUNT_HTTP_REQUESTS] = {"laiyu_http_requests_total", "counter", "Requests answered."},
    [COUNT_HTTP_REFUSED] = {"laiyu_http_refused_total", "counter",
                            "Requests refused for their form or size."},
    [COUNT_HTTP_5XX] = {"laiyu_http_5xx_total", "counter", "Answers with a status of 500 or more."},
    [COUNT_CONNECTIONS] = {"laiyu_connections", "gauge", "Open connections."},
    [COUNT_WEBSOCKETS] = {"laiyu_websockets", "gauge", "Open WebSockets."},
    [COUNT_WS_FRAMES_IN] = {"laiyu_ws_frames_in_total", "counter", "WebSocket frames received."},
    [COUNT_WS_FRAMES_OUT] = {"laiyu_ws_frames_out_total", "counter", "WebSocket frames sent."},
    [COUNT_WS_DROPPED] = {"laiyu_ws_dropped_total", "counter",
                          "Frames dropped because their reader was slow."},
    [COUNT_OVERLOAD] = {"laiyu_overload_total", "counter",
                        "Calls refused because a queue was full."},
    [COUNT_COMMITS_MAIN] = {"laiyu_commits_main_total", "counter", "Batches committed to main.db."},
    [COUNT_COMMITS_TRAIL] = {"laiyu_commits_trail_total", "counter",
                             "Batches committed to the trail."},
    [COUNT_COMMIT_FAILURES] = {"laiyu_commit_failures_total", "counter", "Batches lost."},
    [COUNT_CALLS_MAIN] = {"laiyu_calls_main_total", "counter", "Write calls run on main.db."},
    [COUNT_CALLS_TRAIL] = {"laiyu_calls_trail_total", "counter", "Write calls run on the trail."},
    [COUNT_QUEUE_MAIN] = {"laiyu_queue_main", "gauge", "Write calls waiting for main.db."},
    [COUNT_QUEUE_TRAIL] = {"laiyu_queue_trail", "gauge", "Write calls waiting for the trail."},
    [COUNT_PAGE_VIEWS] = {"laiyu_page_views_total", "counter", "Page views kept."},
    [COUNT_MESSAGES] = {"laiyu_messages_total", "counter", "Messages kept."},
    [COUNT_CONVERSATIONS] = {"laiyu_conversations_total", "counter", "Conversations begun."},
    [COUNT_LOGIN_FAILURES] = {"laiyu_login_failures_total", "counter", "Sign-ins refused."},
};

/* A line in the making. It has no arena: out of memory is logged too. */
struct line {
    char text[LINE_MAX_LEN];
    size_t len;
};

static void add(struct line *l, str s)
{
    size_t room = sizeof l->text - 1 - l->len; /* one byte stays for the line feed */
    size_t n = (size_t)s.len < room ? (size_t)s.len : room;
    if (n)
        memcpy(l->text + l->len, s.ptr, n);
    l->len += n;
}

static bool is_bare(unsigned char c)
{
    return c > ' ' && c != '"' && c != '=' && c != '\\' && c != 0x7f;
}

static bool needs_quotes(str s)
{
    for (ptrdiff_t i = 0; i < s.len; i++)
        if (!is_bare((unsigned char)s.ptr[i]))
            return true;
    return s.len == 0 || !str_is_utf8(s) || str_find(s, S("\xc2")) >= 0;
}

/* C1 controls (U+0080 to U+009F) steer some terminals just like the ASCII ones. */
static bool is_control(str sequence)
{
    unsigned char c = (unsigned char)sequence.ptr[0];
    return c < 0x20 || c == 0x7f || (c == 0xc2 && (unsigned char)sequence.ptr[1] < 0xa0);
}

static void add_value(struct line *l, str s)
{
    s = str_utf8_cut(s, VALUE_MAX);
    if (!needs_quotes(s)) {
        add(l, s);
        return;
    }
    add(l, S("\""));
    while (s.len) {
        bool good;
        ptrdiff_t len = str_utf8_step(s, &good);
        str one = str_slice(s, 0, len);
        if (!good || is_control(one)) {
            for (ptrdiff_t i = 0; i < len; i++) {
                char hex[8];
                int n = snprintf(hex, sizeof hex, "\\x%02x", (unsigned char)one.ptr[i]);
                add(l, (str){hex, n});
            }
        } else {
            if (one.ptr[0] == '"' || one.ptr[0] == '\\')
                add(l, S("\\"));
            add(l, one);
        }
        s = str_slice(s, len, s.len);
    }
    add(l, S("\""));
}

static void add_time(struct line *l)
{
    char text[40];
    struct civil c = zone_civil(zone_utc(), time_now_ms());
    int n = snprintf(text, sizeof text, "ts=%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", c.year, c.month,
                     c.day, c.hour, c.minute, c.second, c.ms);
    add(l, (str){text, n});
}

void log_set_level(enum log_level least)
{
    atomic_store_explicit(&least_level, (int)least, memory_order_relaxed);
}

void log_fields(enum log_level level, const char *event, const struct log_field *fields)
{
    if ((int)level < atomic_load_explicit(&least_level, memory_order_relaxed))
        return;
    struct line l = {.len = 0};
    add_time(&l);
    add(&l, S(" level="));
    add(&l, str_of(level_names[level]));
    add(&l, S(" event="));
    add_value(&l, str_of(event));
    for (const struct log_field *f = fields; f->name; f++) {
        add(&l, S(" "));
        add(&l, str_of(f->name));
        add(&l, S("="));
        if (f->text.ptr) {
            add_value(&l, f->text);
        } else {
            char number[24];
            int n = snprintf(number, sizeof number, "%" PRId64, f->number);
            add(&l, (str){number, n});
        }
    }
    l.text[l.len++] = '\n';
    /* One write a line, so that threads do not mix. A log that cannot be written has no one to be
     * told. */
    ssize_t written = write(STDERR_FILENO, l.text, l.len);
    (void)written;
}

void count_add(enum counter c, int64_t n)
{
    atomic_fetch_add_explicit(&counts[c], n, memory_order_relaxed);
}

int64_t count_get(enum counter c)
{
    return atomic_load_explicit(&counts[c], memory_order_relaxed);
}

void count_write(struct buf *out)
{
    for (int c = 0; c < COUNTERS; c++) {
        const struct counter_row *row = &counter_rows[c];
        buf_format(out, "# HELP %s %s\n# TYPE %s %s\n%s %" PRId64 "\n", row->name, row->help,
                   row->name, row->kind, row->name, count_get((enum counter)c));
    }
}
