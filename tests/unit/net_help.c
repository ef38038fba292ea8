#include "net_help.h"

#include "net/ws.h"

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* --- the app --- */

static void free_request(void *owner)
{
    http_request_free(owner);
}

static void answer_text(struct test_server *s, struct http_request *r, str text)
{
    net_answer(s->net, r->from,
               &(struct http_answer){.status = 200,
                                     .content_type = S("text/plain"),
                                     .body = text,
                                     .headers = S("X-Test: yes\r\n"),
                                     .release = free_request,
                                     .owner = r});
}

static ptrdiff_t on_admit(void *ctx, struct http_request *r, const char **name)
{
    if (str_eq(r->path, S("/denied"))) {
        *name = "denied";
        return -ERR_FORBIDDEN;
    }
    return str_eq(r->path, S("/tiny")) ? 10 : 1 << 20;
}

static void on_refuse(void *ctx, struct http_request *r, int status, const char *name,
                      struct http_answer *out)
{
    out->status = status;
    out->content_type = S("text/plain");
    out->body = str_format(&r->mem, "refused %s", name);
}

struct later {
    struct test_server *server;
    struct http_request *r;
};

static void *answer_later(void *arg)
{
    struct later l = *(struct later *)arg;
    free(arg);
    usleep(50000);
    answer_text(l.server, l.r, l.r->body);
    return NULL;
}

static void start_later(struct test_server *s, struct http_request *r)
{
    struct later *l = malloc(sizeof *l);
    pthread_t t;
    *l = (struct later){s, r};
    pthread_create(&t, NULL, answer_later, l);
    pthread_detach(t);
}

static void on_request(void *ctx, struct http_request *r)
{
    struct test_server *s = ctx;
    if (r->wants_websocket) {
        net_upgrade(s->net, r, 100000, s);
        atomic_store(&s->last_socket, r->from);
        atomic_fetch_add(&s->opened, 1);
        http_request_free(r);
    } else if (str_eq(r->path, S("/later"))) {
        start_later(s, r);
    } else if (str_eq(r->path, S("/never"))) {
        s->never = r;
        atomic_store(&s->waiting, 1);
    } else if (str_eq(r->path, S("/big"))) {
        char *big = arena_new(&r->mem, char, 1 << 20);
        memset(big, 'b', 1 << 20);
        answer_text(s, r, (str){big, 1 << 20});
    } else if (str_eq(r->path, S("/about"))) {
        str text = str_format(&r->mem, "address=%s tls=%d local=%d query=%.*s", r->address, r->tls,
                              r->local, STR_ARG(r->query));
        answer_text(s, r, text);
    } else {
        answer_text(s, r, r->body);
    }
}

static void on_message(void *ctx, conn_ref from, void *user, str text)
{
    struct test_server *s = ctx;
    assert_ptr_equal(user, s);
    assert_true(str_is_utf8(text));
    atomic_fetch_add(&s->messages, 1);
    struct frame *f = frame_text(text);
    if (str_eq(text, S("bye"))) {
        net_close_ws(s->net, from, 4000, S("as you wish"));
    } else if (str_eq(text, S("flood"))) {
        static char block[64 * 1024];
        memset(block, 'f', sizeof block);
        struct frame *big = frame_text((str){block, sizeof block});
        for (int i = 0; i < 200; i++)
            net_send_here(s->net, from, big, FRAME_FIRM);
        frame_unref(big);
    } else {
        net_send_here(s->net, from, f, FRAME_FIRM);
    }
    frame_unref(f);
}

static void on_closed(void *ctx, conn_ref from, void *user)
{
    struct test_server *s = ctx;
    assert_ptr_equal(user, s);
    atomic_fetch_add(&s->closed, 1);
}

static void on_tick(void *ctx, int loop)
{
    struct test_server *s = ctx;
    atomic_fetch_add(&s->ticks, 1);
}

static void *run(void *arg)
{
    struct test_server *s = arg;
    net_run(s->net);
    return NULL;
}

void server_start(struct test_server *s, struct net_options o)
{
    memset(s, 0, sizeof *s);
    s->app = (struct net_app){s, on_admit, on_refuse, on_request, on_message, on_closed, on_tick};
    o.listen = "127.0.0.1:0";
    if (!o.loops)
        o.loops = 2;
    err e = net_open(&o, &s->app, &s->net);
    if (e.code)
        fail_msg("%s", e.name);
    s->port = net_port(s->net);
    assert_int_equal(net_loops(s->net), o.loops);
    pthread_create(&s->thread, NULL, run, s);
}

void server_stop(struct test_server *s)
{
    net_stop(s->net);
    pthread_join(s->thread, NULL);
    net_close(s->net);
    assert_int_equal(atomic_load(&s->opened), atomic_load(&s->closed));
}

/* --- clients --- */

int dial(int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct timeval patience = {2, 0};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    inet_pton(AF_INET, "127.0.0.1", &at.sin_addr);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

void send_text(int fd, str text)
{
    while (text.len) {
        ssize_t n = send(fd, text.ptr, (size_t)text.len, MSG_NOSIGNAL);
        if (n <= 0)
            return; /* the server may have had enough */
        text = str_slice(text, n, text.len);
    }
}

void send_z(int fd, const char *text)
{
    send_text(fd, str_of(text));
}

char *read_until(int fd, const char *until)
{
    size_t cap = 4096, len = 0;
    char *text = malloc(cap);
    for (;;) {
        ssize_t n = recv(fd, text + len, cap - len - 1, 0);
        if (n <= 0)
            break;
        len += (size_t)n;
        text[len] = 0;
        if (until && strstr(text, until))
            break;
        if (cap - len < 4096)
            text = realloc(text, cap *= 2);
    }
    text[len] = 0;
    return text;
}

static void read_exactly(int fd, char *to, size_t n)
{
    while (n) {
        ssize_t got = recv(fd, to, n, 0);
        assert_true(got > 0);
        to += got;
        n -= (size_t)got;
    }
}

char *read_answer(int fd)
{
    char *text = calloc(1, 4096);
    size_t len = 0;
    while (!strstr(text, "\r\n\r\n"))
        read_exactly(fd, text + len++, 1);
    const char *length = strstr(text, "Content-Length: ");
    size_t body = length ? strtoul(length + 16, NULL, 10) : 0;
    text = realloc(text, len + body + 1);
    read_exactly(fd, text + len, body);
    text[len + body] = 0;
    return text;
}

bool is_closed(int fd, int ms)
{
    char bytes[4096];
    struct pollfd p = {fd, POLLIN, 0};
    while (poll(&p, 1, ms) == 1) {
        ssize_t n = recv(fd, bytes, sizeof bytes, 0);
        if (n == 0 || (n < 0 && errno == ECONNRESET))
            return true;
    }
    return false;
}

char *request_text(int port, const char *text)
{
    int fd = dial(port);
    send_z(fd, text);
    char *answer = read_until(fd, NULL);
    close(fd);
    return answer;
}

int dial_ws(int port)
{
    int fd = dial(port);
    send_z(fd, "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    char answer[256] = "";
    for (size_t len = 0; !strstr(answer, "\r\n\r\n"); len++)
        read_exactly(fd, answer + len, 1);
    assert_non_null(strstr(answer, "HTTP/1.1 101 "));
    assert_non_null(strstr(answer, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
    return fd;
}

void send_frame(int fd, int first, str payload)
{
    uint8_t head[WS_HEAD_MAX + 4];
    char *bytes = malloc((size_t)payload.len + sizeof head);
    size_t n = ws_head(head, WS_TEXT, (size_t)payload.len);
    head[0] = (uint8_t)first;
    head[1] |= 128;
    memcpy(head + n, "\x01\x02\x03\x04", 4);
    memcpy(bytes, head, n + 4);
    for (ptrdiff_t i = 0; i < payload.len; i++)
        bytes[(ptrdiff_t)n + 4 + i] = (char)(payload.ptr[i] ^ ((i & 3) + 1));
    send_text(fd, (str){bytes, (ptrdiff_t)n + 4 + payload.len});
    free(bytes);
}

int read_frame(int fd, char **text, size_t *len)
{
    uint8_t head[10];
    if (recv(fd, head, 1, 0) != 1)
        return -1;
    read_exactly(fd, (char *)head + 1, 1);
    unsigned more = head[1] == 126 ? 2 : head[1] == 127 ? 8 : 0;
    read_exactly(fd, (char *)head + 2, more);
    *len = more ? 0 : head[1];
    for (unsigned i = 0; i < more; i++)
        *len = *len << 8 | head[2 + i];
    *text = calloc(1, *len + 1);
    read_exactly(fd, *text, *len);
    return head[0];
}

void assert_frame(int fd, int first, str payload)
{
    char *text = NULL;
    size_t len = 0;
    int got = read_frame(fd, &text, &len);
    assert_int_equal(got, first);
    assert_int_equal(len, payload.len);
    assert_memory_equal(text, payload.ptr, len);
    free(text);
}

void assert_close_frame(int fd, int code)
{
    char *text = NULL;
    size_t len = 0;
    assert_int_equal(read_frame(fd, &text, &len), 0x88);
    assert_int_equal(len >= 2 ? (uint8_t)text[0] << 8 | (uint8_t)text[1] : 0, code);
    free(text);
}
