#include "guard/vault.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/time.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    VERSION = 1,
    HEAD = 3, /* version, key id */
    NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    KEY = crypto_kdf_KEYBYTES,
    KEYS_MAX = 64,
    FILE_MAX = KEYS_MAX * 160,
    BLINDS = BLIND_ADDRESS + 1,
    BLIND_BYTES = 16,
    KEY_ID_MAX = 65535,
};
_Static_assert(KEY == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "one length for all keys");

/* No key of the file is used itself: each purpose has one derived from it. */
static const char for_sealing[crypto_kdf_CONTEXTBYTES + 1] = "laiyusea";
static const char for_blinds[crypto_kdf_CONTEXTBYTES + 1] = "laiyubli";
static const char for_signing[crypto_kdf_CONTEXTBYTES + 1] = "laiyusig";
static const char for_fingerprint[crypto_kdf_CONTEXTBYTES + 1] = "laiyufin";

struct key {
    int id;
    unsigned char seal[KEY];
};

struct vault {
    struct key keys[KEYS_MAX];
    size_t count;
    unsigned char blind[BLINDS][KEY], sign[KEY], fingerprint[KEY];
};

struct key_line {
    int id;
    unsigned char key[KEY];
};

static err read_file(const char *path, char text[static FILE_MAX + 1], ptrdiff_t *len)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return ERR(ERR_IO, errno == ENOENT ? "keys_missing" : "keys_open");
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || (st.st_mode & 077)) {
        close(fd);
        return ERR(ERR_IO, "keys_open");
    }
    ssize_t n = 0, step = 1;
    while (n <= FILE_MAX && step > 0) {
        step = read(fd, text + n, (size_t)(FILE_MAX + 1 - n));
        n += step > 0 ? step : 0;
    }
    close(fd);
    *len = n;
    return step < 0 || n > FILE_MAX ? ERR(ERR_IO, "keys_format") : OK;
}

static bool read_line(str line, struct key_line *out)
{
    str id, rest, hex, created;
    int64_t number, ms;
    size_t n;
    bool parted = str_cut(line, ' ', &id, &rest) && str_cut(rest, ' ', &hex, &created);
    if (!parted || !str_int(id, &number) || number < 1 || number > KEY_ID_MAX)
        return false;
    out->id = (int)number;
    return hex.len == 2 * KEY && time_parse_rfc3339(created, &ms) &&
           sodium_hex2bin(out->key, KEY, hex.ptr, 2 * KEY, NULL, &n, NULL) == 0 && n == KEY;
}

static void derive(unsigned char out[static KEY], const char *purpose, uint64_t number,
                   const unsigned char *key)
{
    crypto_kdf_derive_from_key(out, KEY, number, purpose, key);
}

static const struct key *find_key(const struct vault *v, int id)
{
    for (size_t i = 0; i < v->count; i++) {
        if (v->keys[i].id == id)
            return &v->keys[i];
    }
    return NULL;
}

static bool add_key(struct vault *v, const struct key_line *line)
{
    if (v->count == KEYS_MAX || find_key(v, line->id))
        return false;
    if (!v->count) {
        for (uint64_t b = 0; b < BLINDS; b++)
            derive(v->blind[b], for_blinds, b + 1, line->key);
        derive(v->sign, for_signing, 1, line->key);
        derive(v->fingerprint, for_fingerprint, 1, line->key);
    }
    v->keys[v->count].id = line->id;
    derive(v->keys[v->count++].seal, for_sealing, 1, line->key);
    return true;
}

static err parse(struct vault *v, str text)
{
    struct key_line key;
    bool good = text.len && text.ptr[text.len - 1] == '\n';
    while (good && text.len) {
        str line;
        (void)str_cut(text, '\n', &line, &text);
        good = read_line(line, &key) && add_key(v, &key);
    }
    sodium_memzero(&key, sizeof key);
    return good ? OK : ERR(ERR_IO, "keys_format");
}

/* The whole file or nothing: written beside it, made safe, then moved to its name. */
static bool write_beside(const char *beside, str text)
{
    if (unlink(beside) != 0 && errno != ENOENT)
        return false;
    int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    bool good = write(fd, text.ptr, (size_t)text.len) == text.len && fsync(fd) == 0;
    return close(fd) == 0 && good;
}

static bool sync_folder(const char *path)
{
    char folder[4096];
    const char *slash = strrchr(path, '/');
    int n = slash ? (int)(slash - path) : 0;
    snprintf(folder, sizeof folder, "%.*s", slash ? n + 1 : 1, slash ? path : ".");
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return good;
}

static err write_file(const char *path, str text, bool replace)
{
    char beside[4096];
    int n = snprintf(beside, sizeof beside, "%s.new", path);
    bool good = n > 0 && (size_t)n < sizeof beside && write_beside(beside, text);
    if (good && replace)
        good = rename(beside, path) == 0;
    else if (good)
        good = link(beside, path) == 0; /* fails if somebody has made it meanwhile */
    if (!replace)
        unlink(beside);
    good = good && sync_folder(path);
    return good ? OK : ERR(ERR_IO, "keys_write");
}

static void add_fresh_line(struct buf *out, int id)
{
    unsigned char key[KEY];
    char hex[2 * KEY + 1];
    crypto_kdf_keygen(key);
    sodium_bin2hex(hex, sizeof hex, key, KEY);
    buf_format(out, "%d %s ", id, hex);
    buf_add(out, time_rfc3339(out->mem, zone_utc(), time_now_ms()));
    buf_add_char(out, '\n');
    sodium_memzero(key, sizeof key);
    sodium_memzero(hex, sizeof hex);
}

/* Keys pass through this arena: it is wiped before it is given back. */
static err write_with_fresh_key(const char *path, str before, int id, bool replace)
{
    struct arena mem;
    struct buf text;
    arena_init(&mem, 0);
    buf_init(&text, &mem, (size_t)before.len + 256);
    buf_add(&text, before);
    add_fresh_line(&text, id);
    err e = write_file(path, buf_str(&text), replace);
    sodium_memzero(text.ptr, text.cap);
    arena_release(&mem);
    return e;
}

static err load(struct vault *v, const char *path)
{
    char text[FILE_MAX + 1];
    ptrdiff_t len = 0;
    err e = read_file(path, text, &len);
    if (!e.code)
        e = parse(v, (str){text, len});
    sodium_memzero(text, sizeof text);
    return e;
}

/* What a sealed text is bound to, besides its key. */
static str place(struct arena *mem, str head, const char *table, int64_t row, const char *column)
{
    struct buf b;
    buf_init(&b, mem, 128);
    buf_add(&b, head);
    buf_add(&b, str_of(table));
    buf_add_char(&b, '\n'); /* in no name */
    buf_add(&b, str_of(column));
    buf_add_char(&b, '\n');
    buf_add_int(&b, row);
    return buf_str(&b);
}

err vault_open(const char *path, bool create, struct vault **out)
{
    *out = NULL;
    if (sodium_init() < 0)
        return ERR(ERR_IO, "no_random");
    struct vault *v = sodium_malloc(sizeof *v);
    if (!v)
        return ERR(ERR_IO, "no_memory");
    sodium_memzero(v, sizeof *v);
    err e = load(v, path);
    if (create && e.code && strcmp(e.name, "keys_missing") == 0) {
        e = write_with_fresh_key(path, S(""), 1, false);
        if (!e.code)
            e = load(v, path);
    }
    if (e.code) {
        vault_close(v);
        return e;
    }
    sodium_mprotect_readonly(v);
    *out = v;
    return OK;
}

void vault_close(struct vault *v)
{
    sodium_free(v); /* wipes */
}

err vault_rotate(const char *path)
{
    struct vault *v;
    char text[FILE_MAX + 1];
    ptrdiff_t len = 0;
    err e = vault_open(path, false, &v);
    if (e.code)
        return e;
    int id = 0;
    for (size_t i = 0; i < v->count; i++)
        id = v->keys[i].id > id ? v->keys[i].id : id;
    if (v->count == KEYS_MAX || id == KEY_ID_MAX)
        e = ERR(ERR_IO, "keys_format");
    vault_close(v);
    if (!e.code)
        e = read_file(path, text, &len);
    if (!e.code)
        e = write_with_fresh_key(path, (str){text, len}, id + 1, true);
    sodium_memzero(text, sizeof text);
    return e;
}

str vault_seal(const struct vault *v, struct arena *mem, const char *table, int64_t row,
               const char *column, str plain)
{
    if (!plain.len)
        return S("");
    const struct key *key = &v->keys[v->count - 1];
    ptrdiff_t len = HEAD + NONCE + plain.len + TAG;
    unsigned char *out = arena_new(mem, unsigned char, (size_t)len);
    out[0] = VERSION;
    out[1] = (unsigned char)(key->id >> 8);
    out[2] = (unsigned char)key->id;
    randombytes_buf(out + HEAD, NONCE);
    str where = place(mem, (str){(char *)out, HEAD}, table, row, column);
    crypto_aead_xchacha20poly1305_ietf_encrypt(
        out + HEAD + NONCE, NULL, (const unsigned char *)plain.ptr, (unsigned long long)plain.len,
        (const unsigned char *)where.ptr, (unsigned long long)where.len, NULL, out + HEAD,
        key->seal);
    return (str){(char *)out, len};
}

err vault_unseal(const struct vault *v, struct arena *mem, const char *table, int64_t row,
                 const char *column, str sealed, str *plain)
{
    const unsigned char *in = (const unsigned char *)sealed.ptr;
    err damaged = ERR(ERR_STORE, "sealed_damaged");
    *plain = S("");
    if (!sealed.len)
        return OK;
    if (sealed.len < HEAD + NONCE + TAG || in[0] != VERSION)
        return damaged;
    const struct key *key = find_key(v, in[1] << 8 | in[2]);
    if (!key)
        return damaged;
    ptrdiff_t len = sealed.len - HEAD - NONCE - TAG, tagged = len + TAG;
    unsigned char *out = arena_new(mem, unsigned char, (size_t)len + 1);
    str where = place(mem, str_slice(sealed, 0, HEAD), table, row, column);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            out, NULL, NULL, in + HEAD + NONCE, (unsigned long long)tagged,
            (const unsigned char *)where.ptr, (unsigned long long)where.len, in + HEAD,
            key->seal) != 0)
        return damaged;
    *plain = (str){(char *)out, len};
    return OK;
}

str vault_blind(const struct vault *v, struct arena *mem, enum blind kind, str value)
{
    unsigned char *out = arena_new(mem, unsigned char, BLIND_BYTES);
    assert((unsigned)kind < BLINDS);
    crypto_generichash(out, BLIND_BYTES, (const unsigned char *)value.ptr,
                       (unsigned long long)value.len, v->blind[kind], KEY);
    return (str){(char *)out, BLIND_BYTES};
}

void vault_sign(const struct vault *v, str text, unsigned char out[VAULT_MAC])
{
    crypto_generichash(out, VAULT_MAC, (const unsigned char *)text.ptr,
                       (unsigned long long)text.len, v->sign, KEY);
}

bool vault_verify(const struct vault *v, str text, const unsigned char mac[VAULT_MAC])
{
    unsigned char want[VAULT_MAC];
    vault_sign(v, text, want);
    return sodium_memcmp(want, mac, VAULT_MAC) == 0;
}

void vault_fingerprint(const struct vault *v, unsigned char out[VAULT_MAC])
{
    static const unsigned char constant[] = "laiyu house";
    crypto_generichash(out, VAULT_MAC, constant, sizeof constant - 1, v->fingerprint, KEY);
}
