/* first_run.h - what a fresh data directory gets: an administrator, and the demo site. */
#ifndef FIRST_RUN_H
#define FIRST_RUN_H

#include "base/err.h"
#include "base/str.h"

struct store;
struct vault;

struct first_run {
    bool made; /* the directory was fresh */
    str login;
    str password; /* to be shown once; empty when LAIYU_ADMIN_PASSWORD gave it */
};
/* Are there no users yet? Only then may keys be made: with users there is something sealed. */
__attribute__((warn_unused_result)) err first_run_wanted(struct store *s, bool *out);
/* When there are users already it only asks whether the keys are those of this data: ERR_IO
 * "keys_other". ERR_INVALID "password_*" when the password of LAIYU_ADMIN_PASSWORD is not
 * acceptable. */
__attribute__((warn_unused_result)) err first_run_do(struct store *s, const struct vault *vault,
                                                     struct arena *mem, bool demo,
                                                     struct first_run *out);

#endif
