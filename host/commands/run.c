#include "commands/run.h"

#include <event2/event.h>
#include <lauxlib.h>
#include <signal.h>
#include <stdio.h>

#include "config.h"
#include "runtime/compile.h"
#include "runtime/state.h"

struct run {
    struct state *state;
    struct task *task;
    int argc;
    char **argv;
    int exit_code;
};

static int show_error(lua_State *L) {
    const char *message = luaL_tolstring(L, 1, NULL);
    fprintf(stderr, "drsh: %s\n", message);
    if (lua_type(L, 2) == LUA_TSTRING) {
        fprintf(stderr, "%s\n", lua_tostring(L, 2));
    }
    return 0;
}

static void ended(struct task *task, enum task_status status, lua_State *thread, void *data) {
    struct run *run = data;
    (void)task;
    if (status == TASK_OK) {
        run->exit_code = 0;
    } else if (status != TASK_CANCELLED) {
        run->exit_code = 1;
        lua_pushcfunction(thread, show_error);
        lua_insert(thread, 1);
        if (lua_pcall(thread, 2, 0, 0) != LUA_OK) {
            fprintf(stderr, "drsh: an error that cannot be shown\n");
        }
    }
    loop_stop(run->state->loop);
}

static void interrupted(evutil_socket_t signal_number, short what, void *data) {
    struct run *run = data;
    (void)signal_number;
    (void)what;
    run->exit_code = 130;
    task_cancel(run->task);
    loop_stop(run->state->loop);
}

static int begin(lua_State *L) {
    struct run *run = lua_touserdata(L, 1);
    struct task_options options = {.ended = ended, .data = run};
    lua_newtable(L);
    for (int i = 0; i < run->argc; i++) {
        lua_pushstring(L, run->argv[i]);
        lua_rawseti(L, -2, i);
    }
    lua_setglobal(L, "arg");
    if (compile_file(L, run->argv[0]) != LUA_OK) {
        return lua_error(L);
    }
    for (int i = 1; i < run->argc; i++) {
        lua_pushstring(L, run->argv[i]);
    }
    run->task = task_start(L, run->argc - 1, &options);
    return 0;
}

static int run_file(struct run *run) {
    lua_State *L = run->state->L;
    lua_pushcfunction(L, begin);
    lua_pushlightuserdata(L, run);
    if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
        fprintf(stderr, "drsh: %s\n", lua_tostring(L, -1));
        return 1;
    }
    struct event *interrupt = evsignal_new(loop_event_base(run->state->loop), SIGINT, interrupted, run);
    if (interrupt != NULL) {
        event_add(interrupt, NULL);
    }
    loop_run(run->state->loop);
    if (interrupt != NULL) {
        event_free(interrupt);
    }
    task_release(run->task);
    return run->state->exit_code >= 0 ? run->state->exit_code : run->exit_code;
}

int run_command(int argc, char **argv) {
    struct error error;
    const char *scripts = config_get("DRSH_SCRIPTS");
    if (argc < 2) {
        fprintf(stderr, "usage: drsh run FILE [arguments]\n");
        return 2;
    }
    struct state_options options = {.scripts = scripts != NULL ? scripts : "scripts"};
    struct run run = {.argc = argc - 1, .argv = argv + 1, .exit_code = 1};
    run.state = state_new(&options, &error);
    if (run.state == NULL) {
        fprintf(stderr, "drsh: %s\n", error.message);
        return 1;
    }
    int code = run_file(&run);
    state_free(run.state);
    return code;
}
