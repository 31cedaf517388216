/* require "uuid"
 *
 * uuid.v4()
 *   `-> string              a random UUID, "f47ac10b-58cc-4372-a567-0e02b2c3d479" (RFC 9562, 5.4)
 * uuid.is_valid(value)
 *   `-> boolean             a string of that shape, in either case, of any version
 */
#include <ctype.h>
#include <lauxlib.h>

#include "base/digest.h"
#include "lua/modules.h"

enum { UUID_BYTES = 16, UUID_CHARS = 36 };

static bool is_dash(int place) {
    return place == 8 || place == 13 || place == 18 || place == 23;
}

static int uuid_v4(lua_State *L) {
    unsigned char bytes[UUID_BYTES];
    char hex[2 * UUID_BYTES + 1], text[UUID_CHARS];
    if (!digest_random(bytes, sizeof bytes)) {
        return luaL_error(L, "the system has no random bytes");
    }
    bytes[6] = (unsigned char)((bytes[6] & 0x0F) | 0x40); /* the version */
    bytes[8] = (unsigned char)((bytes[8] & 0x3F) | 0x80); /* the variant */
    digest_hex(bytes, sizeof bytes, hex);
    for (int place = 0, digit = 0; place < UUID_CHARS; place++) {
        text[place] = is_dash(place) ? '-' : hex[digit++];
    }
    lua_pushlstring(L, text, sizeof text);
    return 1;
}

static int uuid_is_valid(lua_State *L) {
    size_t length = 0;
    luaL_checkany(L, 1);
    const char *text = lua_type(L, 1) == LUA_TSTRING ? lua_tolstring(L, 1, &length) : "";
    bool valid = length == UUID_CHARS;
    for (int place = 0; valid && place < UUID_CHARS; place++) {
        valid = is_dash(place) ? text[place] == '-' : isxdigit((unsigned char)text[place]) != 0;
    }
    lua_pushboolean(L, valid);
    return 1;
}

int luaopen_uuid(lua_State *L) {
    static const luaL_Reg functions[] = {{"v4", uuid_v4}, {"is_valid", uuid_is_valid}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
