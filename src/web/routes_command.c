#include "web/call.h"

#include <stdio.h>

int web_routes_command(int argc, char **argv)
{
    static const char *const methods[] = {
        [HTTP_GET_] = "GET",         [HTTP_HEAD_] = "HEAD",   [HTTP_POST_] = "POST",
        [HTTP_PUT_] = "PUT",         [HTTP_PATCH_] = "PATCH", [HTTP_DELETE_] = "DELETE",
        [HTTP_OPTIONS_] = "OPTIONS", [HTTP_OTHER_] = "OTHER"};
    size_t count;
    const struct route *list = web_routes(&count);
    (void)argc;
    (void)argv;
    for (size_t i = 0; i < count; i++)
        printf("%s %s\n", methods[list[i].method], list[i].pattern);
    return 0;
}
