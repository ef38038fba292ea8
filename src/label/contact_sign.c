#include "label/contact_sign.h"

/* Signs of several bytes; all else above ASCII is SIGN_OTHER. */
static const struct wide {
    str bytes;
    enum sign sign;
} wides[] = {
    {STR("\u3000"), SIGN_SPACE}, {STR("\u00a0"), SIGN_SPACE}, {STR("\u2009"), SIGN_SPACE},
    {STR("\uff0d"), SIGN_DASH},  {STR("\u2010"), SIGN_DASH},  {STR("\u2011"), SIGN_DASH},
    {STR("\u2012"), SIGN_DASH},  {STR("\u2013"), SIGN_DASH},  {STR("\u2014"), SIGN_DASH},
    {STR("\u2212"), SIGN_DASH},  {STR("\uff0e"), SIGN_DASH},  {STR("\u00b7"), SIGN_DASH},
    {STR("\uff0b"), SIGN_PLUS},  {STR("\uff08"), SIGN_OPEN},  {STR("\uff09"), SIGN_CLOSE},
};

enum sign sign_at(str s, ptrdiff_t at, ptrdiff_t *len, char *digit)
{
    *len = 1;
    if (at >= s.len)
        return SIGN_END;
    char c = s.ptr[at];
    if (c >= '0' && c <= '9') {
        *digit = c;
        return SIGN_DIGIT;
    }
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_')
        return SIGN_LETTER;
    switch (c) {
    case ' ':
    case '\t':
        return SIGN_SPACE;
    case '-':
    case '.':
        return SIGN_DASH;
    case '+':
        return SIGN_PLUS;
    case '(':
        return SIGN_OPEN;
    case ')':
        return SIGN_CLOSE;
    default:
        break;
    }
    if ((unsigned char)c < 0x80)
        return SIGN_OTHER;
    str rest = str_slice(s, at, s.len);
    *len = 3;
    if (rest.len >= 3 && c == '\xef' && rest.ptr[1] == '\xbc' && rest.ptr[2] >= '\x90' &&
        rest.ptr[2] <= '\x99') {
        *digit = (char)('0' + (rest.ptr[2] - '\x90'));
        return SIGN_DIGIT;
    }
    if (rest.len >= 3 && c == '\xef' && /* full-width A to Z, a to z */
        ((rest.ptr[1] == '\xbc' && rest.ptr[2] >= '\xa1' && rest.ptr[2] <= '\xba') ||
         (rest.ptr[1] == '\xbd' && rest.ptr[2] >= '\x81' && rest.ptr[2] <= '\x9a')))
        return SIGN_LETTER;
    bool wide = c == '\xc2' || c == '\xe2' || c == '\xe3' || c == '\xef'; /* how they all begin */
    for (size_t i = 0; wide && i < COUNT(wides); i++)
        if (str_starts(rest, wides[i].bytes)) {
            *len = wides[i].bytes.len;
            return wides[i].sign;
        }
    *len = 1;
    return SIGN_OTHER;
}

enum sign kind_at(str s, ptrdiff_t at)
{
    ptrdiff_t len;
    char digit;
    return sign_at(s, at, &len, &digit);
}
