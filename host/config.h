/* The program's settings. One table (config.c) says for each its flag, its environment variable, its default and its help;
 * --help, the flags, the environment and the configuration file are all read by it. This is the one file that reads flags and
 * environment.
 *
 * Where a value comes from, first wins: config_set, a flag, the environment, the configuration file, the table's default. An
 * empty value is no value, and ends the search. The configuration file has lines NAME=VALUE with the environment's names (as a
 * systemd EnvironmentFile), # comments. */
#ifndef DRSH_CONFIG_H
#define DRSH_CONFIG_H

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"

/* Which commands take a setting as a flag. */
enum config_group {
    CONFIG_EVERY = 1 << 0,        /* all commands */
    CONFIG_LISTEN = 1 << 1,       /* what listens: serve, local */
    CONFIG_LOCAL = 1 << 2,        /* what can bring its own AWS: serve, call, run, repl */
    CONFIG_WORLD = 1 << 3,        /* the local AWS's own: data, speed ... */
    CONFIG_TABLES = 1 << 4,       /* where executions are kept: serve, call */
    CONFIG_CALL = 1 << 5,         /* call alone */
    CONFIG_TOOL = 1 << 6,         /* auth, check, iam, test: flags may stand behind the arguments, too */
    CONFIG_JSON = 1 << 7,         /* can print JSON */
    CONFIG_TEST = 1 << 8,         /* test alone */
    CONFIG_SERVE = 1 << 9,        /* serve alone */
    CONFIG_CONTROL = 1 << 10,     /* what can be asked over a control socket, and who asks: serve, run, kill, repl */
    CONFIG_AUTH = 1 << 11,        /* auth alone */
    CONFIG_DRY = 1 << 12,         /* what can be rehearsed: call, run */
    CONFIG_IAM = 1 << 13,         /* iam alone */
    CONFIG_REPL = 1 << 14,        /* repl alone */
    CONFIG_DRY_SESSION = 1 << 15, /* what can be a rehearsal from its beginning to its end: serve, repl, kill */
};

/* Reads flags of the groups from argv (argv[0] is the command's name, not looked at), and then the configuration file that they
 * or the environment name. Returns the index of the first argument that is no flag, or -1 with `error` set: what was wrong and
 * what would be right. Reading stops at the first argument that is no flag, so that a script's own flags reach the script;
 * the flags of the tools may stand anywhere, and argv is put in order. */
int config_read(int argc, char **argv, unsigned groups, struct error *error);

/* The value by its environment name ("EXECUTION_HISTORY_TABLE", "AWS_REGION"); NULL when nothing gives one. Names outside the
 * table are looked for too, so that AWS_ENDPOINT_URL_DRS works. Valid until that name is set again. */
const char *config_get(const char *name);
bool config_is_set(const char *name); /* by a person: flag, environment or file, not by default */
bool config_flag(const char *name);   /* "1", "true", "yes", "on" */
/* The program's own word: it outranks what a person gave. NULL takes it back, "" says that there is none. False: no memory. */
bool config_set(const char *name, const char *value);
/* True for names whose value must never be shown or given to a sandboxed script. */
bool config_is_secret(const char *name);

/* The flags of the groups, a line each, as --help shows them. */
void config_print_flags(FILE *out, unsigned groups);
void config_clear(void);

#endif
