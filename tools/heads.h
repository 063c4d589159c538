/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_HEADS_H
#define BC_HEADS_H

#include "tool.h"

/* Compares the checkpoints that the second and third operand name: options key, proof, write-proof,
 * evidence. 0: one history; 1: two; BC_EXIT_NOT_FOUND: it can't be told; BC_EXIT_STORE: not to be
 * trusted. */
int bc_heads_compare(struct bc_tool *tool, struct bc_args *args);

#endif
