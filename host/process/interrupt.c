#include "process/interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"

#define BUSY_US 500000
/* How long a task that a signal came in may go on. */
#define PATIENCE_US 1000000
/* Between two looks, of processor time: a program that waits is not woken. */
#define LOOK_US 100000

static const int watched[] = {SIGINT, SIGTERM};
static struct scheduler *scheduler;
static struct sigaction inner[2]; /* the event loop's */
static struct sigaction inner_timer;
static volatile sig_atomic_t last_signal;
static volatile int64_t wanted_us;      /* the busy stretch, by its beginning, that a signal came in; 0: none */
static volatile int64_t asked_us;       /* when */
static volatile int64_t interrupted_us; /* the one that was interrupted */

/* Since when the running task has kept the program busy, 0 if it has not for long. Only what a signal handler may do. */
static int64_t busy_since(void) {
    int64_t resumed_us = scheduler == NULL ? 0 : scheduler_resumed_us(scheduler);
    return resumed_us != 0 && clock_mono_us() - resumed_us > BUSY_US ? resumed_us : 0;
}

/* lua_sethook is made to be called here. */
static void on_timer(int number) {
    (void)number;
    int64_t since = busy_since();
    if (since != 0 && since == wanted_us) {
        if (clock_mono_us() - asked_us >= PATIENCE_US) {
            interrupted_us = since;
            scheduler_interrupt(scheduler);
        }
    } else if (scheduler != NULL) {
        scheduler_look(scheduler);
    }
}

static void on_signal(int number) {
    const struct sigaction *before = &inner[number == SIGINT ? 0 : 1];
    int64_t since = busy_since();
    last_signal = number;
    if (since != 0 && since == interrupted_us) {
        _exit(128 + number); /* it was interrupted, and goes on all the same */
    }
    if (before->sa_handler != SIG_DFL && before->sa_handler != SIG_IGN) {
        before->sa_handler(number);
    }
    wanted_us = scheduler == NULL ? 0 : scheduler_resumed_us(scheduler);
    asked_us = clock_mono_us();
}

static void set_timer(suseconds_t us) {
    const struct itimerval interval = {.it_interval = {.tv_usec = us}, .it_value = {.tv_usec = us}};
    setitimer(ITIMER_PROF, &interval, NULL);
}

void interrupt_begin(struct scheduler *of) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    struct sigaction timer_action = {.sa_handler = on_timer, .sa_flags = SA_RESTART};
    scheduler = of;
    wanted_us = interrupted_us = 0;
    sigemptyset(&action.sa_mask);
    sigemptyset(&timer_action.sa_mask);
    sigaction(SIGPROF, &timer_action, &inner_timer);
    for (size_t i = 0; i < 2; i++) {
        sigaction(watched[i], NULL, &inner[i]);
        if (inner[i].sa_handler != SIG_IGN) {
            sigaction(watched[i], &action, NULL);
        }
    }
    set_timer(LOOK_US);
}

void interrupt_end(void) {
    set_timer(0);
    for (size_t i = 0; i < 2; i++) {
        sigaction(watched[i], &inner[i], NULL);
    }
    sigaction(SIGPROF, &inner_timer, NULL);
    scheduler = NULL;
}

int interrupt_signal(void) {
    return last_signal;
}
