/* The event loop: the only place that waits. A thin face of libevent, so that sockets, timers and signals share one wait. */
#ifndef DRSH_BASE_LOOP_H
#define DRSH_BASE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct event_base;

/* Which clock a timer counts on: LOOP_REAL for deadlines and I/O, LOOP_WORLD for what scripts wait for (see clock.h). */
enum loop_clock { LOOP_REAL, LOOP_WORLD };

/* A timer is a member of the caller's structure; it must outlive its run or be stopped. Zero-initialised is "not running". */
struct loop_timer {
    struct loop *loop;
    void (*fire)(struct loop_timer *timer);
    int64_t due_us; /* on its clock */
    enum loop_clock clock;
    int heap_index; /* 0 = not running, else 1 + place in its heap */
    uint64_t order; /* of those due at the same time, the one started first fires first */
};

/* NULL if there is no memory. Makes the program ignore SIGPIPE. */
struct loop *loop_new(void);
void loop_free(struct loop *loop);
struct event_base *loop_event_base(struct loop *loop); /* for evhttp and signals */

/* Runs until loop_stop; false if libevent failed. */
bool loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* (Re)starts a timer that fires once, `delay_us` (>= 0) from now on `clock`. False if there is no memory. */
bool loop_timer_start(struct loop *loop, struct loop_timer *timer, enum loop_clock clock, int64_t delay_us,
                      void (*fire)(struct loop_timer *timer));
void loop_timer_stop(struct loop_timer *timer); /* harmless when not running */

/* When the next world timer is due (world microseconds), INT64_MAX if none runs. For stepping a frozen clock. */
int64_t loop_next_world_us(struct loop *loop);
/* After clock_world_set_*: looks at the world timers again; what is due fires from the loop, in order of time. */
void loop_world_changed(struct loop *loop);

#endif
