/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/array.h"

#include <stdlib.h>

void *bc_array_grow(void *array, size_t count, size_t *room, size_t each)
{
    size_t more = *room ? *room * 2 : 64;
    void *grown;

    if (count < *room)
        return array;
    grown = reallocarray(array, more, each);
    if (grown)
        *room = more;
    return grown;
}
