#include "process/lua_prompt.h"

#include <editline/readline.h>
#include <event2/event.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lua/binding.h"
#include "process/prompt_completion.h"
#include "runtime/waiting.h"

#define READING "drsh.prompt.reading"
#define HISTORY_PATH "drsh.prompt.history"

enum { HISTORY_LINES = 2000 };

/* Somebody who waits for a line. libedit has one line, so there is one of these. */
struct reading {
    struct binding_operation operation;
    struct event *event;
    char *line; /* libedit's, NULL at the end of the input */
    bool installed;
};

static struct reading *current;

/* The terminal is as it was before, also when the line is not finished. */
static void leave_editor(struct reading *reading) {
    if (reading->event != NULL) {
        event_free(reading->event);
        reading->event = NULL;
    }
    if (reading->installed) {
        rl_callback_handler_remove();
        reading->installed = false;
    }
    if (current == reading) {
        current = NULL;
    }
}

static int reading_close(lua_State *L) {
    struct reading *reading = luaL_checkudata(L, 1, READING);
    leave_editor(reading);
    free(reading->line);
    reading->line = NULL;
    return 0;
}

static void cancel(struct pending *pending) {
    leave_editor((struct reading *)pending);
    fputc('\n', stdout);
    fflush(stdout);
}

static void finished(char *line) {
    struct reading *reading = current;
    if (reading == NULL) {
        free(line);
        return;
    }
    leave_editor(reading);
    reading->line = line;
    if (line == NULL) {
        fputc('\n', stdout);
    }
    pending_finish(&reading->operation.pending);
}

/* A terminal that has gone is readable and has nothing to read; libedit would say nothing for ever. */
static void readable(evutil_socket_t descriptor, short what, void *data) {
    int available = 0;
    (void)what;
    (void)data;
    if (ioctl(descriptor, FIONREAD, &available) != 0 || available == 0) {
        finished(NULL);
    } else {
        rl_callback_read_char();
    }
}

static int reading_finish(lua_State *L, struct binding_operation *operation) {
    struct reading *reading = (struct reading *)operation;
    lua_pushstring(L, reading->line); /* pushes nil for NULL */
    return 1;
}

static int read_terminal(lua_State *L, const char *text) {
    struct event_base *base = loop_event_base(binding_services(L)->loop);
    if (current != NULL) {
        return luaL_error(L, "prompt.read: another task reads from the terminal already");
    }
    struct reading *reading = waiting_operation(L, sizeof *reading, READING);
    reading->operation.pending.cancel = cancel;
    reading->operation.pending.counts_on_world = true; /* nothing inside the program will end it */
    reading->event = event_new(base, STDIN_FILENO, EV_READ | EV_PERSIST, readable, NULL);
    if (reading->event == NULL || event_add(reading->event, NULL) != 0) {
        return luaL_error(L, "no memory for an event");
    }
    current = reading;
    reading->installed = true;
    fflush(stdout);
    rl_callback_handler_install(text, finished);
    return binding_await(L, &reading->operation, reading_finish);
}

/* Elsewhere: a line as it comes. */
static int read_plain(lua_State *L) {
    luaL_Buffer buffer;
    luaL_buffinit(L, &buffer);
    int c;
    bool any = false;
    while ((c = getc(stdin)) != EOF && c != '\n') {
        any = true;
        luaL_addchar(&buffer, (char)c);
    }
    luaL_pushresult(&buffer);
    if (c == EOF && !any) {
        lua_pushnil(L);
    }
    return 1;
}

/* text -> line | nil */
static int read_line(lua_State *L) {
    const char *text = luaL_checkstring(L, 1);
    return isatty(STDIN_FILENO) ? read_terminal(L, text) : read_plain(L);
}

/* Can the path be a file of ours? libedit gives the file that it writes to its owner alone, /dev/null and other devices too. */
static bool can_be_history(const char *path) {
    struct stat status;
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);
    bool good = file >= 0 && fstat(file, &status) == 0 && S_ISREG(status.st_mode);
    if (file >= 0) {
        close(file);
    }
    return good;
}

/* path -> true, or false when it cannot be used */
static int use_history(lua_State *L) {
    const char *path = luaL_checkstring(L, 1);
    bool good = can_be_history(path);
    lua_pushboolean(L, good);
    if (good) {
        using_history();
        stifle_history(HISTORY_LINES);
        read_history(path); /* an empty file is no history yet, and no fault */
        lua_pushvalue(L, 1);
        lua_setfield(L, LUA_REGISTRYINDEX, HISTORY_PATH);
    }
    return 1;
}

/* text -> */
static int remember(lua_State *L) {
    add_history(luaL_checkstring(L, 1));
    if (lua_getfield(L, LUA_REGISTRYINDEX, HISTORY_PATH) == LUA_TSTRING) {
        write_history(lua_tostring(L, -1));
    }
    return 0;
}

/* fn -> */
static int set_completer(lua_State *L) {
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_settop(L, 1);
    prompt_completion_set(L);
    return 0;
}

int luaopen_prompt(lua_State *L) {
    static const luaL_Reg functions[] = {
        {"read", read_line}, {"history", use_history}, {"remember", remember}, {"completer", set_completer}, {NULL, NULL}};
    waiting_type(L, READING, reading_close, NULL);
    rl_readline_name = "drsh";
    rl_catch_signals = 0; /* signals are the event loop's */
    luaL_newlib(L, functions);
    return 1;
}
