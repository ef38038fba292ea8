/* load.c - a load generator in one thread: HTTP requests or WebSocket frames from a template.
 *
 * Closed loop: each connection sends its next as soon as the last was answered. With --rate the
 * sends have fixed times, and latency counts from when a send was due, not from when there was a
 * connection free for it. One JSON line on standard output; see usage below. */
#include "net/ws.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
    "load --port N [options]\n"
    "  --host ADDRESS      127.0.0.1\n"
    "  --connections N     1; with --vars at most its lines\n"
    "  --seconds S         5 (fractions allowed), or until --requests are done\n"
    "  --requests N        stop after so many answers\n"
    "  --warm S            0: the first seconds are not counted\n"
    "  --rate N            sends a second over all connections; 0: closed loop\n"
    "  --method M          POST (GET without --body)\n"
    "  --path P            /\n"
    "  --header 'N: V'     may come several times\n"
    "  --body TEXT         sent with its Content-Length\n"
    "  --ws                WebSockets: --body is the text frame of each send\n"
    "  --hello TEXT        first frame of each socket, not measured; may come several times\n"
    "  --ready TEXT        a socket is ready once a frame contains this (default: when it is "
    "open)\n"
    "  --marker TEXT       a send is answered by a frame that contains this ({n} is the send's)\n"
    "  --pid N             the server: its CPU seconds and resident bytes are reported\n"
    "  --vars FILE         line i belongs to connection i; its tab-separated fields are {1} {2} "
    "...\n"
    "  --rotate            each send takes the next line instead, from the top again after the "
    "last\n"
    "Texts are templates: {n} a unique number, {c} the connection's, {r} 16 random hex digits.\n"
    "WebSockets without --body only listen: frames received are counted.\n";

enum { FIELDS = 8, LIST = 8, TEXT_MAX = 64 * 1024, SAMPLES = 16 << 20 };

enum state { CONNECTING, UPGRADING, GREETING, FREE, WAITING, DEAD };

struct client {
    int fd, index;
    enum state state;
    bool ws;
    str field[FIELDS];
    char *in;
    size_t in_len, in_cap, body_left;
    char *out;
    size_t out_off, out_len, out_cap;
    int64_t due; /* when the outstanding send was due, us */
    char marker[256];
    struct client *next_free;
};

static struct { /* what the command line says */
    const char *host, *method, *path, *body, *ready, *marker, *vars;
    const char *headers[LIST], *hellos[LIST];
    int port, connections, pid, header_count, hello_count;
    double seconds, warm, rate;
    long requests;
    bool ws, rotate;
} opt = {.host = "127.0.0.1", .path = "/", .connections = 1, .seconds = 5};

static struct { /* what has happened */
    uint64_t number;
    long sent, answered, errors, received, reconnects, by_class[6];
    uint32_t *us;
    size_t samples;
    int epoll, ready;
    struct client *free, **free_last;
    bool measuring;
    struct line { /* of --vars */
        str field[FIELDS];
    } * lines;
    size_t line_count, next_line;
} run;

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* --- templates --- */

static size_t put_value(char *to, size_t room, const struct client *c, char what, uint64_t number)
{
    static uint64_t seed = 88172645463325252u;
    if (what == 'n')
        return (size_t)snprintf(to, room, "%llu", (unsigned long long)number);
    if (what == 'c')
        return (size_t)snprintf(to, room, "%d", c->index);
    if (what == 'r') {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        return (size_t)snprintf(to, room, "%016llx", (unsigned long long)seed);
    }
    str f = c->field[what - '1'];
    return (size_t)snprintf(to, room, "%.*s", STR_ARG(f));
}

static size_t render(char *to, size_t room, const char *text, const struct client *c,
                     uint64_t number)
{
    size_t n = 0;
    while (*text && n + 1 < room) {
        if (text[0] == '{' && text[1] && strchr("ncr12345678", text[1]) && text[2] == '}') {
            n += put_value(to + n, room - n, c, text[1], number);
            text += 3;
        } else {
            to[n++] = *text++;
        }
    }
    if (n >= room) {
        fputs("load: a text is too long\n", stderr);
        exit(2);
    }
    to[n] = 0;
    return n;
}

/* --- one connection --- */

static void append(char **bytes, size_t *len, size_t *cap, const void *more, size_t n)
{
    if (*len + n + 1 > *cap) {
        *cap = (*len + n + 1) * 2;
        *bytes = realloc(*bytes, *cap);
        if (!*bytes)
            abort();
    }
    memcpy(*bytes + *len, more, n);
    *len += n;
    (*bytes)[*len] = 0;
}

static void watch(struct client *c, int op)
{
    bool writes = c->state == CONNECTING || c->out_off < c->out_len;
    struct epoll_event e = {.events = EPOLLIN | (writes ? EPOLLOUT : 0), .data.ptr = c};
    epoll_ctl(run.epoll, op, c->fd, &e);
}

static void flush(struct client *c)
{
    bool waited = c->out_off > 0;
    while (c->out_off < c->out_len) {
        ssize_t n = send(c->fd, c->out + c->out_off, c->out_len - c->out_off, MSG_NOSIGNAL);
        if (n <= 0)
            break;
        c->out_off += (size_t)n;
    }
    bool left = c->out_off < c->out_len;
    if (!left)
        c->out_off = c->out_len = 0;
    if (left || waited)
        watch(c, EPOLL_CTL_MOD);
}

static void put(struct client *c, const void *bytes, size_t n)
{
    append(&c->out, &c->out_len, &c->out_cap, bytes, n);
}

static void put_frame(struct client *c, enum ws_opcode opcode, const char *text, size_t n)
{
    uint8_t head[WS_HEAD_MAX + 4];
    size_t len = ws_head(head, opcode, n);
    head[1] |= 128;
    memset(head + len, 0, 4); /* a mask of zeros leaves the payload as it is */
    put(c, head, len + 4);
    put(c, text, n);
}

static void put_head(struct client *c, const char *method, size_t body_len)
{
    static char text[TEXT_MAX];
    char line[256];
    put(c, line, (size_t)snprintf(line, sizeof line, "%s ", method));
    put(c, text, render(text, sizeof text, opt.path, c, run.number));
    put(c, line,
        (size_t)snprintf(line, sizeof line, " HTTP/1.1\r\nHost: %s:%d\r\n", opt.host, opt.port));
    for (int i = 0; i < opt.header_count; i++) {
        put(c, text, render(text, sizeof text, opt.headers[i], c, run.number));
        put(c, "\r\n", 2);
    }
    if (opt.body && !opt.ws)
        put(c, line, (size_t)snprintf(line, sizeof line, "Content-Length: %zu\r\n", body_len));
    if (opt.ws)
        put(c, line,
            (size_t)snprintf(line, sizeof line,
                             "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                             "Sec-WebSocket-Version: 13\r\n"
                             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"));
    put(c, "\r\n", 2);
}

static void be_free(struct client *c)
{
    c->state = FREE;
    c->next_free = NULL;
    *run.free_last = c;
    run.free_last = &c->next_free;
}

static void dial(struct client *c)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)opt.port)};
    int on = 1;
    inet_pton(AF_INET, opt.host, &at.sin_addr);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    c->state = CONNECTING;
    c->in_len = c->out_len = c->out_off = 0;
    if (c->fd < 0 ||
        (connect(c->fd, (struct sockaddr *)&at, sizeof at) < 0 && errno != EINPROGRESS)) {
        perror("load: connect");
        exit(1);
    }
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    watch(c, EPOLL_CTL_ADD);
}

/* The server closed, or said something impossible. */
static void lost(struct client *c)
{
    bool idle = c->state == FREE;
    run.errors += c->state != FREE;
    close(c->fd);
    if (opt.ws || run.errors > 100 + run.answered) {
        c->state = DEAD;
        run.errors += idle;
        return;
    }
    run.reconnects++;
    if (!idle) {
        dial(c);
        return;
    }
    /* it stands in the list of the free: leave that first */
    struct client **at = &run.free;
    while (*at && *at != c)
        at = &(*at)->next_free;
    if (*at)
        *at = c->next_free;
    if (run.free_last == &c->next_free)
        run.free_last = at;
    dial(c);
}

static void answered(struct client *c)
{
    int64_t us = now_us() - c->due;
    run.answered++;
    if (run.measuring && run.samples < SAMPLES)
        run.us[run.samples++] = us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
    be_free(c);
}

static void send_next(struct client *c, int64_t due)
{
    static char text[TEXT_MAX];
    if (opt.rotate)
        memcpy(c->field, run.lines[run.next_line++ % run.line_count].field, sizeof c->field);
    size_t n = opt.body ? render(text, sizeof text, opt.body, c, ++run.number) : 0;
    c->due = due;
    c->state = WAITING;
    run.sent++;
    if (opt.ws) {
        if (opt.marker)
            render(c->marker, sizeof c->marker, opt.marker, c, run.number);
        put_frame(c, WS_TEXT, text, n);
    } else {
        put_head(c, opt.method, n);
        put(c, text, n);
    }
    flush(c);
}

static void opened(struct client *c)
{
    static char text[TEXT_MAX];
    for (int i = 0; i < opt.hello_count; i++)
        put_frame(c, WS_TEXT, text, render(text, sizeof text, opt.hellos[i], c, run.number));
    c->state = GREETING;
    if (!opt.ready) {
        run.ready++;
        be_free(c);
    }
    flush(c);
}

/* One whole HTTP answer at the front of the input; false if more is needed. */
static bool take_answer(struct client *c)
{
    char *end = c->in_len ? memmem(c->in, c->in_len, "\r\n\r\n", 4) : NULL;
    if (!end)
        return false;
    const char *length = strcasestr(c->in, "\r\ncontent-length:");
    size_t body = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
    size_t whole = (size_t)(end - c->in) + 4 + body;
    if (c->in_len < whole)
        return false;
    int class = c->in[9] - '0';
    run.by_class[class > 0 && class < 6 ? class : 0]++;
    memmove(c->in, c->in + whole, c->in_len - whole);
    c->in_len -= whole;
    if (c->state == UPGRADING) {
        if (class == 1) {
            c->ws = true;
            opened(c);
        } else {
            lost(c);
        }
    } else {
        run.errors += class != 2;
        answered(c);
    }
    return true;
}

static void on_text(struct client *c, str text)
{
    const char *wanted = c->state == GREETING ? opt.ready : opt.marker ? c->marker : "";
    run.received++;
    if (c->state != GREETING && c->state != WAITING)
        return;
    if (wanted && *wanted && !memmem(text.ptr, (size_t)text.len, wanted, strlen(wanted)))
        return;
    if (c->state == WAITING) {
        answered(c);
    } else {
        run.ready++;
        be_free(c);
    }
}

/* One whole frame at the front of the input, which is at *at; false if more is needed. */
static bool take_frame(struct client *c, size_t *at)
{
    const uint8_t *b = (const uint8_t *)c->in + *at;
    size_t left = c->in_len - *at;
    if (left < 2)
        return false;
    size_t n = b[1] & 127, from = 2 + (n == 126 ? 2u : n == 127 ? 8u : 0u);
    if (left < from)
        return false;
    if (from > 2) {
        n = 0;
        for (size_t i = 2; i < from; i++)
            n = n << 8 | b[i];
    }
    if (left < from + n)
        return false;
    str text = {c->in + *at + from, (ptrdiff_t)n};
    *at += from + n;
    if ((b[0] & 15) == WS_PING)
        put_frame(c, WS_PONG, text.ptr, n);
    else if ((b[0] & 15) == WS_CLOSE)
        lost(c);
    else
        on_text(c, text);
    return c->state != DEAD;
}

static void read_frames(struct client *c)
{
    size_t at = 0;
    while (take_frame(c, &at))
        ;
    if (c->state == DEAD)
        return;
    memmove(c->in, c->in + at, c->in_len - at);
    c->in_len -= at;
    if (c->out_len)
        flush(c);
}

static void on_input(struct client *c)
{
    static char bytes[256 * 1024];
    ssize_t n = recv(c->fd, bytes, sizeof bytes, 0);
    if (n <= 0) {
        if (n == 0 || errno != EAGAIN)
            lost(c);
        return;
    }
    append(&c->in, &c->in_len, &c->in_cap, bytes, (size_t)n);
    if (!c->ws)
        take_answer(c);
    if (c->ws && c->state != DEAD)
        read_frames(c);
    if (!c->in_len && c->in_cap > 4096) { /* thousands of connections share this process */
        free(c->in);
        c->in = NULL;
        c->in_cap = 0;
    }
}

static void on_event(struct client *c, uint32_t events)
{
    if (c->state == DEAD)
        return;
    if (c->state == CONNECTING) {
        int error = 0;
        socklen_t len = sizeof error;
        getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len);
        if (error) {
            fprintf(stderr, "load: connect: %s\n", strerror(error));
            exit(1);
        }
        c->state = UPGRADING;
        watch(c, EPOLL_CTL_MOD);
        if (opt.ws) {
            put_head(c, "GET", 0);
            flush(c);
        } else {
            run.ready++;
            be_free(c);
        }
        return;
    }
    if (events & EPOLLOUT)
        flush(c);
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        on_input(c);
}

/* --- the run --- */

static void turn(int64_t wait_us)
{
    static struct epoll_event events[512];
    struct pollfd p = {run.epoll, POLLIN, 0};
    struct timespec t = {wait_us / 1000000, wait_us % 1000000 * 1000};
    if (wait_us > 0)
        ppoll(&p, 1, &t, NULL);
    int n = epoll_wait(run.epoll, events, 512, 0);
    for (int i = 0; i < n; i++)
        on_event(events[i].data.ptr, events[i].events);
}

static double cpu_of(int pid)
{
    char path[64], line[1024] = "";
    unsigned long user = 0, system = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *f = pid ? fopen(path, "r") : NULL;
    if (!f)
        return 0;
    if (fgets(line, sizeof line, f) && strrchr(line, ')'))
        sscanf(strrchr(line, ')'), ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
               &system);
    fclose(f);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static long resident_of(int pid)
{
    char path[64];
    long size = 0, pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", pid);
    FILE *f = pid ? fopen(path, "r") : NULL;
    if (!f)
        return 0;
    if (fscanf(f, "%ld %ld", &size, &pages) != 2)
        pages = 0;
    fclose(f);
    return pages * sysconf(_SC_PAGESIZE);
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static uint32_t percentile(double p)
{
    size_t rank = (size_t)(p * (double)run.samples);
    return run.samples ? run.us[rank < run.samples ? rank : run.samples - 1] : 0;
}

static void report(double seconds, double cpu, long resident_before)
{
    struct rusage own;
    getrusage(RUSAGE_SELF, &own);
    qsort(run.us, run.samples, sizeof *run.us, by_value);
    double each = (double)(run.answered ? run.answered : run.received);
    printf("{\"mode\":\"%s\",\"connections\":%d,\"ready\":%d,\"seconds\":%.3f,\"requests\":%ld,"
           "\"per_second\":%.1f,\"errors\":%ld,\"reconnects\":%ld,\"status\":[%ld,%ld,%ld,%ld,%ld],"
           "\"received\":%ld,\"received_per_second\":%.1f,"
           "\"p50_us\":%u,\"p90_us\":%u,\"p99_us\":%u,\"p999_us\":%u,\"max_us\":%u,"
           "\"cpu_seconds\":%.2f,\"cpu_us_each\":%.2f,\"own_cpu_seconds\":%.2f,"
           "\"resident_before\":%ld,\"resident_after\":%ld}\n",
           opt.ws ? "ws" : "http", opt.connections, run.ready, seconds, run.answered,
           (double)run.answered / seconds, run.errors, run.reconnects, run.by_class[1],
           run.by_class[2], run.by_class[3], run.by_class[4], run.by_class[5], run.received,
           (double)run.received / seconds, percentile(.5), percentile(.9), percentile(.99),
           percentile(.999), percentile(1), cpu, each > 0 ? cpu * 1e6 / each : 0,
           (double)own.ru_utime.tv_sec + (double)own.ru_utime.tv_usec / 1e6 +
               (double)own.ru_stime.tv_sec + (double)own.ru_stime.tv_usec / 1e6,
           resident_before, resident_of(opt.pid));
}

/* Connect, a few hundred at a time, so that no listening queue overflows. */
static void connect_all(struct client *all)
{
    int64_t patience = now_us() + 60 * 1000000;
    for (int i = 0; i < opt.connections; i++) {
        all[i].index = i;
        dial(&all[i]);
        while (i - run.ready > 200 && now_us() < patience && !run.errors)
            turn(1000);
    }
    while (run.ready < opt.connections && now_us() < patience && !run.errors)
        turn(1000);
    if (run.ready < opt.connections)
        fprintf(stderr, "load: %d of %d connections are ready\n", run.ready, opt.connections);
}

static void send_due(int64_t began, int64_t now, long *started)
{
    long due = opt.rate > 0 ? (long)((double)(now - began) * opt.rate / 1e6) + 1 : INT32_MAX;
    while (run.free && *started < due) {
        struct client *c = run.free;
        run.free = c->next_free;
        if (!run.free)
            run.free_last = &run.free;
        if (c->state != FREE)
            continue;
        int64_t at = opt.rate > 0 ? began + (int64_t)((double)*started * 1e6 / opt.rate) : now_us();
        ++*started;
        send_next(c, at);
    }
    if (opt.rate <= 0)
        *started = 0;
}

static void go(void)
{
    int64_t began = now_us(), warm_end = began + (int64_t)(opt.warm * 1e6), end, now = began;
    long started = 0, resident = resident_of(opt.pid);
    double cpu = cpu_of(opt.pid);
    end = warm_end + (int64_t)(opt.seconds * 1e6);
    run.measuring = opt.warm <= 0;
    while (now < end && !(opt.requests && run.answered >= opt.requests)) {
        if (!run.measuring && now >= warm_end) {
            run.measuring = true;
            run.answered = run.errors = run.received = 0;
            memset(run.by_class, 0, sizeof run.by_class);
            cpu = cpu_of(opt.pid);
        }
        if (opt.body || !opt.ws)
            send_due(began, now, &started);
        turn(opt.rate > 0 ? 200 : 100000);
        now = now_us();
    }
    report((double)(now - (opt.warm > 0 ? warm_end : began)) / 1e6, cpu_of(opt.pid) - cpu,
           resident);
}

/* --- the command line --- */

static void read_vars(void)
{
    FILE *f = fopen(opt.vars, "r");
    char *line = NULL;
    size_t cap = 0, room = 0;
    if (!f) {
        perror(opt.vars);
        exit(2);
    }
    while (getline(&line, &cap, f) > 0) {
        if (run.line_count == room) {
            room = room ? room * 2 : 1024;
            run.lines = realloc(run.lines, room * sizeof *run.lines);
            if (!run.lines)
                abort();
        }
        line[strcspn(line, "\n")] = 0;
        str rest = str_of(strdup(line)), head;
        for (int i = 0; i < FIELDS; i++) {
            str_cut(rest, '\t', &head, &rest);
            run.lines[run.line_count].field[i] = head;
        }
        run.line_count++;
    }
    free(line);
    fclose(f);
    if (!run.line_count) {
        fprintf(stderr, "load: %s is empty\n", opt.vars);
        exit(2);
    }
}

/* Line i for connection i, unless every send takes the next. */
static void give_lines(struct client *all)
{
    if (!opt.rotate && opt.connections > (int)run.line_count)
        opt.connections = (int)run.line_count;
    for (int i = 0; i < opt.connections && !opt.rotate; i++)
        memcpy(all[i].field, run.lines[i].field, sizeof all[i].field);
}

static const struct option names[] = {
    {"help", 0, 0, '?'},    {"host", 1, 0, 'h'},
    {"port", 1, 0, 'p'},    {"connections", 1, 0, 'c'},
    {"seconds", 1, 0, 's'}, {"requests", 1, 0, 'n'},
    {"warm", 1, 0, 'w'},    {"rate", 1, 0, 'r'},
    {"method", 1, 0, 'm'},  {"path", 1, 0, 'u'},
    {"header", 1, 0, 'H'},  {"body", 1, 0, 'b'},
    {"ws", 0, 0, 'W'},      {"hello", 1, 0, 'e'},
    {"ready", 1, 0, 'R'},   {"marker", 1, 0, 'M'},
    {"pid", 1, 0, 'P'},     {"vars", 1, 0, 'v'},
    {"rotate", 0, 0, 'o'},  {0},
};

static void set_text(int option)
{
    const struct {
        int option;
        const char **text;
    } texts[] = {
        {'h', &opt.host},  {'m', &opt.method}, {'u', &opt.path}, {'b', &opt.body},
        {'R', &opt.ready}, {'M', &opt.marker}, {'v', &opt.vars},
    };
    for (size_t i = 0; i < COUNT(texts); i++)
        if (texts[i].option == option)
            *texts[i].text = optarg;
    if (option == 'H' && opt.header_count < LIST)
        opt.headers[opt.header_count++] = optarg;
    if (option == 'e' && opt.hello_count < LIST)
        opt.hellos[opt.hello_count++] = optarg;
}

static void read_options(int argc, char **argv)
{
    for (int o; (o = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        set_text(o);
        const struct {
            int option;
            int *number;
        } numbers[] = {{'p', &opt.port}, {'c', &opt.connections}, {'P', &opt.pid}};
        for (size_t i = 0; i < COUNT(numbers); i++)
            if (numbers[i].option == o)
                *numbers[i].number = atoi(optarg);
        const struct {
            int option;
            double *number;
        } reals[] = {{'s', &opt.seconds}, {'w', &opt.warm}, {'r', &opt.rate}};
        for (size_t i = 0; i < COUNT(reals); i++)
            if (reals[i].option == o)
                *reals[i].number = atof(optarg);
        opt.requests = o == 'n' ? atol(optarg) : opt.requests;
        opt.ws |= o == 'W';
        opt.rotate |= o == 'o';
        if (o == '?') {
            fputs(usage, stdout);
            exit(0);
        }
    }
    if (!opt.port || opt.connections < 1 || (opt.rotate && !opt.vars)) {
        fputs(usage, stderr);
        exit(2);
    }
    if (!opt.method)
        opt.method = opt.body ? "POST" : "GET";
}

int main(int argc, char **argv)
{
    read_options(argc, argv);
    struct client *all = calloc((size_t)opt.connections, sizeof *all);
    run.us = malloc(SAMPLES * sizeof *run.us);
    run.free_last = &run.free;
    run.epoll = epoll_create1(0);
    run.number = (uint64_t)time(NULL) << 24; /* unique from run to run */
    if (!all || !run.us)
        abort();
    if (opt.vars) {
        read_vars();
        give_lines(all);
    }
    connect_all(all);
    go();
    return run.answered || run.received || (opt.ws && !opt.body) ? 0 : 1;
}
