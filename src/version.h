/* version.h - what this build calls itself. */
#ifndef VERSION_H
#define VERSION_H

#define LAIYU_VERSION "0.1.0"

#endif
