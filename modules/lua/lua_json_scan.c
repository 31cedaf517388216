/* What json.decode does before lua-cjson parses: one pass over the text. It refuses what RFC 8259 refuses and cjson takes (a
 * zero byte, raw control characters, text that is not UTF-8, "1.", numbers beyond a double), and writes what cjson would lose
 * as a list of one marked string, which no text can hold, for \xFF is never in UTF-8: `[]` as `["\xFF"]`, a whole number of
 * more than 15 digits as `["\xFF123..."]`. */
#include <lauxlib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "lua/binding.h"
#include "lua/lua_json.h"

enum { DIGITS_EXACT = 15 }; /* every whole number of so many digits is exact as a double */

int lua_json_raise_invalid(lua_State *L, const char *text, size_t offset, const char *message) {
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

/* Reads `at` to `end`; what is already in `prepared` ends at `copied`. */
struct scan {
    lua_State *L;
    const char *text, *at, *end;
    const char *copied;
    int depth;
    luaL_Buffer prepared;
    bool changed;
};

static void refuse(const struct scan *scan, const char *at, const char *message) {
    lua_json_raise_invalid(scan->L, scan->text, (size_t)(at - scan->text), message);
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
            size_t length = json_utf8_length((const unsigned char *)at, (size_t)(end - at));
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

bool lua_json_scan(lua_State *L) {
    size_t length;
    const char *text = lua_tolstring(L, 1, &length);
    struct scan scan = {.L = L, .text = text, .at = text, .end = text + length, .copied = text};
    scan_text(&scan);
    if (scan.changed) {
        luaL_addlstring(&scan.prepared, scan.copied, (size_t)(scan.end - scan.copied));
        luaL_pushresult(&scan.prepared);
    } else {
        lua_pushvalue(L, 1);
    }
    return scan.changed;
}
