/* Numbers in a text that is still being typed. No shape is asked for: what is there may be the first
 * half of anything. */
#include "base/buf.h"
#include "label/contact.h"

enum { HIDDEN_FROM = 5, GAP = 3 };

/* The bytes of the digit that begins at `at`, ASCII or full width; 0 when none does. */
static ptrdiff_t digit_at(str s, ptrdiff_t at)
{
    unsigned char c = (unsigned char)s.ptr[at];
    if (c >= '0' && c <= '9')
        return 1;
    return str_starts(str_slice(s, at, s.len), S("\xef\xbc")) && at + 2 < s.len &&
                   s.ptr[at + 2] >= '\x90' && s.ptr[at + 2] <= '\x99'
               ? 3
               : 0;
}

/* A letter or an ideograph ends a run of digits; other signs may stand inside it. */
static bool ends_run(str s, ptrdiff_t at)
{
    unsigned char c = (unsigned char)s.ptr[at];
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '\n' ||
           (c >= 0xe4 && c <= 0xe9);
}

/* The run that begins with the digit at *at: how many digits; *at moves behind the last of them. */
static int pass_run(str s, ptrdiff_t *at)
{
    int digits = 0, gap = 0;
    for (ptrdiff_t i = *at; i < s.len && gap <= GAP;) {
        ptrdiff_t len = digit_at(s, i);
        bool well_formed;
        if (len) {
            digits++;
            gap = 0;
            *at = i += len;
            continue;
        }
        if (ends_run(s, i))
            break;
        gap++;
        i += str_utf8_step(str_slice(s, i, s.len), &well_formed);
    }
    return digits;
}

str contacts_mask_preview(str text, struct arena *mem)
{
    struct buf b = {.mem = NULL};
    ptrdiff_t done = 0;
    for (ptrdiff_t at = 0; at < text.len;) {
        ptrdiff_t from = at;
        if (!digit_at(text, at)) {
            at++;
            continue;
        }
        if (pass_run(text, &at) < HIDDEN_FROM)
            continue;
        if (!b.mem)
            buf_init(&b, mem, (size_t)text.len);
        buf_add(&b, str_slice(text, done, from));
        for (ptrdiff_t len; from < at; from += len ? len : 1) {
            len = digit_at(text, from);
            buf_add_char(&b, len ? '*' : text.ptr[from]);
        }
        done = at;
    }
    if (!b.mem)
        return text;
    buf_add(&b, str_slice(text, done, text.len));
    return buf_str(&b);
}
