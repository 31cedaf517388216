#include "base/clock.h"

#include <math.h>

#include "check.h"

int main(void) {
    int64_t before = clock_wall_us();
    int64_t mono = clock_mono_us();
    int64_t now = clock_world_us();

    /* the world's clock is the wall's until somebody changes it */
    CHECK(now >= before && now <= clock_wall_us());
    CHECK(before > INT64_C(1700000000) * 1000000);
    CHECK(clock_world_speed() == 1.0);
    clock_world_set_speed(1.0);
    CHECK_INT(clock_world_wait_us(now), 0);
    CHECK(clock_world_wait_us(clock_world_us() + 5000000) > 4000000);

    /* frozen */
    clock_world_set_us(1000);
    clock_world_set_speed(0);
    now = clock_world_us();
    CHECK(now >= 1000 && now < 1000000);
    CHECK_INT(clock_world_us(), now);
    CHECK(clock_world_wait_us(now + 1) == INT64_MAX);
    CHECK_INT(clock_world_wait_us(now), 0);
    clock_world_set_us(5000);
    CHECK_INT(clock_world_us(), 5000);

    /* it goes on from where it is, faster */
    clock_world_set_speed(1000);
    CHECK(clock_world_us() >= 5000);
    CHECK(clock_world_wait_us(clock_world_us() + 1000000) <= 1001);
    clock_world_set_speed(1e-12);
    CHECK(clock_world_wait_us(INT64_MAX) == INT64_MAX);

    /* never backwards */
    clock_world_set_speed(-1);
    CHECK(clock_world_speed() == 0);
    clock_world_set_speed(NAN);
    CHECK(clock_world_speed() == 0);

    CHECK(clock_mono_us() >= mono);
    return check_report();
}
