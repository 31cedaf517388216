/* require "server" (trusted)
 *
 * server.listen{handler = function(request) ... return status, headers, body end,
 *               address = "127.0.0.1", port = 0, body_limit = bytes (65536), name = "drsh", connections = no limit,
 *               path = a UNIX socket's, instead of address and port; socket = a bound descriptor, likewise}
 *   |-> listener           {port, url, address}; listener:close() (or .close()) cancels and closes, listener:drain() takes no
 * new connections, |                      listener:active() counts the requests being answered. Closed when it is collected.
 *   `-> raises {code="LISTEN"}   the address is taken or no numeric address
 *
 * What a handler gets and returns: server.h. `local listener <close> = server.listen{...}` closes it at the end of the block.
 */
#include "http/lua_server.h"

#include <lauxlib.h>
#include <string.h>

#include "http/server.h"
#include "lua/binding.h"

#define LISTENER "drsh.server"

struct listener {
    struct server *server;
    int port;
};

static int listener_close(lua_State *L) {
    struct listener *listener = luaL_checkudata(L, 1, LISTENER);
    struct server *server = listener->server;
    listener->server = NULL;
    server_free(server);
    return 0;
}

/* listener.close() and listener:close() alike */
static int listener_close_bound(lua_State *L) {
    lua_settop(L, 0);
    lua_pushvalue(L, lua_upvalueindex(1));
    return listener_close(L);
}

static int listener_drain(lua_State *L) {
    struct listener *listener = luaL_checkudata(L, 1, LISTENER);
    if (listener->server != NULL) {
        server_drain(listener->server);
    }
    return 0;
}

static int listener_active(lua_State *L) {
    struct listener *listener = luaL_checkudata(L, 1, LISTENER);
    lua_pushinteger(L, listener->server == NULL ? 0 : (lua_Integer)server_active(listener->server));
    return 1;
}

/* listener.port, .url, .address (kept in its user value), or a method */
static int listener_index(lua_State *L) {
    luaL_checkudata(L, 1, LISTENER);
    lua_getiuservalue(L, 1, 1);
    lua_pushvalue(L, 2);
    if (lua_rawget(L, -2) == LUA_TNIL) {
        lua_pushvalue(L, 2);
        lua_rawget(L, lua_upvalueindex(1));
    }
    return 1;
}

/* The value of a field of the argument table, of the given type or nil. Left on the stack. */
static int check_field(lua_State *L, const char *name, int type) {
    int found = lua_getfield(L, 1, name);
    if (found != LUA_TNIL && found != type) {
        return luaL_error(L, "server.listen: %s should be a %s, not a %s", name, lua_typename(L, type), lua_typename(L, found));
    }
    return found;
}

static int server_lua_listen(lua_State *L) {
    static const char *const known = " handler address port path socket connections body_limit name ";
    struct server_options options = {.address = "127.0.0.1", .socket = -1};
    struct error error = {{0}, {0}};
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    for (lua_pushnil(L); lua_next(L, 1) != 0; lua_pop(L, 1)) {
        const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
        if (strstr(known, lua_pushfstring(L, " %s ", name)) == NULL) {
            return luaL_error(L, "server.listen: unknown option '%s'", name);
        }
        lua_pop(L, 1);
    }
    if (check_field(L, "address", LUA_TSTRING) != LUA_TNIL) {
        options.address = lua_tostring(L, -1);
    }
    if (check_field(L, "port", LUA_TNUMBER) != LUA_TNIL) {
        options.port = (int)luaL_checkinteger(L, -1);
    }
    if (check_field(L, "body_limit", LUA_TNUMBER) != LUA_TNIL) {
        lua_Integer limit = luaL_checkinteger(L, -1);
        options.body_limit = limit > 0 ? (size_t)limit : 0;
    }
    if (check_field(L, "name", LUA_TSTRING) != LUA_TNIL) {
        options.name = lua_tostring(L, -1);
    }
    if (check_field(L, "path", LUA_TSTRING) != LUA_TNIL) {
        options.path = lua_tostring(L, -1);
    }
    if (check_field(L, "socket", LUA_TNUMBER) != LUA_TNIL) {
        options.socket = (int)luaL_checkinteger(L, -1);
    }
    if (check_field(L, "connections", LUA_TNUMBER) != LUA_TNIL) {
        lua_Integer connections = luaL_checkinteger(L, -1);
        options.connections = connections > 0 ? (size_t)connections : 0;
    }
    struct listener *listener = lua_newuserdatauv(L, sizeof *listener, 1);
    memset(listener, 0, sizeof *listener);
    luaL_setmetatable(L, LISTENER);
    lua_createtable(L, 0, 3);
    if (check_field(L, "handler", LUA_TFUNCTION) == LUA_TNIL) {
        return luaL_error(L, "server.listen: handler is missing");
    }
    listener->server = server_new(L, &options, &error);
    if (listener->server == NULL) {
        return binding_raise(L, &error);
    }
    listener->port = server_port(listener->server);
    lua_pushinteger(L, listener->port);
    lua_setfield(L, -2, "port");
    lua_pushstring(L, options.address);
    lua_setfield(L, -2, "address");
    lua_pushfstring(L, strchr(options.address, ':') != NULL ? "http://[%s]:%d" : "http://%s:%d", options.address,
                    listener->port);
    lua_setfield(L, -2, "url");
    lua_pushvalue(L, -2);
    lua_pushcclosure(L, listener_close_bound, 1);
    lua_setfield(L, -2, "close");
    lua_setiuservalue(L, -2, 1);
    return 1;
}

int luaopen_server(lua_State *L) {
    static const luaL_Reg functions[] = {{"listen", server_lua_listen}, {NULL, NULL}};
    static const luaL_Reg methods[] = {{"drain", listener_drain}, {"active", listener_active}, {NULL, NULL}};
    static const luaL_Reg metamethods[] = {{"__gc", listener_close}, {"__close", listener_close}, {NULL, NULL}};
    luaL_newmetatable(L, LISTENER);
    luaL_setfuncs(L, metamethods, 0);
    luaL_newlib(L, methods);
    lua_pushcclosure(L, listener_index, 1);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
    luaL_newlib(L, functions);
    return 1;
}
