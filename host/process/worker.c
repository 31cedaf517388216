#include "process/worker.h"

#include "base/clock.h"
#include "process/board.h"

#define BEAT_US 200000

static int own_index = -1;
static struct state *own_state;
static struct loop_timer beat;

void worker_become(int index) {
    own_index = index;
    board_take(index);
}

int worker_index(void) {
    return own_index;
}

bool worker_ready(void) {
    struct board_slot *slot = board_own();
    if (slot != NULL) {
        atomic_store(&slot->heartbeat_us, clock_mono_us());
        atomic_store(&slot->is_ready, true);
    }
    return own_index >= 0;
}

static void show_life(struct loop_timer *timer) {
    struct board_slot *slot = board_own();
    atomic_store(&slot->heartbeat_us, clock_mono_us());
    atomic_store(&slot->memory, own_state->memory.used);
    loop_timer_start(own_state->loop, timer, LOOP_REAL, BEAT_US, show_life);
}

void worker_begin(struct state *state) {
    if (own_index >= 0) {
        own_state = state;
        show_life(&beat);
    }
}

void worker_end(void) {
    if (own_state != NULL) {
        loop_timer_stop(&beat);
        own_state = NULL;
    }
}
