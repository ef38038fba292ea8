#include "guard/session.h"

#include "base/id.h"
#include "guard/vault.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

enum {
    TOKEN = 32,
    TOKEN_TEXT = 43,
    VISITOR = 40, /* visitor, site, made, mac */
    VISITOR_TEXT = 54,
    VISITOR_SIGNED = 24,
    PASSWORD_LEAST = 10, /* characters */
    PASSWORD_MOST = 200, /* bytes */
    PASSWORD_DISTINCT = 4,
    PASSWORD_RANDOM = 10,
    CSRF_TEXT = 2 * VAULT_MAC,
    BASE64 = sodium_base64_VARIANT_URLSAFE_NO_PADDING,
};

/* Of the commonest passwords those that are long enough, in lower case; see also is_row. */
static const char *const common_passwords[] = {
    "1q2w3e4r5t",    "1q2w3e4r5t6y", "1qaz2wsx3edc", "1234qwerasdf",  "123456789a",
    "123456789q",    "a123456789",   "q123456789",   "woaini1314520", "woaini1314",
    "5201314woaini", "password12",   "password123",  "password1234",  "passw0rd123",
    "p@ssw0rd123",   "admin12345",   "admin123456",  "administrator", "adminadmin",
    "rootroot123",   "qwerty12345",  "qwerty123456", "qwertyuiop123", "asdfghjkl123",
    "zxcvbnm123",    "abc123456789", "abcd123456",   "abcd12345678",  "iloveyou123",
    "letmein12345",  "welcome123",   "welcome1234",  "changeme123",   "qazwsxedcrfv",
    "1qazxsw23edc",  "zaq12wsxcde3", "1314520520",   "13145201314",   "147258369a",
    "1472583690",    "5845201314",   "laiyulaiyu",   "laiyu12345",    "laiyu123456",
};

/* Keys beside each other, and the orders everybody knows: any part of one, either way round. */
static const char *const rows_of_keys[] = {
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "qazwsxedcrfvtgbyhnujmikolp",
};

static bool decode(str text, ptrdiff_t text_len, unsigned char *out, size_t len)
{
    size_t n = 0;
    return text.len == text_len &&
           sodium_base642bin(out, len, text.ptr, (size_t)text.len, NULL, &n, NULL, BASE64) == 0 &&
           n == len;
}

static void put_number(unsigned char *out, int64_t number)
{
    for (int i = 0; i < 8; i++)
        out[i] = (unsigned char)((uint64_t)number >> (56 - 8 * i));
}

static int64_t take_number(const unsigned char *in)
{
    uint64_t number = 0;
    for (int i = 0; i < 8; i++)
        number = number << 8 | in[i];
    return (int64_t)number;
}

/* Every use of the signing key says what for, so that no signature serves another. */
static str csrf_text(char out[static 5 + TOKEN_TEXT], str token)
{
    static const str purpose = STR("csrf ");
    memcpy(out, purpose.ptr, (size_t)purpose.len);
    memcpy(out + purpose.len, token.ptr, TOKEN_TEXT);
    return (str){out, 5 + TOKEN_TEXT};
}

static str visitor_text(char out[static 8 + VISITOR_SIGNED], const unsigned char *signed_part)
{
    static const str purpose = STR("visitor ");
    memcpy(out, purpose.ptr, (size_t)purpose.len);
    memcpy(out + purpose.len, signed_part, VISITOR_SIGNED);
    return (str){out, 8 + VISITOR_SIGNED};
}

static bool is_row(str lower)
{
    char backwards[PASSWORD_MOST];
    for (ptrdiff_t i = 0; i < lower.len; i++)
        backwards[i] = lower.ptr[lower.len - 1 - i];
    for (size_t i = 0; i < COUNT(rows_of_keys); i++) {
        str row = str_of(rows_of_keys[i]);
        if (str_find(row, lower) >= 0 || str_find(row, (str){backwards, lower.len}) >= 0)
            return true;
    }
    return false;
}

static bool is_common(str lower)
{
    bool seen[256] = {false};
    int distinct = 0;
    for (ptrdiff_t i = 0; i < lower.len; i++) {
        unsigned char c = (unsigned char)lower.ptr[i];
        distinct += !seen[c];
        seen[c] = true;
    }
    if (distinct < PASSWORD_DISTINCT || is_row(lower))
        return true;
    for (size_t i = 0; i < COUNT(common_passwords); i++) {
        if (str_eq(lower, str_of(common_passwords[i])))
            return true;
    }
    return false;
}

void session_token_new(struct session_token *out)
{
    unsigned char token[TOKEN];
    random_bytes(token, sizeof token);
    sodium_bin2base64(out->text, sizeof out->text, token, sizeof token, BASE64);
    sodium_memzero(token, sizeof token);
}

bool session_hash(str token, unsigned char out[32])
{
    unsigned char raw[TOKEN];
    if (!decode(token, TOKEN_TEXT, raw, sizeof raw))
        return false;
    crypto_generichash(out, 32, raw, sizeof raw, NULL, 0);
    sodium_memzero(raw, sizeof raw);
    return true;
}

str session_csrf(const struct vault *v, struct arena *mem, str token)
{
    unsigned char mac[VAULT_MAC];
    char text[5 + TOKEN_TEXT];
    char *hex = arena_new(mem, char, CSRF_TEXT + 1);
    assert(token.len == TOKEN_TEXT);
    vault_sign(v, csrf_text(text, token), mac);
    sodium_bin2hex(hex, CSRF_TEXT + 1, mac, sizeof mac);
    return (str){hex, CSRF_TEXT};
}

bool session_csrf_ok(const struct vault *v, str token, str given)
{
    unsigned char mac[VAULT_MAC];
    char text[5 + TOKEN_TEXT];
    size_t n = 0;
    if (token.len != TOKEN_TEXT || given.len != CSRF_TEXT)
        return false;
    if (sodium_hex2bin(mac, sizeof mac, given.ptr, (size_t)given.len, NULL, &n, NULL) != 0 ||
        n != sizeof mac)
        return false;
    return vault_verify(v, csrf_text(text, token), mac);
}

err password_hash(struct arena *mem, str password, str *out)
{
    char *text = arena_new(mem, char, crypto_pwhash_STRBYTES);
    if (crypto_pwhash_argon2id_str(text, password.ptr, (unsigned long long)password.len,
                                   crypto_pwhash_argon2id_OPSLIMIT_INTERACTIVE,
                                   crypto_pwhash_argon2id_MEMLIMIT_INTERACTIVE) != 0)
        return ERR(ERR_BUSY, "store_busy"); /* no 64 MB to be had */
    *out = str_of(text);
    return OK;
}

bool password_verify(str stored, str password)
{
    char text[crypto_pwhash_STRBYTES] = {0};
    if (stored.len <= 0 || stored.len >= (ptrdiff_t)sizeof text)
        return false;
    memcpy(text, stored.ptr, (size_t)stored.len);
    return crypto_pwhash_argon2id_str_verify(text, password.ptr,
                                             (unsigned long long)password.len) == 0;
}

err password_acceptable(str password, str login)
{
    char lower[PASSWORD_MOST];
    if (password.len > PASSWORD_MOST)
        return ERR(ERR_INVALID, "password_long");
    if (!str_is_utf8(password) || str_utf8_count(password) < PASSWORD_LEAST)
        return ERR(ERR_INVALID, "password_short");
    if (str_eq_nocase(password, login))
        return ERR(ERR_INVALID, "password_is_login");
    for (ptrdiff_t i = 0; i < password.len; i++) {
        char c = password.ptr[i];
        lower[i] = c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
    }
    return is_common((str){lower, password.len}) ? ERR(ERR_INVALID, "password_common") : OK;
}

err login_acceptable(str login)
{
    for (ptrdiff_t i = 0; i < login.len; i++) {
        char c = login.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
                     c == '_' || c == '@';
        if (!plain)
            return ERR(ERR_INVALID, "login_format");
    }
    return login.len ? OK : ERR(ERR_INVALID, "login_format");
}

str password_random(struct arena *mem)
{
    static const char letters[] = "abcdefghjkmnpqrstuvwxyzACDEFGHJKLMNPQRTUVWXY34679";
    char *text = arena_new(mem, char, PASSWORD_RANDOM + 1);
    for (int i = 0; i < PASSWORD_RANDOM; i++)
        text[i] = letters[randombytes_uniform(sizeof letters - 1)];
    return (str){text, PASSWORD_RANDOM};
}

int64_t login_backoff_ms(int failures)
{
    enum { FREE = 3, FIRST_MS = 2000, LONGEST_MS = 15 * 60 * 1000 };
    int64_t ms = FIRST_MS;
    if (failures <= FREE)
        return 0;
    for (int i = FREE + 1; i < failures && ms < LONGEST_MS; i++)
        ms *= 2;
    return ms < LONGEST_MS ? ms : LONGEST_MS;
}

str visitor_token(const struct vault *v, struct arena *mem, int64_t visitor, int64_t site,
                  int64_t now)
{
    unsigned char raw[VISITOR];
    char said[8 + VISITOR_SIGNED];
    char *text = arena_new(mem, char, VISITOR_TEXT + 1);
    put_number(raw, visitor);
    put_number(raw + 8, site);
    put_number(raw + 16, now);
    vault_sign(v, visitor_text(said, raw), raw + VISITOR_SIGNED);
    sodium_bin2base64(text, VISITOR_TEXT + 1, raw, sizeof raw, BASE64);
    return (str){text, VISITOR_TEXT};
}

bool visitor_token_read(const struct vault *v, str token, int64_t site, int64_t *visitor)
{
    unsigned char raw[VISITOR];
    char said[8 + VISITOR_SIGNED];
    if (!decode(token, VISITOR_TEXT, raw, sizeof raw) || take_number(raw + 8) != site ||
        !vault_verify(v, visitor_text(said, raw), raw + VISITOR_SIGNED))
        return false;
    *visitor = take_number(raw);
    return *visitor > 0;
}
