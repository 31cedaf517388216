/* drsh run FILE [args]: a runbook or any other Lua file, as trusted code. */
#ifndef DRSH_COMMANDS_RUN_H
#define DRSH_COMMANDS_RUN_H

/* argv[0] is "run". Returns the exit code. */
int run_command(int argc, char **argv);

#endif
