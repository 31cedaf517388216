/* require "subprocess" (trusted): runs a program, without a shell.
 *
 * subprocess.run{ program, argument ... [, timeout=60: real seconds] [, limit=1048576: bytes of standard output] }
 *   |-> {code: integer, stdout: string, stderr: string}     stderr: its first 4,096 bytes
 *   |-> {signal: integer, stdout=, stderr=}                 a signal ended it
 *   |-> raises              {code=, message=}: SUBPROCESS_START, SUBPROCESS_TIMEOUT, SUBPROCESS_OUTPUT_TOO_LARGE (killed)
 *   `-> raises a string     no program, an argument that is no text, an unknown field
 * It waits. A task that is cancelled meanwhile kills the program.
 */
#include <lauxlib.h>
#include <string.h>

#include "base/subprocess.h"
#include "lua/binding.h"
#include "lua/modules.h"

#define SUBPROCESS "drsh.subprocess"

enum { ARGUMENTS_MAX = 256 };

struct lua_subprocess {
    struct binding_operation operation;
    struct subprocess subprocess;
    struct waiter relay; /* the subprocess's waiter: finishes the operation */
};

static void relay_done(struct waiter *relay) {
    struct lua_subprocess *self = (struct lua_subprocess *)((char *)relay - offsetof(struct lua_subprocess, relay));
    pending_finish(&self->operation.pending);
}

static void cancel(struct pending *pending) {
    pending_cancel(&((struct lua_subprocess *)pending)->subprocess.pending);
}

static int subprocess_close(lua_State *L) {
    struct lua_subprocess *self = luaL_checkudata(L, 1, SUBPROCESS);
    pending_cancel(&self->operation.pending);
    subprocess_clear(&self->subprocess);
    return 0;
}

static void set_text(lua_State *L, const char *name, const struct buffer *text) {
    lua_pushlstring(L, text->length > 0 ? text->data : "", text->length);
    lua_setfield(L, -2, name);
}

static int finish(lua_State *L, struct binding_operation *operation) {
    const struct subprocess *subprocess = &((struct lua_subprocess *)operation)->subprocess;
    if (subprocess->error.code[0] != '\0') {
        return binding_raise(L, &subprocess->error);
    }
    lua_createtable(L, 0, 3);
    lua_pushinteger(L, subprocess->signal_number != 0 ? subprocess->signal_number : subprocess->exit_code);
    lua_setfield(L, -2, subprocess->signal_number != 0 ? "signal" : "code");
    set_text(L, "stdout", &subprocess->output);
    set_text(L, "stderr", &subprocess->problems);
    return 1;
}

/* A number of the table, which is not to be negative; 0 if it is not there. */
static lua_Number option(lua_State *L, const char *name) {
    lua_getfield(L, 1, name);
    lua_Number value = luaL_optnumber(L, -1, 0);
    luaL_argcheck(L, value >= 0 && value <= 1 << 30, 1, name);
    lua_pop(L, 1);
    return value;
}

static void check_names(lua_State *L) {
    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
        const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : NULL;
        if (name != NULL && strcmp(name, "timeout") != 0 && strcmp(name, "limit") != 0) {
            luaL_error(L, "subprocess.run: unknown field '%s'", name);
        }
    }
}

/* The arguments; the strings live in the table, the array until the call's end. */
static char **check_arguments(lua_State *L) {
    lua_Unsigned count = lua_rawlen(L, 1);
    luaL_argcheck(L, count >= 1 && count <= ARGUMENTS_MAX, 1, "a program and at most 255 arguments expected");
    char **arguments = lua_newuserdatauv(L, (size_t)(count + 1) * sizeof *arguments, 0);
    for (lua_Unsigned i = 0; i < count; i++) {
        size_t length = 0;
        int type = lua_rawgeti(L, 1, (lua_Integer)i + 1);
        const char *text = type == LUA_TSTRING ? lua_tolstring(L, -1, &length) : NULL;
        if (text == NULL || strlen(text) != length) {
            luaL_error(L, "subprocess.run: argument %d is no text", (int)i + 1);
        }
        arguments[i] = (char *)text; /* posix_spawn only reads */
        lua_pop(L, 1);
    }
    arguments[count] = NULL;
    return arguments;
}

static int subprocess_run(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    check_names(L);
    struct subprocess_request request = {.timeout_ms = (int64_t)(option(L, "timeout") * 1000),
                                         .output_limit = (size_t)option(L, "limit"),
                                         .arguments = check_arguments(L)};
    struct lua_subprocess *self = lua_newuserdatauv(L, sizeof *self, 0);
    memset(self, 0, sizeof *self);
    luaL_setmetatable(L, SUBPROCESS);
    self->relay.wake = relay_done;
    self->operation.pending.cancel = cancel;
    self->subprocess.pending.waiter = &self->relay;
    subprocess_start(binding_services(L)->loop, &self->subprocess, &request);
    return binding_await(L, &self->operation, finish);
}

int luaopen_subprocess(lua_State *L) {
    static const luaL_Reg functions[] = {{"run", subprocess_run}, {NULL, NULL}};
    luaL_newmetatable(L, SUBPROCESS);
    lua_pushcfunction(L, subprocess_close);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, subprocess_close);
    lua_setfield(L, -2, "__close");
    lua_pop(L, 1);
    luaL_newlib(L, functions);
    return 1;
}
