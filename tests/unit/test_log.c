#include "base/log.h"

#include "base/buf.h"

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct arena mem;
static char written[65536];

static int setup(void **state)
{
    arena_init(&mem, 0);
    return 0;
}

static int teardown(void **state)
{
    arena_release(&mem);
    return 0;
}

/* What `speak` writes to standard error. */
static str heard(void (*speak)(void))
{
    FILE *file = tmpfile();
    int saved = dup(STDERR_FILENO);
    assert_non_null(file);
    dup2(fileno(file), STDERR_FILENO);
    speak();
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(file);
    size_t n = fread(written, 1, sizeof written, file);
    fclose(file);
    return (str){written, (ptrdiff_t)n};
}

/* The line behind its time, which is checked for its form. */
static void assert_line(str line, str wanted)
{
    ptrdiff_t level = str_find(line, S(" level="));
    assert_int_equal(level, 3 + 24);
    assert_true(str_starts(line, S("ts=2")));
    assert_int_equal(line.ptr[level - 1], 'Z');
    line = str_slice(line, level + 1, line.len);
    if (!str_eq(line, wanted))
        fail_msg("got %.*s wanted %.*s", STR_ARG(line), STR_ARG(wanted));
}

static void say_plain(void)
{
    log_event(LOG_INFO, "listen", {"address", S("127.0.0.1:8080")}, {"loops", .number = 2});
}

static void say_nothing_more(void)
{
    log_event(LOG_ERROR, "stop");
}

static void say_strange(void)
{
    log_event(LOG_WARN, "odd", {"a", S("two words")}, {"b", S("q\"\\=")}, {"c", S("")},
              {"d", S("a\nlevel=info\x1b[31m\x7f")}, {"e", S("\xc2\x9b\xff")},
              {"f", S("\xe6\x9d\xa5")}, {"g", .number = INT64_MIN},
              {"h", S("\xe6\x9d\xa5 \xc2\xa0")});
}

static void say_quietly(void)
{
    log_event(LOG_DEBUG, "hidden");
}

static char long_text[100000];

static void say_much(void)
{
    log_event(LOG_INFO, "long", {"a", (str){long_text, sizeof long_text}}, {"b", S("after")});
}

static void say_too_much(void)
{
    struct log_field fields[31] = {{NULL}};
    for (int i = 0; i < 30; i++)
        fields[i] = (struct log_field){"a", .text = {long_text, sizeof long_text}};
    log_fields(LOG_INFO, "too_long", fields);
}

static void lines(void **state)
{
    assert_line(heard(say_plain), S("level=info event=listen address=127.0.0.1:8080 loops=2\n"));
    assert_line(heard(say_nothing_more), S("level=error event=stop\n"));
    assert_line(heard(say_strange),
                S("level=warn event=odd a=\"two words\" b=\"q\\\"\\\\=\" c=\"\" "
                  "d=\"a\\x0alevel=info\\x1b[31m\\x7f\" e=\"\\xc2\\x9b\\xff\" f=\xe6\x9d\xa5 "
                  "g=-9223372036854775808 h=\"\xe6\x9d\xa5 \xc2\xa0\"\n"));
}

static void values_are_cut_between_characters(void **state)
{
    for (size_t i = 0; i + 3 <= sizeof long_text; i += 3)
        memcpy(long_text + i, "\xe6\x9d\xa5", 3);
    str line = heard(say_much);
    assert_true(str_is_utf8(line));
    assert_true(str_ends(line, S(" b=after\n")));
    assert_int_equal(str_find(line, S(" b=")) - str_find(line, S(" a=")), 3 + 399);
    memset(long_text, 1, sizeof long_text);
    line = heard(say_too_much);
    assert_true(line.len <= 4096);
    assert_int_equal(str_find_char(line, '\n'), line.len - 1);
}

static void levels(void **state)
{
    assert_int_equal(heard(say_quietly).len, 0);
    log_set_level(LOG_DEBUG);
    assert_line(heard(say_quietly), S("level=debug event=hidden\n"));
    log_set_level(LOG_ERROR);
    assert_int_equal(heard(say_plain).len, 0);
    assert_true(heard(say_nothing_more).len > 0);
    log_set_level(LOG_INFO);
}

static void *count_many(void *arg)
{
    for (int i = 0; i < 10000; i++)
        count_add(COUNT_MESSAGES, 1);
    return NULL;
}

static void counters(void **state)
{
    pthread_t threads[4];
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_many, NULL), 0);
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(count_get(COUNT_MESSAGES), 40000);
    count_add(COUNT_CONNECTIONS, 3);
    count_add(COUNT_CONNECTIONS, -1);
    assert_int_equal(count_get(COUNT_CONNECTIONS), 2);

    struct buf b;
    buf_init(&b, &mem, 0);
    count_write(&b);
    str text = buf_str(&b);
    assert_true(str_find(text, S("\n# TYPE laiyu_messages_total counter\n"
                                 "laiyu_messages_total 40000\n")) > 0);
    assert_true(str_find(text, S("\n# TYPE laiyu_connections gauge\nlaiyu_connections 2\n")) > 0);
    int rows = 0;
    for (str rest = text, line; rest.len; rows++) {
        (void)str_cut(rest, '\n', &line, &rest);
        assert_true(str_starts(line, S("# HELP laiyu_")) || str_starts(line, S("# TYPE laiyu_")) ||
                    str_starts(line, S("laiyu_")));
    }
    assert_int_equal(rows, COUNTERS * 3); /* every counter has its row in the table */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines),
        cmocka_unit_test(values_are_cut_between_characters),
        cmocka_unit_test(levels),
        cmocka_unit_test(counters),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
