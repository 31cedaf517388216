#include "base/subprocess.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OUTPUT, PROBLEMS, ENDING, FILE_COUNT };
enum { PROBLEMS_LIMIT = 4096, DEFAULT_OUTPUT_LIMIT = 1 << 20, DEFAULT_TIMEOUT_MS = 60000 };

static void release(struct subprocess *self) {
    loop_timer_stop(&self->deadline);
    for (int i = 0; i < FILE_COUNT; i++) {
        if (self->events[i] != NULL) {
            event_free(self->events[i]);
            self->events[i] = NULL;
        }
        if (self->files[i] >= 0) {
            close(self->files[i]);
            self->files[i] = -1;
        }
    }
}

/* A killed process runs none of its code any more: waiting for it is as short as the kernel's clearing up. */
static void end_by_force(struct subprocess *self) {
    if (self->id > 0) {
        kill(self->id, SIGKILL);
        while (waitpid(self->id, NULL, 0) < 0 && errno == EINTR) {
        }
        self->id = 0;
    }
    release(self);
}

static void cancel(struct pending *pending) {
    end_by_force((struct subprocess *)pending);
}

static void fail(struct subprocess *self) {
    end_by_force(self);
    pending_finish(&self->pending);
}

/* Takes what the pipe holds now. The output's end is no news: the process's own end is what counts, for a child of its own may
 * keep the pipe open. False: more than the limit. */
static bool drain(struct subprocess *self, int which) {
    struct buffer *into = which == OUTPUT ? &self->output : &self->problems;
    char bytes[4096];
    ssize_t count;
    while (self->files[which] >= 0 && (count = read(self->files[which], bytes, sizeof bytes)) != 0) {
        if (count < 0) {
            return errno == EAGAIN || errno == EINTR;
        }
        size_t room = into->limit - into->length;
        size_t taken = (size_t)count < room ? (size_t)count : room;
        bool appended = buffer_append(into, bytes, taken);
        explicit_bzero(bytes, (size_t)count);
        if (!appended || (which == OUTPUT && taken < (size_t)count)) {
            return false;
        }
    }
    event_del(self->events[which]);
    return true;
}

static bool drain_or_fail(struct subprocess *self, int which) {
    if (drain(self, which)) {
        return true;
    }
    error_set(&self->error, "SUBPROCESS_OUTPUT_TOO_LARGE", "it wrote more than %zu bytes, or memory is short",
              self->output.limit);
    fail(self);
    return false;
}

static void output_readable(evutil_socket_t file, short what, void *data) {
    (void)file;
    (void)what;
    drain_or_fail(data, OUTPUT);
}

static void problems_readable(evutil_socket_t file, short what, void *data) {
    (void)file;
    (void)what;
    drain_or_fail(data, PROBLEMS);
}

static void ended(evutil_socket_t file, short what, void *data) {
    struct subprocess *self = data;
    int status;
    (void)file;
    (void)what;
    if (waitpid(self->id, &status, WNOHANG) != self->id) {
        return;
    }
    self->id = 0;
    self->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    self->signal_number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (drain_or_fail(self, OUTPUT) && drain_or_fail(self, PROBLEMS)) {
        release(self);
        pending_finish(&self->pending);
    }
}

static void too_late(struct loop_timer *timer) {
    struct subprocess *self = (struct subprocess *)((char *)timer - offsetof(struct subprocess, deadline));
    error_set(&self->error, "SUBPROCESS_TIMEOUT", "it had not ended in time and was killed");
    fail(self);
}

/* The child's side: input, outputs, nothing else of ours, signals as a program expects them. Returns an errno, 0 when it runs. */
static int spawn(struct subprocess *self, char *const *arguments, int output, int problems) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, usual;
    int problem = posix_spawn_file_actions_init(&actions);
    if (problem != 0) {
        return problem;
    }
    problem = posix_spawnattr_init(&attributes);
    if (problem != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return problem;
    }
    sigemptyset(&none);
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &usual);
    if (!isatty(STDIN_FILENO)) {
        problem = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    }
    problem = problem != 0 ? problem : posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    problem = problem != 0 ? problem : posix_spawn_file_actions_adddup2(&actions, problems, STDERR_FILENO);
    problem = problem != 0 ? problem : posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    problem = problem != 0 ? problem : posix_spawnp(&self->id, arguments[0], &actions, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (problem != 0) {
        self->id = 0; /* what posix_spawn leaves there is not said */
    }
    return problem;
}

/* Our ends of the pipes do not block; the child's do, as every program expects. */
static int open_and_spawn(struct subprocess *self, char *const *arguments) {
    int output[2], problems[2];
    if (pipe2(output, O_CLOEXEC) != 0) {
        return errno;
    }
    if (pipe2(problems, O_CLOEXEC) != 0) {
        int problem = errno;
        close(output[0]);
        close(output[1]);
        return problem;
    }
    self->files[OUTPUT] = output[0];
    self->files[PROBLEMS] = problems[0];
    int problem = 0;
    if (fcntl(output[0], F_SETFL, O_NONBLOCK) != 0 || fcntl(problems[0], F_SETFL, O_NONBLOCK) != 0) {
        problem = errno;
    }
    problem = problem != 0 ? problem : spawn(self, arguments, output[1], problems[1]);
    close(output[1]);
    close(problems[1]);
    if (problem == 0) {
        self->files[ENDING] = pidfd_open(self->id, 0);
        problem = self->files[ENDING] < 0 ? errno : 0;
    }
    return problem;
}

static bool watch(struct subprocess *self, int64_t timeout_ms) {
    static const event_callback_fn callbacks[FILE_COUNT] = {output_readable, problems_readable, ended};
    struct event_base *base = loop_event_base(self->loop);
    for (int i = 0; i < FILE_COUNT; i++) {
        self->events[i] = event_new(base, self->files[i], EV_READ | EV_PERSIST, callbacks[i], self);
        if (self->events[i] == NULL || event_add(self->events[i], NULL) != 0) {
            return false;
        }
    }
    return loop_timer_start(self->loop, &self->deadline, LOOP_REAL, timeout_ms * 1000, too_late);
}

void subprocess_start(struct loop *loop, struct subprocess *subprocess, const struct subprocess_request *request) {
    subprocess->loop = loop;
    subprocess->files[OUTPUT] = subprocess->files[PROBLEMS] = subprocess->files[ENDING] = -1;
    buffer_init_secure(&subprocess->output, request->output_limit > 0 ? request->output_limit : DEFAULT_OUTPUT_LIMIT);
    buffer_init_secure(&subprocess->problems, PROBLEMS_LIMIT);
    subprocess->pending.cancel = cancel;
    int problem = open_and_spawn(subprocess, request->arguments);
    if (problem != 0) {
        error_set(&subprocess->error, "SUBPROCESS_START", "%.200s: %s", request->arguments[0], strerror(problem));
        fail(subprocess);
    } else if (!watch(subprocess, request->timeout_ms > 0 ? request->timeout_ms : DEFAULT_TIMEOUT_MS)) {
        error_set(&subprocess->error, "NO_MEMORY", "no memory to follow a process");
        fail(subprocess);
    }
}

void subprocess_clear(struct subprocess *subprocess) {
    pending_cancel(&subprocess->pending);
    buffer_clear_secure(&subprocess->output);
    buffer_clear_secure(&subprocess->problems);
}
