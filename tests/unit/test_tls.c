#include "net_help.h"

#include "base/log.h"

#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct test_server server;
static char cert_path[64], key_path[64];
static SSL_CTX *client_ctx;

/* A certificate of our own for the run. */
static int make_certificate(void **state)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    snprintf(cert_path, sizeof cert_path, "/tmp/laiyu-test-%d.crt", (int)getpid());
    snprintf(key_path, sizeof key_path, "/tmp/laiyu-test-%d.key", (int)getpid());
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -60);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                               (const unsigned char *)"localhost", -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(x));
    X509_set_pubkey(x, key);
    X509_sign(x, key, EVP_sha256());
    FILE *f = fopen(cert_path, "w");
    PEM_write_X509(f, x);
    fclose(f);
    f = fopen(key_path, "w");
    PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
    fclose(f);
    X509_free(x);
    EVP_PKEY_free(key);
    client_ctx = SSL_CTX_new(TLS_client_method());
    return 0;
}

static int remove_certificate(void **state)
{
    unlink(cert_path);
    unlink(key_path);
    SSL_CTX_free(client_ctx);
    return 0;
}

static void start(struct net_options o)
{
    o.tls_cert = cert_path;
    o.tls_key = key_path;
    server_start(&server, o);
}

static SSL *shake_hands(int fd)
{
    SSL *ssl = SSL_new(client_ctx);
    SSL_set_fd(ssl, fd);
    SSL_set_alpn_protos(ssl, (const unsigned char *)"\x02h2\x08http/1.1", 12);
    assert_int_equal(SSL_connect(ssl), 1);
    return ssl;
}

static void say(SSL *ssl, str text)
{
    assert_int_equal(SSL_write(ssl, text.ptr, (int)text.len), text.len);
}

/* Exactly n bytes. */
static void hear(SSL *ssl, char *to, size_t n)
{
    while (n) {
        int got = SSL_read(ssl, to, (int)n);
        assert_true(got > 0);
        to += got;
        n -= (size_t)got;
    }
}

static void hear_head(SSL *ssl, char head[1024])
{
    memset(head, 0, 1024);
    for (size_t n = 0; !strstr(head, "\r\n\r\n"); n++)
        hear(ssl, head + n, 1);
}

static void requests_and_sockets_work_the_same(void **state)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    char head[1024];
    start((struct net_options){0});
    for (size_t i = 0; i < COUNT(versions); i++) {
        SSL_CTX_set_min_proto_version(client_ctx, versions[i]);
        SSL_CTX_set_max_proto_version(client_ctx, versions[i]);
        int fd = dial(server.port);
        SSL *ssl = shake_hands(fd);
        const unsigned char *protocol;
        unsigned len;
        SSL_get0_alpn_selected(ssl, &protocol, &len);
        assert_int_equal(len, 8);
        assert_memory_equal(protocol, "http/1.1", 8);

        say(ssl, S("GET /about HTTP/1.1\r\nHost: h\r\n\r\n"));
        char text[64];
        hear_head(ssl, head);
        hear(ssl, text, strtoul(strstr(head, "Content-Length: ") + 16, NULL, 10));
        assert_non_null(strstr(text, "tls=1"));

        static char big[1 << 20];
        say(ssl, S("GET /big HTTP/1.1\r\nHost: h\r\n\r\n"));
        hear_head(ssl, head);
        hear(ssl, big, sizeof big);
        assert_int_equal(big[sizeof big - 1], 'b');

        say(ssl, S("GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                   "Sec-WebSocket-Version: 13\r\n\r\n"));
        hear_head(ssl, head);
        assert_non_null(strstr(head, " 101 "));
        for (int n = 0; n < 100; n++)
            say(ssl, S("\x81\x82\0\0\0\0hi"));
        for (int n = 0; n < 100; n++) {
            hear(ssl, text, 4);
            assert_memory_equal(text, "\x81\x02hi", 4);
        }
        say(ssl, S("\x88\x80\0\0\0\0"));
        hear(ssl, text, 2);
        assert_memory_equal(text, "\x88\x00", 2);
        assert_int_equal(SSL_read(ssl, text, 1), 0);
        assert_int_equal(SSL_get_shutdown(ssl), SSL_RECEIVED_SHUTDOWN);
        SSL_free(ssl);
        close(fd);
    }
    SSL_CTX_set_min_proto_version(client_ctx, 0);
    SSL_CTX_set_max_proto_version(client_ctx, 0);
    server_stop(&server);
}

static void nonsense_and_old_versions_are_refused(void **state)
{
    start((struct net_options){.head_ms = 300});
    int fd = dial(server.port);
    send_z(fd, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_true(is_closed(fd, 1000));
    close(fd);

    fd = dial(server.port); /* never shakes hands */
    assert_true(is_closed(fd, 1500));
    close(fd);

    SSL_CTX *old = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_security_level(old, 0);
    SSL_CTX_set_max_proto_version(old, TLS1_1_VERSION);
    fd = dial(server.port);
    SSL *ssl = SSL_new(old);
    SSL_set_fd(ssl, fd);
    assert_true(SSL_connect(ssl) <= 0);
    SSL_free(ssl);
    SSL_CTX_free(old);
    close(fd);
    server_stop(&server);
}

static void many_hands_are_shaken_in_turn(void **state)
{
    enum { CLIENTS = 60 };
    int fds[CLIENTS];
    SSL *ssl[CLIENTS];
    start((struct net_options){.loops = 1});
    for (int i = 0; i < CLIENTS; i++) {
        fds[i] = dial(server.port);
        ssl[i] = SSL_new(client_ctx);
        SSL_set_fd(ssl[i], fds[i]);
        SSL_set_connect_state(ssl[i]);
        BIO *out = BIO_new(BIO_s_mem()), *in = BIO_new(BIO_s_mem());
        BIO_set_mem_eof_return(in, -1);
        SSL_set_bio(ssl[i], in, out);
        assert_int_equal(SSL_do_handshake(ssl[i]), -1); /* writes its hello */
    }
    for (int i = 0; i < CLIENTS; i++) { /* all hellos at once */
        char *bytes;
        long n = BIO_get_mem_data(SSL_get_wbio(ssl[i]), &bytes);
        send_text(fds[i], (str){bytes, n});
        (void)BIO_reset(SSL_get_wbio(ssl[i]));
    }
    for (int i = 0; i < CLIENTS; i++) {
        char bytes[4096];
        while (SSL_do_handshake(ssl[i]) != 1) {
            ssize_t n = recv(fds[i], bytes, sizeof bytes, 0);
            assert_true(n > 0);
            BIO_write(SSL_get_rbio(ssl[i]), bytes, (int)n);
        }
        SSL_free(ssl[i]);
        close(fds[i]);
    }
    server_stop(&server);
}

static void a_wrong_key_is_an_error(void **state)
{
    struct net *n;
    struct net_app app = {0};
    struct net_options o = {.listen = "127.0.0.1:0", .tls_cert = "/nowhere", .tls_key = key_path};
    assert_string_equal(net_open(&o, &app, &n).name, "tls_certificate");
    o.tls_cert = cert_path;
    o.tls_key = cert_path;
    assert_string_equal(net_open(&o, &app, &n).name, "tls_key");
    o.tls_key = NULL;
    assert_string_equal(net_open(&o, &app, &n).name, "tls_key");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_and_sockets_work_the_same),
        cmocka_unit_test(nonsense_and_old_versions_are_refused),
        cmocka_unit_test(many_hands_are_shaken_in_turn),
        cmocka_unit_test(a_wrong_key_is_an_error),
    };
    return cmocka_run_group_tests(tests, make_certificate, remove_certificate);
}
