/* permission.h - roles of product.md and what each may do: one table, pure. */
#ifndef GUARD_PERMISSION_H
#define GUARD_PERMISSION_H

#include "base/str.h"

enum role {
    ROLE_NONE,
    ROLE_AGENT,
    ROLE_SUPERVISOR,
    ROLE_MARKETING,
    ROLE_DESK,
    ROLE_ONSITE,
    ROLE_CARE,
    ROLE_MANAGER,
    ROLE_ADMIN,
    ROLES
};

enum permission {
    MAY_NOTHING_SPECIAL = 0, /* signed in is enough */
    MAY_CHAT = 1 << 0,       /* take, answer, close */
    MAY_MARK = 1 << 1,
    MAY_SEE_CONVERSATIONS = 1 << 2,
    MAY_SEE_TODAY = 1 << 3,
    MAY_SEE_CONTACTS = 1 << 4, /* open a masked contact in full; each look is audited */
    MAY_EXPORT = 1 << 5,
    MAY_SUPERVISE = 1 << 6,  /* take over, close and mark colleagues' conversations */
    MAY_EDIT_TEXTS = 1 << 7, /* canned replies, greeting, invitation */
    MAY_ADMIN = 1 << 8,      /* sites, people, roles */
    MAY_ERASE = 1 << 9,
    MAY_AUDIT = 1 << 10,
    MAY_CONTROL = 1 << 11, /* only the control socket: backup */
};

const char *role_code(enum role r); /* "agent" */
enum role role_of(str code);        /* ROLE_NONE if unknown */
unsigned role_permissions(enum role r);
/* Stable lower_snake names of set bits, for /api/me; NULL past the end. */
const char *permission_name(size_t index, unsigned *bit);

#endif
