#include "guard/audit.h"

#include <cmocka.h>
#include <string.h>

static struct audit_row a_row(void)
{
    return (struct audit_row){.n = 7,
                              .at = 1700000000000,
                              .actor = S("user:70123"),
                              .act = S("contact.reveal"),
                              .subject = S("conversation:7123"),
                              .detail = S("{\"kind\":\"phone\"}")};
}

static void the_same_row_has_the_same_hash(void **state)
{
    unsigned char before[32] = {1};
    struct audit_row a = a_row(), b = a_row();
    audit_hash(before, &a);
    audit_hash(before, &b);
    assert_memory_equal(a.hash, b.hash, 32);
}

/* The bytes that are hashed are a promise to every chain already written. */
static void the_hash_never_changes(void **state)
{
    static const unsigned char want[] = {0x06, 0x5d, 0xf2, 0xf6, 0x02, 0x56, 0x91, 0x1d,
                                         0x92, 0x11, 0x93, 0xe4, 0x10, 0x4e, 0x81, 0xd6,
                                         0xcb, 0x89, 0x13, 0xc8, 0x52, 0x2f, 0x91, 0x8b,
                                         0xff, 0xfd, 0xd0, 0x77, 0xe7, 0x7f, 0x27, 0xca};
    unsigned char before[32] = {0};
    struct audit_row a = a_row();
    audit_hash(before, &a);
    assert_memory_equal(a.hash, want, 32);
}

static void every_field_counts(void **state)
{
    unsigned char before[32] = {0}, other[32] = {0};
    struct audit_row a = a_row(), rows[8];
    audit_hash(before, &a);
    for (int i = 0; i < 8; i++)
        rows[i] = a_row();
    rows[0].n++;
    rows[1].at++;
    rows[2].actor = S("user:70124");
    rows[3].act = S("contact.reveaL");
    rows[4].subject = S("");
    rows[5].detail = S("{}");
    /* The same bytes, one of them in the neighbouring field. */
    rows[6].actor = S("user:70123c");
    rows[6].act = S("ontact.reveal");
    rows[7].act = S("");
    rows[7].subject = S("contact.revealconversation:7123");
    for (int i = 0; i < 8; i++) {
        audit_hash(before, &rows[i]);
        assert_memory_not_equal(a.hash, rows[i].hash, 32);
    }
    other[31] = 1;
    struct audit_row chained = a_row();
    audit_hash(other, &chained);
    assert_memory_not_equal(a.hash, chained.hash, 32);
}

static void an_actor_is_a_person_the_control_socket_or_the_server(void **state)
{
    struct arena mem;
    arena_init(&mem, 0);
    assert_true(str_eq(audit_actor(&mem, 70123, false), S("user:70123")));
    assert_true(str_eq(audit_actor(&mem, 0, true), S("control")));
    assert_true(str_eq(audit_actor(&mem, 0, false), S("system")));
    arena_release(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_row_has_the_same_hash),
        cmocka_unit_test(the_hash_never_changes),
        cmocka_unit_test(every_field_counts),
        cmocka_unit_test(an_actor_is_a_person_the_control_socket_or_the_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
