/* The client against a server that answers whatever the row says. */
#include "cli/control.h"

#include "temp_dir.h"

#include <cmocka.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define OK_HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

static const struct answer_case {
    const char *what, *answer;
    const char *error; /* "" for success */
    int status;
} cases[] = {
    {"a whole answer", OK_HEAD "Content-Length: 7\r\n\r\n{\"a\":1}", "", 200},
    {"the length in other letters", OK_HEAD "content-length:7\r\n\r\n{\"a\":1}", "", 200},
    {"an error is an answer", "HTTP/1.1 404 X\r\nContent-Length: 12\r\n\r\n{\"code\":\"x\"}", "",
     404},
    {"cut off in the body", OK_HEAD "Content-Length: 9\r\n\r\n{\"a\":1}", "control_broken", 0},
    {"more than announced", OK_HEAD "Content-Length: 2\r\n\r\n{}{}", "control_broken", 0},
    {"no length", OK_HEAD "\r\n{}", "control_broken", 0},
    {"cut off in the head", "HTTP/1.1 200 OK\r\nConte", "control_broken", 0},
    {"nothing", "", "control_broken", 0},
    {"not HTTP", "hello\r\n\r\n{}", "control_broken", 0},
    {"not JSON", OK_HEAD "Content-Length: 2\r\n\r\nok", "control_broken", 0},
    {"an array", OK_HEAD "Content-Length: 2\r\n\r\n[]", "control_broken", 0},
    {"a name twice", OK_HEAD "Content-Length: 13\r\n\r\n{\"a\":1,\"a\":2}", "control_broken", 0},
};

struct fake {
    int listener;
    const char *answer;
    char asked[1024];
};

static void *serve_one(void *arg)
{
    struct fake *f = arg;
    int fd = accept(f->listener, NULL, NULL);
    size_t have = 0;
    while (have < sizeof f->asked - 1 && !strstr(f->asked, "\r\n\r\n{\"q\":1}")) {
        ssize_t n = read(fd, f->asked + have, sizeof f->asked - 1 - have);
        if (n <= 0)
            break;
        have += (size_t)n;
    }
    size_t len = strlen(f->answer), half = len / 2; /* in two pieces */
    (void)!write(fd, f->answer, half);
    (void)!write(fd, f->answer + half, len - half);
    close(fd);
    return NULL;
}

static int listen_at(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_true(strlen(path) < sizeof a.sun_path);
    strcpy(a.sun_path, path);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(fd, 1), 0);
    return fd;
}

static void answers_are_whole_or_refused(void **state)
{
    char dir[TEMP_PATH], path[TEMP_PATH];
    (void)state;
    temp_dir_make(dir);
    temp_dir_file(path, dir, "s");
    struct fake f = {.listener = listen_at(path)};
    for (size_t i = 0; i < COUNT(cases); i++) {
        pthread_t thread;
        struct arena mem;
        struct reply answer;
        int status = 0;
        arena_init(&mem, 0);
        f.answer = cases[i].answer;
        memset(f.asked, 0, sizeof f.asked);
        assert_int_equal(pthread_create(&thread, NULL, serve_one, &f), 0);
        err e = control_call(path, "POST", "/api/x", S("{\"q\":1}"), &mem, &status, &answer);
        pthread_join(thread, NULL);
        if (strcmp(e.name, cases[i].error) != 0)
            fail_msg("%s: \"%s\"", cases[i].what, e.name);
        assert_int_equal(answer.root != NULL, !e.code);
        if (!e.code)
            assert_int_equal(status, cases[i].status);
        assert_non_null(strstr(f.asked, "POST /api/x HTTP/1.1\r\nHost: laiyu\r\n"));
        assert_non_null(strstr(f.asked, "Content-Length: 7\r\n"));
        reply_free(&answer);
        arena_release(&mem);
    }
    close(f.listener);
    temp_dir_remove(dir);
}

static void nobody_there_is_said(void **state)
{
    char dir[TEMP_PATH], path[TEMP_PATH], long_path[300];
    struct arena mem;
    struct reply answer;
    int status;
    (void)state;
    temp_dir_make(dir);
    temp_dir_file(path, dir, "s");
    arena_init(&mem, 0);
    assert_string_equal(control_call(path, "GET", "/healthz", S(""), &mem, &status, &answer).name,
                        "control_silent");
    memset(long_path, 'x', sizeof long_path);
    long_path[sizeof long_path - 1] = 0;
    assert_string_equal(
        control_call(long_path, "GET", "/healthz", S(""), &mem, &status, &answer).name,
        "control_silent");
    assert_null(answer.root);
    arena_release(&mem);
    temp_dir_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_whole_or_refused),
        cmocka_unit_test(nobody_there_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
