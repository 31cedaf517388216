/* The master of several workers: processes that serve on one socket, each with its own event loop and Lua state. It does nothing
 * else than to watch them, so that nothing that a script does can hurt it:
 *   - a worker that ended is replaced, with a growing pause if it ends again and again;
 *   - one that shows no life for `watchdog_us` (stuck in C, where no hook counts) is killed, named, and replaced;
 *   - SIGTERM and SIGINT end them in order, SIGHUP is handed on.
 * The socket is made here and inherited: a worker that is busy does not take connections away from the others, and what waits
 * to be accepted survives the worker. */
#ifndef DRSH_PROCESS_MASTER_H
#define DRSH_PROCESS_MASTER_H

#include <stdint.h>

struct master_options {
    int workers;        /* 2 to BOARD_WORKERS_MAX */
    const char *listen; /* ADDR:PORT */
    int64_t watchdog_us;
    int64_t drain_us;        /* what a worker takes at most to end */
    int (*work)(void *data); /* a worker's life, in its process; gives its exit code */
    void *data;
};

/* Prints the ready line when all workers serve. Returns the exit code when all have ended; in a worker it does not return. */
int master_run(const struct master_options *options);

#endif
