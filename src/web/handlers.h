/* handlers.h - every handler of the route and frame tables, on_NAME for wire.yaml's name. */
#ifndef WEB_HANDLERS_H
#define WEB_HANDLERS_H

#include "web/call.h"

#define ROUTE(method_, pattern_, name_, may_, kind_, shape_, limit_, creates_, status_)            \
    err on_##name_(struct call *c);
#define UPGRADE(pattern_, name_, may_, side_) err on_##name_(struct call *c);
#include "web/routes.inc"
#undef ROUTE
#undef UPGRADE
#define FRAME(side_, type_, name_, kind_, shape_, may_) err on_##name_(struct call *c);
#include "web/frames.inc"
#undef FRAME

#endif
