#include "process/lua_prompt.h"

#include <editline/readline.h>
#include <lauxlib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int push_line(lua_State *L) {
    lua_pushstring(L, lua_touserdata(L, 1));
    return 1;
}

/* libedit's line is freed also when Lua has no memory for a copy. */
static int read_terminal(lua_State *L, const char *text) {
    char *line = readline(text);
    if (line == NULL) {
        fputc('\n', stdout);
        lua_pushnil(L);
        return 1;
    }
    if (line[0] != '\0') {
        add_history(line);
    }
    lua_pushcfunction(L, push_line);
    lua_pushlightuserdata(L, line);
    int status = lua_pcall(L, 1, 1, 0);
    free(line);
    return status == LUA_OK ? 1 : lua_error(L);
}

/* text -> line | nil */
static int read_line(lua_State *L) {
    const char *text = luaL_checkstring(L, 1);
    if (isatty(STDIN_FILENO)) {
        return read_terminal(L, text);
    }
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

int luaopen_prompt(lua_State *L) {
    static const luaL_Reg functions[] = {{"read", read_line}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
