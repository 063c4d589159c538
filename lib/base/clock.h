/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_CLOCK_H
#define BC_CLOCK_H

#include <stdint.h>

/* Returns the milliseconds of the monotonic clock, for deadlines. Where there is no clock it is a
 * constant beyond every deadline that was set before. */
int64_t bc_clock_ms(void);

#endif
