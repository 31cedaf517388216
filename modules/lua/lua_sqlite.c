/* require "sqlite". Every failure of SQLite raises {code="SQLITE_BUSY", message="..."}; code is the primary result code's name,
 * and SQLITE_CONSTRAINT carries constraint = "UNIQUE" | "PRIMARYKEY" | "FOREIGNKEY" | "NOTNULL" | "CHECK" ... Misuse raises a
 * string.
 *
 * sqlite.open(path: string)
 *   |-> db                  made if absent; ":memory:" is a database of its own. WAL and synchronous=NORMAL for a file, foreign
 *   |                       keys are checked, and who finds it locked waits for at most 5 s (and the whole process with it)
 *   `-> raises              SQLITE_CANTOPEN, SQLITE_NOTADB ...
 * sqlite.blob(bytes: string)
 *   `-> a value that binds as BLOB
 *
 * db:exec(sql)              several statements without values -> nothing
 * db:run(sql, ...)          -> integer, the rows that it inserted, changed or deleted; rows that it returns are dropped
 * db:first(sql, ...)        -> the first row, a table by column name without its NULLs | nil
 * db:all(sql, ...)          -> list of rows
 * db:rows(sql, ...)         -> iterator for `for row in`; leaving the loop ends the query
 *   `-> each raises         SQLITE_..., or a string for a wrong number or type of values, or a closed database
 * db:transaction(fn, ...)
 *   |-> results of fn       after COMMIT. It begins with BEGIN IMMEDIATE; inside another one it is a savepoint
 *   `-> raises              what fn or COMMIT raised, after ROLLBACK. fn must not wait: other tasks would write into the
 *                           transaction, so a wait inside raises
 * db:copy_to(target)        what target held is replaced by all that db holds, as one write that also kill -9 cannot halve
 *   `-> raises              SQLITE_BUSY, SQLITE_ERROR: somebody reads target or writes in it; it then holds what it held
 * db:last_insert_id()       -> integer
 * db:close()                idempotent; also by __gc and __close
 */
#include "lua/lua_sqlite.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "lua/modules.h"

#define DATABASE "drsh.sqlite"
#define CURSOR "drsh.sqlite.cursor"

enum { BUSY_TIMEOUT_MS = 5000 };

/* Undoes the innermost transaction, whatever became of it: SQLite itself undoes all of them after some failures. */
static bool roll_back(struct lua_sqlite *database) {
    bool outermost = database->transaction_depth == 0;
    const char *sql = outermost ? "ROLLBACK" : "ROLLBACK TO drsh; RELEASE drsh";
    if (!sqlite3_get_autocommit(database->handle) && sqlite3_exec(database->handle, sql, NULL, NULL, NULL) != SQLITE_OK) {
        database->doomed = true;
        return false;
    }
    database->doomed = database->doomed && !outermost;
    return true;
}

static int raise_doomed(lua_State *L) {
    return lua_sqlite_raise_result(L, SQLITE_NOMEM, "out of memory: a transaction could not be undone yet");
}

static struct lua_sqlite *check_open_at(lua_State *L, int index) {
    struct lua_sqlite *database = luaL_checkudata(L, index, DATABASE);
    if (database->handle == NULL) {
        luaL_error(L, "the database is closed");
    }
    if (database->doomed && (database->transaction_depth > 0 || !roll_back(database))) {
        raise_doomed(L);
    }
    return database;
}

static struct lua_sqlite *check_open(lua_State *L) {
    return check_open_at(L, 1);
}

static int database_close(lua_State *L) {
    struct lua_sqlite *database = luaL_checkudata(L, 1, DATABASE);
    sqlite3 *handle = database->handle;
    database->handle = NULL;
    if (handle != NULL) {
        lua_sqlite_clear_cache(L, 1);
        sqlite3_close_v2(handle); /* goes on until the last statement in use ends */
    }
    return 0;
}

static void exec_or_raise(lua_State *L, struct lua_sqlite *database, const char *sql) {
    if (sqlite3_exec(database->handle, sql, NULL, NULL, NULL) != SQLITE_OK) {
        lua_sqlite_raise(L, database->handle);
    }
}

static int sqlite_open(lua_State *L) {
    size_t length;
    const char *path = luaL_checklstring(L, 1, &length);
    luaL_argcheck(L, length > 0 && strlen(path) == length, 1, "a file name or \":memory:\" expected");
    struct lua_sqlite *database = lua_newuserdatauv(L, sizeof *database, 1);
    memset(database, 0, sizeof *database);
    lua_newtable(L);
    lua_setiuservalue(L, -2, 1);
    luaL_setmetatable(L, DATABASE);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int result = sqlite3_open_v2(path, &database->handle, flags, NULL);
    if (database->handle == NULL) {
        return luaL_error(L, "not enough memory");
    }
    if (result != SQLITE_OK) {
        return lua_sqlite_raise(L, database->handle);
    }
    sqlite3_busy_timeout(database->handle, BUSY_TIMEOUT_MS);
    /* "name" is never a string: a misspelt column is an error, not text. */
    sqlite3_db_config(database->handle, SQLITE_DBCONFIG_DQS_DML, 0, (int *)NULL);
    sqlite3_db_config(database->handle, SQLITE_DBCONFIG_DQS_DDL, 0, (int *)NULL);
    exec_or_raise(L, database, "PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF");
    if (strcmp(path, ":memory:") != 0) {
        exec_or_raise(L, database, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL");
    }
    return 1;
}

static int sqlite_blob(lua_State *L) {
    size_t length;
    const char *bytes = luaL_checklstring(L, 1, &length);
    void *blob = lua_newuserdatauv(L, length, 0);
    memcpy(blob, bytes, length);
    luaL_setmetatable(L, LUA_SQLITE_BLOB);
    return 1;
}

static int database_exec(lua_State *L) {
    struct lua_sqlite *database = check_open(L);
    size_t length;
    const char *sql = luaL_checklstring(L, 2, &length);
    luaL_argcheck(L, strlen(sql) == length, 2, "SQL without a zero byte expected");
    luaL_argcheck(L, lua_gettop(L) == 2, 3, "no values expected (db:run takes them)");
    exec_or_raise(L, database, sql);
    return 0;
}

/* Pushes the statement of a call db:method(sql, values...), in use until the call ends. */
static struct lua_sqlite_statement *begin(lua_State *L) {
    struct lua_sqlite_statement *statement = lua_sqlite_prepare(L, check_open(L), lua_gettop(L));
    lua_sqlite_use(L, statement);
    return statement;
}

static int database_run(lua_State *L) {
    struct lua_sqlite_statement *statement = begin(L);
    sqlite3 *handle = sqlite3_db_handle(statement->handle);
    sqlite3_int64 before = sqlite3_total_changes64(handle);
    while (lua_sqlite_step(L, statement)) {
    }
    /* sqlite3_changes keeps the count of an earlier statement when this one was no INSERT, UPDATE or DELETE. */
    lua_Integer changes = sqlite3_total_changes64(handle) == before ? 0 : sqlite3_changes64(handle);
    lua_closeslot(L, -1);
    lua_pushinteger(L, changes);
    return 1;
}

static int database_first(lua_State *L) {
    struct lua_sqlite_statement *statement = begin(L);
    int slot = lua_gettop(L);
    if (lua_sqlite_step(L, statement)) {
        lua_sqlite_push_row(L, statement);
    } else {
        lua_pushnil(L);
    }
    lua_closeslot(L, slot);
    return 1;
}

static int database_all(lua_State *L) {
    struct lua_sqlite_statement *statement = begin(L);
    int slot = lua_gettop(L);
    lua_newtable(L);
    for (lua_Integer i = 1; lua_sqlite_step(L, statement); i++) {
        lua_sqlite_push_row(L, statement);
        lua_rawseti(L, -2, i);
    }
    lua_closeslot(L, slot);
    return 1;
}

/* A use of a statement that outlives the call: the user value keeps the statement. */
struct cursor {
    struct lua_sqlite_statement *statement;
};

static int cursor_close(lua_State *L) {
    struct cursor *cursor = luaL_checkudata(L, 1, CURSOR);
    if (cursor->statement != NULL) {
        lua_sqlite_release(cursor->statement);
        cursor->statement = NULL;
    }
    return 0;
}

static int cursor_next(lua_State *L) {
    struct cursor *cursor = lua_touserdata(L, lua_upvalueindex(1));
    if (cursor->statement == NULL) {
        lua_pushnil(L);
    } else if (lua_sqlite_step(L, cursor->statement)) {
        lua_sqlite_push_row(L, cursor->statement);
    } else {
        lua_sqlite_release(cursor->statement);
        cursor->statement = NULL;
        lua_pushnil(L);
    }
    return 1;
}

static int database_rows(lua_State *L) {
    struct lua_sqlite *database = check_open(L);
    int last = lua_gettop(L);
    struct cursor *cursor = lua_newuserdatauv(L, sizeof *cursor, 1);
    cursor->statement = NULL;
    luaL_setmetatable(L, CURSOR);
    struct lua_sqlite_statement *statement = lua_sqlite_prepare(L, database, last);
    lua_setiuservalue(L, last + 1, 1);
    statement->in_use = true;
    cursor->statement = statement;
    lua_pushvalue(L, last + 1);
    lua_pushcclosure(L, cursor_next, 1);
    lua_pushnil(L);
    lua_pushnil(L);
    lua_pushvalue(L, last + 1); /* `for` closes it */
    return 4;
}

/* Raises the error on top of the stack. That of a wait, Lua's own or binding_await's, is told in the words of a transaction. */
static int raise_waited(lua_State *L) {
    const char *message = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
    if (strstr(message, "attempt to yield across") != NULL || strstr(message, "attempt to wait inside") != NULL) {
        return luaL_error(L, "a transaction must not wait: no AWS or HTTP call and no task.sleep inside (%s)", message);
    }
    return lua_error(L);
}

static int database_transaction(lua_State *L) {
    struct lua_sqlite *database = check_open(L);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    exec_or_raise(L, database, database->transaction_depth == 0 ? "BEGIN IMMEDIATE" : "SAVEPOINT drsh");
    database->transaction_depth++;
    int status = lua_pcall(L, lua_gettop(L) - 2, LUA_MULTRET, 0); /* no continuation: a wait inside raises */
    database->transaction_depth--;
    if (database->handle == NULL) {
        return luaL_error(L, "the database was closed inside its transaction, which is undone");
    }
    if (status != LUA_OK || database->doomed) {
        roll_back(database);
        return status != LUA_OK ? raise_waited(L) : raise_doomed(L);
    }
    const char *end = database->transaction_depth == 0 ? "COMMIT" : "RELEASE drsh";
    if (sqlite3_exec(database->handle, end, NULL, NULL, NULL) != SQLITE_OK) {
        int extended = sqlite3_extended_errcode(database->handle);
        char message[512];
        snprintf(message, sizeof message, "%s", sqlite3_errmsg(database->handle));
        roll_back(database);
        return lua_sqlite_raise_result(L, extended, message);
    }
    return lua_gettop(L) - 1;
}

static int database_copy_to(lua_State *L) {
    sqlite3 *source = check_open_at(L, 1)->handle, *target = check_open_at(L, 2)->handle;
    luaL_argcheck(L, source != target, 2, "another database expected");
    sqlite3_backup *copy = sqlite3_backup_init(target, "main", source, "main");
    if (copy == NULL) {
        return lua_sqlite_raise(L, target);
    }
    sqlite3_backup_step(copy, -1);
    if (sqlite3_backup_finish(copy) != SQLITE_OK) { /* what a step met is said here, too */
        return lua_sqlite_raise(L, target);
    }
    return 0;
}

static int database_last_insert_id(lua_State *L) {
    lua_pushinteger(L, sqlite3_last_insert_rowid(check_open(L)->handle));
    return 1;
}

/* __metatable keeps scripts from getting at the metatable and changing it for all. */
static void make_metatable(lua_State *L, const char *name, const luaL_Reg *metamethods, const luaL_Reg *methods) {
    luaL_newmetatable(L, name);
    luaL_setfuncs(L, metamethods, 0);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    if (methods != NULL) {
        lua_newtable(L);
        luaL_setfuncs(L, methods, 0);
        lua_setfield(L, -2, "__index");
    }
    lua_pop(L, 1);
}

int luaopen_sqlite(lua_State *L) {
    static const luaL_Reg functions[] = {{"open", sqlite_open}, {"blob", sqlite_blob}, {NULL, NULL}};
    static const luaL_Reg database_meta[] = {{"__gc", database_close}, {"__close", database_close}, {NULL, NULL}};
    static const luaL_Reg cursor_meta[] = {{"__gc", cursor_close}, {"__close", cursor_close}, {NULL, NULL}};
    static const luaL_Reg blob_meta[] = {{NULL, NULL}};
    static const luaL_Reg methods[] = {{"exec", database_exec},       {"run", database_run},
                                       {"first", database_first},     {"all", database_all},
                                       {"rows", database_rows},       {"transaction", database_transaction},
                                       {"copy_to", database_copy_to}, {"last_insert_id", database_last_insert_id},
                                       {"close", database_close},     {NULL, NULL}};
    make_metatable(L, DATABASE, database_meta, methods);
    make_metatable(L, CURSOR, cursor_meta, NULL);
    make_metatable(L, LUA_SQLITE_BLOB, blob_meta, NULL);
    lua_sqlite_open_statements(L);
    luaL_newlib(L, functions);
    return 1;
}
