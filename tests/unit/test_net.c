#include "net_help.h"

#include "base/log.h"
#include "base/time.h"

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static struct test_server server;

static void start(struct net_options o)
{
    server_start(&server, o);
}

static void expect(const char *request, const char *status, const char *part)
{
    char *answer = request_text(server.port, request);
    if (strncmp(answer, status, strlen(status)) != 0 || !strstr(answer, part))
        fail_msg("%s\n->\n%s", request, answer);
    free(answer);
}

static void a_request_is_answered(void **state)
{
    start((struct net_options){0});
    int fd = dial(server.port);
    for (int i = 0; i < 3; i++) { /* on one connection */
        send_z(fd, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
        char *answer = read_answer(fd);
        assert_non_null(strstr(answer, "HTTP/1.1 200 OK\r\nDate: "));
        assert_non_null(strstr(answer, " GMT\r\n"));
        assert_non_null(strstr(answer, "\r\nX-Test: yes\r\n"));
        assert_non_null(strstr(answer, "\r\n\r\nhello"));
        assert_null(strstr(answer, "Connection: close"));
        free(answer);
    }
    send_z(fd, "HEAD /big HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    char *answer = read_until(fd, NULL);
    assert_non_null(strstr(answer, "Content-Length: 1048576\r\n"));
    assert_non_null(strstr(answer, "Connection: close\r\n"));
    assert_string_equal(strstr(answer, "\r\n\r\n"), "\r\n\r\n");
    free(answer);
    close(fd);
    expect("GET /about?a=b HTTP/1.0\r\n\r\n", "HTTP/1.1 200", "query=a=b");
    server_stop(&server);
}

static void pipelined_requests_are_served_in_turn(void **state)
{
    start((struct net_options){0});
    int fd = dial(server.port);
    char text[200 * 100];
    size_t len = 0;
    for (int i = 0; i < 200; i++)
        len += (size_t)sprintf(text + len,
                               "POST /%s HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n%03d",
                               i % 50 == 7 ? "later" : "echo", i);
    send_text(fd, (str){text, (ptrdiff_t)len});
    for (int i = 0; i < 200; i++) {
        char wanted[16], *answer = read_answer(fd);
        sprintf(wanted, "\r\n\r\n%03d", i);
        assert_string_equal(strstr(answer, "\r\n\r\n"), wanted);
        free(answer);
    }
    close(fd);
    server_stop(&server);
}

static void one_that_does_not_read_its_answers_is_not_read(void **state)
{
    start((struct net_options){0});
    int fd = dial(server.port);
    for (int i = 0; i < 20; i++)
        send_z(fd, "GET /big HTTP/1.1\r\nHost: h\r\n\r\n");
    usleep(100000);
    for (int i = 0; i < 20; i++) {
        char *answer = read_answer(fd);
        assert_int_equal(strlen(strstr(answer, "\r\n\r\n")), 4 + (1 << 20));
        free(answer);
    }
    usleep(1500000); /* it was not held against the connection */
    send_z(fd, "GET /echo HTTP/1.1\r\nHost: h\r\n\r\n");
    free(read_answer(fd));
    close(fd);
    server_stop(&server);
}

static void bytes_may_come_one_by_one(void **state)
{
    static const char text[] =
        "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    start((struct net_options){0});
    int fd = dial(server.port);
    for (size_t i = 0; i < sizeof text - 1; i++) {
        send_text(fd, (str){text + i, 1});
        usleep(300);
    }
    char *answer = read_answer(fd);
    assert_string_equal(strstr(answer, "\r\n\r\n"), "\r\n\r\nabcde");
    free(answer);
    close(fd);
    server_stop(&server);
}

static void who_asks_first_is_told_to_go_on(void **state)
{
    start((struct net_options){0});
    int fd = dial(server.port);
    send_z(fd,
           "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    char *answer = read_until(fd, "\r\n\r\n");
    assert_string_equal(answer, "HTTP/1.1 100 Continue\r\n\r\n");
    free(answer);
    send_z(fd, "ok");
    answer = read_answer(fd);
    assert_string_equal(strstr(answer, "\r\n\r\n"), "\r\n\r\nok");
    free(answer);
    close(fd);
    server_stop(&server);
}

static void what_is_refused_is_told_and_closed(void **state)
{
    start((struct net_options){0});
    int64_t refused = count_get(COUNT_HTTP_REFUSED);
    expect("GET / HTTP/1.1\r\nHost : h\r\n\r\n", "HTTP/1.1 400", "refused request_format");
    expect("GET / HTTP/1.1\nHost: h\n\n", "HTTP/1.1 400", "refused request_format");
    expect("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
           "HTTP/1.1 400", "Connection: close\r\n");
    expect("FETCH / HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 501", "refused method_unknown");
    expect("POST /tiny HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n01234567890",
           "HTTP/1.1 413", "refused request_too_large");
    expect("POST /denied HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n0", "HTTP/1.1 403",
           "refused denied");
    expect("GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
           "HTTP/1.1 426", "Sec-WebSocket-Version: 13\r\n");
    assert_int_equal(count_get(COUNT_HTTP_REFUSED) - refused, 7);

    int fd = dial(server.port); /* without a body to skip the connection goes on */
    send_z(fd, "GET /denied HTTP/1.1\r\nHost: h\r\n\r\nGET /echo HTTP/1.1\r\nHost: h\r\n\r\n");
    char *first = read_answer(fd), *second = read_answer(fd);
    assert_non_null(strstr(first, "403 Forbidden"));
    assert_non_null(strstr(second, "200 OK"));
    free(first);
    free(second);
    close(fd);

    fd = dial(server.port); /* a refusal reaches even one who is still sending */
    send_z(fd, "POST /tiny HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n");
    static char much[200000];
    for (int i = 0; i < 3; i++)
        send_text(fd, (str){much, sizeof much});
    char *answer = read_until(fd, NULL);
    assert_non_null(strstr(answer, "413 Content Too Large"));
    free(answer);
    close(fd);
    server_stop(&server);
}

static void a_half_closed_client_gets_its_answer(void **state)
{
    start((struct net_options){0});
    int fd = dial(server.port);
    send_z(fd, "POST /later HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");
    shutdown(fd, SHUT_WR);
    char *answer = read_until(fd, NULL);
    assert_non_null(strstr(answer, "\r\n\r\nhi"));
    free(answer);
    close(fd);

    fd = dial(server.port); /* and one that left altogether harms nobody */
    send_z(fd, "POST /later HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");
    struct linger reset = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(fd);
    usleep(120000);
    server_stop(&server);
}

static void proxies_are_believed_others_not(void **state)
{
    static const char forwarded[] =
        "GET /about HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
        "X-Forwarded-For: 9.9.9.9\r\nX-Forwarded-For: 1.1.1.1, 2.2.2.2\r\n"
        "X-Forwarded-Proto: https\r\n\r\n";
    start((struct net_options){0});
    expect(forwarded, "HTTP/1.1 200", "address=2.2.2.2 tls=1 local=0");
    server_stop(&server);
    start((struct net_options){.trusted_proxies = "10.0.0.1"});
    expect(forwarded, "HTTP/1.1 200", "address=127.0.0.1 tls=0 local=0");
    server_stop(&server);
}

static void the_control_socket_is_local_and_private(void **state)
{
    char path[64];
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    struct stat st;
    struct timeval patience = {2, 0};
    snprintf(path, sizeof path, "/tmp/laiyu-test-%d.sock", (int)getpid());
    memcpy(at.sun_path, path, sizeof path);
    int stale = socket(AF_UNIX, SOCK_STREAM, 0); /* as a killed server leaves it */
    assert_int_equal(bind(stale, (struct sockaddr *)&at, sizeof at), 0);
    close(stale);
    start((struct net_options){.control_path = path});
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);

    struct net *second;
    struct net_options o = {.listen = "127.0.0.1:0", .control_path = path, .loops = 1};
    assert_string_equal(net_open(&o, &server.app, &second).name, "control_in_use");

    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    send_z(fd, "GET /about HTTP/1.1\r\nHost: local\r\n\r\n");
    char *answer = read_answer(fd);
    assert_non_null(strstr(answer, "address=local tls=0 local=1"));
    free(answer);
    close(fd);
    server_stop(&server);
    assert_int_equal(stat(path, &st), -1);
}

static void a_taken_port_is_noticed(void **state)
{
    start((struct net_options){0});
    char listen[32];
    struct net *second;
    snprintf(listen, sizeof listen, "127.0.0.1:%d", server.port);
    struct net_options o = {.listen = listen, .loops = 1};
    assert_string_equal(net_open(&o, &server.app, &second).name, "listen_in_use");
    o.listen = "nonsense";
    assert_string_equal(net_open(&o, &server.app, &second).name, "listen_address");
    server_stop(&server);
}

static void too_many_connections_are_told_so(void **state)
{
    start((struct net_options){.max_connections = 3});
    int fds[3];
    for (int i = 0; i < 3; i++) {
        fds[i] = dial(server.port);
        send_z(fds[i], "GET /echo HTTP/1.1\r\nHost: h\r\n\r\n");
        free(read_answer(fds[i]));
    }
    expect("GET /echo HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 503", "Retry-After: 1\r\n");
    for (int i = 0; i < 3; i++)
        close(fds[i]);
    usleep(100000);
    expect("GET /echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "HTTP/1.1 200", "");
    server_stop(&server);

    start((struct net_options){.max_per_address = 2});
    for (int i = 0; i < 2; i++)
        fds[i] = dial_ws(server.port);
    expect("GET /echo HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 503", "refused connections_too_many");
    close(fds[0]);
    usleep(100000);
    expect("GET /echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "HTTP/1.1 200", "");
    close(fds[1]);
    server_stop(&server);
}

static void who_is_slow_is_let_go(void **state)
{
    start((struct net_options){.head_ms = 300, .idle_ms = 600});
    int silent = dial(server.port), slow = dial(server.port), idle = dial(server.port);
    send_z(idle, "GET /echo HTTP/1.1\r\nHost: h\r\n\r\n");
    free(read_answer(idle));
    int64_t began = time_monotonic_ms();
    char *answer = NULL;
    send_z(slow, "GET / HTTP");
    answer = read_until(slow, NULL);
    assert_non_null(strstr(answer, "HTTP/1.1 408"));
    free(answer);
    assert_true(is_closed(silent, 2000));
    assert_true(is_closed(idle, 2000));
    int64_t took = time_monotonic_ms() - began;
    assert_true(took >= 300 && took < 2500);
    close(silent);
    close(slow);
    close(idle);
    server_stop(&server);
}

static void a_crawling_body_is_refused(void **state)
{
    start((struct net_options){.body_rate = 1000});
    int fd = dial(server.port);
    send_z(fd, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n");
    int64_t began = time_monotonic_ms();
    for (int i = 0; i < 100 && !is_closed(fd, 100); i++)
        send_z(fd, "0123456789");
    int64_t took = time_monotonic_ms() - began;
    assert_true(took >= 4900 && took < 7500);
    close(fd);
    server_stop(&server);
}

static atomic_int posted[2];

static void on_post(void *arg)
{
    int *n = arg, loop = n[0];
    assert_int_equal(atomic_fetch_add(&posted[loop], 1), n[1]);
    free(n);
}

static void work_is_posted_to_a_loop_in_order(void **state)
{
    start((struct net_options){0});
    for (int i = 0; i < 2000; i++) {
        int *n = malloc(2 * sizeof *n);
        n[0] = i % 2;
        n[1] = i / 2;
        net_post(server.net, i % 2, on_post, n);
    }
    for (int i = 0; i < 200 && atomic_load(&posted[0]) + atomic_load(&posted[1]) < 2000; i++)
        usleep(10000);
    assert_int_equal(atomic_load(&posted[0]), 1000);
    assert_int_equal(atomic_load(&posted[1]), 1000);
    for (int i = 0; i < 150 && atomic_load(&server.ticks) < 2; i++)
        usleep(10000);
    assert_true(atomic_load(&server.ticks) >= 2);
    server_stop(&server);
}

static void stopping_lets_answers_out(void **state)
{
    start((struct net_options){0});
    int running = dial(server.port), idle = dial(server.port), socket = dial_ws(server.port);
    send_z(idle, "GET /echo HTTP/1.1\r\nHost: h\r\n\r\n");
    free(read_answer(idle));
    send_z(running, "POST /never HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nlast");
    for (int i = 0; i < 200 && !atomic_load(&server.waiting); i++)
        usleep(10000);
    net_stop(server.net);
    assert_close_frame(socket, 1001);
    send_frame(socket, 0x88, S("\x03\xe9"));
    assert_true(is_closed(socket, 1000));
    assert_true(is_closed(idle, 1000));
    struct http_request *r = server.never;
    net_answer(server.net, r->from,
               &(struct http_answer){.status = 200, .content_type = S("a/b"), .body = S("last")});
    http_request_free(r);
    char *answer = read_until(running, NULL);
    assert_non_null(strstr(answer, "Connection: close\r\n"));
    assert_non_null(strstr(answer, "\r\n\r\nlast"));
    free(answer);
    close(running);
    close(idle);
    close(socket);
    int64_t began = time_monotonic_ms();
    server_stop(&server);
    assert_true(time_monotonic_ms() - began < 3000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_answered),
        cmocka_unit_test(pipelined_requests_are_served_in_turn),
        cmocka_unit_test(one_that_does_not_read_its_answers_is_not_read),
        cmocka_unit_test(bytes_may_come_one_by_one),
        cmocka_unit_test(who_asks_first_is_told_to_go_on),
        cmocka_unit_test(what_is_refused_is_told_and_closed),
        cmocka_unit_test(a_half_closed_client_gets_its_answer),
        cmocka_unit_test(proxies_are_believed_others_not),
        cmocka_unit_test(the_control_socket_is_local_and_private),
        cmocka_unit_test(a_taken_port_is_noticed),
        cmocka_unit_test(too_many_connections_are_told_so),
        cmocka_unit_test(who_is_slow_is_let_go),
        cmocka_unit_test(a_crawling_body_is_refused),
        cmocka_unit_test(work_is_posted_to_a_loop_in_order),
        cmocka_unit_test(stopping_lets_answers_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
