/* Statements of require "sqlite": preparing and caching, binding values, reading rows. */
#include <lauxlib.h>
#include <string.h>

#include "lua/lua_sqlite.h"

#define STATEMENT "drsh.sqlite.statement"

enum { CACHED_MAX = 256 };

static void finalise(struct lua_sqlite_statement *statement) {
    sqlite3_stmt *handle = statement->handle;
    statement->handle = NULL;
    sqlite3_finalize(handle);
}

void lua_sqlite_release(struct lua_sqlite_statement *statement) {
    if (!statement->in_use) {
        return;
    }
    statement->in_use = false;
    if (statement->handle == NULL) {
        return; /* collected with its cursor, and before it */
    }
    if (statement->cached) {
        sqlite3_reset(statement->handle);
        sqlite3_clear_bindings(statement->handle);
    } else {
        finalise(statement);
    }
}

/* The use ends: __close of the statement while a call works with it. */
static int statement_close(lua_State *L) {
    lua_sqlite_release(luaL_checkudata(L, 1, STATEMENT));
    return 0;
}

static int statement_gc(lua_State *L) {
    finalise(luaL_checkudata(L, 1, STATEMENT));
    return 0;
}

void lua_sqlite_open_statements(lua_State *L) {
    static const luaL_Reg methods[] = {{"__gc", statement_gc}, {"__close", statement_close}, {NULL, NULL}};
    luaL_newmetatable(L, STATEMENT);
    luaL_setfuncs(L, methods, 0);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}

void lua_sqlite_clear_cache(lua_State *L, int database_index) {
    struct lua_sqlite *database = lua_touserdata(L, database_index);
    lua_getiuservalue(L, database_index, 1);
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        struct lua_sqlite_statement *statement = lua_touserdata(L, -1);
        statement->cached = false;
        if (!statement->in_use) {
            finalise(statement);
        }
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        lua_pushnil(L);
        lua_rawset(L, -4); /* setting a field to nil is allowed in a traversal, and needs no memory */
    }
    lua_pop(L, 1);
    database->cached = 0;
}

/* After the first statement only spaces, semicolons and comments may come: what SQLite itself compiles to nothing. */
static void check_tail(lua_State *L, struct lua_sqlite *database, const char *tail) {
    while (*tail != '\0') {
        sqlite3_stmt *second = NULL;
        int result = sqlite3_prepare_v2(database->handle, tail, -1, &second, &tail);
        sqlite3_finalize(second);
        luaL_argcheck(L, result == SQLITE_OK && second == NULL, 2, "one SQL statement expected (db:exec takes several)");
    }
}

/* Pushes a new statement, not yet in use nor cached. */
static struct lua_sqlite_statement *compile(lua_State *L, struct lua_sqlite *database, const char *sql, size_t length) {
    luaL_argcheck(L, strlen(sql) == length, 2, "SQL without a zero byte expected");
    struct lua_sqlite_statement *statement = lua_newuserdatauv(L, sizeof *statement, 0);
    memset(statement, 0, sizeof *statement);
    luaL_setmetatable(L, STATEMENT);
    const char *tail;
    if (sqlite3_prepare_v3(database->handle, sql, (int)length + 1, SQLITE_PREPARE_PERSISTENT, &statement->handle, &tail) !=
        SQLITE_OK) {
        lua_sqlite_raise(L, database->handle);
    }
    luaL_argcheck(L, statement->handle != NULL, 2, "an SQL statement expected, it is empty");
    check_tail(L, database, tail);
    return statement;
}

/* Pushes the statement for the SQL of argument 2: the cached one, or a new one, which is cached unless another use of the same
 * SQL is under way (a query inside the loop over its own rows). */
static struct lua_sqlite_statement *find_or_compile(lua_State *L, struct lua_sqlite *database) {
    size_t length;
    const char *sql = luaL_checklstring(L, 2, &length);
    luaL_argcheck(L, length < 1000000, 2, "the SQL is longer than 1,000,000 bytes");
    lua_getiuservalue(L, 1, 1);
    lua_pushvalue(L, 2);
    lua_rawget(L, -2);
    struct lua_sqlite_statement *statement = lua_touserdata(L, -1);
    if (statement != NULL && !statement->in_use) {
        lua_remove(L, -2);
        return statement;
    }
    bool cache = statement == NULL;
    lua_pop(L, 1);
    statement = compile(L, database, sql, length);
    if (cache) {
        if (database->cached >= CACHED_MAX) {
            lua_sqlite_clear_cache(L, 1);
        }
        lua_pushvalue(L, 2);
        lua_pushvalue(L, -2);
        lua_rawset(L, -4);
        statement->cached = true;
        database->cached++;
    }
    lua_remove(L, -2);
    return statement;
}

/* Binds argument `index` to parameter `parameter`; an SQLite result code, or -1 for a value of a wrong type. */
static int bind_value(lua_State *L, sqlite3_stmt *handle, int parameter, int index) {
    size_t length;
    const char *bytes;
    switch (lua_type(L, index)) {
    case LUA_TNIL:
        return sqlite3_bind_null(handle, parameter);
    case LUA_TBOOLEAN:
        return sqlite3_bind_int(handle, parameter, lua_toboolean(L, index));
    case LUA_TNUMBER:
        return lua_isinteger(L, index) ? sqlite3_bind_int64(handle, parameter, lua_tointeger(L, index))
                                       : sqlite3_bind_double(handle, parameter, lua_tonumber(L, index));
    case LUA_TSTRING:
        bytes = lua_tolstring(L, index, &length);
        return sqlite3_bind_text64(handle, parameter, bytes, length, SQLITE_TRANSIENT, SQLITE_UTF8);
    case LUA_TUSERDATA:
        bytes = luaL_testudata(L, index, LUA_SQLITE_BLOB);
        /* A blob of no bytes needs a pointer that is not NULL, which would bind NULL. */
        return bytes == NULL ? -1 : sqlite3_bind_blob64(handle, parameter, bytes, lua_rawlen(L, index), SQLITE_TRANSIENT);
    default:
        return -1;
    }
}

struct lua_sqlite_statement *lua_sqlite_prepare(lua_State *L, struct lua_sqlite *database, int last) {
    struct lua_sqlite_statement *statement = find_or_compile(L, database);
    int wanted = sqlite3_bind_parameter_count(statement->handle);
    if (wanted != last - 2) {
        luaL_error(L, "the SQL has %d parameters, but %d values are given", wanted, last - 2);
    }
    for (int i = 1; i <= wanted; i++) {
        int result = bind_value(L, statement->handle, i, i + 2);
        if (result == -1) {
            luaL_error(L, "value %d: a string, number, boolean, nil or sqlite.blob expected, got %s", i,
                       luaL_typename(L, i + 2));
        } else if (result != SQLITE_OK) {
            lua_sqlite_raise(L, database->handle);
        }
    }
    return statement;
}

void lua_sqlite_use(lua_State *L, struct lua_sqlite_statement *statement) {
    statement->in_use = true;
    lua_toclose(L, -1);
}

bool lua_sqlite_step(lua_State *L, struct lua_sqlite_statement *statement) {
    int result = sqlite3_step(statement->handle);
    if (result != SQLITE_ROW && result != SQLITE_DONE) {
        lua_sqlite_raise(L, sqlite3_db_handle(statement->handle));
    }
    return result == SQLITE_ROW;
}

void lua_sqlite_push_row(lua_State *L, struct lua_sqlite_statement *statement) {
    sqlite3_stmt *handle = statement->handle;
    int columns = sqlite3_column_count(handle);
    lua_createtable(L, 0, columns);
    for (int i = 0; i < columns; i++) {
        const void *bytes;
        switch (sqlite3_column_type(handle, i)) {
        case SQLITE_NULL:
            continue;
        case SQLITE_INTEGER:
            lua_pushinteger(L, sqlite3_column_int64(handle, i));
            break;
        case SQLITE_FLOAT:
            lua_pushnumber(L, sqlite3_column_double(handle, i));
            break;
        default:
            bytes = sqlite3_column_blob(handle, i); /* first the pointer, then the length: SQLite's rule */
            if (bytes == NULL && sqlite3_column_bytes(handle, i) > 0) {
                luaL_error(L, "not enough memory");
            }
            lua_pushlstring(L, bytes, (size_t)sqlite3_column_bytes(handle, i));
        }
        lua_setfield(L, -2, sqlite3_column_name(handle, i));
    }
}
