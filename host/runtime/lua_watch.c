#include "runtime/lua_watch.h"

#include <event2/event.h>
#include <lauxlib.h>
#include <stddef.h>
#include <string.h>

#include "base/loop.h"
#include "lua/binding.h"
#include "runtime/waiting.h"
#include "runtime/watch.h"

#define WATCH "drsh.watch"
#define WATCH_WAIT "drsh.watch.wait"
/* An editor's save is several events, a checkout many: who waits is told when they have had time to come. */
#define SETTLE_US 50000

struct lua_watch {
    struct watch *watch; /* NULL: stat */
    struct event *readable;
    struct watch_wait *wait; /* who waits, if anybody does */
    char why[sizeof((struct error *)0)->message];
};

struct watch_wait {
    struct binding_operation operation;
    struct loop_timer timer;
    struct lua_watch *owner; /* kept by the user value */
};

static void drop_watch(struct lua_watch *self) {
    if (self->readable != NULL) {
        event_free(self->readable);
        self->readable = NULL;
    }
    watch_free(self->watch);
    self->watch = NULL;
}

static int close_watch(lua_State *L) {
    drop_watch(luaL_checkudata(L, 1, WATCH));
    return 0;
}

/* --- watch:wait(seconds) --- */

static void wait_stop(struct watch_wait *wait) {
    loop_timer_stop(&wait->timer);
    if (wait->owner != NULL && wait->owner->wait == wait) {
        wait->owner->wait = NULL;
        if (wait->owner->readable != NULL) {
            event_del(wait->owner->readable);
        }
    }
}

static int wait_close(lua_State *L) {
    wait_stop(luaL_checkudata(L, 1, WATCH_WAIT));
    return 0;
}

static void wait_cancel(struct pending *pending) {
    wait_stop((struct watch_wait *)pending);
}

static void wait_over(struct loop_timer *timer) {
    struct watch_wait *wait = (struct watch_wait *)((char *)timer - offsetof(struct watch_wait, timer));
    wait_stop(wait);
    pending_finish(&wait->operation.pending);
}

static void became_readable(evutil_socket_t descriptor, short what, void *data) {
    struct lua_watch *self = data;
    (void)descriptor;
    (void)what;
    if (self->wait != NULL) {
        loop_timer_start(self->wait->timer.loop, &self->wait->timer, LOOP_REAL, SETTLE_US, wait_over);
    }
}

static int wait_finish(lua_State *L, struct binding_operation *operation) {
    (void)L;
    (void)operation;
    return 0;
}

static int watch_lua_wait(lua_State *L) {
    struct lua_watch *self = luaL_checkudata(L, 1, WATCH);
    int64_t limit_us = waiting_seconds(L, 2);
    if (self->wait != NULL) {
        return luaL_error(L, "watch:wait: another task waits already");
    }
    struct watch_wait *wait = waiting_operation(L, sizeof *wait, WATCH_WAIT);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1);
    wait->owner = self;
    wait->operation.pending.counts_on_world = true; /* nothing inside the program will end it */
    wait->operation.pending.cancel = wait_cancel;
    if (!loop_timer_start(binding_services(L)->loop, &wait->timer, LOOP_REAL, limit_us, wait_over)) {
        return luaL_error(L, "no memory for a timer");
    }
    self->wait = wait;
    if (self->readable != NULL) {
        event_add(self->readable, NULL);
    }
    return binding_await(L, &wait->operation, wait_finish);
}

/* --- what has changed --- */

static void add_touched(void *data, const char *path) {
    lua_State *L = data;
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_newtable(L);
    }
    lua_pushboolean(L, true);
    lua_setfield(L, -2, path);
}

static int watch_lua_changes(lua_State *L) {
    struct lua_watch *self = luaL_checkudata(L, 1, WATCH);
    if (self->watch == NULL) {
        lua_getiuservalue(L, 1, 1);
        return 1;
    }
    lua_pushnil(L);
    bool changed = watch_drain(self->watch, add_touched, L);
    if (!watch_is_sound(self->watch)) {
        drop_watch(self);
        memcpy(self->why, "inotify cannot watch them any more", sizeof "inotify cannot watch them any more");
        changed = true;
    }
    if (changed && lua_isnil(L, -1)) {
        lua_getiuservalue(L, 1, 1);
    }
    return 1;
}

static int watch_lua_mode(lua_State *L) {
    const struct lua_watch *self = luaL_checkudata(L, 1, WATCH);
    lua_pushstring(L, self->watch != NULL ? "inotify" : "stat");
    lua_pushstring(L, self->watch != NULL ? NULL : self->why);
    return 2;
}

int lua_watch_new(lua_State *L) {
    static const char *const modes[] = {"auto", "inotify", "stat", NULL};
    static const luaL_Reg methods[] = {
        {"changes", watch_lua_changes}, {"mode", watch_lua_mode}, {"wait", watch_lua_wait}, {NULL, NULL}};
    struct error error = {"WATCH", "the setting DRSH_RELOAD says so"};
    const char *folder = luaL_checkstring(L, 1);
    int mode = luaL_checkoption(L, 2, "auto", modes);
    waiting_type(L, WATCH, close_watch, methods);
    waiting_type(L, WATCH_WAIT, wait_close, NULL);
    struct lua_watch *self = waiting_operation(L, sizeof *self, WATCH);
    lua_newtable(L);
    lua_setiuservalue(L, -2, 1); /* what changes() gives when only a look can tell */
    if (mode != 2) {
        self->watch = watch_new(folder, &error);
    }
    if (self->watch != NULL) {
        struct event_base *base = loop_event_base(binding_services(L)->loop);
        self->readable = event_new(base, watch_descriptor(self->watch), EV_READ, became_readable, self);
        if (self->readable == NULL) {
            drop_watch(self);
            error_set(&error, "NO_MEMORY", "no memory to watch the scripts");
        }
    }
    if (self->watch == NULL && mode == 1) {
        return binding_raise(L, &error);
    }
    memcpy(self->why, error.message, sizeof self->why);
    return 1;
}
