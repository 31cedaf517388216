#include "base/loop.h"

#include <event2/event.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>

#include "base/clock.h"

/* A sleep is never longer than this, so that a wall clock that was set forward is noticed. */
enum { LONGEST_SLEEP_US = 10 * 1000 * 1000 };

/* A binary heap, earliest first. */
struct heap {
    struct loop_timer **timers;
    int count;
    int capacity;
    struct event *alarm; /* libevent's timer for the earliest of them */
};

struct loop {
    struct event_base *base;
    struct heap heaps[2]; /* by enum loop_clock */
    uint64_t started;     /* timers so far: their order */
};

static int64_t clock_now(enum loop_clock clock) {
    return clock == LOOP_WORLD ? clock_world_us() : clock_mono_us();
}

static bool is_before(const struct loop_timer *a, const struct loop_timer *b) {
    return a->due_us != b->due_us ? a->due_us < b->due_us : a->order < b->order;
}

static void place(struct heap *heap, int at, struct loop_timer *timer) {
    heap->timers[at] = timer;
    timer->heap_index = at + 1;
}

static void sift_up(struct heap *heap, int at, struct loop_timer *timer) {
    while (at > 0 && is_before(timer, heap->timers[(at - 1) / 2])) {
        place(heap, at, heap->timers[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    place(heap, at, timer);
}

static void sift_down(struct heap *heap, int at, struct loop_timer *timer) {
    for (;;) {
        int child = 2 * at + 1;
        if (child + 1 < heap->count && is_before(heap->timers[child + 1], heap->timers[child])) {
            child++;
        }
        if (child >= heap->count || !is_before(heap->timers[child], timer)) {
            break;
        }
        place(heap, at, heap->timers[child]);
        at = child;
    }
    place(heap, at, timer);
}

static bool heap_add(struct heap *heap, struct loop_timer *timer) {
    if (heap->count == heap->capacity) {
        int capacity = heap->capacity == 0 ? 16 : heap->capacity * 2;
        struct loop_timer **timers;
        if (heap->capacity > INT_MAX / 4) {
            return false;
        }
        timers = realloc(heap->timers, (size_t)capacity * sizeof *timers);
        if (timers == NULL) {
            return false;
        }
        heap->timers = timers;
        heap->capacity = capacity;
    }
    heap->count++;
    sift_up(heap, heap->count - 1, timer);
    return true;
}

static void heap_remove(struct heap *heap, struct loop_timer *timer) {
    int at = timer->heap_index - 1;
    struct loop_timer *last = heap->timers[--heap->count];
    timer->heap_index = 0;
    if (last == timer) {
        return;
    }
    if (at > 0 && is_before(last, heap->timers[(at - 1) / 2])) {
        sift_up(heap, at, last);
    } else {
        sift_down(heap, at, last);
    }
}

/* Sets libevent's timer for the earliest of the heap, or takes it away if there is none or the world stands still. */
static bool arm(struct loop *loop, enum loop_clock clock) {
    struct heap *heap = &loop->heaps[clock];
    int64_t wait = INT64_MAX;
    struct timeval delay;

    if (heap->count > 0) {
        int64_t due = heap->timers[0]->due_us;
        int64_t now = clock_now(clock);
        wait = due <= now ? 0 : clock == LOOP_WORLD ? clock_world_wait_us(due) : due - now;
    }
    if (wait == INT64_MAX) {
        event_del(heap->alarm);
        return true;
    }
    if (wait > LONGEST_SLEEP_US) {
        wait = LONGEST_SLEEP_US;
    }
    delay.tv_sec = (time_t)(wait / 1000000);
    delay.tv_usec = (suseconds_t)(wait % 1000000);
    return event_add(heap->alarm, &delay) == 0;
}

/* Fires what is due. No more than there were timers at the start: one that starts itself again with no delay gets its next turn
 * after the sockets have had theirs. */
static void fire_due(struct loop *loop, enum loop_clock clock) {
    struct heap *heap = &loop->heaps[clock];
    int64_t now = clock_now(clock);
    int turns = heap->count;

    while (turns-- > 0 && heap->count > 0 && heap->timers[0]->due_us <= now) {
        struct loop_timer *timer = heap->timers[0];
        heap_remove(heap, timer);
        timer->fire(timer); /* may free the timer, start and stop others */
    }
    arm(loop, clock);
}

static void real_alarm(evutil_socket_t nothing, short what, void *loop) {
    (void)nothing;
    (void)what;
    fire_due(loop, LOOP_REAL);
}

static void world_alarm(evutil_socket_t nothing, short what, void *loop) {
    (void)nothing;
    (void)what;
    fire_due(loop, LOOP_WORLD);
}

struct loop *loop_new(void) {
    struct loop *loop = calloc(1, sizeof *loop);
    if (loop == NULL) {
        return NULL;
    }
    /* Writing to a connection that the peer has closed is an error of that write, never the end of the program. */
    signal(SIGPIPE, SIG_IGN);
    loop->base = event_base_new();
    if (loop->base != NULL) {
        loop->heaps[LOOP_REAL].alarm = evtimer_new(loop->base, real_alarm, loop);
        loop->heaps[LOOP_WORLD].alarm = evtimer_new(loop->base, world_alarm, loop);
    }
    if (loop->heaps[LOOP_REAL].alarm == NULL || loop->heaps[LOOP_WORLD].alarm == NULL) {
        loop_free(loop);
        return NULL;
    }
    return loop;
}

void loop_free(struct loop *loop) {
    if (loop == NULL) {
        return;
    }
    for (int clock = LOOP_REAL; clock <= LOOP_WORLD; clock++) {
        struct heap *heap = &loop->heaps[clock];
        for (int i = 0; i < heap->count; i++) {
            heap->timers[i]->heap_index = 0; /* a later stop finds it not running */
        }
        free(heap->timers);
        if (heap->alarm != NULL) {
            event_free(heap->alarm);
        }
    }
    if (loop->base != NULL) {
        /* What libevent puts off to the loop's next turn, such as the end of a connection that was just closed. */
        event_base_loop(loop->base, EVLOOP_NONBLOCK);
        event_base_free(loop->base);
    }
    free(loop);
}

struct event_base *loop_event_base(struct loop *loop) {
    return loop->base;
}

bool loop_run(struct loop *loop) {
    return event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY) == 0;
}

void loop_stop(struct loop *loop) {
    event_base_loopbreak(loop->base);
}

bool loop_timer_start(struct loop *loop, struct loop_timer *timer, enum loop_clock clock, int64_t delay_us,
                      void (*fire)(struct loop_timer *timer)) {
    int64_t now = clock_now(clock);
    loop_timer_stop(timer);
    timer->loop = loop;
    timer->fire = fire;
    timer->clock = clock;
    timer->due_us = delay_us <= 0 ? now : delay_us > INT64_MAX - now ? INT64_MAX : now + delay_us;
    timer->order = loop->started++;
    if (!heap_add(&loop->heaps[clock], timer)) {
        return false;
    }
    if (timer->heap_index == 1 && !arm(loop, clock)) { /* only a new earliest one changes when to wake */
        heap_remove(&loop->heaps[clock], timer);
        return false;
    }
    return true;
}

void loop_timer_stop(struct loop_timer *timer) {
    if (timer->heap_index != 0) {
        /* The alarm stays: it may find nothing due, which is cheaper than setting it at every stop. */
        heap_remove(&timer->loop->heaps[timer->clock], timer);
    }
}

int64_t loop_next_world_us(struct loop *loop) {
    const struct heap *heap = &loop->heaps[LOOP_WORLD];
    return heap->count > 0 ? heap->timers[0]->due_us : INT64_MAX;
}

void loop_world_changed(struct loop *loop) {
    arm(loop, LOOP_WORLD);
}
