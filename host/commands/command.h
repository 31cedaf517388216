/* A subcommand: its name, flags and help here, its body in Lua (host/commands/NAME.lua, part of the program). The body is a
 * function that gets the arguments after the flags, runs in a trusted task, and returns the exit code (nothing: 0). */
#ifndef DRSH_COMMANDS_COMMAND_H
#define DRSH_COMMANDS_COMMAND_H

struct command {
    const char *name;
    const char *arguments; /* as the usage line shows them */
    const char *summary;   /* one line */
    unsigned groups;       /* of the flags, see config.h */
    const char *help;      /* what --help says between usage and flags */
};

/* Reads the flags, runs the body, returns the exit code: 0 done, 1 failed, 2 used wrongly, 130 interrupted, 143 terminated. */
int command_main(const struct command *command, int argc, char **argv);

#endif
