/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_MEMORY_H
#define BC_MEMORY_H

#include <stddef.h>

/* Memory for programs, which have nothing better to do without it than to end: each call ends the
 * program with BC_EXIT_REFUSED and a message where there is none. */

/* Returns count * size bytes, all zero, the caller's to free. */
void *bc_memory_new(size_t count, size_t size);

/* Returns room for at least one more element behind count, as bc_array_grow does. */
void *bc_memory_grow(void *list, size_t count, size_t *room, size_t size);

#endif
