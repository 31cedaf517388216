/* require "terminal"
 *
 * terminal.is_tty([descriptor: integer = 1])
 *   `-> boolean
 * terminal.width()
 *   |-> integer             columns of the terminal that standard output, or else standard error, is
 *   `-> nil                 neither is one, or it does not say
 * terminal.height()
 *   |-> integer             lines of the terminal that standard output is
 *   `-> nil                 it is none
 */
#include <lauxlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lua/modules.h"

static int terminal_is_tty(lua_State *L) {
    lua_Integer descriptor = luaL_optinteger(L, 1, STDOUT_FILENO);
    luaL_argcheck(L, descriptor >= 0 && descriptor < 1 << 20, 1, "a file descriptor expected");
    lua_pushboolean(L, isatty((int)descriptor));
    return 1;
}

static int terminal_width(lua_State *L) {
    for (int descriptor = STDOUT_FILENO; descriptor <= STDERR_FILENO; descriptor++) {
        struct winsize size = {0};
        if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
            lua_pushinteger(L, size.ws_col);
            return 1;
        }
    }
    lua_pushnil(L);
    return 1;
}

static int terminal_height(lua_State *L) {
    struct winsize size = {0};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0) {
        lua_pushinteger(L, size.ws_row);
    } else {
        lua_pushnil(L);
    }
    return 1;
}

int luaopen_terminal(lua_State *L) {
    static const luaL_Reg functions[] = {
        {"is_tty", terminal_is_tty}, {"width", terminal_width}, {"height", terminal_height}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
