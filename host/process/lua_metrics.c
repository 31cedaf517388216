#include "process/lua_metrics.h"

#include <lauxlib.h>

#include "process/board.h"
#include "process/worker.h"
#include "runtime/state.h"

static int add(lua_State *L) {
    board_add(luaL_checkstring(L, 1), luaL_optnumber(L, 2, 1));
    return 0;
}

static int set_generation(lua_State *L) {
    lua_Integer number = luaL_checkinteger(L, 1);
    lua_Integer fingerprint = luaL_checkinteger(L, 2);
    struct board_slot *slot = board_own();
    if (slot != NULL) {
        atomic_store(&slot->fingerprint, (uint64_t)fingerprint);
        atomic_store(&slot->generation, (uint64_t)number);
    }
    return 0;
}

/* A generation's number, the same in all workers that have the same files. */
static int generation_number(lua_State *L) {
    uint64_t fingerprint = (uint64_t)luaL_checkinteger(L, 1), number = 0;
    if (worker_index() < 0) {
        return 0;
    }
    for (int i = 0; i < board_workers(); i++) {
        struct board_slot *slot = board_slot(i);
        uint64_t known = atomic_load(&slot->generation);
        if (i != worker_index() && known > 0 && atomic_load(&slot->fingerprint) == fingerprint) {
            lua_pushinteger(L, (lua_Integer)known);
            return 1;
        }
        number = known > number ? known : number;
    }
    lua_pushinteger(L, (lua_Integer)number + 1);
    return 1;
}

static void set_integer(lua_State *L, const char *name, lua_Integer value) {
    lua_pushinteger(L, value);
    lua_setfield(L, -2, name);
}

/* Adds a slot's counters to the table at index 1. */
static void sum(lua_State *L, const struct board_slot *slot) {
    int count = atomic_load_explicit(&slot->series_count, memory_order_acquire);
    for (int i = 0; i < count; i++) {
        lua_getfield(L, 1, slot->series[i].key);
        lua_pushnumber(L, lua_tonumber(L, -1) + board_value(&slot->series[i]));
        lua_setfield(L, 1, slot->series[i].key);
        lua_pop(L, 1);
    }
}

static int collect(lua_State *L) {
    struct board_slot *own = board_own();
    lua_settop(L, 0);
    lua_newtable(L);
    lua_newtable(L);
    if (own != NULL) {
        atomic_store(&own->memory, state_of(L)->memory.used);
    }
    for (int i = 0; i < board_workers(); i++) {
        struct board_slot *slot = board_slot(i);
        sum(L, slot);
        lua_createtable(L, 0, 6);
        set_integer(L, "worker", i + 1);
        set_integer(L, "pid", atomic_load(&slot->pid));
        set_integer(L, "ready", atomic_load(&slot->is_ready) ? 1 : 0);
        set_integer(L, "memory", (lua_Integer)atomic_load(&slot->memory));
        set_integer(L, "generation", (lua_Integer)atomic_load(&slot->generation));
        set_integer(L, "restarts", (lua_Integer)atomic_load(&slot->restarts));
        lua_rawseti(L, 2, i + 1);
    }
    return 2;
}

int luaopen_metrics(lua_State *L) {
    static const luaL_Reg functions[] = {{"add", add},
                                         {"set_generation", set_generation},
                                         {"collect", collect},
                                         {"generation_number", generation_number},
                                         {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
