#include "process/master.h"

#include <errno.h>
#include <event2/util.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "config.h"
#include "process/board.h"
#include "process/log.h"
#include "process/worker.h"

#define TICK_NS 100000000
#define START_LIMIT_US (60 * 1000000LL) /* for a worker to become ready */
#define SHORT_LIFE_US (30 * 1000000LL)
#define FIRST_PAUSE_US 100000LL
#define LONGEST_PAUSE_US (10 * 1000000LL)
#define KILL_MARGIN_US (3 * 1000000LL)

enum { EXIT_MASTER_FAILED = 1, EXIT_MASTER_INTERRUPTED = 130 };

struct child {
    pid_t pid; /* 0: none runs */
    int64_t started_us, start_at_us, pause_us;
};

static struct {
    const struct master_options *options;
    struct child children[BOARD_WORKERS_MAX];
    sigset_t outer_signals;
    pid_t pid;
    char url[128];
    bool is_ready;
    int64_t stop_by_us; /* 0: it is not stopping */
    int exit_code;
} master;

/* --- the socket --- */

/* ADDR:PORT; the port may be 0, which libevent's own reader does not take. */
static bool parse_listen(const char *listen, struct sockaddr_storage *address, socklen_t *length) {
    char host[64], *end = NULL;
    const char *colon = strrchr(listen, ':');
    int size = sizeof *address;
    long port = colon == NULL ? -1 : strtol(colon + 1, &end, 10);
    if (port < 0 || port > 65535 || end == colon + 1 || *end != '\0' || (size_t)(colon - listen) >= sizeof host) {
        return false;
    }
    memcpy(host, listen, (size_t)(colon - listen));
    host[colon - listen] = '\0';
    if (evutil_parse_sockaddr_port(host, (struct sockaddr *)address, &size) != 0) {
        return false;
    }
    if (address->ss_family == AF_INET6) {
        ((struct sockaddr_in6 *)address)->sin6_port = htons((uint16_t)port);
    } else {
        ((struct sockaddr_in *)address)->sin_port = htons((uint16_t)port);
    }
    *length = (socklen_t)size;
    return true;
}

/* Bound here, so that a port of its own choice is known to all; the workers listen. */
static bool bind_socket(const char *listen, char *url, size_t url_size) {
    static const int on = 1;
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    char text[64] = "", number[16];
    if (!parse_listen(listen, &address, &length)) {
        fprintf(stderr, "drsh serve: --listen should be ADDR:PORT with a numeric address, not %s\n", listen);
        return false;
    }
    int descriptor = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    socklen_t bound = sizeof address;
    if (descriptor < 0 || setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(descriptor, (struct sockaddr *)&address, length) != 0 ||
        getsockname(descriptor, (struct sockaddr *)&address, &bound) != 0) {
        fprintf(stderr, "drsh serve: cannot listen on %s: %s\n", listen, strerror(errno));
        return false;
    }
    bool is_v6 = address.ss_family == AF_INET6;
    int port = ntohs(is_v6 ? ((struct sockaddr_in6 *)&address)->sin6_port : ((struct sockaddr_in *)&address)->sin_port);
    const void *bytes = is_v6 ? (const void *)&((struct sockaddr_in6 *)&address)->sin6_addr
                              : (const void *)&((struct sockaddr_in *)&address)->sin_addr;
    evutil_inet_ntop(address.ss_family, bytes, text, sizeof text);
    snprintf(url, url_size, is_v6 ? "http://[%s]:%d" : "http://%s:%d", text, port);
    snprintf(number, sizeof number, "%d", descriptor);
    return config_set("DRSH_LISTEN", url + strlen("http://")) && config_set("DRSH_LISTEN_SOCKET", number);
}

/* --- workers --- */

static void become_worker(int index) {
    prctl(PR_SET_PDEATHSIG, SIGTERM); /* a master that is gone cannot stop it */
    sigprocmask(SIG_SETMASK, &master.outer_signals, NULL);
    signal(SIGINT, SIG_IGN); /* a terminal sends it to all; the master says it once, with SIGTERM */
    if (getppid() != master.pid) {
        _exit(0);
    }
    worker_become(index);
    int code = master.options->work(master.options->data);
    board_free();
    exit(code);
}

static void start(int index) {
    struct child *child = &master.children[index];
    struct board_slot *slot = board_slot(index);
    atomic_store(&slot->is_ready, false);
    atomic_store(&slot->heartbeat_us, 0);
    atomic_store(&slot->resumed_us, 0);
    fflush(NULL);
    child->started_us = clock_mono_us();
    child->pid = fork();
    if (child->pid == 0) {
        become_worker(index);
    }
    if (child->pid < 0) {
        log_write(LOG_LEVEL_ERROR, "a worker cannot be started", "error", strerror(errno), NULL);
        child->pid = 0;
        child->start_at_us = child->started_us + LONGEST_PAUSE_US;
    }
}

static void signal_all(int signal_number) {
    for (int i = 0; i < master.options->workers; i++) {
        if (master.children[i].pid > 0) {
            kill(master.children[i].pid, signal_number);
        }
    }
}

static void stop(int exit_code) {
    if (master.stop_by_us == 0) {
        master.stop_by_us = clock_mono_us() + master.options->drain_us + KILL_MARGIN_US;
        master.exit_code = exit_code;
    }
    signal_all(SIGTERM); /* a second one cuts off what is under way */
}

/* Says how a worker ended, and what it was doing. */
static void report_end(int index, pid_t pid, int status) {
    const struct board_slot *slot = board_slot(index);
    bool was_busy = atomic_load(&slot->resumed_us) != 0;
    char number[16], id[16], how[48];
    snprintf(number, sizeof number, "%d", index + 1);
    snprintf(id, sizeof id, "%d", (int)pid);
    if (WIFSIGNALED(status)) {
        snprintf(how, sizeof how, "signal %d", WTERMSIG(status));
    } else {
        snprintf(how, sizeof how, "exit code %d", WEXITSTATUS(status));
    }
    log_write(LOG_LEVEL_ERROR, "a worker ended and is replaced", "worker", number, "pid", id, "how", how, "script",
              was_busy ? slot->script : NULL, "requestId", was_busy ? slot->request : NULL, NULL);
}

static void ended(int index, pid_t pid, int status) {
    struct child *child = &master.children[index];
    struct board_slot *slot = board_slot(index);
    int64_t now_us = clock_mono_us();
    child->pid = 0;
    if (master.stop_by_us != 0) {
        atomic_store(&slot->pid, 0);
        return;
    }
    if (!master.is_ready && WIFEXITED(status)) { /* it could not even start, and neither will the next one: it has said why */
        stop(WEXITSTATUS(status) != 0 ? WEXITSTATUS(status) : EXIT_MASTER_FAILED);
        return;
    }
    report_end(index, pid, status);
    atomic_store(&slot->pid, 0);
    atomic_store(&slot->is_ready, false);
    atomic_fetch_add(&slot->restarts, 1);
    if (now_us - child->started_us > SHORT_LIFE_US) {
        child->pause_us = 0;
    }
    child->start_at_us = now_us + child->pause_us;
    child->pause_us = child->pause_us == 0 ? FIRST_PAUSE_US : child->pause_us * 2;
    if (child->pause_us > LONGEST_PAUSE_US) {
        child->pause_us = LONGEST_PAUSE_US;
    }
}

static void reap(void) {
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (int i = 0; i < master.options->workers; i++) {
            if (master.children[i].pid == pid) {
                ended(i, pid, status);
            }
        }
    }
}

/* Kills a worker that shows no life. Its slot says what it runs. */
static void watch(int index, int64_t now_us) {
    const struct child *child = &master.children[index];
    const struct board_slot *slot = board_slot(index);
    int64_t beat_us = atomic_load(&slot->heartbeat_us);
    bool is_late = beat_us != 0 && atomic_load(&slot->is_ready) ? now_us - beat_us > master.options->watchdog_us
                                                                : now_us - child->started_us > START_LIMIT_US;
    if (!is_late) {
        return;
    }
    char number[16], seconds[16];
    snprintf(number, sizeof number, "%d", index + 1);
    snprintf(seconds, sizeof seconds, "%d", (int)((now_us - (beat_us != 0 ? beat_us : child->started_us)) / 1000000));
    log_write(LOG_LEVEL_ERROR, "a worker is stuck: it is killed", "worker", number, "seconds", seconds, "script", slot->script,
              "requestId", slot->request, NULL);
    kill(child->pid, SIGKILL);
}

static void tick(void) {
    int64_t now_us = clock_mono_us();
    bool all_ready = true;
    for (int i = 0; i < master.options->workers; i++) {
        const struct child *child = &master.children[i];
        if (child->pid == 0 && master.stop_by_us == 0 && now_us >= child->start_at_us) {
            start(i);
        } else if (child->pid != 0 && master.stop_by_us == 0) {
            watch(i, now_us);
        }
        all_ready = all_ready && atomic_load(&board_slot(i)->is_ready);
    }
    if (all_ready && !master.is_ready && master.stop_by_us == 0) {
        master.is_ready = true;
        printf("listening on %s\n", master.url);
        fflush(stdout);
    }
    if (master.stop_by_us != 0 && now_us > master.stop_by_us) {
        signal_all(SIGKILL);
    }
}

static bool any_alive(void) {
    for (int i = 0; i < master.options->workers; i++) {
        if (master.children[i].pid != 0) {
            return true;
        }
    }
    return false;
}

static void take_signal(int signal_number) {
    switch (signal_number) {
    case SIGCHLD:
        reap();
        break;
    case SIGHUP:
        signal_all(SIGHUP);
        break;
    case SIGINT:
        stop(EXIT_MASTER_INTERRUPTED);
        break;
    case SIGTERM:
        stop(0);
        break;
    default: /* the tick's time is over */
        break;
    }
}

int master_run(const struct master_options *options) {
    sigset_t signals;
    const struct timespec wait = {.tv_nsec = TICK_NS};
    memset(&master, 0, sizeof master);
    master.options = options;
    master.pid = getpid();
    if (!bind_socket(options->listen, master.url, sizeof master.url)) {
        return EXIT_MASTER_FAILED;
    }
    if (!board_new(options->workers)) {
        fprintf(stderr, "drsh serve: no memory for %d workers\n", options->workers);
        return EXIT_MASTER_FAILED;
    }
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, &master.outer_signals);
    do {
        tick();
        take_signal(sigtimedwait(&signals, NULL, &wait));
    } while (master.stop_by_us == 0 || any_alive());
    board_free();
    return master.exit_code;
}
