/* config.h - what `laiyu serve` can be told, from the command line. */
#ifndef CONFIG_H
#define CONFIG_H

#include "base/err.h"

#include <stdbool.h>

struct config {
    const char *data;   /* directory */
    const char *keys;   /* file; NULL: DIR.keys beside it */
    const char *listen; /* "127.0.0.1:8080" */
    const char *tls_cert, *tls_key;
    const char *trusted_proxies;
    const char *log_level;
    int loops, readers, workers;
    int max_connections, max_per_address;
    bool no_demo;
    bool help;
};

/* argv without program and command. False: *wrong names the argument that could not be read. */
__attribute__((warn_unused_result)) bool config_read(int argc, char **argv, struct config *out,
                                                     const char **wrong);
/* The help text's rows, on standard output. */
void config_help(void);

#endif
