/* A worker of the master's (master.h), seen from inside. Without a master there is none, and all this does nothing. */
#ifndef DRSH_PROCESS_WORKER_H
#define DRSH_PROCESS_WORKER_H

#include <stdbool.h>

#include "runtime/state.h"

/* This process is the worker of the board's slot `index` from now on. */
void worker_become(int index);
/* From 0; -1 without a master. */
int worker_index(void);
/* Tells the master that it serves. False when there is no master. */
bool worker_ready(void);
/* Shows life from the event loop, so that a worker that hangs in C or in a script shows none; until the loop ends. */
void worker_begin(struct state *state);
void worker_end(void);

#endif
