#include "runtime/lua_task.h"

#include <lauxlib.h>
#include <stddef.h>
#include <string.h>

#include "base/clock.h"
#include "runtime/lua_event.h"
#include "runtime/task.h"
#include "runtime/waiting.h"

#define HANDLE "drsh.task"
#define SLEEP "drsh.task.sleep"
#define JOIN "drsh.task.join"

/* --- sleep(seconds): nothing --- */

struct sleep {
    struct binding_operation operation;
    struct loop_timer timer;
};

static int sleep_close(lua_State *L) {
    struct sleep *sleep = luaL_checkudata(L, 1, SLEEP);
    loop_timer_stop(&sleep->timer);
    return 0;
}

static void sleep_cancel(struct pending *pending) {
    loop_timer_stop(&((struct sleep *)pending)->timer);
}

static void sleep_over(struct loop_timer *timer) {
    struct sleep *sleep = (struct sleep *)((char *)timer - offsetof(struct sleep, timer));
    pending_finish(&sleep->operation.pending);
}

static int sleep_finish(lua_State *L, struct binding_operation *operation) {
    (void)L;
    (void)operation;
    return 0;
}

static int task_lua_sleep(lua_State *L) {
    int64_t delay_us = waiting_seconds(L, 1);
    struct sleep *sleep = waiting_operation(L, sizeof *sleep, SLEEP);
    sleep->operation.pending.counts_on_world = true;
    sleep->operation.pending.cancel = sleep_cancel;
    if (!loop_timer_start(binding_services(L)->loop, &sleep->timer, LOOP_WORLD, delay_us, sleep_over)) {
        return luaL_error(L, "no memory for a timer");
    }
    return binding_await(L, &sleep->operation, sleep_finish);
}

/* --- spawn(fn, ...): handle; handle:join(): what fn returned --- */

static struct task *check_handle(lua_State *L, int index) {
    struct task **handle = luaL_checkudata(L, index, HANDLE);
    luaL_argcheck(L, *handle != NULL, index, "the task is gone");
    return *handle;
}

static int handle_close(lua_State *L) {
    struct task **handle = luaL_checkudata(L, 1, HANDLE);
    if (*handle != NULL) {
        struct task *task = *handle;
        *handle = NULL;
        task_abandon(task);
        task_release(task);
    }
    return 0;
}

/* Starts fn(...), which is all that is on the stack, and leaves the handle. */
static int start(lua_State *L, const struct task_options *options) {
    luaL_checktype(L, 1, LUA_TFUNCTION);
    struct task **handle = lua_newuserdatauv(L, sizeof *handle, 0);
    *handle = NULL;
    luaL_setmetatable(L, HANDLE);
    lua_insert(L, 1);
    *handle = task_start(L, lua_gettop(L) - 2, options);
    return 1;
}

static int task_lua_spawn(lua_State *L) {
    struct task *parent = task_running(L);
    if (parent == NULL) {
        return luaL_error(L, "attempt to start a task outside a task");
    }
    struct task_options options = {.parent = parent};
    return start(L, &options);
}

/* context() -> the task's context table, nil if it has none */
static int task_lua_context(lua_State *L) {
    struct task *task = task_running(L);
    lua_State *thread = task == NULL ? L : task_thread(task);
    binding_push_context(thread);
    if (thread != L) {
        lua_xmove(thread, L, 1);
    }
    return 1;
}

/* A task that no other one owns: it goes on when the one that started it has ended, and its failure is logged. It keeps the
 * context, or it could do what the one that started it may not. */
static int task_lua_background(lua_State *L) {
    struct task_options options = {.parent = NULL};
    luaL_checktype(L, 1, LUA_TFUNCTION);
    task_lua_context(L);
    if (lua_istable(L, -1)) {
        options.context_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    } else {
        lua_pop(L, 1);
    }
    start(L, &options);
    struct task **handle = lua_touserdata(L, -1);
    task_abandon(*handle);
    return 1;
}

/* A whole number of the options table at index 1, 0 if it is not there. */
static lua_Integer option(lua_State *L, const char *name) {
    lua_getfield(L, 1, name);
    lua_Integer value = luaL_optinteger(L, -1, 0);
    luaL_argcheck(L, value >= 0, 1, name);
    lua_pop(L, 1);
    return value;
}

/* limited({context=, timeout_us=, instructions=, memory=}, fn, ...) -> handle: a child for code that is not trusted. Zero or
 * nothing is no limit. For the host's Lua halves. */
static int task_lua_limited(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    struct task_options options = {.parent = task_running(L), .timeout_us = option(L, "timeout_us")};
    options.limits.instructions = (uint64_t)option(L, "instructions");
    options.limits.memory = (size_t)option(L, "memory");
    if (lua_getfield(L, 1, "context") == LUA_TTABLE) {
        options.context_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    } else {
        lua_pop(L, 1);
    }
    lua_remove(L, 1);
    return start(L, &options);
}

struct join {
    struct binding_operation operation;
    struct task_watch watch;
    struct task *task;
};

static void join_ended(struct task_watch *watch) {
    struct join *join = (struct join *)((char *)watch - offsetof(struct join, watch));
    pending_finish(&join->operation.pending);
}

static int join_close(lua_State *L) {
    struct join *join = luaL_checkudata(L, 1, JOIN);
    if (join->task != NULL) {
        struct task *task = join->task;
        join->task = NULL;
        task_unwatch(task, &join->watch);
        task_release(task);
    }
    return 0;
}

static void push_result(lua_State *L, lua_State *thread, int index) {
    if (!lua_checkstack(thread, 1)) {
        luaL_error(L, "no memory for results");
    }
    lua_pushvalue(thread, index);
    lua_xmove(thread, L, 1);
}

/* The results stay with the task, so that it can be joined more than once. */
static int join_finish(lua_State *L, struct binding_operation *operation) {
    struct join *join = (struct join *)operation;
    lua_State *thread = task_thread(join->task);
    task_observe(join->task);
    bool failed = task_status(join->task) != TASK_OK;
    int count = failed ? 1 : lua_gettop(thread);
    luaL_checkstack(L, count + 1, "too many results");
    for (int i = 1; i <= count; i++) {
        push_result(L, thread, i);
    }
    return failed ? lua_error(L) : count;
}

/* How it ended, without raising: "ok", results | "error" | "cancelled" | "deadline", error, traceback. */
static int outcome_finish(lua_State *L, struct binding_operation *operation) {
    static const char *const names[] = {"alive", "ok", "error", "cancelled", "deadline"};
    struct join *join = (struct join *)operation;
    lua_State *thread = task_thread(join->task);
    int count = lua_gettop(thread);
    task_observe(join->task);
    luaL_checkstack(L, count + 2, "too many results");
    lua_pushstring(L, names[task_status(join->task)]);
    for (int i = 1; i <= count; i++) {
        push_result(L, thread, i);
    }
    return count + 1;
}

static int wait_for_end(lua_State *L, int (*finish)(lua_State *L, struct binding_operation *operation)) {
    struct task *task = check_handle(L, 1);
    if (task == task_running(L)) {
        return luaL_error(L, "a task cannot wait for itself");
    }
    struct join *join = waiting_operation(L, sizeof *join, JOIN);
    task_retain(task);
    join->task = task;
    join->operation.pending.counts_on_world = true;
    join->watch.ended = join_ended;
    if (task_status(task) == TASK_ALIVE) {
        task_watch(task, &join->watch);
    } else {
        join->operation.pending.done = true;
    }
    return binding_await(L, &join->operation, finish);
}

static int handle_join(lua_State *L) {
    return wait_for_end(L, join_finish);
}

static int handle_outcome(lua_State *L) {
    return wait_for_end(L, outcome_finish);
}

static int handle_cancel(lua_State *L) {
    struct task *task = check_handle(L, 1);
    task_observe(task);
    task_cancel(task);
    return 0;
}

/* adopt(context) -> handle: the running task gets a context, if it has none of its own. For the host's Lua halves. */
static int task_lua_adopt(lua_State *L) {
    struct task *task = task_running(L);
    luaL_checktype(L, 1, LUA_TTABLE);
    if (task == NULL) {
        return luaL_error(L, "attempt to give a context outside a task");
    }
    struct task **handle = lua_newuserdatauv(L, sizeof *handle, 0);
    *handle = NULL;
    luaL_setmetatable(L, HANDLE);
    lua_pushvalue(L, 1);
    task_set_context(task, luaL_ref(L, LUA_REGISTRYINDEX));
    task_retain(task);
    *handle = task;
    return 1;
}

static int handle_done(lua_State *L) {
    lua_pushboolean(L, task_status(check_handle(L, 1)) != TASK_ALIVE);
    return 1;
}

/* handle:observe() -> handle: its error will be looked at by the caller, so it is not logged as lost. */
static int handle_observe(lua_State *L) {
    task_observe(check_handle(L, 1));
    lua_settop(L, 1);
    return 1;
}

/* --- the module --- */

static int pcall_results(lua_State *L, int status, lua_KContext context) {
    (void)status;
    (void)context;
    return lua_gettop(L);
}

/* pcall(fn, ...) whose error says what Lua leaves out (explain/failure.lua). For the Lua half, which calls functions of scripts. */
static int task_lua_pcall(lua_State *L) {
    int arguments = lua_gettop(L);
    lua_getglobal(L, "require");
    lua_pushliteral(L, "explain.failure");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "pcall");
    lua_insert(L, 1);
    lua_pop(L, 1);
    lua_callk(L, arguments, LUA_MULTRET, 0, pcall_results);
    return pcall_results(L, LUA_OK, 0);
}

/* error(code, message) -> the error table, for the Lua half to raise */
static int task_lua_error(lua_State *L) {
    binding_push_error(L, luaL_checkstring(L, 1), luaL_checkstring(L, 2));
    return 1;
}

int luaopen_task(lua_State *L) {
    static const luaL_Reg handle_methods[] = {
        {"join", handle_join}, {"outcome", handle_outcome}, {"cancel", handle_cancel},
        {"done", handle_done}, {"observe", handle_observe}, {NULL, NULL},
    };
    static const luaL_Reg functions[] = {{"error", task_lua_error},     {"sleep", task_lua_sleep},
                                         {"spawn", task_lua_spawn},     {"limited", task_lua_limited},
                                         {"context", task_lua_context}, {"background", task_lua_background},
                                         {"event", lua_event_new},      {"adopt", task_lua_adopt},
                                         {"pcall", task_lua_pcall},     {NULL, NULL}};
    lua_event_open(L);
    waiting_type(L, SLEEP, sleep_close, NULL);
    waiting_type(L, JOIN, join_close, NULL);
    waiting_type(L, HANDLE, handle_close, handle_methods);
    luaL_newlib(L, functions);
    return 1;
}
