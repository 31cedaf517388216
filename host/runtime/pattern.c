#include "runtime/pattern.h"

#include <ctype.h>
#include <lauxlib.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "runtime/task.h"

#define MOST_STEPS 1e9
#define ITEMS_MAX 500

/* The bytes that one item of a pattern matches. */
struct set {
    uint64_t bits[4];
};

/* A single character class with its suffix; or something else, which counts as "may match anything". */
struct item {
    struct set set;
    char repeat; /* '*', '+', '-', '?' or 0 */
    bool at_end; /* the $ at the end */
};

static void set_add(struct set *set, int byte) {
    set->bits[byte / 64] |= (uint64_t)1 << (byte % 64);
}

static bool class_has(int letter, int byte) {
    bool found;
    switch (tolower(letter)) {
    case 'a':
        found = isalpha(byte) != 0;
        break;
    case 'c':
        found = iscntrl(byte) != 0;
        break;
    case 'd':
        found = isdigit(byte) != 0;
        break;
    case 'g':
        found = isgraph(byte) != 0;
        break;
    case 'l':
        found = islower(byte) != 0;
        break;
    case 'p':
        found = ispunct(byte) != 0;
        break;
    case 's':
        found = isspace(byte) != 0;
        break;
    case 'u':
        found = isupper(byte) != 0;
        break;
    case 'w':
        found = isalnum(byte) != 0;
        break;
    case 'x':
        found = isxdigit(byte) != 0;
        break;
    default:
        return letter == byte;
    }
    return isupper(letter) ? !found : found;
}

static void add_class(struct set *set, int letter) {
    for (int byte = 0; byte < 256; byte++) {
        if (class_has(letter, byte)) {
            set_add(set, byte);
        }
    }
}

static void fill(struct set *set) {
    memset(set->bits, 0xff, sizeof set->bits);
}

/* Reads "[...]" from behind the bracket; gives what is behind it. A malformed one is for the library to refuse. */
static const char *read_set(const char *at, const char *end, struct set *set) {
    bool negated = at < end && *at == '^';
    const char *first = at += negated;
    while (at < end && (*at != ']' || at == first)) {
        if (*at == '%' && at + 1 < end) {
            add_class(set, (unsigned char)at[1]);
            at += 2;
        } else if (at + 2 < end && at[1] == '-' && at[2] != ']') {
            for (int byte = (unsigned char)at[0]; byte <= (unsigned char)at[2]; byte++) {
                set_add(set, byte);
            }
            at += 3;
        } else {
            set_add(set, (unsigned char)*at++);
        }
    }
    for (int i = 0; negated && i < 4; i++) {
        set->bits[i] = ~set->bits[i];
    }
    return at < end ? at + 1 : end;
}

/* Reads one item; gives what is behind it. */
static const char *read_item(const char *at, const char *end, struct item *item) {
    memset(item, 0, sizeof *item);
    if (*at == '$' && at + 1 == end) {
        item->at_end = true;
        return end;
    }
    if (*at == '[') {
        at = read_set(at + 1, end, &item->set);
    } else if (*at == '%' && at + 1 < end && (at[1] == 'b' || at[1] == 'f' || isdigit((unsigned char)at[1]))) {
        fill(&item->set); /* %bxy, %f[set], %1: they look for themselves, up to the end of the text */
        item->repeat = '*';
        return at + 2 < end && at[1] == 'b' ? (at + 4 < end ? at + 4 : end) : at + 2;
    } else if (*at == '%' && at + 1 < end) {
        add_class(&item->set, (unsigned char)at[1]);
        at += 2;
    } else if (*at == '.') {
        fill(&item->set);
        at++;
    } else {
        set_add(&item->set, (unsigned char)*at++);
    }
    if (at < end && strchr("*+-?", *at) != NULL) {
        item->repeat = *at++;
    }
    return at;
}

static bool overlap(const struct set *a, const struct set *b) {
    bool common = false;
    for (int i = 0; i < 4; i++) {
        common = common || (a->bits[i] & b->bits[i]) != 0;
    }
    return common;
}

/* May the repeat at `i` have to give back, or take more, because of what follows? */
static bool gives_back(const struct item *items, int count, int i) {
    for (int next = i + 1; next < count; next++) {
        if (items[next].at_end || overlap(&items[i].set, &items[next].set)) {
            return true;
        }
        if (items[next].repeat == 0 || items[next].repeat == '+') {
            return false; /* it must come, and it is none of what the repeat takes */
        }
    }
    return false; /* nothing must follow: the first try succeeds */
}

int pattern_exponent(const char *pattern, size_t length) {
    struct item items[ITEMS_MAX];
    const char *at = pattern, *end = pattern + length;
    bool anchored = length > 0 && *at == '^';
    int count = 0;
    at += anchored;
    while (at < end && count < ITEMS_MAX) {
        if (*at == '(' || *at == ')') {
            at++; /* captures change nothing here */
        } else {
            at = read_item(at, end, &items[count++]);
        }
    }
    int exponent = (anchored ? 0 : 1) + (at < end ? ITEMS_MAX : 0);
    for (int i = 0; i < count; i++) {
        if (items[i].repeat != 0 && items[i].repeat != '?' && gives_back(items, count, i)) {
            exponent++;
        }
    }
    return exponent;
}

/* find, match, gmatch, gsub (text, pattern, ...); upvalues: the library's own, whether its fourth argument says "plain". */
static int guarded(lua_State *L) {
    size_t text_length = 0, length = 0;
    bool is_plain = lua_toboolean(L, 4) && lua_toboolean(L, lua_upvalueindex(2));
    if (!is_plain && task_is_limited(L) && lua_type(L, 1) == LUA_TSTRING && lua_type(L, 2) == LUA_TSTRING) {
        const char *pattern = lua_tolstring(L, 2, &length);
        lua_tolstring(L, 1, &text_length);
        double steps = 1;
        for (int exponent = pattern_exponent(pattern, length); exponent > 0 && steps <= MOST_STEPS; exponent--) {
            steps *= (double)text_length + 1;
        }
        if (steps > MOST_STEPS) {
            return luaL_error(
                L,
                "the pattern '%s' could take too long on a text of %d bytes: begin it with ^, or let repeats end at "
                "what they do not match, such as [^:]*:",
                pattern, (int)text_length);
        }
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

void pattern_guard(lua_State *L) {
    static const char *const names[] = {"find", "match", "gmatch", "gsub"};
    lua_getglobal(L, "string");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        lua_getfield(L, -1, names[i]);
        lua_pushboolean(L, strcmp(names[i], "find") == 0);
        lua_pushcclosure(L, guarded, 2);
        lua_setfield(L, -2, names[i]);
    }
    lua_pop(L, 1);
}
