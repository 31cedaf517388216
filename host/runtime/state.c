#include "runtime/state.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "lua/modules.h"
#include "process/log.h"
#include "runtime/host_modules.h"
#include "runtime/pattern.h"
#include "version.h"

#define DEFAULT_MEMORY_LIMIT ((size_t)1 << 30)

static const char state_key = 0; /* its address is the key in the registry */

/* lua_Alloc with a count and a cap. When it refuses, Lua collects garbage and asks for the same once more before it raises;
 * luaL_Buffer raises at once. So a refusal is final when what is asked for next, while it is not forgotten, is not granted or is
 * something else. */
static void *allocate(void *data, void *block, size_t old_size, size_t new_size) {
    struct scheduler_memory *memory = data;
    size_t held = block == NULL ? 0 : old_size;
    if (new_size == 0) {
        free(block);
        memory->used -= held;
        return NULL;
    }
    if (new_size > held && (memory->used > memory->limit || new_size - held > memory->limit - memory->used)) {
        memory->refused = memory->pressed != 0 ? memory->pressed : memory->refused;
        memory->pressed = new_size;
        return NULL;
    }
    void *result = realloc(block, new_size);
    if (result != NULL && new_size > held) {
        memory->refused = memory->pressed != 0 && memory->pressed != new_size ? memory->pressed : memory->refused;
        memory->pressed = 0;
    }
    if (result != NULL) {
        memory->used = memory->used - held + new_size;
    }
    return result;
}

static int panic(lua_State *L) {
    const char *message = lua_tostring(L, -1);
    log_write(LOG_LEVEL_ERROR, "Lua failed where nothing could catch it", "error", message, NULL);
    return 0; /* Lua aborts */
}

/* os.exit([code]): ends the program in order: tasks are cancelled, files flushed, the state closed. */
static int exit_in_order(lua_State *L) {
    struct state *state = state_of(L);
    if (lua_isboolean(L, 1)) {
        state->exit_code = lua_toboolean(L, 1) ? 0 : 1;
    } else {
        state->exit_code = (int)luaL_optinteger(L, 1, 0);
    }
    loop_stop(state->loop);
    return task_leave(L);
}

static void set_package_path(lua_State *L, const char *scripts) {
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "path");
    lua_pushfstring(L, "%s/?.lua;%s/?/init.lua;%s", scripts, scripts, lua_tostring(L, -1));
    lua_setfield(L, -3, "path");
    lua_pop(L, 2);
}

/* Protected: everything that may raise while a state is furnished. */
static int furnish(lua_State *L) {
    struct state *state = lua_touserdata(L, 1);
    luaL_openlibs(L);
    lua_pushlightuserdata(L, state);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &state_key);
    binding_set_services(L, &state->services);
    state->scheduler = scheduler_new(L, state->loop);
    if (state->scheduler == NULL) {
        return luaL_error(L, "no memory for the scheduler");
    }
    scheduler_watch_memory(state->scheduler, &state->memory);
    pattern_guard(L);
    set_package_path(L, state->scripts);
    lua_getglobal(L, "os");
    lua_pushcfunction(L, exit_in_order);
    lua_setfield(L, -2, "exit");
    lua_pop(L, 1);
    host_modules_open(L);
    modules_open(L);
    return 0;
}

/* Proxies as everybody names them; written small they go first, as with curl and Python. */
static const char *proxy_of(const char *small, const char *large) {
    const char *proxy = config_get(small);
    return proxy != NULL ? proxy : config_get(large);
}

static const char *proxy_for(const char *small, const char *large) {
    const char *proxy = proxy_of(small, large);
    return proxy != NULL ? proxy : proxy_of("all_proxy", "ALL_PROXY");
}

static bool open_state(struct state *state, struct error *error) {
    struct http_options http = {.user_agent = "drsh/" DRSH_VERSION,
                                .ca_bundle = config_get("AWS_CA_BUNDLE"),
                                .http_proxy = proxy_for("http_proxy", "HTTP_PROXY"),
                                .https_proxy = proxy_for("https_proxy", "HTTPS_PROXY"),
                                .no_proxy = proxy_of("no_proxy", "NO_PROXY")};
    state->loop = loop_new();
    if (state->loop == NULL) {
        return error_set(error, "NO_MEMORY", "no memory for the event loop");
    }
    state->http = http_client_new(state->loop, &http, error);
    if (state->http == NULL) {
        return false;
    }
    state->services.loop = state->loop;
    state->services.http = state->http;
    state->services.log = log_write_members;
    state->services.log_enabled = log_wants;
    state->L = lua_newstate(allocate, &state->memory);
    if (state->L == NULL) {
        return error_set(error, "NO_MEMORY", "no memory for the Lua state");
    }
    lua_atpanic(state->L, panic);
    lua_pushcfunction(state->L, furnish);
    lua_pushlightuserdata(state->L, state);
    if (lua_pcall(state->L, 1, 0, 0) != LUA_OK) {
        return error_set(error, "LUA", "cannot open the Lua state: %s", lua_tostring(state->L, -1));
    }
    return true;
}

struct state *state_new(const struct state_options *options, struct error *error) {
    struct state *state = calloc(1, sizeof *state);
    if (state == NULL) {
        error_set(error, "NO_MEMORY", "no memory for the Lua state");
        return NULL;
    }
    state->exit_code = -1;
    state->memory.most = options->memory_limit > 0 ? options->memory_limit : DEFAULT_MEMORY_LIMIT;
    state->memory.limit = state->memory.most;
    state->scripts = strdup(options->scripts);
    if (state->scripts == NULL || !open_state(state, error)) {
        state_free(state);
        return NULL;
    }
    return state;
}

void state_free(struct state *state) {
    if (state == NULL) {
        return;
    }
    if (state->L != NULL) {
        scheduler_close(state->scheduler);
        lua_close(state->L);
    }
    scheduler_free(state->scheduler);
    http_client_free(state->http);
    loop_free(state->loop);
    free(state->scripts);
    free(state);
}

struct state *state_of(lua_State *L) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &state_key);
    struct state *state = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return state;
}
