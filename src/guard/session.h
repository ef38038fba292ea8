/* session.h - who is calling: people by a cookie, visitors by a signed token.
 *
 * A session token is 32 random bytes, base64url, in the cookie "laiyu" (HttpOnly, SameSite=Lax,
 * Path=/, Secure over TLS); the store keeps only its BLAKE2b hash. The CSRF token is a keyed hash of
 * the session token, handed out by /api/login and /api/me and demanded as X-CSRF-Token on every
 * call that is not GET or HEAD. A session ends 12 hours after it was last used, 7 days after it
 * began, at sign-out, at "sign out everywhere", at a password change, and when its user is
 * disabled. */
#ifndef GUARD_SESSION_H
#define GUARD_SESSION_H

#include "base/err.h"
#include "base/str.h"
#include "guard/permission.h"

struct vault;

enum language { LANGUAGE_ZH, LANGUAGE_EN };

struct who {
    int64_t user; /* 0: nobody signed in */
    enum role role;
    unsigned may;     /* permission bits */
    bool own_only;    /* sees only own conversations, and those waiting */
    bool control;     /* the control socket: the system itself */
    bool must_change; /* the password is not yet their own: nothing else may be called */
    enum language language;
    str name;        /* shown to colleagues and visitors */
    int64_t session; /* row id, for sign-out */
};

struct session_token {
    char text[44]; /* 43 base64url characters and a zero */
};
void session_token_new(struct session_token *out);
/* 32-byte hash of a token as the browser sent it; false if it is not 43 base64url characters. */
MUST_USE bool session_hash(str token, unsigned char out[32]);
/* 32 hex characters in mem. */
str session_csrf(const struct vault *v, struct arena *mem, str token);
MUST_USE bool session_csrf_ok(const struct vault *v, str token, str given);

/* Argon2id with libsodium's interactive limits (64 MB): about 60 ms; only on workers. */
MUST_USE err password_hash(struct arena *mem, str password, str *out);
MUST_USE bool password_verify(str stored, str password);
/* At least 10 characters, at most 200 bytes, not the login, not among the commonest.
 * ERR_INVALID "password_short" | "password_long" | "password_common" | "password_is_login". */
MUST_USE err password_acceptable(str password, str login);
/* Lower-case letters, digits and . - _ @ only. ERR_INVALID "login_format". */
MUST_USE err login_acceptable(str login);
/* Ten readable characters without look-alikes, for first passwords. */
str password_random(struct arena *mem);
/* ms to wait before the next try after n failures in a row: 0 for 3, then 2 s doubling to 15 min. */
int64_t login_backoff_ms(int failures);

/* Visitor tokens: base64url of {visitor id 8, site id 8, made 8, mac 16}, 54 characters. */
str visitor_token(const struct vault *v, struct arena *mem, int64_t visitor, int64_t site,
                  int64_t now);
/* False for anything we did not issue for this very site. */
MUST_USE bool visitor_token_read(const struct vault *v, str token, int64_t site, int64_t *visitor);

#endif
