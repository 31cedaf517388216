/* require "clock" (trusted)
 *
 * clock.freeze([epoch seconds])
 *   |-> nothing            the world's clock stands still, at the given time or where it is
 * clock.speed([n])
 *   `-> number             how fast it runs, 0 when it is frozen; with n it now runs n times as fast as the real one
 * clock.set(epoch seconds)
 *   |-> nothing            it goes on from there; timers that are due by then fire
 * clock.step(seconds)
 *   |-> nothing            it has moved on; every timer due on the way fired at its own time, and all tasks came to rest after
 * each
 *   `-> raises a string    the clock is not frozen, or another step is under way
 */
#include "runtime/lua_clock.h"

#include <lauxlib.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/clock.h"
#include "runtime/task.h"

#define STEP "drsh.clock.step"
/* Turns of the event loop in which nothing may happen before the clock moves: one for the sockets of a client that has just
 * gone. */
#define QUIET_TURNS 2

struct step {
    struct binding_operation operation;
    struct scheduler *scheduler;
    struct scheduler_listener listener;
    struct loop *loop;
    struct loop_timer look;
    int64_t target_us;
    int quiet_turns;
    bool arrived;
};

static struct step *under_way;

static int64_t check_us(lua_State *L, int index) {
    lua_Number seconds = luaL_checknumber(L, index);
    luaL_argcheck(L, seconds >= 0 && seconds <= 9e12, index, "seconds should be between 0 and 9e12");
    return (int64_t)floor(seconds * 1e6);
}

static void step_stop(struct step *step) {
    if (under_way == step) {
        under_way = NULL;
        loop_timer_stop(&step->look);
        scheduler_forget(step->scheduler, &step->listener);
    }
}

static int step_close(lua_State *L) {
    step_stop(luaL_checkudata(L, 1, STEP));
    return 0;
}

static void step_cancel(struct pending *pending) {
    step_stop((struct step *)pending);
}

static void look(struct loop_timer *timer);

static void look_soon(struct step *step) {
    if (!loop_timer_start(step->loop, &step->look, LOOP_REAL, 0, look)) {
        step_stop(step);
        pending_finish(&step->operation.pending);
    }
}

/* All is at rest: to the next timer, or to the end. */
static void advance(struct step *step) {
    int64_t next_us = loop_next_world_us(step->loop);
    if (next_us > step->target_us) {
        if (step->arrived) {
            step_stop(step);
            pending_finish(&step->operation.pending);
            return;
        }
        step->arrived = true;
        next_us = step->target_us;
    }
    if (next_us > clock_world_us()) {
        clock_world_set_us(next_us);
    }
    loop_world_changed(step->loop);
    step->quiet_turns = 0;
    look_soon(step);
}

static void look(struct loop_timer *timer) {
    struct step *step = (struct step *)((char *)timer - offsetof(struct step, look));
    if (!scheduler_is_quiet(step->scheduler)) {
        step->quiet_turns = 0; /* the listener calls again when tasks have run */
    } else if (++step->quiet_turns < QUIET_TURNS) {
        look_soon(step);
    } else {
        advance(step);
    }
}

static void tasks_rest(struct scheduler_listener *listener) {
    struct step *step = (struct step *)((char *)listener - offsetof(struct step, listener));
    step->quiet_turns = 0;
    look_soon(step);
}

static int step_finish(lua_State *L, struct binding_operation *operation) {
    if (clock_world_us() < ((struct step *)operation)->target_us) {
        return luaL_error(L, "no memory to step the clock");
    }
    return 0;
}

static int clock_lua_step(lua_State *L) {
    int64_t distance_us = check_us(L, 1);
    if (clock_world_speed() > 0) {
        return luaL_error(L, "the clock can be stepped only when it is frozen: call clock.freeze() first");
    }
    if (under_way != NULL) {
        return luaL_error(L, "another task is stepping the clock");
    }
    struct step *step = lua_newuserdatauv(L, sizeof *step, 0);
    memset(step, 0, sizeof *step);
    luaL_setmetatable(L, STEP);
    step->operation.pending.counts_on_world = true;
    step->operation.pending.cancel = step_cancel;
    step->scheduler = scheduler_of(L);
    step->loop = binding_services(L)->loop;
    step->target_us = clock_world_us() + distance_us;
    step->listener.idle = tasks_rest;
    under_way = step;
    scheduler_listen(step->scheduler, &step->listener);
    look_soon(step);
    return binding_await(L, &step->operation, step_finish);
}

static int clock_lua_freeze(lua_State *L) {
    int64_t at_us = lua_isnoneornil(L, 1) ? clock_world_us() : check_us(L, 1);
    clock_world_set_speed(0);
    clock_world_set_us(at_us);
    loop_world_changed(binding_services(L)->loop);
    return 0;
}

static int clock_lua_speed(lua_State *L) {
    if (!lua_isnoneornil(L, 1)) {
        lua_Number speed = luaL_checknumber(L, 1);
        luaL_argcheck(L, speed >= 0 && speed <= 1e9, 1, "a speed should be between 0 and 1e9");
        clock_world_set_speed(speed);
        loop_world_changed(binding_services(L)->loop);
    }
    lua_pushnumber(L, clock_world_speed());
    return 1;
}

static int clock_lua_set(lua_State *L) {
    clock_world_set_us(check_us(L, 1));
    loop_world_changed(binding_services(L)->loop);
    return 0;
}

int luaopen_clock(lua_State *L) {
    static const luaL_Reg functions[] = {{"freeze", clock_lua_freeze},
                                         {"speed", clock_lua_speed},
                                         {"set", clock_lua_set},
                                         {"step", clock_lua_step},
                                         {NULL, NULL}};
    luaL_newmetatable(L, STEP);
    lua_pushcfunction(L, step_close);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, step_close);
    lua_setfield(L, -2, "__close");
    lua_pop(L, 1);
    luaL_newlib(L, functions);
    return 1;
}
