#include "process/interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"

#define BUSY_US 500000

static const int watched[] = {SIGINT, SIGTERM};
static struct scheduler *scheduler;
static struct sigaction inner[2]; /* the event loop's */
static struct sigaction inner_alarm;
static volatile sig_atomic_t last_signal;
static volatile int64_t wanted_us;      /* the busy stretch, by its beginning, that a signal came in; 0: none */
static volatile int64_t interrupted_us; /* the one that was interrupted */

/* Since when the running task has kept the program busy, 0 if it has not for long. Only what a signal handler may do. */
static int64_t busy_since(void) {
    int64_t resumed_us = scheduler == NULL ? 0 : scheduler_resumed_us(scheduler);
    return resumed_us != 0 && clock_mono_us() - resumed_us > BUSY_US ? resumed_us : 0;
}

/* lua_sethook is made to be called here. */
static void on_alarm(int number) {
    (void)number;
    int64_t since = busy_since();
    if (since == 0) {
        return;
    }
    if (since == wanted_us) {
        interrupted_us = since;
        scheduler_interrupt(scheduler);
    } else {
        scheduler_stop_overdue(scheduler);
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
    on_alarm(number);
}

static void set_timer(time_t seconds) {
    const struct itimerval interval = {.it_interval = {.tv_sec = seconds}, .it_value = {.tv_sec = seconds}};
    setitimer(ITIMER_REAL, &interval, NULL);
}

void interrupt_begin(struct scheduler *of) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    struct sigaction alarm_action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    scheduler = of;
    wanted_us = interrupted_us = 0;
    sigemptyset(&action.sa_mask);
    sigemptyset(&alarm_action.sa_mask);
    sigaction(SIGALRM, &alarm_action, &inner_alarm);
    for (size_t i = 0; i < 2; i++) {
        sigaction(watched[i], NULL, &inner[i]);
        if (inner[i].sa_handler != SIG_IGN) {
            sigaction(watched[i], &action, NULL);
        }
    }
    set_timer(1);
}

void interrupt_end(void) {
    set_timer(0);
    for (size_t i = 0; i < 2; i++) {
        sigaction(watched[i], &inner[i], NULL);
    }
    sigaction(SIGALRM, &inner_alarm, NULL);
    scheduler = NULL;
}

int interrupt_signal(void) {
    return last_signal;
}
