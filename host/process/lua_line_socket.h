/* The module `process.line_socket` (the host's own): lines of text over a UNIX socket, between processes of one user.
 *
 *   line_socket.listen(path)   |-> listener
 *                              `-> raises {code="LISTEN"}
 *   listener:accept()          |-> connection, uid, pid of the process at the other side, as the kernel knows them. It waits
 *                              `-> nil: who came was refused, or has gone already
 *   line_socket.connect(path)  |-> connection
 *                              `-> raises {code="CONNECT"}   nobody listens there
 *   connection:read()          |-> line, without its end; nil when the other side has gone. It waits
 *                              `-> raises {code="LINE_TOO_LONG"}
 *   connection:write(line)     |-> nothing; it waits while the other side is slow to read
 *                              `-> raises {code="DISCONNECTED"}
 *
 * Both have close(), and may be <close> variables; what is unsent then is lost. Who is neither the same user nor root is refused, and that is logged. */
#ifndef DRSH_PROCESS_LUA_LINE_SOCKET_H
#define DRSH_PROCESS_LUA_LINE_SOCKET_H

#include <lua.h>

int luaopen_line_socket(lua_State *L);

#endif
