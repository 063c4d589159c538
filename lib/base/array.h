/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_GROW_H
#define BC_GROW_H

#include <stddef.h>

/* An array that gets longer one by one: returns it with room for one more than count elements of
 * `each` bytes, moved if it has to be, or NULL if there is no memory; it is then as before. *room
 * is how many fit; 0 with a NULL array to begin with. */
void *bc_array_grow(void *array, size_t count, size_t *room, size_t each);

#endif
