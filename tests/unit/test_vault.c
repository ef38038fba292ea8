#include "base/arena.h"
#include "guard/vault.h"
#include "temp_dir.h"

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
    char dir[TEMP_PATH], path[TEMP_PATH];
    struct vault *vault;
    struct arena mem;
};

static int setup(void **state)
{
    static struct place p;
    temp_dir_make(p.dir);
    temp_dir_file(p.path, p.dir, "keys");
    arena_init(&p.mem, 0);
    assert_int_equal(vault_open(p.path, true, &p.vault).code, 0);
    *state = &p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    vault_close(p->vault);
    arena_release(&p->mem);
    temp_dir_remove(p->dir);
    return 0;
}

static void reopen(struct place *p)
{
    vault_close(p->vault);
    assert_int_equal(vault_open(p->path, false, &p->vault).code, 0);
}

static void write_keys(struct place *p, const char *text, mode_t mode)
{
    FILE *f = fopen(p->path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    assert_int_equal(chmod(p->path, mode), 0);
}

static void what_is_sealed_opens_again(void **state)
{
    static const str plain[] = {STR("138 0013 8000"), STR("\xe7\x89\x99\xe7\x96\xbc"), STR("\0\0"),
                                STR("x")};
    struct place *p = *state;
    for (size_t i = 0; i < COUNT(plain); i++) {
        str out, sealed = vault_seal(p->vault, &p->mem, "contact", 7, "value", plain[i]);
        str again = vault_seal(p->vault, &p->mem, "contact", 7, "value", plain[i]);
        assert_int_equal(sealed.len, 3 + 24 + plain[i].len + 16);
        assert_int_equal(sealed.ptr[0], 1);
        assert_false(str_eq(sealed, again)); /* equal texts don't look equal */
        if (plain[i].len > 2)
            assert_int_equal(str_find(sealed, plain[i]), -1);
        err e = vault_unseal(p->vault, &p->mem, "contact", 7, "value", sealed, &out);
        assert_int_equal(e.code, 0);
        assert_true(str_eq(out, plain[i]));
    }
}

static void nothing_seals_to_nothing(void **state)
{
    struct place *p = *state;
    str out = S("x"), sealed = vault_seal(p->vault, &p->mem, "a", 1, "b", S(""));
    assert_int_equal(sealed.len, 0);
    assert_non_null(sealed.ptr); /* bytes, not NULL, in the store */
    assert_int_equal(vault_unseal(p->vault, &p->mem, "a", 1, "b", sealed, &out).code, 0);
    assert_int_equal(out.len, 0);
}

static void a_sealed_text_cannot_be_moved(void **state)
{
    static const struct {
        const char *table, *column;
        int64_t row;
    } elsewhere[] = {
        {"message", "value", 7}, {"contact", "masked", 7}, {"contact", "value", 8},
        {"contac", "tvalue", 7}, {"contact", "", 7},       {"contact", "value", -7},
    };
    struct place *p = *state;
    str out, sealed = vault_seal(p->vault, &p->mem, "contact", 7, "value", S("13800138000"));
    for (size_t i = 0; i < COUNT(elsewhere); i++) {
        err e = vault_unseal(p->vault, &p->mem, elsewhere[i].table, elsewhere[i].row,
                             elsewhere[i].column, sealed, &out);
        assert_string_equal(e.name, "sealed_damaged");
        assert_int_equal(out.len, 0);
    }
}

static void every_changed_bit_is_noticed(void **state)
{
    struct place *p = *state;
    str out, sealed = vault_seal(p->vault, &p->mem, "contact", 7, "value", S("13800138000"));
    for (ptrdiff_t i = 0; i < sealed.len * 8; i++) {
        str copy = str_copy(&p->mem, sealed);
        char *bytes = (char *)(uintptr_t)copy.ptr;
        bytes[i / 8] ^= (char)(1 << (i % 8));
        err e = vault_unseal(p->vault, &p->mem, "contact", 7, "value", copy, &out);
        assert_int_equal(e.code, ERR_STORE);
    }
    for (ptrdiff_t i = 1; i < sealed.len; i++) {
        err e =
            vault_unseal(p->vault, &p->mem, "contact", 7, "value", str_slice(sealed, 0, i), &out);
        assert_int_equal(e.code, ERR_STORE);
    }
}

static void rotation_keeps_the_old_and_the_indexes(void **state)
{
    struct place *p = *state;
    str out, old = vault_seal(p->vault, &p->mem, "a", 1, "b", S("old"));
    str blind = vault_blind(p->vault, &p->mem, BLIND_PHONE, S("13800138000"));
    unsigned char mac[VAULT_MAC];
    vault_sign(p->vault, S("visitor"), mac);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(vault_rotate(p->path).code, 0);
        reopen(p);
    }
    str fresh = vault_seal(p->vault, &p->mem, "a", 1, "b", S("new"));
    assert_memory_equal(old.ptr, "\1\0\1", 3);
    assert_memory_equal(fresh.ptr, "\1\0\4", 3);
    assert_int_equal(vault_unseal(p->vault, &p->mem, "a", 1, "b", old, &out).code, 0);
    assert_true(str_eq(out, S("old")));
    assert_int_equal(vault_unseal(p->vault, &p->mem, "a", 1, "b", fresh, &out).code, 0);
    assert_true(str_eq(blind, vault_blind(p->vault, &p->mem, BLIND_PHONE, S("13800138000"))));
    assert_true(vault_verify(p->vault, S("visitor"), mac));
}

static void blind_indexes_differ_by_kind_and_value(void **state)
{
    struct place *p = *state;
    str all[10];
    size_t n = 0;
    for (int kind = BLIND_PHONE; kind <= BLIND_ADDRESS; kind++) {
        all[n++] = vault_blind(p->vault, &p->mem, (enum blind)kind, S("8000"));
        all[n++] = vault_blind(p->vault, &p->mem, (enum blind)kind, S("8001"));
    }
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(all[i].len, 16);
        for (size_t k = 0; k < i; k++)
            assert_false(str_eq(all[i], all[k]));
    }
}

static void signatures_hold_for_one_text(void **state)
{
    struct place *p = *state;
    unsigned char mac[VAULT_MAC];
    vault_sign(p->vault, S("abc"), mac);
    assert_true(vault_verify(p->vault, S("abc"), mac));
    assert_false(vault_verify(p->vault, S("abd"), mac));
    mac[15] ^= 1;
    assert_false(vault_verify(p->vault, S("abc"), mac));
}

static void the_key_file_is_private(void **state)
{
    struct place *p = *state;
    struct stat st;
    struct vault *v;
    char beside[TEMP_PATH];
    assert_int_equal(stat(p->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    temp_dir_file(beside, p->dir, "keys.new");
    assert_int_not_equal(access(beside, F_OK), 0);
    static const mode_t open_modes[] = {0640, 0604, 0660, 0644, 0610};
    for (size_t i = 0; i < COUNT(open_modes); i++) {
        chmod(p->path, open_modes[i]);
        assert_string_equal(vault_open(p->path, true, &v).name, "keys_open");
        assert_string_equal(vault_rotate(p->path).name, "keys_open");
        assert_null(v);
    }
    chmod(p->path, 0400);
    assert_int_equal(vault_open(p->path, false, &v).code, 0);
    vault_close(v);
    temp_dir_file(beside, p->dir, "none");
    assert_string_equal(vault_open(beside, false, &v).name, "keys_missing");
    assert_string_equal(vault_open(p->dir, true, &v).name, "keys_open");
}

#define HEX "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define AT  " 2026-11-20T00:00:00.000Z"

static void broken_key_files_are_refused(void **state)
{
    static const struct {
        const char *text;
        bool good;
    } cases[] = {
        {"1 " HEX AT "\n", true},
        {"7 " HEX AT "\n2 " HEX AT "\n", true},
        {"", false},
        {"\n", false},
        {"1 " HEX AT, false}, /* cut off */
        {"1 " HEX "\n", false},
        {"0 " HEX AT "\n", false},
        {"65536 " HEX AT "\n", false},
        {"x " HEX AT "\n", false},
        {"1 " HEX "00" AT "\n", false},
        {"1 0" AT "\n", false},
        {"1 " HEX " yesterday\n", false},
        {"1 " HEX AT "\n1 " HEX AT "\n", false},
        {"1 " HEX AT "\n\n", false},
    };
    struct place *p = *state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct vault *v;
        write_keys(p, cases[i].text, 0600);
        err e = vault_open(p->path, true, &v);
        if (cases[i].good ? e.code != 0 : strcmp(e.name, "keys_format") != 0)
            fail_msg("%zu: %s", i, e.name);
        vault_close(v);
    }
}

static void keys_are_known_again(void **state)
{
    struct place *p = *state;
    struct vault *v;
    char other[TEMP_PATH];
    unsigned char first[VAULT_MAC], then[VAULT_MAC];
    vault_fingerprint(p->vault, first);
    assert_int_equal(vault_rotate(p->path).code, 0);
    reopen(p);
    vault_fingerprint(p->vault, then);
    assert_memory_equal(first, then, VAULT_MAC);
    temp_dir_file(other, p->dir, "other");
    assert_int_equal(vault_open(other, true, &v).code, 0);
    vault_fingerprint(v, then);
    assert_memory_not_equal(first, then, VAULT_MAC);
    vault_close(v);
}

static void other_keys_open_nothing(void **state)
{
    struct place *p = *state;
    struct vault *v;
    char other[TEMP_PATH];
    str out, sealed = vault_seal(p->vault, &p->mem, "a", 1, "b", S("secret"));
    temp_dir_file(other, p->dir, "other");
    assert_int_equal(vault_open(other, true, &v).code, 0);
    assert_int_equal(vault_unseal(v, &p->mem, "a", 1, "b", sealed, &out).code, ERR_STORE);
    assert_false(str_eq(vault_blind(v, &p->mem, BLIND_NAME, S("x")),
                        vault_blind(p->vault, &p->mem, BLIND_NAME, S("x"))));
    vault_close(v);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_sealed_opens_again),
        TEST(nothing_seals_to_nothing),
        TEST(a_sealed_text_cannot_be_moved),
        TEST(every_changed_bit_is_noticed),
        TEST(rotation_keeps_the_old_and_the_indexes),
        TEST(blind_indexes_differ_by_kind_and_value),
        TEST(signatures_hold_for_one_text),
        TEST(the_key_file_is_private),
        TEST(broken_key_files_are_refused),
        TEST(keys_are_known_again),
        TEST(other_keys_open_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
