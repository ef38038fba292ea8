#include "net/http.h"

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GET  "GET / HTTP/1.1\r\nHost: h\r\n"
#define POST "POST / HTTP/1.1\r\nHost: h\r\n"
#define WS   GET "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define KEY  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define V13  "Sec-WebSocket-Version: 13\r\n"

/* status 0: accepted */
static const struct head_case {
    const char *what;
    str head;
    int status;
} heads[] = {
    {"a plain request", STR(GET "\r\n"), 0},
    {"a host with a port", STR("GET / HTTP/1.1\r\nHost: a.cn:8080\r\n\r\n"), 0},
    {"a query", STR("GET /a?b=%20&c HTTP/1.1\r\nHost: h\r\n\r\n"), 0},
    {"no space after the colon", STR("GET / HTTP/1.1\r\nHost:h\r\n\r\n"), 0},
    {"spaces around a value", STR("GET / HTTP/1.1\r\nHost: \t h \t\r\n\r\n"), 0},
    {"bytes above ASCII in a value", STR(GET "X: \xe4\xbd\xa0\r\n\r\n"), 0},
    {"HTTP/1.0 without a host", STR("GET / HTTP/1.0\r\n\r\n"), 0},
    {"OPTIONS of all", STR("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"), 0},
    {"a length", STR(POST "Content-Length: 5\r\n\r\n"), 0},
    {"chunked", STR(POST "Transfer-Encoding: chunked\r\n\r\n"), 0},
    {"Chunked in capitals", STR(POST "TRANSFER-ENCODING: CHUNKED\r\n\r\n"), 0},
    {"a WebSocket", STR(WS KEY V13 "\r\n"), 0},
    {"Upgrade to something else is ignored", STR(GET "Upgrade: h2c\r\nConnection: upgrade\r\n\r\n"),
     0},

    {"length and chunked", STR(POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
     400},
    {"chunked and length", STR(POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"),
     400},
    {"two lengths", STR(POST "Content-Length: 5\r\nContent-Length: 6\r\n\r\n"), 400},
    {"two equal lengths", STR(POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n"), 400},
    {"a list of lengths", STR(POST "Content-Length: 5, 5\r\n\r\n"), 400},
    {"a signed length", STR(POST "Content-Length: +5\r\n\r\n"), 400},
    {"a negative length", STR(POST "Content-Length: -5\r\n\r\n"), 400},
    {"a hexadecimal length", STR(POST "Content-Length: 0x5\r\n\r\n"), 400},
    {"an empty length", STR(POST "Content-Length:\r\n\r\n"), 400},
    {"a length beyond all bounds", STR(POST "Content-Length: 18446744073709551617\r\n\r\n"), 400},
    {"gzip, chunked", STR(POST "Transfer-Encoding: gzip, chunked\r\n\r\n"), 400},
    {"chunked, chunked", STR(POST "Transfer-Encoding: chunked, chunked\r\n\r\n"), 400},
    {"identity", STR(POST "Transfer-Encoding: identity\r\n\r\n"), 400},
    {"chunked twice", STR(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
     400},
    {"an empty encoding", STR(POST "Transfer-Encoding:\r\n\r\n"), 400},
    {"chunked in quotes", STR(POST "Transfer-Encoding: \"chunked\"\r\n\r\n"), 400},
    {"chunked in HTTP/1.0", STR("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400},
    {"space before the colon", STR(GET "A : b\r\n\r\n"), 400},
    {"tab before the colon", STR(GET "A\t: b\r\n\r\n"), 400},
    {"a folded line", STR(GET "A: b\r\n c\r\n\r\n"), 400},
    {"a line folded by a tab", STR(GET "A: b\r\n\tc\r\n\r\n"), 400},
    {"a space before the first header", STR("GET / HTTP/1.1\r\n Host: h\r\n\r\n"), 400},
    {"bare LF", STR("GET / HTTP/1.1\nHost: h\n\n"), 400},
    {"one bare LF", STR(GET "A: b\nC: d\r\n\r\n"), 400},
    {"bare CR", STR(GET "A: b\rC: d\r\n\r\n"), 400},
    {"CR CR LF", STR(GET "A: b\r\r\n\r\n"), 400},
    {"NUL in a value", STR(GET "A: b\0c\r\n\r\n"), 400},
    {"NUL in a name", STR(GET "A\0: b\r\n\r\n"), 400},
    {"a control character", STR(GET "A: b\x01\r\n\r\n"), 400},
    {"DEL", STR(GET "A: b\x7f\r\n\r\n"), 400},
    {"a name with brackets", STR(GET "A(b): c\r\n\r\n"), 400},
    {"a name beyond ASCII", STR(GET "\xc3\xa4: c\r\n\r\n"), 400},
    {"an empty name", STR(GET ": c\r\n\r\n"), 400},
    {"a line without a colon", STR(GET "abc\r\n\r\n"), 400},
    {"no host", STR("GET / HTTP/1.1\r\nA: b\r\n\r\n"), 400},
    {"two hosts", STR(GET "Host: h\r\n\r\n"), 400},
    {"an empty host", STR("GET / HTTP/1.1\r\nHost:\r\n\r\n"), 400},
    {"a host with a path", STR("GET / HTTP/1.1\r\nHost: h/x\r\n\r\n"), 400},
    {"a host with a user", STR("GET / HTTP/1.1\r\nHost: a@h\r\n\r\n"), 400},
    {"an absolute target", STR("GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n"), 400},
    {"a relative target", STR("GET x HTTP/1.1\r\nHost: h\r\n\r\n"), 400},
    {"a fragment", STR("GET /#a HTTP/1.1\r\nHost: h\r\n\r\n"), 400},
    {"bytes above ASCII in the target", STR("GET /\xe4 HTTP/1.1\r\nHost: h\r\n\r\n"), 400},
    {"GET of all", STR("GET * HTTP/1.1\r\nHost: h\r\n\r\n"), 400},
    {"CONNECT", STR("CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n"), 400},
    {"two spaces in the first line", STR("GET  / HTTP/1.1\r\nHost: h\r\n\r\n"), 400},
    {"a space at the first line's end", STR("GET / HTTP/1.1 \r\nHost: h\r\n\r\n"), 400},
    {"a tab in the first line", STR("GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n"), 400},
    {"an empty line before the request", STR("\r\n" GET "\r\n"), 400},
    {"no version", STR("GET /\r\nHost: h\r\n\r\n"), 400},
    {"a method of brackets", STR("(GET) / HTTP/1.1\r\nHost: h\r\n\r\n"), 400},
    {"a small version", STR("GET / http/1.1\r\nHost: h\r\n\r\n"), 400},
    {"the first bytes of TLS", STR("\x16\x03\x01\x02\x00\x01"), 400},
    {"HTTP/2's preface", STR("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505},
    {"HTTP/1.2", STR("GET / HTTP/1.2\r\nHost: h\r\n\r\n"), 505},
    {"HTTP/0.9 written out", STR("GET / HTTP/0.9\r\nHost: h\r\n\r\n"), 505},
    {"another expectation", STR(POST "Expect: 200-ok\r\n\r\n"), 417},
    {"a WebSocket without a version", STR(WS KEY "\r\n"), 426},
    {"a WebSocket of version 8", STR(WS KEY "Sec-WebSocket-Version: 8\r\n\r\n"), 426},
    {"a WebSocket with two versions", STR(WS KEY V13 V13 "\r\n"), 400},
    {"a WebSocket without a key", STR(WS V13 "\r\n"), 400},
    {"a WebSocket with two keys", STR(WS KEY KEY V13 "\r\n"), 400},
    {"a key of 15 bytes", STR(WS V13 "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAA\r\n\r\n"), 400},
    {"a key with spare bits", STR(WS V13 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZR==\r\n\r\n"),
     400},
    {"a key that is no base64", STR(WS V13 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j!Q==\r\n\r\n"),
     400},
    {"a WebSocket with a body", STR(WS KEY V13 "Content-Length: 3\r\n\r\n"), 400},
};

/* Everything in one piece, or in pieces of `step` bytes. */
static int judge(str text, size_t step, struct http_head *h, char *copy)
{
    struct http_scan scan = {0};
    memcpy(copy, text.ptr, (size_t)text.len);
    for (size_t have = step;; have += step) {
        if (have > (size_t)text.len)
            have = (size_t)text.len;
        ptrdiff_t end = http_scan(&scan, (str){copy, (ptrdiff_t)have});
        if (end < 0)
            return (int)-end;
        if (end > 0)
            return http_head_read(copy, (size_t)end, h);
        if (have == (size_t)text.len)
            return -1; /* wants more */
    }
}

static void each_head_gets_its_status_however_it_is_cut(void **state)
{
    for (size_t i = 0; i < COUNT(heads); i++) {
        for (size_t step = 1; step <= (size_t)heads[i].head.len; step++) {
            struct http_head h;
            char *copy = malloc((size_t)heads[i].head.len);
            int status = judge(heads[i].head, step, &h, copy);
            if (status != heads[i].status)
                fail_msg("%s: %d, not %d, in steps of %zu", heads[i].what, status, heads[i].status,
                         step);
            free(copy);
        }
    }
}

static void a_head_is_taken_apart(void **state)
{
    static const str text = STR("POST /a/b?c=d HTTP/1.1\r\nHOST: h.cn\r\nX-Name:  v w \r\n"
                                "Connection: x, Close\r\nExpect: 100-continue\r\n"
                                "Content-Length: 12\r\n\r\nbody");
    struct http_head h;
    char copy[256];
    assert_int_equal(judge(text, 1000, &h, copy), 0);
    assert_int_equal(h.method, HTTP_POST_);
    assert_true(str_eq(h.target, S("/a/b?c=d")));
    assert_true(str_eq(h.host, S("h.cn")));
    assert_int_equal(h.header_count, 5);
    assert_true(str_eq(h.headers[1].name, S("x-name")));
    assert_true(str_eq(h.headers[1].value, S("v w")));
    assert_int_equal(h.framing.length, 12);
    assert_false(h.keep_alive);
    assert_true(h.expect_continue);
    assert_false(h.wants_websocket);
}

static void only_a_full_upgrade_wants_a_websocket(void **state)
{
    struct http_head h;
    char copy[512];
    assert_int_equal(judge((str)STR(WS KEY V13 "\r\n"), 1000, &h, copy), 0);
    assert_true(h.wants_websocket && h.keep_alive);
    assert_int_equal(judge((str)STR(GET "Upgrade: websocket\r\n" KEY V13 "\r\n"), 1000, &h, copy),
                     0);
    assert_false(h.wants_websocket);
    assert_int_equal(
        judge((str)STR(POST "Upgrade: websocket\r\nConnection: upgrade\r\n" KEY V13 "\r\n"), 1000,
              &h, copy),
        0);
    assert_false(h.wants_websocket);
}

/* GET /aaa.. with `target` bytes, then `headers` headers of `width` bytes. */
static int judge_size(size_t target, size_t headers, size_t width)
{
    size_t cap = target + headers * (width + 8) + 128, n = 0;
    char *text = malloc(cap), *copy = malloc(cap);
    struct http_head h;
    n += (size_t)sprintf(text, "GET /");
    memset(text + n, 'a', target - 1);
    n += target - 1;
    n += (size_t)sprintf(text + n, " HTTP/1.1\r\nHost: h\r\n");
    for (size_t i = 0; i < headers; i++) {
        n += (size_t)sprintf(text + n, "x: ");
        memset(text + n, 'b', width);
        n += width;
        n += (size_t)sprintf(text + n, "\r\n");
    }
    n += (size_t)sprintf(text + n, "\r\n");
    int whole = judge((str){text, (ptrdiff_t)n}, n, &h, copy);
    int split = judge((str){text, (ptrdiff_t)n}, 7, &h, copy);
    assert_int_equal(whole, split);
    free(text);
    free(copy);
    return whole;
}

static void sizes_are_capped(void **state)
{
    assert_int_equal(judge_size(8192, 0, 0), 0);
    assert_int_equal(judge_size(8193, 0, 0), 414);
    assert_int_equal(judge_size(1 << 20, 0, 0), 414);
    assert_int_equal(judge_size(1, 63, 10), 0); /* with Host 64 */
    assert_int_equal(judge_size(1, 64, 10), 431);
    assert_int_equal(judge_size(1, 1, 16000), 0);
    assert_int_equal(judge_size(1, 1, 17000), 431);
}

/* status -1: more is wanted; 0: complete, with this text and so many bytes used */
static const struct body_case {
    const char *what;
    str head, body;
    int status;
    str text;
    ptrdiff_t used;
} bodies[] = {
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"
    {"none", STR(GET "\r\n"), STR("x"), 0, STR(""), 0},
    {"by length", STR(POST "Content-Length: 3\r\n\r\n"), STR("abcdef"), 0, STR("abc"), 3},
    {"not yet whole", STR(POST "Content-Length: 3\r\n\r\n"), STR("ab"), -1, STR(""), 0},
    {"at the limit", STR(POST "Content-Length: 20\r\n\r\n"), STR("01234567890123456789"), 0,
     STR("01234567890123456789"), 20},
    {"over the limit", STR(POST "Content-Length: 21\r\n\r\n"), STR(""), 413, STR(""), 0},
    {"one chunk", STR(CHUNKED), STR("3\r\nabc\r\n0\r\n\r\nGET"), 0, STR("abc"), 13},
    {"two chunks", STR(CHUNKED), STR("3\r\nabc\r\n00a\r\n0123456789\r\n0\r\n\r\n"), 0,
     STR("abc0123456789"), 30},
    {"capital digits", STR(CHUNKED), STR("A\r\n0123456789\r\n0\r\n\r\n"), 0, STR("0123456789"), 20},
    {"no chunk", STR(CHUNKED), STR("0\r\n\r\n"), 0, STR(""), 5},
    {"chunks over the limit", STR(CHUNKED), STR("a\r\n0123456789\r\nb\r\n"), 413, STR(""), 0},
    {"a huge chunk", STR(CHUNKED), STR("ffffffff\r\n"), 413, STR(""), 0},
    {"too many digits", STR(CHUNKED), STR("000000003\r\n"), 400, STR(""), 0},
    {"a trailer", STR(CHUNKED), STR("0\r\nA: b\r\n\r\n"), 400, STR(""), 0},
    {"an extension", STR(CHUNKED), STR("3;a=b\r\nabc\r\n0\r\n\r\n"), 400, STR(""), 0},
    {"a space before the size", STR(CHUNKED), STR(" 3\r\nabc\r\n"), 400, STR(""), 0},
    {"a space behind the size", STR(CHUNKED), STR("3 \r\nabc\r\n"), 400, STR(""), 0},
    {"bare LF behind the size", STR(CHUNKED), STR("3\nabc\n0\n\n"), 400, STR(""), 0},
    {"something else than LF", STR(CHUNKED), STR("3\rXabc"), 400, STR(""), 0},
    {"a chunk longer than it says", STR(CHUNKED), STR("3\r\nabcd\r\n"), 400, STR(""), 0},
    {"no CR behind a chunk", STR(CHUNKED), STR("3\r\nabc\n0\r\n\r\n"), 400, STR(""), 0},
    {"no size", STR(CHUNKED), STR("\r\nabc"), 400, STR(""), 0},
    {"0x", STR(CHUNKED), STR("0x3\r\nabc"), 400, STR(""), 0},
    {"a sign", STR(CHUNKED), STR("-1\r\n"), 400, STR(""), 0},
    {"an unknown method", STR("FETCH / HTTP/1.1\r\nHost: h\r\n\r\n"), STR(""), 501, STR(""), 0},
};

static int read_body(const struct body_case *b, size_t step, struct http_body *body,
                     struct arena *mem, size_t *used)
{
    struct http_head h;
    char head[256];
    assert_int_equal(judge(b->head, 1000, &h, head), 0);
    int status = http_body_begin(body, (str){head, b->head.len}, &h.framing, 20, mem);
    *used = 0;
    while (!status && !body->done && *used < (size_t)b->body.len) {
        size_t n = (size_t)b->body.len - *used, took;
        n = n < step ? n : step;
        status = http_body_feed(body, (str){b->body.ptr + *used, (ptrdiff_t)n}, &took);
        *used += took;
    }
    return status ? status : body->done ? 0 : -1;
}

static void each_body_ends_where_it_ends_however_it_is_cut(void **state)
{
    for (size_t i = 0; i < COUNT(bodies); i++) {
        for (size_t step = 1; step <= (size_t)bodies[i].body.len + 1; step++) {
            struct arena mem;
            struct http_body body = {0};
            size_t used;
            arena_init(&mem, 0);
            int status = read_body(&bodies[i], step, &body, &mem, &used);
            if (status != bodies[i].status)
                fail_msg("%s: %d, not %d, in steps of %zu", bodies[i].what, status,
                         bodies[i].status, step);
            if (!status) {
                assert_int_equal(used, bodies[i].used);
                assert_true(str_eq((str){body.bytes, (ptrdiff_t)body.len}, bodies[i].text));
            }
            http_body_release(&body);
            arena_release(&mem);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_head_gets_its_status_however_it_is_cut),
        cmocka_unit_test(a_head_is_taken_apart),
        cmocka_unit_test(only_a_full_upgrade_wants_a_websocket),
        cmocka_unit_test(sizes_are_capped),
        cmocka_unit_test(each_body_ends_where_it_ends_however_it_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
