#include "net_help.h"

#include "base/log.h"
#include "base/time.h"

#include <cmocka.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct test_server server;

static void start(struct net_options o)
{
    server_start(&server, o);
}

static conn_ref last_socket(int opened)
{
    for (int i = 0; i < 200 && atomic_load(&server.opened) < opened; i++)
        usleep(5000);
    return atomic_load(&server.last_socket);
}

static void messages_are_echoed_whole(void **state)
{
    static char long_text[100000];
    memset(long_text, 'x', sizeof long_text);
    start((struct net_options){0});
    int fd = dial_ws(server.port);
    static const ptrdiff_t sizes[] = {0, 1, 125, 126, 127, 65535, 65536, 100000};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        send_frame(fd, 0x81, (str){long_text, sizes[i]});
        assert_frame(fd, 0x81, (str){long_text, sizes[i]});
    }
    send_frame(fd, 0x01, S("\xe4\xbd"));
    send_frame(fd, 0x89, S("between"));
    send_frame(fd, 0x80, S("\xa0"));
    assert_frame(fd, 0x8a, S("between"));
    assert_frame(fd, 0x81, S("\xe4\xbd\xa0"));
    send_frame(fd, 0x88, S("\x03\xe8 bye"));
    assert_close_frame(fd, 1000);
    assert_true(is_closed(fd, 1000));
    close(fd);
    server_stop(&server);
}

static void a_message_may_follow_the_upgrade_at_once(void **state)
{
    start((struct net_options){0});
    int fd = dial(server.port);
    send_text(fd, S("GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                    "\r\n\x81\x82\0\0\0\0hi"));
    char *answer = read_until(fd, "\x02hi");
    assert_non_null(strstr(answer, "\r\n\r\n\x81\x02hi"));
    free(answer);
    close(fd);
    server_stop(&server);
}

static void a_wrong_frame_closes_with_its_code(void **state)
{
    static const struct {
        int first;
        str payload;
        int code;
    } rows[] = {
        {0x82, STR("binary"), 1003}, {0xc1, STR("rsv"), 1002},      {0x81, STR("\xff"), 1007},
        {0x80, STR("orphan"), 1002}, {0x88, STR("\x03\xed"), 1002}, {0x09, STR("ping"), 1002},
    };
    start((struct net_options){0});
    for (size_t i = 0; i < COUNT(rows); i++) {
        int fd = dial_ws(server.port);
        send_frame(fd, rows[i].first, rows[i].payload);
        assert_close_frame(fd, rows[i].code);
        assert_true(is_closed(fd, 1000));
        close(fd);
    }
    int fd = dial_ws(server.port);
    static char much[100001];
    memset(much, 'x', sizeof much);
    send_frame(fd, 0x81, (str){much, sizeof much});
    assert_close_frame(fd, 1009);
    close(fd);
    server_stop(&server);
}

static void we_may_close_and_wait_for_the_other(void **state)
{
    start((struct net_options){0});
    int fd = dial_ws(server.port);
    send_frame(fd, 0x81, S("bye"));
    assert_close_frame(fd, 4000);
    send_frame(fd, 0x81, S("not heard any more"));
    send_frame(fd, 0x88, S("\x0f\xa0"));
    assert_true(is_closed(fd, 1000));
    assert_int_equal(atomic_load(&server.messages), 1);
    close(fd);
    fd = dial_ws(server.port);
    send_frame(fd, 0x81, S("bye"));
    assert_close_frame(fd, 4000);
    assert_true(is_closed(fd, 4000)); /* without an answer all the same */
    close(fd);
    server_stop(&server);
}

static void *send_many(void *arg)
{
    conn_ref to = *(conn_ref *)arg;
    char text[32];
    for (int i = 0; i < 1000; i++) {
        struct frame *f = frame_text((str){text, sprintf(text, "%d", i)});
        assert_true(frame_size(f) > 2);
        net_send(server.net, to, f, FRAME_FIRM);
        frame_unref(f);
    }
    net_close_ws(server.net, to, 1000, S("done"));
    return NULL;
}

static void other_threads_send_in_order(void **state)
{
    start((struct net_options){0});
    int fd = dial_ws(server.port);
    conn_ref to = last_socket(1);
    pthread_t t;
    pthread_create(&t, NULL, send_many, &to);
    for (int i = 0; i < 1000; i++) {
        char text[32];
        assert_frame(fd, 0x81, (str){text, sprintf(text, "%d", i)});
    }
    assert_close_frame(fd, 1000);
    pthread_join(t, NULL);
    close(fd);
    usleep(100000);
    send_many(&to); /* to nobody: forgotten */
    server_stop(&server);
}

static void a_reader_that_is_too_slow_is_closed(void **state)
{
    start((struct net_options){0});
    int64_t overload = count_get(COUNT_OVERLOAD);
    int fd = dial_ws(server.port);
    send_frame(fd, 0x81, S("flood")); /* 12 MB for one who reads nothing */
    for (int i = 0; i < 200 && count_get(COUNT_OVERLOAD) == overload; i++)
        usleep(10000);
    assert_int_equal(count_get(COUNT_OVERLOAD) - overload, 1);
    char *text = NULL;
    size_t len;
    int first;
    while ((first = read_frame(fd, &text, &len)) == 0x81) /* whole frames, then the farewell */
        free(text);
    assert_int_equal(first, 0x88);
    assert_memory_equal(text, "\x03\xf5", 2);
    free(text);
    close(fd);
    server_stop(&server);
}

/* What the peer asked for may be long: it is given up only for what is pushed on top. */
static void a_long_answer_is_not_held_against_it(void **state)
{
    enum { ANSWERS = 16, PUSHES = 200 }; /* more than the kernel takes */
    static char block[2 * 1024 * 1024];
    memset(block, 'a', sizeof block);
    start((struct net_options){0});
    int64_t overload = count_get(COUNT_OVERLOAD);
    int fd = dial_ws(server.port);
    conn_ref to = last_socket(1);
    struct frame *answer = frame_text((str){block, sizeof block});
    struct frame *push = frame_text((str){block, 1000});
    for (int i = 0; i < ANSWERS; i++)
        net_send(server.net, to, answer, FRAME_ANSWER);
    for (int i = 0; i < PUSHES; i++)
        net_send(server.net, to, push, FRAME_FIRM);
    usleep(100000);
    for (int i = 0; i < ANSWERS + PUSHES; i++) {
        char *text = NULL;
        size_t len;
        assert_int_equal(read_frame(fd, &text, &len), 0x81);
        assert_int_equal(len, i < ANSWERS ? sizeof block : 1000);
        free(text);
    }
    assert_int_equal(count_get(COUNT_OVERLOAD), overload);
    for (int i = 0; i < ANSWERS; i++)
        net_send(server.net, to, answer, FRAME_ANSWER);
    for (int i = 0; i < 2 * PUSHES; i++) /* 400 KB behind it */
        net_send(server.net, to, push, FRAME_FIRM);
    for (int i = 0; i < 200 && count_get(COUNT_OVERLOAD) == overload; i++)
        usleep(10000);
    assert_int_equal(count_get(COUNT_OVERLOAD) - overload, 1);
    frame_unref(answer);
    frame_unref(push);
    close(fd);
    server_stop(&server);
}

static void weak_frames_are_dropped_first(void **state)
{
    static char block[8 * 1024];
    memset(block, 'w', sizeof block);
    start((struct net_options){0});
    int64_t dropped = count_get(COUNT_WS_DROPPED);
    int fd = dial_ws(server.port);
    conn_ref to = last_socket(1);
    struct frame *f = frame_text((str){block, sizeof block});
    for (int i = 0; i < 2000; i++) /* 16 MB */
        net_send(server.net, to, f, FRAME_WEAK);
    frame_unref(f);
    for (int i = 0; i < 200 && count_get(COUNT_WS_DROPPED) == dropped; i++)
        usleep(10000);
    assert_true(count_get(COUNT_WS_DROPPED) > dropped);
    usleep(100000);
    char *text = NULL;
    size_t len;
    send_frame(fd, 0x81, S("still here")); /* heard once its queue is shorter */
    do {
        free(text);
        assert_int_equal(read_frame(fd, &text, &len), 0x81);
    } while (len == sizeof block);
    assert_string_equal(text, "still here");
    free(text);
    close(fd);
    server_stop(&server);
}

static void one_that_takes_nothing_is_let_go(void **state)
{
    start((struct net_options){.stall_ms = 1000});
    int fd = dial(server.port);
    for (int i = 0; i < 20; i++)
        send_z(fd, "GET /big HTTP/1.1\r\nHost: h\r\n\r\n");
    int64_t began = time_monotonic_ms();
    while (count_get(COUNT_CONNECTIONS) == 0 && time_monotonic_ms() - began < 5000)
        usleep(1000);
    while (count_get(COUNT_CONNECTIONS) > 0 && time_monotonic_ms() - began < 5000)
        usleep(20000);
    assert_int_equal(count_get(COUNT_CONNECTIONS), 0);
    assert_true(time_monotonic_ms() - began >= 900);
    close(fd);
    server_stop(&server);
}

static void a_silent_peer_is_pinged_then_closed(void **state)
{
    start((struct net_options){.ping_ms = 300});
    int silent = dial_ws(server.port), alive = dial_ws(server.port);
    assert_frame(silent, 0x89, S(""));
    for (int i = 0; i < 5; i++) {
        assert_frame(alive, 0x89, S(""));
        send_frame(alive, 0x8a, S(""));
    }
    assert_true(is_closed(silent, 1000));
    send_frame(alive, 0x81, S("here"));
    assert_frame(alive, 0x81, S("here"));
    close(silent);
    close(alive);
    server_stop(&server);
}

enum { FLOOD = 100000 };

static void *flood(void *arg)
{
    char *bytes = malloc(FLOOD * 10);
    int fd = *(int *)arg;
    for (int i = 0; i < FLOOD; i++)
        memcpy(bytes + i * 10, "\x81\x84\0\0\0\0spam", 10);
    struct pollfd p = {fd, POLLIN | POLLOUT, 0};
    char sink[65536];
    size_t sent = 0, got = 0;
    while (got < FLOOD * 6 && poll(&p, 1, 5000) > 0) {
        ssize_t n;
        if ((p.revents & POLLIN) && (n = recv(fd, sink, sizeof sink, MSG_DONTWAIT)) > 0)
            got += (size_t)n;
        if ((p.revents & POLLOUT) &&
            (n = send(fd, bytes + sent, FLOOD * 10 - sent, MSG_DONTWAIT | MSG_NOSIGNAL)) > 0)
            sent += (size_t)n;
        if (sent == FLOOD * 10)
            p.events = POLLIN;
    }
    free(bytes);
    assert_int_equal(got, FLOOD * 6);
    return NULL;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void a_flood_holds_up_nobody_else(void **state)
{
    enum { ROUNDS = 300 };
    static int64_t us[ROUNDS];
    start((struct net_options){.loops = 1});
    int loud = dial_ws(server.port), quiet = dial_ws(server.port);
    pthread_t t;
    pthread_create(&t, NULL, flood, &loud);
    for (int i = 0; i < ROUNDS; i++) {
        int64_t began = time_monotonic_us();
        send_frame(quiet, 0x81, S("hello"));
        assert_frame(quiet, 0x81, S("hello"));
        us[i] = time_monotonic_us() - began;
    }
    pthread_join(t, NULL);
    qsort(us, ROUNDS, sizeof *us, by_size);
    assert_true(us[ROUNDS * 99 / 100] < 50000);
    close(loud);
    close(quiet);
    server_stop(&server);
}

static void every_socket_is_closed_when_the_server_stops(void **state)
{
    enum { SOCKETS = 100 };
    int fds[SOCKETS];
    start((struct net_options){0});
    for (int i = 0; i < SOCKETS; i++)
        fds[i] = dial_ws(server.port);
    assert_int_equal(count_get(COUNT_WEBSOCKETS), SOCKETS);
    net_stop(server.net);
    for (int i = 0; i < SOCKETS; i++) {
        assert_close_frame(fds[i], 1001);
        close(fds[i]);
    }
    server_stop(&server);
    assert_int_equal(count_get(COUNT_WEBSOCKETS), 0);
    assert_int_equal(count_get(COUNT_CONNECTIONS), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_echoed_whole),
        cmocka_unit_test(a_message_may_follow_the_upgrade_at_once),
        cmocka_unit_test(a_wrong_frame_closes_with_its_code),
        cmocka_unit_test(we_may_close_and_wait_for_the_other),
        cmocka_unit_test(other_threads_send_in_order),
        cmocka_unit_test(a_reader_that_is_too_slow_is_closed),
        cmocka_unit_test(a_long_answer_is_not_held_against_it),
        cmocka_unit_test(weak_frames_are_dropped_first),
        cmocka_unit_test(one_that_takes_nothing_is_let_go),
        cmocka_unit_test(a_silent_peer_is_pinged_then_closed),
        cmocka_unit_test(a_flood_holds_up_nobody_else),
        cmocka_unit_test(every_socket_is_closed_when_the_server_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
