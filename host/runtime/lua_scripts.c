/* The C part of runtime/scripts.lua and runtime/sandbox.lua
 *
 * core.folder()
 *   |-> string             the folder of the scripts of this process
 * core.list(folder)
 *   |-> table, integer     {path below the folder ("lib/plans.lua") -> stamp}, and a fingerprint of it all. A stamp changes
 * when the |                      file does: modification time, size, inode. What no stat can tell (not readable) is left out
 * core.files(folder)
 *   |-> table              all Lua files below any folder, in the same form; none if there is no such folder
 * core.fingerprint(folder)
 *   |-> integer            the same fingerprint without the table; some ten microseconds for fifty files
 * core.watch(folder, mode)   see lua_watch.h
 * core.allowed(name)
 *   |-> boolean            may a sandboxed script require this module of the host?
 * core.still(fn, ...)
 *   |-> what fn returns; nothing inside can wait, for the loading of a script must not
 */
#include "runtime/lua_scripts.h"

#include <dirent.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "lua/boxed.h"
#include "runtime/host_modules.h"
#include "runtime/lua_watch.h"
#include "runtime/state.h"
#include "runtime/watch.h"

#define DEPTH_MAX 6
#define PATH_SIZE 1024
#define LIST_LIMIT (4 << 20)

struct walk {
    struct buffer *files; /* path, NUL, stamp, NUL, and so on; NULL: only the fingerprint */
    uint64_t fingerprint;
    char path[PATH_SIZE];
};

/* FNV-1a */
static uint64_t hash(uint64_t value, const void *bytes, size_t count) {
    for (const unsigned char *at = bytes; count > 0; at++, count--) {
        value = (value ^ *at) * 1099511628211u;
    }
    return value;
}

/* What changes when a file does. The order in which a directory names its files does not matter: their hashes are summed. */
static void add_file(struct walk *walk, const struct stat *status) {
    const uint64_t facts[] = {(uint64_t)status->st_mtim.tv_sec, (uint64_t)status->st_mtim.tv_nsec, (uint64_t)status->st_size,
                              (uint64_t)status->st_ino};
    uint64_t stamp = hash(hash(14695981039346656037u, facts, sizeof facts), walk->path, strlen(walk->path));
    walk->fingerprint += stamp;
    if (walk->files != NULL) {
        buffer_append(walk->files, walk->path, strlen(walk->path) + 1);
        buffer_append_format(walk->files, "%016llx", (unsigned long long)stamp);
        buffer_append_byte(walk->files, '\0');
    }
}

static void walk_folder(struct walk *walk, int parent, const char *name, int depth);

static void walk_entry(struct walk *walk, int folder, const char *name, int depth) {
    struct stat status;
    size_t length = strlen(walk->path);
    size_t name_length = strlen(name);
    if (name[0] == '.' || length + 1 + name_length >= sizeof walk->path || fstatat(folder, name, &status, 0) != 0) {
        return;
    }
    if (length > 0) {
        walk->path[length] = '/';
    }
    memcpy(walk->path + length + (length > 0), name, name_length + 1);
    if (S_ISDIR(status.st_mode) && depth < DEPTH_MAX) {
        walk_folder(walk, folder, name, depth + 1);
    } else if (S_ISREG(status.st_mode) && name_length > 4 && strcmp(name + name_length - 4, ".lua") == 0) {
        add_file(walk, &status);
    }
    walk->path[length] = '\0';
}

static void walk_folder(struct walk *walk, int parent, const char *name, int depth) {
    int descriptor = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = descriptor < 0 ? NULL : fdopendir(descriptor);
    if (directory == NULL) {
        if (descriptor >= 0) {
            close(descriptor);
        }
        return;
    }
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        walk_entry(walk, descriptor, entry->d_name, depth);
    }
    closedir(directory);
}

static void walk_all(struct walk *walk, const char *folder) {
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) {
        return;
    }
    for (size_t i = 0; watch_folders[i] != NULL; i++) {
        walk_entry(walk, descriptor, watch_folders[i], 0);
    }
    close(descriptor);
}

static int scripts_fingerprint(lua_State *L) {
    struct walk walk = {.files = NULL};
    walk_all(&walk, luaL_checkstring(L, 1));
    lua_pushinteger(L, (lua_Integer)walk.fingerprint);
    return 1;
}

/* -> {path -> stamp} */
static void push_files(lua_State *L, const struct walk *walk, const char *folder) {
    if (walk->files->failed) {
        luaL_error(L, "there are too many scripts in %s", folder);
    }
    lua_newtable(L);
    for (size_t at = 0; at < walk->files->length;) {
        const char *path = walk->files->data + at;
        const char *stamp = path + strlen(path) + 1;
        lua_pushstring(L, stamp);
        lua_setfield(L, -2, path);
        at += (size_t)(stamp - path) + strlen(stamp) + 1;
    }
}

static int scripts_list(lua_State *L) {
    const char *folder = luaL_checkstring(L, 1);
    struct walk walk = {.files = boxed_buffer(L, LIST_LIMIT)};
    walk_all(&walk, folder);
    push_files(L, &walk, folder);
    lua_pushinteger(L, (lua_Integer)walk.fingerprint);
    return 2;
}

static int scripts_files(lua_State *L) {
    const char *folder = luaL_checkstring(L, 1);
    struct walk walk = {.files = boxed_buffer(L, LIST_LIMIT)};
    walk_folder(&walk, AT_FDCWD, folder, 0);
    push_files(L, &walk, folder);
    return 1;
}

static int scripts_folder(lua_State *L) {
    lua_pushstring(L, state_of(L)->scripts);
    return 1;
}

static int scripts_allowed(lua_State *L) {
    lua_pushboolean(L, host_modules_sandbox(luaL_checkstring(L, 1)));
    return 1;
}

/* Calls from C without a continuation, so that nothing inside can yield. */
static int scripts_still(lua_State *L) {
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

int luaopen_runtime_scripts_core(lua_State *L) {
    static const luaL_Reg functions[] = {
        {"allowed", scripts_allowed},         {"still", scripts_still}, {"folder", scripts_folder}, {"list", scripts_list},
        {"fingerprint", scripts_fingerprint}, {"files", scripts_files}, {"watch", lua_watch_new},   {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
