/* cli.h - the commands beside `serve`. argv without program and command; the exit status.
 *
 * A command that finds a server running (DIR/lock is held) speaks to it over DIR/control.sock with
 * the API's own calls; otherwise it takes the lock and works on the store itself. `explain` and
 * `routes` need no data directory. --json gives machine-readable output. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

int cli_user(int argc, char **argv);
int cli_site(int argc, char **argv);
int cli_backup(int argc, char **argv);
int cli_restore(int argc, char **argv);
int cli_check(int argc, char **argv);
int cli_keys(int argc, char **argv);
int cli_explain(int argc, char **argv);

#endif
