#include "runtime/host_modules.h"

#include <string.h>

#include "http/lua_server.h"
#include "lua/modules.h"
#include "lua_config.h"
#include "process/lua_process.h"
#include "process/lua_prompt.h"
#include "runtime/lua_clock.h"
#include "runtime/lua_task.h"

static const struct module host_modules[] = {
    {"clock", luaopen_clock, false},
    {"config", luaopen_config, false},
    {"config.sandbox", luaopen_config_sandbox, false},
    {"process", luaopen_process, false},
    {"prompt", luaopen_prompt, false},
    {"server", luaopen_server, false},
    {"task", luaopen_task, true},
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
