/* net_help.h - a small server over net.h and blocking clients, for the tests of sockets. */
#ifndef TESTS_NET_HELP_H
#define TESTS_NET_HELP_H

#include "net/net.h"

#include <pthread.h>
#include <stdatomic.h>

/* Paths it knows: /echo gives the body back, /later the same from another thread after 50 ms,
 * /big 1 MB, /never no answer until the test gives one, /about what the server thinks of the
 * client, /ws a WebSocket that echoes; /tiny takes 10 bytes, /denied nothing. Messages "bye" and
 * "flood" ask to be closed with 4000, and to be sent 2 MB. */
struct test_server {
    struct net *net;
    struct net_app app;
    pthread_t thread;
    int port;
    struct http_request *never; /* the request waiting on /never */
    atomic_int messages, opened, closed, ticks, waiting;
    _Atomic conn_ref last_socket;
};

void server_start(struct test_server *s, struct net_options o); /* listen is filled in */
void server_stop(struct test_server *s); /* asserts that each socket was closed once */

int dial(int port);
void send_text(int fd, str text);
void send_z(int fd, const char *text);
/* Read until the peer closes, `until` appears, or two seconds without a byte; zero-terminated. */
char *read_until(int fd, const char *until);
/* A whole answer by its Content-Length. */
char *read_answer(int fd);
/* True once the peer has closed, within ms. */
bool is_closed(int fd, int ms);
char *request_text(int port, const char *text); /* dial, send, read to the end, close */

int dial_ws(int port);
void send_frame(int fd, int first, str payload);
/* The next frame: its first byte, the payload in *text (to be freed); -1 at the end. */
int read_frame(int fd, char **text, size_t *len);
void assert_frame(int fd, int first, str payload);
void assert_close_frame(int fd, int code);

#endif
