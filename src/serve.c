#include "serve.h"

#include "base/log.h"
#include "base/time.h"
#include "bus/bus.h"
#include "config.h"
#include "db/store.h"
#include "first_run.h"
#include "guard/keys.h"
#include "guard/vault.h"
#include "net/net.h"
#include "track/visit.h"
#include "version.h"
#include "web/call.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

struct house {
    struct vault *vault;
    struct store *store;
    struct bus *bus;
    struct visit_table *visits;
    struct web *web;
    struct net *net;
    struct arena mem;
};

static struct net *running; /* for the signal handler alone */

static void on_signal(int signal_number)
{
    (void)signal_number;
    if (running)
        net_stop(running);
}

static void listen_for_signals(struct net *n)
{
    struct sigaction stop = {.sa_handler = on_signal};
    running = n;
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGINT, &stop, NULL);
    (void)signal(SIGPIPE, SIG_IGN); /* fails only for a signal that does not exist */
}

/* Sockets cost a descriptor each: take what the system grants. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
            log_event(LOG_WARN, "descriptor_limit", {"granted", .number = (int64_t)limit.rlim_cur});
    }
}

static err open_house(struct house *h, const struct config *c, struct first_run *first)
{
    struct store_options s = {.directory = c->data, .readers = c->readers, .workers = c->workers};
    bool fresh;
    err e = store_open(&s, &h->store);
    if (!e.code)
        e = first_run_wanted(h->store, &fresh);
    if (!e.code)
        e = vault_open(keys_path(&h->mem, c->keys, c->data), fresh, &h->vault);
    if (!e.code)
        e = bus_local_open(&h->bus);
    if (!e.code)
        e = first_run_do(h->store, h->vault, &h->mem, !c->no_demo, first);
    if (e.code)
        return e;
    h->visits = visit_table_new();
    struct web_options w = {.store = h->store,
                            .vault = h->vault,
                            .bus = h->bus,
                            .visits = h->visits,
                            .version = LAIYU_VERSION,
                            .demo = !c->no_demo};
    return web_open(&w, &h->web);
}

static err open_doors(struct house *h, const struct config *c)
{
    struct net_app app = web_app(h->web);
    str control = str_format(&h->mem, "%s/control.sock", c->data);
    struct net_options n = {.listen = c->listen,
                            .control_path = str_z(&h->mem, control),
                            .loops = c->loops,
                            .max_connections = c->max_connections,
                            .max_per_address = c->max_per_address,
                            .tls_cert = c->tls_cert,
                            .tls_key = c->tls_key,
                            .trusted_proxies = c->trusted_proxies};
    err e = net_open(&n, &app, &h->net);
    return e.code ? e : web_attach(h->web, h->net);
}

static void close_house(struct house *h)
{
    if (h->store)
        store_close(h->store);
    if (h->net)
        net_close(h->net);
    if (h->web)
        web_close(h->web);
    if (h->visits)
        visit_table_free(h->visits);
    if (h->bus)
        bus_close(h->bus);
    if (h->vault)
        vault_close(h->vault);
    arena_release(&h->mem);
}

static void greet(const struct house *h, const struct config *c, const struct first_run *first)
{
    const char *colon = strrchr(c->listen, ':');
    int host = colon ? (int)(colon - c->listen) : (int)strlen(c->listen);
    const char *scheme = c->tls_cert ? "https" : "http";
    int port = net_port(h->net);
    printf("console %s://%.*s:%d/\n", scheme, host, c->listen, port);
    if (!c->no_demo)
        printf("demo    %s://%.*s:%d/demo/\n", scheme, host, c->listen, port);
    if (first->password.len)
        printf("login   %.*s  %.*s  (shown this once; you will be asked for one of your own)\n",
               STR_ARG(first->login), STR_ARG(first->password));
    else if (first->made)
        printf("login   %.*s  with the password from LAIYU_ADMIN_PASSWORD\n",
               STR_ARG(first->login));
    fflush(stdout);
}

static int fail(const char *what, err e)
{
    fprintf(stderr, "laiyu: %s: %.*s (%s)\n", what, STR_ARG(error_text(e.name, LANGUAGE_EN)),
            e.name);
    return 1;
}

static void set_log_level(const char *word)
{
    static const char *const words[] = {"debug", "info", "warn", "error"};
    for (size_t i = 0; i < COUNT(words); i++)
        if (!strcmp(word, words[i]))
            log_set_level((enum log_level)i);
}

int serve(int argc, char **argv)
{
    struct config c;
    struct house h = {0};
    struct first_run first = {0};
    const char *wrong;
    int64_t began = time_monotonic_ms();
    if (!config_read(argc, argv, &c, &wrong)) {
        fprintf(stderr, "laiyu: cannot read %s; see laiyu serve --help\n", wrong);
        return 2;
    }
    if (c.help) {
        config_help();
        return 0;
    }
    mallopt(M_ARENA_MAX, 4); /* many threads, little memory: fewer heaps */
    set_log_level(c.log_level);
    raise_descriptor_limit();
    arena_init(&h.mem, 0);
    err e = open_house(&h, &c, &first);
    if (!e.code)
        e = open_doors(&h, &c);
    if (e.code) {
        int status = fail("cannot start", e);
        if (str_starts(str_of(e.name), S("keys_")))
            fprintf(stderr, "laiyu: the key file of this data is expected as %s\n",
                    keys_path(&h.mem, c.keys, c.data));
        close_house(&h);
        return status;
    }
    listen_for_signals(h.net);
    greet(&h, &c, &first);
    log_event(LOG_INFO, "start", {"port", .number = net_port(h.net)},
              {"loops", .number = net_loops(h.net)}, {"ms", .number = time_monotonic_ms() - began});
    net_run(h.net);
    running = NULL;
    close_house(&h);
    log_event(LOG_INFO, "stop", {"ms", .number = time_monotonic_ms() - began});
    return 0;
}
