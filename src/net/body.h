/* body.h - HTTP/1.1 bodies, by length or in chunks. Pure: no socket, no clock.
 *
 * Framing is checked here strictly, then decoded by http-parser, which alone is too lenient: it
 * takes any two bytes for a line's end. */
#ifndef NET_BODY_H
#define NET_BODY_H

#include "base/arena.h"
#include "base/str.h"

struct http_parser;

/* How a head says its body is delimited. */
struct http_framing {
    int64_t length; /* Content-Length, -1 if absent */
    bool chunked;
};

/* A body on its way. The bytes are the heap's: whoever takes them frees them. */
struct http_body {
    struct http_parser *parser; /* the arena's */
    int64_t left;               /* of the length, or of the current chunk */
    uint8_t step;               /* of the chunk framing */
    uint8_t digits;
    bool chunked, done;
    size_t max, declared; /* bytes allowed; the sum of chunk sizes so far */
    char *bytes;
    size_t len, cap;
};
/* head as http_head_read left it: http-parser has a second look at it and learns how the body is
 * framed. max caps the decoded bytes. 0, or the status of the refusal. */
MUST_USE int http_body_begin(struct http_body *b, str head, const struct http_framing *f,
                             size_t max, struct arena *mem);
/* Feed; *used says how many bytes belonged to this body. b->done once it is complete. 0, or the
 * status of the refusal. */
MUST_USE int http_body_feed(struct http_body *b, str bytes, size_t *used);
void http_body_release(struct http_body *b);

#endif
