#include "web/wire_shapes.h"

#include <stddef.h>

#include "web/wire_shapes.inc"
