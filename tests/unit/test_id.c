#include "base/id.h"

#include <cmocka.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static const int64_t now = 1795182360123;

static void ids_grow_and_name_their_time(void **state)
{
    int64_t last = 0;
    for (int i = 0; i < 100000; i++) {
        int64_t id = id_new(now + i / 1000);
        assert_true(id > last);
        assert_int_equal(id_ms(id), now + i / 1000);
        last = id;
    }
}

static void a_clock_that_goes_back_does_no_harm(void **state)
{
    int64_t first = id_new(now + 5000), second = id_new(now - 86400000), third = id_new(-1);
    assert_true(first < second && second < third);
}

static void a_floor_is_never_gone_behind(void **state)
{
    int64_t known = id_new(now + 10000) + (INT64_C(1) << 30);
    id_floor(known);
    assert_true(id_new(now) > known);
    int64_t last = id_new(now);
    id_floor(known - 5); /* a lower one says nothing new */
    assert_true(id_new(now) > last);
}

static void ids_do_not_begin_where_one_could_guess(void **state)
{
    int different = 0;
    int64_t first = id_new(now + 1000000) & 0x3fffff;
    for (int i = 1; i <= 20; i++)
        different += (id_new(now + 1000000 + i * 10) & 0x3fffff) != first;
    assert_true(different >= 19);
}

enum { THREADS = 4, EACH = 20000 };

static void *make_many(void *arg)
{
    int64_t *ids = arg;
    for (int i = 0; i < EACH; i++)
        ids[i] = id_new(now + 2000000 + i / 100);
    return NULL;
}

static int by_value(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void threads_never_get_the_same(void **state)
{
    static int64_t ids[THREADS][EACH];
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, make_many, ids[i]), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < THREADS; i++)
        for (int n = 1; n < EACH; n++)
            assert_true(ids[i][n] > ids[i][n - 1]);
    qsort(ids, (size_t)THREADS * EACH, sizeof(int64_t), by_value);
    for (int n = 1; n < THREADS * EACH; n++)
        assert_true(ids[0][0] > 0 && (&ids[0][0])[n] != (&ids[0][0])[n - 1]);
}

static void parsing(void **state)
{
    static const struct {
        str text;
        int64_t id; /* 0: refused */
    } rows[] = {
        {STR("1"), 1},
        {STR("9223372036854775807"), INT64_MAX},
        {STR("9223372036854775808"), 0},
        {STR("0"), 0},
        {STR("-1"), 0},
        {STR("+1"), 0},
        {STR("01"), 0},
        {STR(""), 0},
        {STR(" 1"), 0},
        {STR("1 "), 0},
        {STR("1e3"), 0},
        {STR("1' OR 1"), 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t id = 0;
        assert_int_equal(id_parse(rows[i].text, &id), rows[i].id != 0);
        assert_int_equal(id, rows[i].id);
    }
}

static void random_bytes_fill_exactly(void **state)
{
    unsigned char a[34] = {0}, b[34] = {0};
    random_bytes(a + 1, 32);
    random_bytes(b + 1, 32);
    assert_memory_not_equal(a + 1, b + 1, 32);
    assert_int_equal(a[0] | a[33] | b[0] | b[33], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_grow_and_name_their_time),
        cmocka_unit_test(a_clock_that_goes_back_does_no_harm),
        cmocka_unit_test(a_floor_is_never_gone_behind),
        cmocka_unit_test(ids_do_not_begin_where_one_could_guess),
        cmocka_unit_test(threads_never_get_the_same),
        cmocka_unit_test(parsing),
        cmocka_unit_test(random_bytes_fill_exactly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
