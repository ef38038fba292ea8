#include "net/conn.h"

#include "base/log.h"
#include "base/map.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    BACKLOG = 1024,
    FAREWELLS = 64, /* connections over the limit that are still told so */
};

/* Connections an address has on all loops. For IPv6 an address is its /64. */
struct address_count {
    uint8_t key[16];
    int count;
};

struct address_table {
    pthread_mutex_t lock;
    struct map by_address;
};

/* --- addresses --- */

static void to_v6(const struct sockaddr_storage *from, uint8_t out[16])
{
    memset(out, 0, 16);
    if (from->ss_family == AF_INET) {
        out[10] = out[11] = 0xff;
        memcpy(out + 12, &((const struct sockaddr_in *)from)->sin_addr, 4);
    } else if (from->ss_family == AF_INET6) {
        memcpy(out, &((const struct sockaddr_in6 *)from)->sin6_addr, 16);
    }
}

static bool is_v4(const uint8_t a[16])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    return memcmp(a, mapped, sizeof mapped) == 0;
}

static bool parse_address(str text, uint8_t out[16])
{
    char z[46];
    if (text.len <= 0 || text.len >= (ptrdiff_t)sizeof z)
        return false;
    memcpy(z, text.ptr, (size_t)text.len);
    z[text.len] = 0;
    memset(out, 0, 16);
    if (inet_pton(AF_INET6, z, out) == 1)
        return true;
    out[10] = out[11] = 0xff;
    return inet_pton(AF_INET, z, out + 12) == 1;
}

static void format_address(const uint8_t a[16], char out[46])
{
    if (is_v4(a))
        inet_ntop(AF_INET, a + 12, out, 46);
    else
        inet_ntop(AF_INET6, a, out, 46);
}

static bool is_loopback(const uint8_t a[16])
{
    static const uint8_t one[16] = {[15] = 1};
    return is_v4(a) ? a[12] == 127 : memcmp(a, one, 16) == 0;
}

static bool is_proxy(const struct net *n, const uint8_t a[16])
{
    for (size_t i = 0; i < n->proxy_count; i++)
        if (memcmp(n->proxies[i], a, 16) == 0)
            return true;
    return false;
}

/* The last value of a header that may come several times; what a proxy appended stands last. */
static str last_value(const struct http_request *r, str name)
{
    str value = S("");
    for (size_t i = 0; i < r->header_count; i++)
        if (str_eq(r->headers[i].name, name))
            value = r->headers[i].value;
    str head;
    while (str_cut(value, ',', &head, &value))
        ;
    return str_trim(head);
}

void accept_origin(struct conn *c, struct http_request *r)
{
    uint8_t forwarded[16];
    r->local = c->local;
    r->tls = c->ssl != NULL;
    if (c->local) {
        memcpy(r->address, "local", sizeof "local");
        return;
    }
    format_address(c->address, r->address);
    if (!is_proxy(c->loop->net, c->address))
        return;
    if (parse_address(last_value(r, S("x-forwarded-for")), forwarded))
        format_address(forwarded, r->address);
    if (str_eq_nocase(last_value(r, S("x-forwarded-proto")), S("https")))
        r->tls = true;
}

err accept_proxies(struct net *n, const char *list)
{
    str item, rest = str_of(list);
    for (bool more = true; more;) {
        uint8_t address[16];
        more = str_cut(rest, ',', &item, &rest);
        item = str_trim(item);
        if (!item.len)
            continue;
        if (!parse_address(item, address))
            return ERR(ERR_INVALID, "proxy_address");
        n->proxies = realloc(n->proxies, (n->proxy_count + 1) * sizeof *n->proxies);
        if (!n->proxies)
            abort();
        memcpy(n->proxies[n->proxy_count++], address, 16);
    }
    return OK;
}

/* --- limits --- */

static int address_limit(const struct net *n, const uint8_t a[16])
{
    if (n->o.max_per_address > 0)
        return n->o.max_per_address;
    return is_loopback(a) || is_proxy(n, a) ? INT32_MAX : 256;
}

static void address_key(const uint8_t a[16], uint8_t key[16])
{
    memcpy(key, a, 16);
    if (!is_v4(a))
        memset(key + 8, 0, 8);
}

/* Count c against its address; false if that is over its limit. */
static bool count_address(struct conn *c)
{
    struct address_table *t = c->loop->net->addresses;
    uint8_t key[16];
    int limit = address_limit(c->loop->net, c->address);
    if (limit == INT32_MAX)
        return true;
    address_key(c->address, key);
    pthread_mutex_lock(&t->lock);
    struct address_count *a = map_get(&t->by_address, (str){(char *)key, sizeof key});
    if (!a) {
        a = calloc(1, sizeof *a);
        if (!a)
            abort();
        memcpy(a->key, key, sizeof key);
        map_put(&t->by_address, (str){(char *)a->key, sizeof a->key}, a);
    }
    c->counted = a->count < limit;
    a->count += c->counted;
    pthread_mutex_unlock(&t->lock);
    return c->counted;
}

void accept_forget(struct conn *c)
{
    if (!c->counted)
        return;
    struct address_table *t = c->loop->net->addresses;
    uint8_t key[16];
    address_key(c->address, key);
    pthread_mutex_lock(&t->lock);
    struct address_count *a = map_get(&t->by_address, (str){(char *)key, sizeof key});
    if (a && --a->count == 0) {
        map_remove(&t->by_address, (str){(char *)key, sizeof key});
        free(a);
    }
    pthread_mutex_unlock(&t->lock);
    c->counted = false;
}

void accept_init(struct net *n)
{
    n->addresses = calloc(1, sizeof *n->addresses);
    if (!n->addresses)
        abort();
    pthread_mutex_init(&n->addresses->lock, NULL);
    map_init(&n->addresses->by_address);
}

void accept_release(struct net *n)
{
    map_release(&n->addresses->by_address);
    pthread_mutex_destroy(&n->addresses->lock);
    free(n->addresses);
    free(n->proxies);
    if (n->control_path)
        unlink(n->control_path);
    free(n->control_path);
}

/* --- accepting --- */

static void welcome(struct conn *c)
{
    const struct net *n = c->loop->net;
    int over = atomic_load(&n->connections) - n->o.max_connections;
    bool fits = over <= 0 && count_address(c);
    if (n->tls && !c->local)
        tls_start(c);
    if (fits) {
        serve_wait(c);
        slot_due(c, (uint32_t)n->o.head_ms);
        if (!conn_start(c))
            return;
    } else if (over <= FAREWELLS && !c->ssl) {
        count_add(COUNT_OVERLOAD, 1);
        serve_refuse(c, NULL, 503);
    } else {
        count_add(COUNT_OVERLOAD, 1);
        conn_close(c);
    }
}

static void on_connection(uv_stream_t *server, int status)
{
    struct loop *l = server->data;
    if (status < 0)
        return;
    struct conn *c = conn_new(l);
    struct sockaddr_storage peer = {0};
    int size = sizeof peer;
    c->local = server == (uv_stream_t *)&l->control;
    bool ok = uv_accept(server, (uv_stream_t *)&c->tcp) == 0;
    if (ok && !c->local)
        ok = uv_tcp_getpeername(&c->tcp, (struct sockaddr *)&peer, &size) == 0;
    to_v6(&peer, c->address);
    if (ok)
        welcome(c);
    else
        conn_close(c);
}

/* "127.0.0.1:8080", "[::1]:8080" */
static bool parse_listen(const char *text, struct sockaddr_storage *out, socklen_t *len)
{
    char host[64];
    const char *colon = text ? strrchr(text, ':') : NULL;
    int64_t port;
    if (!colon || !str_int(str_of(colon + 1), &port) || port < 0 || port > 65535)
        return false;
    str name = {text, colon - text};
    bool v6 = str_starts(name, S("[")) && str_ends(name, S("]"));
    if (v6)
        name = str_slice(name, 1, name.len - 1);
    if (name.len <= 0 || name.len >= (ptrdiff_t)sizeof host)
        return false;
    memcpy(host, name.ptr, (size_t)name.len);
    host[name.len] = 0;
    memset(out, 0, sizeof *out);
    *len = v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    return (v6 ? uv_ip6_addr(host, (int)port, (struct sockaddr_in6 *)out)
               : uv_ip4_addr(host, (int)port, (struct sockaddr_in *)out)) == 0;
}

/* A bound socket, -1 if the address is not to be had. */
static int bound_socket(const struct sockaddr_storage *at, socklen_t len, bool shared)
{
    int fd = socket(at->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* what it accepts inherits it */
    if (at->ss_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (shared)
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    if (bind(fd, (const struct sockaddr *)at, len) == 0)
        return fd;
    close(fd);
    return -1;
}

err accept_listen(struct net *n, const char *listen)
{
    struct sockaddr_storage at;
    socklen_t len;
    if (!parse_listen(listen, &at, &len))
        return ERR(ERR_INVALID, "listen_address");
    /* Alone first: with SO_REUSEPORT a second server on the same port would not be noticed. */
    int probe = bound_socket(&at, len, false);
    if (probe < 0)
        return ERR(ERR_IO, errno == EADDRINUSE ? "listen_in_use" : "listen_failed");
    if (getsockname(probe, (struct sockaddr *)&at, &len) < 0)
        abort();
    close(probe);
    n->port = ntohs(at.ss_family == AF_INET ? ((struct sockaddr_in *)&at)->sin_port
                                            : ((struct sockaddr_in6 *)&at)->sin6_port);
    for (int i = 0; i < n->loop_count; i++) {
        struct loop *l = n->loops[i];
        int fd = bound_socket(&at, len, true);
        if (fd < 0)
            return ERR(ERR_IO, "listen_failed");
        uv_tcp_init(&l->uv, &l->listener);
        l->listener.data = l;
        l->listening = true;
        if (uv_tcp_open(&l->listener, fd) < 0) {
            close(fd);
            return ERR(ERR_IO, "listen_failed");
        }
        if (uv_listen((uv_stream_t *)&l->listener, BACKLOG, on_connection) < 0)
            return ERR(ERR_IO, "listen_failed");
    }
    return OK;
}

/* Does a living server hold the socket file? */
static bool answers(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || strlen(path) >= sizeof at.sun_path)
        return fd < 0 ? false : (close(fd), false);
    memcpy(at.sun_path, path, strlen(path) + 1);
    bool alive = connect(fd, (struct sockaddr *)&at, sizeof at) == 0;
    close(fd);
    return alive;
}

err accept_control(struct net *n)
{
    struct loop *l = n->loops[0];
    const char *path = n->o.control_path;
    struct sockaddr_un at;
    if (strlen(path) >= sizeof at.sun_path)
        return ERR(ERR_INVALID, "control_path_long");
    if (answers(path))
        return ERR(ERR_IO, "control_in_use");
    struct stat old;
    if (lstat(path, &old) == 0 && S_ISSOCK(old.st_mode))
        unlink(path);
    uv_pipe_init(&l->uv, &l->control, 0);
    l->control.data = l;
    l->controlled = true;
    mode_t mask = umask(0177); /* never open to others, not even for a moment */
    int bound = uv_pipe_bind(&l->control, path);
    umask(mask);
    if (bound < 0 || uv_listen((uv_stream_t *)&l->control, 64, on_connection) < 0)
        return ERR(ERR_IO, "control_failed");
    n->control_path = strdup(path);
    return OK;
}
