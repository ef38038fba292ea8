/* vault.h - personal data sealed at rest.
 *
 * XChaCha20-Poly1305 (libsodium); table, row and column are associated data, so that a sealed text
 * cannot be moved to another place. A sealed text begins with a version byte (1) and its key id
 * (2 bytes, big endian), then nonce and ciphertext. Keys live in one file apart from the data, mode
 * 0600, a line a key: "id hex64 created-rfc3339"; the last line seals, all of them open. A file
 * others can read is refused. Only *_rows.c call seal and open.
 *
 * Blind indexes (keyed BLAKE2b, 16 bytes) let equal values be found without being read; each kind
 * has a key of its own, derived from the FIRST key so that rotation keeps them. */
#ifndef GUARD_VAULT_H
#define GUARD_VAULT_H

#include "base/err.h"
#include "base/str.h"

struct vault;

/* Read the key file, or make it with one fresh key when absent and `create`.
 * ERR_IO "keys_missing" | "keys_open" (wrong mode) | "keys_format". */
MUST_USE err vault_open(const char *path, bool create, struct vault **out);
void vault_close(struct vault *v);
/* Append a fresh key: what is sealed from now on uses it. */
MUST_USE err vault_rotate(const char *path);

/* A sealed copy in mem. The empty text seals to the empty bytes. */
str vault_seal(const struct vault *v, struct arena *mem, const char *table, int64_t row,
               const char *column, str plain);
/* ERR_STORE "sealed_damaged" when key, place or bytes do not fit. */
MUST_USE err vault_unseal(const struct vault *v, struct arena *mem, const char *table, int64_t row,
                          const char *column, str sealed, str *plain);

enum blind { BLIND_PHONE, BLIND_PHONE_TAIL, BLIND_NAME, BLIND_NAME_BIGRAM, BLIND_ADDRESS };
/* 16 bytes in mem; the caller has normalised the value. */
str vault_blind(const struct vault *v, struct arena *mem, enum blind kind, str value);

/* Signatures for tokens given to strangers (visitor ids): 16 bytes of keyed BLAKE2b. */
enum { VAULT_MAC = 16 };
void vault_sign(const struct vault *v, str text, unsigned char out[VAULT_MAC]);
MUST_USE bool vault_verify(const struct vault *v, str text, const unsigned char mac[VAULT_MAC]);
/* By what the first key is known again without being told: of no use for anything else. */
void vault_fingerprint(const struct vault *v, unsigned char out[VAULT_MAC]);

#endif
