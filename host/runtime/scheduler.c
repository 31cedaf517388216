#include "runtime/scheduler.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>

#include "process/board.h"
#include "process/log.h"

static const char scheduler_key = 0; /* its address is the key in the registry */

static void drain_start(struct scheduler *scheduler);

/* Tells the listeners that nothing is left to run for now; each may forget itself meanwhile. */
static void tell_idle(struct scheduler *scheduler) {
    for (struct scheduler_listener *listener = scheduler->listeners; listener != NULL;) {
        struct scheduler_listener *next = listener->next;
        listener->idle(listener);
        listener = next;
    }
}

/* Runs what was ready at the beginning; what becomes ready meanwhile waits for the next turn, so that sockets and timers are
 * served in between. */
static void drain(struct loop_timer *timer) {
    struct scheduler *scheduler = (struct scheduler *)((char *)timer - offsetof(struct scheduler, drain));
    struct task *last = scheduler->last_ready;
    while (scheduler->first_ready != NULL) {
        struct task *task = scheduler->first_ready;
        scheduler->first_ready = task->next_ready;
        if (scheduler->first_ready == NULL) {
            scheduler->last_ready = NULL;
        }
        task->next_ready = NULL;
        task->queued = false;
        bool was_last = task == last;
        if (task->status == TASK_ALIVE && !task->closing) {
            task_run(task);
        }
        task_release(task); /* the queue's */
        if (was_last) {
            break;
        }
    }
    if (scheduler->first_ready != NULL) {
        drain_start(scheduler);
    } else {
        tell_idle(scheduler);
    }
}

static void drain_start(struct scheduler *scheduler) {
    if (!loop_timer_start(scheduler->loop, &scheduler->drain, LOOP_REAL, 0, drain)) {
        log_write(LOG_LEVEL_ERROR, "no memory to run tasks", NULL);
        abort();
    }
}

void scheduler_ready(struct task *task) {
    struct scheduler *scheduler = task->scheduler;
    if (task->queued || task->status != TASK_ALIVE) {
        return;
    }
    task_retain(task);
    task->queued = true;
    if (scheduler->last_ready != NULL) {
        scheduler->last_ready->next_ready = task;
    } else {
        scheduler->first_ready = task;
        drain_start(scheduler);
    }
    scheduler->last_ready = task;
}

void scheduler_add(struct task *task) {
    struct scheduler *scheduler = task->scheduler;
    task->next = scheduler->alive;
    task->link = &scheduler->alive;
    if (task->next != NULL) {
        task->next->link = &task->next;
    }
    scheduler->alive = task;
}

void scheduler_remove(struct task *task) {
    *task->link = task->next;
    if (task->next != NULL) {
        task->next->link = task->link;
    }
}

void scheduler_watch_memory(struct scheduler *scheduler, struct scheduler_memory *memory) {
    scheduler->memory = memory;
}

size_t scheduler_memory_used(const struct scheduler *scheduler) {
    return scheduler->memory == NULL ? 0 : scheduler->memory->used;
}

void scheduler_limit_memory(struct scheduler *scheduler, size_t growth, size_t grown) {
    struct scheduler_memory *memory = scheduler->memory;
    if (memory != NULL) {
        size_t left = grown < growth ? growth - grown : 0;
        bool limited = growth > 0 && memory->used < memory->most && left < memory->most - memory->used;
        memory->limit = limited ? memory->used + left : memory->most;
    }
}

void scheduler_name_offender(struct scheduler *scheduler, const struct task *task) {
    struct scheduler_memory *memory = scheduler->memory;
    if (memory == NULL || (memory->refused == 0 && memory->pressed == 0)) {
        return;
    }
    char wanted[24], used[24], allowed[24], key[128];
    snprintf(wanted, sizeof wanted, "%zu", memory->refused != 0 ? memory->refused : memory->pressed);
    snprintf(used, sizeof used, "%zu", memory->used);
    snprintf(allowed, sizeof allowed, "%zu", memory->limit);
    snprintf(key, sizeof key, "memory_refused|%.60s", task->script != NULL ? task->script : "none");
    board_add(key, 1);
    log_write(LOG_LEVEL_ERROR, "a script wanted more memory than it may have", "script", task->script, "requestId",
              task->request, "wantedBytes", wanted, "usedBytes", used, "limitBytes", allowed, NULL);
    memory->refused = 0;
    memory->pressed = 0;
}

/* (error, traceback) as a log line; protected, for tostring may run a script's metamethod. */
static int log_lost(lua_State *L) {
    const char *message = luaL_tolstring(L, 1, NULL);
    log_write(LOG_LEVEL_ERROR, "a task failed and nobody waited for it", "error", message, "traceback", lua_tostring(L, 2),
              NULL);
    return 0;
}

void scheduler_log_lost(struct task *task) {
    lua_State *L = task->scheduler->L;
    lua_pushcfunction(L, log_lost);
    for (int i = 1; i <= 2; i++) {
        lua_pushvalue(task->thread, i);
        lua_xmove(task->thread, L, 1);
    }
    if (lua_pcall(L, 2, 0, 0) != LUA_OK) {
        log_write(LOG_LEVEL_ERROR, "a task failed and nobody waited for it; its error cannot be shown", NULL);
        lua_pop(L, 1);
    }
}

struct scheduler *scheduler_new(lua_State *L, struct loop *loop) {
    struct scheduler *scheduler = calloc(1, sizeof *scheduler);
    if (scheduler != NULL) {
        scheduler->L = L;
        scheduler->loop = loop;
        *(struct binding_task **)lua_getextraspace(L) = NULL;
        lua_pushlightuserdata(L, scheduler);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &scheduler_key);
    }
    return scheduler;
}

struct scheduler *scheduler_of(lua_State *L) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &scheduler_key);
    struct scheduler *scheduler = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return scheduler;
}

void scheduler_cancel_all(struct scheduler *scheduler) {
    while (scheduler->alive != NULL && scheduler->running == NULL) {
        task_cancel(scheduler->alive);
    }
}

void scheduler_close(struct scheduler *scheduler) {
    if (scheduler == NULL) {
        return;
    }
    scheduler_cancel_all(scheduler);
    while (scheduler->first_ready != NULL) {
        struct task *task = scheduler->first_ready;
        scheduler->first_ready = task->next_ready;
        task->queued = false;
        task_release(task);
    }
    scheduler->last_ready = NULL;
    loop_timer_stop(&scheduler->drain);
}

void scheduler_free(struct scheduler *scheduler) {
    free(scheduler);
}

bool scheduler_is_quiet(const struct scheduler *scheduler) {
    int serving = 0, io_waits = 0;
    if (scheduler->first_ready != NULL || scheduler->running != NULL) {
        return false;
    }
    for (const struct task *task = scheduler->alive; task != NULL; task = task->next) {
        serving += task->serves ? 1 : 0;
        io_waits += task->binding.awaited != NULL && !task->binding.awaited->counts_on_world ? 1 : 0;
    }
    return io_waits <= serving;
}

void scheduler_listen(struct scheduler *scheduler, struct scheduler_listener *listener) {
    listener->next = scheduler->listeners;
    scheduler->listeners = listener;
}

void scheduler_forget(struct scheduler *scheduler, struct scheduler_listener *listener) {
    for (struct scheduler_listener **link = &scheduler->listeners; *link != NULL; link = &(*link)->next) {
        if (*link == listener) {
            *link = listener->next;
            return;
        }
    }
}

bool scheduler_interrupt(struct scheduler *scheduler) {
    if (scheduler->running == NULL) {
        return false;
    }
    task_stop_running(scheduler->running, STOP_CANCEL);
    return true;
}

int64_t scheduler_resumed_us(const struct scheduler *scheduler) {
    const struct task *task = scheduler->running;
    return task == NULL ? 0 : task->resumed_us;
}
