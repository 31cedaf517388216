#include "runtime/host_modules.h"

#include <lauxlib.h>
#include <string.h>

#include "http/lua_server.h"
#include "lua/modules.h"
#include "lua_config.h"
#include "process/lua_line_socket.h"
#include "process/lua_metrics.h"
#include "process/lua_process.h"
#include "process/lua_prompt.h"
#include "runtime/coverage.h"
#include "runtime/lua_clock.h"
#include "runtime/lua_scripts.h"
#include "runtime/lua_task.h"
#include "version.h"

static int open_as(lua_State *L, const char *name) {
    lua_getglobal(L, "require");
    lua_pushstring(L, name);
    lua_call(L, 1, 1);
    return 1;
}

/* Modules that are Lua throughout, under the names that scripts know them by. */
static int open_app(lua_State *L) {
    return open_as(L, "http.endpoints");
}

static int open_functions(lua_State *L) {
    return open_as(L, "runtime.functions");
}

static int open_testing(lua_State *L) {
    return open_as(L, "testing.world");
}

static int open_version(lua_State *L) {
    lua_pushliteral(L, DRSH_VERSION);
    return 1;
}

static const struct module host_modules[] = {
    {"app", open_app, false},
    {"clock", luaopen_clock, false},
    {"config", luaopen_config, true},
    {"config.sandbox", luaopen_config_sandbox, false},
    {"functions", open_functions, false},
    {"process", luaopen_process, false},
    {"process.line_socket", luaopen_line_socket, false},
    {"process.metrics", luaopen_metrics, false},
    {"prompt", luaopen_prompt, false},
    {"runtime.coverage", luaopen_runtime_coverage, false},
    {"runtime.functions.core", luaopen_task, false},
    {"runtime.limited", luaopen_task, false},
    {"runtime.scripts.core", luaopen_runtime_scripts_core, false},
    {"runtime.version", open_version, false},
    {"server", luaopen_server, false},
    {"task", luaopen_task, true},
    {"testing", open_testing, false},
    {NULL, NULL, false},
};

void host_modules_open(lua_State *L) {
    modules_add(L, host_modules);
}

bool host_modules_sandbox(const char *name) {
    for (const struct module *module = host_modules; module->name != NULL; module++) {
        if (strcmp(module->name, name) == 0) {
            return module->sandbox;
        }
    }
    return modules_sandbox(name);
}
