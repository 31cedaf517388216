#include "runtime/watch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define PATH_SIZE 4096
#define DEPTH_MAX 6
#define FOLDERS_MAX 512

const char *const watch_folders[] = {"endpoints", "policies", "lib", "orchestrator", "background", NULL};

/* A file is whole when its writer has closed it or has renamed it to its place. */
#define FILE_EVENTS (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE)
#define FOLDER_EVENTS (FILE_EVENTS | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)
#define PARENT_EVENTS (IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ONLYDIR)
#define WRITTEN (IN_CLOSE_WRITE | IN_MOVED_TO)

enum { PARENT = -1, ROOT = 0 }; /* depths of a watched folder; those below are 1 and more */

struct folder {
    int descriptor; /* of inotify */
    int depth;
    char *path; /* below the scripts folder; "" for itself and its parent */
};

struct watch {
    int descriptor;
    bool is_sound;
    int count;
    struct folder folders[FOLDERS_MAX];
    const char *name; /* the scripts folder's own, in its parent */
    char root[PATH_SIZE];
};

/* File systems that other machines, or a program behind FUSE, write to without the kernel's knowledge. */
static bool is_remote(const char *path) {
    static const unsigned long kinds[] = {0x6969,     0xff534d42, 0xfe534d42, 0x517b,     0x65735546, 0x01021997,
                                          0x00c36400, 0x5346414f, 0x0bd00bd0, 0x786f4256, 0x73757245};
    struct statfs status;
    if (statfs(path, &status) != 0) {
        return false;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (((unsigned long)status.f_type & 0xffffffffu) == kinds[i]) {
            return true;
        }
    }
    return false;
}

/* Is any part of the path a symbolic link? A deployment swaps those, and no event tells it. */
static bool is_linked(const char *path) {
    char part[PATH_SIZE];
    struct stat status;
    size_t length = strlen(path);
    memcpy(part, path, length + 1);
    for (size_t i = 1; i <= length; i++) {
        if (path[i] == '/' || path[i] == '\0') {
            part[i] = '\0';
            if (lstat(part, &status) == 0 && S_ISLNK(status.st_mode)) {
                return true;
            }
            part[i] = path[i];
        }
    }
    return false;
}

static const struct folder *find(const struct watch *watch, int descriptor) {
    for (int i = 0; i < watch->count; i++) {
        if (watch->folders[i].descriptor == descriptor) {
            return &watch->folders[i];
        }
    }
    return NULL;
}

/* Watches one folder; once more is harmless. */
static bool add(struct watch *watch, const char *full_path, const char *path, int depth, struct error *error) {
    int descriptor = inotify_add_watch(watch->descriptor, full_path, depth == PARENT ? PARENT_EVENTS : FOLDER_EVENTS);
    if (descriptor < 0) {
        bool is_gone = errno == ENOENT || errno == ENOTDIR; /* before we came to it: its parent's event tells */
        return is_gone || error_set(error, "WATCH", "inotify cannot watch %s: %s", full_path, strerror(errno));
    }
    if (find(watch, descriptor) != NULL) {
        return true;
    }
    char *copy = watch->count < FOLDERS_MAX ? strdup(path) : NULL;
    if (copy == NULL) {
        return error_set(error, "WATCH", "there are too many folders of scripts to watch");
    }
    watch->folders[watch->count++] = (struct folder){descriptor, depth, copy};
    return true;
}

static bool add_tree(struct watch *watch, const char *path, int depth, struct error *error);

static bool add_entry(struct watch *watch, int parent, const char *path, const char *name, int depth, struct error *error) {
    struct stat status;
    char below[PATH_SIZE];
    int length = snprintf(below, sizeof below, "%s%s%s", path, *path == '\0' ? "" : "/", name);
    if (name[0] == '.' || length >= (int)sizeof below || fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        return true;
    }
    if (S_ISLNK(status.st_mode)) {
        return error_set(error, "WATCH", "%s is a symbolic link, and what it leads to is not watched", below);
    }
    return !S_ISDIR(status.st_mode) || depth > DEPTH_MAX || add_tree(watch, below, depth, error);
}

static bool add_tree(struct watch *watch, const char *path, int depth, struct error *error) {
    char full[PATH_SIZE * 2];
    snprintf(full, sizeof full, "%s/%s", watch->root, path);
    if (!add(watch, full, path, depth, error)) {
        return false;
    }
    DIR *directory = opendir(full);
    bool good = true;
    for (struct dirent *entry = NULL; good && directory != NULL && (entry = readdir(directory)) != NULL;) {
        good = add_entry(watch, dirfd(directory), path, entry->d_name, depth + 1, error);
    }
    if (directory != NULL) {
        closedir(directory);
    }
    return good;
}

/* Everything from the parent of the scripts folder downwards. The parent, because the folder itself may be replaced. */
static bool add_all(struct watch *watch, struct error *error) {
    char full[PATH_SIZE * 2];
    size_t parent = (size_t)(watch->name - watch->root);
    snprintf(full, sizeof full, "%.*s", (int)(parent > 1 ? parent - 1 : parent), watch->root);
    if (!add(watch, full, "", PARENT, error) || !add(watch, watch->root, "", ROOT, error)) {
        return false;
    }
    int root = open(watch->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = true;
    for (size_t i = 0; good && root >= 0 && watch_folders[i] != NULL; i++) {
        good = add_entry(watch, root, "", watch_folders[i], 1, error);
    }
    if (root >= 0) {
        close(root);
    }
    return good;
}

/* The folder's absolute path without "..", so that its parent is what it seems. False: there is none that inotify is good for.
 */
static bool settle_root(struct watch *watch, const char *folder, struct error *error) {
    char here[PATH_SIZE] = "", joined[PATH_SIZE * 2];
    char *real = realpath(folder, NULL);
    if (real == NULL || strlen(real) >= sizeof watch->root || strcmp(real, "/") == 0) {
        free(real);
        return error_set(error, "WATCH", "%s is no folder that can be watched", folder);
    }
    memcpy(watch->root, real, strlen(real) + 1);
    free(real);
    watch->name = strrchr(watch->root, '/') + 1;
    if (folder[0] != '/' && getcwd(here, sizeof here) == NULL) {
        return error_set(error, "WATCH", "the current folder has no path");
    }
    snprintf(joined, sizeof joined, "%s%s%s", here, folder[0] == '/' ? "" : "/", folder);
    if (strlen(joined) >= PATH_SIZE || is_linked(joined)) {
        return error_set(error, "WATCH", "a symbolic link leads to %s", folder);
    }
    return !is_remote(watch->root) || error_set(error, "WATCH", "%s is on a network file system", folder);
}

struct watch *watch_new(const char *folder, struct error *error) {
    struct watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL) {
        error_set(error, "NO_MEMORY", "no memory to watch the scripts");
        return NULL;
    }
    watch->is_sound = true;
    watch->descriptor = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (watch->descriptor < 0) {
        error_set(error, "WATCH", "inotify: %s", strerror(errno));
    } else if (settle_root(watch, folder, error) && add_all(watch, error)) {
        return watch;
    }
    watch_free(watch);
    return NULL;
}

void watch_free(struct watch *watch) {
    if (watch == NULL) {
        return;
    }
    for (int i = 0; i < watch->count; i++) {
        free(watch->folders[i].path);
    }
    if (watch->descriptor >= 0) {
        close(watch->descriptor);
    }
    free(watch);
}

int watch_descriptor(const struct watch *watch) {
    return watch->descriptor;
}

bool watch_is_sound(const struct watch *watch) {
    return watch->is_sound;
}

static void forget(struct watch *watch, int descriptor) {
    for (int i = 0; i < watch->count; i++) {
        if (watch->folders[i].descriptor == descriptor) {
            free(watch->folders[i].path);
            watch->folders[i] = watch->folders[--watch->count];
            return;
        }
    }
}

static bool is_script(const char *name) {
    size_t length = strlen(name);
    return name[0] != '.' && length > 4 && strcmp(name + length - 4, ".lua") == 0;
}

struct drain {
    void (*touched)(void *data, const char *path);
    void *data;
    bool changed;
    bool folders_changed;
};

static void take_script(const struct watch *watch, const struct folder *folder, const struct inotify_event *event,
                        struct drain *drain) {
    char path[PATH_SIZE * 2], full[PATH_SIZE * 4];
    struct stat status = {.st_size = 0};
    snprintf(path, sizeof path, "%s/%s", folder->path, event->name);
    snprintf(full, sizeof full, "%s/%s", watch->root, path);
    if ((event->mask & IN_CREATE) != 0 && lstat(full, &status) == 0 && status.st_size == 0) {
        return; /* just made, and about to be written */
    }
    drain->changed = true;
    if ((event->mask & WRITTEN) != 0) {
        drain->touched(drain->data, path);
    }
    if ((event->mask & (IN_CREATE | IN_MOVED_TO)) != 0) {
        drain->folders_changed = true; /* perhaps as a symbolic link */
    }
}

/* One event. Editors' own files (".a.lua.swp", "a.lua~", "4913") change nothing. */
static void take(struct watch *watch, const struct inotify_event *event, struct drain *drain) {
    const struct folder *folder = find(watch, event->wd);
    const char *name = event->len > 0 ? event->name : "";
    if ((event->mask & IN_Q_OVERFLOW) != 0) {
        drain->folders_changed = true;
    } else if (folder == NULL) {
        return;
    } else if ((event->mask & IN_IGNORED) != 0) {
        drain->folders_changed = drain->folders_changed || folder->depth != PARENT;
        forget(watch, event->wd);
    } else if (folder->depth == PARENT) {
        drain->folders_changed = drain->folders_changed || strcmp(name, watch->name) == 0;
    } else if ((event->mask & (IN_ISDIR | IN_DELETE_SELF | IN_MOVE_SELF)) != 0 || (folder->depth > ROOT && name[0] == '.')) {
        drain->folders_changed = drain->folders_changed || name[0] != '.';
    } else if (folder->depth > ROOT && is_script(name)) {
        take_script(watch, folder, event, drain);
    }
}

bool watch_drain(struct watch *watch, void (*touched)(void *data, const char *path), void *data) {
    _Alignas(struct inotify_event) char events[16384];
    struct drain drain = {touched, data, false, false};
    struct error error;
    for (;;) {
        ssize_t length = read(watch->descriptor, events, sizeof events);
        if (length <= 0) {
            break;
        }
        for (const char *at = events; at < events + length;) {
            const struct inotify_event *event = (const struct inotify_event *)at;
            take(watch, event, &drain);
            at += sizeof *event + event->len;
        }
    }
    if (drain.folders_changed && !add_all(watch, &error)) {
        watch->is_sound = false;
    }
    return drain.changed || drain.folders_changed;
}
