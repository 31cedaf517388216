/* Reads the one table argument of functions that take named fields: http.request{...}, sigv4.sign{...}. What is wrong raises a
 * string that names the function and the field. Strings are left on the Lua stack, so that they live as long as the call. */
#ifndef DRSH_LUA_FIELDS_H
#define DRSH_LUA_FIELDS_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/http.h"

struct fields {
    lua_State *L;
    int table;
    const char *function; /* "http.request" */
};

/* Argument `index` must be a table. `known`, ended by NULL, are the names that it may have; NULL: any. */
struct fields fields_open(lua_State *L, int index, const char *function, const char *const known[]);
/* A string of any bytes; NULL if the field is absent. */
const char *fields_string(const struct fields *fields, const char *name, size_t *length);
/* A string that holds no zero byte, as C wants it; NULL if the field is absent. */
const char *fields_text(const struct fields *fields, const char *name);
/* The same, but it must be there. */
const char *fields_need_text(const struct fields *fields, const char *name);
/* A number between the two; `otherwise` if the field is absent. */
lua_Number fields_number(const struct fields *fields, const char *name, lua_Number otherwise, lua_Number least,
                         lua_Number most);
bool fields_boolean(const struct fields *fields, const char *name, bool otherwise);
/* The field `headers`, {name -> string or number}, as an array that lives as long as the call; NULL if it is absent. */
const struct http_header *fields_headers(const struct fields *fields, size_t *count);

#endif
