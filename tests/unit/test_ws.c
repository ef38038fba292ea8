#include "net/ws.h"

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Frames are written here as FIN|opcode, then the length byte and payload; `masked` sets the mask
 * bit and masks the payload with a fixed key. */
#define MASK "\x11\x22\x33\x44"

struct stream {
    char bytes[1 << 18];
    size_t len;
};

static void add_frame(struct stream *s, int first, const char *payload, size_t len)
{
    uint8_t head[WS_HEAD_MAX];
    size_t n = ws_head(head, WS_TEXT, len);
    head[0] = (uint8_t)first;
    head[1] |= 128;
    memcpy(s->bytes + s->len, head, n);
    memcpy(s->bytes + s->len + n, MASK, 4);
    s->len += n + 4;
    for (size_t i = 0; i < len; i++)
        s->bytes[s->len++] = (char)(payload[i] ^ MASK[i & 3]);
}

/* What the parser makes of a stream, as one line: "text(abc) ping(x) close(1000,bye) broken(1002)",
 * fed in steps. */
static char *tell(const struct stream *s, size_t step, uint32_t max)
{
    struct ws_parser p;
    char *line = calloc(1, 1 << 20), *at = line, *bytes = malloc(s->len + 1);
    memcpy(bytes, s->bytes, s->len); /* unmasked in place */
    ws_init(&p, max);
    for (size_t from = 0; from < s->len && !p.broken; from += step) {
        size_t n = s->len - from < step ? s->len - from : step, used = 0;
        while (used < n && !p.broken) {
            struct ws_event e;
            used += ws_feed(&p, bytes + from + used, n - used, &e);
            static const char *const names[] = {"", "text", "ping", "pong", "close", "broken"};
            if (e.kind == WS_MORE)
                continue;
            at += sprintf(at, "%s(", names[e.kind]);
            if (e.kind == WS_GOT_CLOSE || e.kind == WS_BROKEN)
                at += sprintf(at, "%d", e.code);
            if (e.text.len) {
                memcpy(at, e.text.ptr, (size_t)e.text.len);
                at += e.text.len;
            }
            at += sprintf(at, ") ");
        }
    }
    ws_release(&p);
    free(bytes);
    return line;
}

struct piece {
    int first; /* 0 ends the list */
    str payload;
};

enum { FIN = 128 };

static const struct frames_case {
    const char *what;
    struct piece frames[6];
    const char *told;
} frames_cases[] = {
    {"a message", {{FIN | 1, STR("abc")}}, "text(abc) "},
    {"an empty message", {{FIN | 1, STR("")}}, "text() "},
    {"two messages", {{FIN | 1, STR("a")}, {FIN | 1, STR("b")}}, "text(a) text(b) "},
    {"fragments",
     {{1, STR("a")}, {0, STR("")}, {0, STR("b")}, {FIN | 0, STR("c")}, {FIN | 1, STR("d")}},
     "text(abc) text(d) "},
    {"empty fragments", {{1, STR("")}, {FIN | 0, STR("")}}, "text() "},
    {"a ping between fragments",
     {{1, STR("a")}, {FIN | 9, STR("p")}, {FIN | 0, STR("b")}},
     "ping(p) text(ab) "},
    {"an empty ping", {{FIN | 9, STR("")}}, "ping() "},
    {"a pong", {{FIN | 10, STR("xyz")}}, "pong(xyz) "},
    {"Chinese", {{FIN | 1, STR("\xe4\xbd\xa0\xe5\xa5\xbd")}}, "text(\xe4\xbd\xa0\xe5\xa5\xbd) "},
    {"a character across fragments",
     {{1, STR("\xe4")}, {0, STR("\xbd")}, {FIN | 0, STR("\xa0")}},
     "text(\xe4\xbd\xa0) "},
    {"the last code point", {{FIN | 1, STR("\xf4\x8f\xbf\xbf")}}, "text(\xf4\x8f\xbf\xbf) "},
    {"half a character", {{FIN | 1, STR("\xe4\xbd")}}, "broken(1007) "},
    {"a bad character before the rest has come",
     {{1, STR("\xff")}, {FIN | 0, STR("a")}},
     "broken(1007) "},
    {"overlong", {{FIN | 1, STR("\xc0\x80")}}, "broken(1007) "},
    {"overlong, three bytes", {{FIN | 1, STR("\xe0\x9f\xbf")}}, "broken(1007) "},
    {"a surrogate", {{FIN | 1, STR("\xed\xa0\x80")}}, "broken(1007) "},
    {"above U+10FFFF", {{FIN | 1, STR("\xf4\x90\x80\x80")}}, "broken(1007) "},
    {"a lone continuation byte", {{FIN | 1, STR("12345678\x80")}}, "broken(1007) "},
    {"close without a code", {{FIN | 8, STR("")}}, "close(0) "},
    {"close with a code", {{FIN | 8, STR("\x03\xe8")}}, "close(1000) "},
    {"close with a reason", {{FIN | 8, STR("\x03\xe8 bye")}}, "close(1000 bye) "},
    {"close 4999", {{FIN | 8, STR("\x13\x87")}}, "close(4999) "},
    {"close with half a code", {{FIN | 8, STR("\x03")}}, "broken(1002) "},
    {"close 999", {{FIN | 8, STR("\x03\xe7")}}, "broken(1002) "},
    {"close 1005", {{FIN | 8, STR("\x03\xed")}}, "broken(1002) "},
    {"close 1006", {{FIN | 8, STR("\x03\xee")}}, "broken(1002) "},
    {"close 1015", {{FIN | 8, STR("\x03\xf7")}}, "broken(1002) "},
    {"close 2999", {{FIN | 8, STR("\x0b\xb7")}}, "broken(1002) "},
    {"close 5000", {{FIN | 8, STR("\x13\x88")}}, "broken(1002) "},
    {"close with a broken reason", {{FIN | 8, STR("\x03\xe8\xff")}}, "broken(1007) "},
    {"a binary message", {{FIN | 2, STR("a")}}, "broken(1003) "},
    {"reserved opcode 3", {{FIN | 3, STR("a")}}, "broken(1002) "},
    {"reserved opcode 11", {{FIN | 11, STR("a")}}, "broken(1002) "},
    {"RSV1", {{FIN | 64 | 1, STR("a")}}, "broken(1002) "},
    {"RSV2", {{FIN | 32 | 1, STR("a")}}, "broken(1002) "},
    {"RSV3", {{FIN | 16 | 1, STR("a")}}, "broken(1002) "},
    {"a fragmented ping", {{9, STR("a")}}, "broken(1002) "},
    {"a continuation of nothing", {{FIN | 0, STR("a")}}, "broken(1002) "},
    {"a message inside a message", {{1, STR("a")}, {FIN | 1, STR("b")}}, "broken(1002) "},
};

static void each_stream_gives_its_events_however_it_is_cut(void **state)
{
    static struct stream s;
    for (size_t i = 0; i < COUNT(frames_cases); i++) {
        const struct frames_case *f = &frames_cases[i];
        s.len = 0;
        for (const struct piece *p = f->frames; p->first || p->payload.ptr; p++)
            add_frame(&s, p->first, p->payload.ptr, (size_t)p->payload.len);
        for (size_t step = 1; step <= s.len; step++) {
            char *told = tell(&s, step, 1000);
            if (strcmp(told, f->told) != 0)
                fail_msg("%s: %s, not %s, in steps of %zu", f->what, told, f->told, step);
            free(told);
        }
    }
}

static void raw_heads_are_checked(void **state)
{
    static const struct raw_case {
        const char *what;
        str bytes;
        const char *told;
    } cases[] = {
        {"no mask",
         STR("\x81\x01"
             "a"),
         "broken(1002) "},
        {"no mask, empty", STR("\x81\x00"), "broken(1002) "},
        {"16 bits for a short length", STR("\x81\xfe\x00\x7d" MASK), "broken(1002) "},
        {"64 bits for a short length", STR("\x81\xff\0\0\0\0\0\0\xff\xff" MASK), "broken(1002) "},
        {"the highest bit of 64", STR("\x81\xff\x80\0\0\0\0\0\0\0" MASK), "broken(1002) "},
        {"a ping of 126 bytes", STR("\x89\xfe\x00\x7e" MASK), "broken(1002) "},
        {"over the cap, known from the head", STR("\x81\xfe\x03\xe9" MASK), "broken(1009) "},
        {"far over the cap", STR("\x81\xff\x7f\0\0\0\0\0\0\0" MASK), "broken(1009) "},
    };
    static struct stream s;
    for (size_t i = 0; i < COUNT(cases); i++) {
        s.len = (size_t)cases[i].bytes.len;
        memcpy(s.bytes, cases[i].bytes.ptr, s.len);
        for (size_t step = 1; step <= s.len; step++) {
            char *told = tell(&s, step, 1000);
            if (strcmp(told, cases[i].told) != 0)
                fail_msg("%s: %s, not %s", cases[i].what, told, cases[i].told);
            free(told);
        }
    }
}

static void bytes_and_fragments_are_capped(void **state)
{
    static struct stream s;
    static char long_text[70000];
    memset(long_text, 'x', sizeof long_text);

    s.len = 0;
    add_frame(&s, 1, long_text, 600);
    add_frame(&s, FIN | 0, long_text, 400);
    char *told = tell(&s, 333, 1000);
    assert_int_equal(strlen(told), strlen("text() ") + 1000);
    free(told);

    s.len = 0;
    add_frame(&s, 1, long_text, 600);
    add_frame(&s, FIN | 0, long_text, 401);
    told = tell(&s, 333, 1000);
    assert_string_equal(told, "broken(1009) ");
    free(told);

    for (int fragments = WS_FRAGMENTS_MAX; fragments <= WS_FRAGMENTS_MAX + 1; fragments++) {
        s.len = 0;
        for (int i = 0; i < fragments; i++)
            add_frame(&s, (i == fragments - 1 ? FIN : 0) | (i ? 0 : 1), "", 0);
        told = tell(&s, 5, 1000);
        assert_string_equal(told, fragments > WS_FRAGMENTS_MAX ? "broken(1008) " : "text() ");
        free(told);
    }

    for (size_t size = 120; size < sizeof long_text; size = size * 3 / 2) {
        s.len = 0;
        add_frame(&s, FIN | 1, long_text, size);
        told = tell(&s, 1 + size / 7, 70000);
        assert_int_equal(strlen(told), strlen("text() ") + size);
        free(told);
    }
}

static void nothing_is_kept_between_messages(void **state)
{
    static struct stream s;
    struct ws_parser p;
    struct ws_event e;
    s.len = 0;
    add_frame(&s, 1, "abc", 3);
    add_frame(&s, FIN | 0, "def", 3);
    size_t whole = s.len;
    add_frame(&s, FIN | 9, "", 0);
    ws_init(&p, 1000);
    ws_feed(&p, s.bytes, 9, &e);
    assert_non_null(p.message.bytes);
    ws_feed(&p, s.bytes + 9, whole - 9, &e);
    assert_int_equal(e.kind, WS_GOT_TEXT);
    assert_true(str_eq(e.text, S("abcdef")));
    ws_rest(&p);
    assert_null(p.message.bytes);
    ws_feed(&p, s.bytes + whole, s.len - whole, &e);
    assert_int_equal(e.kind, WS_GOT_PING);
    ws_release(&p);
    assert_true(sizeof p <= 96); /* the idle socket's budget */
}

static void the_accept_key_is_that_of_the_rfc(void **state)
{
    char accept[29];
    ws_accept(S("dGhlIHNhbXBsZSBub25jZQ=="), accept);
    assert_string_equal(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

static void heads_are_written_in_the_shortest_form(void **state)
{
    uint8_t head[WS_HEAD_MAX];
    assert_int_equal(ws_head(head, WS_TEXT, 125), 2);
    assert_memory_equal(head, "\x81\x7d", 2);
    assert_int_equal(ws_head(head, WS_PONG, 0), 2);
    assert_memory_equal(head, "\x8a\x00", 2);
    assert_int_equal(ws_head(head, WS_TEXT, 126), 4);
    assert_memory_equal(head, "\x81\x7e\x00\x7e", 4);
    assert_int_equal(ws_head(head, WS_TEXT, 65535), 4);
    assert_int_equal(ws_head(head, WS_TEXT, 65536), 10);
    assert_memory_equal(head, "\x81\x7f\0\0\0\0\0\x01\0\0", 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_stream_gives_its_events_however_it_is_cut),
        cmocka_unit_test(raw_heads_are_checked),
        cmocka_unit_test(bytes_and_fragments_are_capped),
        cmocka_unit_test(nothing_is_kept_between_messages),
        cmocka_unit_test(the_accept_key_is_that_of_the_rfc),
        cmocka_unit_test(heads_are_written_in_the_shortest_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
