/* What the files of require "sqlite" share. */
#ifndef DRSH_LUA_SQLITE_H
#define DRSH_LUA_SQLITE_H

#include <lua.h>
#include <sqlite3.h>
#include <stdbool.h>

#define LUA_SQLITE_BLOB "drsh.sqlite.blob" /* metatable of sqlite.blob's values: userdata that are the bytes */

/* A database: a userdata whose user value is the cache of its statements, SQL text -> statement. */
struct lua_sqlite {
    sqlite3 *handle;       /* NULL: closed */
    int cached;            /* statements in the cache */
    int transaction_depth; /* transactions under way, the nested ones too */
    bool doomed;           /* a transaction could not be undone for lack of memory: it must be before anything else */
};

/* A prepared statement: a userdata. */
struct lua_sqlite_statement {
    sqlite3_stmt *handle; /* NULL: finalised */
    bool in_use;          /* between lua_sqlite_use and lua_sqlite_release */
    bool cached;
};

/* Raises {code="SQLITE_...", message=, constraint= "UNIQUE" ... for SQLITE_CONSTRAINT} for the last failure of `handle`. */
int lua_sqlite_raise(lua_State *L, sqlite3 *handle);
/* The same for an extended result code and a message that were kept. */
int lua_sqlite_raise_result(lua_State *L, int extended, const char *message);

void lua_sqlite_open_statements(lua_State *L); /* makes the metatable */
/* Pushes a statement with its values bound. The database is argument 1, the SQL argument 2, the values are 3 to `last`. */
struct lua_sqlite_statement *lua_sqlite_prepare(lua_State *L, struct lua_sqlite *database, int last);
/* Begins the use of the statement on top of the stack, and ends it with this C function at the latest. */
void lua_sqlite_use(lua_State *L, struct lua_sqlite_statement *statement);
/* To the next row: true if there is one, false at the end; raises when SQLite fails. */
bool lua_sqlite_step(lua_State *L, struct lua_sqlite_statement *statement);
/* Pushes the current row as a table. */
void lua_sqlite_push_row(lua_State *L, struct lua_sqlite_statement *statement);
/* Ends the use: resets a cached statement, finalises another one. Idempotent. */
void lua_sqlite_release(struct lua_sqlite_statement *statement);
/* Finalises the cached statements that nobody uses and forgets the others, which end with their use. */
void lua_sqlite_clear_cache(lua_State *L, int database_index);

#endif
