/* http.h - HTTP/1.1 heads as bytes: the refusal list. Pure: no socket, no clock.
 *
 * Order of use: http_scan over the growing bytes until it says where the head ends; http_head_read
 * once over that head; body.h for what follows. A refusal is the status to answer; after one
 * the connection is closed, because where the next request begins is no longer certain. How the
 * bytes were cut on their way makes no difference to any result. */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include "net/body.h"
#include "net/net.h"

enum {
    HTTP_HEAD_MAX = 16 * 1024, /* with the empty line */
    HTTP_TARGET_MAX = 8 * 1024,
    HTTP_HEADERS_MAX = 64,
};

/* Where the scan stands; zero it for a new head. */
struct http_scan {
    size_t at, line; /* next byte to look at; where its line began */
    bool past_first;
};
/* bytes is everything received of this head so far, in one piece. Returns the head's length once
 * its empty line is there, 0 for "more", or a negative status. */
ptrdiff_t http_scan(struct http_scan *s, str bytes);

struct http_head {
    str method_text, target, host;
    enum http_method method;
    int minor; /* of HTTP/1.x */
    struct http_header headers[HTTP_HEADERS_MAX];
    size_t header_count;
    struct http_framing framing;
    bool keep_alive, expect_continue, wants_websocket;
    str websocket_key;
};
/* A whole head, as http_scan delimited it. Names are lowered in place; *out borrows from it.
 * 0, or the status of the refusal. */
MUST_USE int http_head_read(char *head, size_t len, struct http_head *out);

/* Whether a comma list of tokens holds one, ASCII case ignored. */
bool http_list_has(str list, str token);

#endif
