/* How a task begins: what it inherits, and who holds it. */
#include <lauxlib.h>
#include <stdlib.h>

#include "base/clock.h"
#include "runtime/scheduler.h"

static void wake(struct waiter *waiter) {
    scheduler_ready((struct task *)waiter);
}

/* A string of the context, which keeps it alive: the host makes contexts and does not change them. */
static const char *context_string(lua_State *L, int context_ref, const char *name) {
    lua_rawgeti(L, LUA_REGISTRYINDEX, context_ref);
    lua_pushstring(L, name);
    lua_rawget(L, -2);
    const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
    lua_pop(L, 2);
    return text;
}

void task_set_context(struct task *task, int context_ref) {
    lua_State *L = task->scheduler->L;
    if (task->owns_context) {
        luaL_unref(L, LUA_REGISTRYINDEX, task->binding.context_ref);
    }
    task->binding.context_ref = context_ref;
    task->owns_context = true;
    task->script = context_string(L, context_ref, "script");
    task->request = context_string(L, context_ref, "requestId");
}

static void inherit(struct task *task, const struct task_options *options) {
    struct task *parent = options->parent;
    task->deadline_us = INT64_MAX;
    task->account = task;
    task->limits = options->limits;
    task->binding.context_ref = LUA_NOREF;
    if (options->context_ref != 0 && options->context_ref != LUA_NOREF) {
        task_set_context(task, options->context_ref);
    }
    if (parent != NULL) {
        task_retain(parent); /* its context and account are used */
        task->parent = parent;
        task->deadline_us = parent->deadline_us;
        if (!task->owns_context) {
            task->binding.context_ref = parent->binding.context_ref;
            task->script = parent->script;
            task->request = parent->request;
        }
        if (options->limits.instructions == 0 && options->limits.memory == 0) {
            task->account = parent->account;
        }
        task_retain(task);
        task->next_sibling = parent->children;
        task->parent_link = &parent->children;
        if (parent->children != NULL) {
            parent->children->parent_link = &task->next_sibling;
        }
        parent->children = task;
    }
    if (options->timeout_us > 0 && clock_mono_us() + options->timeout_us < task->deadline_us) {
        task->deadline_us = clock_mono_us() + options->timeout_us;
    }
}

struct task *task_start(lua_State *L, int argument_count, const struct task_options *options) {
    struct scheduler *scheduler = scheduler_of(L);
    if (options->parent != NULL && (options->parent->status != TASK_ALIVE || options->parent->closing)) {
        luaL_error(L, "attempt to start a task from one that has ended");
    }
    lua_State *thread = lua_newthread(L);
    if (!lua_checkstack(thread, argument_count + LUA_MINSTACK)) {
        luaL_error(L, "no memory for a task's stack");
    }
    int thread_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    struct task *task = calloc(1, sizeof *task);
    if (task == NULL) {
        luaL_unref(L, LUA_REGISTRYINDEX, thread_ref);
        luaL_error(L, "no memory for a task");
        return NULL;
    }
    task->binding.waiter.wake = wake;
    task->scheduler = scheduler;
    task->thread = thread;
    task->thread_ref = thread_ref;
    task->references = 2; /* the scheduler's and the caller's */
    task->serves = options->serves;
    task->ended = options->ended;
    task->data = options->data;
    inherit(task, options);
    lua_xmove(L, thread, argument_count + 1);
    *(struct binding_task **)lua_getextraspace(thread) = &task->binding;
    task_stop_watch(task, task->account->limits.instructions > 0 || task->account->limits.memory > 0);
    scheduler_add(task);
    if (task->deadline_us != INT64_MAX) {
        int64_t left_us = task_time_left_us(task);
        loop_timer_start(scheduler->loop, &task->deadline, LOOP_REAL, left_us, task_deadline_passed);
    }
    scheduler_ready(task);
    return task;
}

void task_retain(struct task *task) {
    task->references++;
}

void task_release(struct task *task) {
    if (task == NULL || --task->references > 0) {
        return;
    }
    lua_State *L = task->scheduler->L;
    struct task *parent = task->parent;
    luaL_unref(L, LUA_REGISTRYINDEX, task->thread_ref);
    if (task->owns_context) {
        luaL_unref(L, LUA_REGISTRYINDEX, task->binding.context_ref);
    }
    free(task);
    task_release(parent);
}
