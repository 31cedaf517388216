/* A program that runs beside us: started without a shell, what it writes collected, its end awaited on the event loop. */
#ifndef DRSH_BASE_SUBPROCESS_H
#define DRSH_BASE_SUBPROCESS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/loop.h"
#include "base/pending.h"

struct event;

struct subprocess_request {
    char *const *arguments; /* ended by NULL; the first is the program, looked for in PATH */
    int64_t timeout_ms;     /* 0 = 60,000 */
    size_t output_limit;    /* bytes of standard output, 0 = 1 MiB; more is SUBPROCESS_OUTPUT_TOO_LARGE */
};

/* `pending` is first; zero-initialised is "not running". The program has our environment, our terminal as standard input (or
 * nothing, where that is no terminal: it must not read what is meant for us) and no other of our files. It stays in our process
 * group, so that it may ask something on the terminal and Ctrl-C reaches it. On failure error.code is one of:
 *   SUBPROCESS_START             the program is not there or may not be run; the message says which and why
 *   SUBPROCESS_TIMEOUT           it was killed, for it had not ended in time
 *   SUBPROCESS_OUTPUT_TOO_LARGE  it was killed, for it wrote more than the limit
 *   NO_MEMORY
 * Both outputs are taken for secrets and wiped. */
struct subprocess {
    struct pending pending;
    struct error error; /* code[0] == 0: it ran and ended */
    int exit_code;      /* -1 when a signal ended it */
    int signal_number;  /* 0 when none did */
    struct buffer output;
    struct buffer problems; /* standard error, its first 4,096 bytes */
    struct loop *loop;
    pid_t id;
    int files[3];            /* read ends of output and problems, pidfd; -1 when closed */
    struct event *events[3]; /* of the files */
    struct loop_timer deadline;
};

/* Starts; what goes wrong at the start is reported like any failure: through the subprocess, which is then done at once. */
void subprocess_start(struct loop *loop, struct subprocess *subprocess, const struct subprocess_request *request);
/* Kills it if it runs and frees what is held; may be called twice. */
void subprocess_clear(struct subprocess *subprocess);

#endif
