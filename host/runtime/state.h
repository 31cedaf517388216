/* The Lua state of a process, and all that belongs to it. The only file that makes one. */
#ifndef DRSH_RUNTIME_STATE_H
#define DRSH_RUNTIME_STATE_H

#include <lua.h>
#include <stddef.h>

#include "base/error.h"
#include "base/http.h"
#include "base/loop.h"
#include "runtime/task.h"

struct state {
    lua_State *L;
    struct loop *loop;
    struct http_client *http;
    struct scheduler *scheduler;
    struct binding_services services;
    struct scheduler_memory memory;
    char *scripts; /* the folder of the scripts */
    int exit_code; /* what os.exit asked for; -1: it was not called */
};

struct state_options {
    const char *scripts; /* folder of the scripts, for require "local_aws.x" */
    size_t memory_limit; /* 0 = 1 GiB */
};

/* NULL with `error` set on failure. */
struct state *state_new(const struct state_options *options, struct error *error);
void state_free(struct state *state);
struct state *state_of(lua_State *L);

#endif
