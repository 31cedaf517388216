/* What must happen while a script is busy, and the event loop does not get its turn: signals, and a timer's ten times a second
 * of work.
 *
 * A limited script that has been busy for too long is stopped, and before that lets others run in between, also when it spends
 * its time in C, where no hook counts.
 *
 * Ctrl-C while a script is busy. The event loop sees a signal only when it gets its turn, and a trusted script in an endless loop
 * gives it none: a second after the signal, the task that still runs is ended. A second signal to a program that is still busy
 * (in C, or in a coroutine of the script's own) ends the program on the spot. */
#ifndef DRSH_PROCESS_INTERRUPT_H
#define DRSH_PROCESS_INTERRUPT_H

#include "runtime/task.h"

/* After the event loop's own handlers for SIGINT and SIGTERM are set: they are still called. */
void interrupt_begin(struct scheduler *scheduler);
void interrupt_end(void);
/* The last such signal, 0 if there was none. */
int interrupt_signal(void);

#endif
