/* The board: memory that the processes of one server share. Each worker has a slot, in which it alone writes: its heartbeat, what
 * it is doing, its counters. The master reads the heartbeats; any worker can add up everybody's counters. A slot outlives its
 * process, so that counters never fall when a worker is replaced. A program without a master has a board of its own. */
#ifndef DRSH_PROCESS_BOARD_H
#define DRSH_PROCESS_BOARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BOARD_WORKERS_MAX 64
#define BOARD_SERIES_MAX 2048
#define BOARD_KEY_SIZE 152
#define BOARD_NAME_SIZE 136

/* A counter: its key, and the bits of a double. */
struct board_series {
    char key[BOARD_KEY_SIZE];
    _Atomic uint64_t bits;
};

struct board_slot {
    _Atomic int pid; /* 0: no process */
    _Atomic bool is_ready;
    _Atomic int64_t heartbeat_us; /* monotonic; 0: none yet */
    _Atomic int64_t resumed_us;   /* since when it runs Lua without a pause; 0: it does not */
    _Atomic uint64_t memory;      /* bytes of the Lua state */
    _Atomic uint64_t generation;  /* of the scripts */
    _Atomic uint64_t fingerprint; /* of that generation's files */
    _Atomic uint64_t restarts;
    char script[BOARD_NAME_SIZE]; /* what it runs, or ran last; torn at worst while it is written */
    char request[BOARD_NAME_SIZE];
    _Atomic int series_count;
    struct board_series series[BOARD_SERIES_MAX];
};

/* Makes the board for so many workers; in the master, before it forks. False if there is no memory. */
bool board_new(int workers);
void board_free(void);
int board_workers(void);
struct board_slot *board_slot(int index);
/* This process works as the slot's worker from now on. */
void board_take(int index);
/* This process's slot; makes a board of one if there is none. NULL: no memory. */
struct board_slot *board_own(void);
/* What this process is about to run: NULL for a task that no request owns. */
void board_resume(const char *script, const char *request, int64_t now_us);
void board_rest(void);
/* Adds to one of this process's counters. Beyond BOARD_SERIES_MAX different keys nothing is counted. */
void board_add(const char *key, double amount);
double board_value(const struct board_series *series);

#endif
