#include "base/map.h"

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static void an_empty_map_holds_nothing(void **state)
{
    struct map m;
    map_init(&m);
    size_t at = 0;
    assert_null(map_get_int(&m, 0));
    assert_null(map_get(&m, S("")));
    assert_null(map_remove_int(&m, 1));
    assert_null(map_remove(&m, S("a")));
    assert_null(map_next(&m, &at));
    map_release(&m);
}

static void bytes_are_keys(void **state)
{
    int a, b, c;
    struct map m;
    map_init(&m);
    map_put(&m, S("a"), &a);
    map_put(&m, S("a\0"), &b);
    map_put(&m, (str){NULL, 0}, &c);
    assert_ptr_equal(map_get(&m, S("a")), &a);
    assert_ptr_equal(map_get(&m, S("a\0")), &b);
    assert_ptr_equal(map_get(&m, S("")), &c);
    assert_null(map_get(&m, S("b")));
    assert_int_equal(m.count, 3);
    assert_ptr_equal(map_remove(&m, S("")), &c);
    assert_null(map_get(&m, S("")));
    map_release(&m);
}

/* The key lives inside the value: after a replacement the old bytes may go away. */
static void a_replacement_brings_its_own_key(void **state)
{
    struct map m;
    map_init(&m);
    char *old = strdup("key"), *new = strdup("key");
    map_put(&m, str_of(old), old);
    map_put(&m, str_of(new), new);
    free(old);
    assert_int_equal(m.count, 1);
    assert_ptr_equal(map_get(&m, S("key")), new);
    map_release(&m);
    free(new);
}

/* Against a plain array, by a long walk of puts and removals. */
static void it_behaves_like_an_array(void **state)
{
    enum { KEYS = 700, STEPS = 200000 };
    static char *model[KEYS];
    static char values[KEYS];
    struct map m;
    map_init(&m);
    size_t count = 0;
    uint32_t dice = 12345;
    for (int step = 0; step < STEPS; step++) {
        dice = dice * 1664525 + 1013904223;
        size_t i = (dice >> 8) % KEYS;
        int64_t key = ((int64_t)i - KEYS / 2) * INT64_C(0x100000001); /* negative ones too */
        /* Fill, then empty, then fill again. */
        bool put = (dice >> 24) % 100 < (step / (STEPS / 4) % 2 ? 30 : 70);
        if (put) {
            count += !model[i];
            model[i] = &values[(dice >> 4) % KEYS];
            map_put_int(&m, key, model[i]);
        } else {
            assert_ptr_equal(map_remove_int(&m, key), model[i]);
            count -= model[i] != NULL;
            model[i] = NULL;
        }
        assert_ptr_equal(map_get_int(&m, key), model[i]);
        assert_int_equal(m.count, count);
    }
    for (size_t i = 0; i < KEYS; i++)
        assert_ptr_equal(map_get_int(&m, ((int64_t)i - KEYS / 2) * INT64_C(0x100000001)), model[i]);
    assert_true(m.cap <= 4096); /* removed entries do not make it grow for ever */
    map_release(&m);
}

static void a_walk_may_remove(void **state)
{
    enum { KEYS = 1000 };
    static int values[KEYS];
    struct map m;
    map_init(&m);
    for (int i = 0; i < KEYS; i++) {
        values[i] = i;
        map_put_int(&m, i, &values[i]);
    }
    size_t at = 0;
    int seen = 0;
    for (int *v; (v = map_next(&m, &at)); seen++) {
        assert_true(*v >= 0);
        if (*v % 2)
            assert_ptr_equal(map_remove_int(&m, *v), v);
        *v = -1 - *v; /* nothing comes twice */
    }
    assert_int_equal(seen, KEYS);
    assert_int_equal(m.count, KEYS / 2);
    for (int i = 0; i < KEYS; i++)
        assert_int_equal(map_get_int(&m, i) != NULL, i % 2 == 0);
    map_release(&m);
    assert_null(m.slots);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_map_holds_nothing),
        cmocka_unit_test(bytes_are_keys),
        cmocka_unit_test(a_replacement_brings_its_own_key),
        cmocka_unit_test(it_behaves_like_an_array),
        cmocka_unit_test(a_walk_may_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
