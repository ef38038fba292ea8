#include "base/arena.h"

#include "base/str.h"

#include <cmocka.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>

static void memory_is_zeroed_aligned_and_apart(void **state)
{
    struct arena a;
    arena_init(&a, 128);
    char *before = NULL;
    for (size_t align = 1; align <= 64; align *= 2) {
        for (size_t size = 0; size < 600; size += 37) {
            char *p = arena_alloc(&a, 1, size, align);
            assert_non_null(p);
            assert_int_equal((uintptr_t)p % align, 0);
            for (size_t i = 0; i < size; i++)
                assert_int_equal(p[i], 0);
            memset(p, 0xee, size); /* the next one must not see it */
            if (size)
                assert_ptr_not_equal(p, before);
            before = size ? p : NULL;
        }
    }
    arena_release(&a);
}

static void nothing_is_taken_before_the_first_allocation(void **state)
{
    struct arena a;
    arena_init(&a, 0);
    assert_null(a.chunk);
    arena_clear(&a);
    assert_null(a.chunk);
    arena_release(&a);
    assert_null(a.chunk);
}

static void clear_keeps_one_chunk_and_forgets_the_rest(void **state)
{
    struct arena a;
    arena_init(&a, 64);
    for (int i = 0; i < 100; i++)
        memset(arena_new(&a, int, 16), 1, 16 * sizeof(int));
    assert_int_equal(a.used, 100 * 16 * sizeof(int));
    arena_clear(&a);
    assert_non_null(a.chunk);
    assert_int_equal(a.used, 0);
    int *again = arena_new(&a, int, 4);
    assert_int_equal(again[3], 0); /* zeroed though the bytes were used before */
    arena_release(&a);
}

static void a_large_block_leaves_the_rest_of_the_chunk_in_use(void **state)
{
    struct arena a;
    arena_init(&a, 4096);
    char *first = arena_new(&a, char, 10);
    char *large = arena_new(&a, char, 100000);
    memset(large, 1, 100000);
    char *next = arena_new(&a, char, 10);
    assert_ptr_equal(next, first + 10);
    arena_release(&a);
}

static void a_released_arena_can_be_used_again(void **state)
{
    struct arena a;
    arena_init(&a, 0);
    (void)arena_new(&a, char, 10);
    arena_release(&a);
    assert_int_equal(arena_new(&a, char, 10)[9], 0);
    arena_release(&a);
}

static sigjmp_buf at_the_end;

static void instead_of_ending(int signal)
{
    siglongjmp(at_the_end, 1);
}

static bool ends_the_program(size_t count, size_t size)
{
    struct arena a;
    arena_init(&a, 0);
    if (sigsetjmp(at_the_end, 1))
        return true; /* nothing was taken that would have to be released */
    (void)arena_alloc(&a, count, size, 8);
    arena_release(&a);
    return false;
}

/* Sizes that no machine has: they must end the program, not wrap around to small ones. */
static void what_cannot_be_had_ends_the_program(void **state)
{
    void (*before)(int) = signal(SIGABRT, instead_of_ending);
    bool product = ends_the_program(SIZE_MAX / 2, 3);        /* too large for a size */
    bool with_alignment = ends_the_program(1, SIZE_MAX - 3); /* likewise */
    bool half = ends_the_program(1, SIZE_MAX / 2);           /* no pointer reaches across */
    signal(SIGABRT, before);
    assert_true(product);
    assert_true(with_alignment);
    assert_true(half);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(nothing_is_taken_before_the_first_allocation),
        cmocka_unit_test(clear_keeps_one_chunk_and_forgets_the_rest),
        cmocka_unit_test(a_large_block_leaves_the_rest_of_the_chunk_in_use),
        cmocka_unit_test(a_released_arena_can_be_used_again),
        cmocka_unit_test(what_cannot_be_had_ends_the_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
