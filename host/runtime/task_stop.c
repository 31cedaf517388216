/* How a running task is made to stop: limits that are counted, deadlines, cancels of what runs, os.exit. */
#include <lauxlib.h>
#include <string.h>

#include "base/clock.h"
#include "runtime/coverage.h"
#include "runtime/scheduler.h"

/* How often a limited script is looked at, and how much its __close handlers may still do when it was stopped. */
#define HOOK_INSTRUCTIONS 10000
/* How deep its calls may be nested. Lua itself stops at some 200,000, but on the way there copies a stack of megabytes again and
 * again: seconds, in which nobody else is served. */
#define DEEPEST_CALL 20000
/* How long a limited script may run from one wait to the next. */
#define LONGEST_SLICE_US 5000000
/* After so long it gives way to what else is ready, and goes on behind it. */
#define TURN_US 10000

void task_stop_push_error(lua_State *L, const struct task *task) {
    switch (task->stop) {
    case STOP_INSTRUCTIONS:
        binding_push_error(L, "BUDGET_EXCEEDED", "the script ran for too many instructions (an endless loop?) and was stopped");
        break;
    case STOP_SLICE:
        binding_push_error(L, "BUDGET_EXCEEDED",
                           "the script kept the program busy for too long without waiting, and was stopped");
        break;
    case STOP_DEADLINE:
        binding_push_error(L, "DEADLINE_EXCEEDED", "the time for this request is over");
        break;
    case STOP_NONE:
    case STOP_CANCEL:
    case STOP_LEAVE:
        binding_push_error(L, "CANCELLED", "the task was cancelled");
        break;
    }
}

static bool is_overdue(const struct task *task, int64_t now_us) {
    return task->busy_us + (now_us - task->resumed_us) > LONGEST_SLICE_US;
}

/* Counts what a limited task has used; its children count on the same account. */
static void charge(struct task *task, unsigned instructions) {
    struct task *account = task->account;
    if (account->limits.instructions > 0) {
        account->used_instructions += instructions;
        if (account->used_instructions > account->limits.instructions) {
            task->stop = STOP_INSTRUCTIONS;
        }
    }
    int64_t now_us = clock_mono_us();
    if (is_overdue(task, now_us)) {
        task->stop = STOP_SLICE;
    }
    if (now_us >= task->deadline_us) {
        task->stop = STOP_DEADLINE;
    }
}

/* A fault of the script like any other, that its pcall may catch; the next call as deep raises again. */
static void refuse_depth(lua_State *L) {
    lua_Debug frame;
    if (lua_getstack(L, DEEPEST_CALL, &frame)) {
        luaL_error(L, "stack overflow: the calls are nested deeper than %d", DEEPEST_CALL);
    }
}

static void hook(lua_State *L, lua_Debug *event);

/* Is it the program's own Lua that runs, and not a script's? It counts on being alone until it waits. */
static bool is_host_code(lua_State *L, lua_Debug *event) {
    lua_getinfo(L, "S", event);
    return strncmp(event->source, "@host/", 6) == 0 || strncmp(event->source, "@modules/", 9) == 0;
}

/* A script that computes for long lets others run in between. */
static void give_way(lua_State *L, lua_Debug *event, struct task *task) {
    bool is_long = clock_mono_us() - task->resumed_us >= TURN_US;
    if (is_long && L == task->thread && lua_isyieldable(L) && !is_host_code(L, event)) {
        task->gave_way = true;
        scheduler_ready(task);
        lua_yield(L, 0);
    }
}

/* The instructions since the hook ran last; none to speak of if a signal had it run at once, which is over now. */
static unsigned instructions_since(lua_State *L, struct task *task) {
    if (L != task->thread || !task->looked_at) {
        return HOOK_INSTRUCTIONS;
    }
    task->looked_at = false;
    lua_sethook(L, hook, lua_gethookmask(L), HOOK_INSTRUCTIONS);
    return 0;
}

/* Runs every so many instructions of a limited task, and at the next instruction of one that must stop. It ends the task by
 * yielding, which no pcall of the script can catch; run_task sees `stop` and never resumes. Where a yield is impossible (a
 * comparator of table.sort, a coroutine inside the task) it raises, again at each instruction, until a yield is possible. */
static void hook(lua_State *L, lua_Debug *event) {
    struct task *task = scheduler_of(L)->running;
    if (event->event == LUA_HOOKLINE) {
        coverage_note(L, event);
        return;
    }
    if (task == NULL) {
        return;
    }
    if (task->closing) {
        lua_sethook(L, hook, LUA_MASKCOUNT, 1);
        luaL_error(L, "a __close handler ran for too long after its task was stopped");
    }
    if (task->stop == STOP_NONE) {
        charge(task, instructions_since(L, task));
        if (task->stop == STOP_NONE) {
            refuse_depth(L);
            give_way(L, event, task);
            return;
        }
    }
    if (L == task->thread && lua_isyieldable(L)) {
        lua_yield(L, 0);
        return;
    }
    lua_sethook(task->thread, hook, LUA_MASKCOUNT, 1);
    lua_sethook(L, hook, LUA_MASKCOUNT, 1);
    task_stop_push_error(L, task);
    lua_error(L);
}

void task_stop_running(struct task *task, enum task_stop stop) {
    if (task->stop == STOP_NONE) {
        task->stop = stop;
    }
    lua_sethook(task->thread, hook, LUA_MASKCOUNT, 1);
}

void scheduler_look(struct scheduler *scheduler) {
    struct task *task = scheduler->running;
    if (task == NULL || task->closing || (task->account->limits.instructions == 0 && task->account->limits.memory == 0)) {
        return;
    }
    int64_t now_us = clock_mono_us();
    if (is_overdue(task, now_us)) {
        task_stop_running(task, STOP_SLICE);
    } else if (task->stop == STOP_NONE && now_us - task->resumed_us >= TURN_US) {
        task->looked_at = true;
        lua_sethook(task->thread, hook, lua_gethookmask(task->thread), 1);
    }
}

int task_leave(lua_State *L) {
    struct task *task = scheduler_of(L)->running;
    if (task == NULL) {
        return luaL_error(L, "attempt to leave outside a task");
    }
    task_stop_running(task, STOP_LEAVE);
    if (L == task->thread && lua_isyieldable(L)) {
        return lua_yield(L, 0);
    }
    lua_sethook(L, hook, LUA_MASKCOUNT, 1);
    task_stop_push_error(L, task);
    return lua_error(L);
}

void task_stop_watch(struct task *task, bool limited) {
    int mask = LUA_MASKCOUNT | (coverage_is_on(task->thread) ? LUA_MASKLINE : 0);
    lua_sethook(task->thread, limited ? hook : NULL, limited ? mask : 0, limited ? HOOK_INSTRUCTIONS : 0);
}
