#include "config.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum option_kind { OPTION_TEXT, OPTION_NUMBER, OPTION_FLAG };

/* The row carries its help. */
static const struct option {
    const char *name;
    enum option_kind kind;
    size_t offset;
    const char *value, *help;
} options[] = {
    {"--data", OPTION_TEXT, offsetof(struct config, data), "DIR",
     "where everything is kept (default ./data); made when absent, mode 0700"},
    {"--keys", OPTION_TEXT, offsetof(struct config, keys), "FILE",
     "key file, or a folder for it, apart from the data (default DIR.keys); mode 0600, never part "
     "of a backup"},
    {"--listen", OPTION_TEXT, offsetof(struct config, listen), "ADDRESS",
     "address and port (default 127.0.0.1:8080); port 0 takes a free one"},
    {"--tls-cert", OPTION_TEXT, offsetof(struct config, tls_cert), "FILE",
     "certificate chain, PEM; with --tls-key serves https"},
    {"--tls-key", OPTION_TEXT, offsetof(struct config, tls_key), "FILE", "its private key, PEM"},
    {"--trusted-proxies", OPTION_TEXT, offsetof(struct config, trusted_proxies), "LIST",
     "addresses whose X-Forwarded-For is believed (default 127.0.0.1,::1)"},
    {"--log-level", OPTION_TEXT, offsetof(struct config, log_level), "WORD",
     "debug, info (default), warn or error"},
    {"--loops", OPTION_NUMBER, offsetof(struct config, loops), "N",
     "event loops (default: one a core)"},
    {"--readers", OPTION_NUMBER, offsetof(struct config, readers), "N",
     "threads that read the store (default 2)"},
    {"--workers", OPTION_NUMBER, offsetof(struct config, workers), "N",
     "threads for what may wait: passwords, exports (default 2)"},
    {"--max-connections", OPTION_NUMBER, offsetof(struct config, max_connections), "N",
     "connections at a time (default: the descriptor limit less 256)"},
    {"--max-per-address", OPTION_NUMBER, offsetof(struct config, max_per_address), "N",
     "connections of one address (default 256; loopback is free unless this is given)"},
    {"--no-demo", OPTION_FLAG, offsetof(struct config, no_demo), NULL,
     "no demo clinic at /demo/ and no demo site in a fresh data directory"},
    {"--help", OPTION_FLAG, offsetof(struct config, help), NULL, "this text"},
};
enum { OPTIONS = sizeof options / sizeof options[0] };

static const struct option *find(const char *name, size_t len)
{
    for (size_t i = 0; i < OPTIONS; i++)
        if (strlen(options[i].name) == len && !strncmp(options[i].name, name, len))
            return &options[i];
    return NULL;
}

static bool take(const struct option *o, const char *value, struct config *c)
{
    char *end;
    char *at = (char *)c + o->offset;
    if (o->kind == OPTION_TEXT) {
        memcpy(at, &value, sizeof value);
        return *value != 0;
    }
    long n = strtol(value, &end, 10);
    int small = (int)n;
    memcpy(at, &small, sizeof small);
    return *value && !*end && n > 0 && n < 1000000;
}

bool config_read(int argc, char **argv, struct config *out, const char **wrong)
{
    *out = (struct config){.data = "data", .listen = "127.0.0.1:8080", .log_level = "info"};
    for (int i = 0; i < argc; i++) {
        const char *equals = strchr(argv[i], '=');
        size_t len = equals ? (size_t)(equals - argv[i]) : strlen(argv[i]);
        const struct option *o = find(argv[i], len);
        *wrong = argv[i];
        if (!o || (o->kind == OPTION_FLAG && equals))
            return false;
        if (o->kind == OPTION_FLAG) {
            *((bool *)((char *)out + o->offset)) = true;
            continue;
        }
        const char *value = equals ? equals + 1 : i + 1 < argc ? argv[++i] : "";
        if (!take(o, value, out))
            return false;
    }
    *wrong = (out->tls_cert != NULL) == (out->tls_key != NULL) ? NULL : "--tls-cert and --tls-key";
    return !*wrong;
}

void config_help(void)
{
    puts("laiyu serve [options]\n");
    for (size_t i = 0; i < OPTIONS; i++) {
        char left[40];
        snprintf(left, sizeof left, "%s%s%s", options[i].name, options[i].value ? " " : "",
                 options[i].value ? options[i].value : "");
        printf("  %-24s %s\n", left, options[i].help);
    }
}
