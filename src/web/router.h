/* router.h - the route table: which handler a request or a frame goes to. */
#ifndef WEB_ROUTER_H
#define WEB_ROUTER_H

#include "web/call.h"

/* NULL when nothing fits; *other_method is then whether another method would. arg gets what stood
 * in the pattern's braces. */
const struct route *router_find(enum http_method method, str path, str *arg, bool *other_method);
/* side 'd' or 'v'. */
const struct route *router_frame(char side, str type);

/* net_app's admit, refuse and request. */
ptrdiff_t router_admit(void *ctx, struct http_request *r, const char **name);
void router_refuse(void *ctx, struct http_request *r, int status, const char *name,
                   struct http_answer *out);
void router_request(void *ctx, struct http_request *r);

#endif
