/* An operation that is under way, and who waits for it. This is how a lower floor wakes a task without knowing tasks:
 * the waiter's function pointer is set by the host, the operation's by whoever started it. */
#ifndef DRSH_BASE_PENDING_H
#define DRSH_BASE_PENDING_H

#include <stdbool.h>
#include <stddef.h>

/* Somebody who sleeps until an operation ends. */
struct waiter {
    void (*wake)(struct waiter *waiter); /* makes the waiter runnable; never runs it from inside this call */
};

struct pending {
    bool done;                               /* the result is there (or the failure) */
    bool counts_on_world;                    /* waits for the world's clock or another task, not for I/O: see clock stepping */
    struct waiter *waiter;                   /* NULL: nobody waits (yet) */
    void (*cancel)(struct pending *pending); /* stops the operation and forgets it; idempotent; NULL once done */
};

/* Called by the operation, once, when its result is there. Wakes who waits. */
static inline void pending_finish(struct pending *pending) {
    struct waiter *waiter = pending->waiter;
    pending->done = true;
    pending->cancel = NULL;
    pending->waiter = NULL;
    if (waiter != NULL) {
        waiter->wake(waiter);
    }
}

/* Called when the one who started it no longer wants it; nothing happens if it is done. */
static inline void pending_cancel(struct pending *pending) {
    void (*cancel)(struct pending *) = pending->cancel;
    pending->cancel = NULL;
    pending->waiter = NULL;
    if (cancel != NULL) {
        cancel(pending);
    }
}

#endif
