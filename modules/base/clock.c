#include "base/clock.h"

#include <stdbool.h>
#include <time.h>

static struct {
    bool own; /* false: the world's clock is the wall's */
    double speed;
    int64_t world_us; /* what it showed when ... */
    int64_t mono_us;  /* ... the monotonic clock showed this */
} world = {.speed = 1.0};

static int64_t read_us(clockid_t id) {
    struct timespec now;
    clock_gettime(id, &now); /* cannot fail: both clocks exist on every Linux */
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_wall_us(void) {
    return read_us(CLOCK_REALTIME);
}

int64_t clock_mono_us(void) {
    return read_us(CLOCK_MONOTONIC);
}

int64_t clock_world_us(void) {
    if (!world.own) {
        return clock_wall_us();
    }
    return world.world_us + (int64_t)((double)(clock_mono_us() - world.mono_us) * world.speed);
}

void clock_world_set_speed(double speed) {
    if (!world.own && speed == 1.0) {
        return; /* stays the wall's clock, and follows it when it is set */
    }
    clock_world_set_us(clock_world_us());
    world.speed = speed > 0 ? speed : 0; /* it never runs backwards; NaN freezes */
}

double clock_world_speed(void) {
    return world.speed;
}

void clock_world_set_us(int64_t world_us) {
    world.world_us = world_us;
    world.mono_us = clock_mono_us();
    world.own = true;
}

int64_t clock_world_wait_us(int64_t world_us) {
    int64_t now = clock_world_us();
    double wait;
    if (world_us <= now) {
        return 0;
    }
    if (world.speed <= 0) {
        return INT64_MAX;
    }
    wait = ((double)world_us - (double)now) / world.speed;
    return wait < 9e18 ? (int64_t)wait + 1 : INT64_MAX; /* rounded up: never early */
}
