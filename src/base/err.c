#include "base/err.h"

#include "base/str.h"

int err_status(enum err_code code)
{
    static const int status[] = {
        [ERR_NONE] = 200,      [ERR_FORMAT] = 400,   [ERR_INVALID] = 422, [ERR_LOGIN] = 401,
        [ERR_FORBIDDEN] = 403, [ERR_MISSING] = 404,  [ERR_METHOD] = 405,  [ERR_CONFLICT] = 409,
        [ERR_TOO_LARGE] = 413, [ERR_TOO_MANY] = 429, [ERR_BUSY] = 503,    [ERR_FULL] = 503,
        [ERR_STORE] = 500,     [ERR_IO] = 500,
    };
    return (size_t)code < COUNT(status) ? status[code] : 500;
}
