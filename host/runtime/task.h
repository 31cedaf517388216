/* Tasks: the coroutines that all Lua code runs in, and the only file that resumes them.
 *
 * A task is a Lua thread with a place in the scheduler. It runs until it returns, fails, or waits (binding_await); the end of
 * what it waits for makes it ready, and the event loop runs ready tasks. Nothing resumes a task from inside a wake.
 *
 *     task_start -> ready -> running -> (waits -> ready -> running)* -> ended -> task_ended callback, joiners woken
 *     task_cancel, deadline, budget -> the thread is reset, which closes what it waits for -> ended */
#ifndef DRSH_RUNTIME_TASK_H
#define DRSH_RUNTIME_TASK_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"
#include "lua/binding.h"

enum task_status {
    TASK_ALIVE,
    TASK_OK,        /* the thread's stack holds what the function returned */
    TASK_ERROR,     /* 1: the error, 2: the traceback or nil */
    TASK_CANCELLED, /* 1: {code="CANCELLED"} */
    TASK_DEADLINE,  /* 1: {code="DEADLINE_EXCEEDED"}, 2: the traceback */
};

struct task;
struct scheduler;

/* Limits of a script that is not trusted; shared by the task and its children. */
struct task_limits {
    uint64_t instructions; /* Lua instructions at most, 0 = no limit */
    size_t memory;         /* bytes that the state may grow by from a wait to the next, 0 = no limit */
};

struct task_options {
    struct task *parent; /* its context, deadline and limits are inherited; its end cancels this one. NULL: none */
    int64_t timeout_us;  /* real time from now until it is stopped with TASK_DEADLINE, 0 = none but the parent's */
    struct task_limits limits;
    int context_ref; /* a registry reference that the task takes over, 0 or LUA_NOREF: the parent's context */
    bool serves;     /* answers a request that came over HTTP (see scheduler_is_quiet) */
    /* Called once when the task has ended, from the loop or from task_cancel; results are on `thread` (see task_status). */
    void (*ended)(struct task *task, enum task_status status, lua_State *thread, void *data);
    void *data;
};

/* Somebody who is told when nothing is left to run for now (clock stepping). */
struct scheduler_listener {
    void (*idle)(struct scheduler_listener *listener);
    struct scheduler_listener *next;
};

struct scheduler *scheduler_new(lua_State *L, struct loop *loop);
/* Cancels all tasks: before the state is closed. */
void scheduler_close(struct scheduler *scheduler);
void scheduler_free(struct scheduler *scheduler); /* after it is closed, for handles of tasks are collected then */
struct scheduler *scheduler_of(lua_State *L);
/* What the state's allocator goes by: it refuses what would bring `used` over `limit`. The scheduler lowers `limit` to what a
 * limited task may still take while it runs. */
struct scheduler_memory {
    size_t used, limit;
    size_t most;    /* `limit` is never more */
    size_t pressed; /* what was refused last, and may be asked for again after a collection */
    size_t refused; /* what was refused for good since the scheduler looked last */
};
void scheduler_watch_memory(struct scheduler *scheduler, struct scheduler_memory *memory);
/* True when no task is ready and every wait for I/O is one for a server task of this same process, which itself waits: that is,
 * nothing more happens until the world's clock moves or somebody outside acts. */
bool scheduler_is_quiet(const struct scheduler *scheduler);
void scheduler_listen(struct scheduler *scheduler, struct scheduler_listener *listener);
void scheduler_forget(struct scheduler *scheduler, struct scheduler_listener *listener);
/* Stops the task that runs now, from a signal handler: its next instruction ends it as cancelled. False: none runs. */
bool scheduler_interrupt(struct scheduler *scheduler);
/* Since when (monotonic) the task that runs now has been running without a wait, 0 if none does; from a signal handler, too. */
int64_t scheduler_resumed_us(const struct scheduler *scheduler);
/* Looks at the limited task that runs now, from a signal handler: the count hook does not see how long C functions take between
 * two instructions. One that has run for too long without a wait is stopped; one that has had its turn lets others run. */
void scheduler_look(struct scheduler *scheduler);
void scheduler_cancel_all(struct scheduler *scheduler);

/* Takes a function and `argument_count` arguments from the top of L's stack. May raise (no memory) in L. The result is held by
 * the caller: task_release when it is no longer looked at. */
struct task *task_start(lua_State *L, int argument_count, const struct task_options *options);
/* Gives a task a context of its own (a registry reference, taken over) in place of the one it has. */
void task_set_context(struct task *task, int context_ref);
void task_retain(struct task *task);
void task_release(struct task *task);

/* Ends a task at once if it is not running (its open operations are closed, its children cancelled); a running one ends at its
 * next instruction. Harmless when it has ended. */
void task_cancel(struct task *task);
enum task_status task_status(const struct task *task);
/* The thread with the results, once ended. */
lua_State *task_thread(struct task *task);
/* The task that L's code runs in, NULL outside. Unlike binding_task, it also finds it from a coroutine that a script made. */
struct task *task_running(lua_State *L);
struct task *task_of(lua_State *L);
/* Does L's code run in a task with limits? */
bool task_is_limited(lua_State *L);
/* Real microseconds left until the deadline, INT64_MAX if none. */
int64_t task_time_left_us(const struct task *task);
/* Somebody who is told of a task's end; a member of the caller's structure. Not told when it has ended already. */
struct task_watch {
    void (*ended)(struct task_watch *watch);
    struct task_watch *next;
};
void task_watch(struct task *task, struct task_watch *watch);
void task_unwatch(struct task *task, struct task_watch *watch);
/* Says that somebody has seen the error, or will. The error of a child that nobody observes is logged: when its handle is
 * collected (task_abandon), or when its parent ends. */
void task_observe(struct task *task);
void task_abandon(struct task *task);
/* Ends the running task silently from inside a C function (os.exit): `return task_leave(L);` */
int task_leave(lua_State *L);

#endif
