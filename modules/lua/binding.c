#include "lua/binding.h"

#include "lua/metatable.h"

#define ERROR_METATABLE "drsh.error"

static const char services_key = 0; /* its address is the key in the registry */

struct binding_task *binding_task(lua_State *L) {
    return *(struct binding_task **)lua_getextraspace(L);
}

/* The one continuation of all that waits: reached directly when the operation was done at once, by the scheduler else. The
 * operation is held on the stack and closed when the primitive returns or fails. */
static int continue_operation(lua_State *L, int status, lua_KContext context) {
    (void)status;
    struct binding_operation *operation = (struct binding_operation *)context;
    if (!operation->pending.done) {
        return luaL_error(L, "a task was resumed before what it waits for was done");
    }
    return operation->finish(L, operation);
}

int binding_await(lua_State *L, struct binding_operation *operation,
                  int (*finish)(lua_State *L, struct binding_operation *operation)) {
    struct binding_task *task = binding_task(L);
    operation->finish = finish;
    lua_toclose(L, -1);
    if (operation->pending.done) {
        return continue_operation(L, LUA_OK, (lua_KContext)operation);
    }
    if (task == NULL) {
        return luaL_error(L, "attempt to wait outside a task: a coroutine made with coroutine.create or coroutine.wrap, the "
                             "loading of a file and a __close that runs after a cancel cannot wait; use task.spawn");
    }
    if (!lua_isyieldable(L)) {
        return luaL_error(L, "attempt to wait inside a call that cannot wait (require, table.sort, string.gsub, tostring); "
                             "do the waiting before it");
    }
    operation->pending.waiter = &task->waiter;
    task->awaited = &operation->pending;
    return lua_yieldk(L, 0, (lua_KContext)operation, continue_operation);
}

void binding_push_context(lua_State *L) {
    struct binding_task *task = binding_task(L);
    if (task == NULL || task->context_ref == LUA_NOREF) {
        lua_pushnil(L);
        return;
    }
    lua_rawgeti(L, LUA_REGISTRYINDEX, task->context_ref);
}

void binding_set_services(lua_State *L, struct binding_services *services) {
    lua_pushlightuserdata(L, services);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &services_key);
}

struct binding_services *binding_services(lua_State *L) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &services_key);
    struct binding_services *services = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return services;
}

static int error_tostring(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_getfield(L, 1, "code");
    lua_getfield(L, 1, "message");
    const char *code = lua_tostring(L, -2);
    const char *message = lua_tostring(L, -1);
    lua_pushfstring(L, "%s: %s", code != NULL ? code : "ERROR", message != NULL ? message : "(no message)");
    return 1;
}

void binding_push_error(lua_State *L, const char *code, const char *message) {
    static const luaL_Reg methods[] = {{"__tostring", error_tostring}, {NULL, NULL}};
    lua_createtable(L, 0, 4);
    lua_pushstring(L, code);
    lua_setfield(L, -2, "code");
    lua_pushstring(L, message);
    lua_setfield(L, -2, "message");
    metatable_set(L, ERROR_METATABLE, methods, "error"); /* no script may change what all errors share */
}

int binding_raise(lua_State *L, const struct error *error) {
    binding_push_error(L, error->code, error->message);
    return lua_error(L);
}
