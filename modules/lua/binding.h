/* What every binding shares: waiting, raising, the task's context. Read task.h (host/runtime), pending.h and this file, in any
 * order, and you know how a script waits.
 *
 * The fixed shape of a primitive that waits:
 *     1. check the arguments (luaL_check*, luaL_argerror)
 *     2. make the operation as a userdata whose metatable has __gc and __close = one idempotent function that cancels and
 * clears
 *     3. start it
 *     4. return binding_await(L, operation, finish);
 * `finish` pushes the results (or raises) and returns their number. It runs on the same stack whether the operation was done at
 * once or the task slept. If the task is cancelled meanwhile, lua_resetthread closes the operation. */
#ifndef DRSH_LUA_BINDING_H
#define DRSH_LUA_BINDING_H

#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>

#include "base/error.h"
#include "base/http.h"
#include "base/loop.h"
#include "base/pending.h"

/* An operation of a binding: a full userdata that begins with this. */
struct binding_operation {
    struct pending pending;
    int (*finish)(lua_State *L, struct binding_operation *operation);
};

/* What the host sets in the extra space of each task's thread (lua_getextraspace holds one pointer to it). A thread without it
 * is no task: the main thread, a coroutine that a script made. It cannot wait. */
struct binding_task {
    struct waiter waiter;
    int context_ref;         /* registry reference of the task's context table, LUA_NOREF if none */
    struct pending *awaited; /* what it waits for, NULL while it runs */
};

/* The operation is the userdata on top of the stack. Raises "attempt to wait outside a task ..." when the thread is no task. */
int binding_await(lua_State *L, struct binding_operation *operation,
                  int (*finish)(lua_State *L, struct binding_operation *operation));

/* The running task, NULL outside one. */
struct binding_task *binding_task(lua_State *L);
/* Pushes the running task's context table (fields: requestId, actions, script, generation ...), or nil. */
void binding_push_context(lua_State *L);

/* What the host puts into the state for the bindings. */
struct binding_services {
    struct loop *loop;
    struct http_client *http;
    /* A line of the log. Levels: 0 debug, 1 info, 2 warn, 3 error; `members` is the inside of a JSON object, or "". */
    void (*log)(int level, const char *message, const char *members);
    bool (*log_enabled)(int level);
};
void binding_set_services(lua_State *L, struct binding_services *services);
struct binding_services *binding_services(lua_State *L);

/* Raises an error table {code=, message=} whose tostring is "CODE: message". Scripts read e.code. Misuse of a function is not
 * raised with this but with luaL_error / luaL_argerror: a plain string with the argument's name. */
int binding_raise(lua_State *L, const struct error *error);
/* Pushes such a table without raising, for callers that add fields. */
void binding_push_error(lua_State *L, const char *code, const char *message);

#endif
