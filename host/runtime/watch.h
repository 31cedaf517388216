/* What changes in the folder of the scripts, told by the kernel (inotify) and not asked for file by file. Knows no Lua.
 *
 * Where inotify cannot be believed there is no watch, and its owner looks with stat: on network file systems (another machine's
 * writes are not told), when a symbolic link leads to the scripts or lies among them (its target is elsewhere), when the
 * kernel's limits are reached. */
#ifndef DRSH_RUNTIME_WATCH_H
#define DRSH_RUNTIME_WATCH_H

#include <stdbool.h>

#include "base/error.h"

struct watch;

/* The folders below a scripts folder that scripts are served from, ended by NULL. */
extern const char *const watch_folders[];

/* NULL with `error` set to why not. */
struct watch *watch_new(const char *folder, struct error *error);
void watch_free(struct watch *watch);
/* Readable when something has happened. */
int watch_descriptor(const struct watch *watch);
/* Reads what has happened so far, without waiting. True if a script may have changed; `touched` is called for each script whose
 * content was written, with its path below the folder ("lib/plans.lua"). A file that is open for writing counts when it is
 * closed, so that half a file is not taken for a whole one. */
bool watch_drain(struct watch *watch, void (*touched)(void *data, const char *path), void *data);
/* False once new folders can no longer be watched: its owner goes over to stat. */
bool watch_is_sound(const struct watch *watch);

#endif
