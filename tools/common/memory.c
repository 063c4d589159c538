/* SPDX-License-Identifier: BSD-2-Clause */
#include "common/memory.h"

#include <stdlib.h>

#include "base/array.h"
#include "common/message.h"

static void *check_memory(void *p)
{
    if (!p)
        bc_message_die(BC_EXIT_REFUSED, "no memory");
    return p;
}

void *bc_memory_new(size_t count, size_t size)
{
    return check_memory(calloc(count ? count : 1, size));
}

void *bc_memory_grow(void *list, size_t count, size_t *room, size_t size)
{
    return check_memory(bc_array_grow(list, count, room, size));
}
