/* contact_sign.h - what contact.c reads a text by: one sign after the other. Pure. */
#ifndef LABEL_CONTACT_SIGN_H
#define LABEL_CONTACT_SIGN_H

#include "base/str.h"

enum sign {
    SIGN_END,
    SIGN_DIGIT,
    SIGN_SPACE, /* may stand between digits */
    SIGN_DASH,  /* likewise, and joins what it stands between */
    SIGN_LETTER,
    SIGN_PLUS,
    SIGN_OPEN,
    SIGN_CLOSE,
    SIGN_OTHER
};

/* The sign that begins at `at`, its length, and the digit if it is one, ASCII or full width.
 * SIGN_END, one byte long, behind the text. */
enum sign sign_at(str s, ptrdiff_t at, ptrdiff_t *len, char *digit);
enum sign kind_at(str s, ptrdiff_t at);

#endif
