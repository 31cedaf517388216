#include "base/loop.h"

#include <event2/event.h>
#include <stdlib.h>

#include "base/clock.h"
#include "check.h"

struct named {
    struct loop_timer timer; /* first */
    char name;
};

static char fired[64];
static int fired_count;

static void note(struct loop_timer *timer) {
    fired[fired_count++] = ((struct named *)timer)->name;
    fired[fired_count] = '\0';
}

static void stop(struct loop_timer *timer) {
    loop_stop(timer->loop);
}

static void forget(void) {
    fired_count = 0;
    fired[0] = '\0';
}

static void run_for_us(struct loop *loop, int64_t us) {
    struct loop_timer end = {0};
    CHECK(loop_timer_start(loop, &end, LOOP_REAL, us, stop));
    CHECK(loop_run(loop));
}

static void fires_in_order_of_time(struct loop *loop) {
    struct named timers[5] = {{.name = 'a'}, {.name = 'b'}, {.name = 'c'}, {.name = 'd'}, {.name = 'e'}};
    static const int delays[5] = {60000, 20000, 40000, 0, 20000};
    forget();
    for (int i = 0; i < 5; i++) {
        CHECK(loop_timer_start(loop, &timers[i].timer, LOOP_REAL, delays[i], note));
    }
    CHECK(timers[0].timer.heap_index != 0);
    loop_timer_stop(&timers[2].timer);
    loop_timer_stop(&timers[2].timer);
    CHECK_INT(timers[2].timer.heap_index, 0);
    run_for_us(loop, 100000);
    CHECK_STR(fired, "dbea");
    CHECK_INT(timers[0].timer.heap_index, 0);
}

static void many_timers_keep_their_order(struct loop *loop) {
    enum { MANY = 500 };
    static struct named timers[MANY];
    int64_t base;
    clock_world_set_speed(0);
    base = clock_world_us();
    srand(1);
    for (int i = 0; i < MANY; i++) {
        CHECK(loop_timer_start(loop, &timers[i].timer, LOOP_WORLD, 1 + rand() % 100, note));
    }
    for (int i = 0; i < MANY; i += 3) {
        loop_timer_stop(&timers[i].timer);
    }
    for (int i = 0; i < MANY; i += 4) { /* start again elsewhere */
        CHECK(loop_timer_start(loop, &timers[i].timer, LOOP_WORLD, 1 + rand() % 100, note));
    }
    for (int64_t last = 0, next; (next = loop_next_world_us(loop)) != INT64_MAX; last = next) {
        struct loop_timer *earliest = NULL;
        CHECK(next >= last && next > base);
        for (int i = 0; i < MANY; i++) {
            struct loop_timer *timer = &timers[i].timer;
            if (timer->heap_index != 0 && (earliest == NULL || timer->due_us < earliest->due_us)) {
                earliest = timer;
            }
        }
        CHECK(earliest != NULL && earliest->due_us == next);
        if (earliest == NULL) {
            break;
        }
        loop_timer_stop(earliest);
    }
}

static void frozen_world_fires_when_stepped(struct loop *loop) {
    struct named timers[3] = {{.name = 'x'}, {.name = 'y'}, {.name = 'z'}};
    forget();
    clock_world_set_speed(0);
    clock_world_set_us(1000);
    CHECK(loop_next_world_us(loop) == INT64_MAX);
    CHECK(loop_timer_start(loop, &timers[0].timer, LOOP_WORLD, 3000000, note));
    CHECK(loop_timer_start(loop, &timers[1].timer, LOOP_WORLD, 1000000, note));
    CHECK(loop_timer_start(loop, &timers[2].timer, LOOP_WORLD, 1000000, note));
    CHECK_INT(loop_next_world_us(loop), 1001000);
    run_for_us(loop, 5000);
    CHECK_STR(fired, "");
    clock_world_set_us(1001000);
    run_for_us(loop, 5000);
    CHECK_STR(fired, ""); /* not before the loop is told */
    loop_world_changed(loop);
    run_for_us(loop, 5000);
    CHECK_STR(fired, "yz");
    CHECK_INT(loop_next_world_us(loop), 3001000);
    clock_world_set_speed(10000);
    loop_world_changed(loop);
    run_for_us(loop, 5000);
    CHECK_STR(fired, "yzx");
}

static int again_count;

static void again(struct loop_timer *timer) {
    again_count++;
    loop_timer_start(timer->loop, timer, LOOP_WORLD, 0, again);
}

static void no_delay_starves_nobody(struct loop *loop) {
    struct loop_timer timer = {0};
    clock_world_set_speed(0);
    CHECK(loop_timer_start(loop, &timer, LOOP_WORLD, 0, again));
    run_for_us(loop, 3000); /* ends only if the other heap gets its turns */
    CHECK(again_count > 1);
    loop_timer_stop(&timer);
}

static void far_times_do_not_overflow(struct loop *loop) {
    struct loop_timer timer = {0};
    CHECK(loop_timer_start(loop, &timer, LOOP_REAL, INT64_MAX, stop));
    CHECK(timer.due_us == INT64_MAX);
    CHECK(loop_timer_start(loop, &timer, LOOP_REAL, -5, stop));
    CHECK(loop_run(loop));
}

int main(void) {
    struct loop *loop = loop_new();
    struct loop_timer left = {0};
    CHECK(loop != NULL && loop_event_base(loop) != NULL);
    fires_in_order_of_time(loop);
    many_timers_keep_their_order(loop);
    frozen_world_fires_when_stepped(loop);
    no_delay_starves_nobody(loop);
    far_times_do_not_overflow(loop);
    CHECK(loop_timer_start(loop, &left, LOOP_REAL, 1000000, stop));
    loop_free(loop);
    loop_timer_stop(&left); /* harmless after its loop is gone */
    loop_free(NULL);
    return check_report();
}
