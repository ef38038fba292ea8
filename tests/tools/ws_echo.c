/* A WebSocket server that sends every text message back, for story/ws_diff.test.mjs and the benches.
 * Prints "port N"; stops at the end of its standard input. */
#include "net/net.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static ptrdiff_t on_admit(void *ctx, struct http_request *r, const char **name)
{
    return 1 << 20;
}

static void on_refuse(void *ctx, struct http_request *r, int status, const char *name,
                      struct http_answer *out)
{
    out->content_type = S("text/plain");
    out->body = str_of(name);
}

static void free_request(void *owner)
{
    http_request_free(owner);
}

static void on_request(void *ctx, struct http_request *r)
{
    struct net *n = *(struct net **)ctx;
    if (r->wants_websocket) {
        net_upgrade(n, r, 1 << 20, NULL);
        http_request_free(r);
        return;
    }
    struct http_answer a = {.status = 200, .content_type = S("text/plain"), .body = S("ok\n")};
    a.release = free_request;
    a.owner = r;
    net_answer(n, r->from, &a);
}

static void on_message(void *ctx, conn_ref from, void *user, str text)
{
    struct frame *f = frame_text(text);
    net_send_here(*(struct net **)ctx, from, f, FRAME_FIRM);
    frame_unref(f);
}

static void on_closed(void *ctx, conn_ref from, void *user)
{
}

static void *watch_input(void *net)
{
    char bytes[64];
    while (read(STDIN_FILENO, bytes, sizeof bytes) > 0)
        ;
    net_stop(net);
    return NULL;
}

int main(int argc, char **argv)
{
    struct net *n;
    struct net_app app = {&n, on_admit, on_refuse, on_request, on_message, on_closed, NULL};
    struct net_options o = {.listen = argc > 1 ? argv[1] : "127.0.0.1:0",
                            .loops = argc > 2 ? atoi(argv[2]) : 1};
    pthread_t watcher;
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        puts("ws_echo [ADDRESS:PORT [LOOPS]]");
        return 0;
    }
    err e = net_open(&o, &app, &n);
    if (e.code) {
        fprintf(stderr, "%s\n", e.name);
        return 1;
    }
    printf("port %d\n", net_port(n));
    fflush(stdout);
    pthread_create(&watcher, NULL, watch_input, n);
    net_run(n);
    pthread_join(watcher, NULL);
    net_close(n);
    return 0;
}
