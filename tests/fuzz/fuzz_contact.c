#include "label/contact.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { MOST = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_found(const struct found_contact *c, size_t n, str text)
{
    ptrdiff_t end = 0;
    for (size_t i = 0; i < n; i++) {
        assert(c[i].from >= end && c[i].to > c[i].from && c[i].to <= text.len);
        end = c[i].to;
        bool phone = strcmp(c[i].kind, "phone") == 0;
        assert(phone || strcmp(c[i].kind, "landline") == 0);
        assert(c[i].digits.len >= 10 && (!phone || c[i].digits.len == 11));
        assert(c[i].digits.ptr[0] == (phone ? '1' : '0'));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena mem;
    struct found_contact c[MOST];
    str text = {(const char *)data, (ptrdiff_t)size}, digits = S("");
    const char *kind = "";
    arena_init(&mem, 0);
    size_t n = contacts_find(text, &mem, c, MOST);
    check_found(c, n, text);
    str masked = contacts_mask_text(text, &mem);
    /* What looks like a mobile inside a code is hidden, too, without being found. */
    assert(masked.len <= text.len && (masked.ptr == text.ptr || masked.len));
    assert(contacts_mask_preview(text, &mem).len <= text.len);
    /* The stars are no digits: nothing is found in what was masked, unless the digits that a mask
     * leaves read as an area code of those behind them, or as an extension of those before. */
    size_t more = n == MOST ? 0 : contacts_find(masked, &mem, c, MOST);
    for (size_t i = 0; i < more; i++)
        assert((c[i].from && masked.ptr[c[i].from - 1] == '*') ||
               (c[i].to < masked.len && masked.ptr[c[i].to] == '*'));
    if (str_is_utf8(text))
        assert(str_is_utf8(masked));
    if (!contact_phone(text, &mem, &digits, &kind).code) {
        str again = S("");
        const char *same = "";
        err e = contact_phone(digits, &mem, &again, &same);
        assert(!e.code && str_eq(again, digits) && strcmp(same, kind) == 0);
        assert(contact_mask(digits, &mem).len == digits.len);
    }
    arena_release(&mem);
    return 0;
}
