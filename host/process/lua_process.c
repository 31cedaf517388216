#include "process/lua_process.h"

#include <dirent.h>
#include <errno.h>
#include <lauxlib.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lua/binding.h"
#include "process/worker.h"
#include "runtime/task.h"
#include "runtime/waiting.h"

#define SIGNAL_WAIT "drsh.process.signal"
#define SOCKETS_MAX 1000
#define PAUSE "drsh.process.pause"

/* Who waits for a signal; one at a time for each kind, and the registry knows it while it waits. */
struct signal_wait {
    struct binding_operation operation;
    const char *key; /* its address is the key in the registry */
    int signal_number;
    lua_State *L;
};

static const char stop_key = 0, hang_up_key = 0;

static struct signal_wait *waiting(lua_State *L, const char *key) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, key);
    struct signal_wait *wait = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return wait;
}

static void forget(struct pending *pending) {
    struct signal_wait *wait = (struct signal_wait *)pending;
    lua_pushnil(wait->L);
    lua_rawsetp(wait->L, LUA_REGISTRYINDEX, wait->key);
}

static int close_wait(lua_State *L) {
    struct signal_wait *wait = luaL_checkudata(L, 1, SIGNAL_WAIT);
    pending_cancel(&wait->operation.pending);
    return 0;
}

static int wait_for_signal(lua_State *L, const char *key, int (*finish)(lua_State *, struct binding_operation *)) {
    if (waiting(L, key) != NULL) {
        return luaL_error(L, "another task waits for the signal already");
    }
    struct signal_wait *wait = waiting_operation(L, sizeof *wait, SIGNAL_WAIT);
    lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
    wait->L = lua_tothread(L, -1);
    lua_pop(L, 1);
    wait->key = key;
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, key);
    wait->operation.pending.counts_on_world = true; /* nothing inside the program will end it */
    wait->operation.pending.cancel = forget;
    return binding_await(L, &wait->operation, finish);
}

bool process_announce(lua_State *L, int signal_number) {
    struct signal_wait *wait = waiting(L, signal_number == SIGHUP ? &hang_up_key : &stop_key);
    if (wait == NULL) {
        return false;
    }
    wait->signal_number = signal_number;
    forget(&wait->operation.pending);
    pending_finish(&wait->operation.pending);
    return true;
}

static int stopped_finish(lua_State *L, struct binding_operation *operation) {
    struct signal_wait *wait = (struct signal_wait *)operation;
    lua_pushstring(L, wait->signal_number == SIGINT ? "INT" : "TERM");
    return 1;
}

static int stopped(lua_State *L) {
    return wait_for_signal(L, &stop_key, stopped_finish);
}

static int hung_up_finish(lua_State *L, struct binding_operation *operation) {
    (void)operation;
    lua_pushboolean(L, true);
    return 1;
}

static int hung_up(lua_State *L) {
    return wait_for_signal(L, &hang_up_key, hung_up_finish);
}

/* --- pause(seconds) --- */

struct pause {
    struct binding_operation operation;
    struct loop_timer timer;
};

static int pause_close(lua_State *L) {
    loop_timer_stop(&((struct pause *)luaL_checkudata(L, 1, PAUSE))->timer);
    return 0;
}

static void pause_cancel(struct pending *pending) {
    loop_timer_stop(&((struct pause *)pending)->timer);
}

static void pause_over(struct loop_timer *timer) {
    pending_finish(&((struct pause *)((char *)timer - offsetof(struct pause, timer)))->operation.pending);
}

static int pause_finish(lua_State *L, struct binding_operation *operation) {
    (void)L;
    (void)operation;
    return 0;
}

static int pause_lua(lua_State *L) {
    int64_t delay_us = waiting_seconds(L, 1);
    struct pause *pause = waiting_operation(L, sizeof *pause, PAUSE);
    pause->operation.pending.cancel = pause_cancel;
    if (!loop_timer_start(binding_services(L)->loop, &pause->timer, LOOP_REAL, delay_us, pause_over)) {
        return luaL_error(L, "no memory for a timer");
    }
    return binding_await(L, &pause->operation, pause_finish);
}

/* --- what does not wait --- */

static int ready(lua_State *L) {
    const char *url = luaL_checkstring(L, 1);
    if (!worker_ready()) {
        printf("listening on %s\n", url);
        fflush(stdout);
    }
    return 0;
}

static int worker(lua_State *L) {
    int index = worker_index();
    if (index < 0) {
        lua_pushnil(L);
    } else {
        lua_pushinteger(L, index + 1);
    }
    return 1;
}

/* path -> true | nil, why: a folder that only this user may enter; made if it is not there */
static int private_folder(lua_State *L) {
    const char *path = luaL_checkstring(L, 1);
    struct stat status;
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        lua_pushnil(L);
        lua_pushfstring(L, "cannot make the folder %s: %s", path, strerror(errno));
        return 2;
    }
    if (lstat(path, &status) != 0 || !S_ISDIR(status.st_mode) || status.st_uid != geteuid() || (status.st_mode & 077) != 0) {
        lua_pushnil(L);
        lua_pushfstring(L, "%s should be a folder that belongs to this user and that nobody else may enter (mode 0700)", path);
        return 2;
    }
    lua_pushboolean(L, true);
    return 1;
}

static int is_socket_name(const struct dirent *entry) {
    size_t length = strlen(entry->d_name);
    return entry->d_name[0] != '.' && length > 5 && strcmp(entry->d_name + length - 5, ".sock") == 0;
}

/* folder -> the names of the sockets in it, sorted */
static int sockets(lua_State *L) {
    struct dirent **entries = NULL;
    const char *folder = luaL_checkstring(L, 1);
    lua_newtable(L);
    int count = scandir(folder, &entries, is_socket_name, alphasort);
    for (int i = 0; i < count; i++) {
        if (lua_checkstack(L, 2) && i < SOCKETS_MAX) {
            lua_pushstring(L, entries[i]->d_name);
            lua_rawseti(L, -2, i + 1);
        }
        free(entries[i]);
    }
    free(entries);
    return 1;
}

/* -> integer */
static int user(lua_State *L) {
    lua_pushinteger(L, geteuid());
    return 1;
}

/* -> integer */
static int id(lua_State *L) {
    lua_pushinteger(L, getpid());
    return 1;
}

/* -> integer: the master's, in a worker */
static int parent(lua_State *L) {
    lua_pushinteger(L, getppid());
    return 1;
}

static struct scheduler *interrupted;
static struct sigaction before_interrupts;

/* A task that computes without a pause keeps the event loop from hearing of the signal. */
static void interrupt(int number) {
    if (!scheduler_interrupt(interrupted) && before_interrupts.sa_handler != SIG_DFL &&
        before_interrupts.sa_handler != SIG_IGN) {
        before_interrupts.sa_handler(number);
    }
}

/* -> From now on SIGINT ends the task that runs, if one does; else it is heard by process.stopped. */
static int interruptible(lua_State *L) {
    struct sigaction action = {.sa_handler = interrupt, .sa_flags = SA_RESTART};
    if (interrupted == NULL) {
        interrupted = scheduler_of(L);
        sigfillset(&action.sa_mask);
        sigaction(SIGINT, &action, &before_interrupts);
    }
    return 0;
}

int luaopen_process(lua_State *L) {
    static const luaL_Reg functions[] = {{"stopped", stopped}, {"interruptible", interruptible},
                                         {"hung_up", hung_up}, {"ready", ready},
                                         {"worker", worker},   {"pause", pause_lua},
                                         {"id", id},           {"private_folder", private_folder},
                                         {"sockets", sockets}, {"user", user},
                                         {"parent", parent},   {NULL, NULL}};
    waiting_type(L, SIGNAL_WAIT, close_wait, NULL);
    waiting_type(L, PAUSE, pause_close, NULL);
    luaL_newlib(L, functions);
    return 1;
}
