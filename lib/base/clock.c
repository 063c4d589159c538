/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/clock.h"

#include <time.h>

int64_t bc_clock_ms(void)
{
    struct timespec t;

    if (clock_gettime(CLOCK_MONOTONIC, &t) != 0)
        return INT64_MAX / 2;
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}
