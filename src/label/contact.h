/* contact.h - contacts inside text: found and masked. Pure.
 *
 * This version knows Chinese mobiles (1[3-9] and nine digits, also with +86, spaces, dots, dashes
 * or full-width digits between) and landlines with area code (0xx or 0xxx, 7 or 8 digits, optional
 * extension). Letters may touch a mobile from both sides ("vx13800000426"), and stand before a
 * landline that is written in groups. It does not take order numbers, ID cards, prices or dates for
 * phones: digits that touch further digits are no phone. A mobile that letters join to further
 * digits ("SF13800000426CN2") may be a code: it is masked, but not found. */
#ifndef LABEL_CONTACT_H
#define LABEL_CONTACT_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct found_contact {
    const char *kind;   /* "phone" or "landline" */
    ptrdiff_t from, to; /* bytes of the text */
    str digits;         /* normalised: "13800000426" */
};
/* In order of appearance, at most max; returns how many. */
size_t contacts_find(str text, struct arena *mem, struct found_contact *out, size_t max);
/* "138****0426"; for a landline its last four digits stay. */
str contact_mask(str digits, struct arena *mem);
/* The text with every found contact masked; the text itself when there is none. */
str contacts_mask_text(str text, struct arena *mem);
/* For a text that is still being typed, where half a number is one already: the digits of every run of
 * five or more are starred, whatever few signs stand between them; the text itself when there is
 * none. */
str contacts_mask_preview(str text, struct arena *mem);
/* A URL with the mobiles inside masked; ids that look like landlines stay as they are. */
str contacts_mask_url(str url, struct arena *mem);
/* What a visitor typed into the form's phone field: ERR_INVALID "phone_short" | "phone_long" |
 * "phone_format"; *digits normalised. */
MUST_USE err contact_phone(str typed, struct arena *mem, str *digits, const char **kind);

#endif
