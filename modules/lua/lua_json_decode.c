/* json.decode: lua-cjson is the parser. What it would lose or let through is dealt with around it:
 *   before  one pass over the text refuses what RFC 8259 refuses and cjson takes (a zero byte, raw control characters, text
 * that is not UTF-8, "1.", numbers beyond a double), and writes what cjson cannot tell as lists that no text can hold, for \xFF
 * is never in UTF-8: `[]` as `["\xFF"]`, a whole number of more than 15 digits as `["\xFF123..."]`. after   one pass over the
 * value marks lists and objects, makes whole floats integers and takes those lists back. */
#include <errno.h>
#include <inttypes.h>
#include <lauxlib.h>
#include <lua-cjson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lua/binding.h"
#include "lua/lua_json.h"

enum { DIGITS_EXACT = 15 }; /* every whole number of so many digits is exact as a double */

/* The pass before: reads `at` to `end`; what is already in `prepared` ends at `copied`. */
struct scan {
    lua_State *L;
    const char *text, *at, *end;
    const char *copied;
    int depth;
    luaL_Buffer prepared;
    bool changed;
};

/* Raises {code="INVALID_JSON", message, line, column} for the byte at `offset`; a column is a character, not a byte. */
static int raise_invalid(lua_State *L, const char *text, size_t offset, const char *message) {
    lua_Integer line = 1, column = 1;
    for (size_t i = 0; i < offset; i++) {
        if (text[i] == '\n') {
            line++;
            column = 1;
        } else if ((text[i] & 0xC0) != 0x80) {
            column++;
        }
    }
    binding_push_error(L, "INVALID_JSON", lua_pushfstring(L, "%s (line %I, column %I)", message, line, column));
    lua_pushinteger(L, line);
    lua_setfield(L, -2, "line");
    lua_pushinteger(L, column);
    lua_setfield(L, -2, "column");
    return lua_error(L);
}

static void refuse(const struct scan *scan, const char *at, const char *message) {
    raise_invalid(scan->L, scan->text, (size_t)(at - scan->text), message);
}

/* Writes the text from `from` to scan->at as the list of one marked string in what cjson will read. */
static void replace(struct scan *scan, const char *from, const char *body, size_t length) {
    if (!scan->changed) {
        luaL_buffinit(scan->L, &scan->prepared);
        scan->changed = true;
    }
    luaL_addlstring(&scan->prepared, scan->copied, (size_t)(from - scan->copied));
    luaL_addstring(&scan->prepared, "[\"\xFF");
    luaL_addlstring(&scan->prepared, body, length);
    luaL_addstring(&scan->prepared, "\"]");
    scan->copied = scan->at;
}

/* From the opening quote to behind the closing one. Escapes are cjson's. */
static void scan_string(struct scan *scan) {
    const char *at = scan->at + 1, *end = scan->end;
    for (;;) {
        while (at < end && *at != '"' && *at != '\\' && (unsigned char)*at >= 0x20 && (unsigned char)*at < 0x80) {
            at++;
        }
        if (at == end) {
            refuse(scan, scan->at, "a string that does not end");
        } else if (*at == '"') {
            scan->at = at + 1;
            return;
        } else if (*at == '\\') {
            at += at + 1 < end && at[1] != '\0' ? 2 : 1;
        } else if ((unsigned char)*at < 0x20) {
            refuse(scan, at, "a control character in a string, which must be escaped");
        } else {
            int length = lua_json_utf8_length((const unsigned char *)at, (const unsigned char *)end);
            if (length == 0) {
                refuse(scan, at, "text that is not UTF-8");
            }
            at += length;
        }
    }
}

static size_t scan_digits(struct scan *scan) {
    const char *first = scan->at;
    while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9') {
        scan->at++;
    }
    return (size_t)(scan->at - first);
}

static bool scan_char(struct scan *scan, const char *any) {
    if (scan->at < scan->end && *scan->at != '\0' && strchr(any, *scan->at) != NULL) {
        scan->at++;
        return true;
    }
    return false;
}

/* Lua strings end with a zero, so strtod cannot read beyond the text. */
static void scan_number(struct scan *scan) {
    const char *first = scan->at;
    scan_char(scan, "-");
    const char *digits_begin = scan->at;
    size_t digits = scan_digits(scan), fraction = 0, exponent = 0;
    bool whole = true, valid = digits > 0 && (digits == 1 || *digits_begin != '0');
    if (scan_char(scan, ".")) {
        whole = false;
        fraction = scan_digits(scan);
        valid = valid && fraction > 0;
    }
    if (scan_char(scan, "eE")) {
        whole = false;
        scan_char(scan, "+-");
        exponent = scan_digits(scan);
        valid = valid && exponent > 0;
    }
    if (!valid) {
        refuse(scan, first, "a number that JSON does not allow");
    }
    if ((digits > 300 || exponent > 2) && isinf(strtod(first, NULL))) {
        refuse(scan, first, "a number out of range");
    }
    if (whole && digits > DIGITS_EXACT) {
        replace(scan, first, first, (size_t)(scan->at - first));
    }
}

static void enter(struct scan *scan) {
    if (++scan->depth > LUA_JSON_DEPTH_MAX) {
        refuse(scan, scan->at, "deeper than 200 levels");
    }
}

/* "[" and, where nothing is in it, all of "[ ]". */
static void scan_list_start(struct scan *scan) {
    const char *first = scan->at;
    enter(scan);
    scan->at++;
    while (scan_char(scan, " \t\r\n")) {
    }
    if (scan_char(scan, "]")) {
        scan->depth--;
        replace(scan, first, "", 0);
    }
}

static void scan_text(struct scan *scan) {
    while (scan->at < scan->end) {
        const char *first = scan->at;
        switch (*first) {
        case '"':
            scan_string(scan);
            break;
        case '[':
            scan_list_start(scan);
            break;
        case '{':
            enter(scan);
            scan->at++;
            break;
        case ']':
        case '}':
            scan->depth--;
            scan->at++;
            break;
        case '\0':
            refuse(scan, first, "a zero byte");
            break;
        default:
            if (*first == '-' || (*first >= '0' && *first <= '9')) {
                scan_number(scan);
            } else {
                scan->at++;
            }
        }
    }
}

/* Pushes a whole number of many digits: an integer if it fits 64 bits, else the nearest float. */
static void push_long_number(lua_State *L, const char *digits) {
    errno = 0;
    intmax_t number = strtoimax(digits, NULL, 10);
    if (errno == 0) {
        lua_pushinteger(L, (lua_Integer)number);
    } else {
        lua_pushnumber(L, strtod(digits, NULL));
    }
}

/* The value on top of the stack is a whole float: true, and it is replaced by the integer. Beyond 2^53 a float stays one, for
 * it may stand for other whole numbers too. */
static bool settle_number(lua_State *L) {
    const lua_Number limit = 9007199254740992.0;
    lua_Number number = lua_tonumber(L, -1);
    if (!(number > -limit && number < limit) || (lua_Number)(lua_Integer)number != number) {
        return false;
    }
    lua_pop(L, 1);
    lua_pushinteger(L, (lua_Integer)number);
    return true;
}

static bool settle_table(lua_State *L, int marks);

/* Settles the value on top of the stack; true if another value took its place. The marks are the metatables of list and object,
 * at `marks` and above it. */
static bool settle(lua_State *L, int marks, int type) {
    if (type == LUA_TNUMBER) {
        return settle_number(L);
    }
    return type == LUA_TTABLE && settle_table(L, marks);
}

static bool settle_list(lua_State *L, int marks, int table) {
    size_t length;
    const char *first = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &length) : NULL;
    if (first != NULL && (unsigned char)*first == 0xFF) {
        if (length > 1) {
            push_long_number(L, first + 1);
            lua_replace(L, table);
            lua_settop(L, table);
            return true;
        }
        lua_pushnil(L);
        lua_rawseti(L, table, 1);
    }
    lua_pop(L, 1);
    lua_Integer count = (lua_Integer)lua_rawlen(L, table);
    for (lua_Integer i = 1; i <= count; i++) {
        if (settle(L, marks, lua_rawgeti(L, table, i))) {
            lua_rawseti(L, table, i);
        } else {
            lua_pop(L, 1);
        }
    }
    lua_pushvalue(L, marks);
    lua_setmetatable(L, table);
    return false;
}

/* Its depth is that of the text, which was checked. */
static bool settle_table(lua_State *L, int marks) {
    int table = lua_gettop(L);
    luaL_checkstack(L, 8, "json.decode");
    if (lua_rawgeti(L, table, 1) != LUA_TNIL) {
        return settle_list(L, marks, table);
    }
    /* nil serves as the first key */
    while (lua_next(L, table)) {
        if (settle(L, marks, lua_type(L, -1))) {
            lua_pushvalue(L, -2);
            lua_insert(L, -2);
            lua_rawset(L, table);
        } else {
            lua_pop(L, 1);
        }
    }
    lua_pushvalue(L, marks + 1);
    lua_setmetatable(L, table);
    return false;
}

/* cjson's words for tokens, in ours. */
static const char *const token_names[][2] = {
    {"T_OBJ_BEGIN", "'{'"},   {"T_OBJ_END", "'}'"},     {"T_ARR_BEGIN", "'['"},           {"T_ARR_END", "']'"},
    {"T_STRING", "a string"}, {"T_NUMBER", "a number"}, {"T_BOOLEAN", "a boolean"},       {"T_NULL", "null"},
    {"T_COLON", "':'"},       {"T_COMMA", "','"},       {"T_END", "the end of the text"},
};

/* Raises cjson's message, on top of the stack, with the place in the text: "Expected ... but found T_END at character 5". */
static int raise_syntax(lua_State *L, const char *text, size_t length) {
    const char *message = lua_tostring(L, -1), *place = strstr(message, " at character ");
    size_t offset = 0;
    if (place != NULL) {
        offset = (size_t)strtoumax(place + strlen(" at character "), NULL, 10);
        offset = offset > length ? length : offset - (offset > 0);
        message = lua_pushlstring(L, message, (size_t)(place - message));
    }
    for (size_t i = 0; i < sizeof token_names / sizeof *token_names; i++) {
        message = luaL_gsub(L, message, token_names[i][0], token_names[i][1]);
    }
    return raise_invalid(L, text, offset, message);
}

/* Upvalues: cjson's decode, the metatables of list and object. */
static int json_decode(lua_State *L) {
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    lua_settop(L, 1);
    struct scan scan = {.L = L, .text = text, .at = text, .end = text + length, .copied = text};
    scan_text(&scan);
    if (scan.changed) {
        luaL_addlstring(&scan.prepared, scan.copied, (size_t)(scan.end - scan.copied));
        luaL_pushresult(&scan.prepared);
    } else {
        lua_pushvalue(L, 1);
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 2);
    int status = lua_pcall(L, 1, 1, 0);
    if (status == LUA_ERRRUN && scan.changed) {
        /* Once more, for the place in the text as it was given. What is wrong with one is wrong with the other. */
        lua_settop(L, 1);
        lua_pushvalue(L, lua_upvalueindex(1));
        lua_pushvalue(L, 1);
        status = lua_pcall(L, 1, 1, 0);
    }
    if (status != LUA_OK) {
        return status == LUA_ERRRUN && lua_type(L, -1) == LUA_TSTRING ? raise_syntax(L, text, length) : lua_error(L);
    }
    lua_pushvalue(L, lua_upvalueindex(2));
    lua_pushvalue(L, lua_upvalueindex(3));
    lua_pushvalue(L, 2);
    settle(L, 3, lua_type(L, -1));
    return 1;
}

/* Calls a setter of cjson, whose table is on top of the stack. */
static void configure(lua_State *L, const char *setter, lua_Integer value) {
    lua_getfield(L, -1, setter);
    lua_pushinteger(L, value);
    lua_call(L, 1, 0);
}

void lua_json_push_decode(lua_State *L) {
    lua_pushcfunction(L, luaopen_cjson);
    lua_call(L, 0, 1);
    configure(L, "decode_max_depth", LUA_JSON_DEPTH_MAX + 2);
    lua_getfield(L, -1, "decode_invalid_numbers");
    lua_pushboolean(L, 0);
    lua_call(L, 1, 0);
    lua_getfield(L, -1, "decode");
    lua_remove(L, -2);
    luaL_getmetatable(L, LUA_JSON_ARRAY);
    luaL_getmetatable(L, LUA_JSON_OBJECT);
    lua_pushcclosure(L, json_decode, 3);
}
