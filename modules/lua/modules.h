/* What a script can `require`: see the list in modules.c. */
#ifndef DRSH_LUA_MODULES_H
#define DRSH_LUA_MODULES_H

#include <lua.h>
#include <stdbool.h>

/* A module by the name that scripts use. It has a part in C (`open`, a lua_CFunction as `require` calls it), a Lua half
 * (modules/lua/NAME.lua, embedded), or both: then the Lua half is what `require` gives, and it gets the C part as its second
 * argument (`local _, core = ...`). */
struct module {
    const char *name;
    lua_CFunction open; /* NULL: only the Lua half */
    bool sandbox;       /* a sandboxed script may require it */
};

extern const struct module modules_list[]; /* ended by a NULL name */

/* Makes every module of a list, ended by a NULL name, requirable in `L`; the host adds its own with it. */
void modules_add(lua_State *L, const struct module *list);
/* Makes the list of modules.c and every embedded Lua half (modules/lua/a/b.lua is "a.b") requirable in `L`. Nothing is loaded.
 */
void modules_open(lua_State *L);
/* May a sandboxed script require the module of modules_list with this name? False if there is none. */
bool modules_sandbox(const char *name);

/* The C parts, as `require` calls them: luaopen_NAME is in lua_NAME.c. */
int luaopen_cbor(lua_State *L);
int luaopen_credentials(lua_State *L);
int luaopen_crypto(lua_State *L);
int luaopen_embedded(lua_State *L);
int luaopen_folder(lua_State *L);
int luaopen_http(lua_State *L);
int luaopen_json(lua_State *L);
int luaopen_log(lua_State *L);
int luaopen_private_file(lua_State *L);
int luaopen_profile(lua_State *L);
int luaopen_retry(lua_State *L);
int luaopen_sigv4(lua_State *L);
int luaopen_sqlite(lua_State *L);
int luaopen_subprocess(lua_State *L);
int luaopen_terminal(lua_State *L);
int luaopen_time(lua_State *L);
int luaopen_uuid(lua_State *L);
int luaopen_xml(lua_State *L);

#endif
