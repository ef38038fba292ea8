#include "guard/audit.h"

#include <sodium.h>

static void add_number(crypto_generichash_state *state, int64_t number)
{
    unsigned char bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)((uint64_t)number >> (56 - 8 * i));
    crypto_generichash_update(state, bytes, sizeof bytes);
}

static void add_text(crypto_generichash_state *state, str text)
{
    add_number(state, text.len);
    crypto_generichash_update(state, (const unsigned char *)text.ptr, (unsigned long long)text.len);
}

void audit_hash(const unsigned char previous[32], struct audit_row *row)
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, sizeof row->hash);
    crypto_generichash_update(&state, previous, 32);
    add_number(&state, row->n);
    add_number(&state, row->at);
    add_text(&state, row->actor);
    add_text(&state, row->act);
    add_text(&state, row->subject);
    add_text(&state, row->detail);
    crypto_generichash_final(&state, row->hash, sizeof row->hash);
}

str audit_actor(struct arena *mem, int64_t user, bool control)
{
    if (control)
        return S("control");
    return user ? str_format(mem, "user:%lld", (long long)user) : S("system");
}
