#include "cli/cli.h"
#include "serve.h"
#include "version.h"
#include "web/call.h"

#include <stdio.h>
#include <string.h>

static int version(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    puts("laiyu " LAIYU_VERSION);
    return 0;
}

/* The rows are the program. */
static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    {"serve", serve, "run the server: console, widget, store"},
    {"user", cli_user, "list, add, change people; set a password"},
    {"site", cli_site, "list, add, change sites; print the install line"},
    {"backup", cli_backup, "copy everything to a fresh directory, also while serving"},
    {"restore", cli_restore, "make a data directory from a backup"},
    {"check", cli_check, "integrity, orphans, gaps in message numbers, the audit chain"},
    {"keys", cli_keys, "rotate: what is sealed from now on uses a fresh key"},
    {"explain", cli_explain, "source, device, contacts: the pure rules, line by line"},
    {"routes", web_routes_command, "every route of the API, method and pattern"},
    {"version", version, "print the version"},
};

static int usage(FILE *to)
{
    fputs("laiyu COMMAND [options]\n\n", to);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].help);
    fputs("\nlaiyu COMMAND --help says more.\n", to);
    return to == stdout ? 0 : 2;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return usage(stderr);
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help"))
        return usage(stdout);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (!strcmp(argv[1], commands[i].name))
            return commands[i].run(argc - 2, argv + 2);
    fprintf(stderr, "laiyu: there is no command \"%s\"\n\n", argv[1]);
    return usage(stderr);
}
