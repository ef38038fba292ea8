/* assets.h - the files that browsers are sent, built into the executable.
 *
 * Made by script/embed.py from console/dist, widget/dist and demo; sorted bytewise by path. */
#ifndef WEB_ASSETS_H
#define WEB_ASSETS_H

#include <stdbool.h>
#include <stddef.h>

struct asset {
    const char *path; /* of the URL, as "/console/index.html" */
    const char *type; /* Content-Type, with charset where it is text */
    const unsigned char *raw;
    size_t raw_len;
    const unsigned char *gzip; /* NULL where it would not be smaller */
    size_t gzip_len;
    const char *etag; /* with its quotes */
    bool immutable;   /* the name holds a hash of the content: may be kept for ever */
};

extern const struct asset assets[];
extern const size_t asset_count;

#endif
