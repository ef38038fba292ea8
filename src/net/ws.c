#include "net/ws.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { CONTROL_MAX = 125 };

/* --- UTF-8 as it comes --- */

static bool utf8_lead(struct utf8_state *u, uint8_t c)
{
    if (c < 0x80)
        return true;
    u->lo = 0x80;
    u->hi = 0xbf;
    if (c >= 0xc2 && c <= 0xdf) {
        u->need = 1;
    } else if (c >= 0xe0 && c <= 0xef) {
        u->need = 2;
        u->lo = c == 0xe0 ? 0xa0 : 0x80; /* no overlong form */
        u->hi = c == 0xed ? 0x9f : 0xbf; /* no surrogate */
    } else if (c >= 0xf0 && c <= 0xf4) {
        u->need = 3;
        u->lo = c == 0xf0 ? 0x90 : 0x80;
        u->hi = c == 0xf4 ? 0x8f : 0xbf; /* nothing above U+10FFFF */
    } else {
        return false;
    }
    return true;
}

static bool utf8_feed(struct utf8_state *u, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        uint64_t eight;
        while (!u->need && len - i >= sizeof eight) { /* runs of ASCII */
            memcpy(&eight, bytes + i, sizeof eight);
            if (eight & 0x8080808080808080u)
                break;
            i += sizeof eight;
        }
        if (i == len)
            break;
        uint8_t c = (uint8_t)bytes[i];
        if (!u->need) {
            if (!utf8_lead(u, c))
                return false;
            continue;
        }
        if (c < u->lo || c > u->hi)
            return false;
        u->need--;
        u->lo = 0x80;
        u->hi = 0xbf;
    }
    return true;
}

/* --- gathering --- */

static void gather_drop(struct ws_gather *g)
{
    free(g->bytes);
    *g = (struct ws_gather){0};
}

static void gather(struct ws_gather *g, const char *bytes, size_t len, size_t max)
{
    if (!len)
        return;
    if (g->len + len > g->cap) {
        size_t cap = g->cap ? g->cap * 2u : 128;
        while (cap < g->len + len)
            cap *= 2;
        if (cap > max)
            cap = max;
        char *grown = realloc(g->bytes, cap);
        if (!grown)
            abort();
        g->bytes = grown;
        g->cap = (uint32_t)cap;
    }
    memcpy(g->bytes + g->len, bytes, len);
    g->len += (uint32_t)len;
}

static void unmask(struct ws_parser *p, char *bytes, size_t len)
{
    uint8_t turned[4];
    for (unsigned i = 0; i < 4; i++)
        turned[i] = p->mask[(p->mask_at + i) & 3];
    uint64_t eight, mask8;
    memcpy(&mask8, turned, 4);
    memcpy((char *)&mask8 + 4, turned, 4);
    size_t i = 0;
    for (; len - i >= sizeof eight; i += sizeof eight) {
        memcpy(&eight, bytes + i, sizeof eight);
        eight ^= mask8;
        memcpy(bytes + i, &eight, sizeof eight);
    }
    for (; i < len; i++)
        bytes[i] = (char)(bytes[i] ^ turned[i & 3]);
    p->mask_at = (uint8_t)((p->mask_at + len) & 3);
}

/* --- frames --- */

static bool is_control(uint8_t opcode)
{
    return opcode >= WS_CLOSE;
}

static size_t broken(struct ws_parser *p, struct ws_event *out, int code, size_t len)
{
    p->broken = true;
    *out = (struct ws_event){WS_BROKEN, code, S("")};
    return len;
}

/* How long the head will be, as far as its first bytes say. */
static unsigned head_length(const uint8_t *head, unsigned have)
{
    if (have < 2)
        return 2;
    unsigned size = head[1] & 127;
    return 2 + (size == 126 ? 2 : size == 127 ? 8 : 0) + 4;
}

/* The first two bytes: 0, or the code to close with. */
static int check_start(const struct ws_parser *p)
{
    uint8_t opcode = p->head[0] & 15, size = p->head[1] & 127;
    bool fin = p->head[0] & 128;
    if ((p->head[0] & 0x70) || !(p->head[1] & 128))
        return 1002;
    if (opcode > WS_PONG || (opcode > WS_BINARY && opcode < WS_CLOSE))
        return 1002;
    if (is_control(opcode))
        return fin && size <= CONTROL_MAX && !(opcode == WS_CLOSE && size == 1) ? 0 : 1002;
    if ((opcode == WS_CONTINUATION) != (p->fragments > 0))
        return 1002;
    if (opcode == WS_BINARY)
        return 1003;
    return p->fragments == WS_FRAGMENTS_MAX ? 1008 : 0;
}

/* The whole head: 0, or the code to close with. */
static int begin_payload(struct ws_parser *p)
{
    unsigned size = p->head[1] & 127, n = size == 126 ? 2 : size == 127 ? 8 : 0;
    p->left = n ? 0 : size;
    for (unsigned i = 0; i < n; i++)
        p->left = p->left << 8 | p->head[2 + i];
    if ((n == 2 && p->left < 126) || (n == 8 && (p->left < 65536 || p->left >> 63)))
        return 1002; /* lengths are written in the shortest form */
    memcpy(p->mask, p->head + 2 + n, 4);
    p->mask_at = 0;
    p->opcode = p->head[0] & 15;
    p->fin = p->head[0] & 128;
    p->in_payload = true;
    p->have = 0;
    if (is_control(p->opcode))
        return 0;
    p->fragments++;
    return p->left > p->max - p->message.len ? 1009 : 0;
}

static size_t control_done(struct ws_parser *p, str text, struct ws_event *out, size_t used)
{
    *out = (struct ws_event){p->opcode == WS_PING ? WS_GOT_PING : WS_GOT_PONG, 0, text};
    if (p->opcode != WS_CLOSE)
        return used;
    out->kind = WS_GOT_CLOSE;
    if (!text.len)
        return used;
    out->code = (uint8_t)text.ptr[0] << 8 | (uint8_t)text.ptr[1];
    out->text = str_slice(text, 2, text.len);
    if (!ws_close_code_ok(out->code))
        return broken(p, out, 1002, used);
    return str_is_utf8(out->text) ? used : broken(p, out, 1007, used);
}

/* Some payload, perhaps none, perhaps the last of its frame. */
static size_t take_payload(struct ws_parser *p, char *bytes, size_t len, struct ws_event *out)
{
    size_t n = len < p->left ? len : (size_t)p->left;
    bool control = is_control(p->opcode);
    struct ws_gather *g = control ? &p->control : &p->message;
    unmask(p, bytes, n);
    p->left -= n;
    if (!control && !utf8_feed(&p->utf8, bytes, n))
        return broken(p, out, 1007, len);
    bool frame_done = !p->left, message_done = frame_done && (control || p->fin);
    str whole = {bytes, (ptrdiff_t)n};
    if (!message_done || g->len) {
        gather(g, bytes, n, control ? CONTROL_MAX : p->max);
        whole = (str){g->bytes, g->len};
    }
    p->in_payload = !frame_done;
    if (!message_done)
        return n;
    p->deliver = true;
    if (control)
        return control_done(p, whole, out, n);
    if (p->utf8.need)
        return broken(p, out, 1007, len);
    p->fragments = 0;
    *out = (struct ws_event){WS_GOT_TEXT, 0, whole};
    return n;
}

void ws_init(struct ws_parser *p, uint32_t max_message)
{
    *p = (struct ws_parser){.max = max_message};
}

void ws_release(struct ws_parser *p)
{
    gather_drop(&p->message);
    gather_drop(&p->control);
}

void ws_rest(struct ws_parser *p)
{
    if (p->deliver)
        gather_drop(is_control(p->opcode) ? &p->control : &p->message);
    p->deliver = false;
}

size_t ws_feed(struct ws_parser *p, char *bytes, size_t len, struct ws_event *out)
{
    *out = (struct ws_event){.kind = WS_MORE};
    if (p->broken)
        return len;
    ws_rest(p);
    size_t at = 0;
    while (out->kind == WS_MORE && at < len) {
        if (p->in_payload) {
            at += take_payload(p, bytes + at, len - at, out);
            continue;
        }
        p->head[p->have++] = (uint8_t)bytes[at++];
        int code = p->have == 2 ? check_start(p) : 0;
        if (!code && p->have == head_length(p->head, p->have)) {
            code = begin_payload(p);
            if (!code && !p->left) /* an empty frame is complete with its head */
                at += take_payload(p, bytes + at, 0, out);
        }
        if (code)
            return broken(p, out, code, len);
    }
    return at;
}

size_t ws_head(uint8_t out[static WS_HEAD_MAX], enum ws_opcode opcode, size_t payload)
{
    unsigned n = payload < 126 ? 0 : payload < 65536 ? 2 : 8;
    out[0] = (uint8_t)(128 | opcode);
    out[1] = (uint8_t)(n == 0 ? payload : n == 2 ? 126 : 127);
    for (unsigned i = 0; i < n; i++)
        out[2 + i] = (uint8_t)(payload >> 8 * (n - 1 - i));
    return 2 + n;
}

bool ws_close_code_ok(int code)
{
    if (code >= 3000 && code <= 4999)
        return true;
    return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
}

void ws_accept(str key, char out[static 29])
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    char text[24 + sizeof guid];
    unsigned char sum[EVP_MAX_MD_SIZE];
    memcpy(text, key.ptr, 24);
    memcpy(text + 24, guid, sizeof guid - 1);
    EVP_Digest(text, 24 + sizeof guid - 1, sum, NULL, EVP_sha1(), NULL);
    EVP_EncodeBlock((unsigned char *)out, sum, 20);
}
