/* drsh: the program. A subcommand's flags and help are here, its body is host/commands/NAME.lua. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands/command.h"
#include "config.h"
#include "version.h"

static const struct command commands[] = {
    {"serve", "", "Serves the ten endpoints over HTTP.",
     CONFIG_LISTEN | CONFIG_LOCAL | CONFIG_WORLD | CONFIG_TABLES | CONFIG_SERVE | CONFIG_CONTROL | CONFIG_DRY_SESSION,
     "Prints one line on stdout when it is ready: listening on http://ADDR:PORT. Logs JSON lines to stderr. With --local it "
     "brings\n"
     "the local AWS along, on a port of its own, with a sample estate. SIGTERM ends it after the requests under way.\n"
     "With --dry-run every request is a dry run, and so are the background scripts: nothing is written.\n"},
    {"call", "METHOD PATH", "Calls one endpoint in this process, without a server.",
     CONFIG_CALL | CONFIG_DRY | CONFIG_LOCAL | CONFIG_WORLD | CONFIG_TABLES,
     "Prints the answer's body; exit code 0 for a status under 400, else 1. Example:\n"
     "  drsh call POST /executions -d '{\"planId\":\"...\",\"executionType\":\"DRILL\",\"initiatedBy\":\"cron\"}'\n"},
    {"run", "FILE [arguments]", "Runs a runbook: a Lua file with the primitives, as the user who starts it.",
     CONFIG_DRY | CONFIG_LOCAL | CONFIG_WORLD | CONFIG_TABLES | CONFIG_CONTROL,
     "The file runs in a task, so it may wait. Its arguments are in ... and arg; what it returns is the exit code.\n"
     "With --dry-run the AWS calls that would change something are listed at the end, and none is sent.\n"},
    {"kill", "[ID]", "Ends a running request or runbook; without an ID it says what runs.", CONFIG_CONTROL | CONFIG_DRY_SESSION,
     "It ends at its next wait, whatever it catches, and the AWS writes that had gone out are listed. The ID of a request is\n"
     "that of its log lines and of its X-Request-Id header. Reaches the processes of the same user and --runtime-dir.\n"},
    {"repl", "[--attach [SERVER]]", "The primitives at a prompt.",
     CONFIG_LOCAL | CONFIG_WORLD | CONFIG_TABLES | CONFIG_CONTROL | CONFIG_REPL | CONFIG_DRY_SESSION,
     "Reads Lua from the terminal or a pipe; help() lists the modules, :help the session's settings. AWS calls only read until "
     ":write on.\nDRSH_HISTORY names the file of earlier lines (~/.drsh_history). Plain `drsh` on a terminal is the same.\n\n"
     "With --attach the prompt works in the state of a running `drsh serve` of the same user and --runtime-dir: the live\n"
     "scripts, what runs, what the endpoints answer. SERVER is a process id, or the address and worker: :8080, :8080/2,\n"
     "127.0.0.1:8080/2; it can be left out when one server runs. Calls are under limits, and the server goes on serving.\n"},
    {"stubs", "DIR", "Writes LuaCATS stubs of all modules and AWS services, for editors.", 0,
     "lua-language-server completes and checks scripts with them: name DIR in workspace.library of .luarc.json.\n"},
    {"check", "[PATH]", "Are these scripts sound? Reads them without running an endpoint.", CONFIG_TOOL | CONFIG_JSON,
     "PATH is a folder of scripts, a part of one, or a runbook; the program's own scripts if it is not given. Looks at "
     "syntax,\n"
     "contract, unknown names, AWS operations and parameters, declared AWS actions, roles and routes. Exit code 0 clean,\n"
     "1 findings, 2 used wrongly.\n"},
    {"iam", "[SCRIPT]", "Prints the least IAM policy that all scripts need, or one.",
     CONFIG_TOOL | CONFIG_JSON | CONFIG_IAM | CONFIG_LOCAL | CONFIG_WORLD | CONFIG_TABLES,
     "SCRIPT is a name such as terminate_instances, or a runbook's file. The actions are those that the scripts declare, the\n"
     "resources those of this configuration. The Sids that begin with DrsActsAsCaller hold what no script calls and DRS does\n"
     "with the caller's rights. Notes go to stderr, so that stdout is the policy.\n"},
    {"test", "[PATH ...]", "Runs the specs (*_spec.lua) beside scripts, against a local AWS with a stepped clock.",
     CONFIG_TOOL | CONFIG_TEST,
     "PATH is a spec or a folder; the scripts' folder if it is not given. Specs are busted's, and may require \"testing\".\n"},
    {"local", "", "The local AWS alone: DynamoDB, Step Functions, DRS, STS and EC2 for any AWS SDK or CLI.",
     CONFIG_LISTEN | CONFIG_WORLD | CONFIG_TABLES,
     "Administrator: access key AKIADRSHLOCAL0000000, secret local-secret-for-development-only, account 123456789012, all "
     "regions.\n"},
    {"auth", "explain", "Who we are for AWS, and why: what was tried, what won, region, endpoints, expiry.",
     CONFIG_AUTH | CONFIG_TOOL | CONFIG_JSON,
     "Shows no secret. Exit code 0 when there are credentials, 1 when there are none. STS is asked for the account, unless\n"
     "--offline says not to.\n"},
};

#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

static void print_usage(FILE *out) {
    fprintf(out, "usage: drsh COMMAND [flags] [arguments]\n\n"
                 "A disaster-recovery shell for AWS Elastic Disaster Recovery.\n\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].summary);
    }
    fprintf(out,
            "\n`drsh COMMAND --help` tells more; `drsh --version` the version. Exit codes: 0 done, 1 failed, 2 used wrongly,\n"
            "130 interrupted.\n");
}

static const struct command *find_command(const char *name) {
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

int main(int argc, char **argv) {
    signal(SIGPIPE, SIG_IGN); /* a client that went away is an error of that write, not the end of the program */
    const char *name = argc >= 2 ? argv[1] : isatty(STDIN_FILENO) ? "repl" : "--help";
    if (strcmp(name, "--version") == 0) {
        printf("drsh %s\n", DRSH_VERSION);
        return 0;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        print_usage(stdout);
        return 0;
    }
    const struct command *command = find_command(name);
    if (command == NULL) {
        fprintf(stderr, "drsh: there is no command '%s'\n\n", name);
        print_usage(stderr);
        return 2;
    }
    return argc >= 2 ? command_main(command, argc - 1, argv + 1) : command_main(command, 1, argv);
}
