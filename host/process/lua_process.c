#include "process/lua_process.h"

#include <lauxlib.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "lua/binding.h"

#define STOP_WAIT "drsh.process.stopped"

/* Who waits for the signal; one at a time, and the registry knows it while it waits. */
struct stop_wait {
    struct binding_operation operation;
    int signal_number;
    lua_State *L;
};

static const char waiting_key = 0; /* its address is the key in the registry */

static struct stop_wait *waiting(lua_State *L) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &waiting_key);
    struct stop_wait *wait = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return wait;
}

static void forget(struct pending *pending) {
    struct stop_wait *wait = (struct stop_wait *)pending;
    lua_pushnil(wait->L);
    lua_rawsetp(wait->L, LUA_REGISTRYINDEX, &waiting_key);
}

static int close_wait(lua_State *L) {
    struct stop_wait *wait = luaL_checkudata(L, 1, STOP_WAIT);
    pending_cancel(&wait->operation.pending);
    return 0;
}

static int finish(lua_State *L, struct binding_operation *operation) {
    struct stop_wait *wait = (struct stop_wait *)operation;
    lua_pushstring(L, wait->signal_number == SIGINT ? "INT" : "TERM");
    return 1;
}

/* -> "INT" | "TERM" | raises when somebody waits already */
static int stopped(lua_State *L) {
    if (waiting(L) != NULL) {
        return luaL_error(L, "process.stopped: another task waits for the signal already");
    }
    struct stop_wait *wait = lua_newuserdatauv(L, sizeof *wait, 0);
    memset(wait, 0, sizeof *wait);
    if (luaL_newmetatable(L, STOP_WAIT)) {
        lua_pushcfunction(L, close_wait);
        lua_setfield(L, -2, "__gc");
        lua_pushcfunction(L, close_wait);
        lua_setfield(L, -2, "__close");
    }
    lua_setmetatable(L, -2);
    lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
    wait->L = lua_tothread(L, -1);
    lua_pop(L, 1);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &waiting_key);
    wait->operation.pending.counts_on_world = true; /* nothing inside the program will end it */
    wait->operation.pending.cancel = forget;
    return binding_await(L, &wait->operation, finish);
}

bool process_announce_stop(lua_State *L, int signal_number) {
    struct stop_wait *wait = waiting(L);
    if (wait == NULL) {
        return false;
    }
    wait->signal_number = signal_number;
    forget(&wait->operation.pending);
    pending_finish(&wait->operation.pending);
    return true;
}

/* -> integer */
static int id(lua_State *L) {
    lua_pushinteger(L, getpid());
    return 1;
}

int luaopen_process(lua_State *L) {
    static const luaL_Reg functions[] = {{"stopped", stopped}, {"id", id}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
