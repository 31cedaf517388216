#include "runtime/lua_event.h"

#include <stdbool.h>
#include <string.h>

#include "lua/binding.h"
#include "runtime/waiting.h"

#define EVENT "drsh.event"
#define EVENT_WAIT "drsh.event.wait"

struct event_wait {
    struct binding_operation operation;
    struct loop_timer timer;
    struct event_wait *next, **link; /* among those who wait for the event */
    bool timed_out;
};

struct event {
    bool is_set;
    struct event_wait *waits;
};

static void event_wait_stop(struct event_wait *wait) {
    loop_timer_stop(&wait->timer);
    if (wait->link != NULL) {
        *wait->link = wait->next;
        if (wait->next != NULL) {
            wait->next->link = wait->link;
        }
        wait->link = NULL;
    }
}

static int event_wait_close(lua_State *L) {
    event_wait_stop(luaL_checkudata(L, 1, EVENT_WAIT));
    return 0;
}

static void event_wait_cancel(struct pending *pending) {
    event_wait_stop((struct event_wait *)pending);
}

static void event_wait_over(struct loop_timer *timer) {
    struct event_wait *wait = (struct event_wait *)((char *)timer - offsetof(struct event_wait, timer));
    wait->timed_out = true;
    event_wait_stop(wait);
    pending_finish(&wait->operation.pending);
}

static int event_wait_finish(lua_State *L, struct binding_operation *operation) {
    lua_pushboolean(L, !((struct event_wait *)operation)->timed_out);
    return 1;
}

static int event_lua_wait(lua_State *L) {
    struct event *event = luaL_checkudata(L, 1, EVENT);
    bool forever = lua_isnoneornil(L, 2);
    int64_t limit_us = forever ? 0 : waiting_seconds(L, 2);
    struct event_wait *wait = waiting_operation(L, sizeof *wait, EVENT_WAIT);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1); /* the event lives as long as somebody waits for it */
    wait->operation.pending.counts_on_world = true;
    wait->operation.pending.cancel = event_wait_cancel;
    if (event->is_set) {
        wait->operation.pending.done = true;
    } else {
        wait->next = event->waits;
        wait->link = &event->waits;
        if (wait->next != NULL) {
            wait->next->link = &wait->next;
        }
        event->waits = wait;
        if (!forever && !loop_timer_start(binding_services(L)->loop, &wait->timer, LOOP_WORLD, limit_us, event_wait_over)) {
            return luaL_error(L, "no memory for a timer");
        }
    }
    return binding_await(L, &wait->operation, event_wait_finish);
}

static int event_lua_set(lua_State *L) {
    struct event *event = luaL_checkudata(L, 1, EVENT);
    event->is_set = true;
    while (event->waits != NULL) {
        struct event_wait *wait = event->waits;
        event_wait_stop(wait);
        pending_finish(&wait->operation.pending);
    }
    return 0;
}

static int event_lua_reset(lua_State *L) {
    struct event *event = luaL_checkudata(L, 1, EVENT);
    event->is_set = false;
    return 0;
}

int lua_event_new(lua_State *L) {
    struct event *event = lua_newuserdatauv(L, sizeof *event, 0);
    memset(event, 0, sizeof *event);
    luaL_setmetatable(L, EVENT);
    return 1;
}

void lua_event_open(lua_State *L) {
    static const luaL_Reg methods[] = {
        {"wait", event_lua_wait}, {"set", event_lua_set}, {"reset", event_lua_reset}, {NULL, NULL}};
    waiting_type(L, EVENT_WAIT, event_wait_close, NULL);
    waiting_type(L, EVENT, NULL, methods);
}
