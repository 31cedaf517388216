/* The scheduler's inside, for task.c and scheduler.c; everybody else uses task.h. */
#ifndef DRSH_RUNTIME_SCHEDULER_H
#define DRSH_RUNTIME_SCHEDULER_H

#include "runtime/task.h"

enum task_stop { STOP_NONE, STOP_CANCEL, STOP_LEAVE, STOP_DEADLINE, STOP_INSTRUCTIONS, STOP_SLICE };

struct task {
    struct binding_task binding; /* first: the thread's extra space points here, and a waiter is a task */
    struct scheduler *scheduler;
    lua_State *thread;
    int thread_ref;
    int references;
    enum task_status status;
    enum task_stop stop; /* why it must end; once set, it is never resumed again */
    bool started, running, closing, queued, serves, owns_context;
    bool gave_way;  /* it yielded to let others run, and is queued */
    bool looked_at; /* a signal has set the hook to the next instruction */
    bool observed;  /* somebody sees its error */
    bool abandoned; /* nobody can join it any more */
    struct task *next_ready;
    struct task *next, **link; /* all that are alive */
    struct task *parent, *children, *next_sibling, **parent_link;
    struct task *account; /* whose limits count: itself or the ancestor whose limits it inherited */
    struct task_limits limits;
    uint64_t used_instructions;
    int64_t resumed_us;           /* monotonic */
    int64_t busy_us;              /* how long it had run since its last wait when it was resumed */
    size_t grown;                 /* how much the state had grown meanwhile */
    const char *script, *request; /* of its context, which holds them; NULL: none */
    struct loop_timer deadline;
    int64_t deadline_us; /* monotonic, INT64_MAX = none */
    struct task_watch *watches;
    void (*ended)(struct task *task, enum task_status status, lua_State *thread, void *data);
    void *data;
};

struct scheduler {
    lua_State *L; /* the main thread: runs nothing itself */
    struct loop *loop;
    struct task *running;
    struct task *first_ready, *last_ready;
    struct task *alive;
    struct loop_timer drain;
    struct scheduler_listener *listeners;
    struct scheduler_memory *memory;
};

void scheduler_add(struct task *task);
void scheduler_remove(struct task *task);
/* Queues the task; harmless when it is queued or has ended. */
void scheduler_ready(struct task *task);
size_t scheduler_memory_used(const struct scheduler *scheduler);
/* Lets the state grow by this much until it is called again, less what it has `grown` already; 0 = as much as it may. */
void scheduler_limit_memory(struct scheduler *scheduler, size_t growth, size_t grown);
/* Says which task was refused memory, if it was, while it ran. */
void scheduler_name_offender(struct scheduler *scheduler, const struct task *task);
void scheduler_log_lost(struct task *task);
/* In task.c: resumes once; ends it because its time is over. */
void task_run(struct task *task);
void task_deadline_passed(struct loop_timer *timer);

/* In task_stop.c. The error that a task ends with for its `stop`. */
void task_stop_push_error(lua_State *L, const struct task *task);
/* Ends the running task at its next instruction. */
void task_stop_running(struct task *task, enum task_stop stop);
/* Whether the task's limits and deadline are looked at while it runs. */
void task_stop_watch(struct task *task, bool limited);

#endif
