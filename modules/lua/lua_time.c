/* require "time"
 *
 * time.now()
 *   |-> integer            the world's clock, epoch seconds
 * time.now_us()
 *   |-> integer            the same, microseconds
 * time.wall()
 *   |-> float              the real time of day, epoch seconds
 * time.monotonic()
 *   |-> float              real seconds since some start, never going back
 * time.iso8601(epoch seconds: number [, unit: "s" (default) | "ms" | "us"])
 *   |-> string             "2026-11-23T06:00:00Z"; what the unit does not show is cut, not rounded
 *   `-> raises a string    not a finite number, or a year outside 0000-9999
 * time.http_date(epoch seconds: number)
 *   |-> string             "Mon, 23 Nov 2026 06:00:00 GMT" (RFC 9110, 5.6.7)
 *   `-> raises a string    as above
 * time.parse(text: string)
 *   |-> integer            epoch seconds of an RFC 3339 time ("2026-11-23T06:00:00Z", "2026-11-23 07:00:00+01:00"), of the
 *   |                      basic form that SigV4 uses ("20261123T060000Z"), or of an HTTP date
 *   |-> float              where it has a fraction that is not zero
 *   `-> nil                anything else: a date that does not exist, a missing zone, text before or after
 */
#include <ctype.h>
#include <lauxlib.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "lua/modules.h"

static const char month_names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
static const char day_names[] = "SunMonTueWedThuFriSat";

static int time_now(lua_State *L) {
    lua_pushinteger(L, clock_world_us() / 1000000);
    return 1;
}

static int time_now_us(lua_State *L) {
    lua_pushinteger(L, clock_world_us());
    return 1;
}

static int time_wall(lua_State *L) {
    lua_pushnumber(L, (lua_Number)clock_wall_us() / 1e6);
    return 1;
}

static int time_monotonic(lua_State *L) {
    lua_pushnumber(L, (lua_Number)clock_mono_us() / 1e6);
    return 1;
}

/* The argument as broken-down UTC, and its microseconds. */
static struct tm check_time(lua_State *L, int argument, int *microseconds) {
    static const lua_Number first = -62167219200.0, end = 253402300800.0; /* years 0000 to 9999 */
    lua_Number seconds = luaL_checknumber(L, argument);
    luaL_argcheck(L, seconds >= first && seconds < end, argument, "epoch seconds of the years 0000 to 9999 expected");
    lua_Number whole = floor(seconds);
    time_t epoch = (time_t)whole;
    struct tm tm;
    memset(&tm, 0, sizeof tm);
    gmtime_r(&epoch, &tm);
    /* A double of today's seconds is exact to about a quarter of a microsecond: take the nearest one. */
    long us = lround((double)((seconds - whole) * 1e6));
    *microseconds = us > 999999 ? 999999 : (int)us;
    return tm;
}

static int time_iso8601(lua_State *L) {
    static const char *const units[] = {"s", "ms", "us", NULL};
    int us;
    struct tm tm = check_time(L, 1, &us);
    int unit = luaL_checkoption(L, 2, "s", units);
    char text[64], fraction[16] = "";
    if (unit == 1) {
        snprintf(fraction, sizeof fraction, ".%03d", us / 1000);
    } else if (unit == 2) {
        snprintf(fraction, sizeof fraction, ".%06d", us);
    }
    snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d%sZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
             tm.tm_min, tm.tm_sec, fraction);
    lua_pushstring(L, text);
    return 1;
}

static int time_http_date(lua_State *L) {
    int us;
    struct tm tm = check_time(L, 1, &us);
    char text[64];
    snprintf(text, sizeof text, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", day_names + 3 * (size_t)tm.tm_wday, tm.tm_mday,
             month_names + 3 * (size_t)tm.tm_mon, tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
    lua_pushstring(L, text);
    return 1;
}

/* Reads exactly `count` digits; false leaves the text where it is. */
static bool take_digits(const char **text, int count, int *value) {
    int number = 0;
    for (int i = 0; i < count; i++) {
        if (!isdigit((unsigned char)(*text)[i])) {
            return false;
        }
        number = number * 10 + ((*text)[i] - '0');
    }
    *text += count;
    *value = number;
    return true;
}

static bool take_char(const char **text, const char *allowed) {
    if (**text == '\0' || strchr(allowed, **text) == NULL) {
        return false;
    }
    (*text)++;
    return true;
}

/* "2026-11-23T06:00:00" or "20261123T060000". */
static bool take_date_time(const char **text, struct tm *tm) {
    bool extended = strlen(*text) > 4 && (*text)[4] == '-';
    bool ok = take_digits(text, 4, &tm->tm_year) && (!extended || take_char(text, "-")) && take_digits(text, 2, &tm->tm_mon) &&
              (!extended || take_char(text, "-")) && take_digits(text, 2, &tm->tm_mday) &&
              take_char(text, extended ? "Tt " : "T") && take_digits(text, 2, &tm->tm_hour) &&
              (!extended || take_char(text, ":")) && take_digits(text, 2, &tm->tm_min) && (!extended || take_char(text, ":")) &&
              take_digits(text, 2, &tm->tm_sec);
    tm->tm_year -= 1900;
    tm->tm_mon -= 1;
    return ok;
}

static bool take_fraction(const char **text, double *fraction) {
    *fraction = 0;
    if (!take_char(text, ".,")) {
        return true;
    }
    const char *first = *text;
    double number = 0, unit = 1;
    for (; isdigit((unsigned char)**text); (*text)++) {
        if (*text - first < 15) { /* all that a double can hold */
            number = number * 10 + (**text - '0');
            unit *= 10;
        }
    }
    *fraction = number / unit;
    return *text > first;
}

/* "Z", "+01:00" or "-0130", in seconds east. */
static bool take_zone(const char **text, int *offset) {
    *offset = 0;
    if (take_char(text, "Zz")) {
        return true;
    }
    int sign = **text == '-' ? -1 : 1, hours, minutes;
    if (!take_char(text, "+-") || !take_digits(text, 2, &hours)) {
        return false;
    }
    take_char(text, ":");
    if (!take_digits(text, 2, &minutes) || hours > 23 || minutes > 59) {
        return false;
    }
    *offset = sign * (hours * 3600 + minutes * 60);
    return true;
}

/* "Mon, 23 Nov 2026 06:00:00 GMT" */
static bool take_http_date(const char **text, struct tm *tm) {
    if (strlen(*text) != 29 || strncmp(*text + 3, ", ", 2) != 0 || strcmp(*text + 25, " GMT") != 0) {
        return false;
    }
    char month[4] = {(*text)[8], (*text)[9], (*text)[10], '\0'};
    const char *found = strstr(month_names, month);
    if (found == NULL || (found - month_names) % 3 != 0) {
        return false;
    }
    tm->tm_mon = (int)(found - month_names) / 3;
    *text += 5;
    bool ok = take_digits(text, 2, &tm->tm_mday) && take_char(text, " ");
    *text += 3;
    ok = ok && take_char(text, " ") && take_digits(text, 4, &tm->tm_year) && take_char(text, " ") &&
         take_digits(text, 2, &tm->tm_hour) && take_char(text, ":") && take_digits(text, 2, &tm->tm_min) &&
         take_char(text, ":") && take_digits(text, 2, &tm->tm_sec);
    tm->tm_year -= 1900;
    *text += 4;
    return ok;
}

/* False for a date that does not exist; timegm would move it into the next month. */
static bool to_epoch(const struct tm *tm, int64_t *epoch) {
    struct tm same = *tm;
    *epoch = timegm(&same);
    return same.tm_year == tm->tm_year && same.tm_mon == tm->tm_mon && same.tm_mday == tm->tm_mday &&
           same.tm_hour == tm->tm_hour && same.tm_min == tm->tm_min && same.tm_sec == tm->tm_sec;
}

static int time_parse(lua_State *L) {
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length), *end = text + length;
    struct tm tm;
    memset(&tm, 0, sizeof tm);
    double fraction = 0;
    int offset = 0;
    bool ok = isalpha((unsigned char)*text)
                  ? take_http_date(&text, &tm)
                  : take_date_time(&text, &tm) && take_fraction(&text, &fraction) && take_zone(&text, &offset);
    int64_t epoch;
    if (!ok || text != end || !to_epoch(&tm, &epoch)) {
        lua_pushnil(L);
        return 1;
    }
    epoch -= offset;
    if (fraction == 0) {
        lua_pushinteger(L, epoch);
    } else {
        lua_pushnumber(L, (lua_Number)epoch + fraction);
    }
    return 1;
}

int luaopen_time(lua_State *L) {
    static const luaL_Reg functions[] = {
        {"now", time_now},         {"now_us", time_now_us},       {"wall", time_wall},   {"monotonic", time_monotonic},
        {"iso8601", time_iso8601}, {"http_date", time_http_date}, {"parse", time_parse}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
