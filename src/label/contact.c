/* A text is read sign by sign: a digit (ASCII or full width), a separator, a letter, or anything
 * else. Where a digit, a plus or a parenthesis stands and no digit touches it from before, the
 * shapes of a mobile and of a landline are tried; what they take must not touch further digits
 * either. Letters may touch a mobile ("vx138..."), and stand before a landline that is in groups. */
#include "label/contact.h"

#include "base/buf.h"
#include "label/contact_sign.h"

enum {
    MOBILE = 11,
    AREA_LEAST = 3,
    LOCAL_LEAST = 7,
    LOCAL_MOST = 8,
    EXTENSION_MOST = 6,
    DIGITS_MOST = 24,
    GAP = 3
};

/* How people break up a mobile: digits a group, 0 ends. A date is 4, 2, 2 and a card 4, 4, 4, 4. */
static const signed char groupings[][MOBILE + 1] = {
    {11},      {3, 8},    {3, 4, 4}, {7, 4},
    {4, 4, 3}, {3, 3, 5}, {5, 6},    {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
};

/* What makes a number a price. */
static const str price_before[] = {STR("¥"), STR("￥"), STR("$"), STR("＄")};
static const str price_after[] = {STR("元"), STR("块钱"), STR("万")};

static const str extension_words[] = {STR("转"), STR("分机"), STR("ext."), STR("ext"),
                                      STR("-"),  STR("－"),   STR(",")};

/* A number being read. */
struct reading {
    str text;
    ptrdiff_t at;
    char digits[DIGITS_MOST];
    int count;
    bool grouped; /* a separator has been passed */
    bool mobile;
    bool in_code; /* letters join it to further digits: hidden, but no contact */
};

/* Exactly n digits that follow each other. */
static bool take_digits(struct reading *r, int n)
{
    for (int i = 0; i < n; i++) {
        ptrdiff_t len = 0;
        char digit = 0;
        if (sign_at(r->text, r->at, &len, &digit) != SIGN_DIGIT || r->count == DIGITS_MOST)
            return false;
        r->digits[r->count++] = digit;
        r->at += len;
    }
    return true;
}

/* Up to GAP separators; true if there was one. */
static bool take_gap(struct reading *r)
{
    ptrdiff_t len;
    char digit;
    bool any = false;
    for (int i = 0; i < GAP; i++) {
        enum sign sign = sign_at(r->text, r->at, &len, &digit);
        if (sign != SIGN_SPACE && sign != SIGN_DASH)
            break;
        r->at += len;
        any = true;
    }
    r->grouped = r->grouped || any;
    return any;
}

static bool take_sign(struct reading *r, enum sign wanted)
{
    ptrdiff_t len;
    char digit;
    if (sign_at(r->text, r->at, &len, &digit) != wanted)
        return false;
    r->at += len;
    return true;
}

static bool is_mobile(const char *d)
{
    return d[0] == '1' && d[1] >= '3' && d[1] <= '9';
}

static bool take_groups(struct reading *r, const signed char *groups)
{
    for (int i = 0; i < MOBILE && groups[i]; i++)
        if ((i && !take_gap(r)) || !take_digits(r, groups[i]))
            return false;
    return kind_at(r->text, r->at) != SIGN_DIGIT && is_mobile(r->digits);
}

/* "+86", "0086" and what may follow it; leaves r as it was when there is none. */
static void take_country(struct reading *r)
{
    struct reading c = *r;
    int want = take_sign(&c, SIGN_PLUS) ? 2 : 4;
    if (!take_digits(&c, want) || c.digits[want - 2] != '8' || c.digits[want - 1] != '6' ||
        (want == 4 && (c.digits[0] != '0' || c.digits[1] != '0')))
        return;
    (void)take_gap(&c);
    c.count = 0;
    c.grouped = false;
    *r = c;
}

static bool mobile_shape(struct reading *r)
{
    take_country(r);
    for (size_t i = 0; i < COUNT(groupings); i++) {
        struct reading try = *r;
        if (take_groups(&try, groupings[i])) {
            *r = try;
            return true;
        }
    }
    return false;
}

/* 010, 02x, or 0 with three more digits of which the first is 3 to 9. */
static bool take_area(struct reading *r)
{
    if (!take_digits(r, 3) || r->digits[0] != '0')
        return false;
    char second = r->digits[1], third = r->digits[2];
    if (second == '1')
        return third == '0';
    return second == '2' || (second >= '3' && take_digits(r, 1));
}

/* 7 or 8 digits, the first not 0, perhaps broken before the last four. */
static bool take_local(struct reading *r)
{
    for (int n = LOCAL_MOST; n >= LOCAL_LEAST; n--) {
        for (int broken = 0; broken < 2; broken++) {
            struct reading try = *r;
            if (take_digits(&try, broken ? n - 4 : n) &&
                (!broken || (take_gap(&try) && take_digits(&try, 4))) &&
                kind_at(try.text, try.at) != SIGN_DIGIT && try.digits[r->count] != '0') {
                *r = try;
                return true;
            }
        }
    }
    return false;
}

/* What has just been read must not go on. A dash before a digit joins them; so does a space when
 * the number itself is in groups, unless what follows is a mobile of its own. */
static bool ends_here(const struct reading *r)
{
    enum sign next = kind_at(r->text, r->at);
    if (next == SIGN_DIGIT || (next == SIGN_LETTER && !r->mobile))
        return false;
    str rest = str_slice(r->text, r->at, r->text.len);
    for (size_t i = 0; i < COUNT(price_after); i++)
        if (str_starts(rest, price_after[i]))
            return false;
    struct reading after = *r;
    if (!take_gap(&after) || kind_at(after.text, after.at) != SIGN_DIGIT)
        return true;
    if (next == SIGN_SPACE && !r->grouped)
        return true;
    after.count = 0;
    return next == SIGN_SPACE && mobile_shape(&after);
}

/* Keeps "-" and the digits of an extension, if one follows that ends properly: behind a comma may
 * also stand the area code of the next number. */
static void take_extension(struct reading *r)
{
    struct reading try = *r;
    while (take_sign(&try, SIGN_SPACE))
        continue;
    str rest = str_slice(try.text, try.at, try.text.len);
    ptrdiff_t word = 0;
    for (size_t i = 0; i < COUNT(extension_words) && !word; i++)
        if (str_eq_nocase(str_slice(rest, 0, extension_words[i].len), extension_words[i]))
            word = extension_words[i].len;
    if (!word)
        return;
    try.at += word;
    while (take_sign(&try, SIGN_SPACE))
        continue;
    try.digits[try.count++] = '-';
    int n = 0;
    while (n <= EXTENSION_MOST && take_digits(&try, 1))
        n++;
    if (n >= 1 && n <= EXTENSION_MOST && ends_here(&try))
        *r = try;
}

static bool landline_shape(struct reading *r)
{
    bool open = take_sign(r, SIGN_OPEN);
    if (!take_area(r) || (open && !take_sign(r, SIGN_CLOSE)))
        return false;
    (void)take_gap(r);
    if (!take_local(r))
        return false;
    take_extension(r);
    return true;
}

/* "13800000426cn2", but not "13800000426vx13900000426": the digits belong to one code. */
static bool goes_on_as_code(const struct reading *r)
{
    struct reading after = *r;
    while (take_sign(&after, SIGN_LETTER))
        continue;
    if (after.at == r->at || kind_at(after.text, after.at) != SIGN_DIGIT)
        return false;
    after.count = 0;
    return !mobile_shape(&after);
}

/* What stands before the place where a number may begin. */
struct before {
    enum sign sign;         /* the last sign */
    bool digit_and_letters; /* "12ab" */
    bool digit_and_dash;    /* "12-": the dash joins */
    bool digit_and_spaces;  /* "12 " */
    ptrdiff_t found_end;    /* end of the contact found last */
    ptrdiff_t last_digit;   /* end of the last digit */
};

static bool begins_here(const struct before *b, const struct reading *r, str text, ptrdiff_t from)
{
    if (b->sign == SIGN_DIGIT || b->sign == SIGN_PLUS)
        return false;
    if (b->sign == SIGN_LETTER && !r->mobile && !r->grouped)
        return false;
    str head = str_slice(text, 0, from);
    for (size_t i = 0; i < COUNT(price_before); i++)
        if (str_ends(head, price_before[i]))
            return false;
    if (b->last_digit == b->found_end) /* what goes before is a contact itself */
        return true;
    return !b->digit_and_dash && !(b->digit_and_spaces && r->grouped);
}

static void pass(struct before *b, enum sign sign, ptrdiff_t end)
{
    bool digits = b->sign == SIGN_DIGIT;
    if (sign == SIGN_DIGIT)
        b->last_digit = end;
    b->digit_and_letters = sign == SIGN_LETTER && (digits || b->digit_and_letters);
    b->digit_and_dash = sign == SIGN_DASH && (digits || b->digit_and_spaces || b->digit_and_dash);
    b->digit_and_spaces = sign == SIGN_SPACE && (digits || b->digit_and_spaces);
    b->sign = sign;
}

/* The next contact at or after *at; *at and *b move behind it. */
static bool next_contact(str text, ptrdiff_t *at, struct before *b, struct reading *out,
                         ptrdiff_t *from, const char **kind)
{
    while (*at < text.len) {
        ptrdiff_t len;
        char digit;
        enum sign sign = sign_at(text, *at, &len, &digit);
        if (sign == SIGN_DIGIT || sign == SIGN_PLUS || sign == SIGN_OPEN) {
            struct reading mobile = {.text = text, .at = *at}, landline = mobile;
            mobile.mobile = true;
            bool is_phone = mobile_shape(&mobile) && ends_here(&mobile);
            bool is_landline = !is_phone && landline_shape(&landline) && ends_here(&landline);
            *out = is_phone ? mobile : landline;
            if ((is_phone || is_landline) && begins_here(b, out, text, *at)) {
                out->in_code =
                    goes_on_as_code(out) || (b->digit_and_letters && b->last_digit != b->found_end);
                *from = *at;
                *kind = is_phone ? "phone" : "landline";
                *at = out->at;
                *b = (struct before){SIGN_DIGIT, .found_end = out->at, .last_digit = out->at};
                return true;
            }
        }
        *at += len;
        pass(b, sign, *at);
    }
    return false;
}

/* Nearly every message has too few digits for any number, and is read no closer. */
static bool has_digits(str text)
{
    ptrdiff_t n = 0;
    for (ptrdiff_t i = 0; i < text.len; i++) /* full-width ones begin with EF */
        n += (text.ptr[i] >= '0' && text.ptr[i] <= '9') || text.ptr[i] == '\xef';
    return n >= AREA_LEAST + LOCAL_LEAST;
}

static const struct before nothing_before = {SIGN_OTHER, .found_end = -1, .last_digit = -2};

size_t contacts_find(str text, struct arena *mem, struct found_contact *out, size_t max)
{
    struct before before = nothing_before;
    struct reading r;
    ptrdiff_t at = 0, from;
    const char *kind;
    size_t n = 0;
    if (!has_digits(text))
        return 0;
    while (n < max && next_contact(text, &at, &before, &r, &from, &kind))
        if (!r.in_code)
            out[n++] =
                (struct found_contact){kind, from, at, str_copy(mem, (str){r.digits, r.count})};
    return n;
}

str contact_mask(str digits, struct arena *mem)
{
    ptrdiff_t main = str_find_char(digits, '-'); /* an extension is starred whole */
    main = main < 0 ? digits.len : main;
    bool mobile = main == MOBILE && digits.ptr[0] == '1';
    struct buf b;
    buf_init(&b, mem, (size_t)digits.len + 1);
    for (ptrdiff_t i = 0; i < digits.len; i++) {
        bool kept = (mobile && i < 3) || (main > 4 && i >= main - 4 && i <= main);
        buf_add_char(&b, kept ? digits.ptr[i] : '*');
    }
    return buf_str(&b);
}

static str mask(str text, struct arena *mem, bool mobiles_alone)
{
    struct before before = nothing_before;
    struct reading r;
    ptrdiff_t at = 0, from, done = 0;
    const char *kind;
    struct buf b = {.mem = NULL};
    if (!has_digits(text))
        return text;
    while (next_contact(text, &at, &before, &r, &from, &kind)) {
        if (mobiles_alone && !str_eq(str_of(kind), S("phone")))
            continue;
        if (!b.mem)
            buf_init(&b, mem, (size_t)text.len);
        buf_add(&b, str_slice(text, done, from));
        buf_add(&b, contact_mask((str){r.digits, r.count}, mem));
        done = at;
    }
    if (!b.mem)
        return text;
    buf_add(&b, str_slice(text, done, text.len));
    return buf_str(&b);
}

str contacts_mask_text(str text, struct arena *mem)
{
    return mask(text, mem, false);
}

/* An escape's hexadecimal digits are no digits of a number that stands beside it. */
str contacts_mask_url(str url, struct arena *mem)
{
    struct buf b;
    ptrdiff_t from = 0, end;
    if (!has_digits(url))
        return url;
    buf_init(&b, mem, (size_t)url.len);
    while (from < url.len) {
        str rest = str_slice(url, from, url.len);
        end = str_find_char(rest, '%');
        end = end < 0 ? rest.len : end;
        buf_add(&b, mask(str_slice(rest, 0, end), mem, true));
        buf_add(&b, str_slice(rest, end, end + 3));
        from += end + 3 < rest.len ? end + 3 : rest.len;
    }
    return buf_str(&b);
}

/* All digits of a form's field, however broken up. ERR_INVALID for other signs. */
static err field_digits(str typed, struct arena *mem, str *out)
{
    char *digits = arena_new(mem, char, (size_t)typed.len + 1);
    ptrdiff_t n = 0, len;
    char digit = 0;
    for (ptrdiff_t at = 0; at < typed.len; at += len) {
        enum sign sign = sign_at(typed, at, &len, &digit);
        if (sign == SIGN_DIGIT)
            digits[n++] = digit;
        else if (sign == SIGN_LETTER || sign == SIGN_OTHER || (sign == SIGN_PLUS && n))
            return ERR(ERR_INVALID, "phone_format");
    }
    *out = (str){digits, n};
    return OK;
}

static str trim_wide(str s)
{
    ptrdiff_t len;
    char digit;
    s = str_trim(s);
    while (sign_at(s, 0, &len, &digit) == SIGN_SPACE)
        s = str_slice(s, len, s.len);
    while (str_ends(s, S("\u3000")))
        s = str_slice(s, 0, s.len - 3);
    return str_trim(s);
}

static str without_country(str digits, bool plus)
{
    str rest = str_starts(digits, S("0086")) ? str_slice(digits, 4, digits.len)
               : str_starts(digits, S("86")) ? str_slice(digits, 2, digits.len)
                                             : digits;
    /* Without a plus only a whole mobile behind it makes 86 a country. */
    return plus || (rest.len == MOBILE && is_mobile(rest.ptr)) ? rest : digits;
}

err contact_phone(str typed, struct arena *mem, str *digits, const char **kind)
{
    struct found_contact found;
    str all;
    typed = trim_wide(typed);
    if (contacts_find(typed, mem, &found, 1) && found.from == 0 && found.to == typed.len) {
        *digits = found.digits;
        *kind = found.kind;
        return OK;
    }
    err e = field_digits(typed, mem, &all);
    if (e.code)
        return e;
    bool plus = kind_at(typed, 0) == SIGN_PLUS;
    if (plus && all.len >= 2 && !str_starts(all, S("86")))
        return ERR(ERR_INVALID, "phone_format");
    all = without_country(all, plus);
    bool zero = str_starts(all, S("0"));
    if (all.len < (zero ? AREA_LEAST + LOCAL_LEAST : MOBILE))
        return ERR(ERR_INVALID, "phone_short");
    if (all.len > (zero ? 4 + LOCAL_MOST : MOBILE))
        return ERR(ERR_INVALID, "phone_long");
    struct reading r = {.text = all};
    bool mobile = all.len == MOBILE && is_mobile(all.ptr);
    if (!mobile && !(landline_shape(&r) && r.at == all.len))
        return ERR(ERR_INVALID, "phone_format");
    *digits = all;
    *kind = mobile ? "phone" : "landline";
    return OK;
}
