#include "runtime/task.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "process/board.h"
#include "runtime/scheduler.h"

struct ending {
    struct task *task;
    bool has_error; /* the error is on top of the thread's stack */
    const char *message;
};

/* (error) -> error, traceback | nil of a thread: what the host's Lua half makes of it (explain/failure.lua), for people. */
static void explain(lua_State *L, const struct task *task) {
    lua_getglobal(L, "require");
    lua_pushliteral(L, "explain.failure");
    if (lua_pcall(L, 1, 1, 0) != LUA_OK || lua_getfield(L, -1, "of_thread") != LUA_TFUNCTION) {
        lua_settop(L, 1);
        luaL_traceback(L, task->thread, NULL, 0);
        return;
    }
    lua_rawgeti(L, LUA_REGISTRYINDEX, task->thread_ref);
    lua_pushvalue(L, 1);
    if (task->binding.context_ref == LUA_NOREF) {
        lua_pushnil(L);
    } else {
        lua_rawgeti(L, LUA_REGISTRYINDEX, task->binding.context_ref);
    }
    lua_call(L, 3, 2);
}

/* (ending) -> error, traceback | nil. Protected, for both may need memory. */
static int describe_end(lua_State *L) {
    const struct ending *ending = lua_touserdata(L, 1);
    struct task *task = ending->task;
    lua_settop(L, 0);
    if (ending->has_error) {
        lua_xmove(task->thread, L, 1);
    } else if (ending->message != NULL) {
        lua_pushstring(L, ending->message);
    } else {
        task_stop_push_error(L, task);
    }
    if (task->stop == STOP_CANCEL || task->stop == STOP_LEAVE) {
        lua_pushnil(L);
    } else {
        explain(L, task);
    }
    return 2;
}

static void detach(struct task *task) {
    if (task->parent_link != NULL) {
        *task->parent_link = task->next_sibling;
        if (task->next_sibling != NULL) {
            task->next_sibling->parent_link = task->parent_link;
        }
        task->parent_link = NULL;
        task_release(task);
    }
}

void task_abandon(struct task *task) {
    if (task->status == TASK_ERROR || task->status == TASK_DEADLINE) {
        if (!task->observed) {
            task->observed = true;
            scheduler_log_lost(task);
        }
        detach(task);
    } else if (task->status == TASK_ALIVE) {
        task->abandoned = true;
    }
}

static void end_children(struct task *task) {
    while (task->children != NULL) {
        struct task *child = task->children;
        task_retain(child);
        if (child->status == TASK_ALIVE) {
            child->observed = true;
            task_cancel(child);
        } else {
            task_abandon(child);
        }
        detach(child);
        task_release(child);
    }
}

static void end(struct task *task, enum task_status status) {
    task->status = status;
    *(struct binding_task **)lua_getextraspace(task->thread) = NULL;
    loop_timer_stop(&task->deadline);
    scheduler_remove(task);
    end_children(task);
    if (task->ended != NULL) {
        task->ended(task, status, task->thread, task->data);
    }
    while (task->watches != NULL) {
        struct task_watch *watch = task->watches;
        task->watches = watch->next;
        task->observed = true;
        watch->ended(watch);
    }
    bool lost = (status == TASK_ERROR || status == TASK_DEADLINE) && !task->observed;
    if (lost && (task->abandoned || (task->parent == NULL && task->ended == NULL))) {
        task_abandon(task);
    } else if (!lost) {
        detach(task);
    }
    task_release(task); /* the scheduler's own */
}

/* Ends a task that did not return: takes the error and the traceback off the thread, resets it, which closes the operation it
 * waits for and its other to-be-closed variables, and leaves error and traceback on its stack. */
static void end_by_reset(struct task *task, enum task_status status, bool has_error, const char *message) {
    lua_State *L = task->scheduler->L;
    struct ending ending = {task, has_error, message};
    int top = lua_gettop(L);
    struct task *outer = task->scheduler->running;
    lua_pushcfunction(L, describe_end);
    lua_pushlightuserdata(L, &ending);
    if (lua_pcall(L, 1, 2, 0) != LUA_OK) {
        lua_pushnil(L); /* no memory to say more */
    }
    *(struct binding_task **)lua_getextraspace(task->thread) = NULL;
    task->binding.awaited = NULL;
    task->closing = true;
    task->scheduler->running = task;
    task_stop_watch(task, true);
    lua_resetthread(task->thread);
    task_stop_watch(task, false);
    task->scheduler->running = outer;
    lua_settop(task->thread, 0);
    lua_xmove(L, task->thread, 2);
    lua_settop(L, top);
    end(task, status);
}

void task_cancel(struct task *task) {
    if (task->status != TASK_ALIVE || task->closing) {
        return;
    }
    if (task->running) {
        task_stop_running(task, STOP_CANCEL);
        return;
    }
    task->stop = STOP_CANCEL;
    end_by_reset(task, TASK_CANCELLED, false, NULL);
}

void task_deadline_passed(struct loop_timer *timer) {
    struct task *task = (struct task *)((char *)timer - offsetof(struct task, deadline));
    if (task->status != TASK_ALIVE || task->closing) {
        return;
    }
    task->stop = STOP_DEADLINE;
    end_by_reset(task, TASK_DEADLINE, false, NULL);
}

/* A child that used up what its family may use takes the whole family with it: whoever waits for it would wait for ever. */
static void end_family(struct task *task) {
    struct task *account = task->account;
    bool over_budget = task->stop == STOP_INSTRUCTIONS || task->stop == STOP_SLICE;
    if (over_budget && account != task && account->status == TASK_ALIVE && !account->closing && !account->running) {
        account->stop = task->stop;
        end_by_reset(account, TASK_ERROR, false, NULL);
    }
}

/* What it has used since its last wait goes on counting while it gives way to others. */
static void count_turn(struct task *task, size_t used_before) {
    size_t used = scheduler_memory_used(task->scheduler);
    size_t grown = task->grown + used;
    if (!task->gave_way) {
        task->busy_us = 0;
        task->grown = 0;
        return;
    }
    task->busy_us += clock_mono_us() - task->resumed_us;
    task->grown = grown > used_before ? grown - used_before : 0; /* a collection may have made it smaller */
}

/* lua_resume, with what is measured and watched around it. */
static int resume(struct task *task) {
    struct scheduler *scheduler = task->scheduler;
    int results = 0;
    int arguments = task->started ? 0 : lua_gettop(task->thread) - 1;
    size_t used = scheduler_memory_used(scheduler);
    task->started = true;
    task->running = true;
    task->gave_way = false;
    task->binding.awaited = NULL;
    task->resumed_us = clock_mono_us();
    scheduler_limit_memory(scheduler, task->account->limits.memory, task->grown);
    scheduler->running = task;
    board_resume(task->script, task->request, task->resumed_us); /* for the watchdog, should it not come back */
    int status = lua_resume(task->thread, NULL, arguments, &results);
    scheduler->running = NULL;
    board_rest();
    scheduler_name_offender(scheduler, task);
    scheduler_limit_memory(scheduler, 0, 0);
    task->running = false;
    count_turn(task, used);
    return status;
}

/* The one place that resumes. What lua_resume answers, and what becomes of the task:
 *
 *     LUA_OK                      it returned                      -> TASK_OK, results on its stack
 *     LUA_YIELD, stop is set      the hook or task_leave ended it  -> reset; TASK_ERROR (budget), TASK_DEADLINE, TASK_CANCELLED
 *     LUA_YIELD, gave_way is set  the hook let others run          -> is queued behind them
 *     LUA_YIELD, awaited is set   it waits (binding_await)         -> sleeps until woken
 *     LUA_YIELD, none of these    coroutine.yield in no coroutine  -> reset; TASK_ERROR
 *     anything else               it failed                        -> reset; TASK_ERROR with traceback */
void task_run(struct task *task) {
    task_retain(task);
    int status = resume(task);
    if (status == LUA_OK) {
        end(task, TASK_OK);
    } else if (task->stop != STOP_NONE) {
        bool is_deadline = task->stop == STOP_DEADLINE;
        bool is_cancel = task->stop == STOP_CANCEL || task->stop == STOP_LEAVE;
        end_by_reset(task, is_deadline ? TASK_DEADLINE : is_cancel ? TASK_CANCELLED : TASK_ERROR, false, NULL);
        end_family(task);
    } else if (status != LUA_YIELD) {
        end_by_reset(task, TASK_ERROR, true, NULL);
    } else if (task->binding.awaited == NULL && !task->gave_way) {
        end_by_reset(task, TASK_ERROR, false, "attempt to yield from a task that is in no coroutine of its own");
    }
    task_release(task);
}

/* --- what others ask --- */

enum task_status task_status(const struct task *task) {
    return task->status;
}

lua_State *task_thread(struct task *task) {
    return task->thread;
}

struct task *task_of(lua_State *L) {
    return (struct task *)binding_task(L);
}

struct task *task_running(lua_State *L) {
    return scheduler_of(L)->running;
}

bool task_is_limited(lua_State *L) {
    const struct task *task = scheduler_of(L)->running;
    return task != NULL && (task->account->limits.instructions > 0 || task->account->limits.memory > 0);
}

int64_t task_time_left_us(const struct task *task) {
    if (task->deadline_us == INT64_MAX) {
        return INT64_MAX;
    }
    int64_t left_us = task->deadline_us - clock_mono_us();
    return left_us > 0 ? left_us : 0;
}

void task_watch(struct task *task, struct task_watch *watch) {
    watch->next = task->watches;
    task->watches = watch;
}

void task_unwatch(struct task *task, struct task_watch *watch) {
    for (struct task_watch **link = &task->watches; *link != NULL; link = &(*link)->next) {
        if (*link == watch) {
            *link = watch->next;
            return;
        }
    }
}

void task_observe(struct task *task) {
    task->observed = true;
    if (task->status != TASK_ALIVE) {
        detach(task);
    }
}
