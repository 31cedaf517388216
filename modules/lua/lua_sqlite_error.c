/* SQLite's failures as Lua errors. */
#include <lauxlib.h>

#include "lua/binding.h"
#include "lua/lua_sqlite.h"

struct result_name {
    int result;
    const char *name;
};

static const char *find_name(const struct result_name *names, int result, const char *otherwise) {
    for (; names->name != NULL; names++) {
        if (names->result == result) {
            return names->name;
        }
    }
    return otherwise;
}

/* sqlite.org/rescode.html */
static const struct result_name result_names[] = {
    {SQLITE_ABORT, "SQLITE_ABORT"},         {SQLITE_AUTH, "SQLITE_AUTH"},
    {SQLITE_BUSY, "SQLITE_BUSY"},           {SQLITE_CANTOPEN, "SQLITE_CANTOPEN"},
    {SQLITE_CORRUPT, "SQLITE_CORRUPT"},     {SQLITE_CONSTRAINT, "SQLITE_CONSTRAINT"},
    {SQLITE_FULL, "SQLITE_FULL"},           {SQLITE_INTERNAL, "SQLITE_INTERNAL"},
    {SQLITE_INTERRUPT, "SQLITE_INTERRUPT"}, {SQLITE_IOERR, "SQLITE_IOERR"},
    {SQLITE_LOCKED, "SQLITE_LOCKED"},       {SQLITE_MISMATCH, "SQLITE_MISMATCH"},
    {SQLITE_MISUSE, "SQLITE_MISUSE"},       {SQLITE_NOMEM, "SQLITE_NOMEM"},
    {SQLITE_NOTADB, "SQLITE_NOTADB"},       {SQLITE_PERM, "SQLITE_PERM"},
    {SQLITE_PROTOCOL, "SQLITE_PROTOCOL"},   {SQLITE_RANGE, "SQLITE_RANGE"},
    {SQLITE_READONLY, "SQLITE_READONLY"},   {SQLITE_SCHEMA, "SQLITE_SCHEMA"},
    {SQLITE_TOOBIG, "SQLITE_TOOBIG"},       {0, NULL},
};

static const struct result_name constraint_names[] = {
    {SQLITE_CONSTRAINT_CHECK, "CHECK"},
    {SQLITE_CONSTRAINT_FOREIGNKEY, "FOREIGNKEY"},
    {SQLITE_CONSTRAINT_NOTNULL, "NOTNULL"},
    {SQLITE_CONSTRAINT_PRIMARYKEY, "PRIMARYKEY"},
    {SQLITE_CONSTRAINT_ROWID, "ROWID"},
    {SQLITE_CONSTRAINT_TRIGGER, "TRIGGER"},
    {SQLITE_CONSTRAINT_UNIQUE, "UNIQUE"},
    {SQLITE_CONSTRAINT_DATATYPE, "DATATYPE"},
    {0, NULL},
};

int lua_sqlite_raise_result(lua_State *L, int extended, const char *message) {
    int primary = extended & 0xff;
    binding_push_error(L, find_name(result_names, primary, "SQLITE_ERROR"), message);
    if (primary == SQLITE_CONSTRAINT) {
        lua_pushstring(L, find_name(constraint_names, extended, "OTHER"));
        lua_setfield(L, -2, "constraint");
    }
    return lua_error(L);
}

int lua_sqlite_raise(lua_State *L, sqlite3 *handle) {
    return lua_sqlite_raise_result(L, sqlite3_extended_errcode(handle), sqlite3_errmsg(handle));
}
