/* Any bytes: a Lua value, or INVALID_CBOR; the stack is as it was. */
#include <lauxlib.h>
#include <lua.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lua/modules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static lua_State *new_state(void) {
    lua_State *L = luaL_newstate();
    if (L == NULL) {
        abort();
    }
    *(void **)lua_getextraspace(L) = NULL; /* no task */
    luaL_requiref(L, "cbor", luaopen_cbor, 0);
    lua_getfield(L, -1, "decode");
    lua_remove(L, -2);
    return L;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static lua_State *L; /* the function decode lies at 1 */
    if (L == NULL) {
        L = new_state();
    }
    lua_pushvalue(L, 1);
    lua_pushlstring(L, (const char *)data, size);
    if (lua_pcall(L, 1, 1, 0) != LUA_OK &&
        (lua_getfield(L, -1, "code") != LUA_TSTRING || strcmp(lua_tostring(L, -1), "INVALID_CBOR") != 0)) {
        abort();
    }
    lua_settop(L, 1);
    return 0;
}
