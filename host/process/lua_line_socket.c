#include "process/lua_line_socket.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lua/binding.h"
#include "process/log.h"
#include "runtime/waiting.h"

#define LISTENER "drsh.line_socket.listener"
#define CONNECTION "drsh.line_socket.connection"
#define WAIT "drsh.line_socket.wait"

/* A line is a message of JSON: a text that somebody typed, or what it printed. */
#define LONGEST_LINE ((size_t)8 << 20)
/* Who writes waits while more than this is unsent. */
#define UNSENT_MOST ((size_t)256 << 10)
#define BACKLOG 16

struct connection {
    struct bufferevent *events; /* NULL: closed */
    struct line_wait *waits;    /* tasks that wait for a line, or for room to write */
    bool ended;                 /* the other side has gone */
};

struct listener {
    int descriptor; /* -1: closed */
    struct event *readable;
    struct line_wait *waits; /* tasks in accept() */
    char path[sizeof((struct sockaddr_un *)0)->sun_path];
};

/* A task that waits at a connection or a listener, which its user value holds. */
struct line_wait {
    struct binding_operation operation;
    void *owner;
    struct line_wait **head; /* the owner's list */
    struct line_wait *next;
    bool writes;
};

/* --- waiting --- */

static void stop_waiting(struct line_wait *wait) {
    for (struct line_wait **link = wait->head; *link != NULL; link = &(*link)->next) {
        if (*link == wait) {
            *link = wait->next;
            return;
        }
    }
}

static int wait_close(lua_State *L) {
    stop_waiting(luaL_checkudata(L, 1, WAIT));
    return 0;
}

static void wait_cancel(struct pending *pending) {
    stop_waiting((struct line_wait *)pending);
}

static void wait_over(struct line_wait *wait) {
    stop_waiting(wait);
    pending_finish(&wait->operation.pending);
}

/* Pushes the operation of a task that waits at what is at index 1. */
static struct line_wait *new_wait(lua_State *L, void *owner, struct line_wait **head) {
    struct line_wait *wait = waiting_operation(L, sizeof *wait, WAIT);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1);
    wait->owner = owner;
    wait->head = head;
    wait->next = *head;
    *head = wait;
    wait->operation.pending.counts_on_world = true; /* nothing inside the program will end it */
    wait->operation.pending.cancel = wait_cancel;
    return wait;
}

static bool can_go_on(const struct connection *self, bool writes) {
    if (self->events == NULL || self->ended) {
        return true;
    }
    if (writes) {
        return evbuffer_get_length(bufferevent_get_output(self->events)) <= UNSENT_MOST;
    }
    struct evbuffer *input = bufferevent_get_input(self->events);
    return evbuffer_search_eol(input, NULL, NULL, EVBUFFER_EOL_LF).pos >= 0 || evbuffer_get_length(input) >= LONGEST_LINE;
}

static void wake(struct connection *self) {
    for (struct line_wait *wait = self->waits, *next; wait != NULL; wait = next) {
        next = wait->next;
        if (can_go_on(self, wait->writes)) {
            wait_over(wait);
        }
    }
}

static int await(lua_State *L, struct connection *self, bool writes, int (*finish)(lua_State *, struct binding_operation *)) {
    struct line_wait *wait = new_wait(L, self, &self->waits);
    wait->writes = writes;
    if (can_go_on(self, writes)) {
        wait_over(wait);
    }
    return binding_await(L, &wait->operation, finish);
}

/* --- connections --- */

static void ready_to_go_on(struct bufferevent *events, void *data) {
    (void)events;
    wake(data);
}

static void broke(struct bufferevent *events, short what, void *data) {
    struct connection *self = data;
    (void)events;
    self->ended = self->ended || (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) != 0;
    wake(self);
}

static int connection_close(lua_State *L) {
    struct connection *self = luaL_checkudata(L, 1, CONNECTION);
    if (self->events != NULL) {
        bufferevent_free(self->events);
        self->events = NULL;
        wake(self);
    }
    return 0;
}

/* Pushes a connection; the descriptor is its own from here on. */
static void push_connection(lua_State *L, int descriptor) {
    struct connection *self = waiting_operation(L, sizeof *self, CONNECTION);
    evutil_make_socket_nonblocking(descriptor);
    self->events = bufferevent_socket_new(loop_event_base(binding_services(L)->loop), descriptor, BEV_OPT_CLOSE_ON_FREE);
    if (self->events == NULL) {
        close(descriptor);
        luaL_error(L, "no memory for a connection");
    }
    bufferevent_setcb(self->events, ready_to_go_on, ready_to_go_on, broke, self);
    bufferevent_setwatermark(self->events, EV_READ, 0, LONGEST_LINE);
    bufferevent_setwatermark(self->events, EV_WRITE, UNSENT_MOST / 2, 0);
    bufferevent_enable(self->events, EV_READ | EV_WRITE);
}

static int read_finish(lua_State *L, struct binding_operation *operation) {
    static const struct error too_long = {"LINE_TOO_LONG", "the other side sent a line that is longer than 8 MiB"};
    struct connection *self = ((struct line_wait *)operation)->owner;
    struct evbuffer *input = self->events == NULL ? NULL : bufferevent_get_input(self->events);
    struct evbuffer_ptr end = {.pos = -1};
    if (input != NULL) {
        end = evbuffer_search_eol(input, NULL, NULL, EVBUFFER_EOL_LF);
    }
    if (end.pos >= 0) {
        size_t length = (size_t)end.pos;
        luaL_Buffer buffer;
        char *room = luaL_buffinitsize(L, &buffer, length + 1);
        evbuffer_remove(input, room, length + 1);
        luaL_pushresultsize(&buffer, length);
        return 1;
    }
    if (input != NULL && evbuffer_get_length(input) >= LONGEST_LINE) {
        return binding_raise(L, &too_long);
    }
    lua_pushnil(L);
    return 1;
}

static int connection_read(lua_State *L) {
    return await(L, luaL_checkudata(L, 1, CONNECTION), false, read_finish);
}

static int write_finish(lua_State *L, struct binding_operation *operation) {
    (void)L;
    (void)operation;
    return 0;
}

static int connection_write(lua_State *L) {
    static const struct error gone = {"DISCONNECTED", "the other side has gone"};
    struct connection *self = luaL_checkudata(L, 1, CONNECTION);
    size_t length = 0;
    const char *line = luaL_checklstring(L, 2, &length);
    if (self->events == NULL || self->ended) {
        return binding_raise(L, &gone);
    }
    struct evbuffer *output = bufferevent_get_output(self->events);
    if (evbuffer_expand(output, length + 1) != 0) {
        return luaL_error(L, "no memory to write a line");
    }
    evbuffer_add(output, line, length);
    evbuffer_add(output, "\n", 1);
    return await(L, self, true, write_finish);
}

/* --- the two ends --- */

static int new_socket(lua_State *L, const char *path, struct sockaddr_un *address) {
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    luaL_argcheck(L, strlen(path) < sizeof address->sun_path, 1, "the path is too long for a socket");
    memcpy(address->sun_path, path, strlen(path) + 1);
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static int raise_errno(lua_State *L, const char *code, const char *what, const char *path, int descriptor) {
    struct error error;
    error_set(&error, code, "cannot %s %s: %s", what, path, strerror(errno));
    if (descriptor >= 0) {
        close(descriptor);
    }
    return binding_raise(L, &error);
}

static int connect_lua(lua_State *L) {
    struct sockaddr_un address;
    const char *path = luaL_checkstring(L, 1);
    int descriptor = new_socket(L, path, &address);
    if (descriptor < 0 || connect(descriptor, (struct sockaddr *)&address, sizeof address) != 0) {
        return raise_errno(L, "CONNECT", "reach", path, descriptor);
    }
    push_connection(L, descriptor);
    return 1;
}

static int listener_close(lua_State *L) {
    struct listener *self = luaL_checkudata(L, 1, LISTENER);
    if (self->readable != NULL) {
        event_free(self->readable);
        self->readable = NULL;
    }
    if (self->descriptor >= 0) {
        close(self->descriptor);
        unlink(self->path);
        self->descriptor = -1;
    }
    return 0;
}

static void somebody_came(evutil_socket_t descriptor, short what, void *data) {
    struct listener *self = data;
    (void)descriptor;
    (void)what;
    while (self->waits != NULL) {
        wait_over(self->waits);
    }
}

static int listen_lua(lua_State *L) {
    struct sockaddr_un address;
    const char *path = luaL_checkstring(L, 1);
    struct listener *self = waiting_operation(L, sizeof *self, LISTENER);
    self->descriptor = -1;
    int descriptor = new_socket(L, path, &address);
    unlink(path); /* what an earlier process left there */
    mode_t mask = umask(0177);
    bool good = descriptor >= 0 && bind(descriptor, (struct sockaddr *)&address, sizeof address) == 0 &&
                listen(descriptor, BACKLOG) == 0;
    umask(mask);
    if (!good) {
        return raise_errno(L, "LISTEN", "listen on", path, descriptor);
    }
    self->descriptor = descriptor;
    memcpy(self->path, address.sun_path, sizeof self->path);
    self->readable = event_new(loop_event_base(binding_services(L)->loop), descriptor, EV_READ, somebody_came, self);
    return self->readable != NULL ? 1 : luaL_error(L, "no memory for an event");
}

/* Who is at the other side, as the kernel knows it. */
static bool is_welcome(int descriptor, struct ucred *peer) {
    socklen_t length = sizeof *peer;
    char uid[24];
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, peer, &length) != 0) {
        return false;
    }
    if (peer->uid == geteuid() || peer->uid == 0) {
        return true;
    }
    snprintf(uid, sizeof uid, "%ld", (long)peer->uid);
    log_write(LOG_LEVEL_WARN, "another user came to a socket of this process, and was refused", "uid", uid, NULL);
    return false;
}

static int accept_finish(lua_State *L, struct binding_operation *operation) {
    const struct listener *self = ((struct line_wait *)operation)->owner;
    struct ucred peer;
    int descriptor = accept4(self->descriptor, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (descriptor >= 0 && is_welcome(descriptor, &peer)) {
        push_connection(L, descriptor);
        lua_pushinteger(L, peer.uid);
        lua_pushinteger(L, peer.pid);
        return 3;
    }
    if (descriptor >= 0) {
        close(descriptor);
    }
    lua_pushnil(L);
    return 1;
}

static int listener_accept(lua_State *L) {
    struct listener *self = luaL_checkudata(L, 1, LISTENER);
    if (self->descriptor < 0 || event_add(self->readable, NULL) != 0) {
        return luaL_error(L, self->descriptor < 0 ? "the listener is closed" : "no memory for an event");
    }
    return binding_await(L, &new_wait(L, self, &self->waits)->operation, accept_finish);
}

int luaopen_line_socket(lua_State *L) {
    static const luaL_Reg functions[] = {{"listen", listen_lua}, {"connect", connect_lua}, {NULL, NULL}};
    static const luaL_Reg listener_methods[] = {{"accept", listener_accept}, {"close", listener_close}, {NULL, NULL}};
    static const luaL_Reg connection_methods[] = {
        {"read", connection_read}, {"write", connection_write}, {"close", connection_close}, {NULL, NULL}};
    waiting_type(L, LISTENER, listener_close, listener_methods);
    waiting_type(L, CONNECTION, connection_close, connection_methods);
    waiting_type(L, WAIT, wait_close, NULL);
    luaL_newlib(L, functions);
    return 1;
}
