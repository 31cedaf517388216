/* How long a Lua pattern may take. The matcher of Lua's string library backtracks, in C, where no budget of instructions
 * counts:
 * "(.-)x(.-)x(.-)x$" on a kilobyte runs for hours. So a limited task's patterns are looked at before they are matched. */
#ifndef DRSH_RUNTIME_PATTERN_H
#define DRSH_RUNTIME_PATTERN_H

#include <lua.h>
#include <stddef.h>

/* An upper bound, as a power of the text's length: each repeat (* + -) that may give back what it took counts one, and so does
 * a pattern without ^. A repeat that cannot match what must follow it ("[^:]*:") gives nothing back. */
int pattern_exponent(const char *pattern, size_t length);

/* Puts a guard before string.find, match, gmatch and gsub of this state: in a limited task (task_is_limited) it refuses a
 * pattern that could take longer than about a second on its text. */
void pattern_guard(lua_State *L);

#endif
