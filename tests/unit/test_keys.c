#include "guard/keys.h"

#include "guard/vault.h"
#include "temp_dir.h"

#include <cmocka.h>
#include <string.h>
#include <sys/stat.h>

static void a_fresh_key_is_listed_last(void **state)
{
    char dir[TEMP_PATH], path[TEMP_PATH];
    struct vault *v;
    struct arena mem;
    struct key_info *keys;
    size_t count;
    (void)state;
    temp_dir_make(dir);
    temp_dir_file(path, dir, "keys");
    arena_init(&mem, 0);
    assert_string_equal(keys_list(path, &mem, &keys, &count).name, "keys_missing");
    assert_string_equal(keys_rotate(path).name, "keys_missing");
    assert_int_equal(vault_open(path, true, &v).code, 0);
    vault_close(v);
    for (int n = 1; n <= 3; n++) {
        assert_int_equal(keys_list(path, &mem, &keys, &count).code, 0);
        assert_int_equal(count, n);
        for (int i = 0; i < n; i++) {
            assert_int_equal(keys[i].id, i + 1);
            assert_true(keys[i].created_at > 1700000000000);
        }
        assert_int_equal(keys_rotate(path).code, 0);
    }
    assert_int_equal(chmod(path, 0640), 0);
    assert_string_equal(keys_list(path, &mem, &keys, &count).name, "keys_open");
    assert_int_equal(count, 0);
    arena_release(&mem);
    temp_dir_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_fresh_key_is_listed_last)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
