/* The only place that reads a clock. Three readings, all in microseconds:
 *   wall   the real time of day: signatures, certificates, log lines, credentials' expiry
 *   mono   real and never going back: deadlines and I/O time-outs
 *   world  what scripts and the local AWS call "now". It equals wall until it is sped up (drsh --speed) or frozen and stepped
 *          (tests); against real AWS it is never changed. */
#ifndef DRSH_BASE_CLOCK_H
#define DRSH_BASE_CLOCK_H

#include <stdint.h>

int64_t clock_wall_us(void);
int64_t clock_mono_us(void);
int64_t clock_world_us(void);

/* Sets how fast the world's clock runs: 1 real, 60 a minute a second, 0 frozen. It goes on from where it is. */
void clock_world_set_speed(double speed);
double clock_world_speed(void);
/* Sets the world's clock; it goes on at its speed from there. */
void clock_world_set_us(int64_t world_us);
/* Real microseconds from now until the world's clock shows `world_us`: 0 if it already does, INT64_MAX if it is frozen. */
int64_t clock_world_wait_us(int64_t world_us);

#endif
