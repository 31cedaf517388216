/* The log: one line of JSON a message, on stderr. */
#ifndef DRSH_PROCESS_LOG_H
#define DRSH_PROCESS_LOG_H

#include <stdbool.h>

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

void log_set_level(enum log_level level);
/* From "debug", "info", "warn" or "error"; false for any other word. */
bool log_level_parse(const char *name, enum log_level *level);
bool log_enabled(enum log_level level);
/* `fields` are pairs of strings, name and value, ended by NULL; a pair whose value is NULL is left out. */
void log_write(enum log_level level, const char *message, ...) __attribute__((sentinel));
/* The same with the inside of a JSON object ("\"wave\":1,\"servers\":[]"), or "". What Lua's log module calls. */
void log_write_members(int level, const char *message, const char *members);
bool log_wants(int level);

#endif
