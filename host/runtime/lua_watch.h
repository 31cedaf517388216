/* core.watch of runtime/scripts.lua: watch.h for Lua, with stat as the fall-back.
 *
 * core.watch(folder, mode: "auto" | "inotify" | "stat")
 *   |-> watch              watch:changes()   nil: nothing has happened since the last call; or a table {path -> true} of the
 *   |                                        scripts that were written, empty when only a look with stat can tell
 *   |                      watch:mode()      "inotify", or "stat" and why
 *   |                      watch:wait(seconds)  until something has happened, at most so many real seconds
 *   `-> raises {code="WATCH"}   "inotify" was asked for and cannot be had */
#ifndef DRSH_RUNTIME_LUA_WATCH_H
#define DRSH_RUNTIME_LUA_WATCH_H

#include <lua.h>

int lua_watch_new(lua_State *L);

#endif
