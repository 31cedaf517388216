#include "lua/boxed.h"

#include <lauxlib.h>

#include "lua/metatable.h"

#define BOX "drsh.buffer"

static int box_close(lua_State *L) {
    buffer_clear(luaL_checkudata(L, 1, BOX));
    return 0;
}

struct buffer *boxed_buffer(lua_State *L, size_t limit) {
    static const luaL_Reg methods[] = {{"__gc", box_close}, {"__close", box_close}, {NULL, NULL}};
    struct buffer *buffer = lua_newuserdatauv(L, sizeof *buffer, 0);
    buffer_init(buffer, limit);
    metatable_set(L, BOX, methods, NULL);
    lua_toclose(L, -1);
    return buffer;
}

void boxed_push(lua_State *L, int index) {
    struct buffer *buffer = lua_touserdata(L, index);
    index = lua_absindex(L, index);
    if (buffer->failed) {
        luaL_error(L, "not enough memory, or more than %I bytes", (lua_Integer)buffer->limit);
    }
    lua_pushlstring(L, buffer->length > 0 ? buffer->data : "", buffer->length);
    lua_closeslot(L, index);
}
