#include "process/board.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define INDEX_SIZE (BOARD_SERIES_MAX * 2)

static struct board_slot *slots;
static int worker_count;
static int own = -1;
/* Where this process's counters are: open addressing, 1 + their place, 0 = free. */
static uint16_t places[INDEX_SIZE];

bool board_new(int workers) {
    size_t size = (size_t)workers * sizeof *slots;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return false;
    }
    slots = memory;
    worker_count = workers;
    return true;
}

void board_free(void) {
    if (slots != NULL) {
        munmap(slots, (size_t)worker_count * sizeof *slots);
    }
    slots = NULL;
    worker_count = 0;
    own = -1;
    memset(places, 0, sizeof places);
}

int board_workers(void) {
    return worker_count;
}

struct board_slot *board_slot(int index) {
    return slots == NULL || index < 0 || index >= worker_count ? NULL : &slots[index];
}

/* FNV-1a */
static size_t hash(const char *key) {
    uint32_t value = 2166136261u;
    for (size_t i = 0; key[i] != '\0'; i++) {
        value = (value ^ (unsigned char)key[i]) * 16777619u;
    }
    return value;
}

/* The key's place in the index: its own, or a free one. There is always one, for it is twice as large as needed. */
static uint16_t *look_up(struct board_slot *slot, const char *key) {
    size_t at = hash(key) % INDEX_SIZE;
    while (places[at] != 0 && strcmp(slot->series[places[at] - 1].key, key) != 0) {
        at = (at + 1) % INDEX_SIZE;
    }
    return &places[at];
}

void board_take(int index) {
    struct board_slot *slot = board_slot(index);
    if (slot == NULL) {
        return;
    }
    own = index;
    memset(places, 0, sizeof places);
    for (int i = 0; i < atomic_load(&slot->series_count); i++) {
        *look_up(slot, slot->series[i].key) = (uint16_t)(i + 1);
    }
    atomic_store(&slot->pid, getpid());
}

struct board_slot *board_own(void) {
    if (slots == NULL && !board_new(1)) {
        return NULL;
    }
    if (own < 0) {
        board_take(0);
    }
    return board_slot(own);
}

static void copy_name(char *room, const char *name) {
    size_t length = name == NULL ? 0 : strnlen(name, BOARD_NAME_SIZE - 1);
    if (length > 0) {
        memcpy(room, name, length);
    }
    room[length] = '\0';
}

void board_resume(const char *script, const char *request, int64_t now_us) {
    struct board_slot *slot = board_own();
    if (slot != NULL) {
        copy_name(slot->script, script);
        copy_name(slot->request, request);
        atomic_store_explicit(&slot->resumed_us, now_us, memory_order_release);
    }
}

void board_rest(void) {
    struct board_slot *slot = board_own();
    if (slot != NULL) {
        atomic_store_explicit(&slot->resumed_us, 0, memory_order_release);
    }
}

double board_value(const struct board_series *series) {
    uint64_t bits = atomic_load_explicit(&series->bits, memory_order_relaxed);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

void board_add(const char *key, double amount) {
    struct board_slot *slot = board_own();
    if (slot == NULL || strlen(key) >= BOARD_KEY_SIZE) {
        return;
    }
    uint16_t *place = look_up(slot, key);
    if (*place == 0) {
        int count = atomic_load(&slot->series_count);
        if (count == BOARD_SERIES_MAX) {
            return;
        }
        memcpy(slot->series[count].key, key, strlen(key) + 1);
        atomic_store_explicit(&slot->series_count, count + 1, memory_order_release); /* readers now see a whole key */
        *place = (uint16_t)(count + 1);
    }
    struct board_series *series = &slot->series[*place - 1];
    double value = board_value(series) + amount; /* this process is the only writer */
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    atomic_store_explicit(&series->bits, bits, memory_order_relaxed);
}
