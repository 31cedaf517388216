#include "commands/command.h"

#include <event2/event.h>
#include <lauxlib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "process/log.h"
#include "process/lua_process.h"
#include "runtime/state.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_INTERRUPTED = 130, EXIT_TERMINATED = 143 };

struct run {
    const struct command *command;
    struct state *state;
    struct task *task;
    int argc; /* what is left behind the flags */
    char **argv;
    int exit_code;
};

/* error, traceback | nil -> ; an AWS or host error is a sentence, anything else shows where it came from. */
static int show_error(lua_State *L) {
    fprintf(stderr, "drsh: %s\n", luaL_tolstring(L, 1, NULL));
    if (lua_type(L, 2) == LUA_TSTRING && lua_type(L, 1) == LUA_TSTRING) {
        fprintf(stderr, "%s\n", lua_tostring(L, 2));
    }
    return 0;
}

static void show_protected(lua_State *L) {
    lua_settop(L, 2);
    lua_pushcfunction(L, show_error);
    lua_insert(L, 1);
    if (lua_pcall(L, 2, 0, 0) != LUA_OK) {
        fprintf(stderr, "drsh: an error that cannot be shown\n");
    }
}

static void ended(struct task *task, enum task_status status, lua_State *thread, void *data) {
    struct run *run = data;
    (void)task;
    if (status == TASK_OK) {
        run->exit_code = lua_isinteger(thread, 1) ? (int)lua_tointeger(thread, 1) : EXIT_DONE;
    } else if (status != TASK_CANCELLED) {
        run->exit_code = EXIT_FAILED;
        show_protected(thread);
    }
    loop_stop(run->state->loop);
}

/* A body that waits for the signal (process.stopped) ends by itself, in order; a second signal, or a body that does not, is
 * cut. */
static void stop(evutil_socket_t signal_number, short what, void *data) {
    struct run *run = data;
    (void)what;
    run->exit_code = signal_number == SIGINT ? EXIT_INTERRUPTED : EXIT_TERMINATED;
    if (!process_announce_stop(run->state->L, (int)signal_number)) {
        task_cancel(run->task);
        loop_stop(run->state->loop);
    }
}

/* Protected: pushes the body and its arguments, starts the task. */
static int begin(lua_State *L) {
    struct run *run = lua_touserdata(L, 1);
    struct task_options options = {.ended = ended, .data = run};
    lua_createtable(L, run->argc, 0);
    for (int i = 0; i < run->argc; i++) {
        lua_pushstring(L, run->argv[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setglobal(L, "arg");
    lua_getglobal(L, "require");
    lua_pushfstring(L, "commands.%s", run->command->name);
    lua_call(L, 1, 1);
    for (int i = 0; i < run->argc; i++) {
        lua_pushstring(L, run->argv[i]);
    }
    run->task = task_start(L, run->argc, &options);
    return 0;
}

static void run_until_ended(struct run *run) {
    static const int signals[] = {SIGINT, SIGTERM};
    struct event *events[2];
    struct event_base *base = loop_event_base(run->state->loop);
    for (int i = 0; i < 2; i++) {
        events[i] = evsignal_new(base, signals[i], stop, run);
        if (events[i] != NULL) {
            event_add(events[i], NULL);
        }
    }
    loop_run(run->state->loop);
    for (int i = 0; i < 2; i++) {
        if (events[i] != NULL) {
            event_free(events[i]);
        }
    }
}

/* The scripts: where a person says, else beside the program (a build, an installation), else in the current folder. */
static const char *scripts_folder(char *room, size_t size) {
    static const char *const places[] = {"/../scripts", "/../share/drsh/scripts"};
    const char *given = config_get("DRSH_SCRIPTS");
    char program[3072];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (given != NULL || length <= 0) {
        return given != NULL ? given : "scripts";
    }
    program[length] = '\0';
    *strrchr(program, '/') = '\0';
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        snprintf(room, size, "%s%s", program, places[i]);
        if (access(room, R_OK | X_OK) == 0) {
            return room;
        }
    }
    return "scripts";
}

static int run_body(struct run *run) {
    struct error error;
    char room[4096];
    struct state_options options = {.scripts = scripts_folder(room, sizeof room)};
    run->state = state_new(&options, &error);
    if (run->state == NULL) {
        fprintf(stderr, "drsh: %s\n", error.message);
        return EXIT_FAILED;
    }
    lua_State *L = run->state->L;
    lua_pushcfunction(L, begin);
    lua_pushlightuserdata(L, run);
    if (lua_pcall(L, 1, 0, 0) == LUA_OK) {
        run_until_ended(run);
        task_release(run->task);
    } else {
        show_protected(L);
    }
    int asked = run->state->exit_code; /* by os.exit */
    state_free(run->state);
    return asked >= 0 ? asked : run->exit_code;
}

static void print_help(const struct command *command) {
    printf("usage: drsh %s [flags] %s\n\n%s\n\n%s\nFlags and their environment variables:\n", command->name, command->arguments,
           command->summary, command->help);
    config_print_flags(stdout, command->groups);
}

/* A server logs what it does; a command that a person looks at only says what went wrong, unless asked for more. */
static bool set_log_level(const struct command *command) {
    enum log_level level = LOG_LEVEL_WARN;
    bool serves = (command->groups & CONFIG_LISTEN) != 0;
    if ((serves || config_is_set("DRSH_LOG_LEVEL")) && !log_level_parse(config_get("DRSH_LOG_LEVEL"), &level)) {
        fprintf(stderr, "drsh %s: the log level is debug, info, warn or error, not %s\n", command->name,
                config_get("DRSH_LOG_LEVEL"));
        return false;
    }
    log_set_level(level);
    return true;
}

int command_main(const struct command *command, int argc, char **argv) {
    struct error error;
    for (int i = 1; i < argc && argv[i][0] == '-'; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            print_help(command);
            return EXIT_DONE;
        }
    }
    int first = config_read(argc, argv, command->groups, &error);
    if (first < 0) {
        fprintf(stderr, "drsh %s: %s\n", command->name, error.message);
        return EXIT_USAGE;
    }
    if (!set_log_level(command)) {
        return EXIT_USAGE;
    }
    struct run run = {.command = command, .argc = argc - first, .argv = argv + first, .exit_code = EXIT_FAILED};
    int code = run_body(&run);
    config_clear();
    return code;
}
