/* err.h - what can go wrong, as a value.
 *
 * code says what kind of failure it is and maps to an HTTP status; name is the stable
 * lower_snake word that the API answers as "code" and under which guard/errors.inc keeps the sentence
 * for people in each language. name is always a string literal. A bug is no err: assert it. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum err_code {
    ERR_NONE = 0,
    ERR_FORMAT,    /* 400: the bytes are not what the format demands */
    ERR_INVALID,   /* 422: well formed, but a value is not acceptable */
    ERR_LOGIN,     /* 401: nobody is signed in, or the session has ended */
    ERR_FORBIDDEN, /* 403: signed in, but without the right; or a missing CSRF token */
    ERR_MISSING,   /* 404: no such thing, or none that the caller may know of */
    ERR_METHOD,    /* 405 */
    ERR_CONFLICT,  /* 409: true a moment ago, or already done by somebody else */
    ERR_TOO_LARGE, /* 413 */
    ERR_TOO_MANY,  /* 429: the caller is over a limit of its own */
    ERR_BUSY,      /* 503: we are over a limit, stopping, or the batch was lost */
    ERR_FULL,      /* 503: the disk is full */
    ERR_STORE,     /* 500: the store failed in a way that is nobody's fault outside */
    ERR_IO,        /* 500: a file or socket of ours failed */
};

typedef struct err {
    enum err_code code;
    const char *name;
} err;

/* The HTTP status of such an answer; 500 for what is no code. */
int err_status(enum err_code code);

#define OK                ((err){ERR_NONE, ""})
#define ERR(code_, name_) ((err){(code_), (name_)})

#endif
