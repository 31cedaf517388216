/* require "private_file" (trusted): files that hold secrets.
 *
 * private_file.replace(path, bytes)
 *   |-> nothing             the file is the new one, whole, readable by its owner alone
 *   |-> raises              {code="PRIVATE_FILE", message=}: path and reason; the old file is as it was
 *   `-> raises a string     wrong arguments
 */
#include "base/private_file.h"

#include <lauxlib.h>

#include "lua/binding.h"
#include "lua/modules.h"

static int private_file_lua_replace(lua_State *L) {
    size_t length;
    const char *path = luaL_checkstring(L, 1);
    const char *bytes = luaL_checklstring(L, 2, &length);
    struct error error;
    if (!private_file_replace(path, bytes, length, &error)) {
        return binding_raise(L, &error);
    }
    return 0;
}

int luaopen_private_file(lua_State *L) {
    static const luaL_Reg functions[] = {{"replace", private_file_lua_replace}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
