/* ws.h - RFC 6455 frames: a parser that takes bytes as they come, and the heads we write.
 *
 * Pure: no socket, no clock. Server side only: every frame read is masked, none written is. Text
 * and control frames; a binary message is refused with 1003. The parser owns memory only while a
 * message or control frame is incomplete. How the bytes were cut makes no difference to the events.
 *
 *     while (len) {
 *         size_t used = ws_feed(p, bytes, len, &event);
 *         ... event.kind, whose text is good until the next call ...
 *     } */
#ifndef NET_WS_H
#define NET_WS_H

#include "base/str.h"

enum {
    WS_FRAGMENTS_MAX = 64,
    WS_HEAD_MAX = 10,
};

enum ws_opcode {
    WS_CONTINUATION = 0,
    WS_TEXT = 1,
    WS_BINARY = 2,
    WS_CLOSE = 8,
    WS_PING = 9,
    WS_PONG = 10,
};

enum ws_event_kind {
    WS_MORE,     /* everything was used, nothing is complete */
    WS_GOT_TEXT, /* a whole message in text, valid UTF-8 */
    WS_GOT_PING, /* text is to be sent back */
    WS_GOT_PONG,
    WS_GOT_CLOSE, /* code 0: the peer gave none; text is the reason */
    WS_BROKEN,    /* close with code; feed no more */
};

struct ws_event {
    enum ws_event_kind kind;
    int code;
    str text;
};

/* What is expected next of a UTF-8 sequence: `need` more bytes, the first within lo..hi. */
struct utf8_state {
    uint8_t need, lo, hi;
};

struct ws_gather { /* payload of an incomplete frame or message */
    char *bytes;
    uint32_t len, cap;
};

struct ws_parser {
    struct ws_gather message, control;
    uint64_t left; /* payload of the current frame still to come */
    uint32_t max;  /* of a reassembled message */
    struct utf8_state utf8;
    uint8_t head[14], have; /* of the current frame's head, while it is incomplete */
    uint8_t mask[4], mask_at;
    uint8_t fragments; /* of the current message; 0 between messages */
    bool in_payload, fin, broken;
    uint8_t opcode; /* of the current frame */
    bool deliver;   /* the gathered payload was handed out: drop it at the next call */
};

void ws_init(struct ws_parser *p, uint32_t max_message);
void ws_release(struct ws_parser *p);
/* At most one event a call. Unmasks in place. Returns the bytes used; after WS_BROKEN all. */
size_t ws_feed(struct ws_parser *p, char *bytes, size_t len, struct ws_event *out);
/* The last event's text is done with: what was gathered for it is freed. */
void ws_rest(struct ws_parser *p);

/* The head of an unmasked, final frame; returns its length. */
size_t ws_head(uint8_t out[static WS_HEAD_MAX], enum ws_opcode opcode, size_t payload);
/* May this code stand in a close frame? */
bool ws_close_code_ok(int code);
/* Sec-WebSocket-Accept of a Sec-WebSocket-Key; 28 characters and a zero byte. */
void ws_accept(str key, char out[static 29]);

#endif
