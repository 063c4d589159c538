/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_ARRAY_H
#define BC_ARRAY_H

#include <stddef.h>

/* Makes room in an array for one element more than count, of `each` bytes. *room is the number of
 * elements that fit; a new array is NULL with *room 0. Returns the array, which may have moved;
 * NULL if there is no memory: the array is then as before. */
void *bc_array_grow(void *array, size_t count, size_t *room, size_t each);

#endif
