#include "commands/command.h"

#include <event2/event.h>
#include <lauxlib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "process/board.h"
#include "process/interrupt.h"
#include "process/log.h"
#include "process/lua_process.h"
#include "process/master.h"
#include "process/worker.h"
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

/* Pushes the string field of the error at index 1; false, and nothing, if it is no table that has one. */
static bool push_field(lua_State *L, const char *name) {
    if (lua_type(L, 1) != LUA_TTABLE) {
        return false;
    }
    lua_pushstring(L, name);
    if (lua_rawget(L, 1) == LUA_TSTRING) {
        return true;
    }
    lua_pop(L, 1);
    return false;
}

/* error, traceback | nil, run -> ; an AWS or host error is a sentence, anything else shows where it came from. One whose code is
 * USAGE means that the command was used wrongly. */
static int show_error(lua_State *L) {
    struct run *run = lua_touserdata(L, 3);
    if (push_field(L, "code") && strcmp(lua_tostring(L, -1), "USAGE") == 0) {
        run->exit_code = EXIT_USAGE;
    }
    if (luaL_getmetafield(L, 1, "__tostring") != LUA_TNIL || !push_field(L, "message")) {
        luaL_tolstring(L, 1, NULL);
    }
    fprintf(stderr, "drsh: %s\n", lua_tostring(L, -1));
    if (lua_type(L, 2) == LUA_TSTRING && lua_type(L, 1) == LUA_TSTRING) {
        fprintf(stderr, "%s\n", lua_tostring(L, 2));
    }
    return 0;
}

static void show_protected(lua_State *L, struct run *run) {
    lua_settop(L, 2);
    lua_pushcfunction(L, show_error);
    lua_insert(L, 1);
    lua_pushlightuserdata(L, run);
    if (lua_pcall(L, 3, 0, 0) != LUA_OK) {
        fprintf(stderr, "drsh: an error that cannot be shown\n");
    }
}

static void ended(struct task *task, enum task_status status, lua_State *thread, void *data) {
    struct run *run = data;
    if (status == TASK_OK) {
        run->exit_code = lua_isinteger(thread, 1) ? (int)lua_tointeger(thread, 1) : EXIT_DONE;
    } else if (status != TASK_CANCELLED) {
        run->exit_code = EXIT_FAILED;
        task_observe(task);
        show_protected(thread, run);
    } else if (interrupt_signal() != 0) {
        run->exit_code = interrupt_signal() == SIGINT ? EXIT_INTERRUPTED : EXIT_TERMINATED;
    }
    loop_stop(run->state->loop);
}

/* A body that waits for the signal (process.stopped) ends by itself, in order; a second signal, or a body that does not, is
 * cut. */
static void stop(evutil_socket_t signal_number, short what, void *data) {
    struct run *run = data;
    (void)what;
    run->exit_code = signal_number == SIGINT ? EXIT_INTERRUPTED : EXIT_TERMINATED;
    if (!process_announce(run->state->L, (int)signal_number)) {
        task_cancel(run->task);
        loop_stop(run->state->loop);
    }
}

static void hang_up(evutil_socket_t signal_number, short what, void *data) {
    (void)what;
    process_announce(((struct run *)data)->state->L, (int)signal_number);
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
    bool is_server = (run->command->groups & CONFIG_SERVE) != 0;
    const struct {
        int number;
        event_callback_fn call;
        bool wanted;
    } signals[] = {{SIGINT, stop, worker_index() < 0}, {SIGTERM, stop, true}, {SIGHUP, hang_up, is_server}};
    struct event *events[3] = {NULL};
    struct event_base *base = loop_event_base(run->state->loop);
    for (int i = 0; i < 3; i++) {
        events[i] = signals[i].wanted ? evsignal_new(base, signals[i].number, signals[i].call, run) : NULL;
        if (events[i] != NULL) {
            event_add(events[i], NULL);
        }
    }
    interrupt_begin(run->state->scheduler);
    worker_begin(run->state);
    loop_run(run->state->loop);
    worker_end();
    interrupt_end();
    for (int i = 0; i < 3; i++) {
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

/* A setting that is a whole number; `otherwise` when it is none that makes sense. */
static long number_setting(const char *name, long least, long most, long otherwise) {
    const char *text = config_get(name);
    char *end = NULL;
    long value = text == NULL ? 0 : strtol(text, &end, 10);
    return end != NULL && end != text && *end == '\0' && value >= least && value <= most ? value : otherwise;
}

static int run_body(struct run *run) {
    struct error error;
    char room[4096];
    struct state_options options = {.scripts = scripts_folder(room, sizeof room)};
    if ((run->command->groups & CONFIG_SERVE) != 0) {
        options.memory_limit = (size_t)number_setting("DRSH_MEMORY", 64, 1L << 20, 1024) << 20;
    }
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
        show_protected(L, run);
    }
    int asked = run->state->exit_code; /* by os.exit */
    state_free(run->state);
    return asked >= 0 ? asked : run->exit_code;
}

/* How many processes are wanted; 0 when what was asked for makes no sense, which is said. */
static int workers_wanted(const struct command *command) {
    const char *text = config_get("DRSH_WORKERS");
    bool is_auto = text != NULL && strcmp(text, "auto") == 0;
    if ((command->groups & CONFIG_SERVE) == 0) {
        return 1;
    }
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    long count = is_auto ? processors : number_setting("DRSH_WORKERS", 1, BOARD_WORKERS_MAX, 0);
    if (count < 1) {
        fprintf(stderr, "drsh serve: --workers should be a number from 1 to %d, or auto, not %s\n", BOARD_WORKERS_MAX, text);
        return 0;
    }
    if (config_flag("DRSH_LOCAL") && count > 1) {
        if (is_auto) {
            return 1;
        }
        fprintf(stderr,
                "drsh serve: with --local the local AWS lives in the one process that serves: say --workers 1, or start\n"
                "`drsh local` beside it and give its address with --endpoint-url\n");
        return 0;
    }
    return count < BOARD_WORKERS_MAX ? (int)count : BOARD_WORKERS_MAX;
}

static int work(void *data) {
    int code = run_body(data);
    config_clear();
    return code;
}

static int run_workers(struct run *run, int workers) {
    struct master_options options = {
        .workers = workers,
        .listen = config_get("DRSH_LISTEN"),
        .watchdog_us = number_setting("DRSH_WATCHDOG", 1, 86400, 10) * 1000000LL,
        .drain_us = number_setting("DRSH_DRAIN", 0, 86400, 30) * 1000000LL,
        .work = work,
        .data = run,
    };
    return master_run(&options);
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
    bool anywhere = (command->groups & CONFIG_TOOL) != 0;
    for (int i = 1; i < argc && (anywhere || argv[i][0] == '-'); i++) {
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
    int workers = workers_wanted(command);
    int code = workers == 0 ? EXIT_USAGE : workers == 1 ? run_body(&run) : run_workers(&run, workers);
    config_clear();
    return code;
}
