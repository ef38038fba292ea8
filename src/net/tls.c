#include "net/conn.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

enum {
    RECORD = 16 * 1024,
    KEPT_OUT = 64 * 1024 /* what the loop keeps of its buffer for sealed bytes */
};

/* --- the bytes below: a BIO that reads what the loop just received and collects what is to be
 * sent. It holds nothing itself, so an idle TLS connection costs only OpenSSL's own state. */

static int pipe_read(BIO *bio, char *out, size_t size, size_t *n)
{
    struct tls_pipe *p = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    *n = size < p->in_len ? size : p->in_len;
    if (!*n) {
        BIO_set_retry_read(bio);
        return 0;
    }
    memcpy(out, p->in, *n);
    p->in += *n;
    p->in_len -= *n;
    return 1;
}

static int pipe_write(BIO *bio, const char *bytes, size_t len, size_t *n)
{
    struct tls_pipe *p = BIO_get_data(bio);
    if (p->out_len + len > p->out_cap) {
        p->out_cap = (p->out_len + len) * 2;
        p->out = realloc(p->out, p->out_cap);
        if (!p->out)
            abort();
    }
    memcpy(p->out + p->out_len, bytes, len);
    p->out_len += len;
    *n = len;
    return 1;
}

static long pipe_control(BIO *bio, int command, long number, void *arg)
{
    return command == BIO_CTRL_FLUSH;
}

static int pipe_create(BIO *bio)
{
    BIO_set_init(bio, 1);
    return 1;
}

void tls_loop_init(struct loop *l)
{
    BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "loop");
    if (!m)
        abort();
    BIO_meth_set_read_ex(m, pipe_read);
    BIO_meth_set_write_ex(m, pipe_write);
    BIO_meth_set_ctrl(m, pipe_control);
    BIO_meth_set_create(m, pipe_create);
    l->tls.method = m;
    l->tls.plain = malloc(RECORD);
    if (!l->tls.plain)
        abort();
}

void tls_loop_release(struct loop *l)
{
    if (l->tls.method)
        BIO_meth_free(l->tls.method);
    free(l->tls.plain);
    free(l->tls.out);
}

/* --- the context --- */

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *in, unsigned in_len, void *arg)
{
    static const unsigned char http[] = "\x08http/1.1";
    unsigned char *chosen = NULL;
    int found = SSL_select_next_proto(&chosen, out_len, http, sizeof http - 1, in, in_len);
    *out = chosen;
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

err tls_open(struct net *n, const char *cert, const char *key)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    if (!ctx)
        abort();
    n->tls = ctx;
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(ctx, 1);
    SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
    if (SSL_CTX_use_certificate_chain_file(ctx, cert) != 1)
        return ERR(ERR_IO, "tls_certificate");
    if (!key || SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(ctx) != 1)
        return ERR(ERR_IO, "tls_key");
    return OK;
}

void tls_close(struct net *n)
{
    SSL_CTX_free(n->tls);
    n->tls = NULL;
}

/* --- one connection --- */

void tls_start(struct conn *c)
{
    SSL *ssl = SSL_new(c->loop->net->tls);
    BIO *bio = BIO_new(c->loop->tls.method);
    if (!ssl || !bio)
        abort();
    BIO_set_data(bio, &c->loop->tls);
    SSL_set_bio(ssl, bio, bio);
    SSL_set_accept_state(ssl);
    c->ssl = ssl;
    c->handshaking = true;
}

/* Send what OpenSSL wrote. */
static void send_sealed(struct conn *c)
{
    struct tls_pipe *p = &c->loop->tls;
    struct piece sealed = {.bytes = {p->out, (ptrdiff_t)p->out_len}};
    p->out_len = 0;
    if (sealed.bytes.len)
        conn_write_raw(c, &sealed, 1);
    if (p->out_cap > KEPT_OUT) {
        free(p->out);
        p->out = NULL;
        p->out_cap = 0;
    }
}

/* True once the handshake is over. */
static bool shake_hands(struct conn *c)
{
    c->loop->handshakes--;
    ERR_clear_error();
    int done = SSL_do_handshake(c->ssl);
    int why = SSL_get_error(c->ssl, done);
    send_sealed(c);
    c->handshaking = done != 1;
    if (done != 1 && why != SSL_ERROR_WANT_READ)
        conn_close(c);
    return done == 1;
}

void tls_input(struct conn *c, const char *bytes, size_t len)
{
    struct tls_pipe *p = &c->loop->tls;
    p->in = bytes;
    p->in_len = len;
    if (c->handshaking && !shake_hands(c))
        return;
    while (!c->closing) {
        ERR_clear_error();
        int n = SSL_read(c->ssl, p->plain, RECORD);
        int why = SSL_get_error(c->ssl, n);
        send_sealed(c); /* alerts, key updates */
        if (n <= 0) {
            if (why == SSL_ERROR_ZERO_RETURN)
                conn_peer_done(c);
            else if (why != SSL_ERROR_WANT_READ)
                conn_close(c);
            return;
        }
        /* Whatever the app does now must not find this connection's bytes in the pipe. */
        struct tls_pipe rest = *p;
        p->in_len = 0;
        conn_input(c, p->plain, (size_t)n);
        p->in = rest.in;
        p->in_len = rest.in_len;
    }
}

void tls_write(struct conn *c, const struct piece *pieces, size_t count)
{
    bool failed = c->handshaking;
    for (size_t i = 0; i < count; i++) {
        str rest = pieces[i].bytes;
        ERR_clear_error();
        while (rest.len && !failed) {
            int n = SSL_write(c->ssl, rest.ptr, rest.len < RECORD ? (int)rest.len : RECORD);
            failed = n <= 0;
            rest = str_slice(rest, failed ? 0 : n, rest.len);
        }
        if (pieces[i].release)
            pieces[i].release(pieces[i].owner);
    }
    send_sealed(c);
    if (failed)
        conn_close(c);
}

void tls_goodbye(struct conn *c)
{
    if (!c->ssl || c->handshaking)
        return;
    ERR_clear_error();
    SSL_shutdown(c->ssl);
    send_sealed(c);
}

void tls_release(struct conn *c)
{
    SSL_free(c->ssl);
    c->ssl = NULL;
}
