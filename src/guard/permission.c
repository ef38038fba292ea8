#include "guard/permission.h"

enum {
    ALL = (MAY_CONTROL << 1) - 1,
    RECEPTION = MAY_CHAT | MAY_MARK | MAY_SEE_CONVERSATIONS | MAY_SEE_TODAY | MAY_SEE_CONTACTS,
    FIGURES = MAY_SEE_CONVERSATIONS | MAY_SEE_TODAY | MAY_EXPORT, /* and contacts stay masked */
    CLINIC = MAY_SEE_CONVERSATIONS | MAY_SEE_CONTACTS,
};

static const struct role_row {
    const char *code;
    unsigned may;
} roles[ROLES] = {
    [ROLE_NONE] = {"", 0},
    [ROLE_AGENT] = {"agent", RECEPTION},
    [ROLE_SUPERVISOR] = {"supervisor", RECEPTION | MAY_EXPORT | MAY_SUPERVISE | MAY_EDIT_TEXTS},
    [ROLE_MARKETING] = {"marketing", FIGURES},
    [ROLE_DESK] = {"desk", CLINIC},
    [ROLE_ONSITE] = {"onsite", CLINIC},
    [ROLE_CARE] = {"care", CLINIC},
    [ROLE_MANAGER] = {"manager", FIGURES},
    [ROLE_ADMIN] = {"admin", ALL & ~MAY_CONTROL},
};

static const struct permission_row {
    const char *name;
    unsigned bit;
} permissions[] = {
    {"chat", MAY_CHAT},
    {"mark", MAY_MARK},
    {"see_conversations", MAY_SEE_CONVERSATIONS},
    {"see_today", MAY_SEE_TODAY},
    {"see_contacts", MAY_SEE_CONTACTS},
    {"export", MAY_EXPORT},
    {"supervise", MAY_SUPERVISE},
    {"edit_texts", MAY_EDIT_TEXTS},
    {"admin", MAY_ADMIN},
    {"erase", MAY_ERASE},
    {"audit", MAY_AUDIT},
    {"control", MAY_CONTROL},
};

const char *role_code(enum role r)
{
    return r > ROLE_NONE && r < ROLES ? roles[r].code : "";
}

enum role role_of(str code)
{
    for (int r = ROLE_NONE + 1; r < ROLES; r++) {
        if (str_eq(code, str_of(roles[r].code)))
            return (enum role)r;
    }
    return ROLE_NONE;
}

unsigned role_permissions(enum role r)
{
    return r > ROLE_NONE && r < ROLES ? roles[r].may : 0;
}

const char *permission_name(size_t index, unsigned *bit)
{
    if (index >= COUNT(permissions))
        return NULL;
    *bit = permissions[index].bit;
    return permissions[index].name;
}
