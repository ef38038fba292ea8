/* serve.h - `laiyu serve`: choose drivers, open, listen, drain, stop. */
#ifndef SERVE_H
#define SERVE_H

/* argv without program and command; the exit status. */
int serve(int argc, char **argv);

#endif
