/* floor.c - the least a server can do, to compare with: bare epoll, one thread.
 *
 * http: reads a request until its end by Content-Length, checks nothing, answers 204.
 * fanout: each byte that comes on any connection is answered by one prepared text frame to all
 * connections (after an answer that looks like an upgrade). */
#include "net/ws.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FILES = 65536, FRAME_MAX = 4096 };

static const char usage[] = "floor http|fanout [PORT [BYTES]]   BYTES: of a fan-out frame, 200\n"
                            "Prints \"port N\".\n";

static const char no_content[] =
    "HTTP/1.1 204 No Content\r\nDate: Sat, 21 Nov 2026 00:00:00 GMT\r\n\r\n";
static const char switching[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                                "Connection: Upgrade\r\n"
                                "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

struct floor {
    int listener, epoll;
    bool fanout;
    int open[FILES], count; /* upgraded connections */
    bool is_open[FILES];
    char frame[FRAME_MAX + WS_HEAD_MAX];
    size_t frame_len;
};

static void drop(struct floor *f, int fd)
{
    for (int i = 0; f->is_open[fd] && i < f->count; i++)
        if (f->open[i] == fd)
            f->open[i--] = f->open[--f->count];
    f->is_open[fd] = false;
    close(fd);
}

static void tell_all(struct floor *f)
{
    for (int i = 0; i < f->count; i++)
        if (send(f->open[i], f->frame, f->frame_len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
            continue; /* a full buffer: the floor has no queue */
}

static void on_bytes(struct floor *f, int fd)
{
    char bytes[65536];
    ssize_t n = recv(fd, bytes, sizeof bytes - 1, 0);
    if (n <= 0) {
        drop(f, fd);
        return;
    }
    bytes[n] = 0;
    if (f->fanout && f->is_open[fd]) {
        tell_all(f);
        return;
    }
    /* the load generator sends one request at a time and in one piece */
    if (send(fd, f->fanout ? switching : no_content,
             f->fanout ? sizeof switching - 1 : sizeof no_content - 1, MSG_NOSIGNAL) < 0)
        return;
    if (f->fanout) {
        f->is_open[fd] = true;
        f->open[f->count++] = fd;
    }
}

static void on_accept(struct floor *f)
{
    int fd = accept4(f->listener, NULL, NULL, SOCK_NONBLOCK);
    struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};
    if (fd < 0)
        return;
    if (fd >= FILES || epoll_ctl(f->epoll, EPOLL_CTL_ADD, fd, &e) < 0)
        close(fd);
}

static int listen_on(int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
    inet_pton(AF_INET, "127.0.0.1", &at.sin_addr);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0 || listen(fd, 1024) < 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) < 0) {
        perror("floor");
        exit(1);
    }
    printf("port %d\n", ntohs(at.sin_port));
    fflush(stdout);
    return fd;
}

int main(int argc, char **argv)
{
    static struct floor f;
    bool http = argc > 1 && strcmp(argv[1], "http") == 0;
    f.fanout = argc > 1 && strcmp(argv[1], "fanout") == 0;
    if (!http && !f.fanout) {
        fputs(usage, argc > 1 && strcmp(argv[1], "--help") == 0 ? stdout : stderr);
        return argc > 1 && strcmp(argv[1], "--help") == 0 ? 0 : 2;
    }
    size_t bytes = argc > 3 ? strtoul(argv[3], NULL, 10) : 200;
    bytes = bytes > FRAME_MAX ? FRAME_MAX : bytes;
    f.frame_len = ws_head((uint8_t *)f.frame, WS_TEXT, bytes) + bytes;
    memset(f.frame + f.frame_len - bytes, 'x', bytes);
    f.listener = listen_on(argc > 2 ? atoi(argv[2]) : 0);
    f.epoll = epoll_create1(0);
    struct epoll_event events[512], e = {.events = EPOLLIN, .data.fd = f.listener};
    epoll_ctl(f.epoll, EPOLL_CTL_ADD, f.listener, &e);
    for (;;) {
        int n = epoll_wait(f.epoll, events, 512, -1);
        for (int i = 0; i < n; i++) {
            if (events[i].data.fd == f.listener)
                on_accept(&f);
            else
                on_bytes(&f, events[i].data.fd);
        }
    }
}
