#include "cli/control.h"

#include "base/buf.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { TRIES = 40, PAUSE_MS = 50, READ_AT_ONCE = 65536 };

/* A server holds its lock a moment before it listens: ask again for two seconds. */
static err connect_to(const char *path, int *out)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    if (len >= sizeof address.sun_path)
        return ERR(ERR_BUSY, "control_silent");
    memcpy(address.sun_path, path, len + 1);
    for (int i = 0; i < TRIES; i++) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
            return ERR(ERR_IO, "control_broken");
        if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) {
            *out = fd;
            return OK;
        }
        close(fd);
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000L}, NULL);
    }
    return ERR(ERR_BUSY, "control_silent");
}

static bool send_all(int fd, str bytes)
{
    while (bytes.len) {
        ssize_t n = send(fd, bytes.ptr, (size_t)bytes.len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes = str_slice(bytes, n, bytes.len);
    }
    return true;
}

/* Until the server closes. */
static bool read_all(int fd, struct arena *mem, str *out)
{
    struct buf all;
    char *part = arena_new(mem, char, READ_AT_ONCE);
    buf_init(&all, mem, READ_AT_ONCE);
    for (;;) {
        ssize_t n = read(fd, part, READ_AT_ONCE);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            *out = buf_str(&all);
            return n == 0;
        }
        buf_add(&all, (str){part, n});
    }
}

static str request_of(struct arena *mem, const char *method, const char *target, str body)
{
    return str_format(mem,
                      "%s %s HTTP/1.1\r\nHost: laiyu\r\nAccept-Language: en\r\n"
                      "Connection: close\r\nContent-Type: application/json\r\n"
                      "Content-Length: %lld\r\n\r\n%.*s",
                      method, target, (long long)body.len, STR_ARG(body));
}

static bool content_length(str head, struct arena *mem, int64_t *out)
{
    str lower = str_lower(mem, head), name = S("\r\ncontent-length:"), line, rest;
    ptrdiff_t at = str_find(lower, name);
    if (at < 0)
        return false;
    (void)str_cut(str_slice(lower, at + name.len, lower.len), '\r', &line, &rest);
    return str_int(str_trim(line), out);
}

/* "HTTP/1.1 201 Created", head, body. */
static err parse(str answer, struct arena *mem, int *status, struct reply *out)
{
    int64_t code, length;
    ptrdiff_t end = str_find(answer, S("\r\n\r\n"));
    err broken = ERR(ERR_IO, "control_broken");
    if (end < 0 || !str_starts(answer, S("HTTP/1.1 ")) || !str_int(str_slice(answer, 9, 12), &code))
        return broken;
    str body = str_slice(answer, end + 4, answer.len);
    if (!content_length(str_slice(answer, 0, end + 2), mem, &length) || length != body.len)
        return broken;
    *status = (int)code;
    *out = reply_of(body);
    return out->root ? OK : broken;
}

err control_call(const char *path, const char *method, const char *target, str body,
                 struct arena *mem, int *status, struct reply *answer)
{
    int fd;
    str got;
    *answer = (struct reply){.root = NULL};
    err e = connect_to(path, &fd);
    if (e.code)
        return e;
    bool whole = send_all(fd, request_of(mem, method, target, body)) && read_all(fd, mem, &got);
    close(fd);
    return whole ? parse(got, mem, status, answer) : ERR(ERR_IO, "control_broken");
}
