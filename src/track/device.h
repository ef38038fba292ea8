/* device.h - what a visitor holds in the hand, from the User-Agent line. Pure. */
#ifndef TRACK_DEVICE_H
#define TRACK_DEVICE_H

#include "base/str.h"

struct device {
    const char *kind;    /* "phone", "tablet", "desktop", "unknown" */
    const char *os;      /* "Android", "iOS", "Windows", "macOS", "HarmonyOS", "Linux", "" */
    const char *browser; /* "WeChat", "UC", "QQ", "Baidu", "Edge", "Chrome", "Safari", ... or "" */
};
/* A known crawler gives *bot true. */
void device_of(str user_agent, struct device *out, bool *bot);

#endif
